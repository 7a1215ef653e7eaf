"""Puts events in line for webhooks, and sends what is in line: at least once, for about three days.

One process does it. It can be killed at any moment: what was put in line stands in the database with the
height up to which it was looked for, and what was not known to be delivered is sent again under the same id.
"""

import asyncio
import logging
import sys
from collections import Counter
from collections.abc import Callable, Sequence

import msgspec
from sqlalchemy import Row, delete, func, select, update

from dongting.errors import Refused
from dongting.node.events import BLOCKS, Events, Position, Wanted
from dongting.node.facade import BlockChanges, Facade
from dongting.node.hooks.codes import GONE, OVERFLOW, VANISHED
from dongting.node.hooks.messages import judged, sending
from dongting.node.hooks.subscriptions import DEAD_DAYS, DELIVERED_DAYS, Hook, Hooks, enqueue
from dongting.node.hooks.tables import delivery, hook
from dongting.node.hooks.telling import Teller
from dongting.node.outward import UNREACHABLE, Answered, Outward

#: Seconds from a failed attempt to the next; after the last one the message is set aside.
DELAYS = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
WAITING = 10_000  # messages in line for one webhook
PAUSE = 0.25  # seconds between looks
_AT_ONCE, _EACH = 20, 2  # attempts under way, in all and for one webhook
_KEEP = 1000  # blocks after which it is noted that nothing was wanted of them
_DAY = 86_400

log = logging.getLogger("dongting.hooks")


