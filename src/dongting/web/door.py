"""The way in to the pages: each request is read strictly, answered, guarded, counted and logged.

Browsers are told of what went wrong on a page, programs in problem details (RFC 9457).
"""

import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from dongting.errors import Refused
from dongting.http.codes import INTERNAL, METHOD_NOT_ALLOWED, NOT_FOUND
from dongting.http.conditions import conditional
from dongting.http.language import preferred
from dongting.http.limits import Limits
from dongting.http.messages import Head, Receive, Reply, Scope, Send, head, send_reply
from dongting.http.problems import refusal
from dongting.node.metrics import Metrics
from dongting.web.site import Site
from dongting.web.visits import COOKIE, Visit, visit_of

Page = Callable[[Site, Visit], Awaitable[Reply]]

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
    """The ASGI 3 application. `routes` are pairs of a path and its page; `secure`: reached by HTTPS only."""

    def __init__(
        self,
        site: Site,
        routes: Sequence[tuple[str, Page]],
        limits: Limits,
        counted: Metrics,
        *,
        secure: bool,
    ) -> None:
        self._site = site
        self._fixed = {path: page for path, page in routes if "{" not in path}
        named = [(path.partition("/{"), page) for path, page in routes if "{" in path]
        self._named = [(base, name.rstrip("}"), page) for (base, _, name), page in named]
        self._limits = limits
        self._counted = counted
        self._secure = secure
        self._guards = list(_GUARDS)
        if secure:
            self._guards.append(("strict-transport-security", f"max-age={_YEAR}"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; the server's beginning and end need nothing."""
        if scope["type"] == "lifespan":
            while (await receive())["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})
        elif scope["type"] == "http":
            await self._request(scope, send)

    async def _request(self, scope: Scope, send: Send) -> None:
        began = time.perf_counter()
        visit = _stranger(scope)
        name = "none"
        try:
            visit = visit_of(head(scope, self._limits))
            page, visit = self._find(visit)
            name = page.__name__
            reply = await page(self._site, visit)
            reply.fields.append(("vary", "accept-language, cookie"))
            reply = conditional(reply, visit.head)
        except Refused as refused:
            reply = self._refused(refused, visit)
        except Exception:
            reply = self._mistake(visit)
        reply.fields += self._guards
        if visit.chosen:
            reply.fields.append(("set-cookie", self._cookie(visit)))
        sent = await send_reply(reply, send, bodiless=visit.head.method == "HEAD")
        self._note(visit, name, reply.status, sent, time.perf_counter() - began)

    def _find(self, visit: Visit) -> tuple[Page, Visit]:
        page = self._fixed.get(visit.path)
        if page is None:
            for base, name, each in self._named:
                last = visit.path.removeprefix(base + "/")
                if last not in ("", visit.path) and ("/" not in last or name.endswith("...")):
                    page, visit = each, replace(visit, named={name.rstrip("."): last})
                    break
        if page is None:
            raise Refused(NOT_FOUND)
        if visit.head.method not in ("GET", "HEAD"):
            raise Refused(METHOD_NOT_ALLOWED, method=visit.head.method[:20], allowed="GET, HEAD")
        return page, visit

    def _refused(self, refused: Refused, visit: Visit, instance: str | None = None) -> Reply:
        told = refusal(refused, visit.language, instance=instance)
        if not visit.wants_page:
            return told
        status = refused.code.status
        page = self._site.page(visit, "error.html", status=status, section="", refused=refused)
        kept = [field for field in told.fields if field[0] not in ("content-language", "vary")]
        page.fields += [*kept, ("vary", "accept, accept-language, cookie")]
        return page

    def _mistake(self, visit: Visit) -> Reply:
        id = secrets.token_hex(8)
        log.exception("a page failed", extra={"id": id, "path": visit.path[:200]})
        return self._refused(Refused(INTERNAL, id=id), visit, f"urn:dongting:failure:{id}")

    def _cookie(self, visit: Visit) -> str:
        guard = "; Secure" if self._secure else ""
        return f"{COOKIE}={visit.language}; Path=/; Max-Age={_YEAR}; HttpOnly; SameSite=Lax{guard}"

    def _note(self, visit: Visit, name: str, status: int, sent: int, seconds: float) -> None:
        self._counted.requests.labels(f"page-{name}", f"{status // 100}xx").inc()
        self._counted.request_seconds.labels(f"page-{name}").observe(seconds)
        extra = {
            "method": visit.head.method, "path": visit.path[:200], "route": f"page-{name}", "status": status,
            "milliseconds": round(seconds * 1000, 2), "sent": sent,
        }  # fmt: skip
        log.info("request", extra=extra)


def _stranger(scope: Scope) -> Visit:
    """The visit of a request whose head could not be read: only language and kind of client are known."""
    known = {
        name: value.decode("latin-1")
        for name, value in ((key.decode("latin-1").lower(), value) for key, value in scope["headers"])
        if name in ("accept", "accept-language")
    }
    fields = tuple(known.items())
    return Visit(Head(scope["method"], "/", "", {}, fields), preferred(known.get("accept-language")))
