"""A network founded and served by the real command, each command a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest

PASSPHRASE = b"seven green herons over the lake"
FOUNDERS = (
    "id=env-bureau,kind=government,name-zh=环境局,name-en=Environment Bureau,region=430100",
    "id=green-tech,kind=enterprise,name-zh=绿色科技,name-en=Green Technology,region=430100",
    "id=air-alliance,kind=association,name-zh=空气联盟,name-en=Air Alliance,region=430000",
)


@dataclass(frozen=True)
class Answer:
    """What one command answered."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out.strip().splitlines()[-1])


class Home:
    """A home directory, its node, and the command run in it."""

    running: ClassVar[set["Home"]] = set()

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.home = directory / "home"
        self.log = directory / "node.log"
        self.node: subprocess.Popen[str] | None = None

    def run(self, *arguments: str, lang: str = "en", author: str | None = None) -> Answer:
        """Run `dongting ARGUMENTS`, the passphrase in a pipe."""
        command, readable = self._command(lang, author, arguments)
        try:
            done = subprocess.run(
                command, pass_fds=(readable,), cwd=self.directory, env=_environment(),
                capture_output=True, text=True, timeout=120,
            )  # fmt: skip
        finally:
            os.close(readable)
        assert "Traceback" not in done.stderr, done.stderr
        return Answer(done.returncode, done.stdout, done.stderr)

    def do(self, *arguments: str, author: str | None = None) -> Any:
        """The JSON answer of a command that must succeed."""
        done = self.run("--json", *arguments, author=author)
        assert done.code == 0, (arguments, done.out, done.err)
        return done.data

    def found(self, profile: str, *more: str) -> str:
        """Create the network; its id."""
        founders = [part for founder in FOUNDERS for part in ("--founder", founder)]
        return self.do(
            "network", "create", "--name", "测试网", "--name", "Test network", "--domain", "test.example",
            "--profile", profile, "--port", "0", *founders, *more,
        )["network"]  # fmt: skip

    def serve(self, *more: str) -> None:
        """Start the node and wait until it answers."""
        command, readable = self._command("en", None, ("--json", "serve", *more))
        with self.log.open("a") as log:
            self.node = subprocess.Popen(
                command, pass_fds=(readable,), cwd=self.directory, env=_environment(),
                stdout=subprocess.PIPE, stderr=log, text=True,
            )  # fmt: skip
        self.running.add(self)
        os.close(readable)
        assert self.node.stdout is not None
        line = self.node.stdout.readline()
        assert line, self.log.read_text()
        self.url = json.loads(line)["url"]

    def serve_locked(self) -> Any:
        """Start the node without its passphrase; its status."""
        self.serve("--locked")
        return self.do("status")

    def stop(self) -> None:
        """End the node cleanly."""
        if self.node is not None:
            self.node.terminate()
            code = self.node.wait(30)
            self._ended()
            assert code == 0

    def kill(self) -> None:
        """End the node as a loss of power would, unless it ended already."""
        if self.node is not None:
            self.node.kill()
            self.node.wait(30)
            self._ended()

    def _ended(self) -> None:
        assert self.node is not None
        assert self.node.stdout is not None
        self.node.stdout.close()
        self.node = None
        self.running.discard(self)

    def _command(self, lang: str, author: str | None, rest: Sequence[str]) -> tuple[list[str], int]:
        readable, writable = os.pipe()
        os.write(writable, PASSPHRASE + b"\n")
        os.close(writable)
        command = [sys.executable, "-m", "dongting.cli.main", "--home", str(self.home), "--lang", lang]
        command += ["--passphrase-fd", str(readable), *(["--as", author] if author else [])]
        return [*command, *rest], readable


def _environment() -> dict[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if name in ("PATH", "PYTHONPATH", "HOME", "TMPDIR")
    }
    return {**kept, "LC_ALL": "C.UTF-8", "PYTHONWARNINGS": "error"}


@pytest.fixture(scope="module", autouse=True)
def _none_left_running() -> Iterator[None]:
    """A failed test may leave its node running: the tests after it shall not stumble over that."""
    yield
    for home in tuple(Home.running):
        home.kill()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A directory for one network; its node is stopped in the end."""
    made = Home(tmp_path_factory.mktemp("e2e"))
    yield made
    made.stop()
