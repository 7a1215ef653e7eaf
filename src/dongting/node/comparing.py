"""Validators compare their signed checkpoints; a note that this log contradicts is evidence of two histories.

Whoever hands out a proof tells all others its newest note, once in a while. One that has another history
keeps that note, raises the alarm, and tells its own note back, so that both sides hold the other's.
"""

import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from dongting.errors import Refused
from dongting.kernel.machine import Machine
from dongting.node.alarms import OTHER_HISTORY
from dongting.node.restored import log_keys
from dongting.node.validators import history
from dongting.store.disk import replace_file
from dongting.wire import checkpoint as checkpoints
from dongting.wire import note as notes
from dongting.wire.keys import to_base64
from dongting.wire.note import VerifierKey

CONTRADICTED = "contradicted"  # the file with the evidence of second histories
_AGAIN = 60.0  # seconds after which a note is told again
_KEPT = 64  # notes of other histories

log = logging.getLogger("dongting.ledger")


class Comparing:
    """One node's part in it; `note` is its newest signed checkpoint, `tell` tells all validators, `evidence`
    the file in which contradicting notes are kept."""

    def __init__(
        self,
        machine: Machine,
        origin: str,
        note: Callable[[], bytes],
        tell: Callable[[bytes], Awaitable[None]],
        evidence: Path,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._machine = machine
        self._origin = origin
        self._note = note
        self._tell = tell
        self._evidence = evidence
        self._clock = clock
        self._told = -_AGAIN
        self._contradictions = _kept(evidence)

    async def compare(self) -> None:
        """Tell the others this node's newest note, unless that was done a moment ago."""
        now = self._clock()
        if now - self._told >= _AGAIN and self._note():
            self._told = now
            await self._tell(self._note())

    def speaker(self, note: bytes) -> str | None:
        """The log key (hex) that signed a note of this log; None if none of a validator did."""
        try:
            found = checkpoints.verify(note, log_keys(self._machine))
        except Refused:
            return None
        return found.log_keys[0].key.raw.hex() if found.checkpoint.origin == self._origin else None

    async def heard(self, note: bytes) -> None:
        """A validator told its signed note."""
        try:
            found = checkpoints.verify(note, log_keys(self._machine))
        except Refused as refusal:
            log.warning("a message of a validator is no signed checkpoint", extra={"why": str(refusal)})
            return
        given, head = found.checkpoint, self._machine.head
        if given.origin != self._origin or given.size > head.size:
            return  # this node is behind, or signs nothing of the kind
        if self._machine.log.root_at(given.size) == given.root:
            return
        log.error(
            "a validator signed another history",
            extra={"size": given.size, "keys": [key.key.raw.hex() for key in found.log_keys]},
        )
        self._keep(note, found.log_keys)
        await self.compare()

    def contradictions(self) -> Iterator[Refused]:
        """What validators signed that this log contradicts, one for each that signed."""
        owners = {m.key: m.owner for record in history(self._machine) for m in record.members}
        for note in self._contradictions:
            found = checkpoints.verify(note.encode(), log_keys(self._machine))
            for key in found.log_keys:
                owner = owners[to_base64(key.key.cose())]
                yield Refused(OTHER_HISTORY, owner=owner, size=found.checkpoint.size, file=self._evidence)

    def _keep(self, note: bytes, keys: Sequence[VerifierKey]) -> None:
        """Keep what proves that a validator signed a second history, once for each that signed."""
        known = any(_bears(kept, keys) for kept in self._contradictions)
        if not known and len(self._contradictions) < _KEPT:
            self._contradictions.append(note.decode())
            replace_file(self._evidence, msgspec.json.encode(self._contradictions))


def _kept(evidence: Path) -> list[str]:
    """The contradicting notes that were kept before."""
    return msgspec.json.decode(evidence.read_bytes(), type=list[str]) if evidence.exists() else []


def _bears(note: str, keys: Sequence[VerifierKey]) -> bool:
    """Whether a note bears a signature of any of these keys."""
    return bool({line.id for line in notes.decode(note.encode()).signatures} & {key.id for key in keys})
