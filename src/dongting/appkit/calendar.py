"""Working days: when a period of n working days ends, as a pure function of a calendar and a moment.

The counting is that of the Civil Code of the PRC, articles 201 and 203: the day on which a period
begins is not counted, and its last day ends at 24:00. A day begins and ends in the network's zone, a
fixed offset from UTC given in seconds, so that no time zone database can change an old deadline.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Protocol

from dongting.errors import Fault

DAY = 86_400  # seconds
_EPOCH = date(1970, 1, 1)


class Days(Protocol):
    """Which days are worked on: what a calendar record holds."""

    @property
    def weekend(self) -> Sequence[int]:
        """The days of the week that are free, 1 for Monday to 7 for Sunday (ISO 8601); never all seven."""
        ...

    @property
    def holidays(self) -> Sequence[str]:
        """Free days besides the weekend, `YYYY-MM-DD`, ascending."""
        ...

    @property
    def workdays(self) -> Sequence[str]:
        """Days worked although they fall on a weekend, `YYYY-MM-DD`, ascending."""
        ...


def is_working(calendar: Days, day: date) -> bool:
    """Whether that day is worked on: an adjusted workday always, a holiday or a weekend day never."""
    text = day.isoformat()
    if _listed(calendar.workdays, text):
        return True
    return day.isoweekday() not in calendar.weekend and not _listed(calendar.holidays, text)


def due(calendar: Days, start: int, working_days: int, zone: int) -> int:
    """The end of the n-th working day after the day of `start`; the first moment that is too late.

    `start` and the result are seconds since 1970, `zone` the seconds by which local time is ahead of
    UTC. With no working days the period ends with the day of `start` itself.
    """
    if len(set(calendar.weekend)) > 6:
        raise Fault("a calendar without a working day of the week")
    day = day_of(start, zone)
    last = _by_weekdays(calendar.weekend, day, working_days)
    if _none_within(calendar.holidays, day, last) and _none_within(calendar.workdays, day, last):
        return end_of_day(last, zone)
    left = working_days
    while left > 0:
        day += timedelta(days=1)
        left -= is_working(calendar, day)
    return end_of_day(day, zone)


def _by_weekdays(weekend: Sequence[int], day: date, working_days: int) -> date:
    """The n-th day after `day` that is not of the weekend; whole weeks at once."""
    if working_days == 0:
        return day
    free = set(weekend)
    weeks = (working_days - 1) // (7 - len(free))
    left = working_days - weeks * (7 - len(free))
    number = day.toordinal() + 7 * weeks
    while left > 0:
        number += 1
        left -= (number - 1) % 7 + 1 not in free  # day 1 of the calendar is a Monday
    return date.fromordinal(number)


def _none_within(days: Sequence[str], after: date, last: date) -> bool:
    """Whether none of the days, ascending, lies after the one and up to the other."""
    if not days:
        return True
    return bisect_right(days, after.isoformat()) == bisect_right(days, last.isoformat())


def day_of(moment: int, zone: int) -> date:
    """The local day in which a moment (seconds since 1970) lies."""
    return _EPOCH + timedelta(days=(moment + zone) // DAY)


def start_of_day(day: date, zone: int) -> int:
    """The first moment of a local day, seconds since 1970."""
    return (day - _EPOCH).days * DAY - zone


def end_of_day(day: date, zone: int) -> int:
    """24:00 of a local day, which is the first moment of the next; seconds since 1970."""
    return start_of_day(day, zone) + DAY


def _listed(days: Sequence[str], day: str) -> bool:
    place = bisect_left(days, day)
    return place < len(days) and days[place] == day
