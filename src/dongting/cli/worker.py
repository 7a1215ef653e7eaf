"""One worker process of a node: `python -m dongting.cli.worker CONFIG DESCRIPTOR`.

API and console are put together here, above both: an address belongs to exactly one of them.

It serves on a listening socket that it inherits, and ends when it is told to or when its parent ends.
"""

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import uvicorn
import uvloop

from dongting.api import app as api
from dongting.api.exposition import Exposition
from dongting.http.messages import Application, Receive, Scope, Send
from dongting.http.protocol import BoundedProtocol
from dongting.node import logs
from dongting.node.agents import Agents
from dongting.node.config import Config, load
from dongting.node.home import Home
from dongting.node.link import Link, remote, remote_custodian
from dongting.node.metrics import metrics
from dongting.node.people.accounts import open_accounts
from dongting.node.people.anchoring import Anchoring
from dongting.web import app as web

_GRACE = 10  # seconds for requests under way when the worker is told to end

log = logging.getLogger("dongting.worker")

#: What belongs to programs; everything else is for people.
_PROGRAMS = ("/v1/", "/log/checkpoint", "/log/tile/", "/log/proof/", "/health/", "/witness/")


class Composed:
    """The ASGI 3 application of a worker: the API at its addresses, the console at all others.

    The server's beginning and end are the API's, which holds what both stand on.
    """

    def __init__(self, behind: Application, console: Application) -> None:
        self._behind = behind
        self._console = console

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand one request to the one that it belongs to."""
        people = scope["type"] == "http" and not scope["path"].startswith(_PROGRAMS)
        await (self._console if people else self._behind)(scope, receive, send)


class _Server(uvicorn.Server):
    """uvicorn without signal handlers of its own: the worker's end is a clean exit."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def main(path: Path, descriptor: int) -> None:
    """Serve until SIGTERM, SIGINT, or the end of the parent process."""
    parent = os.getppid()
    config = load(path)
    file = config.path(config.log.file) if config.log.file else None
    handler = logs.handler(config.log.format, file, sys.stderr)
    with logs.logging_to(handler, config.log.level):
        server_log = logging.getLogger("uvicorn.error")
        server_log.handlers[:], server_log.propagate = [handler], False
        server_log.setLevel(logging.WARNING)
        with (
            socket.socket(fileno=descriptor) as listener,
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            runner.run(_serve(Home(config), listener, parent))


async def _serve(home: Home, listener: socket.socket, parent: int) -> None:
    link = Link(home.socket)
    counted = metrics()
    port = listener.getsockname()[1]
    facade, views = remote(link), home.views()
    address = local_address(home.config, listener)
    agents = Agents(remote_custodian(link), address, home.genesis_bytes(), home.path / "agents")
    accounts = open_accounts(home)
    behind = api.create(
        home, facade=facade, views=views, port=port, counted=counted, agents=agents, accounts=accounts
    )
    console = web.create(home, facade, views, accounts, port=port, counted=counted, agents=agents)
    servers = [(_server(Composed(behind, console)), listener)]
    if home.config.metrics.enabled:
        target, first = _metrics_listener(home.config)
        exposition = Exposition(counted, views, remote(link) if first else None)
        servers.append((_server(exposition), target))
    loop = asyncio.get_running_loop()
    endings: set[asyncio.Future[None]] = set()

    def end() -> None:
        endings.add(asyncio.ensure_future(behind.end()))  # else those who follow events would hold it up
        for server, _ in servers:
            server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    watch = asyncio.create_task(_watch(parent, end))
    every = home.config.accounts.anchor_minutes * 60
    anchoring = asyncio.create_task(Anchoring(accounts, agents, every).run()) if every else None
    try:
        await asyncio.gather(*(server.serve(sockets=[each]) for server, each in servers))
    finally:
        watch.cancel()
        if anchoring is not None:
            anchoring.cancel()
        agents.close()
        await link.close()


def local_address(config: Config, listener: socket.socket) -> str:
    """The address at which this machine reaches the node."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(config.http.host, config.http.host)  # noqa: S104
    port = listener.getsockname()[1]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _server(app: Application) -> _Server:
    return _Server(
        uvicorn.Config(
            app,
            http=BoundedProtocol,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=_GRACE,
        )
    )


def _metrics_listener(config: Config) -> tuple[socket.socket, bool]:
    """Each worker is a target of its own: the first takes the configured port, the next the one above."""
    host, _, first = config.metrics.bind.rpartition(":")
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in range(int(first), int(first) + config.http.workers):
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            listener.bind((host, port))
            listener.listen(64)
            return listener, port == int(first)
        listener.close()
    raise OSError(f"no port is free for metrics from {config.metrics.bind} on")


async def _watch(parent: int, end: Callable[[], None]) -> None:
    """End with the parent: nobody would stop this process otherwise."""
    while os.getppid() == parent:
        await asyncio.sleep(1)
    log.warning("the node's process has ended, so this worker ends too")
    end()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
