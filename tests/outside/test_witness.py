"""litewitness of filippo.io/torchwood, which runs in public, cosigns our log and refuses a second history."""

import asyncio
import base64
import hashlib
import os
import shutil
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from dongting.node.config import WitnessSettings
from dongting.sdk.verify import Policy
from dongting.sdk.verify import verify as verified
from dongting.testing.homes import NodeHome
from dongting.wire.genesis import origin
from dongting.wire.keys import PublicKey
from dongting.wire.note import COSIGNATURE, VerifierKey
from dongting.wire.suites import ED25519

from .conftest import GO, HERE, _absent, _version  # type: ignore[import-not-found]

NAME = "outside.example/litewitness"


def pinned() -> str:
    """The version of torchwood that go.mod pins."""
    rows = (HERE / "go" / "go.mod").read_text().split("\n")
    return next(row.split()[-1] for row in rows if row.strip().startswith("filippo.io/torchwood "))


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """litewitness, built at the pinned version."""
    where = tmp_path_factory.mktemp("torchwood")
    if _version(["go", "version"], r"go(\d+)\.(\d+)") < GO:
        _absent("Go is needed")
    if shutil.which("ssh-agent") is None:
        _absent("ssh-agent is needed, which holds litewitness's key")
    command = f"filippo.io/torchwood/cmd/litewitness@{pinned()}"
    done = subprocess.run(
        ["go", "install", command], env={**os.environ, "GOBIN": str(where)}, capture_output=True, text=True,
        timeout=600,
    )  # fmt: skip
    if done.returncode:
        _absent(f"{command} could not be built: {done.stderr[-300:]}")
    return where


class LiteWitness:
    """The running witness; `ask` is what a log puts into witness.ask."""

    def __init__(self, tools: Path, directory: Path, log: VerifierKey) -> None:
        key, agent = directory / "key", directory / "agent"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
        self._agent = subprocess.Popen(["ssh-agent", "-D", "-a", str(agent)], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while not agent.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        environment = {**os.environ, "SSH_AUTH_SOCK": str(agent)}
        subprocess.run(["ssh-add", "-q", str(key)], env=environment, check=True)
        text = key.with_suffix(".pub").read_text().split()[1]
        fingerprint = subprocess.run(
            ["ssh-keygen", "-lf", f"{key}.pub"], capture_output=True, text=True, check=True
        ).stdout.split()[1]
        database = directory / "witness.db"
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self._witness = subprocess.Popen(
            [
                str(tools / "litewitness"), "-db", str(database), "-name", NAME, "-key", fingerprint,
                "-ssh-agent", str(agent), "-listen", f"127.0.0.1:{port}",
            ],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.vkey = VerifierKey(NAME, PublicKey(ED25519, base64.b64decode(text)[-32:]), COSIGNATURE).encode()
        url = f"http://127.0.0.1:{port}"
        self.ask = f"{self.vkey} {url}"
        self._wait(url, deadline)
        with closing(sqlite3.connect(database)) as tables:  # as its witnessctl does
            empty = base64.b64encode(hashlib.sha256(b"").digest()).decode()
            tables.execute("INSERT INTO log VALUES (?, 0, ?)", (log.name, empty))
            tables.execute("INSERT INTO key VALUES (?, ?)", (log.name, log.encode()))
            tables.commit()

    def _wait(self, url: str, deadline: float) -> None:
        while time.monotonic() < deadline:
            try:
                httpx.get(url, trust_env=False)
                break
            except httpx.HTTPError:
                time.sleep(0.05)

    def stop(self) -> None:
        for process in (self._witness, self._agent):
            process.terminate()
            process.wait(10)


@pytest.fixture
def made(tmp_path: Path) -> NodeHome:
    return NodeHome(tmp_path / "node")


@pytest.fixture
def lite(tools: Path, made: NodeHome, tmp_path: Path) -> Iterator[LiteWitness]:
    running = LiteWitness(tools, tmp_path, VerifierKey(origin(made.home.genesis()), made.log_key.public()))
    yield running
    running.stop()


def test_litewitness_cosigns_our_log_and_refuses_a_second_history(made: NodeHome, lite: LiteWitness) -> None:
    async def tell(*numbers: int) -> tuple[bytes, dict[str, str]]:
        node = made.node(witnessing=WitnessSettings(ask=lite.ask))
        await node.start()
        try:
            for number in numbers:
                await node.submit([made.evidence(number)])
                proof = await node.prove([f"evidence.evidence/evidence-{number}"])
            return proof, dict(node._collector.refused)
        finally:
            await node.stop()

    proof, refused = asyncio.run(tell(1, 2, 3))
    assert not refused
    assert [each.name for each in verified(proof, made.network, Policy((lite.vkey,), 1)).witnesses] == [NAME]

    shutil.rmtree(made.path / "ledger")
    (made.path / "checkpoint").unlink()
    proof, refused = asyncio.run(tell(4, 5, 6, 7, 8))
    assert NAME in refused
    assert verified(proof, made.network, Policy()).witnesses == ()
