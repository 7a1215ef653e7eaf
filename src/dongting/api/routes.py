"""What a route is: where it lies, what it takes and gives, who may ask; declared beside its handler.

Routing, checks, examples, tests and OpenAPI all follow from the declaration.
"""

import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, get_type_hints
from urllib.parse import urlencode

import msgspec

from dongting.api.service import Service
from dongting.appkit.fields import Text
from dongting.errors import Code, Fault, Refused, require
from dongting.http.codes import BAD_BODY, BAD_PARAMETER, METHOD_NOT_ALLOWED, NO_STANDING, NOT_FOUND
from dongting.http.messages import Head, Reply
from dongting.http.paths import match
from dongting.http.signatures import Caller
from dongting.node.people.access import APPROVE, PUBLISH, READ, REQUEST, Actor
from dongting.node.people.codes import NEEDS_PERSON, NOT_ALLOWED
from dongting.standards import idempotency_key
from dongting.standards.web_linking import link

JSON = "application/json"
CBOR = "application/cbor"
COSE = "application/cose"
BYTES = "application/octet-stream"
ANY = "*/*"  # where a standard names no type of its content

#: Whoever does something for an organisation on the ledger has one of these.
ACTS = (PUBLISH, APPROVE, REQUEST)
PLAIN = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Content:
    """What a body holds: its media type, for JSON its type, and one example."""

    media_type: str
    type: Any = bytes
    example: Any = None


@dataclass(frozen=True, slots=True)
class Field:
    """A request field that a route reads: its meaning, its form (ECMA-262, anchored), one example."""

    name: str
    text: str
    pattern: str
    example: str
    required: bool = False


IDEMPOTENCY_KEY = Field(
    "Idempotency-Key",
    "Makes it safe to send the request again after a lost answer: within 24 hours the same key and request "
    "get the first answer, the same key with another request is refused "
    "(draft-ietf-httpapi-idempotency-key-header-07).",
    idempotency_key.PATTERN,
    '"8e03978e-40d5-43dd-bc93-6894a57f9324"',
)
IF_NONE_MATCH = Field(
    "If-None-Match",
    "The ETag of an earlier answer: 304 if it still holds (RFC 9110, section 13.1.2).",
    r'^(W/)?"[\x21\x23-\x7e]*"(, *(W/)?"[\x21\x23-\x7e]*")*$|^\*$',
    '"9f86d081884c7d659a2feaa0"',
)


@dataclass(frozen=True, slots=True)
class Call:
    """One request to a handler: who asks (None on public routes), the decoded body, further parameters, and
    the network address that it came from.
    """

    head: Head
    caller: Caller | None
    data: Any
    rest: Mapping[str, str]
    client: str = ""

    @property
    def member(self) -> Caller:
        """Who asks, on a route that is for members only."""
        if self.caller is None:
            raise Fault("a handler for members was reached without one")
        return self.caller

    @property
    def person(self) -> Actor:
        """The person that asks; refuses an organisation that signs by its own key."""
        if self.member.actor is None:
            raise Refused(NEEDS_PERSON)
        return self.member.actor


