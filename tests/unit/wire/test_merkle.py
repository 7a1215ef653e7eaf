"""RFC 9162 section 2.1 against the published reference tree, and every way to spoil a path."""

import json
from pathlib import Path

import pytest

from dongting.errors import Fault, Refused
from dongting.wire import merkle
from dongting.wire.profile import INTERNATIONAL, NATIONAL

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "merkle.json").read_text())
LEAVES = [merkle.leaf_hash(INTERNATIONAL, bytes.fromhex(leaf)) for leaf in VECTORS["leaves"]]
NODES = [[bytes.fromhex(node) for node in row] for row in VECTORS["nodes"]]
ROOTS = [bytes.fromhex(root) for root in VECTORS["roots"]]


def hash_at(level: int, index: int) -> bytes:
    return NODES[level][index]


def path_of(vector: dict[str, list[str]]) -> list[bytes]:
    return [bytes.fromhex(item) for item in vector["path"]]


def flips(path: list[bytes]) -> list[list[bytes]]:
    """The path with each single byte changed."""
    changed = []
    for place, item in enumerate(path):
        for offset in range(len(item)):
            other = bytearray(item)
            other[offset] ^= 1
            changed.append([*path[:place], bytes(other), *path[place + 1 :]])
    return changed


def test_leaf_hashes_are_the_published_ones() -> None:
    assert NODES[0] == LEAVES


@pytest.mark.parametrize("size", range(9))
def test_roots_are_the_published_ones(size: int) -> None:
    assert merkle.root(INTERNATIONAL, LEAVES[:size]) == ROOTS[size]
    assert merkle.root_at(INTERNATIONAL, size, hash_at) == ROOTS[size]


def test_extending_reports_the_published_nodes_by_level() -> None:
    frontier = merkle.Frontier(INTERNATIONAL)
    first = frontier.extend(LEAVES[:3])
    second = frontier.extend(LEAVES[3:])
    assert first == [NODES[0][:3], NODES[1][:1]]
    assert second == [NODES[0][3:], NODES[1][1:], NODES[2], NODES[3]]


def test_extending_by_nothing_changes_nothing() -> None:
    frontier = merkle.Frontier(INTERNATIONAL, 3, [NODES[1][0], NODES[0][2]])
    assert frontier.extend([]) == []
    assert (frontier.size, frontier.root()) == (3, ROOTS[3])


def test_a_frontier_continues_from_stored_hashes() -> None:
    frontier = merkle.Frontier.at(INTERNATIONAL, 5, hash_at)
    assert frontier.peaks == [NODES[2][0], NODES[0][4]]
    frontier.extend(LEAVES[5:7])
    assert frontier.root() == ROOTS[7]


def test_a_copied_frontier_grows_apart() -> None:
    frontier = merkle.Frontier.at(INTERNATIONAL, 5, hash_at)
    other = frontier.copy()
    other.extend(LEAVES[5:])
    assert (frontier.root(), other.root()) == (ROOTS[5], ROOTS[8])


def test_a_frontier_with_too_few_peaks_is_a_fault() -> None:
    with pytest.raises(Fault):
        merkle.Frontier(INTERNATIONAL, 3, [NODES[1][0]])


@pytest.mark.parametrize("vector", VECTORS["inclusion"])
def test_inclusion_paths_are_the_published_ones(vector: dict) -> None:
    index, size, path = vector["index"], vector["size"], path_of(vector)
    assert merkle.inclusion_path(INTERNATIONAL, index, size, hash_at) == path
    assert merkle.verify_inclusion(INTERNATIONAL, LEAVES[index], index, size, path, ROOTS[size])


