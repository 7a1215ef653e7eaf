"""The keystore: an organisation's private keys, encrypted at rest, used without being handed out.

A key is named `organisation/purpose`. It may have a *current* version, one *next* (made by `rotate`,
to be registered on the ledger before `promote`) and *retired* ones, which still open old envelopes.
Names and public keys are readable while locked; signing and opening need an unlocked keystore.
`Signer` and `Opener` are all that the rest of a node asks for; a PKCS#11 token can satisfy both.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

import msgspec

from dongting.errors import Code, Refused, require
from dongting.node import keyfile
from dongting.node.unlock import checked
from dongting.wire.envelope import Envelope
from dongting.wire.keys import PrivateKey, PublicKey, from_base64, public_key, to_base64
from dongting.wire.profile import Profile
from dongting.wire.sealing import METHODS, DecryptionKey, EncryptionKey, encryption_key
from dongting.wire.suites import SUITES, Suite

Purpose = Literal["signing", "encryption", "log", "node", "witness"]
Stage = Literal["current", "next", "retired"]

LOCKED = Code(
    "node", 7, "keystore-locked",
    "The keystore {path} is locked: the node reads and serves, but cannot sign. "
    "Unlock it with `dongting keys unlock`, or start the service with its credential.",
    "密钥库 {path} 已锁定：节点可读取和提供服务，但无法签名。"
    "请执行 `dongting keys unlock` 解锁，或让服务携带凭据启动。",
    status=503,
)  # fmt: skip
NO_SUCH_KEY = Code(
    "node", 10, "no-such-key",
    "The keystore holds no {stage} key {name}. See `dongting keys list`.",
    "密钥库中没有 {stage} 密钥 {name}。请查看 `dongting keys list`。",
    status=404,
)  # fmt: skip
KEY_EXISTS = Code(
    "node", 11, "key-exists",
    "The keystore already holds a {stage} key {name}. Rotate, promote or remove that one.",
    "密钥库中已有 {stage} 密钥 {name}。请对其执行轮换、启用或移除。",
    status=409,
)  # fmt: skip
WRONG_KIND = Code(
    "node", 12, "wrong-kind-of-key",
    "A {purpose} key is one of {allowed}, not {given}.",
    "{purpose} 密钥应为 {allowed} 之一，而不是 {given}。",
)  # fmt: skip
KEY_IN_USE = Code(
    "node", 13, "key-in-use",
    "{name} is the current key. Rotate and promote another first, then remove the retired one.",
    "{name} 是当前密钥。请先轮换并启用新密钥，再移除旧密钥。",
    status=409,
)  # fmt: skip
BAD_NAME = Code(
    "node", 15, "bad-key-name",
    "{name} is not the id of an organisation: use lower-case letters, digits, dots and hyphens.",
    "{name} 不是有效的组织标识：请使用小写字母、数字、点和连字符。",
)  # fmt: skip

ORGANISATION = r"^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$(?!\n)"

ALLOWED: dict[Purpose, tuple[str, ...]] = {
    "signing": tuple(SUITES),
    "encryption": tuple(METHODS),
    "log": ("Ed25519",),  # C2SP signed notes; see the wire specification
    "node": ("Ed25519",),  # requests of a follower to the node that it follows
    "witness": ("Ed25519",),  # cosignatures (C2SP tlog-cosignature)
}


class Signer(Protocol):
    """Signs by a key's name, without ever showing the key."""

    def public_key(self, name: str) -> PublicKey:
        """The public half of the current key of that name."""

    def sign(self, name: str, message: bytes) -> bytes:
        """A signature of 64 bytes by the current key of that name."""


