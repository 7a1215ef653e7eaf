"""Paths of several leaves and excerpts of the state tree against the single proofs that they replace."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dongting.errors import Refused
from dongting.kernel.tree import Tree
from dongting.testing.stores import MemoryStore
from dongting.wire import excerpt, merkle, state
from dongting.wire.multiproof import multi_path, multi_root
from dongting.wire.profile import INTERNATIONAL

MAX = 300
LEAVES = [merkle.leaf_hash(INTERNATIONAL, b"%d" % n) for n in range(MAX)]


def hash_at(level: int, index: int) -> bytes:
    return merkle.root(INTERNATIONAL, LEAVES[index << level : index + 1 << level])


chosen = st.integers(1, MAX).flatmap(
    lambda size: st.tuples(
        st.just(size), st.sets(st.integers(0, size - 1), min_size=1, max_size=12).map(sorted)
    )
)


@given(chosen)
@settings(max_examples=60, deadline=None)
def test_a_path_of_several_leaves_leads_to_the_root_and_repeats_nothing(case: tuple[int, list[int]]) -> None:
    size, indices = case
    path = multi_path(INTERNATIONAL, indices, size, hash_at)
    leaves = [(index, LEAVES[index]) for index in indices]
    assert multi_root(INTERNATIONAL, leaves, size, path) == merkle.root(INTERNATIONAL, LEAVES[:size])
    assert len(set(path)) == len(path)
    single = [merkle.inclusion_path(INTERNATIONAL, index, size, hash_at) for index in indices]
    assert set(path) <= {sibling for siblings in single for sibling in siblings}


@given(chosen)
@settings(max_examples=40, deadline=None)
def test_a_single_leaf_has_the_hashes_of_its_inclusion_path(case: tuple[int, list[int]]) -> None:
    size, (index, *_) = case
    path = multi_path(INTERNATIONAL, [index], size, hash_at)
    assert sorted(path) == sorted(merkle.inclusion_path(INTERNATIONAL, index, size, hash_at))


@given(chosen, st.data())
@settings(max_examples=60, deadline=None)
def test_a_path_altered_anywhere_leads_elsewhere_or_is_refused(
    case: tuple[int, list[int]], data: st.DataObject
) -> None:
    size, indices = case
    path = multi_path(INTERNATIONAL, indices, size, hash_at)
    leaves = [(index, LEAVES[index]) for index in indices]
    at = data.draw(st.integers(0, len(path)))
    kind = data.draw(st.sampled_from(["drop", "add", "flip"]))
    altered = list(path)
    if kind == "add" or at == len(path):
        altered.insert(at, LEAVES[0])
    elif kind == "drop":
        del altered[at]
    else:
        altered[at] = bytes([altered[at][0] ^ 1]) + altered[at][1:]
    try:
        found = multi_root(INTERNATIONAL, leaves, size, altered)
    except Refused:
        return
    assert found != merkle.root(INTERNATIONAL, LEAVES[:size])


@pytest.mark.parametrize("indices", [[], [1, 1], [2, 1], [-1], [7]])
def test_leaves_that_repeat_descend_or_lie_outside_are_refused(indices: list[int]) -> None:
    with pytest.raises(Refused):
        multi_root(INTERNATIONAL, [(index, LEAVES[0]) for index in indices], 7, [])


def entry(n: int) -> bytes:
    return b'{"body":{"id":"%d"},"leaf":0,"version":1}' % n


def address(n: int) -> str:
    return f"demo.item/{n}"


def grown(count: int) -> Tree:
    store = MemoryStore()
    tree = Tree.open(store, INTERNATIONAL)
    hashes = {
        state.key_hash(address(n), INTERNATIONAL): state.value_hash(entry(n), INTERNATIONAL)
        for n in range(count)
    }
    update = tree.update(hashes)
    store.write(update.changes)
    tree.commit(update)
    return tree


TREES = {count: grown(count) for count in (0, 1, 16, 17, 400)}
asked = st.tuples(st.sampled_from(sorted(TREES)), st.sets(st.integers(0, 450), min_size=1, max_size=20))


def made(tree: Tree, numbers: set[int]) -> list[excerpt.Node]:
    keys = [state.key_hash(address(n), INTERNATIONAL) for n in numbers]
    return excerpt.merge({key: tree.prove(key) for key in keys})


def shown(count: int, numbers: set[int]) -> dict[str, bytes | None]:
    return {address(n): entry(n) if n < count else None for n in numbers}


@given(asked)
@settings(max_examples=60, deadline=None)
def test_an_excerpt_proves_what_is_current_and_what_is_absent(case: tuple[int, set[int]]) -> None:
    count, numbers = case
    tree = TREES[count]
    nodes = excerpt.excerpt(excerpt.plain(made(tree, numbers)))
    excerpt.verify(tree.root, shown(count, numbers), nodes, INTERNATIONAL)


@given(asked, st.data())
@settings(max_examples=100, deadline=None)
def test_an_excerpt_or_a_record_altered_anywhere_is_refused(
    case: tuple[int, set[int]], data: st.DataObject
) -> None:
    count, numbers = case
    tree = TREES[count]
    nodes, records = made(tree, numbers), shown(count, numbers)
    at = data.draw(st.integers(0, len(nodes) - 1))
    node = nodes[at]
    kind = data.draw(st.sampled_from(["drop", "add", "flip", "record"]))
    if kind == "drop":
        del nodes[at]
    elif kind == "add":
        nodes.insert(at, node)
    elif kind == "record":
        victim = data.draw(st.sampled_from(sorted(records)))
        records[victim] = entry(9999) if records[victim] is None else None
    elif isinstance(node, bytes):
        nodes[at] = bytes([node[0] ^ 1]) + node[1:] if node else b"\0" * 64
    else:
        nodes[at] = state.ProofBranch(node.bitmap ^ 1 << data.draw(st.integers(0, 15)), node.siblings)
    with pytest.raises(Refused):
        excerpt.verify(tree.root, records, nodes, INTERNATIONAL)


def test_upper_branches_stand_once_in_an_excerpt() -> None:
    numbers = set(range(20))
    single = [TREES[400].prove(state.key_hash(address(n), INTERNATIONAL)) for n in numbers]
    apart = sum(len(b.siblings) for proof in single for b in proof.branches)
    together = sum(len(n.siblings) for n in made(TREES[400], numbers) if isinstance(n, state.ProofBranch))
    assert together < apart / 3


@pytest.mark.parametrize("value", [None, {}, [1], [[1]], [[True, b""]], ["x"], [[b"", 1]]])
def test_an_excerpt_of_another_shape_is_refused(value: object) -> None:
    with pytest.raises(Refused):
        excerpt.excerpt(value)
