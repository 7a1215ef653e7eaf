"""The way in to the pages: each request is read strictly, answered, guarded, counted and logged.

A form is taken from our own pages only: the browser says where it comes from (Origin, Fetch Metadata), and it
carries the proof of the session that it was made for.

Browsers are told of what went wrong on a page, programs in problem details (RFC 9457).
"""

import asyncio
import hmac
import logging
import secrets
import time
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from dongting.errors import Refused, require
from dongting.http.codes import INTERNAL
from dongting.http.conditions import conditional
from dongting.http.language import preferred
from dongting.http.limits import Buckets, Limits
from dongting.http.messages import (
    ClientGone,
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
from dongting.node.metrics import Metrics
from dongting.node.people.codes import CROSS_SITE, NOT_ALLOWED, NOT_SIGNED_IN, SIGN_IN_FAILED
from dongting.web import forms
from dongting.web.places import SIGNED_IN, Place, Places
from dongting.web.site import HTML, Site
from dongting.web.visits import COOKIE, Visit, address, session_cookie, session_token, visit_of

log = logging.getLogger("dongting.web")

_YEAR = 31_536_000
_GUARDS = [
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("cross-origin-opener-policy", "same-origin"),
]


class Door:
    """The ASGI 3 application over the places of a site. `authorities` are the hosts that forms may come from;
    `proxied` says that the last address in X-Forwarded-For is the client's.
    """

    def __init__(
        self,
        site: Site,
        places: Sequence[Place],
        limits: Limits,
        counted: Metrics,
        *,
        authorities: frozenset[str],
        proxied: bool,
    ) -> None:
        self._site = site
        self._places = Places(places)
        self._limits = limits
        self._counted = counted
        self._authorities = authorities
        self._proxied = proxied
        self._noted = Buckets(1, 60, time.monotonic)
        self._guards = list(_GUARDS)
        if site.secure:
            self._guards.append(("strict-transport-security", f"max-age={_YEAR}"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; the server's beginning and end need nothing."""
        if scope["type"] == "lifespan":
            while (await receive())["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})
        elif scope["type"] == "http":
            await self._request(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        seen = _Seen(_stranger(scope))
        try:
            reply = await self._answer(scope, receive, seen)
        except ClientGone:
            return
        except Refused as refused:
            await self._note_refusal(refused, seen.visit)
            reply = self._refused(refused, seen.visit)
        except Exception:
            reply = self._mistake(seen.visit)
        visit = seen.visit
        reply.fields += self._guards
        if visit.chosen:
            reply.fields.append(("set-cookie", self._cookie(visit)))
        sent = await send_reply(reply, send, bodiless=visit.head.method == "HEAD")
        self._note(visit, seen.name, reply.status, sent, time.perf_counter() - began)

    async def _answer(self, scope: Scope, receive: Receive, seen: "_Seen") -> Reply:
        message = head(scope, self._limits)
        seen.visit = visit_of(message, client_address(scope, message, proxied=self._proxied))
        place, named = self._places.find(message.path)
        seen.visit = replace(seen.visit, named=named)
        page = place.page(message.method)
        seen.name = page.__name__
        token = session_token(message, secure=self._site.secure)
        if token is not None:
            found = await asyncio.to_thread(self._site.accounts.entrance.find, token)
            seen.visit = replace(seen.visit, session=found)
        if place.needs is not None and seen.visit.actor is None and message.method != "POST":
            back = address("/signin", {"next": seen.visit.here})
            return self._without(
                token, Reply(303, b"", None, [("location", back), ("cache-control", "no-store")])
            )
        _admit(place, seen.visit)
        if message.method == "POST":
            await self._read(place, receive, seen)
            return await page(self._site, seen.visit)
        reply = await page(self._site, seen.visit)
        if seen.visit.session is not None and seen.visit.session.said and reply.media_type == HTML:
            await asyncio.to_thread(self._site.accounts.entrance.say, seen.visit.session, ())
        reply.fields.append(("vary", "accept-language, cookie"))
        return conditional(reply, message)

    async def _read(self, place: Place, receive: Receive, seen: "_Seen") -> None:
        """The form, once it is sure that a page of ours sent it."""
        message, session = seen.visit.head, seen.visit.session
        require(self._from_here(message), CROSS_SITE)
        form = forms.parse(message, await read_body(message, receive, place.most, self._limits))
        if session is not None:
            given = form.raw("proof").encode("utf-8", "replace")
            require(hmac.compare_digest(given, session.proof.encode()), CROSS_SITE)
        seen.visit = replace(seen.visit, form=form)

    def _from_here(self, message: Head) -> bool:
        """Whether the browser says that a page of this site sent the form."""
        if message.get("sec-fetch-site") not in (None, "same-origin", "none"):
            return False
        origin = message.get("origin")
        if origin is None:
            return message.get("sec-fetch-site") is not None
        return urlsplit(origin).netloc.lower() in self._authorities and origin.count("/") == 2

    def _without(self, token: str | None, reply: Reply) -> Reply:
        """The reply; takes away the cookie of a session that has ended."""
        if token is not None:
            reply.fields.append(session_cookie("", secure=self._site.secure))
        return reply

    async def _note_refusal(self, refused: Refused, visit: Visit) -> None:
        """Leave a line in the audit log about what looks like an attack or an overstepping."""
        acted = visit.actor is not None and (visit.head.method == "POST" or refused.code.status == 403)
        known = refused.code.module == "people" and refused.code not in (SIGN_IN_FAILED, NOT_SIGNED_IN)
        if not (acted or known):
            return
        try:
            self._noted.take(visit.client)
        except Refused:
            return  # enough is known of this client
        await asyncio.to_thread(
            self._site.accounts.entrance.refused, refused, visit.actor, visit.client, visit.path
        )

    def _refused(self, refused: Refused, visit: Visit, instance: str | None = None) -> Reply:
        told = refusal(refused, visit.language, instance=instance)
        if not visit.wants_page:
            return told
        page = self._site.page(visit, "error.html", section="", refused=refused)
        said = {name for name, _ in page.fields}
        kept = [field for field in told.fields if field[0] not in said and field[0] != "vary"]
        page.fields += [*kept, ("vary", "accept, accept-language, cookie")]
        return page

    def _mistake(self, visit: Visit) -> Reply:
        id = secrets.token_hex(8)
        log.exception("a page failed", extra={"id": id, "path": visit.path[:200]})
        return self._refused(Refused(INTERNAL, id=id), visit, f"urn:dongting:failure:{id}")

    def _cookie(self, visit: Visit) -> str:
        guard = "; Secure" if self._site.secure else ""
        return f"{COOKIE}={visit.language}; Path=/; Max-Age={_YEAR}; HttpOnly; SameSite=Lax{guard}"

    def _note(self, visit: Visit, name: str, status: int, sent: int, seconds: float) -> None:
        self._counted.requests.labels(f"page-{name}", f"{status // 100}xx").inc()
        self._counted.request_seconds.labels(f"page-{name}").observe(seconds)
        extra = {
            "method": visit.head.method, "path": visit.path[:200], "route": f"page-{name}", "status": status,
            "milliseconds": round(seconds * 1000, 2), "sent": sent,
        }  # fmt: skip
        log.info("request", extra=extra)


def _admit(place: Place, visit: Visit) -> None:
    """Refuse whoever may not come to a place."""
    if place.needs is None:
        return
    if visit.actor is None:
        raise Refused(NOT_SIGNED_IN)
    allowed = place.needs == SIGNED_IN or visit.actor.may(place.needs)
    require(allowed, NOT_ALLOWED, permission=place.needs)


class _Seen:
    """What became known of a request while it was answered."""

    __slots__ = ("name", "visit")

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.name = "none"


def _stranger(scope: Scope) -> Visit:
    """The visit of a request whose head could not be read: only language and kind of client are known."""
    known = {
        name: value.decode("latin-1")
        for name, value in ((key.decode("latin-1").lower(), value) for key, value in scope["headers"])
        if name in ("accept", "accept-language")
    }
    fields = tuple(known.items())
    return Visit(Head(scope["method"], "/", "", {}, fields), preferred(known.get("accept-language")))
