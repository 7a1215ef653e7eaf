import os
import stat
import subprocess
import sys

import msgspec
import pytest

from dongting.errors import Refused
from dongting.node import keyfile, keystore
from dongting.node.keystore import Keystore, Opener, Signer
from dongting.wire import envelope, jcs, possession
from dongting.wire.keys import SigningKey
from dongting.wire.profile import INTERNATIONAL, NATIONAL

PASSPHRASE = b"correct horse battery"
NOW = 1_800_000_000


def cheap():
    return keyfile.derivation(memory_kib=8, passes=1, lanes=1)


@pytest.fixture
def store(tmp_path):
    return Keystore.create(tmp_path / "keys" / "keystore.json", PASSPHRASE, cheap())


def reopened(store):
    again = Keystore.open(store.path)
    again.unlock(PASSPHRASE)
    return again


def code_of(action, *arguments, **named):
    with pytest.raises(Refused) as refused:
        action(*arguments, **named)
    assert refused.value.text("en") != refused.value.text("zh")
    return refused.value.code


def test_the_default_parameters_are_the_second_recommendation_of_rfc_9106():
    by = keyfile.derivation()
    assert (by.memory_kib, by.passes, by.lanes) == (64 * 1024, 3, 4)
    assert by.salt != keyfile.derivation().salt


@pytest.mark.parametrize(
    ("purpose", "kind"),
    [("signing", "Ed25519"), ("signing", "ES256"), ("signing", "SM2"), ("log", "Ed25519")],
)
def test_a_signing_key_signs_after_a_restart(store, purpose, kind):
    entry = store.add("env-bureau", purpose, kind, NOW)
    signer: Signer = reopened(store)
    signature = signer.sign(entry.name, b"message")
    assert signer.public_key(entry.name) == entry.key()
    assert signer.public_key(entry.name).verify(signature, b"message")
    assert not signer.public_key(entry.name).verify(signature, b"another")


@pytest.mark.parametrize(("kind", "profile"), [("X25519", INTERNATIONAL), ("SM2", NATIONAL)])
def test_an_encryption_key_opens_its_envelopes_after_rotation_too(store, kind, profile):
    store.add("green-tech", "encryption", kind, NOW)
    name, data_key = "green-tech/encryption", bytes(range(32))
    old = envelope.seal("ab" * 32, "green-tech", data_key, store.encryption_key(name), profile)
    store.rotate(name, NOW)
    store.promote(name)
    new = envelope.seal("ab" * 32, "green-tech", data_key, store.encryption_key(name), profile)
    assert old.key != new.key
    opener: Opener = reopened(store)
    assert [opener.open_envelope(e, profile) for e in (old, new)] == [data_key, data_key]
    store.remove(name, 1)
    assert code_of(reopened(store).open_envelope, old, profile) is keystore.NO_SUCH_KEY


def test_while_locked_names_and_public_keys_show_and_nothing_signs_or_changes(store):
    entry = store.add("env-bureau", "signing", "Ed25519", NOW)
    locked = Keystore.open(store.path)
    assert not locked.unlocked
    assert locked.entries() == [entry]
    assert locked.public_key("env-bureau/signing") == entry.key()
    for action in (
        lambda: locked.sign("env-bureau/signing", b"m"),
        lambda: locked.add("env-bureau", "log", "Ed25519", NOW),
        lambda: locked.rotate("env-bureau/signing", NOW),
        lambda: locked.change_passphrase(PASSPHRASE),
    ):
        assert code_of(action) is keystore.LOCKED


def test_locking_again_forgets_the_keys(store):
    store.add("env-bureau", "signing", "Ed25519", NOW)
    store.lock()
    assert code_of(store.sign, "env-bureau/signing", b"m") is keystore.LOCKED


def test_a_wrong_passphrase_is_refused_and_changes_nothing(store):
    before = store.path.read_bytes()
    locked = Keystore.open(store.path)
    assert code_of(locked.unlock, b"incorrect horse battery") is keyfile.WRONG_PASSPHRASE
    assert not locked.unlocked
    assert store.path.read_bytes() == before


def test_rotation_keeps_the_old_key_signing_until_promotion(store):
    name = store.add("env-bureau", "signing", "Ed25519", NOW).name
    following = store.rotate(name, NOW + 1)
    assert store.public_key(name) != following.key()
    assert following.key().verify(store.sign(name, b"possession", stage="next"), b"possession")
    assert code_of(store.rotate, name, NOW + 2) is keystore.KEY_EXISTS
    assert store.promote(name).public == following.public
    assert reopened(store).public_key(name) == following.key()
    assert [(e.version, e.stage) for e in store.entries()] == [(1, "retired"), (2, "current")]
    assert code_of(store.promote, name) is keystore.NO_SUCH_KEY


