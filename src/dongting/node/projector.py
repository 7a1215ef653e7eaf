"""Brings views up to the ledger, block by block, and applies the erasures that it meets on the way.

A process of its own, so that views never slow a block; while statements pour in it falls behind and
catches up afterwards. It can be killed at any moment: the views remember how far they are.
"""

import asyncio
import os

from dongting.errors import Refused
from dongting.node.erasures import declared, destroy
from dongting.node.facade import BlockChanges, Facade, Version
from dongting.store.files import Files
from dongting.store.rows import Changed
from dongting.store.side import SideStore
from dongting.store.views import Views

BATCH = 200  # blocks taken at a time
PAUSE = 0.05  # seconds between looks when there is nothing new


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

    async def step(self) -> int:
        """Take in the next blocks; how many there were."""
        height = self._views.height
        blocks = await self._facade.blocks(height, BATCH)
        if not blocks:
            return 0
        for block in blocks:
            self._erase(block)
        changes = [_changed(version) for block in blocks for version in block.changes]
        replaced = [_changed(version) for block in blocks for version in block.replaced]
        self._views.apply(changes, blocks[-1].height, since=height, replaced=replaced)
        if replaced:
            await self._purge()
        return len(blocks)

    async def catch_up(self) -> None:
        """Take in all blocks that are there now."""
        while await self.step():
            pass

    async def run(self) -> None:
        """Follow until cancelled; a ledger that is away is waited for."""
        os.nice(10)
        await self._purge()  # a former process may have been killed at it
        while True:
            try:
                if not await self.step():
                    await asyncio.sleep(PAUSE)
                    if not self._purged:
                        await self._purge()
            except Refused:
                await asyncio.sleep(1)

    async def _purge(self) -> None:
        """Clean the views' files of redacted texts; a reader may hold that up."""
        self._purged = await asyncio.to_thread(self._views.purge)

    def _erase(self, block: BlockChanges) -> None:
        """Destroy what the block says was erased: ciphertext, data keys and salts."""
        for change in block.changes:
            erased = declared(change)
            if erased is not None:
                destroy(erased, self._files, self._parts, self._envelopes)


def _changed(version: Version) -> Changed:
    return Changed(
        version.type, version.id, version.version, version.leaf, version.height, version.time, version.body
    )
