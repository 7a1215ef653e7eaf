"""The embedded engine: one process orders, with group commit (kernel rule 6).

Statements that arrive together share a block. Signatures are checked by worker processes; blocks are
executed and committed one after the other, in the order in which batches arrived. A submitter is
answered after the durable write, never before (kernel rule 7).
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from dongting.engines.collector import settle_collector
from dongting.engines.machine import Machine
from dongting.engines.verifiers import Verdict, Verifiers
from dongting.errors import Code, Fault, Refused, require

BUSY = Code(
    "engine", 2, "busy",
    "The node has {waiting} statements waiting; send this batch again in a few seconds.",
    "节点尚有 {waiting} 条声明等待处理；请几秒后重新提交。",
    status=503,
)  # fmt: skip
HALTED = Code(
    "engine", 3, "halted",
    "The node has stopped writing: {why}. Reads go on; restart it when the cause is gone, then ask for "
    "the statement's fate before you send it again.",
    "节点已停止写入：{why}。读取不受影响；排除原因后请重启，并先查询声明的处理结果再重新提交。",
    status=503,
)  # fmt: skip

GATHERING = 0.05  # seconds
CHUNK = 128  # statements that one worker verifies at a time
MAX_WAITING = 50_000
MAX_WAITING_BYTES = 128 * 2**20


@dataclass(slots=True)
class _Chunk:
    verdicts: "asyncio.Task[list[Verdict]]"
    answer: "asyncio.Future[list[Any]]"


class Embedded:
    """Orders statements into blocks of at most `max_statements`.

    `committed` is told each block and the seconds that it took; `waiting` counts statements under way.
    """

    def __init__(
        self,
        machine: Machine,
        clock: Callable[[], int],
        *,
        workers: int = 2,
        max_statements: int = 1000,
        committed: Callable[[Any, float], None] = lambda _, __: None,
    ) -> None:
        self._machine = machine
        self._clock = clock
        self._max = max_statements
        self._committed = committed
        self._verifiers = Verifiers(machine.profile, machine.key, workers)
        self._chunks: deque[_Chunk] = deque()
        self._arrived = asyncio.Event()
        self.waiting = 0
        self._waiting_bytes = 0
        self.halted: str | None = None
        self.stalled: Refused | None = None  # nobody else is waited for

    def holds(self, leaf: str) -> bool:
        """Whether the statement with this leaf hash (hex) waits here after its submitter was let go."""
        return False

    async def start(self) -> None:
        """Start the workers and the block loop; the process is the engine's from here on."""
        settle_collector()
        await self._verifiers.start()
        self._loop = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Answer what has arrived, then end."""
        while self.waiting and not self.halted:
            await asyncio.sleep(0.01)
        self._loop.cancel()
        await self._verifiers.stop()

    async def submit(self, statements: Sequence[bytes]) -> list[Any]:
        """The outcome of each statement, in order, after the durable write."""
        size = sum(map(len, statements))
        room = self.waiting + len(statements) <= MAX_WAITING
        require(room and self._waiting_bytes + size <= MAX_WAITING_BYTES, BUSY, waiting=self.waiting)
        loop = asyncio.get_running_loop()
        answers = []
        self.waiting += len(statements)
        self._waiting_bytes += size
        try:
            for start in range(0, len(statements), CHUNK):
                self._alive()
                verdicts = loop.create_task(self._verifiers.verify(list(statements[start : start + CHUNK])))
                chunk = _Chunk(verdicts, loop.create_future())
                self._chunks.append(chunk)
                answers.append(chunk.answer)
            self._arrived.set()
            return [outcome for answer in answers for outcome in await answer]
        finally:
            self.waiting -= len(statements)
            self._waiting_bytes -= size

    def _alive(self) -> None:
        if self.halted is not None:
            raise Refused(HALTED, why=self.halted)

    async def _run(self) -> None:
        try:
            while True:
                await self._arrived.wait()
                self._arrived.clear()
                while self._chunks:
                    await self._block()
        except (Fault, Refused, OSError) as error:
            self.halted = str(error)
        except Exception as error:
            self.halted = f"{type(error).__name__}: {error}"
            raise
        finally:
            self._refuse_rest()

    def _refuse_rest(self) -> None:
        while self._chunks:
            answer = self._chunks.popleft().answer
            if not answer.done():
                answer.set_exception(Refused(HALTED, why=self.halted or "it is shutting down"))

    async def _gathered(self) -> list[_Chunk]:
        """The verified chunks of the next block in their order, at most a block's worth.

        Those whose signatures are under way are waited for, at most `GATHERING` seconds: a block costs a
        synced write, and a new way to the root of each tree, however little is in it.
        """
        await asyncio.wait([self._chunks[0].verdicts])
        deadline = time.monotonic() + GATHERING
        chunks = count = 0
        while chunks < len(self._chunks):
            verdicts = self._chunks[chunks].verdicts
            if not verdicts.done():
                await asyncio.wait([verdicts], timeout=max(0, deadline - time.monotonic()))
                if not verdicts.done():
                    break
            count += len(verdicts.result())
            if chunks and count > self._max:
                break
            chunks += 1
        return [self._chunks.popleft() for _ in range(chunks)]

    async def _block(self) -> None:
        """Execute and commit the next block, then answer."""
        taken = await self._gathered()
        verdicts = [verdict for chunk in taken for verdict in chunk.verdicts.result()]
        try:
            outcomes = self._execute(verdicts)
        except BaseException as error:
            for chunk in taken:
                if not chunk.answer.done():
                    chunk.answer.set_exception(Refused(HALTED, why=str(error)))
            raise
        for chunk in taken:
            size = len(chunk.verdicts.result())
            if not chunk.answer.done():
                chunk.answer.set_result(outcomes[:size])
            outcomes = outcomes[size:]
        await asyncio.sleep(0)

    def _execute(self, verdicts: Sequence[Verdict]) -> list[Any]:
        good = [verdict for verdict in verdicts if not isinstance(verdict, Refused)]
        results = iter(())
        if good:
            began = time.monotonic()
            block = self._machine.execute(self._clock(), good)
            self._machine.commit(block)
            self._committed(block, time.monotonic() - began)
            results = iter(block.outcomes)
        return [verdict if isinstance(verdict, Refused) else next(results) for verdict in verdicts]
