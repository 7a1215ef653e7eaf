"""The log over a store: an RFC 9162 Merkle tree kept as tiles (kernel rule 3).

Tiles are those of C2SP tlog-tiles, 256 hashes wide, so what is stored is what is served. An append
changes nothing until it is committed, as in the state tree.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from dongting.errors import Fault
from dongting.kernel.store import TILES, Change, Store
from dongting.wire.merkle import Frontier, HashAt, consistency_path, inclusion_path, parents, root_at
from dongting.wire.profile import Profile

WIDTH = 256
LEVELS = 8  # a tile spans eight levels of the tree
HASH_BYTES = 32


def tile_key(level: int, index: int) -> bytes:
    """The store key of a tile: its level (in steps of eight) and its index."""
    return TILES + level.to_bytes(1) + index.to_bytes(8)


@dataclass(frozen=True, slots=True)
class LogUpdate:
    """What an append changes: the new size and root, the tiles to write, the right edge that follows."""

    before: int
    size: int
    root: bytes
    changes: list[Change]
    frontier: Frontier
    edges: dict[int, bytes]


class Log:
    """The committed log; `edges` are the unfinished tiles of each level."""

    def __init__(self, store: Store, profile: Profile) -> None:
        self._store = store
        self._profile = profile
        self._frontier = Frontier(profile)
        self._edges: dict[int, bytes] = {}
        self._nodes = lru_cache(maxsize=256)(self._expand)

    @property
    def size(self) -> int:
        """How many leaves the log has."""
        return self._frontier.size

    @property
    def root(self) -> bytes:
        """The root over all leaves, 32 bytes."""
        return self._frontier.root()

    @classmethod
    def open(cls, store: Store, profile: Profile, size: int) -> "Log":
        """The log of `size` leaves in the store; the caller compares its root with the committed one."""
        log = cls(store, profile)
        level = 0
        while size >> (LEVELS * level):
            width = (size >> (LEVELS * level)) % WIDTH
            if width:
                log._edges[level] = log._tile(level, size >> (LEVELS * (level + 1)), width)
            level += 1
        log._frontier = Frontier.at(profile, size, log._hash_at(size))
        return log

    def append(self, leaf_hashes: Sequence[bytes]) -> LogUpdate:
        """The outcome of appending these leaf hashes."""
        frontier = self._frontier.copy()
        completed = frontier.extend(leaf_hashes)
        edges = dict(self._edges)
        changes: list[Change] = []
        for level in range(0, len(completed), LEVELS):
            hashes = completed[level]
            if not hashes:
                continue
            tier = level // LEVELS
            data = edges.get(tier, b"") + b"".join(hashes)
            index = (self._frontier.size >> level) // WIDTH
            whole = WIDTH * HASH_BYTES
            changes += [
                (tile_key(tier, index + at // whole), data[at : at + whole])
                for at in range(0, len(data), whole)
            ]
            edges[tier] = data[len(data) // whole * whole :]
        return LogUpdate(self.size, frontier.size, frontier.root(), changes, frontier, edges)

    def commit(self, update: LogUpdate) -> None:
        """Take over an append whose changes the store has written."""
        if update.before != self.size:
            raise Fault("an append was committed on another log than it was made for")
        self._frontier = update.frontier
        self._edges = update.edges

    def root_at(self, size: int) -> bytes:
        """The root of the log when it had `size` leaves."""
        return root_at(self._profile, size, self._hash_at(self.size))

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """The path from a leaf to the root of the log of `size` leaves (the present one when None)."""
        return inclusion_path(
            self._profile, index, self.size if size is None else size, self._hash_at(self.size)
        )

    def consistency(self, first: int, second: int | None = None) -> list[bytes]:
        """The proof that the log of `first` leaves grew into the one of `second`."""
        end = self.size if second is None else second
        return consistency_path(self._profile, first, end, self._hash_at(self.size))

    def tile(self, level: int, index: int, width: int = WIDTH) -> bytes | None:
        """The first `width` hashes of a tile, or None when the log does not have them yet."""
        if (self.size >> (LEVELS * level)) < index * WIDTH + width:
            return None
        return self._tile(level, index, width)

    def _tile(self, level: int, index: int, width: int) -> bytes:
        data = self._store.get(tile_key(level, index))
        if data is None or len(data) < width * HASH_BYTES:
            raise Fault(f"the store has lost tile {index} of level {level}; run `dongting audit`")
        return data[: width * HASH_BYTES]

    def _expand(self, level: int, index: int, width: int) -> list[list[bytes]]:
        """All complete subtrees inside a tile, by level."""
        data = self._tile(level, index, width)
        nodes = [[data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]]
        while len(nodes[-1]) > 1:
            nodes.append(parents(self._profile, nodes[-1]))
        return nodes

    def _hash_at(self, size: int) -> HashAt:
        """The hash of any complete subtree of the log of that size."""
        nodes = self._nodes

        def hash_at(level: int, index: int) -> bytes:
            tier, inner = divmod(level, LEVELS)
            tile = index >> (LEVELS - inner)
            width = min(WIDTH, (size >> (LEVELS * tier)) - tile * WIDTH)
            place = index - (tile << (LEVELS - inner))
            return nodes(tier, tile, width)[inner][place]

        return hash_at
