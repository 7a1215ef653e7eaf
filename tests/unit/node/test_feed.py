"""What a feed keeps: the newest blocks, never a text that was redacted, nothing while nobody listens."""

import asyncio
from typing import Any, cast

from dongting.node import feed as module
from dongting.node.facade import BlockChanges, Facade, Status, Version
from dongting.node.feed import Feed


class Ledger:
    """A ledger whose blocks the test lets appear."""

    def __init__(self) -> None:
        self.chain: list[BlockChanges] = []
        self.asked = 0

    def add(self, body: bytes = b"{}", replaced: list[Version] | None = None) -> None:
        height = len(self.chain) + 1
        version = Version("a.b", "c", height, height, height, height, body)
        self.chain.append(BlockChanges(height, height, 0, 1, [version], replaced or []))

    async def status(self) -> Status:
        return cast(Any, self)

    @property
    def height(self) -> int:
        return len(self.chain)

    async def blocks(self, after: int, limit: int) -> list[BlockChanges]:
        self.asked += 1
        return self.chain[after : after + limit]


def made() -> tuple[Ledger, Feed]:
    ledger = Ledger()
    return ledger, Feed(cast(Facade, ledger))


def test_many_listeners_cost_the_ledger_one_question() -> None:
    async def scene() -> None:
        ledger, feed = made()
        ledger.add()
        async with feed, feed:
            ledger.add()
            assert await feed.grown(1, 5)
            asked = ledger.asked
            for _ in range(100):
                assert [block.height for block in await feed.blocks(1)] == [2]
            assert ledger.asked <= asked + 1
            assert [block.height for block in await feed.blocks(0)] == [1, 2], (
                "older ones come from the ledger"
            )

    asyncio.run(scene())


def test_what_was_redacted_is_not_told_from_memory() -> None:
    async def scene() -> None:
        ledger, feed = made()
        async with feed:
            ledger.add(b'{"text":"secret"}')
            assert await feed.grown(0, 5)
            assert b"secret" in (await feed.blocks(0))[0].changes[0].body
            ledger.chain[0] = BlockChanges(1, 1, 0, 1, [Version("a.b", "c", 1, 1, 1, 1, b"{}")])
            ledger.add(replaced=ledger.chain[0].changes)
            assert await feed.grown(1, 5)
            assert all(b"secret" not in v.body for block in await feed.blocks(0) for v in block.changes)

    asyncio.run(scene())


def test_memory_is_bounded(monkeypatch: Any) -> None:
    monkeypatch.setattr(module, "_KEPT", 10)

    async def scene() -> None:
        ledger, feed = made()
        async with feed:
            for _ in range(60):
                ledger.add()
            assert await feed.grown(59, 5)
            assert len(feed._blocks) <= 10
            assert [block.height for block in await feed.blocks(0)] == list(range(1, 21))

    asyncio.run(scene())


def test_waiting_ends_when_nothing_comes_and_when_the_process_does() -> None:
    async def scene() -> None:
        _, feed = made()
        async with feed:
            assert not await feed.grown(0, 0.05)
            waiting = asyncio.create_task(feed.grown(0, 60))
            await asyncio.sleep(0.01)
            await feed.end()
            assert not await asyncio.wait_for(waiting, 1)

    asyncio.run(scene())
