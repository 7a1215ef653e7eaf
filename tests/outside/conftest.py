"""Tools of other projects, built or installed once a session, and a node for them to talk to.

Where a toolchain is missing the tests fail in CI, and are skipped with the reason elsewhere.
"""

import asyncio
import base64
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
import uvicorn

from dongting.api.app import create
from dongting.http.limits import Limits as HttpLimits
from dongting.node.config import read
from dongting.node.home import Home
from dongting.node.ledger import LedgerNode, Limits
from dongting.testing.ledger import FOUNDERS, network
from dongting.wire.genesis import origin
from dongting.wire.keys import PrivateKey
from dongting.wire.note import VerifierKey
from dongting.wire.profile import profile_named
from dongting.wire.statement import build
from dongting.wire.suites import ED25519

HERE = Path(__file__).parent
GO = (1, 26)
NODE = 20

#: Task and its input by name to the outcome; bytes are base64 in what comes back.
Tool = Callable[..., dict[str, Any]]


def _absent(reason: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(f"{reason}; CI has to have it")
    pytest.skip(reason)


def _version(command: list[str], pattern: str) -> tuple[int, ...]:
    if shutil.which(command[0]) is None:
        return (0,)
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(pattern, said)
    return tuple(int(part) for part in found.groups()) if found else (0,)


def _fetch(command: list[str], where: Path, what: str) -> None:
    """Get what a tool depends on from its registry, or from the tool's own cache."""
    done = subprocess.run(command, cwd=where, capture_output=True, text=True, timeout=600)
    if done.returncode:
        _absent(f"{what} could not be fetched: {done.stderr.strip()[-500:]}")


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _tool(command: list[str], where: Path) -> Tool:
    def run(task: str, **given: Any) -> dict[str, Any]:
        done = subprocess.run(
            [*command, task],
            cwd=where,
            input=json.dumps(_plain(given)).encode(),
            capture_output=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr.decode()
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    return run


@pytest.fixture(scope="session")
def go(tmp_path_factory: pytest.TempPathFactory) -> Tool:
    """The program in `go/`, built with what its go.mod pins."""
    source, built = HERE / "go", tmp_path_factory.mktemp("go") / "outside"
    if _version(["go", "version"], r"go(\d+)\.(\d+)") < GO:
        _absent(f"Go {GO[0]}.{GO[1]} or newer is needed")
    _fetch(["go", "mod", "download"], source, "Go modules")
    build = ["go", "build", "-buildvcs=false", "-o", str(built), "."]
    done = subprocess.run(build, cwd=source, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return _tool([str(built)], source)


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Tool:
    """The program in `node/`, with what its lock file pins."""
    where = tmp_path_factory.mktemp("node")
    if _version(["node", "--version"], r"v(\d+)") < (NODE,):
        _absent(f"Node.js {NODE} or newer is needed")
    for file in ("package.json", "package-lock.json", "outside.js"):
        shutil.copy(HERE / "node" / file, where)
    install = ["npm", "ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"]
    _fetch(install, where, "npm packages")
    return _tool(["node", "outside.js"], where)


class Served:
    """A node behind its real API on a port of this machine, and three organisations."""

    def __init__(self, home: Path) -> None:
        self.profile = profile_named("international")
        self.keys = {id: PrivateKey.generate(ED25519) for id, *_ in FOUNDERS}
        self.log_key = PrivateKey.generate(ED25519)
        self.genesis = network(self.profile, self.keys, self.log_key, created=int(time.time()) - 100)
        self.home = Home(read({"node": {"home": str(home)}}))
        self.home.prepare()
        (home / "genesis.json").write_bytes(self.genesis.encode())
        self.socket = socket.create_server(("127.0.0.1", 0))
        port = self.socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.vkey = VerifierKey(origin(self.genesis), self.log_key.public()).encode()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.node = self.run(self._open())
        limits = HttpLimits(rate=10_000, burst=10_000)
        app = create(self.home, facade=self.node, port=port, limits=limits)
        settings = uvicorn.Config(app, lifespan="on", log_config=None, access_log=False, ws="none")
        self._server = uvicorn.Server(settings)
        self._serving = asyncio.run_coroutine_threadsafe(self._server.serve([self.socket]), self._loop)

    async def _open(self) -> LedgerNode:
        node = LedgerNode(
            self.home.ledger(),
            self.genesis.encode(),
            self.home.path,
            lambda: int(time.time()),
            log_key=self.log_key,
            limits=Limits(workers=1),
        )
        await node.start()
        return node

    def run(self, awaitable: Awaitable[Any]) -> Any:
        async def await_it() -> Any:
            return await awaitable

        return asyncio.run_coroutine_threadsafe(await_it(), self._loop).result(60)

    def register(self, count: int) -> None:
        """Register so many pieces of evidence, which adds at least as many leaves to the log."""
        statements = []
        for _ in range(count):
            id = secrets.token_hex(8)
            statements.append(
                build(
                    self.keys["env-bureau"],
                    self.profile,
                    issuer="env-bureau",
                    network=self.node.machine.network,
                    action="evidence/register",
                    subject=f"evidence.evidence/{id}",
                    arguments={"id": id, "kind": "file", "content": secrets.token_hex(32)},
                    issued=int(time.time()),
                    nonce=secrets.token_bytes(16),
                )
            )
        outcome = self.run(self.node.submit(statements))
        assert {fate.state for fate in outcome.fates} == {"accepted"}, outcome

    def close(self) -> None:
        self._server.should_exit = True
        self._serving.result(60)
        self.run(self.node.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A node with some statements in its log."""
    served = Served(tmp_path_factory.mktemp("served"))
    yield served
    served.close()
