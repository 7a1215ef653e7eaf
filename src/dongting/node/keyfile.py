"""A small secret file: encrypted under a passphrase, readable by its owner only, replaced atomically.

The passphrase becomes a key by Argon2id (RFC 9106; its parameters stand in the file), under which the
secrets are sealed with AES-256-GCM (NIST SP 800-38D); the public header is the associated data. The
file is canonical JSON (RFC 8785) and one line feed, with a checksum over everything else, so that
damage is told from a wrong passphrase. At every moment the old file or the new one is there, whole.
"""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

import msgspec
from argon2.exceptions import HashingError
from argon2.low_level import ARGON2_VERSION, Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dongting.errors import Code, Refused, require
from dongting.wire import jcs
from dongting.wire.keys import from_base64, to_base64

MISSING = Code(
    "node", 1, "keystore-missing",
    "There is no keystore at {path}. Create one with `dongting keys new`, or correct keystore.path.",
    "{path} 处没有密钥库。请用 `dongting keys new` 创建，或更正 keystore.path。",
    status=503,
)  # fmt: skip
EXISTS = Code(
    "node", 2, "keystore-exists",
    "There is already a keystore at {path}; it was not touched. Move it away first if you want a new one.",
    "{path} 处已有密钥库，未作改动。如需新建，请先将其移走。",
    status=409,
)  # fmt: skip
LOOSE = Code(
    "node", 3, "keystore-open-to-others",
    "{path} {why}, so other accounts may reach private keys. As its owner run: {fix}",
    "{path} 的权限过宽（{why}），其他账户可能接触到私钥。请以其所有者身份执行：{fix}",
    status=503,
)  # fmt: skip
DAMAGED = Code(
    "node", 4, "keystore-damaged",
    "The keystore {path} is damaged: {why}. Restore it from a backup; your passphrase stays the same.",
    "密钥库 {path} 已损坏：{why}。请从备份恢复；口令不变。",
    status=503,
)  # fmt: skip
WRONG_PASSPHRASE = Code(
    "node", 5, "wrong-passphrase",
    "This passphrase does not open the keystore {path}. Check it and try again; nothing was changed.",
    "此口令无法打开密钥库 {path}。请核对后重试；未作任何改动。",
    status=403,
)  # fmt: skip
CHANGED = Code(
    "node", 6, "keystore-changed",
    "Another process changed the keystore {path} meanwhile; nothing was written. Open it again and repeat.",
    "另一进程同时修改了密钥库 {path}；未写入任何内容。请重新打开后再试。",
    status=409,
)  # fmt: skip

CANNOT_WRITE = Code(
    "node", 14, "keystore-not-written",
    "The keystore {path} could not be written ({why}); the old one is as it was. Mend that and repeat.",
    "无法写入密钥库 {path}（{why}）；原有密钥库未变。请排除故障后重试。",
    status=503,
)  # fmt: skip

FORMAT = "dongting-keystore-1"
MAX_FILE = 4 * 1024 * 1024
_NONCE_SIZE = 12


class Derivation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Argon2id parameters (RFC 9106, section 3.1): memory in KiB, passes, lanes, salt in base64url.

    The bounds keep a file from asking for more memory or time than an honest one would.
    """

    salt: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{22}$(?!\n)", max_length=22)]
    memory_kib: Annotated[int, msgspec.Meta(ge=8, le=4 * 1024 * 1024)] = 65536
    passes: Annotated[int, msgspec.Meta(ge=1, le=64)] = 3
    lanes: Annotated[int, msgspec.Meta(ge=1, le=64)] = 4
    name: Annotated[str, msgspec.Meta(pattern=r"^argon2id$(?!\n)")] = "argon2id"
    version: Annotated[int, msgspec.Meta(ge=ARGON2_VERSION, le=ARGON2_VERSION)] = ARGON2_VERSION

    def key(self, passphrase: bytes) -> bytes:
        """The 32-byte key that the passphrase gives; takes a moment and `memory_kib` of memory."""
        return hash_secret_raw(
            passphrase, from_base64(self.salt), self.passes, self.memory_kib, self.lanes, 32, Type.ID
        )


def derivation(memory_kib: int = 65536, passes: int = 3, lanes: int = 4) -> Derivation:
    """Parameters with a fresh salt; the default is RFC 9106's second recommendation (64 MiB, 3, 4)."""
    return Derivation(to_base64(os.urandom(16)), memory_kib, passes, lanes)


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: Annotated[str, msgspec.Meta(pattern=rf"^{FORMAT}$(?!\n)")]
    cipher: Annotated[str, msgspec.Meta(pattern=r"^AES-256-GCM$(?!\n)")]
    derivation: Derivation
    header: list[Any]
    nonce: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{16}$(?!\n)", max_length=16)]
    sealed: str
    checksum: str


