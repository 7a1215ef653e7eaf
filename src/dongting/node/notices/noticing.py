"""Who is to be told of what: derived from the ledger's blocks, and from the time for deadlines.

Workflows say who acts next and by when, declarations name the parties; what else an event means to somebody
is said here in one place (`_further`).
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Set
from typing import Any

import msgspec
from sqlalchemy import insert, select, update

from dongting.appkit.app import RecordType
from dongting.errors import Refused
from dongting.kernel.rules import Rules
from dongting.node.events import BLOCKS, Event, Events, Position, Wanted
from dongting.node.facade import Facade
from dongting.node.hooks.tables import followed, hook
from dongting.node.installed import VERSION_TYPE, erased_version
from dongting.node.notices.book import Book, New
from dongting.store.fields import Place, key
from dongting.store.rows import cursor_of
from dongting.store.views import Views

WHAT = "notices"
EVERY = 600  # seconds between looks at deadlines
NEAR = 3 * 86_400  # seconds before a deadline at which it counts as near
DAYS = (30, 7, 1)  # before an agreement ends
_DAY = 86_400
_MOST = 5000  # deadlines looked at in one go
_AGREEMENT, _DATASET = "sharing.agreement", "catalogue.dataset"


class Noticer:
    """`hosted` names the organisations whose people are here; `operator` the one that runs the node."""

    def __init__(
        self,
        book: Book,
        facade: Facade,
        events: Events,
        views: Views,
        rules: Rules,
        hosted: Callable[[], Iterable[str]],
        operator: str | None,
    ) -> None:
        self._book = book
        self._facade = facade
        self._events = events
        self._views = views
        self._rules = rules
        self._hosted = hosted
        self._operator = operator
        self._looked = 0

    async def step(self) -> bool:
        """Give the notices that follow from the next blocks and, now and then, from the time; whether there
        may be more at once."""
        audience = await asyncio.to_thread(self._audience)
        timed = self._book.clock() - self._looked >= EVERY
        # Where nobody reads them, only now and then is it noted how far notices would have come.
        more = bool(audience or timed) and await self._follow(audience)
        if timed:
            self._looked = self._book.clock()
            trouble = await self._trouble()
            await asyncio.to_thread(self._put, [*self._timed(audience), *trouble], None)
        return more

    async def _follow(self, audience: Set[str]) -> bool:
        height = await asyncio.to_thread(self._height)
        if height is None or not audience:
            await asyncio.to_thread(self._put, [], (await self._facade.status()).height)
            return False
        blocks = await self._facade.blocks(height, BLOCKS)
        if not blocks:
            return False
        found, _ = await self._events.of(blocks, Position(height), Wanted(), 2**62)
        given = await asyncio.to_thread(
            lambda: [each for event in found for each in self._of(event) if each.organisation in audience]
        )
        await asyncio.to_thread(self._put, given, blocks[-1].height)
        return len(blocks) == BLOCKS

    def _audience(self) -> Set[str]:
        """The organisations that anybody here would read a notice of."""
        query = select(hook.c.organisation).where(hook.c.about == "notices").distinct()
        with self._book.database.read() as connection:
            return {*self._hosted(), *connection.execute(query).scalars()}

    def _height(self) -> int | None:
        with self._book.database.read() as connection:
            found: int | None = connection.execute(
                select(followed.c.height).where(followed.c.what == WHAT)
            ).scalar()
        return found

    def _put(self, given: Iterable[New], height: int | None) -> None:
        with self._book.database.write() as connection:
            self._book.add(connection, given)
            if height is None:
                return
            this = update(followed).where(followed.c.what == WHAT).values(height=height)
            if connection.execute(this).rowcount == 0:
                connection.execute(insert(followed).values(what=WHAT, height=height))

    # What a version of a record means to whom

    def _of(self, event: Event) -> Iterator[New]:
        declared = self._rules.by_name[event.version.type].declared
        record = _record(declared, event.version.body)
        author = event.act.author if event.act is not None else ""
        facts: dict[str, str | int] = {"author": author, "action": event.act.action if event.act else ""}
        told = {author}
        version = f"{event.address}:{event.version.version}"
        flow = declared.workflow
        if record is not None and flow is not None:
            waits, due = flow.waits_for(record), flow.due(record)
            if waits is not None:
                told.add(waits)
                given = {**facts, "due": due} if due is not None else facts
                yield New(waits, "waiting", event.address, f"waiting:{version}", given)
        for party in sorted(self._events.parties(event.version) - told):
            told.add(party)
            yield New(party, "changed", event.address, f"changed:{version}", facts)
        for each in self._further(event, facts, version):
            if each.organisation not in told:
                yield each

    def _further(self, event: Event, facts: dict[str, str | int], version: str) -> Iterator[New]:
        """Who uses a dataset is told of its changes, and of erased content."""
        type = event.version.type
        if type not in (_DATASET, VERSION_TYPE):
            return
        dataset = msgspec.json.decode(event.version.body).get("dataset", event.version.id)
        erased = erased_version(event.version) is not None
        for consumer in sorted(self._consumers(dataset)):
            kind = "erasure" if erased else "dataset"
            yield New(consumer, kind, event.address, f"{kind}:{version}", facts)  # type: ignore[arg-type]

    def _consumers(self, dataset: str) -> set[str]:
        filters = {"dataset": dataset, "state": "ACTIVE"}
        found, cursor = set(), None
        while True:
            page = self._views.list(_AGREEMENT, filters, cursor=cursor, limit=200)
            found |= {msgspec.json.decode(row.body)["consumer"] for row in page.rows}
            cursor = page.cursor
            if cursor is None:
                return found

    # What the time means

    def _timed(self, audience: Set[str]) -> Iterator[New]:
        now = self._book.clock()
        for organisation in sorted(audience):
            yield from self._deadlines(organisation, now)
        yield from self._ending(audience, now)

    def _deadlines(self, organisation: str, now: int) -> Iterator[New]:
        cursor, left = None, _MOST
        while left > 0:
            page = self._views.waiting(organisation, now, cursor=cursor, limit=200)
            for item in page.items:
                if item.due is None or item.due > now + NEAR:
                    return
                kind = "overdue" if item.overdue else "due"
                subject = f"{item.row.type}/{item.row.id}"
                yield New(
                    organisation, kind, subject, f"{kind}:{subject}:{item.due}", {"due": item.due}  # type: ignore[arg-type]
                )  # fmt: skip
            cursor, left = page.cursor, left - len(page.items)
            if cursor is None:
                return

    def _ending(self, audience: Set[str], now: int) -> Iterator[New]:
        """Agreements in force, the next to end first; those that have ended are passed over by the order."""
        cursor: str | None
        cursor, left = cursor_of(Place(0, key(now))), _MOST
        while left > 0:
            page = self._views.list(
                _AGREEMENT, {"state": "ACTIVE"}, order="end", descending=False, cursor=cursor, limit=200
            )
            for row in page.rows:
                record = msgspec.json.decode(row.body)
                days = -(-(record["end"] - now) // _DAY)
                if days > DAYS[0]:
                    return
                step = min(each for each in DAYS if days <= each)
                subject = f"{row.type}/{row.id}"
                for party in ("provider", "consumer"):
                    if record[party] in audience:
                        name = f"ending:{subject}:{record['end']}:{step}"
                        facts = {"days": days, "due": record["end"]}
                        yield New(record[party], "ending", subject, name, facts)
            cursor, left = page.cursor, left - len(page.rows)
            if cursor is None:
                return

    async def _trouble(self) -> list[New]:
        """What the node's operator has to know: that the ledger does not write, and why."""
        if self._operator is None:
            return []
        try:
            status = await self._facade.status()
        except Refused as refused:
            facts: dict[str, str | int] = {"why": refused.text("en"), "why_zh": refused.text("zh")}
        else:
            if status.writing:
                return []
            why = status.reason or "The ledger does not write; see its log."
            facts = {"why": why, "why_zh": f"账本停止写入：{why}"}
        day = self._book.clock() // _DAY
        return [New(self._operator, "node", "", f"node:{day}:{facts['why'][:80]}", facts)]  # type: ignore[index]


def _record(declared: RecordType, body: bytes) -> Any:
    """The record in a body; None where texts that it must have were redacted."""
    try:
        return msgspec.json.decode(body, type=declared.struct)
    except msgspec.ValidationError:
        return None
