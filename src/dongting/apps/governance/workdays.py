"""The calendar of working days: weekend, public holidays, and weekend days that are worked instead.

A change counts for deadlines that are set from then on: those set before stand in their records.
"""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal

import msgspec

from dongting.appkit.app import COLLECTIVE, Record
from dongting.appkit.context import Context, Reader
from dongting.appkit.fields import Day, says
from dongting.apps.governance.codes import (
    BAD_DAY,
    HOLIDAY_AND_WORKDAY,
    NO_WORKING_DAY,
    NOTHING_CHANGES,
    UNORDERED_DAYS,
)
from dongting.apps.governance.declaration import app
from dongting.errors import Fault, Refused, require

CALENDAR: Literal["calendar"] = "calendar"  # the id of the one record
MAX_DAYS = 800  # of each sort: about ten years of holidays

Weekday = Annotated[int, msgspec.Meta(ge=1, le=7)]
Weekend = Annotated[tuple[Weekday, ...], msgspec.Meta(max_length=6)]
DayList = Annotated[tuple[Day, ...], msgspec.Meta(max_length=MAX_DAYS)]


@app.record(("Calendar", "工作日历"))
class Calendar(Record, frozen=True):
    """Which days are worked on (`dongting.appkit.calendar.Days`); `zone` in seconds ahead of UTC."""

    id: Annotated[Literal["calendar"], says("Id", "编号")]
    zone: Annotated[int, says("Seconds ahead of UTC", "比世界时提前的秒数")]
    weekend: Annotated[Weekend, says("Weekend, Monday is 1", "周末（周一为 1）")]
    holidays: Annotated[DayList, says("Holidays", "节假日")]
    workdays: Annotated[DayList, says("Weekend days worked", "调休工作日")]


class SetCalendar(Record, frozen=True):
    """The whole new calendar; the days of past years may be left out."""

    id: Annotated[Literal["calendar"], says("Id", "编号")]
    weekend: Annotated[Weekend, says("Weekend, Monday is 1", "周末（周一为 1）")]
    holidays: Annotated[DayList, says("Holidays", "节假日")]
    workdays: Annotated[DayList, says("Weekend days worked", "调休工作日")]


def calendar_record(reader: Reader) -> Calendar:
    """The calendar in force; genesis writes it."""
    found = reader.get(Calendar, CALENDAR)
    if found is None:
        raise Fault("the ledger has no calendar: its genesis was not built")
    return found


def check_calendar(weekend: Sequence[int], holidays: Sequence[str], workdays: Sequence[str]) -> None:
    """Refuse days that do not exist, are out of order or contradict each other, and an endless weekend."""
    require(len(weekend) == len(set(weekend)) <= 6, NO_WORKING_DAY)
    for days in (holidays, workdays):
        for place, day in enumerate(days):
            try:
                date.fromisoformat(day)
            except ValueError:
                raise Refused(BAD_DAY, day=day) from None
            require(place == 0 or days[place - 1] < day, UNORDERED_DAYS, day=day)
    worked = set(workdays)
    for day in holidays:
        require(day not in worked, HOLIDAY_AND_WORKDAY, day=day)


@app.action(
    ("Set the calendar", "设定工作日历"), about=Calendar, by=COLLECTIVE,
    says=(
        "By resolution of the founders, a new calendar of working days applies to deadlines set from now on.",
        "经发起方决议，自此确定的期限适用新的工作日历。",
    ),
)  # fmt: skip
def set_calendar(ctx: Context, change: SetCalendar) -> None:
    """Replace weekend, holidays and adjusted workdays, for example for the coming year."""
    check_calendar(change.weekend, change.holidays, change.workdays)
    present = calendar_record(ctx)
    changed = msgspec.structs.replace(
        present, weekend=change.weekend, holidays=change.holidays, workdays=change.workdays
    )
    require(changed != present, NOTHING_CHANGES)
    ctx.put(changed)
