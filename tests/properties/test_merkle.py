"""The log's Merkle tree against pymerkle, which builds RFC 9162 trees in its default (prefixing) mode."""

from hypothesis import given, settings
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from dongting.wire import merkle, tiles
from dongting.wire.profile import INTERNATIONAL
from dongting.wire.tiles import Tile

MAX = 600


def entry(n: int) -> bytes:
    return n.to_bytes(3)


LEAVES = [merkle.leaf_hash(INTERNATIONAL, entry(n)) for n in range(MAX)]
ORACLE = InmemoryTree(algorithm="sha256")
for _n in range(MAX):
    ORACLE.append_entry(entry(_n))


def stored(sizes: list[int]) -> dict[Tile, bytes]:
    """The tiles of a log that grew through these sizes."""
    found: dict[Tile, bytes] = {}
    frontier = merkle.Frontier(INTERNATIONAL)
    for size in sorted(sizes):
        old = frontier.size
        grown = list(tiles.grow(old, frontier.extend(LEAVES[old:size]), lambda tile: found[tile.place()]))
        assert [tile for tile, _ in grown] == list(tiles.changed(old, size))
        found.update({tile.place(): data for tile, data in grown})
        assert frontier.root() == bytes(ORACLE.get_root(size))
    return found


sizes = st.integers(1, MAX)


@given(st.lists(sizes, min_size=1, max_size=8), st.data())
@settings(max_examples=60, deadline=None)
def test_proofs_from_tiles_are_those_of_the_oracle_however_the_log_grew(
    steps: list[int], data: st.DataObject
) -> None:
    found = stored(steps)
    size = data.draw(st.integers(1, max(steps)))
    index = data.draw(st.integers(0, size - 1))
    first = data.draw(st.integers(1, size))
    hash_at = tiles.TileHashes(INTERNATIONAL, size, lambda tile: found[tile.place()])
    root = bytes(ORACLE.get_root(size))

    path = merkle.inclusion_path(INTERNATIONAL, index, size, hash_at)
    assert [LEAVES[index], *path] == ORACLE.prove_inclusion(index + 1, size).path
    assert merkle.verify_inclusion(INTERNATIONAL, LEAVES[index], index, size, path, root)

    path = merkle.consistency_path(INTERNATIONAL, first, size, hash_at)
    assert merkle.verify_consistency(INTERNATIONAL, first, bytes(ORACLE.get_root(first)), size, root, path)


@given(sizes, st.data())
@settings(max_examples=60, deadline=None)
def test_no_flipped_bit_survives_in_a_path(size: int, data: st.DataObject) -> None:
    def hash_at(level: int, index: int) -> bytes:
        return merkle.root(INTERNATIONAL, LEAVES[index << level : index + 1 << level])

    index = data.draw(st.integers(0, size - 1))
    first = data.draw(st.integers(1, size))
    root = merkle.root(INTERNATIONAL, LEAVES[:size])
    old = merkle.root(INTERNATIONAL, LEAVES[:first])
    inclusion = merkle.inclusion_path(INTERNATIONAL, index, size, hash_at)
    consistency = merkle.consistency_path(INTERNATIONAL, first, size, hash_at)
    bit = data.draw(st.integers(0, 255))
    for place in range(len(inclusion)):
        wrong = [*inclusion[:place], flip(inclusion[place], bit), *inclusion[place + 1 :]]
        assert not merkle.verify_inclusion(INTERNATIONAL, LEAVES[index], index, size, wrong, root)
    for place in range(len(consistency)):
        wrong = [*consistency[:place], flip(consistency[place], bit), *consistency[place + 1 :]]
        assert not merkle.verify_consistency(INTERNATIONAL, first, old, size, root, wrong)


def flip(value: bytes, bit: int) -> bytes:
    return (int.from_bytes(value) ^ 1 << bit).to_bytes(len(value))


@given(st.integers(-1, 63), st.integers(0, 10**20), st.integers(1, 256))
@settings(max_examples=200, deadline=None)
def test_every_tile_path_reads_back(level: int, index: int, width: int) -> None:
    tile = Tile(level, index, width)
    assert tiles.tile_named(tile.path()) == tile


@given(st.text(alphabet="tile/entrsx0123.p-\n", max_size=24))
@settings(max_examples=200, deadline=None)
def test_a_tile_path_has_one_spelling(text: str) -> None:
    try:
        tile = tiles.tile_named("tile/" + text)
    except tiles.Refused:
        return
    assert tile.path() == "tile/" + text


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=256))
@settings(max_examples=60, deadline=None)
def test_bundles_read_back(entries: list[bytes]) -> None:
    assert tiles.decode_bundle(tiles.encode_bundle(entries), len(entries)) == entries


@given(st.binary(max_size=60), st.integers(0, 20))
@settings(max_examples=200, deadline=None)
def test_a_bundle_has_one_form(data: bytes, width: int) -> None:
    try:
        entries = tiles.decode_bundle(data, width)
    except tiles.Refused:
        return
    assert tiles.encode_bundle(entries) == data
