"""Working days end where the law says, in the network's own zone."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest

from dongting.appkit.calendar import day_of, due, end_of_day, is_working, start_of_day
from dongting.errors import Fault

CHINA = 8 * 3600
# The National Day of 2026 as a plan of the kind that is published each autumn: seven days off, two Saturdays
# and Sundays worked instead.
CALENDAR = SimpleNamespace(
    weekend=(6, 7),
    holidays=tuple(f"2026-10-0{n}" for n in range(1, 8)),
    workdays=("2026-09-27", "2026-10-10"),
)
PLAIN = SimpleNamespace(weekend=(6, 7), holidays=(), workdays=())


def moment(text: str, zone: int = CHINA) -> int:
    """Local wall time as seconds since 1970."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) - zone


def test_the_first_day_is_not_counted_and_the_last_ends_at_midnight() -> None:
    # 2026-06-01 is a Monday.
    assert due(PLAIN, moment("2026-06-01T09:00"), 1, CHINA) == moment("2026-06-03T00:00")


def test_a_period_has_the_same_end_whenever_it_begins_on_a_day() -> None:
    first, last = moment("2026-06-01T00:00"), moment("2026-06-01T23:59:59")
    assert due(PLAIN, first, 3, CHINA) == due(PLAIN, last, 3, CHINA)
    assert due(PLAIN, last + 1, 3, CHINA) > due(PLAIN, last, 3, CHINA)


def test_a_weekend_is_stepped_over() -> None:
    # Friday: the first working day after it is Monday.
    assert due(PLAIN, moment("2026-06-05T17:00"), 1, CHINA) == moment("2026-06-09T00:00")


def test_holidays_are_stepped_over_and_adjusted_workdays_count() -> None:
    # Wednesday 30 September: 1 to 7 October are free, 8 and 9 are worked, and so is Saturday the 10th.
    assert due(CALENDAR, moment("2026-09-30T10:00"), 3, CHINA) == moment("2026-10-11T00:00")


def test_an_adjusted_workday_wins_over_weekend_and_holiday() -> None:
    both = SimpleNamespace(weekend=(6, 7), holidays=("2026-06-06",), workdays=("2026-06-06",))
    assert is_working(both, date(2026, 6, 6))
    assert not is_working(both, date(2026, 6, 7))


def test_no_working_days_end_with_the_day_itself() -> None:
    assert due(PLAIN, moment("2026-06-06T12:00"), 0, CHINA) == moment("2026-06-07T00:00")


@pytest.mark.parametrize("zone", [-12 * 3600, -5 * 3600, 0, 19800, CHINA, 14 * 3600])
def test_a_day_begins_and_ends_in_the_zone_of_the_network(zone: int) -> None:
    assert due(PLAIN, moment("2026-06-01T23:30", zone), 1, zone) == moment("2026-06-03T00:00", zone)
    assert day_of(moment("2026-06-01T23:59:59", zone), zone) == date(2026, 6, 1)
    assert start_of_day(date(2026, 6, 2), zone) == end_of_day(date(2026, 6, 1), zone)


def test_a_week_without_a_working_day_is_a_fault_and_not_an_endless_loop() -> None:
    with pytest.raises(Fault):
        due(SimpleNamespace(weekend=(1, 2, 3, 4, 5, 6, 7), holidays=(), workdays=()), 0, 1, CHINA)


@pytest.mark.parametrize("weekend", [(6, 7), (5, 6), (7,), ()])
@pytest.mark.parametrize("with_exceptions", [False, True])
def test_counting_whole_weeks_at_once_gives_what_counting_day_by_day_gives(
    weekend: tuple[int, ...], with_exceptions: bool
) -> None:
    holidays = ("2026-01-15", "2026-02-16", "2026-02-17") if with_exceptions else ()
    workdays = ("2026-02-14", "2026-02-15") if with_exceptions else ()
    days = SimpleNamespace(weekend=weekend, holidays=holidays, workdays=workdays)
    for first in range(40):
        start = date(2026, 1, 1) + timedelta(days=first)
        counted, day = 0, start
        for working_days in range(40):
            while counted < working_days:
                day += timedelta(days=1)
                counted += is_working(days, day)
            found = due(days, start_of_day(start, CHINA), working_days, CHINA)
            assert found == end_of_day(day, CHINA)
