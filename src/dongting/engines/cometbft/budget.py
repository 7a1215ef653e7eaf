"""How much of one sender waits in this node's mempool, so that nobody fills it for all.

Whoever runs a validator can send past the gateway. This is about what a node lets in (CheckTx) and nothing
else: what stands in a block counts, whoever sent it and however much.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence

TRANSACTIONS = 500  # of one organisation; its gateway packs many statements into each
MESSAGES = 4  # of one validator, which tells one in a minute
AGE = 120.0  # seconds; what no block took until then is no longer expected


class Budget:
    """The transactions that were let in and are in no block yet, by sender."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._waiting: dict[bytes, tuple[str, float]] = {}
        self._count: Counter[str] = Counter()

    def take(self, sender: str, tx: bytes, most: int) -> bool:
        """Let a transaction in, unless so many of its sender wait."""
        now = self._clock()
        while self._waiting and next(iter(self._waiting.values()))[1] < now - AGE:
            self._drop(next(iter(self._waiting)))
        key = hashlib.sha256(tx).digest()
        if key in self._waiting:
            return True
        if self._count[sender] >= most:
            return False
        self._waiting[key] = sender, now
        self._count[sender] += 1
        return True

    def settle(self, txs: Sequence[bytes]) -> None:
        """A block has these."""
        for tx in txs:
            self._drop(hashlib.sha256(tx).digest())

    def _drop(self, key: bytes) -> None:
        sender, _ = self._waiting.pop(key, ("", 0.0))
        if sender:
            self._count[sender] -= 1
