"""Founders at homes of their own begin a consortium together; nobody signs what it did not offer."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

FOUNDERS = ("env-bureau", "green-tech", "air-alliance", "xiang-university")
KINDS = ("government", "enterprise", "association", "university")
PASSPHRASE = b"seven green herons over the lake\n"


class Founder:
    """One founder at its own home."""

    def __init__(self, directory: Path, id: str, kind: str) -> None:
        self.directory = directory
        self.id = id
        self.kind = kind
        self.home = directory / id
        self.node: subprocess.Popen[bytes] | None = None

    def run(self, *arguments: object, code: int = 0) -> Any:
        """Run the command as this founder; its JSON answer, or the code of its refusal."""
        done = subprocess.run(
            [*self._command(), *map(str, arguments)], input=PASSPHRASE, capture_output=True, timeout=120
        )
        assert done.returncode == code, done.stdout + done.stderr
        told = json.loads(done.stdout.splitlines()[-1])
        return told if code == 0 else told["problem"]["code"]

    def _command(self) -> list[str]:
        call = [sys.executable, "-m", "dongting.cli.main", "--json", "--home", str(self.home)]
        return [*call, "--as", self.id, "--passphrase-fd", "0"]

    def offer(self, profile: str = "international") -> Path:
        """Make its seat."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            dialled = f"127.0.0.1:{free.getsockname()[1]}"
        seat = self.directory / f"{self.id}.seat"
        told = f"kind={self.kind},name-en={self.id.title()},name-zh=某单位"
        self.run("node", "init", "--profile", profile, "--founder", told, "--dial", dialled, "--out", seat)
        return seat

    def serve(self) -> str:
        """Start the node; its address."""
        with (self.directory / f"{self.id}.log").open("wb") as log:
            self.node = subprocess.Popen(
                [*self._command(), "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
            )
        assert self.node.stdin is not None
        assert self.node.stdout is not None
        self.node.stdin.write(PASSPHRASE)
        self.node.stdin.close()
        return str(json.loads(self.node.stdout.readline())["url"])

    def stop(self) -> None:
        """End the node."""
        if self.node is not None:
            self.node.terminate()
            self.node.wait(60)
            assert self.node.stdout is not None
            self.node.stdout.close()


@pytest.fixture
def founders(tmp_path: Path) -> Iterator[list[Founder]]:
    made = [Founder(tmp_path, id, kind) for id, kind in zip(FOUNDERS, KINDS, strict=True)]
    yield made
    for founder in made:
        founder.stop()


def draft(author: Founder, seats: list[Path], code: int = 0) -> Any:
    """Join the seats."""
    out = author.directory / "lake.draft"
    told = author.run(
        "network", "draft", *seats, "--name", "大湖网络", "--domain", "lake.example", "--out", out, code=code
    )
    return told if code else out


def signature(founder: Founder, paper: Path, code: int = 0) -> Any:
    """Sign the draft."""
    out = founder.directory / f"{founder.id}.signature"
    told = founder.run("network", "sign", paper, "--yes", "--out", out, code=code)
    return told if code else out


def test_four_founders_begin_a_network_that_orders(founders: list[Founder]) -> None:
    paper = draft(founders[0], [founder.offer() for founder in founders])
    signatures = [signature(founder, paper) for founder in founders]
    first = founders[0]
    begin = ("network", "begin", paper, "--port", 0)
    assert first.run(*begin, *signatures[:3], code=1) == "cli/not-all-signed"
    assert not (first.home / "genesis.json").exists()
    ids = {founder.run(*begin, *signatures)["network"] for founder in founders}
    assert ids == {json.loads(signatures[0].read_bytes())["network"]}
    assert len({(founder.home / "genesis.json").read_bytes() for founder in founders}) == 1
    assert first.run(*begin, *signatures)["network"] in ids  # again, where it was interrupted

    addresses = [founder.serve() for founder in founders]
    (first.directory / "some.csv").write_text("a,b\n1,2\n")
    first.run("evidence", "register", first.directory / "some.csv", "--id", "some", "--yes")
    end = time.monotonic() + 60
    while len({httpx.get(f"{each}/v1/status").json()["root"] for each in addresses}) != 1:
        assert time.monotonic() < end
        time.sleep(0.1)
    assert all(httpx.get(f"{each}/v1/status").json()["size"] >= 2 for each in addresses)


def test_what_a_founder_did_not_offer_is_not_signed(founders: list[Founder]) -> None:
    seats = [founder.offer() for founder in founders[:2]]
    paper = draft(founders[0], seats)
    whole = paper.read_bytes()
    other = Founder(founders[0].directory / "elsewhere", "green-tech", "enterprise")
    other.directory.mkdir()
    stolen = draft(founders[0], [seats[0], other.offer()])
    assert signature(founders[1], stolen, code=1) == "cli/other-seat"
    redirected = json.loads(whole)
    redirected["peers"]["green-tech"] = "0" * 40 + "@127.0.0.1:1"
    stolen.write_bytes(msgspec.json.encode(redirected))
    assert signature(founders[1], stolen, code=1) == "cli/other-seat"
    assert signature(founders[2], stolen, code=1) == "cli/other-seat"
    assert draft(founders[0], [seats[0], founders[2].offer("national")], code=1) == "cli/profiles-differ"
    assert draft(founders[0], [seats[0], seats[0]], code=1) == "wire/bad-genesis"
    stolen.write_bytes(b"{}")
    assert signature(founders[1], stolen, code=1) == "cli/bad-paper"


def test_a_signature_counts_for_its_founder_and_its_document_alone(founders: list[Founder]) -> None:
    seats = [founder.offer() for founder in founders[:2]]
    paper = draft(founders[0], seats)
    mine, theirs = (signature(founder, paper) for founder in founders[:2])
    begin = ("network", "begin", paper, "--port", 0)
    borrowed = json.loads(mine.read_bytes()) | {"organisation": "green-tech"}
    forged = founders[0].directory / "forged.signature"
    forged.write_bytes(msgspec.json.encode(borrowed))
    assert founders[0].run(*begin, mine, forged, code=1) == "cli/not-all-signed"
    changed = json.loads(paper.read_bytes())
    changed["genesis"]["quorum"]["days"] = 1
    paper.write_bytes(msgspec.json.encode(changed))
    assert founders[0].run(*begin, mine, theirs, code=1) == "cli/not-all-signed"
    assert not (founders[0].home / "genesis.json").exists()
