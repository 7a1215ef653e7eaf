"""One visit: what was asked, what the address names, who asks, and the language of the answer."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from dongting.errors import Fault, Language
from dongting.http.language import preferred
from dongting.http.messages import Head
from dongting.node.people.access import Actor
from dongting.node.people.entrance import Session
from dongting.web.forms import Form

COOKIE = "lang"
_COOKIE = re.compile(r"(?:^|;)\s*lang=(en|zh)\s*(?:;|$)")
_SESSION = re.compile(r"(?:^|;)\s*((?:__Host-)?session)=([A-Za-z0-9_-]{43})\s*(?:;|$)")
#: A place on this site: a path as the way in takes it, and a query of printable characters.
_LOCAL = re.compile(r"(?!.*/\.{1,2}(?:[/?]|$))(?:(?:/[A-Za-z0-9._~@-]+)+|/)(?:\?[!-~]*)?")


@dataclass(frozen=True, slots=True)
class Visit:
    """`named` is what the address names; `chosen` says that the language was asked for by this request.

    `client` is the network address that the request came from; `form` is what a POST brought.
    """

    head: Head
    language: Language
    chosen: bool = False
    named: Mapping[str, str] = field(default_factory=dict)
    client: str = ""
    session: Session | None = None
    form: Form = field(default_factory=Form)

    @property
    def path(self) -> str:
        """The path of the address."""
        return self.head.path

    @property
    def actor(self) -> Actor | None:
        """Who asks; None for somebody who is not signed in."""
        return self.session.actor if self.session is not None else None

    @property
    def member(self) -> Actor:
        """Who asks, on a page that is for people who signed in."""
        if self.session is None:
            raise Fault("a page for people was reached without one")
        return self.session.actor

    @property
    def organisation(self) -> str:
        """The organisation acted for, on a page that needs a permission there."""
        acted = self.member.organisation
        if acted is None:
            raise Fault("a page of an organisation was reached without one")
        return acted

    def asked(self, name: str) -> str:
        """A parameter of the query, empty where it is missing."""
        return self.head.asked.get(name, "").strip()

    def in_language(self, language: Language) -> str:
        """The same address, asking for a language."""
        return address(self.path, {**self.head.asked, "lang": language})

    @property
    def here(self) -> str:
        """The address asked for, to come back to it; the first page after a form."""
        if self.head.method not in ("GET", "HEAD"):
            return "/"
        return f"{self.path}?{self.head.query}" if self.head.query else self.path

    @property
    def wants_page(self) -> bool:
        """Whether the client reads HTML, as every browser says; others are told of errors in JSON."""
        return "text/html" in (self.head.get("accept") or "")


def visit_of(head: Head, client: str = "") -> Visit:
    """The visit that a request begins: its language as asked, else as remembered, else as preferred."""
    asked = head.asked.get("lang")
    if asked in ("en", "zh"):
        return Visit(head, "zh" if asked == "zh" else "en", True, client=client)
    kept = _COOKIE.search(head.get("cookie") or "")
    if kept is not None:
        return Visit(head, "zh" if kept[1] == "zh" else "en", client=client)
    return Visit(head, preferred(head.get("accept-language")), client=client)


def session_token(head: Head, *, secure: bool) -> str | None:
    """The session's token among the cookies. Where all is encrypted, only a cookie that no other host and no
    unencrypted page could set counts (RFC 6265bis, `__Host-`).
    """
    for found in _SESSION.finditer(head.get("cookie") or ""):
        if found[1] == _cookie_name(secure):
            return found[2]
    return None


def session_cookie(token: str, *, secure: bool) -> tuple[str, str]:
    """The field that gives the browser its session, or takes it away where `token` is empty."""
    guard = "; Secure" if secure else ""
    ends = "" if token else "; Max-Age=0"
    return "set-cookie", f"{_cookie_name(secure)}={token}; Path=/; HttpOnly; SameSite=Lax{ends}{guard}"


def local(target: str) -> str:
    """The same place if it lies on this site, else the first page: nobody is led elsewhere."""
    return target if len(target) <= 2000 and _LOCAL.fullmatch(target) else "/"


def address(path: str, asked: Mapping[str, str]) -> str:
    """A path with a query of the parameters that have a value."""
    query = urlencode({key: value for key, value in asked.items() if value})
    return f"{path}?{query}" if query else path


def _cookie_name(secure: bool) -> str:
    return "__Host-session" if secure else "session"
