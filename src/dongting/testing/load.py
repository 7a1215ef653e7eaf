"""Load on a consortium whose nodes fail or change, and what must hold of all ledgers when it ends."""

import asyncio

from dongting.errors import Refused
from dongting.testing.validators import Validators
from dongting.wire.statement import decode


class Load:
    """Statements submitted without pause through some nodes; what was acknowledged, by its bytes.

    A submitter whose node goes away sends the same bytes again, to the next of these nodes.
    """

    def __init__(self, validators: Validators, *through: int) -> None:
        self._validators = validators
        self._through = through
        self._ended = asyncio.Event()
        self.told: dict[bytes, int] = {}

    async def __aenter__(self) -> "Load":
        self._tasks = [asyncio.create_task(self._submit(node)) for node in self._through]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._ended.set()
        await asyncio.wait_for(asyncio.gather(*self._tasks), 120)

    async def _submit(self, node: int) -> None:
        while not self._ended.is_set():
            batch = [self._validators.evidence(author=node) for _ in range(5)]
            await self._until_told(node, batch)
            await asyncio.sleep(0.05)

    async def _until_told(self, node: int, batch: list[bytes]) -> None:
        at = node
        while True:
            try:
                async with self._validators.facade(at, patience=0.5) as facade:
                    fates = (await facade.submit(batch)).fates
            except Refused:
                at = self._through[(self._through.index(at) + 1) % len(self._through)]
                await asyncio.sleep(0.3)
                continue
            assert {fate.state for fate in fates} <= {"accepted", "pending"}, fates
            if all(fate.state == "accepted" for fate in fates):
                break
        for data, fate in zip(batch, fates, strict=True):
            assert fate.index is not None
            self.told[data] = fate.index

    async def grows(self, by: int = 20) -> None:
        """Wait until so many more statements are acknowledged."""
        wanted = len(self.told) + by
        async with asyncio.timeout(90):
            while len(self.told) < wanted:
                await asyncio.sleep(0.1)


async def halted(validators: Validators, *numbers: int) -> int:
    """Wait until these nodes make no block; how many leaves they have then."""
    sizes: list[int] = []
    async with asyncio.timeout(60):
        while True:
            sizes.append(max([(await validators.status(n)).size for n in numbers]))
            if len(sizes) > 6 and len(set(sizes[-6:])) == 1:
                return sizes[-1]
            await asyncio.sleep(0.5)


async def ends_well(validators: Validators, load: Load) -> None:
    """All nodes have the same ledger, with everything that was acknowledged, nothing twice, nothing else."""
    head = await validators.level()
    async with validators.facade(0) as node:
        leaves = [await node.leaf(index) for index in range(head.size)]
    statements = [data for data in leaves if data[:1] == b"\xd2"]
    assert len(statements) == len(set(statements))
    assert set(statements) <= validators.made
    assert {data: leaves[index] for data, index in load.told.items()} == {data: data for data in load.told}
    for data in statements:
        decode(data, validators.profile)
    await asyncio.to_thread(validators.audit)
