"""GET /metrics in the Prometheus text format, on its own address."""

import asyncio

from dongting.errors import Refused
from dongting.http.codes import METHOD_NOT_ALLOWED, NOT_FOUND
from dongting.http.messages import Receive, Reply, Scope, Send, send_reply
from dongting.http.problems import refusal
from dongting.node.facade import Facade
from dongting.node.metrics import CONTENT_TYPE, Metrics


class Exposition:
    """The ASGI 3 application that shows one worker's counts, and where the ledger stands."""

    def __init__(self, counted: Metrics, facade: Facade) -> None:
        self._counted = counted
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
        try:
            status = await asyncio.wait_for(self._facade.status(), 2)
        except (Refused, TimeoutError):
            pass  # the last known values stand while the ledger is away
        else:
            self._counted.height.set(status.height)
            self._counted.leaves.set(status.size)
            self._counted.block_time.set(status.time)
        return Reply(200, self._counted.exposition(), CONTENT_TYPE, [("cache-control", "no-store")])
