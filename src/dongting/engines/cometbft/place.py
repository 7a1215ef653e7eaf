"""How far this node is in CometBFT's own count of blocks, and the hash under which validators vote on it.

CometBFT counts blocks that change nothing, the ledger does not, so the two heights differ. The place joins
the block's one write; it stands in no leaf and under no root. Evidence of misbehaviour stands in CometBFT's
blocks, so it is kept here, alike on every node; what follows from it the founders decide.
"""

from collections.abc import Sequence

import msgspec

from dongting.engines.cometbft.abci import Misbehavior
from dongting.engines.machine import Head, Machine
from dongting.errors import Fault
from dongting.wire import commit
from dongting.wire.profile import Profile

_KEPT = 100  # pieces of evidence


class Place(msgspec.Struct, frozen=True, array_like=True):
    """The last CometBFT block that is durable here, and the hash that followed it."""

    height: int = 0
    app_hash: bytes = b""
    misbehaved: tuple[Misbehavior, ...] = ()
    changes: tuple[int, ...] = ()

    def after(
        self, height: int, app_hash: bytes, found: Sequence[Misbehavior], *, changed: bool = False
    ) -> "Place":
        """The place after the next block, with the evidence in it, the newest, and with the heights of all
        blocks that changed the validators."""
        kept = dict.fromkeys([*self.misbehaved, *found])
        changes = (*self.changes, height) if changed else self.changes
        return Place(height, app_hash, tuple(kept)[-_KEPT:], changes)

    def encode(self) -> bytes:
        """The stored form."""
        return msgspec.msgpack.encode(self)


def place_of(machine: Machine) -> Place:
    """Where the last commit left this node; height 0 before the first."""
    held = machine.place()
    if held is None:
        return Place()
    try:
        return msgspec.msgpack.decode(held, type=Place)
    except msgspec.MsgspecError as error:
        raise Fault(f"the engine's place in the ledger store is damaged: {error}") from error


def app_hash(profile: Profile, head: Head) -> bytes:
    """What validators vote on after a block that led to this head; 32 bytes.

    A block in which nothing was accepted leaves it as it was, so CometBFT makes no block to prove it.
    """
    return commit.app_hash(profile, head.size, head.root, head.state)
