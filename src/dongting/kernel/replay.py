"""The replay window: who signed with which `cti` in the time in which a statement can still be accepted.

Kept in the ledger store by the epoch of acceptance, so that an epoch is forgotten by one range of keys and
no statement is needed to prune it. A statement accepted at block time t cannot be accepted again after
t + MAX_AHEAD + MAX_LIFETIME, so the present epoch and the one before are all that must be known. The
window of a `cti` is thus that of the statement that bears it: the same bytes are never accepted twice.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from dongting.kernel.store import REPLAY_WINDOW, Change, Store
from dongting.wire.statement import MAX_AHEAD, MAX_LIFETIME, Statement

EPOCH = MAX_LIFETIME + MAX_AHEAD  # seconds

#: The index of an accepted statement in the log, and its leaf hash.
Place = tuple[int, bytes]


@lru_cache(maxsize=4)
def _prefix(epoch: int) -> bytes:
    return REPLAY_WINDOW + max(epoch, 0).to_bytes(5)


def _key(epoch: int, issuer: str, nonce: bytes) -> bytes:
    return _prefix(epoch) + nonce + issuer.encode("ascii")


class ReplayWindow:
    """Which statements of the last two epochs are in the log, and where."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def keys(self, statements: Sequence[Statement], time: int) -> list[bytes]:
        """Under which key each statement is remembered when a block of that time accepts it."""
        prefix = _prefix(time // EPOCH)
        return [prefix + each.nonce + each.issuer.encode("ascii") for each in statements]

    def seen(self, statements: Sequence[Statement], keys: Sequence[bytes], time: int) -> list[Place | None]:
        """For each statement, whose keys are given, the one accepted under its issuer and nonce."""
        epoch = time // EPOCH
        found = [None if value is None else _place(value) for value in self._store.get_many(keys)]
        # What is dated in this epoch cannot have been accepted in the one before.
        start = epoch * EPOCH + MAX_AHEAD
        older = [n for n, each in enumerate(statements) if each.issued <= start and found[n] is None]
        before = [_key(epoch - 1, statements[n].issuer, statements[n].nonce) for n in older]
        for n, value in zip(older, self._store.get_many(before) if before else (), strict=True):
            found[n] = None if value is None else _place(value)
        return found

    def find(self, issuer: str, nonce: bytes, time: int) -> Place | None:
        """The statement accepted under this issuer and nonce."""
        epoch = time // EPOCH
        for value in self._store.get_many([_key(at, issuer, nonce) for at in (epoch, epoch - 1)]):
            if value is not None:
                return _place(value)
        return None

    def records(self, accepted: Mapping[bytes, Place]) -> list[Change]:
        """The changes that remember accepted statements under their keys."""
        return [(key, index.to_bytes(8) + leaf) for key, (index, leaf) in accepted.items()]

    def expired(self, before: int, time: int) -> list[bytes]:
        """The prefixes of keys to drop: epochs from which nothing can come any more.

        `before` is the time of the block before; none unless a new epoch began since.
        """
        epoch, last = time // EPOCH, before // EPOCH
        return [_prefix(each) for each in (last - 1, last) if 0 <= each < epoch - 1]


def _place(value: bytes) -> Place:
    return int.from_bytes(value[:8]), value[8:]
