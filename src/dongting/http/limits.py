"""How much one caller may ask of a node: sizes, times, and requests a second."""

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from dongting.errors import require
from dongting.http.codes import TOO_MANY_REQUESTS
from dongting.standards.rate_limit import Allowance

_KEYS = 10_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, times in seconds.

    `head` and `fields` bound a request's target and header fields; a body may take `patience` and one
    second more for each `slowest` bytes; a response that is not read for `patience` is given up. An
    organisation may send `burst` requests at once and `rate` a second. `wait` is how long a list waits for
    the height that was asked for.
    """

    head: int = 32 * 1024
    fields: int = 64
    head_seconds: float = 15
    patience: int = 20
    slowest: int = 32 * 1024
    rate: int = 100
    burst: int = 300
    wait: float = 2.0


#: What a node uses.
LIMITS = Limits()


class Buckets:
    """A token bucket for each key; the keys longest silent are forgotten, whose buckets are full anyway."""

    def __init__(self, rate: int, burst: int, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    @property
    def rate(self) -> int:
        """How many a second, on average."""
        return self._rate

    def lacking(self, key: str) -> int:
        """The seconds until this key's bucket has something in it; 0: it has."""
        tokens, since = self._buckets.get(key, (float(self._burst), 0.0))
        tokens += (self._clock() - since) * self._rate
        return 0 if tokens >= 1 else max(1, math.ceil((1 - tokens) / self._rate))

    def charge(self, key: str, count: int) -> None:
        """Take so many out of this key's bucket, which may owe them afterwards."""
        now = self._clock()
        tokens, since = self._buckets.pop(key, (float(self._burst), now))
        self._buckets[key] = (min(self._burst, tokens + (now - since) * self._rate) - count, now)
        if len(self._buckets) > _KEYS:
            self._buckets.popitem(last=False)

    def take(self, key: str) -> None:
        """Count one request of this key; refuses when its bucket is empty."""
        wait = self.lacking(key)
        require(not wait, TOO_MANY_REQUESTS, rate=self._rate, wait=wait)
        self.charge(key, 1)

    def allowance(self, key: str) -> Allowance:
        """What is left of this key's bucket."""
        tokens, since = self._buckets.get(key, (float(self._burst), 0.0))
        tokens = min(self._burst, tokens + (self._clock() - since) * self._rate)
        window = math.ceil(self._burst / self._rate)
        return Allowance(self._burst, window, int(tokens), math.ceil((self._burst - tokens) / self._rate))
