"""A running node: the ledger's process, which starts and watches the workers and the projector.

Clean shutdown on SIGTERM or SIGINT, within half a minute: stop listening, answer what has arrived, end the
children, refuse the calls that would last too long, close the store. A child that ends is started again,
slower each time; a ledger that halts keeps serving reads and says why.
"""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dongting.engines.cometbft.directory import Settings
from dongting.errors import Code, Refused
from dongting.node.config import Config
from dongting.node.crash import crash_point
from dongting.node.custodian import Keyring
from dongting.node.following import FollowNode, Parcels
from dongting.node.home import Home, copy_ledger
from dongting.node.keystore import Keystore
from dongting.node.ledger import LedgerNode, Limits
from dongting.node.link import LinkServer
from dongting.node.people.accounts import open_accounts
from dongting.node.rejoining import rejoin
from dongting.node.restored import restored
from dongting.node.signing import log_key as log_key_of
from dongting.node.signing import node_key
from dongting.store.ledger import LedgerStore
from dongting.wire.keys import SigningKey

ADDRESS_IN_USE = Code(
    "node", 46, "address-in-use",
    "Another program listens on {address}; stop it, or choose another port with http.port.",
    "{address} 已被其他程序占用；请停止该程序，或用 http.port 换一个端口。",
    status=503,
)  # fmt: skip

CHILD_GRACE = 10  # seconds for a child to end by itself

log = logging.getLogger("dongting.serve")

_UNLOCKING = 10  # seconds; a hundred keystores take about as long


def listen(config: Config) -> socket.socket:
    """The listening socket of the API, which all workers inherit."""
    family = socket.AF_INET6 if ":" in config.http.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((config.http.host, config.http.port))
    except OSError:
        listener.close()
        address = f"{config.http.host}:{config.http.port}"
        raise Refused(ADDRESS_IN_USE, address=address) from None
    listener.listen(1024)
    listener.set_inheritable(True)
    return listener


def unlocked_log_key(config: Config, passphrase: bytes) -> SigningKey:
    """The node's own key from its keystore: its log key, or a follower's node key; refuses a wrong
    passphrase."""
    keystore = Keystore.open(config.path(config.keystore.path))
    keystore.unlock(passphrase)
    return node_key(keystore) if config.engine.kind == "follow" else log_key_of(keystore)


def consortium(config: Config) -> Settings | None:
    """How the node takes part in a consortium; None where it orders alone."""
    engine = config.engine
    if engine.kind != "cometbft":
        return None
    return Settings(config.home, engine.binary, engine.listen, engine.external, engine.peers)


class Children:
    """Processes that are started again when they end, until `stop`."""

    def __init__(self) -> None:
        self._keepers: set[asyncio.Task[None]] = set()
        self._processes: set[asyncio.subprocess.Process] = set()
        self._stopping = asyncio.Event()

    def start(self, *arguments: str, descriptors: tuple[int, ...] = ()) -> None:
        """Run `python -m ARGUMENTS` and keep it running; `descriptors` are inherited."""
        self._keepers.add(asyncio.create_task(self._keep(arguments, descriptors)))

    async def _keep(self, arguments: tuple[str, ...], descriptors: tuple[int, ...]) -> None:
        pause = 0.2
        while not self._stopping.is_set():
            began = time.monotonic()
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", *arguments, pass_fds=descriptors, stdin=asyncio.subprocess.DEVNULL
            )
            self._processes.add(process)
            if self._stopping.is_set():  # told while it was being started
                _signal(process, signal.SIGTERM)
            code = await process.wait()
            self._processes.discard(process)
            if self._stopping.is_set():
                return
            pause = 0.2 if time.monotonic() - began > 60 else min(pause * 2, 10)
            log.warning("a child process ended", extra={"child": arguments[0], "code": code})
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)

    async def stop(self) -> None:
        """End them all: first ask, then insist; afterwards none runs."""
        self._stopping.set()
        for number in (signal.SIGTERM, signal.SIGKILL):
            for process in self._processes:
                _signal(process, number)
            if self._keepers:
                _, self._keepers = await asyncio.wait(self._keepers, timeout=CHILD_GRACE)


