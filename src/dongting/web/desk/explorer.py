"""The explorer: blocks as they come, every statement in words, and a search by any id, hash or number."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
from markupsafe import Markup

from dongting.errors import Code, Refused, require
from dongting.http.messages import Reply
from dongting.node.drafting import ACTIONS, TYPES
from dongting.node.facade import BlockChanges
from dongting.node.people.access import READ
from dongting.node.words import Words
from dongting.store.views import Views
from dongting.web.desk.record import sentence
from dongting.web.desk.shown import Fact, Shown, where
from dongting.web.places import Place
from dongting.web.site import Site
from dongting.web.visits import Visit
from dongting.wire import statement as statements
from dongting.wire.blocks import BlockEnd
from dongting.wire.tiles import Tile

NO_ENTRY = Code(
    "web", 4, "no-such-entry",
    "The log has no entry {number}; its entries go from 0 to {last}.",
    "日志中没有第 {number} 条；现有第 0 条至第 {last} 条。",
    status=404,
)  # fmt: skip
NO_BLOCK = Code(
    "web", 5, "no-such-block",
    "There is no block {number}; the newest is {last}.",
    "没有第 {number} 个区块；最新区块为第 {last} 个。",
    status=404,
)  # fmt: skip
BLOCKS = 10
_TILES = 200  # tiles of 256 hashes that a search by a statement's hash looks through, the newest first
_WIDTH = 256


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the log: a statement in words, or the end of a block (`height`)."""

    index: int
    said: str
    author: str = ""
    action: str = ""
    subject: str = ""
    height: int | None = None


async def explorer(site: Site, visit: Visit) -> Reply:
    """GET /explorer: the newest blocks, or what a search finds."""
    words = visit.asked("q")[:200]
    status = await site.facade.status()
    if words:
        found = await _find(site, words, status.size, status.height)
        return site.page(visit, "explorer.html", section="desk", words=words, found=found, blocks=(),
                         status_now=status)  # fmt: skip
    lowest = max(status.height - BLOCKS, 0)
    blocks = await site.facade.blocks(lowest, BLOCKS)
    told = [(block, await _entries(site, visit, block)) for block in reversed(blocks)]
    return site.page(
        visit, "explorer.html", section="desk", words="", found=(), blocks=told, status_now=status,
    )  # fmt: skip


async def block(site: Site, visit: Visit) -> Reply:
    """GET /explorer/blocks/HEIGHT."""
    height = _number(visit.named["number"])
    status = await site.facade.status()
    require(1 <= height <= status.height, NO_BLOCK, number=visit.named["number"][:20], last=status.height)
    found = (await site.facade.blocks(height - 1, 1))[0]
    entries = await _entries(site, visit, found)
    changed = [(where(one.type, one.id), TYPES[one.type].title, one) for one in found.changes]
    return site.page(
        visit, "block.html", section="desk", block=found, entries=entries, changed=changed, last=status.height
    )


async def entry(site: Site, visit: Visit) -> Reply:
    """GET /explorer/entries/INDEX."""
    index, data = await _leaf(site, visit)
    end = BlockEnd.decode(data)
    if end is not None:
        found = await site.facade.blocks(end.height - 1, 1)
        return site.page(
            visit, "block.html", section="desk", block=found[0], last=(await site.facade.status()).height,
            entries=await _entries(site, visit, found[0]),
            changed=[(where(one.type, one.id), TYPES[one.type].title, one) for one in found[0].changes],
        )  # fmt: skip
    statement = statements.decode(data, site.profile)
    facts = await asyncio.to_thread(_arguments, site, visit, statement)
    told = _told(site, visit, index, statement)
    return site.page(visit, "entry.html", section="desk", entry=told, statement=statement, facts=facts)


async def receipt(site: Site, visit: Visit) -> Reply:
    """GET /explorer/entries/INDEX/receipt: the COSE receipt of a statement (RFC 9942)."""
    index, _ = await _leaf(site, visit)
    data = await site.facade.receipt(index)
    kept = [("content-disposition", f'attachment; filename="entry-{index}.receipt"'),
            ("cache-control", "no-store")]  # fmt: skip
    return Reply(200, data, "application/cose", kept)


