"""A real worker process on a real socket, with the ledger's process at the other end of its link."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from dongting.node.link import LinkServer
from dongting.sdk.transport import Signature
from dongting.wire import cbor


class Worker:
    """One worker over a site's façade; `ask` keeps the façade's loop running meanwhile."""

    def __init__(self, site: Any, home: Path, metrics_port: int) -> None:
        self.site = site
        self.log = home / "worker.log"
        config = home / "dongting.toml"
        config.write_text(
            f'[node]\nhome = "{site.home.path}"\n[http]\nport = 0\nmax_body = 4194304\n'
            f'[log]\nfile = "{self.log}"\n'
            f'[metrics]\nenabled = true\nbind = "127.0.0.1:{metrics_port}"\n'
        )
        self.server = LinkServer(site.node, site.home.socket)
        site.run(self.server.start())
        listener = socket.create_server(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        listener.set_inheritable(True)
        number = listener.fileno()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "dongting.cli.worker", str(config), str(number)], pass_fds=(number,)
        )
        listener.close()
        self.url = f"http://127.0.0.1:{self.port}"

    def ask(self, method: str, url: str, **more: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(base_url=self.url, trust_env=False) as client:
                return await client.request(method, url, **more)

        answer: httpx.Response = self.site.run(ask())
        return answer

    def raw(self, *pieces: bytes) -> bytes:
        """Bytes as they are, and everything that comes back."""

        def talk() -> bytes:
            with socket.create_connection(("127.0.0.1", self.port), timeout=20) as link:
                for piece in pieces:
                    link.sendall(piece)
                received = b""
                while chunk := link.recv(65536):
                    received += chunk
                return received

        answer: bytes = self.site.run(asyncio.to_thread(talk))
        return answer

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)
        self.site.run(self.server.stop())


@pytest.fixture(scope="module")
def worker(site: Any) -> Iterator[Worker]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        metrics_port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as home:
        made = Worker(site, Path(home), metrics_port)
        made.metrics = f"http://127.0.0.1:{metrics_port}/metrics"  # type: ignore[attr-defined]
        until = time.monotonic() + 30
        while True:
            try:
                if made.ask("GET", "/health/live").status_code == 200:
                    break
            except httpx.HTTPError:
                assert time.monotonic() < until, "the worker does not answer"
                time.sleep(0.05)
        yield made
        made.close()


def test_a_batch_is_committed_and_read_back(worker: Any) -> None:
    site = worker.site
    datasets = [site.dataset() for _ in range(20)]
    batch = [site.statement("env-bureau", "catalogue/publish", each) for each in datasets]
    answer = worker.ask(
        "POST", "/v1/statements", content=cbor.encode(batch), headers={"content-type": "application/cbor"}
    )
    assert {each["state"] for each in answer.json()["statements"]} == {"accepted"}
    height = answer.json()["statements"][-1]["height"]
    site.project()
    signature = Signature(site.keys["green-tech"], site.profile)
    target = f"/v1/records/catalogue.dataset/{datasets[-1]['id']}?height={height}"
    assert worker.ask("GET", target, auth=signature).json()["record"]["id"] == datasets[-1]["id"]
    listed = worker.ask("GET", f"/v1/records/catalogue.dataset?height={height}", auth=signature).json()
    assert listed["records"]


def test_a_refusal_crosses_the_link_with_its_code(worker: Any) -> None:
    signature = Signature(worker.site.keys["green-tech"], worker.site.profile)
    answer = worker.ask("GET", "/v1/records/catalogue.dataset/not-there", auth=signature)
    assert (answer.status_code, answer.json()["code"]) == (404, "node/no-such-record")


def test_a_file_goes_up_and_comes_down(worker: Any) -> None:
    site = worker.site
    signature = Signature(site.keys["env-bureau"], site.profile)
    data = os.urandom(3_000_000)
    digest = site.profile.hash(data).hex()
    begun = worker.ask("POST", "/v1/uploads", json={"size": len(data), "digest": digest}, auth=signature)
    target = f"/v1/uploads/{begun.json()['upload']}"
    fields = {"upload-offset": "0", "content-type": "application/octet-stream"}
    assert worker.ask("PATCH", target, content=data, headers=fields, auth=signature).status_code == 200
    assert worker.ask("POST", f"{target}/finish", auth=signature).json() == {"address": digest}
    assert worker.ask("GET", f"/v1/files/{digest}", auth=signature).content == data


@pytest.mark.parametrize(
    "message",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nhost: a\r\n\r\n",
        b"POST /v1/statements HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\n"
        b"transfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /v1/statements HTTP/1.1\r\nhost: a\r\ncontent-length: x\r\n\r\n",
        b"GET /v1/../status HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
        b"GET /v1/status%00 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
    ],
)
def test_what_is_not_http_is_refused_with_a_problem(worker: Any, message: bytes) -> None:
    answer = worker.raw(message)
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 4"))
    assert b"application/problem+json" in answer


def test_a_head_without_end_is_refused(worker: Any) -> None:
    answer = worker.raw(b"GET / HTTP/1.1\r\nx: ", *[b"y" * 8192] * 5)
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert b'"http/header-too-large"' in answer


def test_a_body_announced_too_large_is_refused_unread(worker: Any) -> None:
    answer = worker.raw(
        b"POST /v1/statements HTTP/1.1\r\nhost: a\r\ncontent-type: application/cbor\r\n"
        b"content-length: 99999999\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_metrics_have_their_own_address(worker: Any) -> None:
    text = worker.ask("GET", worker.metrics).text
    assert "dongting_http_requests_total" in text
    assert worker.ask("GET", "/metrics").status_code == 404


def test_requests_are_logged_without_secrets(worker: Any) -> None:
    worker.ask("GET", "/v1/status")
    lines = worker.log.read_text().splitlines()
    assert any('"route":"status"' in line and '"status":200' in line for line in lines)
    assert not any("signature" in line.lower() for line in lines)


def test_a_worker_ends_with_its_parent(worker: Any) -> None:
    """The parent here is a shell that tells its worker's id, and is then killed."""
    config = worker.log.with_name("other.toml")
    config.write_text(f'[node]\nhome = "{worker.site.home.path}"\n')
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.set_inheritable(True)
        number, url = listener.fileno(), f"http://127.0.0.1:{listener.getsockname()[1]}/health/live"
        shell = subprocess.Popen(
            ["sh", "-c", f"{sys.executable} -m dongting.cli.worker {config} {number} & echo $!; wait"],
            pass_fds=(number,), stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert shell.stdout is not None
        child = int(shell.stdout.readline())
        assert worker.ask("GET", url, timeout=30).status_code == 200
        shell.kill()
        shell.wait()
        for _ in range(200):
            if not Path(f"/proc/{child}").exists():
                break
            time.sleep(0.05)
        shell.stdout.close()
    assert not Path(f"/proc/{child}").exists()


def test_a_worker_ends_cleanly_when_told(worker: Any) -> None:
    worker.process.send_signal(signal.SIGTERM)
    assert worker.process.wait(20) == 0