class Dispatcher:
    """`jitter` draws a factor around 1 for each delay, so that not all come back at once."""

    def __init__(
        self,
        hooks: Hooks,
        facade: Facade,
        events: Events,
        teller: Teller,
        outward: Outward,
        jitter: Callable[[], float],
    ) -> None:
        self._hooks = hooks
        self._facade = facade
        self._events = events
        self._teller = teller
        self._outward = outward
        self._jitter = jitter
        self._reached: dict[str, int] = {}
        self._busy: Counter[str] = Counter()
        self._under_way: dict[int, asyncio.Task[None]] = {}
        self._swept = 0

    async def run(self) -> None:
        """Go on until cancelled; a ledger that is away is waited for."""
        try:
            while True:
                try:
                    more = await self.look()
                except Refused:
                    more = False
                await self.send()
                await asyncio.to_thread(self._sweep)
                if not more:
                    await asyncio.sleep(PAUSE)
        finally:
            for task in self._under_way.values():
                task.cancel()
            await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    # Events

    async def look(self) -> bool:
        """Put the next events in line for those who are furthest behind; whether there may be more."""
        found = await asyncio.to_thread(self._hooks.all)
        following = [each for each in found if each.state == "active" and each.about != "notices"]
        self._reached = {each.id: max(each.since, self._reached.get(each.id, 0)) for each in following}
        if not following:
            return False
        least = min(self._reached.values())
        blocks = await self._facade.blocks(least, BLOCKS)
        if not blocks:
            return False
        for each in following:
            if self._reached[each.id] == least:
                await self._wanted(each, blocks, least)
        return len(blocks) == BLOCKS

    async def _wanted(self, to: Hook, blocks: Sequence[BlockChanges], after: int) -> None:
        party = to.organisation if to.about == "own" else ""
        wanted = Wanted(frozenset(to.types), "", frozenset(to.actions), party)
        events, _ = await self._events.of(blocks, Position(after), wanted, sys.maxsize)
        height = blocks[-1].height
        if events or height - to.since >= _KEEP:
            ids = [str(event.position) for event in events]
            await asyncio.to_thread(self._put, to, ids, height)
        self._reached[to.id] = height

    def _put(self, to: Hook, ids: Sequence[str], height: int) -> None:
        now = self._hooks.clock()
        with self._hooks.database.write() as connection:
            present = connection.execute(update(hook).where(hook.c.id == to.id).values(since=height)).rowcount
            if not present:
                return  # it was removed meanwhile
            many = select(func.count()).where(delivery.c.hook == to.id, delivery.c.state == "waiting")
            waiting = connection.execute(many).scalar_one()
            for number, id in enumerate(ids):
                full = Refused(OVERFLOW, limit=WAITING) if waiting + number >= WAITING else None
                enqueue(connection, to, id, now, full)

    # Deliveries

    async def send(self) -> int:
        """Begin the attempts that are due, as many as may be under way; how many were begun."""
        due = await asyncio.to_thread(self._due)
        begun = 0
        for row, to in due:
            if len(self._under_way) >= _AT_ONCE:
                break
            if row.number in self._under_way or self._busy[to.id] >= _EACH:
                continue
            self._busy[to.id] += 1
            self._under_way[row.number] = asyncio.create_task(
                self._attempt(row.number, row.message, row.attempts, to)
            )
            begun += 1
        return begun

    async def settle(self) -> None:
        """Wait until nothing is under way."""
        while self._under_way:
            await asyncio.wait(list(self._under_way.values()))

    def _due(self) -> list[tuple[Row[tuple[object, ...]], Hook]]:
        now = self._hooks.clock()
        query = (
            select(delivery)
            .where(delivery.c.state == "waiting", delivery.c.due <= now)
            .order_by(delivery.c.due, delivery.c.number)
            .limit(10 * _AT_ONCE)
        )
        with self._hooks.database.read() as connection:
            rows = connection.execute(query).all()
        if not rows:
            return []
        by_id = {each.id: each for each in self._hooks.all() if each.state == "active"}
        return [(row, by_id[row.hook]) for row in rows if row.hook in by_id]

    async def _attempt(self, number: int, id: str, attempts: int, to: Hook) -> None:
        try:
            answer, refused = await self._sent(id, to)
            await asyncio.to_thread(self._finish, number, to, attempts + 1, answer, refused)
        except Refused:
            pass  # the ledger is away: the message stays in line
        except Exception:
            log.exception("an attempt failed", extra={"webhook": to.id, "number": number})
            failed = Refused(UNREACHABLE, host="-", why="the node made a mistake; see its log")
            await asyncio.to_thread(self._finish, number, to, attempts + 1, None, failed)
        finally:
            del self._under_way[number]
            self._busy[to.id] -= 1

    async def _sent(self, id: str, to: Hook) -> tuple[Answered | None, Refused | None]:
        now = self._hooks.clock()
        message = await self._teller.message(id, now)
        if message is None:
            return None, Refused(VANISHED)
        ready = sending(to, id, message, now)
        try:
            answer = await self._outward.post(ready.url, ready.body, ready.fields)
        except Refused as refused:
            return None, refused
        return answer, judged(to, answer)

    def _finish(
        self, number: int, to: Hook, attempts: int, answer: Answered | None, refused: Refused | None
    ) -> None:
        now = self._hooks.clock()
        values: dict[str, object] = {"attempts": attempts, "last": now, "code": None, "facts": None}
        values["status"] = answer.status if answer is not None else None
        if refused is None:
            values["state"] = "delivered"
        else:
            values |= {"code": refused.code.name, "facts": msgspec.json.encode(refused.facts)}
            over = attempts > len(DELAYS) or refused.code in (GONE, VANISHED)
            values |= {"state": "dead"} if over else {"due": now + self._wait(attempts, answer)}
        with self._hooks.database.write() as connection:
            connection.execute(update(delivery).where(delivery.c.number == number).values(values))
            if refused is not None and refused.code is GONE:
                connection.execute(update(hook).where(hook.c.id == to.id).values(state="gone"))

    def _wait(self, attempts: int, answer: Answered | None) -> int:
        """Seconds until the next attempt; longer where the receiver asks for it (RFC 9110, 10.2.3)."""
        wait = round(DELAYS[attempts - 1] * self._jitter())
        asked = answer.retry_after if answer is not None and answer.status in (429, 503) else ""
        return max(wait, min(int(asked), _DAY)) if asked.isascii() and asked.isdigit() else max(1, wait)

    def _sweep(self) -> None:
        """Once an hour, forget what was delivered or set aside long ago."""
        now = self._hooks.clock()
        if now - self._swept < 3600:
            return
        self._swept = now
        with self._hooks.database.write() as connection:
            for state, days in (("delivered", DELIVERED_DAYS), ("dead", DEAD_DAYS)):
                old = (delivery.c.state == state) & (delivery.c.made < now - days * _DAY)
                connection.execute(delete(delivery).where(old))
