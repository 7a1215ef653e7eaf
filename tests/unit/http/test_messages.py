"""Heads are read strictly, bodies within a size and a time, replies sent chunk by chunk."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dongting.errors import Refused
from dongting.http.limits import Limits
from dongting.http.messages import ClientGone, Head, Reply, head, read_body, send_reply

LIMITS = Limits()


def scope(path: bytes = b"/", query: bytes = b"", *fields: tuple[bytes, bytes]) -> dict[str, Any]:
    return {
        "type": "http", "method": "GET", "path": path.decode("latin-1"), "raw_path": path,
        "query_string": query, "headers": list(fields),
    }  # fmt: skip


def bodies(*events: dict[str, Any]) -> Any:
    waiting = list(events)

    async def receive() -> dict[str, Any]:
        if not waiting:
            await asyncio.sleep(3600)
        return waiting.pop(0)

    return receive


def part(body: bytes, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


def with_length(length: int | None) -> Head:
    fields = (("transfer-encoding", "chunked"),) if length is None else (("content-length", str(length)),)
    return Head("POST", "/", "", {}, fields)


def test_a_head_keeps_what_was_signed() -> None:
    found = head(scope(b"/v1/x", b"a=1&b=%E6%B0%B4", (b"Host", b"node ")), LIMITS)
    assert (found.path, found.query, found.asked) == ("/v1/x", "a=1&b=%E6%B0%B4", {"a": "1", "b": "水"})
    assert found.get("host") == "node"


@given(st.binary(max_size=40).map(lambda tail: b"/" + tail))
def test_an_accepted_path_has_one_spelling(path: bytes) -> None:
    try:
        found = head(scope(path), LIMITS)
    except Refused:
        return
    assert found.path.encode() == path
    segments = found.path.split("/")[1:]
    assert path == b"/" or all(segment not in ("", ".", "..") for segment in segments)


@given(st.binary(max_size=80))
def test_an_accepted_query_has_clean_pairs(query: bytes) -> None:
    try:
        found = head(scope(b"/", query), LIMITS)
    except Refused:
        return
    for text in (*found.asked, *found.asked.values()):
        assert all(ord(character) >= 32 and character != "\x7f" for character in text)


@pytest.mark.parametrize(
    "fields",
    [
        [(b"host", b"a"), (b"host", b"b")],
        [(b"content-length", b"1"), (b"content-length", b"1")],
        [(b"content-length", b"-1")],
        [(b"content-length", b"1e3")],
        [(b"content-length", b"9" * 30)],
        [(b"range", b"bytes=0-1"), (b"range", b"bytes=2-3")],
    ],
)
def test_ambiguous_fields_are_refused(fields: list[tuple[bytes, bytes]]) -> None:
    with pytest.raises(Refused) as refused:
        head(scope(b"/", b"", *fields), LIMITS)
    assert str(refused.value.code) == "http/bad-header"


def test_a_body_in_pieces_is_joined() -> None:
    receive = bodies(part(b"ab", True), part(b"c", True), part(b""))
    assert asyncio.run(read_body(with_length(None), receive, 10, LIMITS)) == b"abc"


@pytest.mark.parametrize("events", [[part(b"abcd")], [part(b"ab", True), part(b"cd", True)]])
def test_a_body_without_a_length_is_bounded(events: list[dict[str, Any]]) -> None:
    with pytest.raises(Refused) as refused:
        asyncio.run(read_body(with_length(None), bodies(*events), 3, LIMITS))
    assert refused.value.code.status == 413


def test_a_body_announced_too_large_is_not_read() -> None:
    with pytest.raises(Refused) as refused:
        asyncio.run(read_body(with_length(4), bodies(), 3, LIMITS))
    assert refused.value.code.status == 413


def test_a_body_that_never_comes_is_given_up() -> None:
    with pytest.raises(Refused) as refused:
        asyncio.run(read_body(with_length(3), bodies(part(b"a", True)), 3, Limits(patience=0)))
    assert (refused.value.code.status, str(refused.value.code)) == (408, "http/too-slow")


def test_a_client_that_hangs_up_is_not_answered() -> None:
    with pytest.raises(ClientGone):
        asyncio.run(
            read_body(with_length(3), bodies(part(b"a", True), {"type": "http.disconnect"}), 3, LIMITS)
        )


class Chunks:
    """Chunks that know whether they were let go."""

    def __init__(self, *chunks: bytes) -> None:
        self.rest = list(chunks)
        self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if not self.rest:
            raise StopIteration
        return self.rest.pop(0)

    def close(self) -> None:
        self.closed = True


def test_chunks_are_sent_one_by_one_and_let_go() -> None:
    events: list[Any] = []

    async def send(event: Any) -> None:
        events.append(event)

    chunks = Chunks(b"ab", b"c")
    sent = asyncio.run(send_reply(Reply(200, chunks, "text/plain", length=3), send))
    assert (sent, [event.get("body") for event in events[1:]]) == (3, [b"ab", b"c", b""])
    assert chunks.closed
    assert (b"content-length", b"3") in events[0]["headers"]


def test_chunks_are_let_go_when_the_client_is_lost() -> None:
    async def send(event: Any) -> None:
        if event["type"] == "http.response.body":
            raise ConnectionError

    chunks = Chunks(b"ab", b"c")
    with pytest.raises(ConnectionError):
        asyncio.run(send_reply(Reply(200, chunks), send))
    assert chunks.closed


def test_chunks_are_let_go_when_only_the_head_is_wanted() -> None:
    async def send(event: Any) -> None:
        assert event.get("body", b"") == b""

    chunks = Chunks(b"ab")
    assert asyncio.run(send_reply(Reply(200, chunks, length=2), send, bodiless=True)) == 0
    assert chunks.closed
