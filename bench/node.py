"""A whole node to measure against: ledger process, signature workers, API workers and projector."""

import asyncio
import multiprocessing
import os
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dongting.node.config import load
from dongting.node.serve import serve
from dongting.wire.keys import PrivateKey
from dongting.wire.suites import ED25519
from statements import Network

START_LIMIT = 60  # seconds


def free_port() -> int:
    """A port of this machine that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _serve(path: Path, log_key: bytes) -> None:
    os.setpgrp()
    asyncio.run(serve(load(path), path, PrivateKey(ED25519, log_key)))


def prepare(home: Path, net: Network, port: int) -> Path:
    """A home directory for the network; the path of its configuration."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "genesis.json").write_bytes(net.genesis.encode())
    path = home / "dongting.toml"
    path.write_text(
        f'[node]\nhome = "."\n[http]\nport = {port}\nstatements_per_second = 0\n'
        "[kernel]\nverify_workers = 2\n"
        '[log]\nlevel = "warning"\nfile = "node.log"\n'
    )
    return path


@contextmanager
def running(home: Path, net: Network) -> Iterator[tuple[str, int, float]]:
    """A running node: its address, its process id, and the seconds until it answered."""
    port = free_port()
    path = prepare(home, net, port)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # a node that is installed does not compile at each start
    # Not forked: whoever opened a store has threads that a fork would miss, and its store would never close.
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(path, net.log_key.raw))
    began = time.perf_counter()
    process.start()
    assert process.pid is not None
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url, process, home)
        yield url, process.pid, time.perf_counter() - began
    finally:
        os.kill(process.pid, signal.SIGTERM)
        process.join(60)
        if process.is_alive():
            process.kill()
            raise RuntimeError("the node did not end within a minute")


def _wait(url: str, process: multiprocessing.process.BaseProcess, home: Path) -> None:
    end = time.monotonic() + START_LIMIT
    while time.monotonic() < end and process.is_alive():
        try:
            urllib.request.urlopen(f"{url}/v1/status", timeout=1).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
    log = home / "node.log"
    raise RuntimeError(f"the node did not start: {log.read_text()[-2000:] if log.exists() else 'no log'}")


def memory_mb(pid: int) -> float:
    """The proportional set size of a process and all below it, in MB (proc(5), smaps_rollup)."""
    total = 0
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            total += int(line.split()[1]) * 1024
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return total / 1e6 + sum(memory_mb(int(child)) for child in children)
