"""`ingest_over_limit`, `submit_p50_ms`, `submit_p99_ms`: the same statements through HTTP.

Client processes on the same machine send batches of 100 that were signed ahead and check each answer;
single statements come in an open loop, 200 a second, timed from when each was due.
"""

import asyncio
import multiprocessing
import os
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cbor2
import msgspec

from connection import Connection
from kernel import two_cores
from limit import prepared, verifications_per_second
from node import running
from statements import new_network, signed

BATCH = 100
CLIENTS = 2
# Batches that one client has under way: ten make a block, and while one block is executed the signatures of
# the next can only be checked if it has been sent.
IN_FLIGHT = 12
RATE = 200  # single statements a second
CONNECTIONS = 16  # over which single statements come

_answer = msgspec.json.Decoder()


async def _ingest(url: str, batches: Sequence[bytes]) -> int:
    waiting = iter(batches)
    accepted = 0

    async def send() -> None:
        nonlocal accepted
        connection = Connection(url)
        for body in waiting:
            answer = await connection.post("/v1/statements", body, "application/cbor")
            states = [each["state"] for each in _answer.decode(answer)["statements"]]
            assert states == ["accepted"] * BATCH, answer[:500]
            accepted += len(states)
        connection.close()

    await asyncio.gather(*(send() for _ in range(IN_FLIGHT)))
    return accepted


def _client(url: str, batches: Sequence[bytes], start: Any, results: Any) -> None:
    os.sched_setaffinity(0, two_cores())
    start.wait()
    results.put(asyncio.run(_ingest(url, batches)))


def ingest_per_second(url: str, statements: Sequence[bytes]) -> float:
    """Accepted statements per second, from the first batch sent to the last answer checked."""
    context = multiprocessing.get_context("fork")
    batches = [cbor2.dumps(list(statements[n : n + BATCH])) for n in range(0, len(statements), BATCH)]
    start, results = context.Barrier(CLIENTS + 1), context.Queue()
    clients = [
        context.Process(target=_client, args=(url, batches[n::CLIENTS], start, results))
        for n in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    start.wait()
    began = time.perf_counter()
    accepted = sum(results.get() for _ in clients)
    seconds = time.perf_counter() - began
    assert accepted == len(statements)
    return accepted / seconds


async def _open_loop(url: str, statements: Sequence[bytes]) -> list[float]:
    connections = [Connection(url) for _ in range(CONNECTIONS)]
    began = time.perf_counter()

    async def one(number: int, data: bytes) -> float:
        due = began + number / RATE
        await asyncio.sleep(max(0, due - time.perf_counter()))
        await connections[number % CONNECTIONS].post("/v1/statements", data, "application/cose")
        return time.perf_counter() - due

    latencies = await asyncio.gather(*(one(n, data) for n, data in enumerate(statements)))
    for connection in connections:
        connection.close()
    return latencies


async def _caught_up(url: str) -> float:
    """Seconds until the views show all that is in the ledger now."""
    connection, began = Connection(url), time.perf_counter()
    state = first = _answer.decode(await connection.get("/health/ready"))
    while state["views"] < first["height"]:
        await asyncio.sleep(0.2)
        state = _answer.decode(await connection.get("/health/ready"))
    connection.close()
    return time.perf_counter() - began


async def _afterwards(url: str, statements: Sequence[bytes]) -> tuple[list[float], float]:
    """The latencies of single statements right after a rush, and the seconds until the views caught up."""
    caught_up = asyncio.create_task(_caught_up(url))
    await asyncio.sleep(2)
    return await _open_loop(url, statements), await caught_up


def measure(count: int = 20_000, singles: int = 2_000) -> dict[str, float]:
    """Ingest over the limit, and the latency of single statements."""
    cores = two_cores()
    os.sched_setaffinity(0, cores)
    net = new_network()
    # Only publications: a request must not overtake its dataset on another connection.
    batches = list(signed(net, count, step=2))
    work = prepared(batches[:5000], net.keys["env-bureau"].public().raw)
    limit = verifications_per_second(work, cores)
    home = Path(tempfile.mkdtemp(prefix="bench-", dir=Path.cwd()))
    try:
        with running(home / "node", net) as (url, _, _):
            warm = list(signed(net, 1000, first=10_000_000, step=2))
            ingest_per_second(url, warm)
            rate = ingest_per_second(url, batches)
            single = list(signed(net, singles, first=20_000_000, step=2))
            latencies, caught_up = asyncio.run(_afterwards(url, single))
            latencies.sort()
    finally:
        shutil.rmtree(home)
    limit = max(limit, verifications_per_second(work, cores))
    return {
        "ingest_per_second": rate,
        "ingest_over_limit": rate / limit,
        "views_caught_up_s": caught_up,
        "submit_p50_ms": latencies[len(latencies) // 2] * 1e3,
        "submit_p99_ms": latencies[len(latencies) * 99 // 100] * 1e3,
    }


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:24} {value:12.3f}")
