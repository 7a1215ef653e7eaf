"""Uploading a file: encrypted on the way, in constant memory, and resumed after any interruption.

A journal beside the client's keys remembers the data key, so that the same file gives the same ciphertext
again and only what is missing is sent. It is a secret of the client, readable by its owner only.
"""

import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from dongting.errors import Code, Refused, require
from dongting.sdk.transport import HASHED, NODE_AWAY, PATIENCE, Transport
from dongting.wire import stream
from dongting.wire.keys import from_base64, to_base64
from dongting.wire.part import SALT_SIZE
from dongting.wire.profile import Profile

FILE_CHANGED = Code(
    "sdk", 45, "file-changed",
    "{path} changed while it was read; let whoever writes it finish, then repeat.",
    "{path} 在读取过程中发生了变化；请等待写入完成后重试。",
    status=409,
)  # fmt: skip
UNREADABLE = Code(
    "sdk", 46, "file-unreadable",
    "{path} cannot be read: {why}. Check the path.",
    "无法读取 {path}：{why}。请检查路径。",
)  # fmt: skip

READ = 2**20  # bytes read at a time
SEND = 64 * (stream.SEGMENT + stream.TAG_SIZE)  # bytes of ciphertext in one request, about 4 MiB
ATTEMPTS = 5  # in a row without a byte more
#: Called with the bytes done so far and the bytes in all.
Progress = Callable[[int, int], None]


def quiet(_done: int, _all: int) -> None:
    """Shows nothing."""


