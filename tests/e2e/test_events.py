"""A real node tells what happens while it happens, and lets go of all who listen when it ends."""

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from dongting.node.keystore import Keystore
from dongting.sdk.transport import Signature
from dongting.wire.profile import profile_named

from .conftest import PASSPHRASE, Home  # type: ignore[import-not-found]


@pytest.fixture(scope="module")
def member(home: Home) -> Iterator[httpx.Client]:
    """A client that signs as a founder, of a node with two workers."""
    home.found("international")
    with (home.home / "dongting.toml").open("a") as settings:
        settings.write("workers = 2\n")
    home.serve()
    keystore = Keystore.open(home.home / "keys" / "green-tech" / "keystore.json")
    keystore.unlock(PASSPHRASE)
    signature = Signature(keystore.signing_key("green-tech/signing"), profile_named("international"))
    with httpx.Client(base_url=home.url, auth=signature, timeout=20) as client:
        yield client


def events(lines: Iterator[str]) -> Iterator[Any]:
    for line in lines:
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


def publish(home: Home, id: str) -> None:
    given = ["--id", id, "--title-en", id, "--description-en", "d", "--theme", "ENVI", "--frequency", "DAILY"]
    given += ["--sharing", "unconditional", "--opening", "not-open", "--grade", "general-1"]
    home.do("dataset", "publish", *given, "--yes", author="env-bureau")


def test_events_come_while_others_act_and_the_node_still_ends_at_once(
    home: Home, member: httpx.Client
) -> None:
    asked = {"accept": "text/event-stream"}
    with member.stream("GET", "/v1/events?type=catalogue.dataset", headers=asked) as stream:
        assert stream.status_code == 200
        told = events(stream.iter_lines())
        for number in range(3):
            publish(home, f"seen-{number}")
            event = next(told)
            assert event["subject"] == f"catalogue.dataset/seen-{number}"
            assert (event["action"], event["author"]) == ("catalogue/publish", "env-bureau")
        began = time.monotonic()
        home.stop()
        assert time.monotonic() - began < 9, "else it waited out the grace of its workers, ten seconds"
        assert list(told) == []


def test_every_process_of_the_node_keeps_running(home: Home) -> None:
    """The log of the node that the test above used and ended: nothing was started twice."""
    assert "a child process ended" not in home.log.read_text()
