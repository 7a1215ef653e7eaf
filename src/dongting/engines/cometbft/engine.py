"""The consortium engine: gateway, application and CometBFT process of one node, behind the embedded engine's
interface (kernel rule 12)."""

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Callable, Sequence
from typing import Any

from dongting.engines.collector import settle_collector
from dongting.engines.cometbft.abci import Misbehavior, ValidatorUpdate
from dongting.engines.cometbft.application import Application, Hooks, Verified, Voting
from dongting.engines.cometbft.attendance import Attendance
from dongting.engines.cometbft.binary import VERSION, find_binary
from dongting.engines.cometbft.codes import DIVERGED, NO_ROOM, STALLED
from dongting.engines.cometbft.commits import Commits
from dongting.engines.cometbft.directory import Settings, follows, use_next_key, write_directory
from dongting.engines.cometbft.gateway import Gateway
from dongting.engines.cometbft.place import Place
from dongting.engines.cometbft.process import Process
from dongting.engines.cometbft.rpc import Rpc, RpcError
from dongting.engines.cometbft.server import Server
from dongting.engines.cometbft.transactions import SALT_SIZE, pack_message
from dongting.engines.embedded import HALTED
from dongting.engines.machine import Machine
from dongting.engines.verifiers import Verifiers
from dongting.errors import Refused
from dongting.wire.commit import Step, chain_id
from dongting.wire.genesis import Genesis

log = logging.getLogger("dongting.cometbft")

STALL = 15.0  # seconds without a block, while statements wait, after which the node says so
_LOOK = 2.0  # seconds between two looks
_MEASURE = 5  # looks after which the others' heights are asked for
_DIAL = 30  # looks after which those who are away are dialled


