"""Keys of hosted organisations: used by asking, never handed out, locked until somebody unlocks them."""

import asyncio
import secrets
from pathlib import Path
from typing import Any

import pytest

from dongting.errors import Refused
from dongting.node.custodian import LOCKED, NOT_HOSTED, NOT_SIGNED_HERE, Keyring
from dongting.node.keyfile import WRONG_PASSPHRASE, derivation
from dongting.node.keystore import Keystore
from dongting.node.link import Link, LinkServer, remote_custodian
from dongting.wire.envelope import seal
from dongting.wire.keys import from_base64, public_key
from dongting.wire.possession import proven
from dongting.wire.profile import INTERNATIONAL
from dongting.wire.statement import Statement, build, decode

PASSPHRASE = b"seven green herons over the lake"
MESSAGE = b'"@method": GET'


class Watched:
    """Keeps what is signed; refuses what is about a record that nobody may touch."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, Statement]] = []

    def signed(self, organisation: str, by: str, statement: Statement) -> None:
        if statement.subject.endswith("/untouchable"):
            raise Refused(LOCKED, organisation=organisation)
        self.seen.append((organisation, by, statement))


def make(keys: Path, organisation: str, passphrase: bytes = PASSPHRASE) -> Keystore:
    keys.mkdir(mode=0o700, exist_ok=True)
    made = Keystore.create(keys / organisation / "keystore.json", passphrase, derivation(1024, 1, 1))
    made.add(organisation, "signing", "Ed25519", 1)
    made.add(organisation, "encryption", "X25519", 1)
    return made


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return tmp_path / "keys"


def held(keys: Path) -> Keyring:
    return Keyring(keys, INTERNATIONAL, Watched(), lambda _: PASSPHRASE)


def refused(awaitable: Any) -> Any:
    with pytest.raises(Refused) as raised:
        asyncio.run(awaitable)
    return raised.value.code


def test_an_unlocked_organisation_signs_and_opens_over_the_socket(keys: Path, tmp_path: Path) -> None:
    store = make(keys, "env-bureau")
    keyring = held(keys)
    data_key = secrets.token_bytes(32)
    key = store.encryption_key("env-bureau/encryption")
    envelope = seal("ab" * 32, "env-bureau", data_key, key, INTERNATIONAL)

    async def over_the_socket() -> tuple[Any, bytes, bytes]:
        server = LinkServer(None, tmp_path / "s", keyring)  # type: ignore[arg-type]
        await server.start()
        link = Link(tmp_path / "s")
        custodian = remote_custodian(link)
        try:
            await custodian.unlock_for("env-bureau", PASSPHRASE)
            signature = await custodian.sign_for("env-bureau", MESSAGE, "")
            return (await custodian.hosted())[0], signature, await custodian.open_for("env-bureau", envelope)
        finally:
            await link.close()
            await server.stop()

    hosted, signature, opened = asyncio.run(over_the_socket())
    assert (hosted.organisation, hosted.unlocked) == ("env-bureau", True)
    assert public_key(from_base64(hosted.public)).verify(signature, MESSAGE)
    assert opened == data_key


def test_nothing_is_signed_while_the_keys_are_locked(keys: Path) -> None:
    make(keys, "env-bureau")
    keyring = held(keys)
    assert not asyncio.run(keyring.kept_for("env-bureau")).unlocked
    assert refused(keyring.sign_for("env-bureau", MESSAGE, "")) is LOCKED
    assert refused(keyring.unlock_for("env-bureau", b"another passphrase altogether")) is WRONG_PASSPHRASE
    assert refused(keyring.sign_for("env-bureau", MESSAGE, "")) is LOCKED


@pytest.mark.parametrize("name", ["nobody", "../keys/env-bureau", "", "."])
def test_an_organisation_without_keys_here_is_not_hosted(keys: Path, name: str) -> None:
    make(keys, "env-bureau")
    assert refused(held(keys).sign_for(name, MESSAGE, "")) is NOT_HOSTED


def test_one_passphrase_unlocks_those_that_it_fits_and_the_others_stay_locked(keys: Path) -> None:
    make(keys, "env-bureau")
    make(keys, "green-tech", b"a passphrase of its own")
    keyring = held(keys)
    asyncio.run(keyring.unlock_all())
    found = {one.organisation: one.unlocked for one in asyncio.run(keyring.hosted())}
    assert found == {"env-bureau": True, "green-tech": False}


def test_a_rotated_key_is_used_at_once_and_another_passphrase_locks(keys: Path) -> None:
    store = make(keys, "env-bureau")
    keyring = held(keys)
    asyncio.run(keyring.unlock_for("env-bureau", PASSPHRASE))
    before = asyncio.run(keyring.kept_for("env-bureau")).public
    store.rotate("env-bureau/signing", 2)
    store.promote("env-bureau/signing")
    after = asyncio.run(keyring.kept_for("env-bureau"))
    assert after.unlocked
    assert after.public != before
    signature = asyncio.run(keyring.sign_for("env-bureau", MESSAGE, ""))
    assert public_key(from_base64(after.public)).verify(signature, MESSAGE)
    store.change_passphrase(b"quite another passphrase")
    assert refused(keyring.sign_for("env-bureau", MESSAGE, "")) is LOCKED


def test_the_nodes_own_keystore_is_no_organisation(keys: Path) -> None:
    keys.mkdir(mode=0o700)
    Keystore.create(keys / "keystore.json", PASSPHRASE, derivation(1024, 1, 1))
    assert asyncio.run(held(keys).hosted()) == []


def test_keys_are_made_once_for_an_organisation_to_be_hosted(keys: Path) -> None:
    keyring, network = held(keys), "ab" * 32
    made = asyncio.run(keyring.make_for("water-bureau", network))
    key = public_key(from_base64(made.signing))
    assert proven(key, INTERNATIONAL, network, "water-bureau", from_base64(made.possession))
    again = asyncio.run(keyring.make_for("water-bureau", network))
    assert (again.signing, again.encryption) == (made.signing, made.encryption)
    assert asyncio.run(keyring.sign_for("water-bureau", MESSAGE, ""))
    later = held(keys)
    asyncio.run(later.unlock_all())
    assert asyncio.run(later.sign_for("water-bureau", MESSAGE, "")), "the same passphrase at the next start"


@pytest.mark.parametrize("name", ["", "../up", "Water", "a/b", "a b"])
def test_no_keys_are_made_under_a_name_that_is_no_id(keys: Path, name: str) -> None:
    with pytest.raises(Refused):
        asyncio.run(held(keys).make_for(name, "ab" * 32))


def test_a_node_that_started_locked_makes_no_keys(keys: Path) -> None:
    assert refused(Keyring(keys, INTERNATIONAL, Watched()).make_for("water-bureau", "ab" * 32)) is LOCKED


class Asking:
    """A signing key whose signatures the custodian makes, for one person."""

    def __init__(self, keyring: Keyring, store: Keystore, by: str) -> None:
        self._keyring, self._by = keyring, by
        self._key = store.signing_key("env-bureau/signing")
        self.suite = self._key.suite

    def public(self) -> Any:
        return self._key.public()

    def sign(self, message: bytes) -> bytes:
        return asyncio.run(self._keyring.sign_for("env-bureau", message, self._by))


def statement(key: Any, issuer: str = "env-bureau", id: str = "air") -> bytes:
    return build(
        key, INTERNATIONAL, issuer=issuer, network="ab" * 32, action="catalogue/withdraw",
        subject=f"catalogue.dataset/{id}", arguments={"id": id}, issued=1_790_000_000, nonce=bytes(16),
    )  # fmt: skip


def test_every_statement_is_seen_with_its_id_and_its_person_before_its_signature_leaves(keys: Path) -> None:
    store, watched = make(keys, "env-bureau"), Watched()
    keyring = Keyring(keys, INTERNATIONAL, watched)
    asyncio.run(keyring.unlock_for("env-bureau", PASSPHRASE))
    data = statement(Asking(keyring, store, "0f1e2d3c4b5a6978"))
    ((organisation, by, seen),) = watched.seen
    assert (organisation, by) == ("env-bureau", "0f1e2d3c4b5a6978")
    assert seen == decode(data, INTERNATIONAL)
    asyncio.run(keyring.sign_for("env-bureau", MESSAGE, ""))
    assert len(watched.seen) == 1, "a request is no statement"
    with pytest.raises(Refused):
        statement(Asking(keyring, store, ""), id="untouchable")


@pytest.mark.parametrize("message", [b"", b"dongting/possession/v1\x00", b"\x84\x6aSignature", b"x" * 99])
def test_keys_kept_here_sign_nothing_but_requests_and_statements(keys: Path, message: bytes) -> None:
    make(keys, "env-bureau")
    keyring = held(keys)
    asyncio.run(keyring.unlock_all())
    assert refused(keyring.sign_for("env-bureau", message, "")) is NOT_SIGNED_HERE


@pytest.mark.parametrize("rest", [b"", b"\x58", b"\x59\xff", b"\x59\x00\x01x\x40\x41y", b"\x40\x40\xa0"])
def test_what_only_begins_like_a_statement_is_not_signed(keys: Path, rest: bytes) -> None:
    make(keys, "env-bureau")
    keyring = held(keys)
    asyncio.run(keyring.unlock_all())
    assert str(refused(keyring.sign_for("env-bureau", b"\x84\x6aSignature1" + rest, ""))).startswith("wire/")


def test_no_organisations_key_signs_in_the_name_of_another(keys: Path) -> None:
    store, watched = make(keys, "env-bureau"), Watched()
    keyring = Keyring(keys, INTERNATIONAL, watched)
    asyncio.run(keyring.unlock_for("env-bureau", PASSPHRASE))
    with pytest.raises(Refused) as raised:
        statement(Asking(keyring, store, ""), issuer="green-tech")
    assert raised.value.code is NOT_SIGNED_HERE
    assert watched.seen == []
