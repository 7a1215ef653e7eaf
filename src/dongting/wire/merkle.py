"""The Merkle tree of an append-only log: roots, inclusion and consistency (RFC 9162, section 2.1).

A leaf is hashed behind 0x00 and a node behind 0x01, with the profile's hash, so that neither can pass
for the other. Proofs are built from the hashes of *complete* subtrees alone, which never change once
they exist: subtree (level, index) covers the leaves from index * 2**level to (index + 1) * 2**level.
"""

from collections.abc import Callable, Sequence

from dongting.errors import Code, Fault, Refused, require
from dongting.wire.profile import Profile

#: (level, index) to the 32-byte hash of that complete subtree; level 0 are the leaf hashes.
HashAt = Callable[[int, int], bytes]

HASH_SIZE = 32
#: Sizes and indices stay below this, so that every number of a log fits a signed 64-bit integer.
MAX_SIZE = 2**63 - 1

OUTSIDE_TREE = Code(
    "wire", 60, "outside-tree",
    "A log of {size} leaves has no place {place}; ask for a smaller one, or for a later checkpoint.",
    "含 {size} 个叶子的日志没有位置 {place}；请改用较小的位置，或使用更新的检查点。",
    status=404,
)  # fmt: skip
BAD_PATH = Code(
    "wire", 61, "bad-merkle-path",
    "This Merkle path does not fit its sizes or does not lead to the root; ask the log for the proof again.",
    "此默克尔路径与其大小不符，或不能得出该根；请重新向日志索取证明。",
    status=400,
)  # fmt: skip

_LEAF, _NODE = b"\x00", b"\x01"


def leaf_hash(profile: Profile, entry: bytes) -> bytes:
    """The hash of one log entry as a leaf, 32 bytes."""
    return profile.hash(_LEAF + entry)


def node_hash(profile: Profile, left: bytes, right: bytes) -> bytes:
    """The hash of the node above two hashes, 32 bytes."""
    return profile.hash(_NODE + left + right)


def empty_root(profile: Profile) -> bytes:
    """The root of a log without leaves."""
    return profile.hash(b"")


def parents(profile: Profile, nodes: Sequence[bytes]) -> list[bytes]:
    """The level above: one hash for every whole pair; an odd last node has no parent yet."""
    digest = profile.hash
    return [digest(_NODE + nodes[i] + nodes[i + 1]) for i in range(0, len(nodes) - 1, 2)]


def root(profile: Profile, leaf_hashes: Sequence[bytes]) -> bytes:
    """The root over these leaf hashes."""
    frontier = Frontier(profile)
    frontier.extend(leaf_hashes)
    return frontier.root()


def root_at(profile: Profile, size: int, hash_at: HashAt) -> bytes:
    """The root of the log when it had `size` leaves."""
    require(0 <= size <= MAX_SIZE, OUTSIDE_TREE, size=size, place=size)
    return range_hash(profile, 0, size, hash_at) if size else empty_root(profile)