class CometBFT:
    """Orders statements with the other validators.

    `committed` is told each block with statements and the seconds that it took, `heard` each message that a
    validator told all of them, once its block is written, and `speaker` says which validator signed one;
    `waiting` counts statements under way.
    `halted` says why this node writes no more, `stalled` why the consortium does not go on, `behind` how many
    blocks the others are ahead.
    """

    def __init__(
        self,
        machine: Machine,
        genesis: Genesis,
        settings: Settings,
        clock: Callable[[], int],
        voting: Voting,
        *,
        workers: int = 2,
        max_statements: int = 1000,
        committed: Callable[[Any, float], None] = lambda _, __: None,
        heard: Callable[[bytes], None] = lambda _: None,
        speaker: Callable[[bytes], str | None] = lambda _: None,
        point: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._machine = machine
        self._genesis = genesis
        self._settings = settings
        self._voting = voting
        self._verifiers = Verifiers(machine.profile, machine.key, workers)
        verified = Verified(self._verifiers)
        self._rpc = Rpc(settings.rpc)
        self._commits = Commits(self._rpc.call)
        self._gateway = Gateway(verified, self._rpc.broadcast, clock, machine, self._why_not)
        self._attendance = Attendance(time.monotonic)
        hooks = Hooks(
            committed, self._settled, heard, speaker, self._misbehaved, self._halt, self._changed,
            self._attendance.see, point,
        )  # fmt: skip
        self.application = Application(
            machine, verified, clock, chain_id(machine.head.network), voting,
            max_statements=max_statements, hooks=hooks, version=VERSION,
        )  # fmt: skip
        self._server = Server(settings.abci, self.application.handle)
        self._moved = 0.0
        self._process: Process | None = None
        self.halted: str | None = None
        self.stalled: Refused | None = None
        self.behind = 0

    @property
    def waiting(self) -> int:
        """Statements under way."""
        return self._gateway.waiting

    def holds(self, leaf: str) -> bool:
        """Whether the statement with this leaf hash (hex) waits here after its submitter was let go."""
        return self._gateway.holds(leaf)

    async def decided(self, place: Place) -> tuple[Step, ...]:
        """How the validators decided what the block at this place led to; refused while they have not."""
        return await self._commits.steps(place)

    @property
    def misbehaved(self) -> tuple[Misbehavior, ...]:
        """The evidence of misbehaviour that blocks brought, the newest last."""
        return self.application.place.misbehaved

    @property
    def silent(self) -> dict[bytes, int]:
        """The addresses of validators whose votes do not come, and for how many blocks."""
        return self._attendance.silent()

    async def start(self) -> None:
        """Start workers, socket, CometBFT and gateway; refuses when there is no CometBFT."""
        settle_collector()
        binary = await asyncio.to_thread(find_binary, self._settings.binary)
        write_directory(self._settings, self._genesis)
        self._moved = time.monotonic()
        await self._verifiers.start()
        await self._server.start()
        self._process = Process(
            self._settings, str(binary), self._use_keys, self._gateway.resend, self._failed
        )
        self._process.start()
        self._gateway.start()
        self._watch = asyncio.create_task(self._look())

    async def stop(self) -> None:
        """End CometBFT first, so that no block is half done, then the rest."""
        self._watch.cancel()
        self._gateway.stop()
        if self._process is not None:
            await self._process.stop()
        await self._server.stop()
        await self._verifiers.stop()
        await self._rpc.close()

    async def submit(self, statements: Sequence[bytes]) -> list[Any]:
        """The outcome of each statement, in order, after the durable write; None for one that still waits."""
        if (why := self._why_not()) is not None:
            raise why
        return await self._gateway.submit(statements)

    async def tell(self, message: bytes) -> None:
        """Tell all validators something, at most 8 KiB; nothing promises that it arrives."""
        with contextlib.suppress(RpcError):
            await self._rpc.broadcast(pack_message(message, os.urandom(SALT_SIZE)))

    def _why_not(self) -> Refused | None:
        return None if self.halted is None else Refused(HALTED, why=self.halted)

    # What happens

    def _settled(self, statements: Sequence[bytes], outcomes: Sequence[Any]) -> None:
        self._moved = time.monotonic()
        self.stalled = None
        self._gateway.settled(statements, outcomes)

    def _misbehaved(self, found: Misbehavior) -> None:
        log.error(
            "a validator misbehaved",
            extra={"kind": found.kind, "address": found.address.hex(), "height": found.height},
        )

    def _changed(self, updates: Sequence[ValidatorUpdate]) -> None:
        for update in updates:
            log.warning(
                "the validators change",
                extra={"consensus_key": update.key.hex(), "power": update.power},
            )
        if self._process is not None and follows(self._settings.directory, self._voting(None)):
            self._renewing = asyncio.create_task(self._process.again())

    def _use_keys(self) -> None:
        if use_next_key(self._settings.directory, self._voting(None)):
            log.warning("this node votes with its next consensus key")

    def _halt(self, why: str) -> None:
        if self.halted is None:
            self.halted = why
            log.error("the engine has halted", extra={"why": why})
        if self._process is not None:
            self._process.leave()
        self._gateway.abandon()

    def _failed(self, why: str) -> None:
        """CometBFT itself cannot go on: a disk that is full is no doubt about the ledger."""
        code = NO_ROOM if "no space left" in why or "disk quota exceeded" in why else DIVERGED
        self._halt(Refused(code, why=why).text())

    async def _look(self) -> None:
        """Say so when statements wait and no block comes."""
        idle, looks = True, 0
        while True:
            await asyncio.sleep(_LOOK)
            looks += 1
            if looks % _MEASURE == 0:
                await self._measure(dial=looks % _DIAL == 0)
            if not self.waiting:
                idle = True
                continue
            if idle:
                idle, self._moved = False, time.monotonic()
            seconds = time.monotonic() - self._moved
            if seconds > STALL:
                peers = await self._peers()
                validators = len(self._voting(None))
                self.stalled = Refused(STALLED, seconds=int(seconds), validators=validators, peers=peers)

    async def _measure(self, *, dial: bool) -> None:
        """How many blocks this node is behind the others, as they say, and dial those who say nothing.

        Left alone CometBFT pauses three times longer after each try, for hours at last, and gives up in a
        day: so long might a partition outlast its cause.
        """
        try:
            told = (await self._rpc.call("dump_consensus_state"))["peers"]
            there = {peer["node_address"].partition("@")[0] for peer in told}
            away = [p for p in self._settings.peers.split(",") if p and p.partition("@")[0] not in there]
            if dial and away:
                await self._rpc.call("dial_peers", peers=away)
        except RpcError:
            return
        heights = [int(peer["peer_state"]["round_state"]["height"]) - 1 for peer in told]
        self.behind = max([0, *(height - self.application.place.height for height in heights)])

    async def _peers(self) -> int:
        try:
            return int((await self._rpc.call("net_info"))["n_peers"])
        except RpcError:
            return 0
