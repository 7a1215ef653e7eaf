"""Connections end: of those who send half a request, and of those who do not read what they asked for."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import uvicorn

from dongting.http import protocol
from dongting.http.messages import Receive, Scope, Send
from dongting.http.protocol import BoundedProtocol

MUCH = 8 * 2**20  # more than the system buffers of one connection take


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers at once, and reads no content."""
    body = bytes(MUCH) if scope["path"] == "/much" else b"."
    fields = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": fields})
    await send({"type": "http.response.body", "body": body[:-1], "more_body": True})
    await send({"type": "http.response.body", "body": body[-1:]})


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[uvicorn.Server]:
    """A server that is soon out of patience."""
    monkeypatch.setattr(protocol, "LIMITS", replace(protocol.LIMITS, head_seconds=0.3, patience=0))
    config = uvicorn.Config(
        answer, http=BoundedProtocol, lifespan="off", log_config=None, port=0, timeout_graceful_shutdown=1
    )
    made = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(made.serve()))
    thread.start()
    while not made.started:
        thread.join(0.01)
    yield made
    made.should_exit = True
    thread.join()


def connected(server: Any, request: bytes, buffer: int | None = None) -> socket.socket:
    """A connection on which that request was sent."""
    made = socket.socket()
    if buffer is not None:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    made.connect(server.servers[0].sockets[0].getsockname())
    made.settimeout(30)
    made.sendall(request)
    return made


def rest(connection: socket.socket) -> bytes:
    """All that still comes, until the other end closes."""
    found = b""
    try:
        while data := connection.recv(2**16):
            found += data
    except ConnectionResetError:
        pass
    connection.close()
    return found


@pytest.mark.parametrize("more", [b"", b"half of it", bytes(100)])
def test_who_sends_on_after_an_early_answer_is_not_waited_for_without_end(server: Any, more: bytes) -> None:
    connection = connected(server, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n")
    assert connection.recv(12) == b"HTTP/1.1 200"
    connection.sendall(more)
    assert rest(connection).endswith(b".")


def test_after_an_early_answer_the_connection_takes_the_next_request(server: Any) -> None:
    connection = connected(server, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n")
    assert connection.recv(12) == b"HTTP/1.1 200"
    connection.sendall(b"abGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert rest(connection).count(b"HTTP/1.1 200") == 1


def test_who_does_not_read_its_answer_is_hung_up_on(server: Any) -> None:
    connection = connected(server, b"GET /much HTTP/1.1\r\nHost: x\r\n\r\n", buffer=2048)
    for _ in range(3000):
        if server.server_state.total_requests and not server.server_state.connections:
            break
        threading.Event().wait(0.01)
    assert not server.server_state.connections
    assert len(rest(connection)) < MUCH