Handler = Callable[[Service, Call, Any], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Route:
    """One method at one path. `asks` is the struct of its parameters: those that the path names, and the
    query's; with `open_query` the query may have more, which the handler judges. `reads` are the request
    fields of its own. `or_takes` and `or_gives` are a second form of its content; with `partial` it may
    answer 206, with `later` 202 and that content: somebody else has to agree first. `safe` changes nothing,
    whatever its method. Whoever sends an API key needs one of the permissions in `needs`. `local` is about
    the node's people, and open to an organisation that is no member yet; an answer that is `secret` is kept
    nowhere.
    """

    method: str
    path: str
    name: str
    title: Text
    doc: str
    tag: str
    run: Handler
    asks: type[msgspec.Struct]
    takes: Content | None = None
    gives: Content | None = None
    status: int = 200
    signed: bool = True
    open_query: bool = False
    most: int | None = None
    refuses: tuple[Code, ...] = ()
    reads: tuple[Field, ...] = ()
    or_takes: Content | None = None
    or_gives: Content | None = None
    partial: bool = False
    safe: bool = False
    needs: tuple[str, ...] = ()
    local: bool = False
    secret: bool = False
    later: Content | None = None

    @property
    def gets(self) -> bool:
        """Whether it is asked by GET, and so has validators (RFC 9110, section 8.8)."""
        return self.method == "GET"

    @property
    def keyed(self) -> bool:
        """Whether it has an effect that a repetition would have twice, so that it takes an Idempotency-Key:
        PUT and DELETE are idempotent by themselves (RFC 9110, section 9.2.2), statements by their bytes."""
        return self.signed and self.method in ("POST", "PATCH") and not (self.safe or self.secret)

    @property
    def lists(self) -> bool:
        """Whether it answers page by page."""
        fields = self.asks.__struct_fields__
        return "cursor" in fields or {"after", "limit"} <= set(fields)

    @property
    def fields(self) -> tuple[Field, ...]:
        """All request fields that it reads: its own, and those that follow from what it is."""
        given = self.gives is not None and self.gives.media_type in (JSON, PLAIN)
        standard = (
            *([IDEMPOTENCY_KEY] if self.keyed else []),
            *([IF_NONE_MATCH] if self.gets and given else []),
        )
        return (*self.reads, *standard)

    def parameters(self, named: Mapping[str, str], asked: Mapping[str, str]) -> tuple[Any, dict[str, str]]:
        """The typed parameters and, with `open_query`, the others; refuses unknown or malformed ones."""
        known = self.asks.__struct_fields__
        rest = {key: value for key, value in asked.items() if key not in known or key in named}
        if rest and not self.open_query:
            raise Refused(BAD_PARAMETER, why=f"there is no parameter {next(iter(rest))[:40]}")
        given = {**{key: value for key, value in asked.items() if key not in rest}, **named}
        try:
            return msgspec.convert(given, self.asks, strict=False), rest
        except msgspec.ValidationError as error:
            raise Refused(BAD_PARAMETER, why=str(error)[:200]) from None

    def admit(self, caller: Caller) -> None:
        """Refuse who may not come here: an organisation without standing, a person without the permission."""
        require(caller.roles or self.local, NO_STANDING, organisation=caller.organisation)
        if caller.actor is not None:
            allowed = any(caller.actor.may(permission) for permission in self.needs)
            require(allowed, NOT_ALLOWED, permission=" / ".join(self.needs) or "signature")

    def decode(self, body: bytes) -> Any:
        """The decoded body of a route that takes JSON; the bytes of another."""
        if self.takes is None or self.takes.media_type != JSON:
            return body
        try:
            return msgspec.json.decode(body, type=self.takes.type)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Refused(BAD_BODY, why=str(error)[:200]) from None


class Nothing(msgspec.Struct, frozen=True):
    """A route without parameters."""


def route(
    method: str,
    path: str,
    title: tuple[str, str],
    *,
    tag: str,
    takes: Content | None = None,
    gives: Content | None = None,
    status: int = 200,
    signed: bool = True,
    open_query: bool = False,
    most: int | None = None,
    refuses: tuple[Code, ...] = (),
    reads: tuple[Field, ...] = (),
    or_takes: Content | None = None,
    or_gives: Content | None = None,
    partial: bool = False,
    safe: bool = False,
    needs: tuple[str, ...] = (),
    local: bool = False,
    secret: bool = False,
    later: Content | None = None,
) -> Callable[[Handler], Route]:
    """Declare a route (a function decorator); its parameters are the third annotation of the handler.

    `title` is (English, Chinese); `most` bounds the body, in bytes, where it is less than http.max_body.
    """

    def declare(run: Handler) -> Route:
        hints = get_type_hints(run)
        asks = hints[list(inspect.signature(run).parameters)[2]]
        return Route(
            method, path, run.__name__.replace("_", "-"), Text(en=title[0], zh=title[1]),
            inspect.cleandoc(run.__doc__ or ""), tag, run, asks, takes, gives, status, signed, open_query,
            most, refuses, reads, or_takes, or_gives, partial, safe or method == "GET",
            needs or ((READ,) if safe or method == "GET" else ()), local, secret, later,
        )  # fmt: skip

    return declare


class Table:
    """All routes, found by method and path."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = tuple(routes)
        self._fixed: dict[str, dict[str, Route]] = {}
        self._patterns: list[tuple[list[str], dict[str, Route]]] = []
        by_path: dict[str, dict[str, Route]] = {}
        for each in self.routes:
            methods = by_path.setdefault(each.path, {})
            if each.method in methods:
                raise Fault(f"two routes for {each.method} {each.path}")
            methods[each.method] = each
        for path, methods in by_path.items():
            if "{" in path:
                self._patterns.append((path.split("/"), methods))
            else:
                self._fixed[path] = methods

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """The route and what its path names; refuses an unknown path, and a method that it lacks."""
        methods, named = self._at(path)
        found = methods.get("GET" if method == "HEAD" else method)
        if found is None:
            allowed = ", ".join(sorted({*methods, *(["HEAD"] if "GET" in methods else [])}))
            raise Refused(METHOD_NOT_ALLOWED, method=method[:20], allowed=allowed)
        return found, named

    def _at(self, path: str) -> tuple[dict[str, Route], dict[str, str]]:
        fixed = self._fixed.get(path)
        if fixed is not None:
            return fixed, {}
        parts = path.split("/")
        for pattern, methods in self._patterns:
            named = match(pattern, parts)
            if named is not None:
                return methods, named
        raise Refused(NOT_FOUND)


def json_reply(value: Any, *, status: int = 200, fields: Iterable[tuple[str, str]] = ()) -> Reply:
    """A reply in JSON."""
    return Reply(status, msgspec.json.encode(value), JSON, list(fields))


def page_reply(call: Call, value: Any, parameter: str = "cursor") -> Reply:
    """A reply in JSON that holds one page of a list, linked with the first and, unless where it goes on is
    null, with the next one (RFC 8288). `parameter` names that both in the query and in `value`."""
    head = call.head
    kept = {name: each for name, each in head.asked.items() if name != parameter}
    links = {"first": _target(head.path, kept)}
    following = getattr(value, parameter)
    if following is not None:
        links["next"] = _target(head.path, {**kept, parameter: following})
    return json_reply(value, fields=[("link", link(links))])


def _target(path: str, asked: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(asked)}" if asked else path


def bytes_reply(data: bytes, media_type: str = BYTES, cache: str = "no-store") -> Reply:
    """A reply of bytes."""
    return Reply(200, data, media_type, [("cache-control", cache)])
