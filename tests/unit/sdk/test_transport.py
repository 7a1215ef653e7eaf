"""A client lets go of what it sent as soon as it has the answer."""

import gc
import threading
import weakref
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from dongting.sdk.transport import Transport
from dongting.wire.keys import PrivateKey
from dongting.wire.profile import INTERNATIONAL
from dongting.wire.suites import ED25519


class _Taking(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_PATCH(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Taking)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_request_is_gone_with_its_answer_without_the_collector_of_cycles(url: str) -> None:
    transport = Transport(url, PrivateKey.generate(ED25519), INTERNATIONAL)
    gc.disable()
    try:
        answer = transport.ask("PATCH", "/v1/uploads/x", content=b"a piece of a file")
        assert answer.content == b"{}"
        request = weakref.ref(answer.request)
        del answer
        assert request() is None
    finally:
        gc.enable()
        transport.close()
