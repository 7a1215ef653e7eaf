"""What governance tells other applications: working days and the deadlines counted in them."""

from functools import lru_cache

from dongting.appkit import calendar
from dongting.appkit.context import Reader
from dongting.apps.governance.parameters import ParameterName, parameter
from dongting.apps.governance.workdays import Calendar, calendar_record

#: Most statements of a day ask for the same deadline.
_due = lru_cache(maxsize=1024)(calendar.due)


class WorkingDays:
    """The calendar and the deadlines in force at one moment."""

    __slots__ = ("_reader",)

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    @property
    def calendar(self) -> Calendar:
        """The calendar in force."""
        return calendar_record(self._reader)

    @property
    def answer_days(self) -> int:
        """Working days within which a request is to be answered."""
        return parameter(self._reader, "answer-days")

    @property
    def delivery_days(self) -> int:
        """Working days within which data is to be delivered."""
        return parameter(self._reader, "delivery-days")

    def due(self, start: int, days: int) -> int:
        """The end of the n-th working day after the day of `start`; seconds since 1970."""
        present = self.calendar
        day = start - (start + present.zone) % calendar.DAY
        return _due(present, day, days, present.zone)

    def day(self, moment: int) -> str:
        """The day in the network's zone in which a moment lies, `YYYY-MM-DD`."""
        return calendar.day_of(moment, self.calendar.zone).isoformat()


class Parameters:
    """The numbers that all members keep to, by name."""

    __slots__ = ("_reader",)

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def value(self, name: ParameterName) -> int:
        """The value in force, or the one with which every network begins."""
        return parameter(self._reader, name)


def working_days(reader: Reader) -> WorkingDays:
    """Working days and deadlines over the present state."""
    return WorkingDays(reader)


def parameters(reader: Reader) -> Parameters:
    """The parameters over the present state."""
    return Parameters(reader)
