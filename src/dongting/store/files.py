"""Files at rest: blobs of ciphertext, addressed by the network's hash of their bytes.

A blob becomes visible only whole: it is received into an upload, its size and digest are verified, and one
rename publishes it; a crash leaves at most an upload, which can be resumed. The store never sees plaintext,
and holds no more than one chunk in memory, whatever the size of a file.
"""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple, Protocol

from cryptography.hazmat.primitives import hashes

from dongting.errors import Code, Fault, Refused, require
from dongting.store.disk import DISK_FULL, disk_failure, free_bytes, private_directory, sync_directory
from dongting.wire.profile import Profile

CHUNK = 256 * 1024  # bytes read or hashed at a time
LIMIT = 64 * 1024**3  # bytes of one file
#: Bytes that uploads, parts and envelopes leave free on the disk: the ledger halts when it finds too little,
#: and no member may bring that about.
RESERVE = 512 * 1024**2
UPLOADS = 1000  # open at one time

ADDRESS = re.compile(r"[0-9a-f]{64}")
UPLOAD = re.compile(r"[0-9a-f]{32}-(0|[1-9][0-9]{0,14})-([0-9a-f]{64})")

BAD_ADDRESS = Code(
    "store", 20, "bad-address",
    "A file is addressed by 64 lower-case hexadecimal digits.",
    "文件地址由 64 位小写十六进制数字组成。",
)  # fmt: skip
NO_FILE = Code(
    "store", 21, "no-file",
    "This node does not hold the file {address}; it may have been erased.",
    "本节点没有文件 {address}；它可能已被删除。",
    404,
)  # fmt: skip
NO_UPLOAD = Code(
    "store", 22, "no-upload",
    "There is no such upload; it may be finished or given up. Begin again.",
    "没有此上传；它可能已完成或已放弃。请重新开始。",
    404,
)  # fmt: skip
TOO_LARGE = Code(
    "store", 23, "file-too-large",
    "A file of {size} bytes is too large; this node takes at most {limit} bytes.",
    "文件大小为 {size} 字节，超出本节点上限 {limit} 字节。",
    413,
)  # fmt: skip
WRONG_OFFSET = Code(
    "store", 24, "wrong-offset",
    "This upload goes on at byte {received}, not {offset}. Send the bytes from there.",
    "此上传应从第 {received} 字节继续，而不是 {offset}。请从该处发送。",
    409,
)  # fmt: skip
BEYOND_SIZE = Code(
    "store", 25, "beyond-size",
    "The upload was announced with {size} bytes; these bytes go beyond. Begin again with the right size.",
    "此上传声明为 {size} 字节，所发数据超出。请以正确的大小重新开始。",
    413,
)  # fmt: skip
INCOMPLETE = Code(
    "store", 26, "upload-incomplete",
    "Only {received} of {size} bytes have arrived. Send the rest, then finish.",
    "仅收到 {size} 字节中的 {received} 字节。请发送其余部分后再完成。",
    409,
)  # fmt: skip
WRONG_DIGEST = Code(
    "store", 27, "wrong-digest",
    "The bytes that arrived are not those announced, so they were discarded. Upload the file again.",
    "收到的数据与声明不符，已被丢弃。请重新上传文件。",
)  # fmt: skip
TOO_MANY_UPLOADS = Code(
    "store", 28, "too-many-uploads",
    "{limit} uploads are open on this node. Finish or give up one, then begin again.",
    "本节点已有 {limit} 个未完成的上传。请先完成或放弃一个，再重新开始。",
    429,
)  # fmt: skip
BAD_RANGE = Code(
    "store", 29, "bad-range",
    "The range does not lie within the {size} bytes of the file.",
    "所请求的范围超出文件的 {size} 字节。",
    416,
)  # fmt: skip


class Damage(NamedTuple):
    """A blob whose bytes no longer have its address as their hash, or cannot be read; where it lies."""

    address: str
    path: Path


