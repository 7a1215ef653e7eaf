"""Follows the ledger's newest blocks for everybody who listens in one process, and only while somebody does.

However many listen, the ledger is asked once for each block. Who has fallen behind what is kept here reads
from the ledger until it has caught up.
"""

import asyncio
from collections import deque

from dongting.errors import Refused
from dongting.node.events import BLOCKS
from dongting.node.facade import BlockChanges, Facade

PAUSE = 0.1  # seconds between looks when there is nothing new
_KEPT = 5000  # versions kept


class Feed:
    """The newest blocks, and a way to wait for more."""

    def __init__(self, facade: Facade) -> None:
        self._facade = facade
        self._blocks: deque[BlockChanges] = deque()
        self._versions = 0
        self._height = -1  # up to which the kept blocks reach, while somebody listens
        self._grown = asyncio.Condition()
        self._listening = 0
        self._task: asyncio.Task[None] | None = None
        self._ended = asyncio.Event()

    @property
    def ended(self) -> bool:
        """Whether the process is about to end, so that everybody should stop listening."""
        return self._ended.is_set()

    async def end(self) -> None:
        """Let everybody who waits go."""
        self._ended.set()
        async with self._grown:
            self._grown.notify_all()

    async def __aenter__(self) -> "Feed":
        """Begin to listen."""
        if self._task is None:
            height = (await self._facade.status()).height
            if self._task is None:  # nobody else began meanwhile
                self._height = height
                self._task = asyncio.create_task(self._follow())
        self._listening += 1
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop listening; the last one ends the following, and what was kept is dropped."""
        self._listening -= 1
        if self._listening == 0 and self._task is not None:
            self._task.cancel()
            self._task = None
            self._drop()

    async def blocks(self, after: int) -> list[BlockChanges]:
        """The next blocks above a height, from here or from the ledger."""
        if self._blocks and self._blocks[0].height <= after + 1:
            return [block for block in self._blocks if block.height > after][:BLOCKS]
        return await self._facade.blocks(after, BLOCKS)

    async def grown(self, height: int, seconds: float) -> bool:
        """Wait until there are blocks above a height, at most so long; whether there are."""
        try:
            async with asyncio.timeout(seconds), self._grown:
                await self._grown.wait_for(lambda: self._height > height or self.ended)
        except TimeoutError:
            return False
        return self._height > height

    async def _follow(self) -> None:
        while True:
            try:
                blocks = await self._facade.blocks(self._height, BLOCKS)
            except Refused:
                await asyncio.sleep(1)
                continue
            if not blocks:
                await asyncio.sleep(PAUSE)
                continue
            async with self._grown:
                for block in blocks:
                    self._keep(block)
                self._grown.notify_all()

    def _keep(self, block: BlockChanges) -> None:
        if block.replaced:
            self._drop()  # texts that were redacted may stand in what is kept
        self._blocks.append(block)
        self._versions += len(block.changes)
        self._height = block.height
        while self._versions > _KEPT and len(self._blocks) > 1:
            self._versions -= len(self._blocks.popleft().changes)

    def _drop(self) -> None:
        self._blocks.clear()
        self._versions = 0
