"""HTTP messages over ASGI 3: the head of a request, read strictly; its body, bounded; and replies.

One spelling per address: a path has no escapes, dot segments or empty segments, a query no key twice, so
that what is signed, what is routed and what is logged are the same thing.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, MutableMapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from dongting.errors import Language, Refused, require
from dongting.http.codes import (
    BAD_HEADER,
    BAD_PATH,
    BAD_QUERY,
    BODY_TOO_LARGE,
    HEADER_TOO_LARGE,
    TOO_SLOW,
)
from dongting.http.language import preferred
from dongting.http.limits import Limits

Scope = MutableMapping[str, Any]
Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_PATH = re.compile(rb"(?:/[A-Za-z0-9._~@-]+)+|/")
_DOTS = re.compile(rb"/\.{1,2}(?:/|$)")
_QUERY = re.compile(rb"[!-~]*")
_BAD_TEXT = re.compile(r"[\x00-\x1f\x7f]")
_ONCE = frozenset(
    {"accept-language", "authorization", "content-digest", "content-encoding", "content-length",
     "content-type", "host", "idempotency-key", "if-match", "if-none-match", "last-event-id", "range",
     "upload-offset"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Head:
    """Method, path, query and fields of a request. `query` keeps the bytes as sent, `asked` its pairs."""

    method: str
    path: str
    query: str
    asked: dict[str, str]
    fields: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str | None:
        """The value of a field that may stand once only; None where it is missing."""
        return next((value for key, value in self.fields if key == name), None)

    @property
    def language(self) -> Language:
        """The language in which the sender wants to read refusals."""
        return preferred(self.get("accept-language"))

    @property
    def length(self) -> int | None:
        """Bytes of content announced; None when they come in chunks of unknown number."""
        if any(key == "transfer-encoding" for key, _ in self.fields):
            return None
        return int(self.get("content-length") or 0)

    @property
    def has_content(self) -> bool:
        """Whether content follows."""
        return self.length != 0


@dataclass(slots=True)
class Reply:
    """A response; a body of several chunks comes from an iterator that may block (files), or from an
    asynchronous one that takes its time (events)."""

    status: int = 200
    body: bytes | Iterator[bytes] | AsyncGenerator[bytes] = b""
    media_type: str | None = None
    fields: list[tuple[str, str]] = field(default_factory=list)
    length: int | None = None


def kept_as(name: str, body: bytes | Iterator[bytes], media_type: str) -> Reply:
    """A reply that a browser keeps as a file of that name, which has letters, digits and . _ - only."""
    fields = [("content-disposition", f'attachment; filename="{name}"'), ("cache-control", "no-store")]
    return Reply(200, body, media_type, fields)


def head(scope: Scope, limits: Limits) -> Head:
    """The head of the request in an ASGI scope; refuses what has two readings or too many bytes."""
    raw: list[tuple[bytes, bytes]] = list(scope["headers"])
    size = sum(len(key) + len(value) + 4 for key, value in raw)
    size += len(scope.get("raw_path") or b"") + len(scope["query_string"])
    require(size <= limits.head and len(raw) <= limits.fields, HEADER_TOO_LARGE, limit=limits.head)
    fields = tuple((key.decode("latin-1").lower(), value.decode("latin-1").strip()) for key, value in raw)
    _check_fields(fields)
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    require(_PATH.fullmatch(path) and not _DOTS.search(path), BAD_PATH)
    query: bytes = scope["query_string"]
    return Head(scope["method"], path.decode("ascii"), query.decode("latin-1"), _pairs(query), fields)


def client_address(scope: Scope, head: Head, *, proxied: bool) -> str:
    """The network address of whoever asks; behind a proxy the one that the proxy appended last."""
    told = [value for key, value in head.fields if key == "x-forwarded-for"]
    if proxied and told:
        return told[-1].rpartition(",")[2].strip()[:64]
    return str((scope.get("client") or ("",))[0])


def _check_fields(fields: tuple[tuple[str, str], ...]) -> None:
    seen: set[str] = set()
    for key, value in fields:
        if key in _ONCE:
            require(key not in seen, BAD_HEADER, field=key, why="it stands twice")
            seen.add(key)
        if key == "content-length":
            digits = value.isascii() and value.isdigit() and len(value) <= 18
            require(digits, BAD_HEADER, field=key, why="not a number")


def _pairs(query: bytes) -> dict[str, str]:
    if not query:
        return {}
    require(_QUERY.fullmatch(query), BAD_QUERY, why="only printable ASCII, else percent-encoded")
    try:
        pairs = parse_qsl(
            query.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=40,
        )
    except (ValueError, UnicodeDecodeError):
        raise Refused(BAD_QUERY, why="key=value pairs in UTF-8, joined by &, at most 40") from None
    found: dict[str, str] = {}
    for key, value in pairs:
        require(key not in found, BAD_QUERY, why=f"{key[:40]} stands twice")
        clean = not (_BAD_TEXT.search(key) or _BAD_TEXT.search(value)) and len(value) <= 2000
        require(clean, BAD_QUERY, why="a control character, or a value of more than 2,000 characters")
        found[key] = value
    return found


async def read_body(head: Head, receive: Receive, limit: int, limits: Limits) -> bytes:
    """The whole content of a request, at most `limit` bytes, within the time that its size allows."""
    require((head.length or 0) <= limit, BODY_TOO_LARGE, limit=limit)
    seconds = limits.patience + (limit if head.length is None else head.length) // limits.slowest
    try:
        async with asyncio.timeout(seconds):
            return await _collect(receive, limit)
    except TimeoutError:
        raise Refused(TOO_SLOW, seconds=seconds) from None


async def _collect(receive: Receive, limit: int) -> bytes:
    event = await receive()
    if event["type"] == "http.request" and not event.get("more_body", False):
        body: bytes = event.get("body", b"")
        require(len(body) <= limit, BODY_TOO_LARGE, limit=limit)
        return body
    whole = bytearray()
    while event["type"] == "http.request":
        whole += event.get("body", b"")
        require(len(whole) <= limit, BODY_TOO_LARGE, limit=limit)
        if not event.get("more_body", False):
            return bytes(whole)
        event = await receive()
    raise ClientGone


class ClientGone(Exception):
    """The client hung up; there is nobody to answer."""


async def send_reply(
    reply: Reply, send: Send, receive: Receive | None = None, *, bodiless: bool = False
) -> int:
    """Send a reply; bytes of content sent. `bodiless` leaves the content out (HEAD).

    `receive` tells when the client has gone, which ends an asynchronous body.
    """
    fields = [(key.lower().encode(), value.encode("latin-1")) for key, value in reply.fields]
    if reply.media_type is not None:
        fields.append((b"content-type", reply.media_type.encode()))
    length = len(reply.body) if isinstance(reply.body, bytes) else reply.length
    if length is not None and reply.status not in (204, 304):
        fields.append((b"content-length", b"%d" % length))
    fields.append((b"x-content-type-options", b"nosniff"))
    await send({"type": "http.response.start", "status": reply.status, "headers": fields})
    if isinstance(reply.body, bytes):
        body = b"" if bodiless else reply.body
        await send({"type": "http.response.body", "body": body})
        return len(body)
    if isinstance(reply.body, AsyncGenerator):
        return await _live(reply.body, send, receive, bodiless)
    if bodiless:
        _let_go(reply.body)
        await send({"type": "http.response.body", "body": b""})
        return 0
    return await _stream(reply.body, send)


async def _live(chunks: AsyncGenerator[bytes], send: Send, receive: Receive | None, bodiless: bool) -> int:
    """Chunk by chunk as they come, until there are no more or nobody is there to read them."""
    sent = 0
    gone = asyncio.create_task(_gone(receive)) if receive is not None else None
    try:
        while not bodiless:
            coming = asyncio.ensure_future(anext(chunks, None))
            await asyncio.wait([coming, *([gone] if gone else [])], return_when=asyncio.FIRST_COMPLETED)
            if not coming.done():
                coming.cancel()
                await asyncio.gather(coming, return_exceptions=True)
                break
            chunk = coming.result()
            if chunk is None:
                break
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
            sent += len(chunk)
        await send({"type": "http.response.body", "body": b""})
    finally:
        if gone is not None:
            gone.cancel()
        await chunks.aclose()
    return sent


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _stream(chunks: Iterator[bytes], send: Send) -> int:
    """Chunk by chunk, each read in a thread while the last one is on its way; one chunk in memory."""
    sent = 0
    try:
        while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
            sent += len(chunk)
        await send({"type": "http.response.body", "body": b""})
    finally:
        _let_go(chunks)
    return sent


def _let_go(chunks: Iterator[bytes]) -> None:
    close = getattr(chunks, "close", None)
    if close is not None:
        with suppress(OSError, ValueError):  # ValueError: a thread is still reading the last chunk
            close()
