"""The projector's process: `python -m dongting.node.follow_views CONFIG`."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from dongting.engines.collector import settle_collector
from dongting.node.config import load
from dongting.node.home import Home
from dongting.node.link import Link, remote
from dongting.node.projector import Projector


async def _follow(home: Home, parent: int) -> None:
    link = Link(home.socket)
    projector = Projector(remote(link), home.views(), home.files(), home.parts(), home.envelopes())
    settle_collector()
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(projector.run())
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    while not task.done() and os.getppid() == parent:
        await asyncio.wait([task], timeout=1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await link.close()


if __name__ == "__main__":
    asyncio.run(_follow(Home(load(Path(sys.argv[1]))), os.getppid()))
