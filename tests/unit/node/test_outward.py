"""Requests go to public addresses only, to the very address that was checked, and nowhere else from there."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from dongting.errors import Refused
from dongting.node.outward import BAD_ADDRESS, PRIVATE_ADDRESS, UNREACHABLE, Answered, Outward, is_public

PRIVATE = [
    "127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.1", "198.18.0.1", "192.0.2.1", "240.0.0.1",
    "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "::ffff:127.0.0.1",
    "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2002:a00:1::", "2001:db8::1",
    "::127.0.0.1", "::a00:1", "64:ff9b:1::7f00:1", "fec0::1", "192.0.0.8",
]  # fmt: skip
PUBLIC = ["1.1.1.1", "8.8.8.8", "114.114.114.114", "2400:3200::1", "2606:4700:4700::1111", "::ffff:8.8.8.8"]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/", "ftp://example.org/", "https://", "https://user@example.org/", "example.org",
        "https://user:pass@example.org/", "https://example.org/#x", "https://example.org:0/", "file:///etc/passwd",
        "https://example.org:99999/", "https://exam ple.org/", "https://[::1", "gopher://x/", "https://例子.cn/",
        "https://example.org\\@127.0.0.1/", "https://example.org/\n",
    ],
)  # fmt: skip
def test_addresses_that_nothing_is_sent_to(url: str) -> None:
    with pytest.raises(Refused) as refused:
        Outward(private=False).check(url)
    assert refused.value.code is BAD_ADDRESS


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "10.1.2.3", "169.254.169.254", "[::ffff:127.0.0.1]"])
def test_literal_private_addresses_are_refused_at_once(host: str) -> None:
    with pytest.raises(Refused) as refused:
        Outward(private=False).check(f"https://{host}/")
    assert refused.value.code is PRIVATE_ADDRESS


@asynccontextmanager
async def receiver(answer: bytes) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server that answers everything so; its port, and what it got."""
    got: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        got.append(head + await reader.readexactly(length))
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], got


def post(private: bool, answer: bytes, host: str = "127.0.0.1") -> tuple[Answered, list[bytes]]:
    async def scene() -> tuple[Answered, list[bytes]]:
        async with receiver(answer) as (port, got):
            return await Outward(private).post(f"http://{host}:{port}/in?x=1", b"body", [("x-a", "b")]), got

    return asyncio.run(scene())


def test_a_message_arrives_whole() -> None:
    answer, (got,) = post(True, b"HTTP/1.1 503 No\r\nRetry-After: 7\r\nContent-Length: 2\r\n\r\nno")
    assert answer == Answered(503, "7", b"no")
    assert got.startswith(b"POST /in?x=1 HTTP/1.1\r\n")
    assert b"\r\nx-a: b\r\n" in got
    assert got.endswith(b"\r\n\r\nbody")


def test_a_redirect_is_an_answer_and_not_followed() -> None:
    answer, got = post(True, b"HTTP/1.1 302 F\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")
    assert answer.status == 302
    assert len(got) == 1


def test_an_endless_answer_is_cut() -> None:
    answer, _ = post(True, b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1_000_000)
    assert len(answer.body) == 16 * 1024


Lookup = Callable[..., Any]


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """A name server that gives these answers, one after the other; what it was asked."""
    asked: list[str] = []

    def look(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        if host in ("127.0.0.1", "::1"):
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]
        found = answers[min(len(asked), len(answers) - 1)]
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in found]

    monkeypatch.setattr(socket, "getaddrinfo", look)
    return asked


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["10.0.0.8"], ["1.1.1.1", "127.0.0.1"], ["169.254.169.254"]]
)
def test_a_name_that_leads_inside_is_refused(monkeypatch: pytest.MonkeyPatch, addresses: list[str]) -> None:
    resolving(monkeypatch, addresses)
    with pytest.raises(Refused) as refused:
        asyncio.run(Outward(private=False).post("https://rebound.example/", b"", []))
    assert refused.value.code is PRIVATE_ADDRESS


def test_a_name_is_resolved_once_and_what_was_checked_is_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """DNS rebinding: the second answer would lead inside; it is never asked for."""
    asked = resolving(monkeypatch, ["192.88.99.1"], ["127.0.0.1"])
    connected: list[str] = []
    outward = Outward(private=False)

    async def connect(host: str, *_: Any) -> Any:
        connected.append(host)
        raise OSError("nobody there")

    monkeypatch.setattr("dongting.node.outward.is_public", lambda address: address == "192.88.99.1")
    monkeypatch.setattr(outward._resolver._backend, "connect_tcp", connect)
    with pytest.raises(Refused) as refused:
        asyncio.run(outward.post("https://rebound.example/", b"", []))
    assert refused.value.code is UNREACHABLE
    assert (asked, connected) == (["rebound.example"], ["192.88.99.1"])


@pytest.mark.parametrize("host", ["0x7f000001", "2130706433", "127.1", "localhost", "0"])
def test_other_spellings_of_this_machine_are_refused(host: str) -> None:
    with pytest.raises(Refused) as refused:
        asyncio.run(Outward(private=False).post(f"https://{host}/", b"", []))
    assert refused.value.code in (PRIVATE_ADDRESS, UNREACHABLE)


def test_nobody_there_is_told() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(Refused) as refused:
        asyncio.run(Outward(private=True).post(f"http://127.0.0.1:{port}/", b"", []))
    assert refused.value.code is UNREACHABLE
