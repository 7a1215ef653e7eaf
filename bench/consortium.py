"""`make bench-consortium`: four validators against CometBFT's own key-value application on this machine.

Both sides have the same consensus settings, bytes, machine and run. Dongting's is counted when a statement is
durable on every validator, signatures fully checked by each; the other's when a transaction is committed on
every validator, in memory, with nothing checked. Each is driven in a closed loop at several depths, its best
depth is measured three times. Prints a table, and as its last line one JSON object.
"""

import asyncio
import base64
import json
import multiprocessing
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dongting.cli.consortium import Consortium, found
from dongting.engines.cometbft.binary import find_binary
from dongting.engines.cometbft.directory import write_directory
from dongting.engines.cometbft.rpc import Rpc, RpcError
from dongting.errors import Refused
from dongting.node.home import Home
from dongting.node.keyfile import derivation
from dongting.node.serve import consortium as settings_of
from dongting.testing.nursery import Nursery
from dongting.testing.validators import PROGRAM, Validators

NODES = 4
SECONDS = float(os.environ.get("DONGTING_BENCH_SECONDS", "30"))
SEARCH = SECONDS / 3  # seconds for each depth that is tried
BATCH = 100  # statements of one submission, and transactions of one request
DEPTHS = (4, 8, 16)  # submissions under way at each node
RATE, OFFERED = 100, 20.0  # statements a second and seconds, for the latency
MISSED = 20_000  # statements that a node catches up with

ASKED = {"bft4_over_native": "at least 0.5, aim at 1.0", "bft4_p50_ms": "aim under 500"}

Count = Callable[[], Awaitable[int]]


def say(text: str) -> None:
    """Tell a person how far it is."""
    print(text, file=sys.stderr, flush=True)


def made(directory: Path) -> Consortium:
    """A new consortium whose keys are cheap to unlock."""
    return found(directory, NODES, "international", 0, int(time.time()) - 60, derivation(1024, 1, 1))


