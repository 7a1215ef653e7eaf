"""Signature checks in worker processes: statements in, decoded and verified statements or refusals out.

Threads beside a busy Python thread fall under a hundredth of the speed, so the workers are processes.
A worker is told each key once; a key id is a hash of its key, so what it learned stays true. Batches
travel over pipes as length-prefixed MessagePack.
"""

import asyncio
import contextlib
import fcntl
import gc
import os
import pickle
import signal
import sys
from collections import deque
from collections.abc import Callable, Sequence
from typing import BinaryIO

import msgspec

from dongting.errors import Code, Fault, Refused
from dongting.wire.keys import PublicKey, public_key
from dongting.wire.profile import Profile, profile_named
from dongting.wire.statement import BAD_SIGNATURE, Statement, check_arguments, opened

UNKNOWN_KEY = Code(
    "engine", 1, "unknown-key",
    "No registered key has the thumbprint {kid}; register the key first, or sign with a registered one.",
    "没有指纹为 {kid} 的已登记密钥；请先登记该密钥，或使用已登记的密钥签名。",
    status=401,
)  # fmt: skip

#: A verified statement, or why it is refused.
Verdict = Statement | Refused

_HEAD = 4  # bytes of length before each message
PIPE = 2**20  # bytes; the most that Linux gives without privileges


class _Task(msgspec.Struct, array_like=True):
    """Keys that the worker has not been told of yet, and statements to judge."""

    keys: list[bytes]
    statements: list[bytes]


class _Reply(msgspec.Struct, array_like=True):
    """Statements in order, None where refused; `refused` a pickled map of position to `Refused`."""

    statements: list[Statement | None]
    refused: bytes
    unknown: dict[int, bytes]


_encode = msgspec.msgpack.Encoder().encode
_decode_task = msgspec.msgpack.Decoder(_Task).decode
_decode_reply = msgspec.msgpack.Decoder(_Reply).decode


def judge(batch: Sequence[bytes], keys: dict[bytes, PublicKey], profile: Profile) -> list[Verdict | bytes]:
    """For each, the verified statement, why it is refused, or the id of its key if not among `keys`.

    Three rounds and not one: a core that goes on doing the same has its code at hand, and what is done
    beside the verification takes three quarters of the time.
    """
    first = [_opened(data, profile) for data in batch]
    second = [_signed(found, keys) if isinstance(found, Statement) else found for found in first]
    return [_canonical(found) if isinstance(found, Statement) else found for found in second]


def _opened(data: bytes, profile: Profile) -> Verdict:
    try:
        return opened(data, profile)
    except Refused as refusal:
        return refusal


def _signed(statement: Statement, keys: dict[bytes, PublicKey]) -> Verdict | bytes:
    key = keys.get(statement.kid)
    if key is None:
        return statement.kid
    return statement if statement.verify(key) else Refused(BAD_SIGNATURE)


def _canonical(statement: Statement) -> Verdict:
    try:
        check_arguments(statement)
    except Refused as refusal:
        return refusal
    return statement


def _serve(incoming: BinaryIO, outgoing: BinaryIO, profile: Profile) -> None:
    """A worker: judge batches until the other end closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(5)  # blocks are the narrow place: a worker never takes the core from the one that makes them
    gc.freeze()
    gc.set_threshold(100_000)  # what a batch leaves behind has no cycles
    keys: dict[bytes, PublicKey] = {}
    while head := incoming.read(_HEAD):
        task = _decode_task(incoming.read(int.from_bytes(head)))
        for cose in task.keys:
            key = public_key(cose)
            keys[key.thumbprint(profile)] = key
        verdicts = judge(task.statements, keys, profile)
        refused = {n: v for n, v in enumerate(verdicts) if isinstance(v, Refused)}
        reply = _encode(
            _Reply(
                [v if isinstance(v, Statement) else None for v in verdicts],
                pickle.dumps(refused) if refused else b"",
                {n: v for n, v in enumerate(verdicts) if isinstance(v, bytes)},
            )
        )
        outgoing.write(len(reply).to_bytes(_HEAD) + reply)
        outgoing.flush()


def _start(incoming: int, outgoing: int, profile: str) -> None:
    # A node that is killed leaves nobody to answer.
    with (
        contextlib.suppress(BrokenPipeError),
        os.fdopen(incoming, "rb", PIPE) as reads,
        os.fdopen(outgoing, "wb", PIPE) as writes,
    ):
        _serve(reads, writes, profile_named(profile))


def _pipe() -> tuple[int, int]:
    """A pipe that holds a block's worth: workers go on while the node executes."""
    reading, writing = os.pipe()
    with contextlib.suppress(OSError):  # a system may allow less
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, PIPE)
    return reading, writing


