"""Token buckets: so many at once, so many a second, each key for itself."""

import pytest

from dongting.errors import Refused
from dongting.http.limits import Buckets
from dongting.standards.rate_limit import Allowance


def test_a_burst_then_the_rate() -> None:
    now = 0.0
    buckets = Buckets(2, 5, lambda: now)
    for _ in range(5):
        buckets.take("a")
    with pytest.raises(Refused) as refused:
        buckets.take("a")
    assert (refused.value.code.status, refused.value.facts["wait"]) == (429, 1)
    buckets.take("b")
    now = 1.0
    buckets.take("a")
    buckets.take("a")
    with pytest.raises(Refused):
        buckets.take("a")


def test_what_is_left_is_told() -> None:
    now = 0.0
    buckets = Buckets(2, 5, lambda: now)
    assert buckets.allowance("a") == Allowance(quota=5, window=3, remaining=5, reset=0)
    for _ in range(3):
        buckets.take("a")
    assert buckets.allowance("a") == Allowance(quota=5, window=3, remaining=2, reset=2)
    now = 0.5
    assert buckets.allowance("a") == Allowance(quota=5, window=3, remaining=3, reset=1)


def test_a_long_pause_saves_no_more_than_a_burst() -> None:
    now = 0.0
    buckets = Buckets(10, 3, lambda: now)
    buckets.take("a")
    now = 1e6
    for _ in range(3):
        buckets.take("a")
    with pytest.raises(Refused):
        buckets.take("a")


def test_the_longest_silent_key_is_forgotten() -> None:
    buckets = Buckets(1, 1, lambda: 0.0)
    for number in range(20_000):
        buckets.take(str(number))
    assert len(buckets._buckets) <= 10_000
