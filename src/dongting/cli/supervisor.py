"""The supervisor of a development consortium: `python -m dongting.cli.supervisor DIR`.

Keeps every node running until SIGTERM: one that ends is started again. (In production systemd does this.)
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from dongting.cli.consortium import Consortium

_LOOK = 0.5  # seconds
_GRACE = 30.0  # seconds in which a node must end


def start_node(consortium: Consortium, node: str) -> subprocess.Popen[bytes]:
    """Start one node in a process of its own; what it says is appended to its `node.log`."""
    home = consortium.home(node)
    secret = consortium.secret()
    command = [sys.executable, "-m", "dongting.cli.main", "--home", str(home)]
    try:
        with (home / "node.log").open("ab") as log:
            return subprocess.Popen(  # noqa: S603
                [*command, "--passphrase-fd", str(secret), "serve"],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, pass_fds=[secret],
            )  # fmt: skip
    finally:
        os.close(secret)


class Supervisor:
    """Runs all nodes of one consortium."""

    def __init__(self, consortium: Consortium) -> None:
        self._consortium = consortium
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._not_before: dict[str, float] = {}
        self._ended = False

    def run(self, said: Callable[[str], None]) -> None:
        """Start them, look after them, and end them when told to."""
        while not self._ended:
            for node in self._consortium.nodes:  # one may be added meanwhile
                process, now = self._running.get(node), time.monotonic()
                if process is not None and process.poll() is None:
                    continue
                if now < self._not_before.get(node, 0.0):
                    continue
                if process is not None:
                    said(f"{node} ended with {process.returncode}; it is started again")
                self._not_before[node] = now + 5
                self._running[node] = start_node(self._consortium, node)
            time.sleep(_LOOK)
        for process in self._running.values():
            process.terminate()
        end = time.monotonic() + _GRACE
        for process in self._running.values():
            try:
                process.wait(max(end - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                process.kill()

    def end(self) -> None:
        """End all nodes at the next look."""
        self._ended = True


def main(directory: Path) -> None:
    """Supervise the consortium in that directory until SIGTERM or SIGINT."""
    consortium = Consortium(directory)
    supervisor = Supervisor(consortium)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: supervisor.end())
    consortium.pid.write_text(str(os.getpid()))
    try:
        supervisor.run(lambda text: print(text, flush=True))
    finally:
        consortium.pid.unlink(missing_ok=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
