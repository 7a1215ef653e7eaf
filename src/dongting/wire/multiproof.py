"""One Merkle path for several leaves: an inclusion proof (RFC 9162, section 2.1.3) without repetitions.

The tree over D[0:size] is walked from the root, each range divided where section 2.1.1 divides it, the
left part first. A range without any of the proven leaves contributes its hash to the path and is not
entered; a proven leaf contributes nothing. So there is exactly one path for a set of leaves, and for a
single leaf it holds the hashes of the ordinary inclusion path.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from dongting.errors import Refused, require
from dongting.wire.merkle import (
    BAD_PATH,
    HASH_SIZE,
    MAX_SIZE,
    OUTSIDE_TREE,
    HashAt,
    node_hash,
    range_hash,
    split,
)
from dongting.wire.profile import Profile


def multi_path(profile: Profile, indices: Sequence[int], size: int, hash_at: HashAt) -> list[bytes]:
    """The path that proves the leaves at these indices, ascending without repeats, in a log of `size`."""
    last = indices[-1] if indices else 0
    require(indices and indices[0] >= 0 and last < size <= MAX_SIZE, OUTSIDE_TREE, size=size, place=last)
    return list(_walk(profile, list(indices), 0, size, hash_at))


def multi_root(
    profile: Profile, leaves: Sequence[tuple[int, bytes]], size: int, path: Sequence[bytes]
) -> bytes:
    """The root to which a path leads from these (index, leaf hash) pairs, ascending without repeats.

    Refuses a path that does not fit: a hash too many or too few, or an index outside the log.
    """
    ascending = all(left[0] < right[0] for left, right in pairwise(leaves))
    require(leaves and ascending and leaves[0][0] >= 0 and leaves[-1][0] < size <= MAX_SIZE, BAD_PATH)
    require(all(len(value) == HASH_SIZE for value in path), BAD_PATH)
    hashes = iter(path)
    try:
        root = _climb(profile, list(leaves), 0, size, hashes)
    except StopIteration:
        raise Refused(BAD_PATH) from None
    require(next(hashes, None) is None, BAD_PATH)
    return root


def _walk(profile: Profile, indices: list[int], start: int, end: int, hash_at: HashAt) -> Iterator[bytes]:
    if not indices:
        yield range_hash(profile, start, end, hash_at)
    elif end - start > 1:
        middle = start + split(end - start)
        yield from _walk(profile, [i for i in indices if i < middle], start, middle, hash_at)
        yield from _walk(profile, [i for i in indices if i >= middle], middle, end, hash_at)


def _climb(
    profile: Profile, leaves: list[tuple[int, bytes]], start: int, end: int, path: Iterator[bytes]
) -> bytes:
    if not leaves:
        return next(path)
    if end - start == 1:
        return leaves[0][1]
    middle = start + split(end - start)
    left = _climb(profile, [leaf for leaf in leaves if leaf[0] < middle], start, middle, path)
    right = _climb(profile, [leaf for leaf in leaves if leaf[0] >= middle], middle, end, path)
    return node_hash(profile, left, right)
