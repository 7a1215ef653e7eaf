"""A ledger of one million records: reopening it, its memory, and whether it is slower than a small one.

The million is executed and committed by the real kernel; only its signatures are left out, since nobody
looks at them here (`restart_seconds_1m`, `rss_mb_1m`, `slowdown_1m`).
"""

import asyncio
import gc
import shutil
import tempfile
import time
from pathlib import Path

from dongting.kernel.machine import Machine
from dongting.node.installed import installed_rules
from dongting.store.ledger import LedgerStore
from dongting.wire import jcs
from dongting.wire.statement import Statement
from kernel import run_engine
from node import memory_mb, running
from statements import Network, new_network, publication, signed

RECORDS = 1_000_000
SMALL = 10_000
SAMPLE = 10_000
FIRST = 100_000_000


def _unsigned(net: Network, numbers: range, issued: int) -> list[Statement]:
    kid = net.keys["env-bureau"].public().thumbprint(net.profile)
    made = []
    for number in numbers:
        arguments = publication(number)
        data = number.to_bytes(8) * 75
        made.append(
            Statement(
                data, net.profile.hash(b"\x00" + data), "env-bureau",
                f"catalogue.dataset/{arguments['id']}", net.id, "catalogue/publish", issued, None,
                number.to_bytes(16), kid, -8, jcs.encode(arguments),
            )
        )  # fmt: skip
    return made


def fill(machine: Machine, net: Network, records: int) -> None:
    """Execute publications until the ledger has so many records."""
    for start in range(0, records, 1000):
        now = int(time.time())
        block = machine.execute(now, _unsigned(net, range(FIRST + start, FIRST + start + 1000), now))
        machine.commit(block)


def _throughput(machine: Machine, net: Network, first: int) -> float:
    """The best of three samples, each of statements that no sample had before."""
    rates = []
    for n in range(3):
        statements = list(signed(net, SAMPLE, first=first + n * 2 * SAMPLE, step=2))
        rates.append(asyncio.run(run_engine(net, machine, statements)))
    return max(rates)


def measure() -> dict[str, float]:
    """Throughput small and large, then the whole node reopened on the large ledger."""
    net = new_network()
    home = Path(tempfile.mkdtemp(prefix="bench-", dir=Path.cwd()))
    try:
        node = home / "node"
        node.mkdir()
        store = LedgerStore(node / "ledger")
        machine = Machine(store, installed_rules(net.profile), net.genesis.encode())
        fill(machine, net, SMALL)
        small = _throughput(machine, net, 0)
        fill_from = RECORDS - SMALL - 3 * SAMPLE
        for start in range(0, fill_from, 1000):
            now = int(time.time())
            numbers = range(2 * FIRST + start, 2 * FIRST + start + 1000)
            machine.commit(machine.execute(now, _unsigned(net, numbers, now)))
        store.close()
        store = LedgerStore(node / "ledger")  # as after a restart: what was learned while it grew is gone
        machine = Machine(store, installed_rules(net.profile), net.genesis.encode())
        large = _throughput(machine, net, 1_000_000)
        store.close()
        del machine, store
        gc.collect()
        with running(node, net) as (_, pid, seconds):
            memory = memory_mb(pid)
    finally:
        shutil.rmtree(home)
    return {"slowdown_1m": small / large, "restart_seconds_1m": seconds, "rss_mb_1m": memory}


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:24} {value:12.3f}")
