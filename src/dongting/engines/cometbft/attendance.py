"""Whose votes are missing from the blocks: a validator that stopped, lags or is cut off."""

from collections.abc import Callable, Sequence

BLOCKS, SECONDS = 30, 30.0  # a vote may come late; this long it does not


class Attendance:
    """Counts, for each validator's address, the blocks in a row that bear no vote of it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._missed: dict[bytes, tuple[int, float]] = {}

    def see(self, voted: Sequence[tuple[bytes, bool]]) -> None:
        """A block says whose votes for the one before it came."""
        missed = self._missed
        self._missed = {}
        for address, came in voted:
            if not came:
                count, since = missed.get(address, (0, self._clock()))
                self._missed[address] = count + 1, since

    def silent(self) -> dict[bytes, int]:
        """Those who have been away for long, and for how many blocks."""
        now = self._clock()
        return {
            address: count
            for address, (count, since) in self._missed.items()
            if count >= BLOCKS and now - since >= SECONDS
        }
