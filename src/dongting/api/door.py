"""The way in: every request passes here, is checked, answered, counted and logged; one error shape.

What goes wrong inside is logged with a number and shown to the caller as that number only.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable

from dongting.api import once, statements
from dongting.api.routes import ANY, Call, Route, Table
from dongting.api.service import Service
from dongting.errors import Language, Refused, require
from dongting.http.codes import INTERNAL, UNEXPECTED_BODY, WRONG_MEDIA_TYPE
from dongting.http.conditions import conditional
from dongting.http.language import preferred
from dongting.http.limits import Buckets
from dongting.http.messages import (
    ClientGone,
    Event,
    Head,
    Receive,
    Reply,
    Scope,
    Send,
    client_address,
    head,
    read_body,
    send_reply,
)
from dongting.http.problems import refusal
from dongting.http.signatures import Caller, Callers
from dongting.node.people.codes import BAD_KEY
from dongting.standards import rate_limit
from dongting.standards.http_signatures import matches_digest
from dongting.standards.idempotency_key import parse

log = logging.getLogger("dongting.api")


class Door:
    """The ASGI 3 application. `closing` ends what the worker holds, when the server ends."""

    def __init__(
        self, service: Service, callers: Callers, table: Table, closing: Callable[[], Awaitable[None]]
    ) -> None:
        self._service = service
        self._callers = callers
        self._table = table
        self._closing = closing
        self._noted = Buckets(1, 60, time.monotonic)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection of ASGI: a request, or the server's beginning and end."""
        if scope["type"] == "http":
            await self._request(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def end(self) -> None:
        """Let go of all who wait for blocks or events: the server is about to end."""
        await self._service.feed.end()

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            event: Event = await receive()
            if event["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            else:
                await self._closing()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        seen = _Seen()
        try:
            reply = await self._answer(scope, receive, seen)
        except ClientGone:
            return
        except Refused as refused:
            seen.code = str(refused.code)
            await self._note_refusal(refused, seen, scope)
            reply = refusal(refused, seen.language or _language(scope))
        except Exception:
            reply = self._mistake(seen, scope)
        sent = await send_reply(reply, send, receive, bodiless=scope["method"] == "HEAD")
        self._note(scope, seen, reply.status, sent, time.perf_counter() - began)

    async def _answer(self, scope: Scope, receive: Receive, seen: "_Seen") -> Reply:
        message = head(scope, self._service.limits)
        seen.language = message.language
        proxied = self._service.config.http.behind_tls
        seen.client = client_address(scope, message, proxied=proxied)
        route, named = self._table.find(message.method, message.path)
        seen.route = route
        if route is statements.submit_statements:
            return await statements.submit(self._service, message, receive)
        return await self._call(route, named, message, receive, seen)

    async def _call(
        self, route: Route, named: dict[str, str], message: Head, receive: Receive, seen: "_Seen"
    ) -> Reply:
        caller = None
        if route.signed:
            caller = seen.caller = await self._callers.caller(message)
            route.admit(caller)
        body = await self._body(route, message, receive)
        asked, rest = route.parameters(named, message.asked)
        call = Call(message, caller, route.decode(body), rest, seen.client)
        key = message.get("idempotency-key") if route.keyed else None
        if key is None:
            reply = await route.run(self._service, call, asked)
        else:
            reply = await once.answered(self._service, route, call, asked, body, parse(key))
        return self._finished(route, call, reply)

    def _finished(self, route: Route, call: Call, reply: Reply) -> Reply:
        """The reply with the fields that follow from what the route is."""
        if not any(name == "cache-control" for name, _ in reply.fields):
            kept = "private, no-cache" if route.signed else "no-cache"
            reply.fields.append(("cache-control", kept if route.gets else "no-store"))
        if call.caller is not None:
            allowance = self._callers.allowance(call.caller.organisation)
            reply.fields += rate_limit.fields("organisation", allowance)
        return conditional(reply, call.head) if route.gets else reply

    async def _body(self, route: Route, message: Head, receive: Receive) -> bytes:
        """The content, once its type, its size and its digest are right."""
        takes = route.takes
        if takes is None:
            require(not message.has_content, UNEXPECTED_BODY)
            return b""
        given = message.get("content-type") or ""
        essence, _, parameter = (part.strip().lower() for part in given.partition(";"))
        plain = parameter in ("", "charset=utf-8") and not message.get("content-encoding")
        right = (essence == takes.media_type or takes.media_type == ANY) and plain
        require(right, WRONG_MEDIA_TYPE, wanted=takes.media_type, given=given[:80] or "-")
        limit = self._service.config.http.max_body
        body = await read_body(message, receive, min(limit, route.most or limit), self._service.limits)
        digest = message.get("content-digest")
        if digest is not None:
            matches_digest(digest, body)
        return body

    async def _note_refusal(self, refused: Refused, seen: "_Seen", scope: Scope) -> None:
        """Leave a line in the audit log where a person oversteps, or a key does not work."""
        actor = seen.caller.actor if seen.caller is not None else None
        if refused.code is not BAD_KEY and (actor is None or refused.code.status != 403):
            return
        try:
            self._noted.take(seen.client)
        except Refused:
            return  # enough is known of this client
        entrance = self._service.accounts.entrance
        await asyncio.to_thread(entrance.refused, refused, actor, seen.client, scope["path"])

    def _mistake(self, seen: "_Seen", scope: Scope) -> Reply:
        id = secrets.token_hex(8)
        log.exception("a request failed", extra={"id": id, "path": scope["path"][:200]})
        seen.code = str(INTERNAL)
        refused = Refused(INTERNAL, id=id)
        return refusal(refused, seen.language or "en", instance=f"urn:dongting:failure:{id}")

    def _note(self, scope: Scope, seen: "_Seen", status: int, sent: int, seconds: float) -> None:
        name = seen.route.name if seen.route else "none"
        self._service.metrics.requests.labels(name, f"{status // 100}xx").inc()
        self._service.metrics.request_seconds.labels(name).observe(seconds)
        if log.isEnabledFor(logging.INFO):
            log.info(
                "request",
                extra={
                    "method": scope["method"], "path": scope["path"][:200], "route": name, "status": status,
                    "milliseconds": round(seconds * 1000, 2), "sent": sent,
                    "organisation": seen.caller and seen.caller.organisation, "code": seen.code,
                },
            )  # fmt: skip


class _Seen:
    """What became known of a request while it was answered."""

    __slots__ = ("caller", "client", "code", "language", "route")

    def __init__(self) -> None:
        self.client = ""
        self.code: str | None = None
        self.language: Language | None = None
        self.caller: Caller | None = None
        self.route: Route | None = None


def _language(scope: Scope) -> Language:
    """The reader's language where the head could not be read."""
    for key, value in scope["headers"]:
        if key.lower() == b"accept-language":
            return preferred(value.decode("latin-1"))
    return "en"