class Frontier:
    """The right edge of a growing log: all that appending needs, about log2(size) hashes.

    `peaks` are the hashes of the largest complete subtrees from left to right, one for each bit of
    `size` (a compact range).
    """

    __slots__ = ("_pending", "_profile", "size")

    def __init__(self, profile: Profile, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        if len(peaks) != size.bit_count():
            raise Fault(f"a log of {size} leaves has {size.bit_count()} peaks, not {len(peaks)}")
        self._profile = profile
        self.size = size
        levels = [level for level in range(size.bit_length()) if size >> level & 1]
        # The left sibling that waits on each level; a bit of size says whether there is one.
        self._pending: dict[int, bytes] = dict(zip(reversed(levels), peaks, strict=True))

    @classmethod
    def at(cls, profile: Profile, size: int, hash_at: HashAt) -> "Frontier":
        """The frontier of a stored log, read from the hashes of its complete subtrees."""
        levels = [level for level in reversed(range(size.bit_length())) if size >> level & 1]
        return cls(profile, size, [hash_at(level, (size >> level) - 1) for level in levels])

    @property
    def peaks(self) -> list[bytes]:
        """From left to right, that is from the highest level down."""
        return [self._pending[level] for level in sorted(self._pending, reverse=True)]

    def copy(self) -> "Frontier":
        """An independent frontier, to try a block that may yet be dropped."""
        return Frontier(self._profile, self.size, self.peaks)

    def extend(self, leaf_hashes: Sequence[bytes]) -> list[list[bytes]]:
        """Append leaf hashes; returns the hashes of the subtrees completed by them, by level.

        Those of one level are consecutive and begin at index `old size >> level`; level 0 are the
        leaf hashes themselves. Tiles are made of levels 0, 8, 16 and so on.
        """
        completed: list[list[bytes]] = []
        new = list(leaf_hashes)
        pending = self._pending
        level = 0
        while new:
            completed.append(new)
            waiting = pending.pop(level, None)
            row = new if waiting is None else [waiting, *new]
            if len(row) & 1:
                pending[level] = row[-1]
            new = parents(self._profile, row)
            level += 1
        self.size += len(leaf_hashes)
        return completed

    def root(self) -> bytes:
        """The root over all leaves so far."""
        if not self.size:
            return empty_root(self._profile)
        levels = sorted(self._pending)
        result = self._pending[levels[0]]
        for level in levels[1:]:
            result = node_hash(self._profile, self._pending[level], result)
        return result


def inclusion_path(profile: Profile, index: int, size: int, hash_at: HashAt) -> list[bytes]:
    """PATH(index, D[size]) of section 2.1.3.1: the siblings from the leaf up to the root."""
    require(0 <= index < size <= MAX_SIZE, OUTSIDE_TREE, size=size, place=index)
    start, end = 0, size
    path: list[bytes] = []
    while end - start > 1:
        middle = start + split(end - start)
        if index < middle:
            path.append(range_hash(profile, middle, end, hash_at))
            end = middle
        else:
            path.append(range_hash(profile, start, middle, hash_at))
            start = middle
    path.reverse()
    return path


def inclusion_paths(profile: Profile, first: int, last: int, size: int, hash_at: HashAt) -> list[list[bytes]]:
    """The inclusion paths of the leaves from `first` up to `last`, which is left out; shared work is once."""
    require(0 <= first < last <= size <= MAX_SIZE, OUTSIDE_TREE, size=size, place=last)

    def paths(start: int, end: int, low: int, high: int, above: list[bytes]) -> list[list[bytes]]:
        if end - start == 1:
            return [above]
        if high - low == end - start == 2:  # the lowest pairs are most of all the work
            return [[hash_at(0, end - 1), *above], [hash_at(0, start), *above]]
        if high - low == end - start == 4:
            a, b, c, d = (hash_at(0, index) for index in range(start, end))
            ab, cd = hash_at(1, start >> 1), hash_at(1, (start >> 1) + 1)
            return [[b, cd, *above], [a, cd, *above], [d, ab, *above], [c, ab, *above]]
        middle = start + split(end - start)
        found: list[list[bytes]] = []
        if low < middle:
            sibling = range_hash(profile, middle, end, hash_at)
            found = paths(start, middle, low, min(high, middle), [sibling, *above])
        if high > middle:
            sibling = range_hash(profile, start, middle, hash_at)
            found += paths(middle, end, max(low, middle), high, [sibling, *above])
        return found

    return paths(0, size, first, last, [])


def consistency_path(profile: Profile, first: int, second: int, hash_at: HashAt) -> list[bytes]:
    """PROOF(first, D[second]) of section 2.1.4.1: that a log of `first` leaves grew into one of `second`.

    Empty when the sizes are equal or the first log is empty: then there is nothing to prove.
    """
    require(0 <= first <= second <= MAX_SIZE, OUTSIDE_TREE, size=second, place=first)
    if first in (0, second):
        return []
    start, end = 0, second
    path: list[bytes] = []
    while first != end:
        middle = start + split(end - start)
        if first <= middle:
            path.append(range_hash(profile, middle, end, hash_at))
            end = middle
        else:
            path.append(range_hash(profile, start, middle, hash_at))
            start = middle
    if start:
        path.append(range_hash(profile, start, end, hash_at))
    path.reverse()
    return path


def inclusion_root(profile: Profile, leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root to which a path leads from a leaf hash (section 2.1.3.2); refuses one that does not fit."""
    require(0 <= index < size <= MAX_SIZE and _hashes([leaf, *path]), BAD_PATH)
    place, last = index, size - 1
    result = leaf
    for sibling in path:
        require(last, BAD_PATH)
        if place & 1 or place == last:
            result = node_hash(profile, sibling, result)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            result = node_hash(profile, result, sibling)
        place, last = place >> 1, last >> 1
    require(last == 0, BAD_PATH)
    return result


def verify_inclusion(
    profile: Profile, leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes
) -> bool:
    """Whether the path proves that this leaf hash stands at `index` in the log of that size and root."""
    try:
        return inclusion_root(profile, leaf, index, size, path) == root
    except Refused:
        return False


def consistency_root(
    profile: Profile, first: int, first_root: bytes, second: int, path: Sequence[bytes]
) -> bytes:
    """The root of the later log that a path proves to extend the earlier one (section 2.1.4.2).

    Refuses a path that does not fit or does not lead to the earlier root. The sizes must differ and
    the earlier log must have leaves: otherwise a path says nothing about the later root.
    """
    require(0 < first < second <= MAX_SIZE and path and _hashes([first_root, *path]), BAD_PATH)
    if first.bit_count() == 1:
        path = [first_root, *path]
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    earlier = later = path[0]
    for sibling in path[1:]:
        require(last, BAD_PATH)
        if place & 1 or place == last:
            earlier = node_hash(profile, sibling, earlier)
            later = node_hash(profile, sibling, later)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            later = node_hash(profile, later, sibling)
        place, last = place >> 1, last >> 1
    require(last == 0 and earlier == first_root, BAD_PATH)
    return later


def verify_consistency(
    profile: Profile, first: int, first_root: bytes, second: int, second_root: bytes, path: Sequence[bytes]
) -> bool:
    """Whether the log of `second` leaves and that root is proven to extend the one of `first` leaves."""
    if first == second:
        return not path and first_root == second_root and (first > 0 or first_root == empty_root(profile))
    if first == 0:
        return not path and first_root == empty_root(profile) and 0 < second <= MAX_SIZE
    try:
        return consistency_root(profile, first, first_root, second, path) == second_root
    except Refused:
        return False


def split(width: int) -> int:
    """The largest power of two below the width, where section 2.1.1 divides a range of leaves."""
    return 1 << (width - 1).bit_length() - 1


def range_hash(profile: Profile, start: int, end: int, hash_at: HashAt) -> bytes:
    """MTH(D[start:end]) for a range that section 2.1.1 divides out of a tree."""
    width = end - start
    if width & (width - 1) == 0:
        level = width.bit_length() - 1
        return hash_at(level, start >> level)
    middle = start + split(width)
    return node_hash(
        profile, range_hash(profile, start, middle, hash_at), range_hash(profile, middle, end, hash_at)
    )


def _hashes(values: Sequence[bytes]) -> bool:
    return all(type(value) is bytes and len(value) == HASH_SIZE for value in values)
