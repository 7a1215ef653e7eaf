import random
from collections.abc import Iterator
from pathlib import Path

import cbor2
import pytest

from dongting.errors import Fault
from dongting.kernel.tree import Tree, TreeUpdate
from dongting.store.ledger import LedgerStore
from dongting.wire.profile import INTERNATIONAL, NATIONAL, Profile
from dongting.wire.state import empty_hash, key_hash, value_hash, verify


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LedgerStore]:
    opened = LedgerStore(tmp_path / "ledger")
    yield opened
    opened.close()


def numbered(first: int, last: int, version: int = 1) -> dict[bytes, bytes]:
    return {
        key_hash(f"demo.item/{n}", INTERNATIONAL): value_hash(b"%d v%d" % (n, version), INTERNATIONAL)
        for n in range(first, last)
    }


def grow(tree: Tree, store: LedgerStore, entries: dict[bytes, bytes]) -> TreeUpdate:
    update = tree.update(entries)
    store.write(update.changes)
    tree.commit(update)
    return update


def buckets(store: LedgerStore) -> dict[bytes, bytes]:
    return dict(store.scan(b"s"))


@pytest.mark.parametrize("profile", [INTERNATIONAL, NATIONAL], ids=lambda profile: profile.name)
def test_a_tree_without_records_has_the_empty_root(store: LedgerStore, profile: Profile) -> None:
    assert Tree.open(store, profile).root == empty_hash(profile)


def test_a_tree_opened_again_has_the_same_root_and_goes_on_alike(store: LedgerStore) -> None:
    tree = Tree.open(store, INTERNATIONAL)
    grow(tree, store, numbered(0, 900))
    again = Tree.open(store, INTERNATIONAL)
    assert again.root == tree.root
    assert (
        again.update(numbered(800, 1500, version=2)).root == tree.update(numbered(800, 1500, version=2)).root
    )


def test_an_update_that_is_dropped_leaves_tree_and_store_as_they_were(store: LedgerStore) -> None:
    tree = Tree.open(store, INTERNATIONAL)
    grow(tree, store, numbered(0, 300))
    root, rows = tree.root, buckets(store)
    dropped = tree.update(numbered(100, 700, version=2))
    assert dropped.root != root
    assert tree.root == root
    assert buckets(store) == rows
    assert Tree.open(store, INTERNATIONAL).root == root
    for n in range(0, 300, 37):
        address = f"demo.item/{n}"
        proof = tree.prove(key_hash(address, INTERNATIONAL))
        verify(root, address, b"%d v1" % n, proof, INTERNATIONAL)
    kept = grow(tree, store, numbered(300, 400))
    assert kept.root == tree.root == Tree.open(store, INTERNATIONAL).root


def test_an_update_of_nothing_changes_nothing(store: LedgerStore) -> None:
    tree = Tree.open(store, INTERNATIONAL)
    grow(tree, store, numbered(0, 40))
    nothing = tree.update({})
    assert nothing.changes == []
    assert nothing.root == tree.root


def test_an_update_made_for_an_earlier_tree_is_not_committed(store: LedgerStore) -> None:
    tree = Tree.open(store, INTERNATIONAL)
    early = tree.update(numbered(0, 20))
    grow(tree, store, numbered(20, 40))
    with pytest.raises(Fault, match="another tree"):
        tree.commit(early)


def test_an_update_writes_only_the_buckets_that_it_touches(store: LedgerStore) -> None:
    tree = Tree.open(store, INTERNATIONAL)
    grow(tree, store, numbered(0, 2000))
    update = tree.update(numbered(7, 8, version=2))
    assert [value is not None for _, value in update.changes] == [True]


def test_a_bucket_that_splits_leaves_no_row_behind(store: LedgerStore) -> None:
    tree = Tree.open(store, INTERNATIONAL)
    grow(tree, store, numbered(0, 16))
    assert list(buckets(store)) == [b"s"]
    grow(tree, store, numbered(16, 17))
    assert b"s" not in buckets(store)
    assert sum(map(len, buckets(store).values())) == 17 * 64


@pytest.mark.parametrize("width", [31, 33])
def test_hashes_that_are_not_of_32_bytes_are_a_fault(store: LedgerStore, width: int) -> None:
    tree = Tree.open(store, INTERNATIONAL)
    with pytest.raises(Fault, match="32 bytes"):
        tree.update({bytes(32): bytes(width)})


def test_a_changed_stored_bucket_gives_another_root_and_no_proof(store: LedgerStore) -> None:
    tree = Tree.open(store, INTERNATIONAL)
    grow(tree, store, numbered(0, 200))
    key, bucket = next(iter(buckets(store).items()))
    store.write([(key, bucket[:-1] + bytes([bucket[-1] ^ 1]))])
    assert Tree.open(store, INTERNATIONAL).root != tree.root
    with pytest.raises(Fault, match="not the one in the tree"):
        tree.prove(bucket[:32])


def test_a_lost_bucket_is_met_by_opening_proving_and_updating(store: LedgerStore) -> None:
    tree = Tree.open(store, INTERNATIONAL, cache=0)
    grow(tree, store, numbered(0, 200))
    key, bucket = next(iter(buckets(store).items()))
    store.write([(key, None)])
    assert Tree.open(store, INTERNATIONAL).root != tree.root
    with pytest.raises(Fault, match="not the one in the tree"):
        tree.prove(bucket[:32])
    with pytest.raises(Fault, match="lost"):
        tree.update({bucket[:32]: bytes(32)})


@pytest.mark.parametrize("row", [b"s", b"s0", b"szz", b"s\xff", b"s0g1"])
def test_a_bucket_stored_where_none_can_be_does_not_open(store: LedgerStore, row: bytes) -> None:
    tree = Tree.open(store, INTERNATIONAL)
    grow(tree, store, numbered(0, 400))
    store.write([(row, bytes(64))])
    with pytest.raises(Fault):
        Tree.open(store, INTERNATIONAL)


@pytest.mark.parametrize("size", [0, 63, 65, 17 * 64])
def test_a_bucket_of_an_impossible_size_does_not_open(store: LedgerStore, size: int) -> None:
    store.write([(b"s", bytes(size))])
    with pytest.raises(Fault, match=f"{size} bytes"):
        Tree.open(store, INTERNATIONAL)


@pytest.mark.parametrize("below", [130, 153, 190, 230])
def test_a_proof_among_ten_million_records_stays_below_3500_bytes(store: LedgerStore, below: int) -> None:
    """Four full branches lead to a prefix under which 10,000,000 / 16^4 = 153 records lie, more or less."""
    chance = random.Random(below)
    prefix = "5a5a"
    beside = [prefix[:at] + digit for at in range(4) for digit in "0123456789abcdef" if digit != prefix[at]]
    held = [prefix] * below + beside
    keys = [bytes.fromhex(start + chance.randbytes(32).hex()[len(start) :]) for start in held]
    tree = Tree.open(store, INTERNATIONAL)
    grow(tree, store, {key: chance.randbytes(32) for key in keys})
    proofs = [tree.prove(key) for key in keys[:below]]
    assert all(branch.bitmap.bit_count() == 15 for proof in proofs for branch in proof.branches[:4])
    assert max(len(cbor2.dumps(proof.plain(), canonical=True)) for proof in proofs) < 3500