class Files(Protocol):
    """What a node asks of a file store, on disk or elsewhere."""

    def begin(self, size: int, digest: str) -> str: ...
    def append(self, upload: str, offset: int, chunk: bytes) -> int: ...
    def status(self, upload: str) -> int: ...
    def finish(self, upload: str) -> str: ...
    def abandon(self, upload: str) -> None: ...
    def uploads(self) -> Iterator[tuple[str, float]]: ...
    def has(self, address: str) -> bool: ...
    def size(self, address: str) -> int: ...
    def read(self, address: str, start: int = 0, length: int | None = None) -> Iterator[bytes]: ...
    def remove(self, address: str) -> bool: ...
    def addresses(self) -> Iterator[str]: ...
    def check(self) -> Iterator[Damage]: ...
    def collect(self, before: int) -> int: ...


class FileStore:
    """Files in a directory of their own; several processes may share it.

    `limit` bounds the bytes of one file and `uploads` how many may be open at once.
    """

    def __init__(
        self,
        directory: Path,
        profile: Profile,
        *,
        limit: int = LIMIT,
        uploads: int = UPLOADS,
        reserve: int = RESERVE,
    ) -> None:
        self._blobs = directory / "blobs"
        self._uploads = directory / "uploads"
        self._profile = profile
        self._limit = limit
        self._most_uploads = uploads
        self._reserve = reserve
        private_directory(self._blobs)
        private_directory(self._uploads)

    def begin(self, size: int, digest: str) -> str:
        """Open an upload of so many bytes that will have this address; its id, to be kept secret.

        The id carries size and digest, and is the name of the file that holds what has arrived.
        """
        require(ADDRESS.fullmatch(digest), BAD_ADDRESS)
        require(0 <= size <= self._limit, TOO_LARGE, size=size, limit=self._limit)
        open_uploads = sum(1 for _ in self._uploads.iterdir())
        require(open_uploads < self._most_uploads, TOO_MANY_UPLOADS, limit=self._most_uploads)
        require(free_bytes(self._uploads) >= size + self._reserve, DISK_FULL, place=self._uploads)
        upload = f"{os.urandom(16).hex()}-{size}-{digest}"
        path = self._uploads / upload
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            sync_directory(self._uploads)
        except OSError as error:
            raise disk_failure(error, path) from error
        return upload

    def append(self, upload: str, offset: int, chunk: bytes) -> int:
        """Add bytes that begin at the offset, which must be what `status` tells; bytes received so far.

        When the disk fills up, what did fit is kept and the upload can go on from `status` later.
        """
        size, _ = _announced(upload)
        with self._locked(upload) as descriptor:
            received = os.fstat(descriptor).st_size
            require(offset == received, WRONG_OFFSET, received=received, offset=offset)
            require(offset + len(chunk) <= size, BEYOND_SIZE, size=size)
            require(free_bytes(self._uploads) >= len(chunk) + self._reserve, DISK_FULL, place=self._uploads)
            rest = memoryview(chunk)
            while rest:
                written = os.pwrite(descriptor, rest, offset)
                offset += written
                rest = rest[written:]
        return offset

    def status(self, upload: str) -> int:
        """Bytes received so far: the offset to go on from."""
        _announced(upload)
        try:
            return (self._uploads / upload).stat().st_size
        except FileNotFoundError:
            raise Refused(NO_UPLOAD) from None

    def finish(self, upload: str) -> str:
        """Verify what has arrived and publish it; the address. An upload of the wrong bytes is discarded."""
        size, digest = _announced(upload)
        pending, blob = self._uploads / upload, self._path(digest)
        with self._locked(upload) as descriptor:
            received = os.fstat(descriptor).st_size
            require(received == size, INCOMPLETE, received=received, size=size)
            if self._hash(descriptor) != digest:
                pending.unlink(missing_ok=True)
                raise Refused(WRONG_DIGEST)
            os.fsync(descriptor)
            private_directory(blob.parent)
            sync_directory(self._blobs)
            os.rename(pending, blob)
            sync_directory(blob.parent)
            sync_directory(self._uploads)
        return digest

    def abandon(self, upload: str) -> None:
        """Give up an upload and what has arrived of it; one that is not there is fine."""
        _announced(upload)
        (self._uploads / upload).unlink(missing_ok=True)

    def uploads(self) -> Iterator[tuple[str, float]]:
        """Every open upload, and when it received something last (seconds since 1970)."""
        for path in self._uploads.iterdir():
            with suppress(FileNotFoundError):
                yield path.name, path.stat().st_mtime

    def has(self, address: str) -> bool:
        """Whether this node holds the file."""
        return self._path(address).is_file()

    def size(self, address: str) -> int:
        """Bytes of the file."""
        try:
            return self._path(address).stat().st_size
        except FileNotFoundError:
            raise Refused(NO_FILE, address=address) from None

    def read(self, address: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The bytes from start on, all or so many, in chunks of at most 256 KiB.

        Refuses at once, before the first chunk. A file that is removed meanwhile is still read to its end.
        """
        path = self._path(address)
        try:
            descriptor = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            raise Refused(NO_FILE, address=address) from None
        size = os.fstat(descriptor).st_size
        end = size if length is None else start + length
        if not (0 <= start <= end <= size):
            os.close(descriptor)
            raise Refused(BAD_RANGE, size=size)
        return _Reading(descriptor, path, start, end)

    def remove(self, address: str) -> bool:
        """Erase the file, and uploads of it; whether it was there. Doing it again changes nothing."""
        path = self._path(address)
        for upload in self._uploads.glob(f"*-{address}"):
            upload.unlink(missing_ok=True)
        sync_directory(self._uploads)
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        sync_directory(path.parent)
        return True

    def addresses(self) -> Iterator[str]:
        """Addresses of all files, ascending."""
        for directory in sorted(self._blobs.iterdir()):
            for path in sorted(directory.iterdir()):
                if ADDRESS.fullmatch(path.name):
                    yield path.name

    def check(self) -> Iterator[Damage]:
        """Hash every file again and name the damaged ones; a file removed meanwhile is not damage."""
        for address in self.addresses():
            path = self._path(address)
            try:
                descriptor = os.open(path, os.O_RDONLY)
                try:
                    sound = self._hash(descriptor) == address
                finally:
                    os.close(descriptor)
            except FileNotFoundError:
                continue
            except OSError:
                sound = False
            if not sound:
                yield Damage(address, path)

    def collect(self, before: int) -> int:
        """Discard uploads that received nothing since `before`, seconds since 1970; how many."""
        discarded = 0
        for path in self._uploads.iterdir():
            try:
                if path.stat().st_mtime < before:
                    path.unlink()
                    discarded += 1
            except FileNotFoundError:
                continue
        return discarded

    def _path(self, address: str) -> Path:
        require(ADDRESS.fullmatch(address), BAD_ADDRESS)
        return self._blobs / address[:2] / address

    @contextmanager
    def _locked(self, upload: str) -> Iterator[int]:
        """The open file of an upload, held against other processes; errors of the disk become refusals."""
        path = self._uploads / upload
        try:
            descriptor = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            raise Refused(NO_UPLOAD) from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if os.fstat(descriptor).st_nlink == 0 or not path.exists():
                raise Refused(NO_UPLOAD)  # finished or given up while we waited
            yield descriptor
        except OSError as error:
            raise disk_failure(error, path) from error
        finally:
            os.close(descriptor)

    def _hash(self, descriptor: int) -> str:
        state = hashes.Hash(hashes.SHA256() if self._profile.hash_name == "sha-256" else hashes.SM3())
        offset = 0
        while chunk := os.pread(descriptor, CHUNK, offset):
            state.update(chunk)
            offset += len(chunk)
        return state.finalize().hex()


class _Reading(Iterator[bytes]):
    """Chunks of an open file between two offsets; lets go of the file at the end, or when dropped."""

    def __init__(self, descriptor: int, path: Path, start: int, end: int) -> None:
        self._file = os.fdopen(descriptor, "rb", 0)
        self._path = path
        self._offset = start
        self._end = end
        self._file.seek(start)

    def __next__(self) -> bytes:
        if self._offset >= self._end:
            self.close()
            raise StopIteration
        try:
            chunk = self._file.read(min(CHUNK, self._end - self._offset))
        except OSError as error:
            raise disk_failure(error, self._path) from error
        if not chunk:
            self.close()
            raise Fault(f"{self._path} became shorter while it was read")
        self._offset += len(chunk)
        return chunk

    def close(self) -> None:
        self._file.close()

    def __del__(self) -> None:
        self._file.close()


def _announced(upload: str) -> tuple[int, str]:
    match = UPLOAD.fullmatch(upload)
    if match is None:
        raise Refused(NO_UPLOAD)
    return int(match[1]), match[2]
