"""The limit: Ed25519 verification (PyNaCl) of the same bytes, one process per core, tight loop, no queue."""

import multiprocessing
import os
import time
from collections.abc import Sequence

import nacl.bindings as sodium

from dongting.wire.statement import to_be_signed

Signed = tuple[bytes, bytes]  # signature and message joined, public key


def prepared(statements: Sequence[bytes], public: bytes) -> list[Signed]:
    """What libsodium verifies of each statement, made ready outside the measured loop."""
    return [(data[-64:] + to_be_signed(data), public) for data in statements]


def _verify(core: int, work: list[Signed], start: object, results: object) -> None:
    os.sched_setaffinity(0, {core})
    open_ = sodium.crypto_sign_open
    start.wait()  # type: ignore[attr-defined]
    began = time.perf_counter()
    for signed, public in work:
        open_(signed, public)
    results.put(time.perf_counter() - began)  # type: ignore[attr-defined]


def verifications_per_second(work: list[Signed], cores: Sequence[int], repeats: int = 3) -> float:
    """Verifications a second over all cores together; the best of so many runs."""
    context = multiprocessing.get_context("fork")
    best = 0.0
    for _ in range(repeats):
        start = context.Barrier(len(cores))
        results = context.Queue()
        processes = [context.Process(target=_verify, args=(core, work, start, results)) for core in cores]
        for process in processes:
            process.start()
        seconds = [results.get() for _ in processes]
        for process in processes:
            process.join()
        best = max(best, sum(len(work) / each for each in seconds))
    return best
