"""Façade and custodian over a unix socket: API and console workers call the ledger's process.

A slow page must never stall a block, nor a block a page, so the kernel has a process of its own.
Messages are length-prefixed MessagePack: a call is [number, method, arguments], an answer [number,
failure or nil, result]. Result types come from the protocols' annotations, so the two ends cannot drift.
The socket lies in a directory that only the node's user may enter.
"""

import asyncio
import logging
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, cast, get_type_hints

import msgspec

from dongting.errors import Code, Fault, Refused
from dongting.node.custodian import Custodian
from dongting.node.facade import Facade

LEDGER_AWAY = Code(
    "node", 40, "ledger-away",
    "The ledger's process does not answer; it is starting, or has ended: see its log, then try again.",
    "账本进程没有响应：可能正在启动或已结束；请查看日志后重试。",
    status=503,
)  # fmt: skip

LEDGER_FAILED = Code(
    "node", 59, "ledger-failed",
    "The ledger's process made a mistake over {method}; its log says which. Tell its operator.",
    "账本进程处理 {method} 时出错，详情见其日志；请告知运维人员。",
    status=500,
)  # fmt: skip

SHUTTING_DOWN = Code(
    "node", 70, "shutting-down",
    "The node is shutting down; try again when it has started, and ask for the fate of what was sent.",
    "节点正在关闭；请在其重新启动后再试，并先查询已发送内容的处理结果。",
    status=503,
)  # fmt: skip

log = logging.getLogger("dongting.link")

_HEAD = 4
_LIMIT = 2**27  # bytes of one message


class _Failure(msgspec.Struct, array_like=True):
    code: Code
    facts: dict[str, Any]


_Call = tuple[int, str, list[msgspec.Raw]]
_Answer = tuple[int, _Failure | None, msgspec.Raw]
_encode = msgspec.msgpack.Encoder().encode
_decode_call = msgspec.msgpack.Decoder(_Call).decode
_decode_answer = msgspec.msgpack.Decoder(_Answer).decode


@cache
def _signature(method: str) -> tuple[list[Any], Any]:
    protocol = Facade if hasattr(Facade, method) else Custodian
    hints = get_type_hints(getattr(protocol, method))
    result = hints.pop("return")
    return list(hints.values()), result


async def _read(reader: asyncio.StreamReader) -> bytes:
    size = int.from_bytes(await reader.readexactly(_HEAD))
    if size > _LIMIT:
        raise Fault(f"a message of {size} bytes came over the ledger's socket")
    return await reader.readexactly(size)


def _framed(message: bytes) -> bytes:
    return len(message).to_bytes(_HEAD) + message


class LinkServer:
    """Serves a façade, and a custodian if there is one, on a unix socket."""

    def __init__(self, facade: Facade, path: Path, custodian: Custodian | None = None) -> None:
        self._facade = facade
        self._custodian = custodian
        self._path = path
        self._calls: set[asyncio.Task[None]] = set()
        self._callers: set[asyncio.StreamWriter] = set()
        self._stopping = False

    async def start(self) -> None:
        """Listen; a socket that a dead process left behind is replaced."""
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, str(self._path), limit=2**22)
        os.chmod(self._path, 0o600)

    async def stop(self, grace: float = 5) -> None:
        """Refuse new calls, let those under way end for `grace` seconds, then refuse them too.

        Afterwards none runs, so that what the façade stands on may be closed.
        """
        self._stopping = True
        self._server.close()
        if self._calls:
            _, late = await asyncio.wait(self._calls, timeout=grace)
            for call in late:
                call.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        for caller in self._callers:
            caller.close()
        self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._callers.add(writer)
        try:
            while True:
                number, method, arguments = _decode_call(await _read(reader))
                if self._stopping:
                    writer.write(_framed(_refusal(number, Refused(SHUTTING_DOWN))))
                    continue
                task = asyncio.create_task(self._answer(writer, number, method, arguments))
                self._calls.add(task)
                task.add_done_callback(self._calls.discard)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            writer.close()
        finally:
            self._callers.discard(writer)

    async def _answer(
        self, writer: asyncio.StreamWriter, number: int, method: str, arguments: list[msgspec.Raw]
    ) -> None:
        try:
            kinds, _ = _signature(method)
            values = [
                msgspec.msgpack.decode(raw, type=kind) for raw, kind in zip(arguments, kinds, strict=True)
            ]
            served = self._facade if hasattr(Facade, method) else self._custodian
            result = await getattr(served, method)(*values)
            answer = _encode((number, None, result))
        except Refused as refusal:
            answer = _refusal(number, refusal)
        except asyncio.CancelledError:  # by `stop`
            answer = _refusal(number, Refused(SHUTTING_DOWN))
        except Exception:  # whoever waits for an answer must get one
            log.exception("a call failed", extra={"method": method})
            answer = _refusal(number, Refused(LEDGER_FAILED, method=method[:40]))
        writer.write(_framed(answer))


def _refusal(number: int, refused: Refused) -> bytes:
    return _encode((number, _Failure(refused.code, _plain(refused.facts)), None))


def _plain(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value if isinstance(value, int | str) else str(value) for name, value in facts.items()}


class Link:
    """The client's end: calls by name."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._number = 0
        self._waiting: dict[int, asyncio.Future[tuple[_Failure | None, msgspec.Raw]]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._lock = asyncio.Lock()

    async def close(self) -> None:
        """Hang up."""
        if self._writer is not None:
            self._writer.close()
            self._listener.cancel()
            self._writer = None

    async def call(self, method: str, *arguments: Any) -> Any:
        """Call one method of the façade; raises what it refused, or LEDGER_AWAY."""
        writer = await self._connected()
        self._number += 1
        number = self._number
        future: asyncio.Future[tuple[_Failure | None, msgspec.Raw]] = (
            asyncio.get_running_loop().create_future()
        )
        self._waiting[number] = future
        try:
            writer.write(_framed(_encode((number, method, arguments))))
            await writer.drain()
            failure, result = await future
        except ConnectionError:
            raise Refused(LEDGER_AWAY) from None
        finally:
            self._waiting.pop(number, None)
        if failure is not None:
            raise Refused(failure.code, **failure.facts)
        return msgspec.msgpack.decode(result, type=_signature(method)[1])

    async def _connected(self) -> asyncio.StreamWriter:
        async with self._lock:
            if self._writer is None:
                try:
                    reader, self._writer = await asyncio.open_unix_connection(str(self._path), limit=2**22)
                except OSError:
                    raise Refused(LEDGER_AWAY) from None
                self._listener = asyncio.create_task(self._listen(reader))
            return self._writer

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        try:
            while True:
                number, failure, result = _decode_answer(await _read(reader))
                future = self._waiting.get(number)
                if future is not None and not future.done():
                    future.set_result((failure, result))
        except (asyncio.IncompleteReadError, ConnectionError):
            if self._writer is not None:
                self._writer.close()
            self._writer = None
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(ConnectionError())


def remote(link: Link) -> Facade:
    """The façade at the other end of a link."""
    return cast(Facade, _Remote(link))


def remote_custodian(link: Link) -> Custodian:
    """The custodian at the other end of a link."""
    return cast(Custodian, _Remote(link))


class _Remote:
    def __init__(self, link: Link) -> None:
        self._link = link

    def __getattr__(self, method: str) -> Callable[..., Any]:
        async def call(*arguments: Any) -> Any:
            return await self._link.call(method, *arguments)

        return call
