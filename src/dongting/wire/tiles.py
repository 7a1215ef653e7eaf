"""A log as static files: hash tiles and entry bundles (C2SP tlog-tiles, revision 0ad71eb1f1b9).

Tile (level, index) holds the hashes of the subtrees (8 * level, index * 256 + i) of `wire.merkle`.
Hashes once written never change: a narrower tile is a prefix of every wider one of the same place, so
that a store keeps one growing value for each place. Under the national profile the hash is SM3 and the
layout the same; tools from outside read the international profile only.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from dongting.errors import Code, Refused, require
from dongting.wire import merkle
from dongting.wire.merkle import HASH_SIZE, MAX_SIZE
from dongting.wire.profile import Profile

HEIGHT = 8
WIDTH = 1 << HEIGHT
#: The level under which entry bundles stand; their index and width are those of level 0.
ENTRIES = -1
MAX_ENTRY = 2**16 - 1

BAD_TILE_PATH = Code(
    "wire", 62, "bad-tile-path",
    "{path} is not the path of a tile; one looks like tile/0/x001/234 or tile/entries/000.p/17.",
    "{path} 不是瓦片路径；正确的形式如 tile/0/x001/234 或 tile/entries/000.p/17。",
    status=404,
)  # fmt: skip
BAD_TILE = Code(
    "wire", 63, "bad-tile",
    "Tile {path} should hold {expected} bytes and holds {found}; fetch it from another copy of the log.",
    "瓦片 {path} 应有 {expected} 字节，实有 {found} 字节；请从日志的其他副本重新获取。",
)  # fmt: skip
BAD_BUNDLE = Code(
    "wire", 64, "bad-entry-bundle",
    "This entry bundle does not hold {width} entries in their length-prefixed form; fetch it again.",
    "此条目包不含 {width} 个带长度前缀的条目；请重新获取。",
)  # fmt: skip
ENTRY_TOO_LONG = Code(
    "wire", 65, "entry-too-long",
    "A log entry has at most {limit} bytes and this one has {found}; move content into a part.",
    "日志条目最多 {limit} 字节，此条目有 {found} 字节；请把内容移入随附部分。",
    status=413,
)  # fmt: skip

_PATH = re.compile(
    r"tile/(entries|[0-9]|[1-5][0-9]|6[0-3])/((?:x[0-9]{3}/){0,6}[0-9]{3})"
    r"(?:\.p/([1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5]))?"
)


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """The place of a tile: level 0 to 63 or ENTRIES, index from 0, and a width of 1 to 256."""

    level: int
    index: int
    width: int = WIDTH

    def path(self) -> str:
        """`tile/<L>/<N>[.p/<W>]`, without a leading slash."""
        level = "entries" if self.level == ENTRIES else str(self.level)
        groups = [f"{self.index % 1000:03d}"]
        rest = self.index // 1000
        while rest:
            groups.append(f"x{rest % 1000:03d}")
            rest //= 1000
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{'/'.join(reversed(groups))}{partial}"

    def place(self) -> "Tile":
        """The same place at full width: the key under which a growing tile is kept."""
        return Tile(self.level, self.index)

    def bundle(self) -> "Tile":
        """The entry bundle beside a tile of level 0."""
        return Tile(ENTRIES, self.index, self.width)


Read = Callable[[Tile], bytes]


def tile_named(path: str) -> Tile:
    """The tile of a path; refuses any spelling that `Tile.path` would not have written."""
    match = _PATH.fullmatch(path)
    if match is None:
        raise Refused(BAD_TILE_PATH, path=path[:80])
    level, groups, width = match.groups()
    tile = Tile(
        ENTRIES if level == "entries" else int(level),
        int(groups.replace("/", "").replace("x", "")),
        int(width) if width else WIDTH,
    )
    require(tile.path() == path, BAD_TILE_PATH, path=path[:80])
    return tile


def width_at(size: int, level: int, index: int) -> int:
    """How wide the tile of that place is in a log of `size` leaves; 0 when there is none yet."""
    hashes = size >> HEIGHT * max(level, 0)
    return min(max(hashes - index * WIDTH, 0), WIDTH)


def tiles_of(size: int) -> Iterator[Tile]:
    """All hash tiles of a log of `size` leaves, level by level, each as wide as it is there."""
    return changed(0, size)


def changed(old: int, new: int) -> Iterator[Tile]:
    """The hash tiles that a log of `new` leaves has and one of `old` leaves had not, or narrower."""
    require(0 <= old <= new <= MAX_SIZE, merkle.OUTSIDE_TREE, size=new, place=old)
    before, after, level = old, new, 0
    while before < after:
        for index in range(before // WIDTH, (after + WIDTH - 1) // WIDTH):
            yield Tile(level, index, min(after - index * WIDTH, WIDTH))
        before, after, level = before >> HEIGHT, after >> HEIGHT, level + 1


def grow(old: int, completed: Sequence[Sequence[bytes]], read: Read) -> Iterator[tuple[Tile, bytes]]:
    """The tiles to write after `Frontier.extend` on a log of `old` leaves returned `completed`.

    `read` is asked for the present bytes of at most one tile a level: the rightmost, when partial.
    """
    for level, new in enumerate(completed[::HEIGHT]):
        before = old >> HEIGHT * level
        index, present = divmod(before, WIDTH)
        head = exactly(Tile(level, index, present), read) if present else b""
        data = head + b"".join(new)
        step = WIDTH * HASH_SIZE
        for offset in range(0, len(data), step):
            part = data[offset : offset + step]
            yield Tile(level, index, len(part) // HASH_SIZE), part
            index += 1


def exactly(tile: Tile, read: Read) -> bytes:
    """The hashes of a tile, cut from a wider one if that is what is stored; refuses a shorter one."""
    data = read(tile)
    expected = tile.width * HASH_SIZE
    if len(data) < expected or len(data) % HASH_SIZE or len(data) > WIDTH * HASH_SIZE:
        raise Refused(BAD_TILE, path=tile.path(), expected=expected, found=len(data))
    return data[:expected]


class TileHashes:
    """`merkle.HashAt` over the stored tiles of a log of `size` leaves; each tile is read and hashed once.

    Make one for a handful of proofs and drop it: it remembers every tile that it has seen. `fresh` holds
    what `Frontier.extend` completed last, which is then neither read nor hashed again.
    """

    def __init__(
        self, profile: Profile, size: int, read: Read, fresh: Sequence[Sequence[bytes]] = ()
    ) -> None:
        self.size = size
        self._profile = profile
        self._read = read
        self._fresh = [((size >> level) - len(row), row) for level, row in enumerate(fresh)]
        self._seen: dict[tuple[int, int], list[list[bytes]]] = {}

    def __call__(self, level: int, index: int) -> bytes:
        """The hash of a complete subtree; refuses one that the log does not have yet."""
        if not 0 <= index < self.size >> level:
            raise Refused(merkle.OUTSIDE_TREE, size=self.size, place=index << level)
        if level < len(self._fresh):
            first, row = self._fresh[level]
            if index >= first:
                return row[index - first]
        tile_level, height = divmod(level, HEIGHT)
        tile_index, offset = divmod(index << height, WIDTH)
        rows = self._seen.get((tile_level, tile_index))
        if rows is None:
            rows = self._seen[tile_level, tile_index] = self._rows(tile_level, tile_index)
        return rows[height][offset >> height]

    def _rows(self, level: int, index: int) -> list[list[bytes]]:
        """The hashes of a tile and of the complete subtrees above them within it."""
        data = exactly(Tile(level, index, width_at(self.size, level, index)), self._read)
        rows = [[data[i : i + HASH_SIZE] for i in range(0, len(data), HASH_SIZE)]]
        for _ in range(HEIGHT - 1):
            rows.append(merkle.parents(self._profile, rows[-1]))
        return rows


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """1 to 256 entries, each behind its length as a big-endian uint16."""
    require(0 < len(entries) <= WIDTH, BAD_BUNDLE, width=len(entries))
    for entry in entries:
        require(len(entry) <= MAX_ENTRY, ENTRY_TOO_LONG, limit=MAX_ENTRY, found=len(entry))
    return b"".join(len(entry).to_bytes(2) + entry for entry in entries)


def decode_bundle(data: bytes, width: int) -> list[bytes]:
    """The entries of a bundle; refuses one that does not hold exactly `width` entries and nothing else."""
    entries: list[bytes] = []
    offset = 0
    while offset < len(data) and len(entries) < width:
        start = offset + 2
        offset = start + int.from_bytes(data[offset:start])
        entries.append(data[start:offset])
    require(offset == len(data) and len(entries) == width > 0, BAD_BUNDLE, width=width)
    return entries
