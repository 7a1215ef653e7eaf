"""What the kernel asks of the ledger's store: ordered keys, and one atomic, durable write per block.

The first byte of a key is its table, one letter of the list below. A write is there as a whole or not
at all (kernel rule 6), and a `write` that returned survives a loss of power.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

#: A key and its new value; `None` deletes the key.
Change = tuple[bytes, bytes | None]

META = b"m"
LEAVES = b"l"
TILES = b"t"
RECORDS = b"r"
VERSIONS = b"v"
STATE_TREE = b"s"
REPLAY_WINDOW = b"c"


class Store(Protocol):
    """An ordered map of bytes to bytes; keys compare as unsigned bytes."""

    def get(self, key: bytes) -> bytes | None:
        """The value of a key, or `None`."""

    def get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """The values of many keys, in their order."""

    def scan(self, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Keys that begin with `prefix`, ascending, from `prefix + start` on."""

    def scan_back(self, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Keys that begin with `prefix`, descending, from `prefix + start` (or the last) down."""

    def write(self, changes: Sequence[Change], drop: Sequence[bytes] = ()) -> None:
        """Delete the keys with a prefix of `drop`, then apply all changes: one atomic, synced write."""

    def purge(self, spans: Sequence[tuple[bytes, bytes]]) -> None:
        """Leave nothing of former values, of the keys from each first to each last, where bytes are kept."""

    def close(self) -> None:
        """Release the store."""
