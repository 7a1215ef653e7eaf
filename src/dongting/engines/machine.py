"""What every engine drives: the seam between ordering and state (kernel rule 12).

An engine decides which statements form which block, and when; the machine decides what they mean.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from dongting.errors import Refused
from dongting.wire.profile import Profile
from dongting.wire.statement import Statement


class Head(Protocol):
    """Where the ledger stands; times are whole seconds since 1970."""

    @property
    def network(self) -> str: ...
    @property
    def height(self) -> int: ...
    @property
    def time(self) -> int: ...
    @property
    def size(self) -> int: ...
    @property
    def root(self) -> bytes: ...
    @property
    def state(self) -> bytes: ...


class Machine(Protocol):
    """Check, execute, commit; the engine calls them in that order and from one thread."""

    @property
    def profile(self) -> Profile: ...

    @property
    def head(self) -> Head:
        """Where the ledger stands after the last commit."""
        ...

    def key(self, kid: str) -> bytes | None:
        """The COSE_Key bytes of the registered signing key with this thumbprint (64 hex digits)."""
        ...

    def accepted(self, statement: Statement) -> Any:
        """The first outcome of these bytes, if they are in the log and can still be asked for; else None."""
        ...

    def check(self, statement: Statement, time: int) -> None:
        """Refuse what could not be accepted in a block of that time; nothing changes."""
        ...

    def execute(self, time: int, statements: Sequence[Statement]) -> Any:
        """Execute a block at that time; nothing changes yet. It has `outcomes` in their order, and `head`."""
        ...

    def commit(self, block: Any, place: bytes | None = None) -> None:
        """Write an executed block durably, and with it, in the same write, the engine's own place."""
        ...

    def place(self) -> bytes | None:
        """What the engine kept with the last commit that told one."""
        ...


class Engine(Protocol):
    """What a node asks of the engine that orders for it.

    `waiting` counts statements under way; `halted` says why the engine writes no more, `stalled` why it
    cannot just now.
    """

    @property
    def waiting(self) -> int: ...
    @property
    def halted(self) -> str | None: ...
    @property
    def stalled(self) -> Refused | None: ...
    def holds(self, leaf: str) -> bool:
        """Whether the statement with this leaf hash (hex) waits here after its submitter was let go."""
        ...

    async def start(self) -> None:
        """Start ordering, or following."""
        ...

    async def stop(self) -> None:
        """End in order; what was answered is durable."""
        ...

    async def submit(self, statements: Sequence[bytes]) -> list[Any]:
        """The outcome of each statement, in order, once this node holds it durably."""
        ...
