"""`make run`: founds a network of three, tells the story of one share on it, and leaves the node serving.

Everything is real: keystores, encryption, signatures, a node in processes of its own. Its passphrase is
drawn anew each time and kept in a private file of the demonstration's directory.
"""

import io
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.text import Text

from dongting.cli.demo_story import DEPARTMENT, ENTERPRISE, FOUNDERS, Step, steps, write_readings
from dongting.cli.language import Pair, pick, spoken
from dongting.cli.main import run
from dongting.errors import Fault, Language

PORT = 8420
START_LIMIT = 60  # seconds
MARK = ".dongting-demo"  # only a directory that bears it is ever removed


@dataclass
class Demo:
    """One telling of the story in a directory of its own."""

    directory: Path
    language: Language
    console: Console
    passphrase: bytes = field(default_factory=lambda: secrets.token_urlsafe(24).encode(), repr=False)
    done: int = 0

    @property
    def home(self) -> Path:
        """The node's home."""
        return self.directory / "home"

    def tell(self) -> None:
        """The whole story; ends with the node serving."""
        began = time.monotonic()
        self._clear()
        self._title()
        network = self._found()
        self._start()
        total = list(steps(Path(os.path.relpath(self.directory)), network, datetime.now(UTC).date()))
        for step in total:
            self._step(step, len(total))
        self._close(network, time.monotonic() - began)

    # The node

    def _clear(self) -> None:
        stop(self.directory)
        if self.directory.exists():
            if not (self.directory / MARK).exists():
                raise Fault(f"{self.directory} is not a demonstration; move it away first")
            shutil.rmtree(self.directory)
        self.directory.mkdir(parents=True, mode=0o700)
        (self.directory / MARK).touch()
        private = os.open(self.directory / "passphrase", os.O_CREAT | os.O_WRONLY, 0o600)
        with os.fdopen(private, "wb") as file:
            file.write(self.passphrase)
        write_readings(self.directory / "readings.csv", 30, 1)
        write_readings(self.directory / "readings-july.csv", 31, 7)

    def _found(self) -> str:
        founders = [part for founder in FOUNDERS for part in ("--founder", founder)]
        names = ("--name", "湘江数据共享网络", "--name", "Xiangjiang data sharing network")
        arguments = [
            "network",
            "create",
            *names,
            "--domain",
            "xiangjiang.example",
            "--profile",
            "international",
        ]
        code, said = self._call(["--json", *arguments, *founders, "--port", str(_port())], None)
        if code:
            raise Fault(said)
        network: str = msgspec.json.decode(said)["network"]
        return network

    def _start(self) -> None:
        with (self.directory / "node.log").open("ab") as log, self._secret() as secret:
            command = [sys.executable, "-m", "dongting.cli.main", "--home", str(self.home)]
            process = subprocess.Popen(  # noqa: S603
                [*command, "--passphrase-fd", str(secret.fileno()), "serve"],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                pass_fds=[secret.fileno()], start_new_session=True,
            )  # fmt: skip
        (self.directory / "pid").write_text(str(process.pid))
        end = time.monotonic() + START_LIMIT
        while not self._address().exists():
            if process.poll() is not None or time.monotonic() > end:
                raise Fault(f"the node did not start; see {self.directory / 'node.log'}")
            time.sleep(0.05)

    def _address(self) -> Path:
        return self.home / "run" / "address"

    def _secret(self) -> "io.BufferedReader":
        """The passphrase behind a descriptor: it stands in no command line and no environment."""
        reading, writing = os.pipe()
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(self.passphrase)
        return os.fdopen(reading, "rb")

    # Telling

    def _step(self, step: Step, total: int) -> None:
        if step.heading is not None:
            self.console.print(f"\n[bold]{pick(step.heading, self.language)}[/bold]")
        if step.offline:
            stop(self.directory)
        self.done += 1
        tells = pick(step.tells, self.language)
        began = time.monotonic()
        with self.console.status(f"{tells} …"):
            code, said = self._call(step.arguments, step.by)
        seconds = time.monotonic() - began
        if code != step.code:
            raise Fault(f"{' '.join(step.arguments)} ended with {code}, not {step.code}: {said}")
        count = f"{self.done:>2}/{total}"
        self.console.print(f"  [green]✓[/green] [dim]{count} {seconds:4.1f} s[/dim]  {tells}")
        who = f"--as {step.by} " if step.by else ""
        command = Text(f"                  dongting {who}{_shortened(step.arguments)}", style="dim")
        self.console.print(command, no_wrap=True, overflow="ellipsis")
        for line in said.strip().splitlines()[-step.shows :] if step.shows else ():
            self.console.print(f"                  [cyan]│[/cyan] {escape(line.strip())}")
        if step.offline:
            self._start()

    def _call(self, arguments: Sequence[str], organisation: str | None) -> tuple[int, str]:
        """Run one command as a person would; its exit code and what it said."""
        said = io.StringIO()
        options = ["--home", str(self.home), "--lang", self.language]
        with self._secret() as secret, redirect_stdout(said), redirect_stderr(said):
            options += ["--passphrase-fd", str(os.dup(secret.fileno()))]
            if organisation:
                options += ["--as", organisation]
            code = run([*options, *arguments])
        return code, said.getvalue()

    def _title(self) -> None:
        text: Pair = (
            "A department shares a dataset with an enterprise, under terms, and both can prove it.",
            "一个部门按条款向企业共享数据集，双方都能证明。",
        )
        self.console.print(Panel(pick(text, self.language), title="Dongting 洞庭", border_style="blue"))

    def _close(self, network: str, seconds: float) -> None:
        address = self._address().read_text().strip()
        place = os.path.relpath(self.directory)
        tool, secret = ".venv/bin/dongting", f"3<{place}/passphrase"
        acting = f"{tool} --home {place}/home --passphrase-fd 3 --as"
        commands = (
            f"{tool} verify {place}/consumer.proof --network {network} --file {place}/received.csv",
            f"{acting} {ENTERPRISE} inbox {secret}",
            f"{acting} {DEPARTMENT} people setup-link {secret}",
        )
        told: Pair = (
            f"Told in {seconds:.0f} s. The node serves at {address}",
            f"用时 {seconds:.0f} 秒。节点地址：{address}",
        )
        self.console.print(f"\n[bold green]{pick(told, self.language)}[/bold green]")
        self.console.print(pick(("Next, try:", "接下来可以试试："), self.language))
        for command in commands:
            self.console.print(Text(f"  {command}"), soft_wrap=True)
        self.console.print(pick(("Stop it with: make stop", "停止节点：make stop"), self.language))


