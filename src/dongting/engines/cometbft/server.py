"""The ABCI socket: varint-delimited messages on a unix socket, answered in the order in which they came.

CometBFT opens four connections (consensus, mempool, query, snapshots). Transactions to check are many and
independent, so they are judged side by side; everything else on a connection waits for its turn.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

from dongting.engines.cometbft import abci
from dongting.engines.cometbft.abci import Request
from dongting.wire import protobuf

log = logging.getLogger("dongting.cometbft")

_LIMIT = 2**27  # bytes of one message
_WAITING = 256  # answers that a connection may be behind

Handler = Callable[[Request], Awaitable[bytes]]


async def read_message(reader: asyncio.StreamReader) -> bytes:
    """The next message; raises IncompleteReadError at the end of the connection."""
    size = shift = 0
    while True:
        byte = (await reader.readexactly(1))[0]
        size |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
        shift += 7
        if shift > 35:
            raise ConnectionError("a length that is no varint")
    if size > _LIMIT:
        raise ConnectionError(f"a message of {size} bytes")
    return await reader.readexactly(size)


def delimited(message: bytes) -> bytes:
    """A message behind its length."""
    return protobuf.varint(len(message)) + message


class Server:
    """Listens on a socket; `handle` answers a request, and what it raises ends CometBFT."""

    def __init__(self, path: Path, handle: Handler) -> None:
        self._path = path
        self._handle = handle
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen; a socket that a dead process left behind is replaced."""
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, str(self._path), limit=2**22)
        os.chmod(self._path, 0o600)

    async def stop(self) -> None:
        """Hang up."""
        self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        answers: asyncio.Queue[asyncio.Future[bytes]] = asyncio.Queue(_WAITING)
        sender = asyncio.create_task(self._send(answers, writer))
        try:
            while True:
                request = abci.request(await read_message(reader))
                answer = asyncio.ensure_future(self._answer(request))
                await answers.put(answer)
                if request.method != abci.CHECK_TX:
                    await asyncio.wait([answer])
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        except asyncio.CancelledError:
            if not self._server.is_serving():
                return
            raise
        finally:
            self._connections.discard(task)
            sender.cancel()
            writer.close()

    async def _answer(self, request: Request) -> bytes:
        try:
            return await self._handle(request)
        except Exception as error:  # CometBFT must hear of it, or it would wait for ever
            log.error("a block cannot be executed here", extra={"why": str(error)})
            return abci.exception(str(error))

    async def _send(
        self, answers: "asyncio.Queue[asyncio.Future[bytes]]", writer: asyncio.StreamWriter
    ) -> None:
        while True:
            answer = await answers.get()
            writer.write(delimited(await answer))
            if answers.empty():
                await writer.drain()
