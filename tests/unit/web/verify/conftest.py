"""The verifier that runs in browsers, here in Node.js, beside the one in Python."""

import base64
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dongting.errors import Refused
from dongting.sdk.story import Story
from dongting.sdk.verify import verify
from dongting.testing import Ledger
from dongting.testing.stories import Share

SOURCE = Path(__file__).parents[4] / "src/dongting/web/static/verify"
NODE = 20

#: Task and its input by name to the outcome; bytes go in as base64.
Run = Callable[..., dict[str, Any]]
#: A proof file and a network id to what both verifiers say of it: "proven", or the reason of the refusal.
Agree = Callable[[bytes, str | None], str]


def plain(value: Any) -> Any:
    """As JSON carries it: bytes are base64."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


@pytest.fixture(scope="session")
def run() -> Iterator[Run]:
    found = shutil.which("node")
    said = (
        subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
        if found
        else ""
    )
    version = re.match(r"v(\d+)", said)
    if version is None or int(version[1]) < NODE:
        if os.environ.get("CI"):
            pytest.fail("Node.js 20 or newer is needed; CI has to have it")
        pytest.skip("Node.js 20 or newer is needed")
    command = ["node", str(Path(__file__).with_name("verify.mjs")), str(SOURCE)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        asked, told = process.stdin, process.stdout

        def run(task: str, **given: Any) -> dict[str, Any]:
            asked.write(json.dumps({"task": task, **plain(given)}) + "\n")
            asked.flush()
            answer: dict[str, Any] = json.loads(told.readline())
            assert "failed" not in answer, answer["failed"]
            return answer

        yield run
        asked.close()


def told(story: Story) -> dict[str, Any]:
    """A story as the browser's verifier tells it, which knows no witnesses."""
    found: dict[str, Any] = plain(msgspec.to_builtins(story))
    assert found.pop("witnesses") == []
    return {**found, "erased": sorted(found["erased"])}


@pytest.fixture(scope="session")
def agree(run: Run) -> Agree:
    """Checks that both verifiers prove the same story, or refuse for the same reason."""

    def agree(data: bytes, network: str | None) -> str:
        answer = run("verify", proof=data, network=network)
        try:
            story = verify(data, network)
        except Refused as refused:
            reason = str(refused.code)
        else:
            assert answer.get("story") == told(story), answer.get("refused")
            assert answer["openness"] == [[one, story.openness(one)] for one in story.openings]
            return "proven"
        assert answer.get("refused") == reason, answer
        return reason

    return agree


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture(scope="session")
def share() -> Share:
    """A share on a ledger where others act too, so that path and excerpt have hashes of what is not shown."""
    share = Share.play(Ledger())
    for number in range(30):
        arguments = {"id": f"e{number}", "kind": "file", "content": "ab" * 32}
        share.ledger.act("air-alliance", "evidence/register", arguments)
    return share
