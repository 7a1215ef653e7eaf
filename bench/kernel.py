"""`kernel_over_limit`: statements through check, execute, durable commit and proof, over the limit.

The embedded engine with its signature workers, in one process beside them, all pinned to two cores; the
store is RocksDB on a real disk, every block synced. Each statement's inclusion path to its block's
checkpoint is made before it counts. The run is long enough that filling and draining the queues weighs
little.
"""

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from dongting.engines.embedded import Embedded
from dongting.errors import Refused
from dongting.kernel.machine import Block, Machine
from dongting.node.installed import installed_rules
from dongting.store.ledger import LedgerStore
from dongting.wire.checkpoint import Checkpoint, sign
from dongting.wire.genesis import origin
from limit import prepared, verifications_per_second
from statements import Network, new_network, signed

BATCH = 100


def two_cores() -> list[int]:
    """The two cores to which both sides are pinned."""
    return sorted(os.sched_getaffinity(0))[:2]


async def run_engine(net: Network, machine: Machine, statements: Sequence[bytes]) -> float:
    name = origin(net.genesis)
    proofs = 0

    def prove(block: Block, _: float) -> None:
        nonlocal proofs
        log = block.log
        if log is None:
            return
        sign(Checkpoint(name, log.size, log.root), [net.log_key])
        proofs += len(machine.log.inclusions(log.before, log.size))

    engine = Embedded(machine, lambda: int(time.time()), workers=2, committed=prove)
    await engine.start()
    batches = [statements[n : n + BATCH] for n in range(0, len(statements), BATCH)]
    waiting = iter(batches)
    await engine.submit(next(waiting))  # a worker asks for each key that it never saw
    accepted = 0

    async def feed() -> None:
        nonlocal accepted
        for batch in waiting:
            for outcome in await engine.submit(batch):
                if isinstance(outcome, Refused):
                    raise outcome
                accepted += 1

    began = time.perf_counter()
    await asyncio.gather(*(feed() for _ in range(40)))
    seconds = time.perf_counter() - began
    await engine.stop()
    assert accepted + BATCH == len(statements) <= proofs
    return accepted / seconds


def measure(count: int = 50_000, directory: Path | None = None) -> dict[str, float]:
    """Statements per second of the kernel and of the limit, and their ratio."""
    cores = two_cores()
    os.sched_setaffinity(0, cores)
    net = new_network()
    statements = list(signed(net, count))
    half = [data for n, data in enumerate(statements) if n % 2 == 0][:5000]
    work = prepared(half, net.keys["env-bureau"].public().raw)
    before = verifications_per_second(work, cores)
    home = Path(tempfile.mkdtemp(prefix="bench-", dir=directory or Path.cwd()))
    try:
        store = LedgerStore(home / "ledger")
        machine = Machine(store, installed_rules(net.profile), net.genesis.encode())
        rate = asyncio.run(run_engine(net, machine, statements))
        store.close()
    finally:
        shutil.rmtree(home)
    limit = max(before, verifications_per_second(work, cores))
    return {"kernel_per_second": rate, "limit_per_second": limit, "kernel_over_limit": rate / limit}


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:24} {value:12.3f}")