class _Worker:
    """One worker process and the pipes to and from it."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._told: set[bytes] = set()
        self._waiting: deque[asyncio.Future[_Reply]] = deque()
        self.load = 0

    async def start(self) -> None:
        """Start the process."""
        (theirs_in, ours_out), (ours_in, theirs_out) = _pipe(), _pipe()
        call = f"_start({theirs_in}, {theirs_out}, {self._profile.name!r})"
        program = f"from dongting.engines.verifiers import _start; {call}"
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            program,
            pass_fds=[theirs_in, theirs_out],
            stdin=asyncio.subprocess.DEVNULL,
            # GmSSL prints a line for each signature that does not hold: a flood for whoever sends them.
            stderr=asyncio.subprocess.DEVNULL if self._profile.name == "national" else None,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        loop = asyncio.get_running_loop()
        self._reader = asyncio.StreamReader(limit=2**26)
        await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(self._reader), os.fdopen(ours_in, "rb")
        )
        transport, protocol = await loop.connect_write_pipe(
            asyncio.streams.FlowControlMixin, os.fdopen(ours_out, "wb")
        )
        self._writer = asyncio.StreamWriter(transport, protocol, None, loop)
        self._listener = asyncio.create_task(self._listen())
        await self.ask([], {})  # it judges from here on

    async def _listen(self) -> None:
        try:
            while True:
                head = await self._reader.readexactly(_HEAD)
                reply = _decode_reply(await self._reader.readexactly(int.from_bytes(head)))
                self._waiting.popleft().set_result(reply)
        except (asyncio.IncompleteReadError, ConnectionError):
            for future in self._waiting:
                future.set_exception(Fault("a signature worker ended; restart the node"))
            self._waiting.clear()

    async def ask(self, statements: list[bytes], keys: dict[bytes, bytes]) -> _Reply:
        news = [cose for kid, cose in keys.items() if kid not in self._told]
        self._told.update(keys)
        message = _encode(_Task(news, statements))
        future: asyncio.Future[_Reply] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        self.load += len(statements)
        try:
            self._writer.write(len(message).to_bytes(_HEAD) + message)
            await self._writer.drain()
            return await future
        finally:
            self.load -= len(statements)

    async def stop(self) -> None:
        self._writer.close()
        await self.process.wait()
        self._listener.cancel()


class Verifiers:
    """A pool of workers; each batch goes to the one with the least to do."""

    def __init__(self, profile: Profile, find_key: Callable[[str], bytes | None], workers: int) -> None:
        self._workers = [_Worker(profile) for _ in range(workers)]
        self._find_key = find_key
        self._keys: dict[bytes, bytes] = {}

    async def start(self) -> None:
        """Start the processes."""
        await asyncio.gather(*(worker.start() for worker in self._workers))

    async def stop(self) -> None:
        """End the processes; what is under way is lost."""
        await asyncio.gather(*(worker.stop() for worker in self._workers))

    async def verify(self, statements: list[bytes]) -> list[Verdict]:
        """A verdict for each statement, in order. Whether the key is the issuer's, the kernel judges."""
        worker = min(self._workers, key=lambda w: w.load)
        reply = await worker.ask(statements, self._keys)
        missing = [n for n, kid in reply.unknown.items() if self._learn(kid)]
        refused: dict[int, Refused] = pickle.loads(reply.refused) if reply.refused else {}  # noqa: S301
        for n, kid in reply.unknown.items():
            refused[n] = Refused(UNKNOWN_KEY, kid=kid.hex())
        verdicts: list[Verdict] = [
            refused[n] if statement is None else statement for n, statement in enumerate(reply.statements)
        ]
        if missing:
            again = await self.verify([statements[n] for n in missing])
            for n, verdict in zip(missing, again, strict=True):
                verdicts[n] = verdict
        return verdicts

    def _learn(self, kid: bytes) -> bool:
        if kid in self._keys:
            return True
        cose = self._find_key(kid.hex())
        if cose is None:
            return False
        self._keys[kid] = cose
        return True
