"""Whether RocksDB's append-only files (write-ahead log, manifest) are whole, before RocksDB reads them.

RocksDB's log format: blocks of 32 KiB; records of a masked CRC-32C (RFC 3720, appendix B.4) over type and
data, a two-byte length, a type, data. RocksDB 10 reads some damage as the end of the log, or never returns:
a type of the recycled family, a zeroed header before live records, and a length that points beyond the file.
This module refuses those. What it lets pass is an intact file, one with a torn tail, or one whose damage
RocksDB reports itself.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from dongting.errors import Fault

BLOCK = 32 * 1024
HEADER = 7  # masked CRC-32C (4), length (2), type (1), little-endian
TYPES = frozenset({1, 2, 3, 4})  # full, first, middle, last; this project never recycles or compresses logs
WHAT_NEXT = "restore this ledger from a backup, or let it follow the network again"


def _crc_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return tuple(table)


_TABLE = _crc_table()


class _Record(NamedTuple):
    offset: int
    checksum: int
    length: int
    kind: int
    data: bytes  # shorter than length when the block or the file ends first

    @property
    def torn(self) -> bool:
        return len(self.data) < self.length


def check_journals(directory: Path, checksums: bool = False) -> None:
    """Raise `Fault`, naming file and offset, when a log or manifest in the directory is damaged.

    With `checksums` every record is summed too (some 8 MB a second): worth it only to say where damage
    lies that RocksDB has reported without naming the file.
    """
    for path in sorted([*directory.glob("*.log"), *directory.glob("MANIFEST-*")]):
        _check(path, checksums)


def _check(path: Path, checksums: bool) -> None:
    size = path.stat().st_size
    end_of_records: int | None = None  # offset of the first zeroed header: only preallocated space may follow
    for base, block in _blocks(path):
        if end_of_records is not None and any(block):
            raise _damage(path, end_of_records, "records follow a zeroed one")
        for record in _records(block, base):
            if record.kind == 0 and record.length == 0:
                if any(block[record.offset - base :]):
                    raise _damage(path, record.offset, "records follow a zeroed one")
                end_of_records = record.offset
                break
            if record.kind not in TYPES:
                raise _damage(path, record.offset, f"no record has the type {record.kind}")
            if record.torn:
                _check_torn(path, record, base + len(block) == size)
            elif checksums and _masked_crc(record) != record.checksum:
                raise _damage(path, record.offset, "the checksum does not match")


def _check_torn(path: Path, record: _Record, last_block: bool) -> None:
    """A record cut short by the end of the file is a torn write, unless it is whole at a shorter one."""
    if not last_block:
        raise _damage(path, record.offset, "a record is longer than its block")
    if _whole_length(record) is not None:
        raise _damage(path, record.offset, "the length of a record does not match its checksum")


def _whole_length(record: _Record) -> int | None:
    """The length under which the checksum of a torn record does match, if there is one."""
    crc = _step(0xFFFFFFFF, record.kind)
    for length in range(len(record.data) + 1):
        if _mask(crc ^ 0xFFFFFFFF) == record.checksum:
            return length
        if length < len(record.data):
            crc = _step(crc, record.data[length])
    return None


def _blocks(path: Path) -> Iterator[tuple[int, bytes]]:
    with path.open("rb") as file:
        base = 0
        while block := file.read(BLOCK):
            yield base, block
            base += len(block)


def _records(block: bytes, base: int) -> Iterator[_Record]:
    at = 0
    while len(block) - at >= HEADER:
        checksum = int.from_bytes(block[at : at + 4], "little")
        length = int.from_bytes(block[at + 4 : at + 6], "little")
        data = block[at + HEADER : at + HEADER + length]
        yield _Record(base + at, checksum, length, block[at + 6], data)
        at += HEADER + length


def _masked_crc(record: _Record) -> int:
    crc = _step(0xFFFFFFFF, record.kind)
    for byte in record.data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return _mask(crc ^ 0xFFFFFFFF)


def _step(crc: int, byte: int) -> int:
    return _TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8


def _mask(crc: int) -> int:
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def _damage(path: Path, offset: int, what: str) -> Fault:
    return Fault(f"{path} is damaged at byte {offset}: {what}; {WHAT_NEXT}")
