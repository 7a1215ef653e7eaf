"""C2SP tlog-tiles: paths, widths, bundles, and proofs read from tiles alone."""

import pytest

from dongting.errors import Refused
from dongting.wire import merkle, tiles
from dongting.wire.profile import INTERNATIONAL
from dongting.wire.tiles import ENTRIES, Tile


def leaves(count: int) -> list[bytes]:
    return [merkle.leaf_hash(INTERNATIONAL, n.to_bytes(4)) for n in range(count)]


class Stored:
    """Tiles in memory, each place holding its widest bytes, grown block by block."""

    def __init__(self) -> None:
        self.frontier = merkle.Frontier(INTERNATIONAL)
        self.bytes: dict[Tile, bytes] = {}

    def read(self, tile: Tile) -> bytes:
        return self.bytes[tile.place()]

    def append(self, new: list[bytes]) -> list[Tile]:
        old = self.frontier.size
        grown = list(tiles.grow(old, self.frontier.extend(new), self.read))
        self.bytes.update({tile.place(): data for tile, data in grown})
        return [tile for tile, _ in grown]


@pytest.fixture(scope="module")
def log() -> Stored:
    stored = Stored()
    hashes = leaves(70_000)
    for start in range(0, 70_000, 999):
        stored.append(hashes[start : start + 999])
    return stored


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 1234067), "tile/0/x001/x234/067"),
        (Tile(63, 999, 255), "tile/63/999.p/255"),
        (Tile(1, 1000, 1), "tile/1/x001/000.p/1"),
        (Tile(ENTRIES, 5, 17), "tile/entries/005.p/17"),
    ],
)
def test_a_tile_and_its_path_name_each_other(tile: Tile, path: str) -> None:
    assert tile.path() == path
    assert tiles.tile_named(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "", "tile/0", "tile/0/0", "tile/00/000", "tile/64/000", "tile/-1/000", "tile/0/1000",
        "tile/0/x000/001", "tile/0/001/000", "tile/0/x001/x000", "tile/0/000.p/0", "tile/0/000.p/256",
        "tile/0/000.p/01", "tile/0/000.p/", "/tile/0/000", "tile/0/000/", "tile/0/000\n", "tile/0/٠٠٠",
        "tile/data/000", "tile/0/" + "x001/" * 7 + "000", "tile/0/../000",
    ],
)  # fmt: skip
def test_any_other_spelling_of_a_tile_path_is_refused(path: str) -> None:
    with pytest.raises(Refused) as refusal:
        tiles.tile_named(path)
    assert refusal.value.code is tiles.BAD_TILE_PATH


def test_a_log_of_70000_has_the_tiles_that_the_specification_counts() -> None:
    found = list(tiles.tiles_of(70_000))
    assert [tile.path() for tile in found if tile.width < 256] == [
        "tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1",
    ]  # fmt: skip
    assert len(found) == 273 + 1 + 1 + 1 + 1


def test_a_log_of_256_has_a_full_tile_and_one_hash_above() -> None:
    assert list(tiles.tiles_of(256)) == [Tile(0, 0), Tile(1, 0, 1)]


def test_the_empty_log_has_no_tiles() -> None:
    assert list(tiles.tiles_of(0)) == []


def test_growth_changes_only_the_right_edge() -> None:
    assert list(tiles.changed(70_000, 70_000)) == []
    assert list(tiles.changed(70_000, 70_001)) == [Tile(0, 273, 113)]
    assert list(tiles.changed(255, 257)) == [Tile(0, 0), Tile(0, 1, 1), Tile(1, 0, 1)]


def test_writing_yields_exactly_the_changed_tiles() -> None:
    stored = Stored()
    hashes = leaves(1400)
    for start, end in [(0, 1), (1, 255), (255, 257), (257, 257), (257, 512), (512, 1400)]:
        assert stored.append(hashes[start:end]) == list(tiles.changed(start, end))


def test_a_tile_holds_the_hashes_that_the_specification_names(log: Stored) -> None:
    hashes = leaves(70_000)
    assert log.bytes[Tile(0, 3)] == b"".join(hashes[768:1024])
    second = merkle.root(INTERNATIONAL, hashes[256:512])
    assert log.bytes[Tile(1, 0)][32:64] == second
    assert log.bytes[Tile(2, 0)] == merkle.root(INTERNATIONAL, hashes[:65_536])


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 65_535, 65_537, 70_000])
def test_roots_and_proofs_of_any_size_are_read_from_the_tiles(log: Stored, size: int) -> None:
    hash_at = tiles.TileHashes(INTERNATIONAL, size, log.read)
    hashes = leaves(size)
    root = merkle.root(INTERNATIONAL, hashes)
    assert merkle.root_at(INTERNATIONAL, size, hash_at) == root
    assert merkle.Frontier.at(INTERNATIONAL, size, hash_at).root() == root
    for index in {0, size // 3, size - 1}:
        path = merkle.inclusion_path(INTERNATIONAL, index, size, hash_at)
        assert merkle.verify_inclusion(INTERNATIONAL, hashes[index], index, size, path, root)
    first = size // 2 + 1
    old = merkle.root(INTERNATIONAL, hashes[:first])
    path = merkle.consistency_path(INTERNATIONAL, first, size, hash_at)
    assert merkle.verify_consistency(INTERNATIONAL, first, old, size, root, path)


def test_the_hash_of_an_unfinished_subtree_is_refused(log: Stored) -> None:
    hash_at = tiles.TileHashes(INTERNATIONAL, 70_000, log.read)
    with pytest.raises(Refused) as refusal:
        hash_at(17, 0)
    assert refusal.value.code is merkle.OUTSIDE_TREE


@pytest.mark.parametrize("cut", [b"", b"\0" * 31, b"\0" * 33, b"\0" * 32 * 257])
def test_a_tile_of_the_wrong_length_is_refused(cut: bytes) -> None:
    with pytest.raises(Refused) as refusal:
        tiles.TileHashes(INTERNATIONAL, 1, lambda _: cut)(0, 0)
    assert refusal.value.code is tiles.BAD_TILE


def test_a_bundle_is_length_prefixed_and_reads_back() -> None:
    entries = [b"", b"one", b"\0" * 65_535]
    data = tiles.encode_bundle(entries)
    assert data[:7] == b"\0\0\0\3one"
    assert tiles.decode_bundle(data, 3) == entries


@pytest.mark.parametrize(
    ("data", "width"),
    [
        (b"", 0),
        (b"", 1),
        (b"\0", 1),
        (b"\0\1", 1),
        (b"\0\1a", 2),
        (b"\0\1a\0", 1),
        (b"\0\1a\0\1b", 1),
        (b"\0\2a", 1),
    ],
)
def test_a_bundle_that_is_not_exactly_its_entries_is_refused(data: bytes, width: int) -> None:
    with pytest.raises(Refused) as refusal:
        tiles.decode_bundle(data, width)
    assert refusal.value.code is tiles.BAD_BUNDLE


def test_an_entry_beyond_the_length_prefix_is_refused() -> None:
    with pytest.raises(Refused) as refusal:
        tiles.encode_bundle([b"\0" * 65_536])
    assert refusal.value.code is tiles.ENTRY_TOO_LONG
    with pytest.raises(Refused):
        tiles.encode_bundle([b""] * 257)
