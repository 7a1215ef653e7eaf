"""Paths for a run of leaves are the paths of its leaves."""

import pytest

from dongting.errors import Refused
from dongting.wire.merkle import inclusion_path, inclusion_paths, leaf_hash, root
from dongting.wire.profile import INTERNATIONAL

LEAVES = [leaf_hash(INTERNATIONAL, b"%d" % n) for n in range(23)]


def hash_at(level: int, index: int) -> bytes:
    return root(INTERNATIONAL, LEAVES[index << level : (index + 1) << level])


@pytest.mark.parametrize(
    ("first", "last", "size"), [(0, 1, 1), (0, 23, 23), (5, 9, 16), (7, 8, 23), (16, 22, 22)]
)
def test_the_paths_of_a_run_are_those_of_its_leaves(first: int, last: int, size: int) -> None:
    expected = [inclusion_path(INTERNATIONAL, n, size, hash_at) for n in range(first, last)]
    assert inclusion_paths(INTERNATIONAL, first, last, size, hash_at) == expected


@pytest.mark.parametrize(("first", "last", "size"), [(3, 3, 8), (-1, 2, 8), (0, 9, 8)])
def test_a_run_outside_the_log_is_refused(first: int, last: int, size: int) -> None:
    with pytest.raises(Refused):
        inclusion_paths(INTERNATIONAL, first, last, size, hash_at)
