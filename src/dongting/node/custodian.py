"""Signing for hosted organisations: the ledger's process holds their keys, workers ask over its socket.

A worker can ask for a signature or for the opening of an envelope; it never sees a private key. So who
takes a worker over can act while that lasts, and takes nothing away.
"""

import asyncio
import logging
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from dongting.errors import Code, Refused, require
from dongting.node.keystore import BAD_NAME, ORGANISATION, Keystore
from dongting.node.signing import new_keys
from dongting.wire.envelope import Envelope
from dongting.wire.keys import SigningKey, to_base64
from dongting.wire.possession import prove
from dongting.wire.profile import Profile
from dongting.wire.statement import Statement, completed, decode, is_to_be_signed

NOT_HOSTED = Code(
    "custodian", 1, "not-hosted",
    "This node holds no keys of {organisation}. Sign with its own keys, or ask the operator to host it.",
    "本节点没有 {organisation} 的密钥。请用该组织自己的密钥签名，或请运维人员托管该组织。",
    status=403,
)  # fmt: skip
LOCKED = Code(
    "custodian", 2, "keys-locked",
    "The keys of {organisation} are locked on this node. Its operator unlocks them with "
    "`dongting --as {organisation} keys unlock`; until then you can read, and nothing is signed.",
    "{organisation} 在本节点的密钥处于锁定状态。请运维人员执行 `dongting --as {organisation} keys unlock` "
    "解锁；在此之前只能读取，不能签署。",
    status=503,
)  # fmt: skip

NOT_SIGNED_HERE = Code(
    "custodian", 3, "not-signed-here",
    "The keys that this node keeps sign statements of {organisation} and its requests, and nothing else.",
    "本节点保管的密钥只签署 {organisation} 的声明和请求，不签署其他内容。",
    status=403,
)  # fmt: skip

_REQUEST = b'"'  # how a signature base begins (RFC 9421, section 2.5); a Sig_structure never does

log = logging.getLogger("dongting.custodian")


class Hosted(Struct, frozen=True, array_like=True):
    """An organisation whose keys are here: whether they are unlocked, and its present signing key
    (the suite's name, the COSE_Key in base64url)."""

    organisation: str
    unlocked: bool
    suite: str
    public: str


class Made(Struct, frozen=True, array_like=True):
    """The public keys of an organisation whose keystore was made here, in base64url: the COSE_Key that signs,
    the proof of its possession for this network, and the encryption key."""

    signing: str
    possession: str
    encryption: str


class Watch(Protocol):
    """Who looks at each statement before its signature is handed out."""

    def signed(self, organisation: str, by: str, statement: Statement) -> None:
        """Refuse it, or keep what was signed; `by` is the person for whom it is signed, empty for none."""
        ...


class Custodian(Protocol):
    """Every method may raise `Refused`."""

    async def hosted(self) -> list[Hosted]:
        """The organisations whose keys are here, by id."""
        ...

    async def kept_for(self, organisation: str) -> Hosted:
        """One of them; refuses an organisation whose keys are not here."""
        ...

    async def sign_for(self, organisation: str, message: bytes, by: str) -> bytes:
        """A signature of 64 bytes by the organisation's present signing key, under a request or a statement
        of its own; `by` is the person who had it signed, empty for none."""
        ...

    async def open_for(self, organisation: str, envelope: Envelope) -> bytes:
        """The data key in an envelope that is sealed to a key of the organisation."""
        ...

    async def unlock_for(self, organisation: str, passphrase: bytes) -> None:
        """Unlock the keys of one organisation; for the operator on this machine, never over HTTP."""
        ...

    async def make_for(self, organisation: str, network: str) -> Made:
        """Make keys for an organisation that this node is to host, or tell those it has, with the proof of
        possession for that network."""
        ...