async def rate(senders: Sequence[Awaitable[None]], count: Count, seconds: float) -> float:
    """What `count` grows by in a second while the senders work, after two seconds to warm up."""
    tasks = [asyncio.ensure_future(sender) for sender in senders]
    try:
        await asyncio.sleep(2)
        before, began = await count(), time.monotonic()
        await asyncio.sleep(seconds)
        grown, took = await count() - before, time.monotonic() - began
    finally:
        failed = [task for task in tasks if task.done()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    if failed:
        raise RuntimeError("a sender ended early") from failed[0].exception()
    return grown / took


# CometBFT's own


@dataclass
class Native:
    """Four CometBFT processes with the key-value application inside."""

    directory: Path
    size: int  # bytes of a transaction

    def start(self) -> None:
        """Start them."""
        consortium = made(self.directory)
        self._processes, self.rpcs = [], []
        for node in consortium.nodes:
            home = Home(load_config(consortium, node))
            home.prepare()
            settings = settings_of(home.config)
            assert settings is not None
            write_directory(settings, home.genesis())
            config = settings.directory / "config" / "config.toml"
            text = config.read_text().replace("unix://run/abci.sock", "kvstore")
            config.write_text(text.replace("[rpc]", f"[rpc]\nmax_request_batch_size = {BATCH}"))
            log = (settings.directory / "cometbft.log").open("ab")
            self._processes.append(
                subprocess.Popen(
                    [find_binary(), "start", "--home", "cometbft"], cwd=home.path, stdout=log, stderr=log
                )
            )
            self.rpcs.append(Rpc(settings.rpc))

    async def ready(self) -> None:
        """Wait until every node has its peers and takes transactions."""
        for rpc in self.rpcs:
            while True:
                try:
                    status = await rpc.call("status")
                    peers = int((await rpc.call("net_info"))["n_peers"])
                    if peers == NODES - 1 and not status["sync_info"]["catching_up"]:
                        break
                except RpcError:
                    pass
                await asyncio.sleep(0.2)

    def stop(self) -> None:
        """End them."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait(20)

    def _request(self) -> bytes:
        """One request with many transactions, each of them new and as long as a statement."""
        calls = []
        for n in range(BATCH):
            tx = secrets.token_hex(16).encode() + b"="
            tx += b"v" * (self.size - len(tx))
            parameters = {"tx": base64.b64encode(tx).decode()}
            calls.append({"jsonrpc": "2.0", "id": n, "method": "broadcast_tx_async", "params": parameters})
        return json.dumps(calls).encode()

    async def send(self, rpc: Rpc, depth: int) -> None:
        """Keep so many batches in one node's mempool."""
        while True:
            waiting = int((await rpc.call("num_unconfirmed_txs"))["n_txs"])
            room = depth * BATCH * NODES - waiting
            if room <= 0:
                await asyncio.sleep(0.01)
            for _ in range(max(0, min(room // BATCH, depth))):
                answer = await rpc.client.post(
                    "/", content=self._request(), headers={"content-type": "application/json"}
                )
                if not isinstance(answer.json(), list):
                    raise RuntimeError(f"CometBFT does not take a batch: {answer.text[:200]}")

    def counter(self) -> Count:
        """Transactions in the blocks that every node has committed."""
        seen = 0
        total = 0

        async def count() -> int:
            nonlocal seen, total
            heads = [await rpc.call("status") for rpc in self.rpcs]
            height = min(int(head["sync_info"]["latest_block_height"]) for head in heads)
            while seen < height:
                last = min(seen + 20, height)
                found = await self.rpcs[0].call("blockchain", minHeight=str(seen + 1), maxHeight=str(last))
                total += sum(int(meta["num_txs"]) for meta in found["block_metas"])
                seen = last
            return total

        return count

    async def measure(self, depth: int, seconds: float) -> float:
        """Transactions a second at that depth."""
        found = await rate([self.send(rpc, depth) for rpc in self.rpcs], self.counter(), seconds)
        while any([int((await rpc.call("num_unconfirmed_txs"))["n_txs"]) for rpc in self.rpcs]):
            await asyncio.sleep(0.1)
        return found


def load_config(consortium: Consortium, node: str) -> Any:
    """The settings of one node."""
    from dongting.node.config import load

    return load(consortium.home(node) / "dongting.toml")


# Dongting's


class Ours:
    """Four validators; statements are signed before they are needed, within the time of their validity."""

    def __init__(self, directory: Path) -> None:
        consortium = made(directory)
        self._nursery = Nursery(PROGRAM)
        self.validators = Validators(consortium.directory, consortium.nodes, self._nursery)
        self._next = 0
        self._sign = multiprocessing.get_context("fork").Pool(2, _prepare, (self.validators,))

    def batches(self, count: int) -> list[list[bytes]]:
        """So many new batches, the authors in turn."""
        asked = [(self._next + n * BATCH, n % NODES) for n in range(count)]
        self._next += count * BATCH
        return self._sign.map(_batch, asked, chunksize=4)

    def close(self) -> None:
        """End all processes."""
        self._sign.terminate()
        self.validators.close()
        self._nursery.close()

    async def _send(self, node: int, stock: list[list[bytes]]) -> None:
        async with self.validators.facade(node) as facade:
            while stock:
                try:
                    await facade.submit(stock.pop())
                except Refused:
                    await asyncio.sleep(0.05)
        raise RuntimeError("too few statements were signed for this machine")

    async def size(self) -> int:
        """Statements that are durable on every validator."""
        heads = [await self.validators.status(node) for node in range(NODES)]
        return min(head.size - head.height for head in heads)

    async def measure(self, depth: int, seconds: float, most: float) -> float:
        """Statements a second at that depth; `most` is what is signed for, a second."""
        stock = self.batches(int((seconds + 4) * most / BATCH) + depth * NODES)
        senders = [self._send(node, stock) for node in range(NODES) for _ in range(depth)]
        found = await rate(senders, self.size, seconds)
        await self.validators.level()
        return found

    async def latency(self) -> list[float]:
        """Milliseconds from submission to answer of single statements at a steady rate, nodes in turn."""
        stock = [data for batch in self.batches(int(RATE * OFFERED / BATCH) + 1) for data in batch]
        took: list[float] = []
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as group, AllFacades(self.validators) as facades:

            async def one(node: int, data: bytes) -> None:
                began = loop.time()
                fates = (await facades[node].submit([data])).fates
                assert fates[0].state == "accepted"
                took.append((loop.time() - began) * 1000)

            start = loop.time()
            tasks = []
            for n, data in enumerate(stock[: int(RATE * OFFERED)]):
                await asyncio.sleep(start + n / RATE - loop.time())
                tasks.append(group.create_task(one(n % NODES, data)))
            await asyncio.gather(*tasks)
        return took

    async def catch_up(self) -> float:
        """Seconds from the start of a node's process until it has the statements that it missed."""
        last = NODES - 1
        await asyncio.to_thread(self.validators.stop, last)
        stock = self.batches(MISSED // BATCH)
        senders = [self._send(node, stock) for node in range(NODES - 1) for _ in range(DEPTHS[0])]
        await asyncio.gather(*senders, return_exceptions=True)
        await self.validators.level(*range(last))
        began = time.monotonic()
        self.validators.start(last)
        await self.validators.level()
        return time.monotonic() - began


class AllFacades:
    """One connection to each node."""

    def __init__(self, validators: Validators) -> None:
        self._open = [validators.facade(node) for node in range(NODES)]

    async def __aenter__(self) -> list[Any]:
        return [await each.__aenter__() for each in self._open]

    async def __aexit__(self, *_: object) -> None:
        for each in self._open:
            await each.__aexit__(None, None, None)


_validators: Validators


def _prepare(validators: Validators) -> None:
    global _validators
    _validators = validators


def _batch(asked: tuple[int, int]) -> list[bytes]:
    first, author = asked
    return [_validators.evidence(number, author) for number in range(first, first + BATCH)]


async def best(name: str, measure: Callable[[int, float], Awaitable[float]]) -> float:
    """The median of three at the best depth."""
    tried = {}
    for depth in DEPTHS:
        tried[depth] = await measure(depth, SEARCH)
        say(f"  {name}: {tried[depth]:,.0f}/s at depth {depth}")
    depth = max(tried, key=lambda each: tried[each])
    found = [await measure(depth, SECONDS) for _ in range(3)]
    say(f"  {name}: {', '.join(f'{each:,.0f}' for each in found)} at depth {depth}")
    return statistics.median(found)


async def run(directory: Path) -> dict[str, float]:
    """All figures."""
    ours = Ours(directory / "ours")
    try:
        size = len(ours.batches(1)[0][0])
        native = Native(directory / "native", size)
        say("CometBFT's own key-value application ...")
        native.start()
        try:
            await native.ready()
            theirs = await best("native", native.measure)
        finally:
            native.stop()
        say("Dongting ...")
        ours.validators.start()
        await ours.validators.level()
        mine = await best("dongting", lambda depth, seconds: ours.measure(depth, seconds, 8000))
        took = sorted(await ours.latency())
        caught = await ours.catch_up()
        ours.validators.stop()
        await asyncio.to_thread(ours.validators.audit)
    finally:
        ours.close()
    return {
        "bft4_over_native": mine / theirs,
        "bft4_p50_ms": took[len(took) // 2],
        "bft4_p95_ms": took[len(took) * 95 // 100],
        "catchup_seconds": caught,
        "bft4_statements_per_second": mine,
        "native_transactions_per_second": theirs,
        "statement_bytes": size,
    }


def main() -> None:
    """Measure, print the table, print the JSON."""
    with tempfile.TemporaryDirectory(prefix="dongting-bench-") as directory:
        figures = asyncio.run(run(Path(directory)))
    for name, value in figures.items():
        print(f"{name:32} {value:12,.3f}  {ASKED.get(name, '')}")
    print(json.dumps({name: round(value, 4) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