def test_promotion_leaves_the_keys_of_other_names_alone(store):
    for purpose in ("signing", "log"):
        store.add("env-bureau", purpose, "Ed25519", NOW)
        store.rotate(f"env-bureau/{purpose}", NOW)
    store.promote("env-bureau/log")
    assert [(e.name, e.stage) for e in store.entries()] == [
        ("env-bureau/log", "retired"),
        ("env-bureau/log", "current"),
        ("env-bureau/signing", "current"),
        ("env-bureau/signing", "next"),
    ]


def test_the_current_key_is_not_removed_and_a_removed_one_leaves_the_file(store):
    name = store.add("env-bureau", "signing", "Ed25519", NOW).name
    assert code_of(store.remove, name, 1) is keystore.KEY_IN_USE
    assert code_of(store.remove, name, 2) is keystore.NO_SUCH_KEY
    store.rotate(name, NOW)
    store.remove(name, 2)
    assert [e.version for e in reopened(store).entries()] == [1]


def test_a_second_current_key_a_wrong_kind_and_a_bad_name_are_refused(store):
    store.add("env-bureau", "signing", "Ed25519", NOW)
    assert code_of(store.add, "env-bureau", "signing", "ES256", NOW) is keystore.KEY_EXISTS
    assert code_of(store.add, "env-bureau", "log", "SM2", NOW) is keystore.WRONG_KIND
    assert code_of(store.add, "env-bureau", "encryption", "Ed25519", NOW) is keystore.WRONG_KIND
    for name in ("../env", "", "Env", "env-bureau\n"):
        assert code_of(store.add, name, "log", "Ed25519", NOW) is keystore.BAD_NAME


def test_a_key_serves_only_its_purpose(store):
    store.add("env-bureau", "signing", "Ed25519", NOW)
    store.add("env-bureau", "encryption", "X25519", NOW)
    assert code_of(store.sign, "env-bureau/encryption", b"m") is keystore.NO_SUCH_KEY
    assert code_of(store.public_key, "env-bureau/encryption") is keystore.NO_SUCH_KEY
    assert code_of(store.encryption_key, "env-bureau/signing") is keystore.NO_SUCH_KEY


def test_a_changed_passphrase_opens_and_the_old_one_does_not(store):
    name = store.add("env-bureau", "signing", "Ed25519", NOW).name
    salt = jcs.decode(store.path.read_bytes().strip())["derivation"]["salt"]
    store.change_passphrase(b"another long passphrase")
    assert jcs.decode(store.path.read_bytes().strip())["derivation"]["salt"] != salt
    again = Keystore.open(store.path)
    assert code_of(again.unlock, PASSPHRASE) is keyfile.WRONG_PASSPHRASE
    again.unlock(b"another long passphrase")
    assert again.public_key(name).verify(again.sign(name, b"m"), b"m")
    store.add("env-bureau", "log", "Ed25519", NOW)  # the key in memory is the new one


def test_file_and_directory_are_the_owners_alone_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        store = Keystore.create(tmp_path / "keys" / "keystore.json", PASSPHRASE, cheap())
        store.add("env-bureau", "signing", "Ed25519", NOW)
    finally:
        os.umask(before)
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.path.parent.stat().st_mode) == 0o700
    assert [p.name for p in store.path.parent.iterdir()] == ["keystore.json"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610])
def test_a_file_or_directory_open_to_others_is_refused(store, mode):
    store.path.chmod(mode)
    assert code_of(Keystore.open, store.path) is keyfile.LOOSE
    store.path.chmod(0o600)
    store.path.parent.chmod(mode | 0o100)
    assert code_of(Keystore.open, store.path) is keyfile.LOOSE
    store.path.parent.chmod(0o700)


def test_a_missing_a_linked_and_an_overlong_keystore_are_refused(store, tmp_path):
    assert code_of(Keystore.open, tmp_path / "no" / "keystore.json") is keyfile.MISSING
    assert code_of(Keystore.open, store.path.with_name("other.json")) is keyfile.MISSING
    link = store.path.with_name("link.json")
    link.symlink_to(store.path)
    assert code_of(Keystore.open, link) is keyfile.DAMAGED
    store.path.write_bytes(b" " * (keyfile.MAX_FILE + 1))
    assert code_of(Keystore.open, store.path) is keyfile.DAMAGED


def test_creating_never_replaces(store):
    before = store.path.read_bytes()
    assert code_of(Keystore.create, store.path, PASSPHRASE, cheap()) is keyfile.EXISTS
    assert store.path.read_bytes() == before


def test_a_short_passphrase_makes_no_keystore(tmp_path):
    path = tmp_path / "keys" / "keystore.json"
    assert code_of(Keystore.create, path, b"short", cheap()).name == "bad-passphrase"
    assert not path.exists()