class Keyring(Custodian):
    """The keystores under `directory`, one for each organisation: `ORGANISATION/keystore.json`.

    A keystore that another process changed (a rotation, say) is read again before it is used. Whatever way a
    statement comes here, `watch` sees it before its signature leaves.
    """

    def __init__(
        self,
        directory: Path,
        profile: Profile,
        watch: Watch,
        passphrase: Callable[[str], bytes | None] = lambda _: None,
    ) -> None:
        self._directory = directory
        self._watch = watch
        self._passphrase = passphrase
        self._profile = profile
        self._open: dict[str, Keystore] = {}

    async def hosted(self) -> list[Hosted]:
        return [self._told(organisation) for organisation in self._organisations()]

    async def kept_for(self, organisation: str) -> Hosted:
        return self._told(organisation)

    async def sign_for(self, organisation: str, message: bytes, by: str) -> bytes:
        signature = self._unlocked(organisation).sign(f"{organisation}/signing", message)
        if is_to_be_signed(message):
            statement = decode(completed(message, signature), self._profile)
            require(statement.issuer == organisation, NOT_SIGNED_HERE, organisation=organisation)
            await asyncio.to_thread(self._watch.signed, organisation, by, statement)
        else:
            require(message.startswith(_REQUEST), NOT_SIGNED_HERE, organisation=organisation)
        return signature

    async def open_for(self, organisation: str, envelope: Envelope) -> bytes:
        return self._unlocked(organisation).open_envelope(envelope, self._profile)

    async def unlock_for(self, organisation: str, passphrase: bytes) -> None:
        await asyncio.to_thread(self._store(organisation).unlock, passphrase)

    def key_of(self, organisation: str) -> SigningKey:
        """The organisation's present signing key, for the ledger's process itself."""
        return self._unlocked(organisation).signing_key(f"{organisation}/signing")

    async def make_for(self, organisation: str, network: str) -> Made:
        if not (self._directory / organisation / "keystore.json").exists():
            await asyncio.to_thread(self._make, organisation)
        keystore = self._unlocked(organisation)
        keys = {entry.purpose: entry.public for entry in keystore.entries() if entry.stage == "current"}
        key = keystore.signing_key(f"{organisation}/signing")
        proof = to_base64(prove(key, self._profile, network, organisation))
        return Made(keys["signing"], proof, keys["encryption"])

    def _make(self, organisation: str) -> None:
        require(re.fullmatch(ORGANISATION, organisation), BAD_NAME, name=organisation[:64])
        passphrase = self._passphrase(organisation)
        if passphrase is None:
            raise Refused(LOCKED, organisation=organisation)
        directory = self._directory / organisation
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        keystore = Keystore.create(directory / "keystore.json", passphrase)
        new_keys(keystore, organisation, self._profile, int(time.time()))
        self._open[organisation] = keystore

    async def unlock_all(self) -> None:
        """Unlock each keystore that the passphrase given for it fits; the others stay locked."""
        for organisation in self._organisations():
            given = self._passphrase(organisation)
            if given is None:
                continue
            try:
                await self.unlock_for(organisation, given)
            except Refused as refused:
                extra = {"organisation": organisation, "why": str(refused.code)}
                log.warning("the keys of an organisation stay locked", extra=extra)

    def _told(self, organisation: str) -> Hosted:
        store = self._store(organisation)
        name = f"{organisation}/signing"
        for entry in store.entries():
            if (entry.name, entry.stage) == (name, "current"):
                return Hosted(organisation, store.unlocked, entry.kind, entry.public)
        raise Refused(NOT_HOSTED, organisation=organisation[:64])

    def _organisations(self) -> list[str]:
        """Those with a signing key of their own; a keystore that cannot be read hides only itself."""
        found = []
        for path in sorted(self._directory.glob("*/keystore.json")):
            organisation = path.parent.name
            try:
                names = {(e.name, e.stage) for e in self._store(organisation).entries()}
            except Refused as refused:
                log.warning("a keystore cannot be read", extra={"why": refused.text()})
                continue
            if (f"{organisation}/signing", "current") in names:
                found.append(organisation)
        return found

    def _store(self, organisation: str) -> Keystore:
        known = self._open.get(organisation)
        if known is not None:
            known.refresh()
            return known
        if organisation not in {path.parent.name for path in self._directory.glob("*/keystore.json")}:
            raise Refused(NOT_HOSTED, organisation=organisation[:64])
        opened = Keystore.open(self._directory / organisation / "keystore.json")
        return self._open.setdefault(organisation, opened)

    def _unlocked(self, organisation: str) -> Keystore:
        store = self._store(organisation)
        if not store.unlocked:
            raise Refused(LOCKED, organisation=organisation)
        return store
