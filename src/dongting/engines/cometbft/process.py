"""The CometBFT process of this node: started, watched, started again, and stopped with the node.

Two ends look alike from outside and are not: when this process ends, CometBFT ends with exit code 0; and
after it meets a wrong app hash it stays alive without making progress. So its log is read as it is written,
and its height is watched while statements wait.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable

from dongting.engines.cometbft.directory import Settings

log = logging.getLogger("dongting.cometbft")

_FAILURE = b"CONSENSUS FAILURE"
_MAX_LOG = 8 * 2**20  # bytes, then the log begins anew


class Process:
    """Keeps CometBFT running until `stop`, or until consensus failed."""

    def __init__(
        self,
        settings: Settings,
        binary: str,
        starting: Callable[[], None],
        started: Callable[[], None],
        failed: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._binary = binary
        self._starting = starting
        self._started = started
        self._failed = failed
        self._process: asyncio.subprocess.Process | None = None
        self._stopped = False

    @property
    def pid(self) -> int | None:
        """The process that runs now."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start it, and start it again whenever it ends."""
        self._task = asyncio.create_task(self._keep())

    def leave(self) -> None:
        """Do not start it again: it ends by itself when this node cannot execute."""
        self._stopped = True

    async def stop(self) -> None:
        """Ask it to end, then insist."""
        self._stopped = True
        await self._end()
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def again(self) -> None:
        """End it, so that it begins with what its directory holds now."""
        await self._end()

    async def _end(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 10)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()

    async def _keep(self) -> None:
        pause = 0.2
        while not self._stopped:
            began = time.monotonic()
            self._starting()
            self._settings.rpc.unlink(missing_ok=True)  # what a killed one left behind
            self._process = await asyncio.create_subprocess_exec(
                self._binary, "start", "--home", "cometbft",
                cwd=self._settings.home,  # its sockets have short names that way
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )  # fmt: skip
            self._started()
            await self._read(self._process)
            code = await self._process.wait()
            if self._stopped:
                return
            pause = 0.2 if time.monotonic() - began > 60 else min(pause * 2, 10)
            log.warning("CometBFT ended", extra={"code": code})
            await asyncio.sleep(pause)

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        """Keep what it says, and listen for the one thing that it does not survive."""
        assert process.stdout is not None
        path = self._settings.directory / "cometbft.log"
        with path.open("ab", buffering=0) as file:
            while line := await _line(process.stdout):
                with contextlib.suppress(OSError):  # a full disk: it must be heard all the same
                    if file.tell() > _MAX_LOG:
                        file.truncate(0)
                    file.write(line)
                if _FAILURE in line:
                    self._stopped = True
                    self._failed(_reason(line))
                    await self._end()


async def _line(stream: asyncio.StreamReader) -> bytes:
    try:
        return await stream.readline()
    except ValueError:  # longer than the reader holds: a stack of goroutines
        return b"...\n"


def _reason(line: bytes) -> str:
    """What a log line says failed."""
    text = line.decode(errors="replace").strip()
    _, found, after = text.partition('err="')
    return (after.partition('"')[0] if found else text)[:300]
