"""The last issued checkpoint, signed and kept in a file of its own beside the ledger.

A ledger that does not extend it has lost acknowledged blocks, or is another one: it does not open. The
file has two places that are written in turn, so that a crash in the middle of a write leaves the other.
"""

import os
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

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        newest = max((0, 1), key=self._size)
        self._turn = newest ^ 1  # a write that is torn must leave the newest

    def read(self) -> bytes | None:
        """The newest note in the file, or None when none was issued yet."""
        return self._place(max((0, 1), key=self._size))

    def damaged(self) -> bool:
        """Whether a place holds something that is not a whole note."""
        return any(
            self._place(turn) is None and os.pread(self._file, _PLACE, turn * _PLACE).strip(b"\0")
            for turn in (0, 1)
        )

    def write(self, note: bytes) -> None:
        """Keep this note, synced."""
        head = len(note).to_bytes(4) + crc32(note).to_bytes(4)
        os.pwrite(self._file, head + note, self._turn * _PLACE)
        os.fdatasync(self._file)
        self._turn ^= 1

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def _size(self, turn: int) -> int:
        note = self._place(turn)
        return -1 if note is None else checkpoints.decode(note).size

    def _place(self, turn: int) -> bytes | None:
        data = os.pread(self._file, _PLACE, turn * _PLACE)
        size, check = int.from_bytes(data[:4]), int.from_bytes(data[4:8])
        note = data[8 : 8 + size]
        return note if size and len(note) == size and crc32(note) == check else None


class Issuer:
    """Signs the checkpoint of each block with the log key and keeps it."""

    def __init__(self, machine: Machine, origin: str, key: SigningKey | None, path: Path) -> None:
        self._machine = machine
        self._origin = origin
        self._key = key
        self._file = CheckpointFile(path)
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

    def unlock(self, key: SigningKey) -> None:
        """Sign with this key from now on."""
        self._key = key
        self.issue()

    def close(self) -> None:
        """Close the file."""
        self._file.close()