def test_a_change_of_any_byte_is_refused_before_any_passphrase(store):
    store.add("env-bureau", "signing", "Ed25519", NOW)
    data = store.path.read_bytes()
    for i in range(len(data)):
        store.path.write_bytes(data[:i] + bytes([data[i] ^ 1]) + data[i + 1 :])
        assert code_of(Keystore.open, store.path) is keyfile.DAMAGED, i
    for changed in (b"", data[:-1], data + b"\n", data.replace(b",", b", ", 1)):
        store.path.write_bytes(changed)
        assert code_of(Keystore.open, store.path) is keyfile.DAMAGED


def forge(store, change):
    """Change the file as one would who can write it, checksum included."""
    file = keyfile.read(store.path)._file
    file = change(file)
    file = msgspec.structs.replace(file, checksum=keyfile._checksum(file))
    store.path.write_bytes(jcs.encode(file) + b"\n")


def test_a_forged_public_key_does_not_unlock(store):
    store.add("env-bureau", "signing", "Ed25519", NOW)
    header = [{**store._file.header[0], "created": NOW + 1}]
    forge(store, lambda file: msgspec.structs.replace(file, header=header))
    assert code_of(Keystore.open(store.path).unlock, PASSPHRASE) is keyfile.WRONG_PASSPHRASE


def test_forged_parameters_are_refused_with_a_code(store):
    bad = msgspec.structs.replace(store._file.derivation, lanes=8)
    forge(store, lambda file: msgspec.structs.replace(file, derivation=bad))
    assert code_of(Keystore.open(store.path).unlock, PASSPHRASE) is keyfile.DAMAGED


def test_a_list_of_keys_that_cannot_be_read_is_damage(store):
    forge(store, lambda file: msgspec.structs.replace(file, header=[{"name": "x"}]))
    assert code_of(Keystore.open, store.path) is keyfile.DAMAGED


def test_two_openers_never_lose_each_others_change(store):
    other = reopened(store)
    store.add("env-bureau", "signing", "Ed25519", NOW)
    assert code_of(other.add, "env-bureau", "log", "Ed25519", NOW) is keyfile.CHANGED
    assert [e.name for e in reopened(store).entries()] == ["env-bureau/signing"]


def test_a_write_that_fails_leaves_the_old_file_and_says_so(store):
    before = store.path.read_bytes()
    store.path.with_name(".keystore.json.new").mkdir()
    assert code_of(store.add, "env-bureau", "signing", "Ed25519", NOW) is keyfile.CANNOT_WRITE
    assert store.path.read_bytes() == before
    assert store.entries() == []
    store.path.with_name(".keystore.json.new").rmdir()
    store.path.with_name(".keystore.json.new").write_bytes(b"left by a crash")
    store.add("env-bureau", "signing", "Ed25519", NOW)
    assert [e.name for e in reopened(store).entries()] == ["env-bureau/signing"]


def test_no_private_byte_is_in_the_file(store):
    store.add("env-bureau", "signing", "ES256", NOW)
    data = store.path.read_bytes()
    for secret in store._secrets.values():
        assert secret.encode() not in data


def test_another_process_reads_it_with_a_passphrase_on_a_descriptor(store):
    entry = store.add("env-bureau", "signing", "Ed25519", NOW)
    script = (
        "import sys\nfrom pathlib import Path\n"
        "from dongting.node import unlock\nfrom dongting.node.keystore import Keystore\n"
        "store = Keystore.open(Path(sys.argv[1])); store.unlock(unlock.from_descriptor(int(sys.argv[2])))\n"
        "print(store.sign('env-bureau/signing', b'm').hex())\n"
    )
    read, write = os.pipe()
    os.write(write, PASSPHRASE + b"\n")
    os.close(write)
    done = subprocess.run(
        [sys.executable, "-c", script, str(store.path), str(read)],
        pass_fds=[read], capture_output=True, text=True, check=True,
    )  # fmt: skip
    os.close(read)
    assert entry.key().verify(bytes.fromhex(done.stdout.strip()), b"m")


def test_a_held_key_proves_possession_before_its_use_and_stays_inside(store):
    name = store.add("env-bureau", "signing", "SM2", NOW).name
    store.rotate(name, NOW)
    held: SigningKey = store.signing_key(name, "next")
    proof = possession.prove(held, NATIONAL, "ab" * 32, "env-bureau")
    assert possession.proven(held.public(), NATIONAL, "ab" * 32, "env-bureau", proof)
    assert held.public() != store.public_key(name)
    store.lock()
    assert code_of(held.sign, b"m") is keystore.LOCKED
    assert held.suite.name == "SM2"