async def _leaf(site: Site, visit: Visit) -> tuple[int, bytes]:
    index, size = _number(visit.named["number"]), (await site.facade.status()).size
    require(0 <= index < size, NO_ENTRY, number=visit.named["number"][:20], last=size - 1)
    return index, await site.facade.leaf(index)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 16 else -1


async def _entries(site: Site, visit: Visit, block: BlockChanges) -> list[Entry]:
    """The statements of a block in words."""
    found = []
    for index in range(block.first, min(block.size - 1, block.first + 100)):
        try:
            statement = statements.decode(await site.facade.leaf(index), site.profile)
        except Refused as refused:
            if refused.code.status != 410:
                raise
            found.append(Entry(index, ""))
        else:
            found.append(_told(site, visit, index, statement))
    return found


def _told(site: Site, visit: Visit, index: int, statement: statements.Statement) -> Entry:
    tongue = site.tongues[visit.language]
    author = tongue.plain(site.called(statement.issuer))
    said = sentence(Words(visit.language, site.genesis.zone), statement, author)
    action = ACTIONS.get(statement.action)
    title = action.title.best(visit.language) if action is not None else statement.action
    return Entry(index, said, statement.issuer, title, statement.subject)


def _arguments(site: Site, visit: Visit, statement: statements.Statement) -> list[Fact]:
    action = ACTIONS.get(statement.action)
    body: Any = msgspec.json.decode(statement.payload)
    if action is None:
        return [("", Markup("<code>{}</code>").format(statement.payload.decode("utf-8", "replace")))]
    return Shown(site, site.tongues[visit.language]).fields(action.arguments, body)


async def _find(site: Site, words: str, size: int, height: int) -> list[tuple[Any, str, str]]:
    """What an id, a number or a hash names: kind, text and address of each."""
    found: list[tuple[Any, str, str]] = []
    number = _number(words)
    if 0 <= number < size:
        found.append(("entry", str(number), f"/explorer/entries/{number}"))
    if 1 <= number <= height:
        found.append(("block", str(number), f"/explorer/blocks/{number}"))
    found += await asyncio.to_thread(lambda: list(_records(site.views, words)))
    if len(words) == 64 and all(digit in "0123456789abcdef" for digit in words):
        index = await _hashed(site, bytes.fromhex(words), size)
        if index is not None:
            found.append(("entry", str(index), f"/explorer/entries/{index}"))
    return found


def _records(views: Views, words: str) -> Iterator[tuple[Any, str, str]]:
    """Records of that id, or at that address, of any type; then what a search finds."""
    type, mark, id = words.partition("/")
    known = [type] if mark and type in TYPES else list(TYPES)
    seen = set()
    for name in known:
        row = views.get(name, id if mark else words)
        if row is not None:
            seen.add((row.type, row.id))
            yield TYPES[name].title, row.id, where(row.type, row.id)
    for row in views.search(words, limit=20).rows:
        if (row.type, row.id) not in seen:
            yield TYPES[row.type].title, row.id, where(row.type, row.id)


async def _hashed(site: Site, hash: bytes, size: int) -> int | None:
    """The entry with this leaf hash, among the newest."""
    last = (size - 1) // _WIDTH
    for tile in range(last, max(last - _TILES, -1), -1):
        width = min(_WIDTH, size - tile * _WIDTH)
        data = await site.facade.tile(Tile(0, tile, width).path())
        for place in range(width):
            if data[place * 32 : place * 32 + 32] == hash:
                return tile * _WIDTH + place
    return None


PLACES: tuple[Place, ...] = (
    Place("/explorer", explorer, needs=READ),
    Place("/explorer/blocks/{number}", block, needs=READ),
    Place("/explorer/entries/{number}", entry, needs=READ),
    Place("/explorer/entries/{number}/receipt", receipt, needs=READ),
)
