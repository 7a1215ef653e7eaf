"""GET /metrics in the Prometheus text format, on its own address."""

import asyncio

from dongting.errors import Refused
from dongting.http.codes import METHOD_NOT_ALLOWED, NOT_FOUND
from dongting.http.messages import Receive, Reply, Scope, Send, send_reply
from dongting.http.problems import refusal
from dongting.node.facade import Facade
from dongting.node.metrics import CONTENT_TYPE, Metrics
from dongting.store.views import Views


class Exposition:
    """The ASGI 3 application that shows one worker's counts and, in front of them, the ledger's.

    `facade` is None where another worker shows the ledger's: nothing is to be counted twice.
    """

    def __init__(self, counted: Metrics, views: Views, facade: Facade | None) -> None:
        self._counted = counted
        self._views = views
        self._facade = facade

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; the beginning and end of the server need nothing."""
        if scope["type"] == "lifespan":
            while (event := await receive())["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": event["type"] + ".complete"})
        elif scope["type"] == "http":
            await send_reply(await self._reply(scope), send, bodiless=scope["method"] == "HEAD")

    async def _reply(self, scope: Scope) -> Reply:
        if scope["path"] != "/metrics":
            return refusal(Refused(NOT_FOUND), "en")
        if scope["method"] not in ("GET", "HEAD"):
            return refusal(
                Refused(METHOD_NOT_ALLOWED, method=scope["method"][:20], allowed="GET, HEAD"), "en"
            )
        self._counted.views_height.set(self._views.height)
        return Reply(
            200,
            await self._ledger() + self._counted.exposition(),
            CONTENT_TYPE,
            [("cache-control", "no-store")],
        )

    async def _ledger(self) -> bytes:
        """What the ledger's process counts; nothing while it is away."""
        if self._facade is None:
            return b""
        try:
            return await asyncio.wait_for(self._facade.exposition(), 2)
        except (Refused, TimeoutError):
            return b""
