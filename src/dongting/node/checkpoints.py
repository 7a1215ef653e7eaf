"""The last issued checkpoint, signed and kept in a file of its own beside the ledger.

A ledger that does not extend it has lost acknowledged blocks, or is another one: it does not open. The
file has two places that are written in turn, so that a crash in the middle of a write leaves the other.
"""

import os
from collections.abc import Callable
from pathlib import Path
from zlib import crc32

from dongting.errors import Code, Refused
from dongting.kernel.machine import Machine
from dongting.wire import checkpoint as checkpoints
from dongting.wire.checkpoint import Checkpoint
from dongting.wire.keys import SigningKey

NOT_EXTENDED = Code(
    "node", 41, "ledger-behind-checkpoint",
    "The ledger in {directory} has {size} entries and does not extend the checkpoint of {issued} entries "
    "that this node has issued: stored data is lost or was replaced. Restore a newer backup, or catch up "
    "from a peer.",
    "{directory} 中的账本有 {size} 条，未能延续本节点已签发的 {issued} 条检查点：数据已丢失或被替换。"
    "请恢复较新的备份，或从其他节点同步。",
    status=503,
)  # fmt: skip

_PLACE = 4096  # bytes of each of the two places


class CheckpointFile:
    """The newest note that was issued; durable before anyone is shown it."""

    def __init__(self, path: Path, point: Callable[[int], None] = lambda _: None) -> None:
        self._point = point
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        places = _places(os.pread(self._file, 2 * _PLACE, 0))
        self._newest = places[_newest(places)]
        self._turn = _newest(places) ^ 1  # a write that is torn must leave the newest

    def read(self) -> bytes | None:
        """The newest note in the file, or None when none was issued yet."""
        return self._newest

    def write(self, note: bytes) -> None:
        """Keep this note, synced."""
        head = len(note).to_bytes(4) + crc32(note).to_bytes(4)
        os.pwrite(self._file, head + note, self._turn * _PLACE)
        self._point(5)
        os.fdatasync(self._file)
        self._turn ^= 1
        self._newest = note

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def saved(path: Path) -> tuple[bytes | None, bool]:
    """The newest note in a checkpoint file, and whether a place holds something else than a whole note."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None, False
    places = _places(data)
    damaged = any(
        note is None and data[turn * _PLACE : (turn + 1) * _PLACE].strip(b"\0")
        for turn, note in enumerate(places)
    )
    return places[_newest(places)], damaged


def _places(data: bytes) -> tuple[bytes | None, bytes | None]:
    return _note(data[:_PLACE]), _note(data[_PLACE:])


def _note(data: bytes) -> bytes | None:
    size, check = int.from_bytes(data[:4]), int.from_bytes(data[4:8])
    note = data[8 : 8 + size]
    return note if size and len(note) == size and crc32(note) == check else None


def _newest(places: tuple[bytes | None, bytes | None]) -> int:
    sizes = [-1 if note is None else checkpoints.decode(note).size for note in places]
    return int(sizes[1] > sizes[0])


class Issuer:
    """Signs the checkpoint of each block with the log key and keeps it."""

    def __init__(
        self,
        machine: Machine,
        origin: str,
        key: SigningKey | None,
        path: Path,
        point: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._machine = machine
        self._origin = origin
        self._key = key
        self._file = CheckpointFile(path, point)
        note = self._file.read()
        self.note = note or b""
        if note is not None:
            self._compare(checkpoints.decode(note), path)
        if key is not None:
            self.issue()

    def _compare(self, issued: Checkpoint, path: Path) -> None:
        head, log = self._machine.head, self._machine.log
        if issued.size > head.size or log.root_at(issued.size) != issued.root:
            raise Refused(NOT_EXTENDED, directory=str(path.parent), size=head.size, issued=issued.size)

    def issue(self) -> bytes:
        """The signed checkpoint of the present head, kept before it is shown."""
        head = self._machine.head
        if self._key is None:
            return self.note
        note = checkpoints.sign(Checkpoint(self._origin, head.size, head.root), [self._key])
        self._file.write(note)
        self.note = note
        return note

    def adopt(self, note: bytes) -> None:
        """Keep a note of the present head that another node signed, once it was verified."""
        if note != self.note:
            self._file.write(note)
            self.note = note

    def hold(self, key: SigningKey | None) -> None:
        """Sign with this key from the next checkpoint on, or with none."""
        self._key = key

    def close(self) -> None:
        """Close the file."""
        self._file.close()
