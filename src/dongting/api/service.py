"""What the handlers of the API stand on: the ledger's façade, the views, and what is kept beside."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from dongting.api.erasures import Erasures
from dongting.api.registry import Nodes
from dongting.errors import Refused
from dongting.http.codes import PROCESSING
from dongting.http.limits import Buckets, Limits
from dongting.kernel.rules import Rules
from dongting.node.agents import Agents
from dongting.node.config import Config
from dongting.node.custody import Custody
from dongting.node.events import Events
from dongting.node.facade import Facade
from dongting.node.feed import Feed
from dongting.node.hooks.subscriptions import Hooks
from dongting.node.metrics import Metrics
from dongting.node.people.accounts import Accounts
from dongting.store.answers import Answers
from dongting.store.exchange import Exchange
from dongting.store.files import Files
from dongting.store.views import Views
from dongting.wire.profile import Profile

Result = TypeVar("Result")

_LOOK = 0.02  # seconds between looks at the views' height


@dataclass(slots=True)
class Service:
    """One worker's access to the node; everything that may block runs in a thread.

    `zone` is the network's, as in genesis; `installed` and `openapi` are the documents served, in JSON;
    `agents` acts for hosted organisations; `streams` counts each caller's open streams of events; `senders`
    bounds the statements of each organisation that signs.
    """

    config: Config
    facade: Facade
    rules: Rules
    profile: Profile
    views: Views
    files: Files
    custody: Custody
    erasures: Erasures
    nodes: Nodes
    limits: Limits
    clock: Callable[[], float]
    metrics: Metrics
    answers: Answers
    zone: str
    events: Events
    feed: Feed
    accounts: Accounts
    exchange: Exchange
    hooks: Hooks
    senders: Buckets | None = None
    agents: Agents | None = None
    installed: bytes = b""
    openapi: bytes = b""
    streams: Counter[str] = field(default_factory=Counter)

    async def reached(self, height: int) -> None:
        """Wait until the views show that height; refuses when it takes longer than a moment."""
        if height <= 0:
            return
        loop = asyncio.get_running_loop()
        until = loop.time() + self.limits.wait
        while (now := await asyncio.to_thread(lambda: self.views.height)) < height:
            if loop.time() >= until:
                raise Refused(PROCESSING, wanted=height, height=now)
            await asyncio.sleep(_LOOK)

    async def arrives(self, look: Callable[[], Result | None], seconds: float = 0) -> Result | None:
        """What is kept here; a follower waits a moment for what may be on its way to it."""
        found = await asyncio.to_thread(look)
        if found is not None or self.config.engine.kind != "follow":
            return found
        loop = asyncio.get_running_loop()
        until = loop.time() + max(seconds, self.limits.wait)
        while found is None and loop.time() < until and not self.feed.ended:
            await asyncio.sleep(_LOOK)
            found = await asyncio.to_thread(look)
        return found
