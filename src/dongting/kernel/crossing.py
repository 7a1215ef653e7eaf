"""The machine of a node that takes over a log of which some texts were redacted before it had them.

It executes what is whole. Of a redacted statement another node gives what it keeps in its place: the marker
of the leaf, whose hash the log holds, and the versions that it wrote, whose hashes the state root of its
block holds. So what is taken leads to the same roots, or the block is refused. The bodies of blanked versions
are held by the redaction's digest, which is part of the state from the block on that decided it; until then
they stand in `open`, and a log in which nobody decided their redaction is not to be believed.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from dongting.errors import Refused
from dongting.kernel.context import Execution, Frame
from dongting.kernel.machine import Block, Machine
from dongting.kernel.redaction import kept
from dongting.kernel.rederiving import Rederiving, Watched
from dongting.kernel.rules import Rules
from dongting.kernel.store import Store
from dongting.wire.statement import Statement


class _Wanted(Exception):
    """A statement reads a text that was redacted, so it cannot be derived here: what it wrote is needed."""

    def __init__(self, index: int) -> None:
        super().__init__(f"the effects of leaf {index} are needed")
        self.index = index


class Standing(Struct, frozen=True):
    """What a crossing has to remember: keys (hexadecimal) of markers whose redaction is not decided yet, with
    the leaf that each is of, and the records whose present version is a marker."""

    open: dict[str, int] = {}
    blanked: list[str] = []


class Crossing(Rederiving):
    """A ledger that can take over redacted leaves; `supplied` are effects that another node gave, by leaf.

    `remember` keeps its standing, durably, before a block is written that needs it, and after one that needs
    less; `standing` is what was kept last.
    """

    def __init__(
        self,
        store: Store,
        rules: Rules,
        genesis: bytes,
        standing: Standing,
        remember: Callable[[Standing], None],
        *,
        point: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.supplied: dict[int, Mapping[str, bytes]] = {}
        self._aside = False
        self._kept = standing
        self._remember = remember
        super().__init__(store, rules, genesis, store, point=point)
        self.blanked = set(standing.blanked)
        self.markers = {bytes.fromhex(key): leaf for key, leaf in standing.open.items()}

    def stands_for(self, leaf: bytes) -> Statement | None:
        """The statement of which these bytes are the marker; None for a leaf that is whole. Damaged ones are
        a Fault."""
        return kept(leaf, self.network)

    def attempt(self, time: int, statements: Sequence[Statement]) -> "Block | int":
        """Execute a block; or the index of a leaf whose effects have to be supplied first."""
        self._aside = bool(self.blanked) or not all(statement.payload for statement in statements)
        before = set(self.blanked), dict(self.markers)
        try:
            return self.execute(time, statements)
        except _Wanted as wanted:
            self.blanked, self.markers = before
            return wanted.index
        finally:
            self._aside = bool(self.blanked)

    def commit(self, block: Block, place: bytes | None = None) -> None:
        """Write a block; what it leaves open is remembered before."""
        now = self._standing()
        if now != self._kept:
            former = self._kept
            self._note(Standing(former.open | now.open, sorted({*former.blanked, *now.blanked})))
        super().commit(block, place)
        self.supplied = {n: found for n, found in self.supplied.items() if n >= self.head.size}
        if now != self._kept:
            self._note(now)

    def settle(self, keys: Sequence[bytes]) -> None:
        """These markers follow from a redaction that is on record."""
        for key in keys:
            self.markers.pop(key, None)
        if (now := self._standing()) != self._kept:
            self._note(now)

    def _standing(self) -> Standing:
        return Standing({key.hex(): leaf for key, leaf in self.markers.items()}, sorted(self.blanked))

    def _note(self, standing: Standing) -> None:
        self._remember(standing)
        self._kept = standing

    def _execution(self, frame: Frame, block: Block) -> Execution:
        return super()._execution(frame, block) if self._aside else Machine._execution(self, frame, block)

    def _effects(
        self,
        block: Block,
        work: Execution,
        statement: Statement,
        arguments: Any,
        before: tuple[int, bytes] | None,
        index: int,
    ) -> None:
        if not self._aside:
            Machine._effects(self, block, work, statement, arguments, before, index)
        elif not statement.payload or index in self.supplied:
            super()._effects(block, work, statement, arguments, before, index)
        else:
            self._whole(block, work, statement, arguments, before, index)

    def _whole(
        self,
        block: Block,
        work: Execution,
        statement: Statement,
        arguments: Any,
        before: tuple[int, bytes] | None,
        index: int,
    ) -> None:
        """Run a statement that is whole; it must not have looked at a blanked text."""
        assert isinstance(work, Watched)
        principal, verb = self._admit(work, statement, before)
        work.looked = False
        try:
            self._perform(work, statement, arguments, principal, verb)
        except Refused:
            if not work.looked:
                raise
        if work.looked:
            raise _Wanted(index)
        block.removals += work.removals
        block.pending.append((index, work.finish()))

    def _effects_of(self, index: int) -> Mapping[str, bytes]:
        if index not in self.supplied:
            raise _Wanted(index)
        return self.supplied[index]
