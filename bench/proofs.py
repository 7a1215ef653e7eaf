"""`prove_us`, `verify_us`, `verify_cli_ms`, `prove_bytes_10m`: receipts, the cold command, and sizes."""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dongting.sdk.network import network_of, verify_receipt
from dongting.testing import Ledger
from dongting.testing.scale import ten_million
from dongting.testing.stories import Share
from dongting.wire import receipt as receipts
from dongting.wire.genesis import origin
from dongting.wire.proof import decode as decode_proof
from dongting.wire.statement import decode

LEAVES = 10_000


def _microseconds(run: Callable[[], Any], times: int, repeats: int = 5) -> float:
    """The best of so many repeats, each the mean of so many runs."""
    best = float("inf")
    for _ in range(repeats):
        began = time.perf_counter()
        for _ in range(times):
            run()
        best = min(best, (time.perf_counter() - began) / times)
    return best * 1e6


def _receipts() -> dict[str, float]:
    ledger = Ledger()
    machine, name = ledger.machine, origin(ledger.genesis)
    author = "env-bureau"
    for start in range(0, LEAVES, 1000):
        batch = [
            ledger.sign(author, "evidence/register", {
                "id": f"e{start + n}", "kind": "file", "content": f"{start + n:064x}",
            })
            for n in range(1000)
        ]  # fmt: skip
        ledger.submit(*batch)
    index = LEAVES // 3
    data = machine.leaf(index)
    statement = decode(data, ledger.profile)

    def make() -> bytes:
        head = machine.head
        return receipts.inclusion(
            ledger.profile, ledger.log_key, name, statement.subject, head.time,
            index, head.size, machine.log.inclusion(index), head.root,
        )  # fmt: skip

    receipt = make()
    network = network_of(ledger.genesis.encode())
    return {
        "prove_us": _microseconds(make, 500),
        "verify_us": _microseconds(lambda: verify_receipt(receipt, data, network), 500),
    }


def _cold_command() -> float:
    """Milliseconds of the whole command from its start to its end; the median of seven."""
    ledger = Ledger()
    share = Share.play(ledger)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "story.proof"
        path.write_bytes(share.proof())
        command = [
            sys.executable, "-m", "dongting.cli.main", "verify", str(path),
            "--network", ledger.machine.network,
        ]  # fmt: skip
        times = []
        for _ in range(8):
            began = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            times.append(time.perf_counter() - began)
    return statistics.median(times[1:]) * 1e3


def _size_at_ten_million() -> float:
    """Bytes of a record's proof in a ledger of ten million, without the genesis that its reader has."""
    share = Share.play(Ledger())
    file = decode_proof(share.closed())
    address, entry = next(each for each in file.records if each[0].startswith("sharing.agreement/"))
    assert entry is not None
    large = ten_million(share.ledger, address, entry, None)
    return len(large.encode()) - len(large.genesis)


def measure() -> dict[str, float]:
    """All of them."""
    return {**_receipts(), "verify_cli_ms": _cold_command(), "prove_bytes_10m": _size_at_ten_million()}


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:24} {value:12.3f}")