@pytest.mark.parametrize("vector", VECTORS["inclusion"])
def test_a_spoilt_inclusion_path_proves_nothing(vector: dict) -> None:
    index, size, path, root = vector["index"], vector["size"], path_of(vector), ROOTS[vector["size"]]
    leaf = LEAVES[index]
    longer = [[*path, root], [root, *path], [*path, b""], [b"", *path]]
    for wrong in [*flips(path), *longer, *([path[:-1], path[1:]] if path else [])]:
        assert not merkle.verify_inclusion(INTERNATIONAL, leaf, index, size, wrong, root)
    for i, n in [
        (index - 1, size),
        (index + 1, size),
        (index ^ 2, size),
        (index, size * 2),
        (index, size // 2),
    ]:
        assert not merkle.verify_inclusion(INTERNATIONAL, leaf, i, n, path, root)
    assert not merkle.verify_inclusion(INTERNATIONAL, leaf, index, size, path, ROOTS[0])
    assert not merkle.verify_inclusion(INTERNATIONAL, b"", index, size, path, root)


@pytest.mark.parametrize("vector", VECTORS["consistency"])
def test_consistency_paths_are_the_published_ones(vector: dict) -> None:
    first, second, path = vector["first"], vector["second"], path_of(vector)
    assert merkle.consistency_path(INTERNATIONAL, first, second, hash_at) == path
    assert merkle.verify_consistency(INTERNATIONAL, first, ROOTS[first], second, ROOTS[second], path)


@pytest.mark.parametrize("vector", VECTORS["consistency"][1:])
def test_a_spoilt_consistency_path_proves_nothing(vector: dict) -> None:
    first, second, path = vector["first"], vector["second"], path_of(vector)
    old, new = ROOTS[first], ROOTS[second]
    longer = [[*path, old], [*path, new], [old, *path], [new, *path], [path[0], *path], [*path, b""]]
    for wrong in [*flips(path), *longer, path[:-1], path[1:], []]:
        assert not merkle.verify_consistency(INTERNATIONAL, first, old, second, new, wrong)
    for m, n in [(first - 1, second), (first + 1, second), (first, second * 2), (first, second // 2)]:
        assert not merkle.verify_consistency(INTERNATIONAL, m, old, n, new, path)
    for a, b in [(new, old), (old, ROOTS[0]), (ROOTS[0], new)]:
        assert not merkle.verify_consistency(INTERNATIONAL, first, a, second, b, path)


def test_equal_sizes_are_consistent_only_with_equal_roots_and_no_path() -> None:
    assert not merkle.verify_consistency(INTERNATIONAL, 3, ROOTS[3], 3, ROOTS[4], [])
    assert not merkle.verify_consistency(INTERNATIONAL, 3, ROOTS[3], 3, ROOTS[3], [ROOTS[3]])
    assert merkle.verify_consistency(INTERNATIONAL, 0, ROOTS[0], 0, ROOTS[0], [])
    assert not merkle.verify_consistency(INTERNATIONAL, 0, ROOTS[1], 0, ROOTS[1], [])


def test_every_log_extends_the_empty_one() -> None:
    assert merkle.consistency_path(INTERNATIONAL, 0, 8, hash_at) == []
    assert merkle.verify_consistency(INTERNATIONAL, 0, ROOTS[0], 8, ROOTS[8], [])
    assert not merkle.verify_consistency(INTERNATIONAL, 0, ROOTS[1], 8, ROOTS[8], [])


@pytest.mark.parametrize(("index", "size"), [(8, 8), (-1, 8), (0, 0), (0, 2**63)])
def test_a_proof_outside_the_log_is_refused(index: int, size: int) -> None:
    with pytest.raises(Refused) as refusal:
        merkle.inclusion_path(INTERNATIONAL, index, size, hash_at)
    assert refusal.value.code is merkle.OUTSIDE_TREE


def test_a_log_cannot_be_consistent_with_a_longer_past() -> None:
    with pytest.raises(Refused):
        merkle.consistency_path(INTERNATIONAL, 8, 7, hash_at)


def test_the_profile_chooses_the_hash() -> None:
    assert (
        merkle.empty_root(NATIONAL).hex()
        == "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b"
    )
    leaves = [merkle.leaf_hash(NATIONAL, bytes([n])) for n in range(5)]
    root = merkle.root(NATIONAL, leaves)
    path = [
        merkle.node_hash(
            NATIONAL, merkle.node_hash(NATIONAL, *leaves[:2]), merkle.node_hash(NATIONAL, *leaves[2:4])
        )
    ]
    assert merkle.verify_inclusion(NATIONAL, leaves[4], 4, 5, path, root)
    assert not merkle.verify_inclusion(INTERNATIONAL, leaves[4], 4, 5, path, root)
