"""The process that sends: `python -m dongting.node.messenger CONFIG`. One for a node.

Apart from ledger, views and pages, so that no slow receiver ever holds one of them up.
"""

import asyncio
import os
import random
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from dongting.node import logs
from dongting.node.config import load
from dongting.node.events import Events
from dongting.node.facade import Facade
from dongting.node.home import Home
from dongting.node.hooks.dispatch import Dispatcher
from dongting.node.hooks.subscriptions import Hooks
from dongting.node.hooks.telling import Teller
from dongting.node.link import Link, remote
from dongting.node.outward import Outward
from dongting.node.people.database import Database
from dongting.wire.genesis import network_id

_SPREAD = 0.2  # by which a delay may be shorter or longer


def assembled(home: Home, facade: Facade, database: Database, clock: Callable[[], float]) -> Dispatcher:
    """The dispatcher of the node in this home."""
    rules, profile = home.rules(), home.profile()
    network = network_id(home.genesis_bytes(), profile)
    events = Events(facade, {name: typed.declared for name, typed in rules.by_name.items()}, network)
    outward = Outward(home.config.hooks.private_addresses)
    hooks = Hooks(database, outward, profile, lambda: int(clock()))
    teller = Teller(facade, events, rules, home.config.public_url, {})
    draw = random.SystemRandom()
    return Dispatcher(hooks, facade, events, teller, outward, lambda: 1 + _SPREAD * (2 * draw.random() - 1))


async def run(home: Home, parent: int) -> None:
    """Send until SIGTERM, SIGINT, or the end of the parent process."""
    os.nice(10)
    link = Link(home.socket)
    database = Database(home.config.accounts_url)
    dispatcher = assembled(home, remote(link), database, time.time)
    try:
        await _until_told([dispatcher.run()], parent)
    finally:
        database.close()
        await link.close()


async def _until_told(works: list[Awaitable[None]], parent: int) -> None:
    tasks = [asyncio.ensure_future(work) for work in works]
    loop = asyncio.get_running_loop()

    def end() -> None:
        for task in tasks:
            task.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    while not any(task.done() for task in tasks) and os.getppid() == parent:
        await asyncio.wait(tasks, timeout=1, return_when=asyncio.FIRST_COMPLETED)
    end()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, Exception):
            raise result


def main(path: Path) -> None:
    """The process itself."""
    config = load(path)
    file = config.path(config.log.file) if config.log.file else None
    with logs.logging_to(logs.handler(config.log.format, file, sys.stderr), config.log.level):
        asyncio.run(run(Home(config), os.getppid()))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
