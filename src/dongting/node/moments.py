"""Moments and days in the network's zone, as people write and read them."""

import re
from datetime import UTC, datetime, timedelta, timezone

from dongting.errors import Code, Refused

NOT_A_MOMENT = Code(
    "cli", 8, "not-a-moment",
    "{given} is no moment; write a day (2027-06-30), a day and time (2027-06-30T18:00), or seconds "
    "since 1970.",
    "{given} 不是有效的时间；请写日期（2027-06-30）、日期和时刻（2027-06-30T18:00）或 1970 年以来的秒数。",
)  # fmt: skip

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def zone_of(text: str) -> timezone:
    """The zone that genesis names, such as `+08:00`."""
    hours, minutes = text[1:].split(":")
    shift = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-shift if text[0] == "-" else shift)


def moment(seconds: int, zone: str) -> str:
    """A moment as day and time in the zone."""
    try:
        return datetime.fromtimestamp(seconds, UTC).astimezone(zone_of(zone)).strftime("%Y-%m-%d %H:%M:%S")
    except (OverflowError, ValueError, OSError):
        return str(seconds)


def seconds_of(text: str, zone: str, *, closes: bool = False) -> int:
    """Seconds since 1970; a mere day is its first moment, or with `closes` the moment at which it is over."""
    try:
        if text.isascii() and text.isdigit():
            return int(text)
        if _DAY.fullmatch(text):
            day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=zone_of(zone))
            return int((day + timedelta(days=1 if closes else 0)).timestamp())
        given = datetime.fromisoformat(text)
        return int((given if given.tzinfo else given.replace(tzinfo=zone_of(zone))).timestamp())
    except (ValueError, OverflowError):
        raise Refused(NOT_A_MOMENT, given=text[:40]) from None


def today(zone: str) -> int:
    """The first moment of the present day in the zone."""
    now = datetime.now(zone_of(zone))
    return int(now.replace(hour=0, minute=0, second=0, microsecond=0).timestamp())


def local_text(seconds: int, zone: str, *, closes: bool = False) -> str:
    """A moment as `seconds_of` reads it: a mere day where it is its first moment (or its end)."""
    local = datetime.fromtimestamp(seconds, UTC).astimezone(zone_of(zone))
    if (local.hour, local.minute, local.second) == (0, 0, 0):
        return (local - timedelta(days=1 if closes else 0)).strftime("%Y-%m-%d")
    return local.strftime("%Y-%m-%dT%H:%M:%S")
