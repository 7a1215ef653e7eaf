"""The HTTP/1.1 connection: uvicorn's, with bounds on a request's head and problem details for bad ones.

The parser keeps whatever a client sends until the head is complete; here a head has a longest size and a
longest time (RFC 9112, section 3; RFC 6585, section 5). No state of a connection lasts for ever: neither
the rest of a request that was answered early, nor a response that nobody reads.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from dongting.errors import Refused
from dongting.http.codes import BAD_MESSAGE, HEADER_TOO_LARGE
from dongting.http.limits import LIMITS
from dongting.http.problems import refusal


class BoundedProtocol(HttpToolsProtocol):
    """One connection; between requests uvicorn's own keep-alive time counts."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._in_head = True
        self._head_bytes = 0
        self._head_timer: asyncio.TimerHandle | None = None
        self._unread_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_timer is None:
                self._expect_head()
        super().data_received(data)
        if self._in_head and self._head_bytes > LIMITS.head and not self.transport.is_closing():
            self._refuse(Refused(HEADER_TOO_LARGE, limit=LIMITS.head))

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._head_bytes = 0
        self._stop_timer()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_head = True
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.response_complete and self.cycle.more_body:
            self._expect_head()  # answered early: the rest of the content and the next head share its time

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._unread_timer is None:
            self._unread_timer = self.loop.call_later(LIMITS.patience, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._unread_timer is not None:
            self._unread_timer.cancel()
            self._unread_timer = None

    def timeout_keep_alive_handler(self) -> None:
        if self.transport.get_write_buffer_size():
            self.transport.abort()  # to close would wait until the client has read the last response
        super().timeout_keep_alive_handler()

    def send_400_response(self, msg: str) -> None:
        self._refuse(Refused(BAD_MESSAGE))

    def _expect_head(self) -> None:
        self._stop_timer()
        self._head_timer = self.loop.call_later(LIMITS.head_seconds, self._too_late)

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _too_late(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()

    def _refuse(self, refused: Refused) -> None:
        self._stop_timer()
        reply = refusal(refused, "en")
        assert isinstance(reply.body, bytes)
        fields = [
            *reply.fields,
            ("content-type", str(reply.media_type)),
            ("content-length", str(len(reply.body))),
        ]
        head = b"".join(f"{name}: {value}\r\n".encode() for name, value in fields)
        self.transport.write(STATUS_LINE[reply.status] + head + b"\r\n" + reply.body)
        self.transport.close()
