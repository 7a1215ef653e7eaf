"""The log over a store is the RFC 9162 tree of its leaves (kernel rule 3)."""

import pytest

from dongting.errors import Fault
from dongting.kernel.log import Log, tile_key
from dongting.testing.stores import MemoryStore
from dongting.wire import merkle
from dongting.wire.profile import INTERNATIONAL, NATIONAL, Profile
from dongting.wire.tiles import Tile


def hashes(profile: Profile, count: int) -> list[bytes]:
    return [profile.hash(b"\x00%d" % number) for number in range(count)]


def grown(store: MemoryStore, leaves: list[bytes], steps: list[int], profile: Profile = INTERNATIONAL) -> Log:
    log = Log(store, profile, 0)
    for step in steps:
        update = log.append(leaves[log.size : log.size + step])
        store.write(update.changes)
        log.commit(update)
    return log


@pytest.mark.parametrize("profile", [INTERNATIONAL, NATIONAL])
def test_roots_and_proofs_are_those_of_the_tree_across_tile_borders(profile: Profile) -> None:
    leaves = hashes(profile, 700)
    log = grown(MemoryStore(), leaves, [1, 3, 251, 1, 1, 300, 143], profile)
    assert log.size == 700
    assert log.root == merkle.root(profile, leaves)
    for size in (1, 4, 255, 256, 257, 512, 700):
        root = merkle.root(profile, leaves[:size])
        assert log.root_at(size) == root
        assert merkle.verify_consistency(profile, size, root, 700, log.root, log.consistency(size))
        for index in {0, size // 2, size - 1}:
            path = log.inclusion(index, size)
            assert merkle.verify_inclusion(profile, leaves[index], index, size, path, root)


def test_a_log_opened_again_has_the_same_root_and_goes_on_alike() -> None:
    leaves = hashes(INTERNATIONAL, 600)
    store, twin = MemoryStore(), MemoryStore()
    grown(store, leaves, [300])
    again = Log(store, INTERNATIONAL, 300)
    update = again.append(leaves[300:])
    store.write(update.changes)
    again.commit(update)
    assert again.root == grown(twin, leaves, [600]).root
    assert dict(store.scan(b"")) == dict(twin.scan(b""))


def test_an_append_that_is_dropped_changes_nothing() -> None:
    leaves = hashes(INTERNATIONAL, 20)
    log = grown(MemoryStore(), leaves, [10])
    root = log.root
    log.append(leaves[10:])
    assert (log.size, log.root) == (10, root)
    assert log.append(leaves[10:]).root == merkle.root(INTERNATIONAL, leaves)


def test_an_append_made_for_an_earlier_log_is_not_committed() -> None:
    leaves = hashes(INTERNATIONAL, 20)
    log = grown(MemoryStore(), leaves, [10])
    stale = log.append(leaves[10:12])
    log.commit(log.append(leaves[10:11]))
    with pytest.raises(Fault, match="another log"):
        log.commit(stale)


def test_a_lost_or_short_tile_is_a_fault_that_names_it() -> None:
    store = MemoryStore()
    log = grown(store, hashes(INTERNATIONAL, 300), [300])
    data = store.get(tile_key(Tile(0, 0)))
    assert data is not None
    store.write([(tile_key(Tile(0, 0)), None)])
    with pytest.raises(Fault, match="tile/0/000"):
        log.inclusion(3)
    store.write([(tile_key(Tile(0, 1)), data[:32])])
    with pytest.raises(Fault, match="damaged"):
        Log(store, INTERNATIONAL, 300)


def test_a_tile_is_served_at_any_width_that_the_log_has() -> None:
    leaves = hashes(INTERNATIONAL, 300)
    log = grown(MemoryStore(), leaves, [300])
    assert log.tile(Tile(0, 1, 40)) == b"".join(leaves[256:296])
    assert log.tile(Tile(0, 1, 45)) is None
    assert log.tile(Tile(0, 0)) == b"".join(leaves[:256])
