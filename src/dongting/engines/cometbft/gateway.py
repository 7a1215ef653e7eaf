"""The gateway: statements come in, are packed into transactions, and answered when their block is written.

The mempool is volatile, so a transaction is sent again until its statements are settled or expired; the
kernel's replay window gives a statement that comes twice its first outcome. Organisations take turns, and
what is under way is bounded, so that whoever floods waits behind itself.
"""

import asyncio
import os
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from dongting.engines.cometbft.application import Verified
from dongting.engines.cometbft.rpc import RpcError
from dongting.engines.cometbft.transactions import MAX_STATEMENTS, OVERHEAD, SALT_SIZE, TARGET, pack
from dongting.engines.embedded import BUSY, MAX_WAITING, MAX_WAITING_BYTES
from dongting.engines.machine import Machine
from dongting.errors import Refused, require
from dongting.wire.statement import Statement

PATIENCE = 60.0  # seconds after which a submitter is told that its statement still waits
RESEND = 5.0  # seconds after which a transaction that is not settled is sent again
UNDER_WAY = 4 * 2**20  # bytes of transactions of this gateway that wait for their block
EXPIRY = 10.0  # seconds between two looks for statements that expired
GRACE = 60  # seconds that the time of blocks may lag behind the clock when a statement expires


@dataclass(slots=True, eq=False)
class _Entry:
    """One statement on its way, and all who wait for it."""

    statement: Statement
    outcome: "asyncio.Future[Any]"


@dataclass(slots=True, eq=False)
class _Flight:
    """A transaction that was sent, and which of its statements are not settled."""

    tx: bytes
    open: dict[bytes, _Entry] = field(default_factory=dict)
    sent: float = 0.0


