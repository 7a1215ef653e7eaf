"""The log over a store: an RFC 9162 Merkle tree kept as tiles (kernel rule 3).

What is stored is what is served: the tiles of C2SP tlog-tiles. An append changes nothing until it is
committed, as in the state tree.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dongting.errors import Fault, Refused
from dongting.kernel.store import TILES, Change, Store
from dongting.wire.merkle import Frontier, consistency_path, inclusion_path, inclusion_paths, root_at
from dongting.wire.multiproof import multi_path
from dongting.wire.profile import Profile
from dongting.wire.tiles import Tile, TileHashes, exactly, grow, width_at

_PROOFS_AT_HAND = 1000  # proofs after which the tiles remembered for them are dropped


def tile_key(tile: Tile) -> bytes:
    """The store key of a tile of hashes, whatever its width."""
    return TILES + tile.level.to_bytes(1) + tile.index.to_bytes(8)


@dataclass(frozen=True, slots=True)
class LogUpdate:
    """What an append changes: the new size and root, and the tiles to write."""

    before: int
    size: int
    root: bytes
    changes: list[Change]
    frontier: Frontier
    completed: list[list[bytes]]


class Log:
    """The committed log."""

    def __init__(self, store: Store, profile: Profile, size: int) -> None:
        self._store = store
        self._profile = profile
        self._hashes = TileHashes(profile, size, self._read)
        self._newest = self._hashes
        self._proofs = 0
        try:
            self._frontier = Frontier.at(profile, size, self._hashes)
        except Refused as refusal:
            raise Fault(f"the stored log is damaged: {refusal.text()}") from refusal

    @property
    def size(self) -> int:
        """How many leaves the log has."""
        return self._frontier.size

    @property
    def root(self) -> bytes:
        """The root over all leaves, 32 bytes."""
        return self._frontier.root()

    def append(self, leaf_hashes: Sequence[bytes]) -> LogUpdate:
        """The outcome of appending these leaf hashes."""
        frontier = self._frontier.copy()
        completed = frontier.extend(leaf_hashes)
        changes = [(tile_key(tile), data) for tile, data in grow(self.size, completed, self._read)]
        return LogUpdate(self.size, frontier.size, frontier.root(), list(changes), frontier, completed)

    def commit(self, update: LogUpdate) -> None:
        """Take over an append whose changes the store has written."""
        if update.before != self.size:
            raise Fault("an append was committed on another log than it was made for")
        self._frontier = update.frontier
        self._forget()
        self._newest = TileHashes(self._profile, self.size, self._read, update.completed)

    def root_at(self, size: int) -> bytes:
        """The root of the log when it had `size` leaves."""
        return root_at(self._profile, size, self._at_hand())

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """The path from a leaf to the root of the log of `size` leaves (the present one when None)."""
        return inclusion_path(self._profile, index, self.size if size is None else size, self._at_hand())

    def inclusion_of(self, indices: Sequence[int]) -> list[bytes]:
        """One path from several leaves, ascending, to the present root (`dongting.wire.multiproof`)."""
        return multi_path(self._profile, indices, self.size, self._at_hand())

    def inclusions(self, first: int, last: int) -> list[list[bytes]]:
        """The paths of the leaves from `first` up to `last` to the present root; cheap for the newest."""
        return inclusion_paths(self._profile, first, last, self.size, self._newest)

    def consistency(self, first: int, second: int | None = None) -> list[bytes]:
        """The proof that the log of `first` leaves grew into the one of `second`."""
        return consistency_path(
            self._profile, first, self.size if second is None else second, self._at_hand()
        )

    def tile(self, tile: Tile) -> bytes | None:
        """The hashes of a tile, or None when the log does not have them yet."""
        if width_at(self.size, tile.level, tile.index) < tile.width:
            return None
        return exactly(tile, self._read)

    def _at_hand(self) -> TileHashes:
        self._proofs += 1
        if self._proofs > _PROOFS_AT_HAND:
            self._forget()
        return self._hashes

    def _forget(self) -> None:
        self._hashes = TileHashes(self._profile, self.size, self._read)
        self._proofs = 0

    def _read(self, tile: Tile) -> bytes:
        data = self._store.get(tile_key(tile))
        if data is None:
            raise Fault(f"the store has lost {tile.path()}; run `dongting audit`")
        return data
