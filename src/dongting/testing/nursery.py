"""Processes forked from one that has loaded everything, so that a start costs no second of imports.

A child is what a new process would be: a process group, a log and an end of its own. Parent and children run
the same program; it calls `arguments`, which returns in the children only. They end with the nursery.
"""

import contextlib
import gc
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

_PAUSE = 0.02  # seconds between two looks at a process


class Child:
    """One process, in a process group that has its number."""

    def __init__(self, nursery: "Nursery", pid: int) -> None:
        self._nursery = nursery
        self._code: int | None = None
        self.pid = pid

    def poll(self) -> int | None:
        """Its exit code, or the negative number of the signal that ended it; None while it runs."""
        if self._code is None:
            self._code = self._nursery.ask({"ended": self.pid})
        return self._code

    def wait(self, timeout: float = 60) -> int:
        """Wait for its end; a `TimeoutError` after so many seconds."""
        end = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > end:
                raise TimeoutError(f"process {self.pid} still runs")
            time.sleep(_PAUSE)
        return code

    def terminate(self) -> None:
        """Ask it to end, unless it has."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGTERM)


class Nursery:
    """Runs `program` (a module that calls `arguments`) and has it fork."""

    def __init__(self, program: str) -> None:
        self._lock = threading.Lock()
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def start(self, log: Path, *given: str) -> Child:
        """A child that is given these arguments and appends what it says to the log."""
        return Child(self, self.ask({"log": str(log), "arguments": given}))

    def ask(self, message: Any) -> Any:
        """What the parent of the children answers."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()
            return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        """Kill whatever still runs, and end."""
        self._process.communicate()


def arguments() -> list[str]:
    """Fork whenever a nursery asks for it. Returns in each child; the parent ends here."""
    gc.freeze()
    running: set[int] = set()
    while line := sys.stdin.buffer.readline():
        asked = json.loads(line)
        if "ended" in asked:
            answer = _ended(asked["ended"])
            if answer is not None:
                running.discard(asked["ended"])
        else:
            assert len(os.listdir("/proc/self/task")) == 1, "a process with threads cannot be forked"
            answer = os.fork()
            if not answer:
                _begin(asked["log"])
                given: list[str] = asked["arguments"]
                return given
            running.add(answer)
            with contextlib.suppress(OSError):
                os.setpgid(answer, answer)
        os.write(1, json.dumps(answer).encode() + b"\n")
    for pid in running:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
    sys.exit()


def _ended(pid: int) -> int | None:
    there, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if there else None


def _begin(log: str) -> None:
    with contextlib.suppress(OSError):
        os.setpgid(0, 0)
    for place, flags, number in (
        (os.devnull, os.O_RDONLY, 0),
        (log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 1),
    ):
        opened = os.open(place, flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    os.dup2(1, 2)