def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(number)


def opened(
    home: Home,
    store: LedgerStore,
    log_key: SigningKey | None,
    clock: Callable[[], int] = lambda: int(time.time()),
    point: Callable[[int], None] | None = None,
) -> LedgerNode:
    """The node of this home, under its settings, not started yet; `point` replaces the configured one."""
    config = home.config
    kernel, engine = config.kernel, config.engine
    given = (store, home.genesis_bytes(), home.path, clock)
    options: dict[str, Any] = {
        "log_key": log_key,
        "limits": Limits(kernel.verify_workers or os.cpu_count() or 1, kernel.max_block_statements),
        "point": point or crash_point(kernel.crash),
        "unlock": lambda passphrase: unlocked_log_key(config, passphrase),
        "copy": lambda: copy_ledger(home, store),
        "restored": restored(home),
        "witnessing": config.witness,
    }
    if engine.kind == "follow":
        exchange = home.exchange()
        parcels = Parcels(exchange, home.custody(exchange), home.files())
        return FollowNode(
            *given, upstream=engine.upstream, organisations=config.organisations, parcels=parcels, **options
        )
    return LedgerNode(*given, consortium=consortium(config), **options)


async def serve(
    config: Config,
    path: Path,
    log_key: SigningKey | None,
    ready: Callable[[str], None] = lambda _: None,
    passphrase: Callable[[str], bytes | None] = lambda _: None,
) -> None:
    """Run the node until a signal ends it. `path` is the configuration file that the children read.

    `ready` is called with the public address once requests are answered; `passphrase` gives what may
    unlock the keys of a hosted organisation.
    """
    home = Home(config)
    home.prepare()
    home.sweep()
    listener = listen(config)
    stopping = asyncio.Event()
    stopped = asyncio.create_task(stopping.wait())
    for ending in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(ending, stopping.set)
    store = home.ledger()  # a second process on this home is refused here
    with contextlib.closing(home.exchange()) as exchange:
        if exchange.fresh:
            home.custody(exchange).list_anew()
    children = _children(path, listener, config.http.workers)
    await asyncio.sleep(0)  # they load their programs while the ledger is opened
    try:
        node = opened(home, store, log_key)
    except BaseException:
        listener.close()
        await children.stop()
        store.close()
        raise
    accounts = open_accounts(home)
    keyring = Keyring(home.path / "keys", home.profile(), accounts.signatures, passphrase)
    server = LinkServer(node, home.socket, keyring)
    await node.start()
    await server.start()
    unlocking = asyncio.create_task(keyring.unlock_all())
    back = asyncio.create_task(rejoin(home, node, keyring))
    host, port = listener.getsockname()[:2]
    waiting = asyncio.create_task(_answering(host, port, unlocking))
    try:
        await asyncio.wait([waiting, stopped], return_when=asyncio.FIRST_COMPLETED)
        if waiting.done():
            ready(config.public_url if config.http.port else f"http://{host}:{port}")
        await stopped
        log.info("shutting down")
    finally:
        waiting.cancel()
        unlocking.cancel()
        back.cancel()
        await asyncio.gather(back, return_exceptions=True)
        listener.close()
        await children.stop()
        await server.stop()
        await node.stop()
        accounts.close()


def _children(path: Path, listener: socket.socket, workers: int) -> Children:
    """Start the projector, the messenger and so many API workers."""
    children = Children()
    children.start("dongting.node.follow_views", str(path))
    children.start("dongting.node.messenger", str(path))
    number = listener.fileno()
    for _ in range(workers):
        children.start("dongting.cli.worker", str(path), str(number), descriptors=(number,))
    return children


async def _answering(host: str, port: int, unlocking: "asyncio.Task[None]") -> None:
    """Wait until requests are answered, and for a while until the hosted organisations can sign."""
    await _answers(host, port)
    await asyncio.wait([unlocking], timeout=_UNLOCKING)


async def _answers(host: str, port: int) -> None:
    """Wait until a worker answers a request."""
    while True:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                if (await reader.readline()).startswith(b"HTTP/1.1 200"):
                    return
            finally:
                writer.close()
        await asyncio.sleep(0.05)