class Opener(Protocol):
    """Opens envelopes by whichever of its encryption keys they name."""

    def open_envelope(self, envelope: Envelope, profile: Profile) -> bytes:
        """The data key inside."""


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is public of one key: `public` is its COSE_Key in base64url, `created` in seconds."""

    organisation: Annotated[str, msgspec.Meta(pattern=ORGANISATION, max_length=64)]
    purpose: Purpose
    version: Annotated[int, msgspec.Meta(ge=1)]
    stage: Stage
    kind: str
    public: str
    created: int

    @property
    def name(self) -> str:
        """`organisation/purpose`."""
        return f"{self.organisation}/{self.purpose}"

    def key(self) -> PublicKey | EncryptionKey:
        """The public key itself."""
        read = encryption_key if self.purpose == "encryption" else public_key
        return read(from_base64(self.public))


class Keystore:
    """One keystore file; satisfies `Signer` and `Opener` once unlocked."""

    def __init__(self, file: keyfile.KeyFile) -> None:
        self._file = file
        self._key: bytes | None = None
        self._secrets: dict[str, str] = {}
        try:
            self._entries = msgspec.convert(file.header, list[Entry])
            for entry in self._entries:
                entry.key()
        except (msgspec.ValidationError, Refused):
            raise Refused(keyfile.DAMAGED, path=file.path, why="its list of keys cannot be read") from None

    @classmethod
    def create(cls, path: Path, passphrase: bytes, by: keyfile.Derivation | None = None) -> "Keystore":
        """A new empty keystore, unlocked; `by` sets other Argon2id parameters than RFC 9106's."""
        by = by or keyfile.derivation()
        key = by.key(checked(passphrase))
        store = cls(keyfile.create(path, key, by, [], {}))
        store._key = key
        return store

    @classmethod
    def open(cls, path: Path) -> "Keystore":
        """The keystore at `path`, locked; refuses loose file modes and damage."""
        return cls(keyfile.read(path))

    @property
    def path(self) -> Path:
        """Where it is kept."""
        return self._file.path

    @property
    def unlocked(self) -> bool:
        """Whether it can sign."""
        return self._key is not None

    def unlock(self, passphrase: bytes) -> None:
        """Make the private keys usable in this process; refuses a wrong passphrase."""
        key = self._file.key(passphrase)
        secrets = self._file.unseal(key)
        if sorted(secrets) != sorted(_label(entry) for entry in self._entries):
            raise Refused(keyfile.DAMAGED, path=self.path, why="its keys and their list differ")
        self._key, self._secrets = key, secrets

    def lock(self) -> None:
        """Forget the private keys."""
        self._key, self._secrets = None, {}

    def refresh(self) -> None:
        """Read the file again if another process changed it; under another passphrase it is then locked."""
        if not self._file.changed():
            return
        found = Keystore(keyfile.read(self.path))
        if self._key is not None and found._file.derivation == self._file.derivation:
            found._secrets = found._file.unseal(self._key)
            found._key = self._key
        self._file, self._entries = found._file, found._entries
        self._key, self._secrets = found._key, found._secrets

    def entries(self) -> list[Entry]:
        """What is public of all keys, by name and version; needs no unlocking."""
        return sorted(self._entries, key=lambda entry: (entry.name, entry.version))

    def add(self, organisation: str, purpose: Purpose, kind: str, now: int) -> Entry:
        """A new current key of that kind (`Ed25519`, `ES256`, `SM2`, `X25519`); `now` in seconds."""
        name = f"{organisation}/{purpose}"
        require(not self._find(name, "current"), KEY_EXISTS, stage="current", name=name)
        return self._made(organisation, purpose, kind, "current", now)

    def rotate(self, name: str, now: int, kind: str | None = None) -> Entry:
        """The next key of that name, of the same kind unless told otherwise; `promote` puts it to use.

        Between the two the old key signs the statement that registers the new one.
        """
        current = self._entry(name, "current")
        require(not self._find(name, "next"), KEY_EXISTS, stage="next", name=name)
        return self._made(current.organisation, current.purpose, kind or current.kind, "next", now)

    def promote(self, name: str) -> Entry:
        """Put the next key of that name to use; the current one retires."""
        following, current = self._entry(name, "next"), self._entry(name, "current")
        stages: dict[int, Stage] = {following.version: "current", current.version: "retired"}
        self._save(
            [
                msgspec.structs.replace(entry, stage=stages.get(entry.version, entry.stage))
                if entry.name == name
                else entry
                for entry in self._entries
            ],
            self._secrets,
        )
        return self._entry(name, "current")

    def remove(self, name: str, version: int) -> None:
        """Destroy a next or retired key for good; refuses the current one."""
        found = [entry for entry in self._entries if (entry.name, entry.version) == (name, version)]
        require(found, NO_SUCH_KEY, stage=f"version {version} of", name=name)
        require(found[0].stage != "current", KEY_IN_USE, name=name)
        kept = {label: secret for label, secret in self._secrets.items() if label != _label(found[0])}
        self._save([entry for entry in self._entries if entry is not found[0]], kept)

    def change_passphrase(self, passphrase: bytes, by: keyfile.Derivation | None = None) -> None:
        """Encrypt under another passphrase with a fresh salt; the same parameters unless told otherwise."""
        self._need_unlocked()
        old = self._file.derivation
        by = by or keyfile.derivation(old.memory_kib, old.passes, old.lanes)
        key = by.key(checked(passphrase))
        self._file = self._file.replace(key, by, self._file.header, self._secrets)
        self._key = key

    def public_key(self, name: str) -> PublicKey:
        """The public half of the current signing key of that name; needs no unlocking."""
        key = self._entry(name, "current").key()
        require(isinstance(key, PublicKey), NO_SUCH_KEY, stage="signing", name=name)
        assert isinstance(key, PublicKey)
        return key

    def encryption_key(self, name: str) -> EncryptionKey:
        """The public half of the current encryption key of that name; needs no unlocking."""
        key = self._entry(name, "current").key()
        require(isinstance(key, EncryptionKey), NO_SUCH_KEY, stage="encryption", name=name)
        assert isinstance(key, EncryptionKey)
        return key

    def sign(self, name: str, message: bytes, stage: Stage = "current") -> bytes:
        """A signature of 64 bytes; `stage="next"` lets a key prove itself before it is in use."""
        return self.signing_key(name, stage).sign(message)

    def signing_key(self, name: str, stage: Stage = "current") -> "HeldKey":
        """One of its keys as something that signs (`dongting.wire.keys.SigningKey`), of this version."""
        entry = self._entry(name, stage)
        require(entry.purpose != "encryption", NO_SUCH_KEY, stage="signing", name=name)
        return HeldKey(self, entry)

    def open_envelope(self, envelope: Envelope, profile: Profile) -> bytes:
        """The data key, by whichever current, next or retired encryption key the envelope names."""
        for entry in self._entries:
            if entry.purpose == "encryption" and entry.key().thumbprint(profile).hex() == envelope.key:
                return envelope.open(DecryptionKey(METHODS[entry.kind], self._secret(entry)), profile)
        raise Refused(NO_SUCH_KEY, stage="encryption", name=f"{envelope.reader} ({envelope.key[:16]})")

    def _made(self, organisation: str, purpose: Purpose, kind: str, stage: Stage, now: int) -> Entry:
        self._need_unlocked()
        require(re.match(ORGANISATION, organisation), BAD_NAME, name=organisation[:64])
        require(
            kind in ALLOWED[purpose],
            WRONG_KIND, purpose=purpose, allowed=", ".join(ALLOWED[purpose]), given=kind,
        )  # fmt: skip
        if purpose == "encryption":
            opening = DecryptionKey.generate(METHODS[kind])
            raw, cose = opening.raw, opening.public().cose()
        else:
            signing = PrivateKey.generate(SUITES[kind])
            raw, cose = signing.raw, signing.public().cose()
        version = 1 + max(_versions(self._entries, f"{organisation}/{purpose}"), default=0)
        entry = Entry(organisation, purpose, version, stage, kind, to_base64(cose), now)
        self._save([*self._entries, entry], {**self._secrets, _label(entry): to_base64(raw)})
        return entry

    def _save(self, entries: list[Entry], secrets: dict[str, str]) -> None:
        key = self._need_unlocked()
        header: list[Any] = msgspec.to_builtins(entries)
        self._file = self._file.replace(key, self._file.derivation, header, secrets)
        self._entries, self._secrets = entries, secrets

    def _need_unlocked(self) -> bytes:
        if self._key is None:
            raise Refused(LOCKED, path=self.path)
        return self._key

    def _secret(self, entry: Entry) -> bytes:
        self._need_unlocked()
        return from_base64(self._secrets[_label(entry)])

    def _find(self, name: str, stage: Stage) -> list[Entry]:
        return [entry for entry in self._entries if (entry.name, entry.stage) == (name, stage)]

    def _entry(self, name: str, stage: Stage) -> Entry:
        found = self._find(name, stage)
        require(found, NO_SUCH_KEY, stage=stage, name=name)
        return found[0]


@dataclass(frozen=True, slots=True, repr=False)
class HeldKey:
    """One signing key inside a keystore: it signs while the keystore is unlocked, and stays inside."""

    store: Keystore
    entry: Entry

    @property
    def suite(self) -> Suite:
        """The suite that it signs by."""
        return SUITES[self.entry.kind]

    def public(self) -> PublicKey:
        """The public key that belongs to it; needs no unlocking."""
        return public_key(from_base64(self.entry.public))

    def sign(self, message: bytes) -> bytes:
        """A signature of 64 bytes; refused while the keystore is locked."""
        return PrivateKey(self.suite, self.store._secret(self.entry)).sign(message)


def _label(entry: Entry) -> str:
    return f"{entry.name}/{entry.version}"


def _versions(entries: Iterable[Entry], name: str) -> list[int]:
    return [entry.version for entry in entries if entry.name == name]
