"""Brings views up to the ledger, block by block, and applies the erasures that it meets on the way.

A process of its own, so that views never slow a block; while statements pour in it falls behind, by some
seconds and no more as far as the machine allows, and catches up afterwards. It can be killed at any moment:
the views remember how far they are.
"""

import asyncio
import os
import time
from collections.abc import Iterator

from dongting.errors import Refused
from dongting.node.erasures import declared, destroy
from dongting.node.facade import BlockChanges, Facade
from dongting.store.files import Files
from dongting.store.rows import Block
from dongting.store.side import SideStore
from dongting.store.views import Views

BATCH = 1000  # blocks taken at a time, if they are small
PAUSE = 0.05  # seconds between looks
GATHER = 0.2  # seconds for which blocks that come one after the other are left to share a transaction
REST = 4  # times as long as the views were at work, writers have the machine for themselves
LONGEST = 1.0  # seconds of rest: whoever writes may have come to an end
LATE = 10  # seconds behind the ledger after which the views rest no longer
QUIET = 1.0  # seconds without a block after which the views are tidied up


def pause(worked: float, behind: int, growing: bool, late: float) -> float:
    """Seconds until the next look after `worked` seconds of work that left the views `behind` blocks, `late`
    seconds old, below a ledger that is or is not `growing`."""
    if behind <= 0:
        return PAUSE
    return min(max(GATHER, REST * worked), LONGEST) if growing and late < LATE else 0


class Projector:
    """Follows the façade's blocks into views, files and parts."""

    def __init__(
        self, facade: Facade, views: Views, files: Files, parts: SideStore, envelopes: SideStore
    ) -> None:
        self._facade = facade
        self._views = views
        self._files = files
        self._parts = parts
        self._envelopes = envelopes
        self._purged = True
        self._late = 0.0  # seconds since the block that was taken last
        self._head = 0
        self._untidy: float | None = None  # since when: the moment of the last step that took something

    async def step(self) -> int:
        """Take in the next blocks; how many there were."""
        height = self._views.height
        blocks = await self._facade.blocks(height, BATCH)
        if not blocks:
            return 0
        for block in blocks:
            self._erase(block)
        changes = [version for block in blocks for version in block.changes]
        replaced = [version for block in blocks for version in block.replaced]
        self._views.apply(changes, blocks[-1].height, since=height, replaced=replaced)
        self._late = time.time() - blocks[-1].time
        self._untidy = time.monotonic()
        if replaced:
            await self._purge()
        return len(blocks)

    async def catch_up(self) -> None:
        """Take in all blocks that are there now."""
        while await self.step():
            pass

    async def renew(self) -> None:
        """Build views anew that were filled under other declarations or by an older program.

        The former ones are read until the new ones are whole. A process that is killed at it goes on.
        """
        if self._views.outdated:
            await asyncio.to_thread(self._views.rebuild, self._all(asyncio.get_running_loop()))
            await self._purge()

    def _all(self, loop: asyncio.AbstractEventLoop) -> Iterator[Block]:
        """All blocks that a rebuild still needs, for another thread than the loop's."""
        reached = self._views.rebuilding
        height = -1 if reached is None else reached
        while found := asyncio.run_coroutine_threadsafe(self._facade.blocks(height, BATCH), loop).result():
            for block in found:
                yield Block(block.height, block.changes, block.replaced)
            height = found[-1].height

    async def run(self) -> None:
        """Follow until cancelled; a ledger that is away is waited for."""
        os.nice(10)
        await self._purge()  # a former process may have been killed at it
        while True:
            began = time.monotonic()
            try:
                await self.renew()
                await self.step()
                await asyncio.sleep(await self._pause(time.monotonic() - began))
                if not self._purged:
                    await self._purge()
            except Refused:
                await asyncio.sleep(1)
            await self._tidy()

    async def _pause(self, worked: float) -> float:
        head, before = (await self._facade.status()).height, self._head
        self._head = head
        return pause(worked, head - self._views.height, head > before, self._late)

    async def _tidy(self) -> None:
        """Bring the database in order when nobody writes: it would hold up the ledger at the disk."""
        if self._untidy is not None and time.monotonic() - self._untidy >= QUIET:
            self._untidy = None
            await asyncio.to_thread(self._views.tidy)

    async def _purge(self) -> None:
        """Clean the views' files of redacted texts; a reader may hold that up."""
        self._purged = await asyncio.to_thread(self._views.purge)

    def _erase(self, block: BlockChanges) -> None:
        """Destroy what the block says was erased: ciphertext, data keys and salts."""
        for change in block.changes:
            erased = declared(change)
            if erased is not None:
                destroy(erased, self._files, self._parts, self._envelopes)
