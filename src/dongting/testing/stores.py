"""Ledger stores for tests: one in memory, and one that fails at a chosen write.

A write can fail in two forms, and a ledger must survive both: it was lost, or it is there although the
caller was told that it failed. A full disk is a third: refused, nothing changed.
"""

from collections.abc import Iterator, Sequence
from typing import Literal

from dongting.errors import Fault, Refused
from dongting.store.disk import DISK_FULL
from dongting.store.ledger import Change, LedgerStore

Form = Literal["lost", "reported", "full"]


class MemoryStore:
    """A ledger store in memory: as the real one behaves, without the disk."""

    def __init__(self) -> None:
        self._values: dict[bytes, bytes] = {}

    def get(self, key: bytes) -> bytes | None:
        """The value of the key, or None."""
        return self._values.get(key)

    def get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """The values of the keys, in their order."""
        return [self._values.get(key) for key in keys]

    def scan(self, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Keys with the prefix and their values, ascending from prefix + start; one consistent view."""
        first = prefix + start
        yield from sorted(
            (key, value) for key, value in self._values.items() if key.startswith(prefix) and key >= first
        )

    def scan_back(self, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """The same, descending: from prefix + start downwards, or from the last key when start is empty."""
        last = prefix + start
        found = (
            (key, value)
            for key, value in self._values.items()
            if key.startswith(prefix) and (not start or key <= last)
        )
        yield from sorted(found, reverse=True)

    def write(self, changes: Sequence[Change], drop: Sequence[bytes] = ()) -> None:
        """Delete the keys that have one of the `drop` prefixes, then make the changes."""
        for prefix in drop:
            for key in [key for key in self._values if key.startswith(prefix)]:
                del self._values[key]
        for key, value in changes:
            if value is None:
                self._values.pop(key, None)
            else:
                self._values[key] = value

    def purge(self, spans: Sequence[tuple[bytes, bytes]]) -> None:
        """Nothing to do: a value that was replaced is gone."""

    def close(self) -> None:
        """Nothing to release; the values stay, as they would on disk."""


class FailingStore:
    """Passes everything to the inner store, but fails at write number `fail_at`, counted from 1.

    `lost`: nothing is written and a fault is raised. `reported`: all is written and a fault is raised.
    After either, writing is over, as with the real store: go on with `inner`, as after a restart.
    `full`: nothing is written, the refusal of a full disk is raised, and the next write succeeds.
    """

    def __init__(self, inner: MemoryStore | LedgerStore, fail_at: int, form: Form) -> None:
        self.inner = inner
        self.fail_at = fail_at
        self.form = form
        self.writes = 0
        self._failed: Fault | None = None

    def get(self, key: bytes) -> bytes | None:
        """The value of the key, or None."""
        return self.inner.get(key)

    def get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """The values of the keys, in their order."""
        return self.inner.get_many(keys)

    def scan(self, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """As the inner store."""
        return self.inner.scan(prefix, start)

    def scan_back(self, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """As the inner store."""
        return self.inner.scan_back(prefix, start)

    def write(self, changes: Sequence[Change], drop: Sequence[bytes] = ()) -> None:
        """As the inner store, until the write that fails."""
        if self._failed is not None:
            raise self._failed
        self.writes += 1
        if self.writes != self.fail_at:
            self.inner.write(changes, drop)
            return
        if self.form == "full":
            raise Refused(DISK_FULL, place="memory")
        if self.form == "reported":
            self.inner.write(changes, drop)
        self._failed = Fault(
            f"write {self.writes} failed, as this test asked; whether it is there is unknown"
        )
        raise self._failed

    def purge(self, spans: Sequence[tuple[bytes, bytes]]) -> None:
        """As the inner store."""
        self.inner.purge(spans)

    def close(self) -> None:
        """Close the inner store."""
        self.inner.close()