class KeyFile:
    """The file at `path`: its public header as found, and its secrets for who has the key."""

    def __init__(self, path: Path, data: bytes, seen: os.stat_result | None = None) -> None:
        self.path = path
        self._data = data
        self._seen = _look(path) if seen is None else (seen.st_ino, seen.st_mtime_ns)
        self._file = self._parsed(data)

    @property
    def header(self) -> list[Any]:
        """The public part: plain JSON values."""
        return self._file.header

    @property
    def derivation(self) -> Derivation:
        """How the passphrase becomes the key."""
        return self._file.derivation

    def key(self, passphrase: bytes) -> bytes:
        """The key that this passphrase gives under the file's own parameters."""
        try:
            return self.derivation.key(passphrase)
        except HashingError as error:
            raise Refused(DAMAGED, path=self.path, why=f"its Argon2id parameters ({error})") from None

    def changed(self) -> bool:
        """Whether the file is another one than was read, as far as its inode and times tell."""
        return _look(self.path) != self._seen

    def unseal(self, key: bytes) -> Any:
        """The secrets, as JSON values; refuses a key from another passphrase."""
        try:
            opened = AESGCM(key).decrypt(
                from_base64(self._file.nonce), from_base64(self._file.sealed), _bound(self._file)
            )
        except InvalidTag:
            raise Refused(WRONG_PASSPHRASE, path=self.path) from None
        return jcs.decode(opened)

    def replace(self, key: bytes, by: Derivation, header: list[Any], secrets: Any) -> "KeyFile":
        """The new file, written and synced; refuses if another process wrote meanwhile."""
        data = _encoded(key, by, header, secrets)
        with _locked(self.path.parent):
            require(read(self.path)._data == self._data, CHANGED, path=self.path)
            _write(self.path, data)
        return KeyFile(self.path, data)

    def _parsed(self, data: bytes) -> _File:
        try:
            values = jcs.decode(data.removesuffix(b"\n"))
            file = msgspec.convert(values, _File)
        except (Refused, msgspec.ValidationError) as error:
            raise Refused(DAMAGED, path=self.path, why=f"not a file of the format {FORMAT}") from error
        if data != jcs.encode(file) + b"\n" or _checksum(file) != file.checksum:
            raise Refused(DAMAGED, path=self.path, why="its checksum does not match")
        return file


def _look(path: Path) -> tuple[int, int]:
    """Inode and time of the last change: a file here is only ever replaced whole."""
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return found.st_ino, found.st_mtime_ns


def read(path: Path) -> KeyFile:
    """The key file at `path`; refuses one that others than its owner may reach."""
    _check_directory(path.parent)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        raise Refused(MISSING, path=path) from None
    except OSError as error:
        raise Refused(DAMAGED, path=path, why=f"it cannot be read ({error.strerror})") from None
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        _check_mode(found, path, "600")
        data = file.read(MAX_FILE + 1)
    require(len(data) <= MAX_FILE, DAMAGED, path=path, why="it is far too long")
    return KeyFile(path, data, found)


def create(path: Path, key: bytes, by: Derivation, header: list[Any], secrets: Any) -> KeyFile:
    """A new key file, in a directory that is made 0700 if it is missing; refuses to replace one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _check_directory(path.parent)
    data = _encoded(key, by, header, secrets)
    with _locked(path.parent):
        require(not os.path.lexists(path), EXISTS, path=path)
        _write(path, data)
    return KeyFile(path, data)


def _bound(file: _File) -> bytes:
    return jcs.encode([file.format, file.cipher, file.derivation, file.header])


def _checksum(file: _File) -> str:
    return sha256(jcs.encode(msgspec.structs.replace(file, checksum=""))).hexdigest()


def _encoded(key: bytes, by: Derivation, header: list[Any], secrets: Any) -> bytes:
    nonce = os.urandom(_NONCE_SIZE)
    draft = _File(FORMAT, "AES-256-GCM", by, header, to_base64(nonce), "", "")
    sealed = AESGCM(key).encrypt(nonce, jcs.encode(secrets), _bound(draft))
    draft = msgspec.structs.replace(draft, sealed=to_base64(sealed))
    return jcs.encode(msgspec.structs.replace(draft, checksum=_checksum(draft))) + b"\n"


def _check_directory(directory: Path) -> None:
    try:
        _check_mode(os.stat(directory), directory, "700")
    except FileNotFoundError:
        raise Refused(MISSING, path=directory) from None


def _check_mode(found: os.stat_result, path: Path, wanted: str) -> None:
    fix = f"chmod {wanted} {path}"
    mode = stat.S_IMODE(found.st_mode)
    require(
        found.st_uid == os.geteuid(),
        LOOSE,
        path=path,
        why="belongs to another account",
        fix=f"chown $USER {path}",
    )
    require(mode & 0o077 == 0, LOOSE, path=path, why=f"has mode {mode:04o}", fix=fix)


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _write(path: Path, data: bytes) -> None:
    try:
        _replace(path, data)
    except OSError as error:
        raise Refused(CANNOT_WRITE, path=path, why=error.strerror) from None


def _replace(path: Path, data: bytes) -> None:
    """Atomic and durable: a synced temporary file, a rename, a sync of the directory."""
    temporary = path.with_name(f".{path.name}.new")
    temporary.unlink(missing_ok=True)  # left by a crash; the lock says that nobody is writing it
    descriptor = os.open(
        temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
    )
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(descriptor)
    os.rename(temporary, path)
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
