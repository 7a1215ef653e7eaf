"""One visit: what was asked, what the address names, and the language of the answer."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from dongting.errors import Language
from dongting.http.language import preferred
from dongting.http.messages import Head

COOKIE = "lang"
_COOKIE = re.compile(r"(?:^|;)\s*lang=(en|zh)\s*(?:;|$)")


@dataclass(frozen=True, slots=True)
class Visit:
    """`named` is what the address names; `chosen` says that the language was asked for by this request."""

    head: Head
    language: Language
    chosen: bool = False
    named: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The path of the address."""
        return self.head.path

    def asked(self, name: str) -> str:
        """A parameter of the query, empty where it is missing."""
        return self.head.asked.get(name, "").strip()

    def in_language(self, language: Language) -> str:
        """The same address, asking for a language."""
        return address(self.path, {**self.head.asked, "lang": language})

    @property
    def wants_page(self) -> bool:
        """Whether the client reads HTML, as every browser says; others are told of errors in JSON."""
        return "text/html" in (self.head.get("accept") or "")


def visit_of(head: Head) -> Visit:
    """The visit that a request begins: its language as asked, else as remembered, else as preferred."""
    asked = head.asked.get("lang")
    if asked in ("en", "zh"):
        return Visit(head, "zh" if asked == "zh" else "en", True)
    kept = _COOKIE.search(head.get("cookie") or "")
    if kept is not None:
        return Visit(head, "zh" if kept[1] == "zh" else "en")
    return Visit(head, preferred(head.get("accept-language")))


def address(path: str, asked: Mapping[str, str]) -> str:
    """A path with a query of the parameters that have a value."""
    query = urlencode({key: value for key, value in asked.items() if value})
    return f"{path}?{query}" if query else path