class Gateway:
    """Takes statements for one node; `broadcast` puts a transaction in the mempool."""

    def __init__(
        self, verified: Verified, broadcast: Callable[[bytes], Awaitable[None]], clock: Callable[[], int],
        machine: Machine, why_not: Callable[[], Refused | None],
        patience: float = PATIENCE,
    ) -> None:  # fmt: skip
        self._verified = verified
        self._broadcast = broadcast
        self._clock = clock
        self._machine = machine
        self._why_not = why_not
        self._patience = patience
        self._entries: dict[bytes, _Entry] = {}
        self._queues: dict[str, deque[_Entry]] = {}
        self._early: list[_Entry] = []
        self._flights: deque[_Flight] = deque()
        self._flight_of: dict[bytes, _Flight] = {}
        self._flying = 0
        self._wake = asyncio.Event()
        self._bytes = 0
        self.trouble: str | None = None

    @property
    def waiting(self) -> int:
        """Statements under way."""
        return len(self._entries)

    def holds(self, leaf: str) -> bool:
        """Whether the statement with this leaf hash (hex) waits for its block here."""
        return any(entry.statement.leaf.hex() == leaf for entry in self._entries.values())

    def start(self) -> None:
        """Begin to pack and to send."""
        self._tasks = [asyncio.create_task(self._pack_all()), asyncio.create_task(self._resend_all())]

    def stop(self) -> None:
        """End; what is under way may still be ordered, and its submitters ask again."""
        for task in self._tasks:
            task.cancel()

    async def submit(self, statements: Sequence[bytes]) -> list[Any]:
        """The outcome of each statement, in order, after its block is written; None for one that still waits
        when patience ends. It goes on being sent until it expires."""
        size = sum(map(len, statements))
        room = self.waiting + len(statements) <= MAX_WAITING and self._bytes + size <= MAX_WAITING_BYTES
        require(room, BUSY, waiting=self.waiting)
        self._bytes += size
        try:
            verdicts = await self._verified.verdicts(statements)
            if (why := self._why_not()) is not None:
                raise why
            found = [self._enter(verdict) for verdict in verdicts]
            self._wake.set()
            waits = {each for each in found if isinstance(each, asyncio.Future)}
            if waits:
                await asyncio.wait(waits, timeout=self._patience)
        finally:
            self._bytes -= size
        outcomes = [_told(each) if isinstance(each, asyncio.Future) else each for each in found]
        if None in outcomes and (why := self._why_not()) is not None:
            raise why
        return outcomes

    def _enter(self, verdict: Statement | Refused) -> Any:
        """Queue a verified statement under its issuer; a refusal is its own outcome."""
        if isinstance(verdict, Refused):
            return verdict
        entry = self._entries.get(verdict.data)
        if entry is not None:
            return entry.outcome
        if (first := self._machine.accepted(verdict)) is not None:
            return first
        now = self._clock()
        if not verdict.issued <= now <= verdict.last_moment():
            try:
                self._machine.check(verdict, now)
            except Refused as refusal:
                return refusal
        entry = _Entry(verdict, asyncio.get_running_loop().create_future())
        self._entries[verdict.data] = entry
        if verdict.issued <= now:
            self._queue(entry)
        else:
            self._early.append(entry)
        return entry.outcome

    def _queue(self, entry: _Entry) -> None:
        self._queues.setdefault(entry.statement.issuer, deque()).append(entry)

    # Sending

    async def _pack_all(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._flying < UNDER_WAY and (flight := self._pack()) is not None:
                self._flights.append(flight)
                self._flying += len(flight.tx)
                await self._send(flight)

    def _pack(self) -> _Flight | None:
        """The next transaction: one statement of each organisation in turn."""
        size = 0
        entries: list[_Entry] = []
        turns = deque(self._queues)
        while turns and size < TARGET and len(entries) < MAX_STATEMENTS:
            issuer = turns.popleft()
            queue = self._queues[issuer]
            entry = queue.popleft()
            entries.append(entry)
            size += len(entry.statement.data) + OVERHEAD
            if queue:
                turns.append(issuer)
            else:
                del self._queues[issuer]
        if not entries:
            return None
        flight = _Flight(pack([entry.statement.data for entry in entries], os.urandom(SALT_SIZE)))
        for entry in entries:
            flight.open[entry.statement.data] = entry
            self._flight_of[entry.statement.data] = flight
        return flight

    async def _send(self, flight: _Flight) -> None:
        flight.sent = asyncio.get_running_loop().time()
        try:
            await self._broadcast(flight.tx)
            self.trouble = None
        except RpcError as error:
            self.trouble = error.why

    def resend(self) -> None:
        """CometBFT began anew, with an empty mempool: all that is open goes out again."""
        for flight in self._flights:
            flight.sent = 0.0

    async def _resend_all(self) -> None:
        loop = asyncio.get_running_loop()
        expired = loop.time()
        while True:
            await asyncio.sleep(0.5)
            self._ripen()
            if expired < loop.time() - EXPIRY:
                expired = loop.time()
                self._expire()
            for flight in list(self._flights):
                if flight.open and flight.sent < loop.time() - RESEND:
                    await self._send(flight)
                    if self.trouble is not None:
                        break

    def _ripen(self) -> None:
        """Queue the statements whose time has come: nothing is ordered before it."""
        if self._early:
            now = self._clock()
            for entry in self._early:
                if entry.statement.issued <= now:
                    self._queue(entry)
            self._early = [entry for entry in self._early if entry.statement.issued > now]
            self._wake.set()

    def _expire(self) -> None:
        """Answer what no block can take any more."""
        now = self._clock() - GRACE
        for data, entry in list(self._entries.items()):
            if entry.statement.last_moment() < now:
                try:
                    self._machine.check(entry.statement, now + GRACE)
                except Refused as refusal:
                    self.settled([data], [refusal])

    # Answering

    def settled(self, statements: Sequence[bytes], outcomes: Sequence[Any]) -> None:
        """A block with these statements is written: tell whoever waits for them."""
        for data, outcome in zip(statements, outcomes, strict=True):
            entry = self._entries.pop(data, None)
            if entry is not None and not entry.outcome.done():
                entry.outcome.set_result(outcome)
            flight = self._flight_of.pop(data, None)
            if flight is not None:
                flight.open.pop(data, None)
                if not flight.open:
                    self._flying -= len(flight.tx)
                    self._flights.remove(flight)
        self._wake.set()

    def abandon(self) -> None:
        """Nothing can be written any more: let those who wait go, they are told why."""
        for entry in self._entries.values():
            if not entry.outcome.done():
                entry.outcome.set_result(None)


def _told(outcome: "asyncio.Future[Any]") -> Any:
    return outcome.result() if outcome.done() else None
