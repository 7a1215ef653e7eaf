"""What every engine drives: the seam between ordering and state (kernel rule 12).

An engine decides which statements form which block, and when; the machine decides what they mean.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from dongting.wire.profile import Profile
from dongting.wire.statement import Statement


class Machine(Protocol):
    """Check, execute, commit; the engine calls them in that order and from one thread."""

    @property
    def profile(self) -> Profile: ...

    def key(self, kid: str) -> bytes | None:
        """The COSE_Key bytes of the registered signing key with this thumbprint (64 hex digits)."""
        ...

    def execute(self, time: int, statements: Sequence[Statement]) -> Any:
        """Execute a block at that time; nothing changes yet. It has `outcomes` in their order."""
        ...

    def commit(self, block: Any) -> None:
        """Write an executed block durably."""
        ...