def stop(directory: Path) -> None:
    """End the node of a demonstration, if one runs."""
    try:
        pid = int((directory / "pid").read_text())
        os.kill(pid, signal.SIGTERM)
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return
    end = time.monotonic() + START_LIMIT
    while time.monotonic() < end and _alive(pid):
        time.sleep(0.05)
    (directory / "pid").unlink(missing_ok=True)


def _alive(pid: int) -> bool:
    try:
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            return False
    except ChildProcessError:
        pass  # a node that an earlier telling started is nobody's child here
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _port() -> int:
    """The usual port, or any free one when it is taken."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", PORT))
        except OSError:
            return 0
    return PORT


def _shortened(arguments: Sequence[str]) -> str:
    """The command on one line, its long texts cut."""
    words = (
        f"{word[:20]}…" if len(word) > 24 and not word.startswith("run/") else word for word in arguments
    )
    return " ".join(f'"{word}"' if " " in word else word for word in words)


def main() -> int:
    """Tell the story, or with `stop` end the node that was left serving."""
    directory = Path("run/demo")
    if sys.argv[1:] == ["stop"]:
        stop(directory)
        return 0
    language = spoken(sys.argv[1:])
    console = Console(highlight=False)
    try:
        Demo(directory, language, console).tell()
    except Fault as fault:
        console.print(f"[red]{escape(str(fault))}[/red]")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
