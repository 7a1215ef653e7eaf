"""The process that sends: `python -m dongting.node.messenger CONFIG`. One for a node.

Apart from ledger, views and pages, so that no slow receiver ever holds one of them up.
"""

import asyncio
import os
import random
import signal
import sys
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from pathlib import Path

from dongting.errors import Refused
from dongting.node import logs
from dongting.node.config import load
from dongting.node.events import Events
from dongting.node.facade import Facade
from dongting.node.home import Home
from dongting.node.hooks.dispatch import Dispatcher
from dongting.node.hooks.subscriptions import Hooks
from dongting.node.hooks.telling import Teller
from dongting.node.link import Link, remote
from dongting.node.moments import zone_of
from dongting.node.notices.book import Book
from dongting.node.notices.mail import Post
from dongting.node.notices.mailing import Mailer
from dongting.node.notices.noticing import Noticer
from dongting.node.notices.words import Words, noticed
from dongting.node.outward import Outward
from dongting.node.people.accounts import open_accounts
from dongting.node.people.register import Register
from dongting.node.unlock import offered
from dongting.store.views import Views
from dongting.wire.genesis import network_id

_PAUSE = 0.5  # seconds between looks for what to notice
_SPREAD = 0.2  # by which a delay may be shorter or longer


@dataclass(frozen=True, slots=True)
class Messenger:
    """What sends: webhooks, notices, e-mail."""

    dispatcher: Dispatcher
    noticer: Noticer
    mailer: Mailer

    async def notice(self) -> None:
        """Give notices until cancelled; a ledger that is away is waited for."""
        while True:
            try:
                more = await self.noticer.step()
            except Refused:
                more = False
            if not more:
                await asyncio.sleep(_PAUSE)


def assembled(
    home: Home, facade: Facade, views: Views, register: Register, post: Post | None = None
) -> Messenger:
    """All that sends for the node in this home."""
    rules, profile, genesis = home.rules(), home.profile(), home.genesis()
    network, url = network_id(home.genesis_bytes(), profile), home.config.public_url
    events = Events(facade, {name: typed.declared for name, typed in rules.by_name.items()}, network)
    outward = Outward(home.config.hooks.private_addresses)
    hooks = Hooks(register.database, outward, profile, register.clock)
    book = Book(register.database, register.clock)
    zone = zone_of(genesis.zone)
    words = Words(rules, zone, url)
    teller = Teller(facade, events, rules, url, {"notice": noticed(book, words, url)})
    draw = random.SystemRandom()
    dispatcher = Dispatcher(
        hooks, facade, events, teller, outward, lambda: 1 + _SPREAD * (2 * draw.random() - 1)
    )
    noticer = Noticer(book, facade, events, views, rules, lambda: register.hosted, register.operator)
    settings = home.config.mail
    post = post or Post(settings, lambda: offered(settings.credential))
    name = genesis.name.get("zh") or genesis.name.get("en") or network[:16]
    return Messenger(dispatcher, noticer, Mailer(book, post, words, zone, name, url))


async def run(home: Home, parent: int) -> None:
    """Send until SIGTERM, SIGINT, or the end of the parent process."""
    os.nice(19)  # nobody waits on a page for what is sent
    link = Link(home.socket)
    accounts, views = open_accounts(home, time.time), home.views()
    made = assembled(home, remote(link), views, accounts.register)
    try:
        await _until_told([made.dispatcher.run(), made.notice(), made.mailer.run()], parent)
    finally:
        accounts.close()
        views.close()
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
