"""Signatures of more than a third of the validators' power under one checkpoint, for proofs that need them.

Validators have the same log, each signs its own checkpoints. Who needs more signatures asks all validators
with its own signed note; each that has the same checkpoint answers with its note, once in a while. A note
that a validator signed and that this log contradicts is evidence: two histories.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from dongting.errors import Code, Refused
from dongting.kernel.machine import Machine
from dongting.node.alarms import OTHER_HISTORY
from dongting.node.restored import log_keys
from dongting.node.validators import history, members
from dongting.store.disk import replace_file
from dongting.wire import checkpoint as checkpoints
from dongting.wire import note as notes
from dongting.wire.checkpoint import Checkpoint
from dongting.wire.keys import SigningKey, to_base64
from dongting.wire.note import Signature, VerifierKey

NOT_COSIGNED = Code(
    "cometbft", 9, "not-cosigned",
    "Of the validators' power {all}, {signed} has signed the newest checkpoint; a proof needs more than a "
    "third. The other validators do not answer; ask again when they do.",
    "最新检查点仅有 {signed}/{all} 的表决权重签署，证明需要超过三分之一。其他验证者没有响应；请稍后再试。",
    status=503,
)  # fmt: skip

CONTRADICTED = "contradicted"  # the file with the evidence of second histories
PATIENCE = 15.0  # seconds that a proof waits for signatures
_ASK, _ANSWER = b"?", b"="  # the first byte of a message
_AGAIN = 3.0  # seconds after which a signature is told once more
_KEPT = 64  # checkpoints whose signatures are remembered

log = logging.getLogger("dongting.ledger")


class Cosigning:
    """One node's part in it; `tell` tells all validators, `key` is the log key while there is one to use."""

    def __init__(
        self,
        machine: Machine,
        origin: str,
        key: Callable[[], SigningKey | None],
        tell: Callable[[bytes], Awaitable[None]],
        evidence: Path,
    ) -> None:
        self._machine = machine
        self._origin = origin
        self._key = key
        self._tell = tell
        self._found: dict[str, dict[bytes, Signature]] = {}
        self._told: dict[str, float] = {}
        self._news = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._evidence = evidence
        self._contradictions = _kept(evidence)

    async def gather(self, note: bytes) -> bytes:
        """This node's note with the others' signatures, more than a third of all; else refused."""
        text = notes.decode(note).text
        end = time.monotonic() + PATIENCE
        asked = False
        while True:
            whole = checkpoints.add(note, list(self._found.get(text, {}).values()))
            keys = log_keys(self._machine)
            signers = {to_base64(key.key.cose()) for key in checkpoints.verify(whole, keys).log_keys}
            present = members(self._machine)
            signed = sum(each.power for each in present if each.key in signers)
            power = sum(each.power for each in present)
            if 3 * signed > power:
                return whole
            left = end - time.monotonic()
            if left <= 0:
                raise Refused(NOT_COSIGNED, signed=signed, all=power)
            self._news.clear()
            if not asked:
                asked = True
                await self._tell(_ASK + note)
                continue
            try:
                await asyncio.wait_for(self._news.wait(), left)
            except TimeoutError:
                continue

    def heard(self, message: bytes) -> None:
        """A validator told its signed note: keep the signature, and answer with this node's own if asked."""
        kind, note = message[:1], message[1:]
        try:
            found = checkpoints.verify(note, log_keys(self._machine))
        except Refused as refusal:
            log.warning("a message of a validator is no signed checkpoint", extra={"why": str(refusal)})
            return
        given, head = found.checkpoint, self._machine.head
        if given.origin != self._origin or given.size > head.size:
            return  # this node is behind, or signs nothing of the kind
        if self._machine.log.root_at(given.size) != given.root:
            self._contradicted(note, found.log_keys)
            log.error(
                "a validator signed another history",
                extra={"size": given.size, "keys": [key.key.raw.hex() for key in found.log_keys]},
            )
            return
        text = given.text()
        lines = {line.id: line for line in notes.decode(note).signatures}
        known = {key.id for key in found.log_keys}
        self._found.setdefault(text, {}).update((id, line) for id, line in lines.items() if id in known)
        while len(self._found) > _KEPT:
            del self._found[next(iter(self._found))]
        self._news.set()
        if kind == _ASK:
            self._answer(given, text)

    def contradictions(self) -> Iterator[Refused]:
        """What validators signed that this log contradicts, one for each that signed."""
        owners = {m.key: m.owner for record in history(self._machine) for m in record.members}
        for note in self._contradictions:
            found = checkpoints.verify(note.encode(), log_keys(self._machine))
            for key in found.log_keys:
                owner = owners[to_base64(key.key.cose())]
                yield Refused(OTHER_HISTORY, owner=owner, size=found.checkpoint.size, file=self._evidence)

    def _contradicted(self, note: bytes, keys: Sequence[VerifierKey]) -> None:
        """Keep what proves that a validator signed a second history, once for each that signed."""
        known = any(_bears(kept, keys) for kept in self._contradictions)
        if not known and len(self._contradictions) < _KEPT:
            self._contradictions.append(note.decode())
            replace_file(self._evidence, msgspec.json.encode(self._contradictions))

    def _answer(self, given: Checkpoint, text: str) -> None:
        """Tell this node's signature, unless it did so a moment ago."""
        key, now = self._key(), time.monotonic()
        if key is None or now - self._told.get(text, -_AGAIN) < _AGAIN:
            return
        self._told = {t: at for t, at in self._told.items() if now - at < _AGAIN} | {text: now}
        task = asyncio.ensure_future(self._send(_ANSWER + checkpoints.sign(given, [key])))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, message: bytes) -> None:
        await self._tell(message)


def _kept(evidence: Path) -> list[str]:
    """The contradicting notes that were kept before."""
    return msgspec.json.decode(evidence.read_bytes(), type=list[str]) if evidence.exists() else []


def _bears(note: str, keys: Sequence[VerifierKey]) -> bool:
    """Whether a note bears a signature of any of these keys."""
    return bool({line.id for line in notes.decode(note.encode()).signatures} & {key.id for key in keys})