class Journal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is known of a file that is being uploaded: how it looked, its keys, and its digests.

    `digest` is that of the content, `address` that of the ciphertext (64 hexadecimal digits each);
    `salt` belongs to the commitment; `upload` is the node's name for the transfer once it has begun.
    Key, prefix and address are empty for a file that is not to be stored.
    """

    size: int
    modified: int
    salt: str
    digest: str
    key: str = ""
    prefix: str = ""
    address: str = ""
    upload: str = ""


def read(path: Path, start: int = 0) -> Iterator[bytes]:
    """The bytes of a file from `start` on, in pieces."""
    try:
        with path.open("rb") as file:
            file.seek(start)
            while piece := file.read(READ):
                yield piece
    except OSError as error:
        raise Refused(UNREADABLE, path=path, why=error.strerror) from None


def look(path: Path) -> tuple[int, int]:
    """Size in bytes and time of the last change in nanoseconds; refuses what is no readable file."""
    try:
        found = path.stat()
    except OSError as error:
        raise Refused(UNREADABLE, path=path, why=error.strerror) from None
    require(path.is_file(), UNREADABLE, path=path, why="not a file")
    return found.st_size, found.st_mtime_ns


class Uploads:
    """Uploads files as one organisation; `journals` is a directory of its own, made when needed."""

    def __init__(self, transport: Transport, journals: Path, profile: Profile) -> None:
        self._transport = transport
        self._journals = journals
        self._profile = profile

    def prepare(self, path: Path, *, stored: bool = True) -> Journal:
        """What is to be committed to: digest, salt and address; the same again for the same file.

        What is not to be stored is not encrypted and has no address.
        """
        size, modified = look(path)
        known = self._load(path)
        if known is None or (known.size, known.modified) != (size, modified):
            salt = to_base64(secrets.token_bytes(SALT_SIZE))
            known = Journal(size, modified, salt, self._profile.hash_chunks(read(path)).hex())
        if stored and not known.address:
            key, prefix = secrets.token_bytes(stream.KEY_SIZE), secrets.token_bytes(stream.PREFIX_SIZE)
            begun = stream.begin(key, prefix, self._profile)
            address = self._profile.hash_chunks(stream.encrypt(begun, read(path))).hex()
            known = msgspec.structs.replace(
                known, key=to_base64(key), prefix=to_base64(prefix), address=address
            )
        require(look(path) == (size, modified), FILE_CHANGED, path=path)
        self._save(path, known)
        return known

    def send(self, path: Path, journal: Journal, progress: Progress = quiet) -> None:
        """Send what the node does not have yet; returns when it has verified the whole ciphertext."""
        total = stream.ciphertext_size(journal.size)
        upload, received = self._begin(path, journal, total)
        if not upload:
            return
        failures = 0
        while received < total:
            progress(received, total)
            try:
                for offset, piece in self._pieces(path, journal, received):
                    self._append(upload, offset, piece)
                    received, failures = offset + len(piece), 0
                    progress(received, total)
            except Refused as error:
                failures += 1
                if error.code is not NODE_AWAY or failures >= ATTEMPTS:
                    raise
                received = self._received(upload)
        self._finish(upload, total)

    def forget(self, path: Path) -> None:
        """Forget a file's journal, once what it was uploaded for stands on the ledger."""
        self._journal(path).unlink(missing_ok=True)

    def _begin(self, path: Path, journal: Journal, total: int) -> tuple[str, int]:
        """The upload to go on with and what has arrived; an empty name when the node has it all."""
        if journal.upload:
            try:
                return journal.upload, self._received(journal.upload)
            except Refused as error:
                if error.code.status != 404:
                    raise
            if self._finished(journal.upload, total):
                return "", total
        body = {"size": total, "digest": journal.address}
        answer = self._transport.json("POST", "/v1/uploads", body=body)
        upload: str = answer["upload"]
        self._save(path, msgspec.structs.replace(journal, upload=upload))
        return upload, int(answer["received"])

    def _append(self, upload: str, offset: int, piece: bytes) -> None:
        headers = {"upload-offset": str(offset), "content-type": "application/octet-stream"}
        self._transport.ask("PATCH", f"/v1/uploads/{upload}", content=piece, headers=headers)

    def _received(self, upload: str) -> int:
        return int(self._transport.json("GET", f"/v1/uploads/{upload}")["received"])

    def _finish(self, upload: str, total: int) -> None:
        patience = PATIENCE + total / HASHED
        self._transport.ask("POST", f"/v1/uploads/{upload}/finish", patience=patience)

    def _finished(self, upload: str, total: int) -> bool:
        """Whether the upload is over because the file was taken, not because it was given up."""
        try:
            self._finish(upload, total)
        except Refused as error:
            if error.code.status != 404:
                raise
            return False
        return True

    def _pieces(self, path: Path, journal: Journal, received: int) -> Iterator[tuple[int, bytes]]:
        """The ciphertext from `received` on, with the offset of each piece."""
        gathered, offset = bytearray(), received
        for sealed in self._ciphertext(path, journal, received):
            gathered += sealed
            if len(gathered) >= SEND:
                yield offset, bytes(gathered)
                offset += len(gathered)
                gathered.clear()
        if gathered:
            yield offset, bytes(gathered)

    def _ciphertext(self, path: Path, journal: Journal, start: int) -> Iterator[bytes]:
        """The ciphertext from byte `start` on: only the segment in which it lies is encrypted for nothing."""
        begun = stream.begin(from_base64(journal.key), from_base64(journal.prefix), self._profile)
        if start < stream.HEADER_SIZE:
            yield begun.header[start:]
        sealed_size = begun.segment_size + stream.TAG_SIZE
        index, skip = divmod(max(start - stream.HEADER_SIZE, 0), sealed_size)
        last = max(0, -(-journal.size // begun.segment_size) - 1)
        with path.open("rb") as file:
            file.seek(index * begun.segment_size)
            while index <= last:
                sealed = begun.seal(index, index == last, file.read(begun.segment_size))
                yield sealed[skip:]
                index, skip = index + 1, 0
        require(look(path) == (journal.size, journal.modified), FILE_CHANGED, path=path)

    def _journal(self, path: Path) -> Path:
        name = self._profile.hash(str(path.absolute()).encode()).hex()[:32]
        return self._journals / f"{name}.json"

    def _load(self, path: Path) -> Journal | None:
        try:
            return msgspec.json.decode(self._journal(path).read_bytes(), type=Journal)
        except (FileNotFoundError, msgspec.DecodeError):
            return None

    def _save(self, path: Path, journal: Journal) -> None:
        write_private(self._journal(path), msgspec.json.encode(journal))


def write_private(path: Path, data: bytes) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.new")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.rename(temporary, path)
