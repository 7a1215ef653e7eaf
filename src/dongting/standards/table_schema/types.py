"""Which values belong to which type (Table Schema 2.0, section "Field Types").

Every pattern names its characters one by one. A value that could lose something by its type, such as a
number with leading zeros or beyond 2^53, belongs to no type but string.
"""

import re
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from dongting.standards.table_schema.schema import FieldType

MAX_SAFE_INTEGER = 2**53 - 1  # RFC 7493, section 2.2

_INTEGER = re.compile(r"[+-]?(0|[1-9][0-9]{0,15})")
_NUMBER = re.compile(r"[+-]?(0|[1-9][0-9]*)?(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")
_BOOLEANS = frozenset(("true", "True", "TRUE", "false", "False", "FALSE"))

_YEAR, _MONTH, _DAY = "([0-9]{4})", "(0[1-9]|1[0-2])", "(0[1-9]|[12][0-9]|3[01])"
_LOOSE_MONTH, _LOOSE_DAY = "(0?[1-9]|1[0-2])", "(0?[1-9]|[12][0-9]|3[01])"
_HOUR, _MINUTE, _SECOND = "([01][0-9]|2[0-3])", "[0-5][0-9]", "[0-5][0-9]"


class Candidate(NamedTuple):
    """A type with its format, and the test whether a value belongs to it."""

    type: FieldType
    format: str
    fits: Callable[[str], bool]


def _integer(value: str) -> bool:
    return _INTEGER.fullmatch(value) is not None and abs(int(value)) <= MAX_SAFE_INTEGER


def _number(value: str) -> bool:
    match = _NUMBER.fullmatch(value)
    if match is None or not (match[1] or match[2]):
        return False
    return match[2] is not None or match[3] is not None or _integer(value)


def _dated(pattern: str) -> Callable[[str], bool]:
    """A test for a pattern whose first three groups are year, month and day of a real calendar day."""
    compiled = re.compile(pattern)

    def fits(value: str) -> bool:
        match = compiled.fullmatch(value)
        if match is None:
            return False
        try:
            date(int(match[1]), int(match[2]), int(match[3]))
        except ValueError:
            return False
        return True

    return fits


_ISO_DAY = f"{_YEAR}-{_MONTH}-{_DAY}"
_ZONE = f"(Z|[+-]{_HOUR}:{_MINUTE})?"

#: Every type but string that is inferred, the narrower before the wider.
CANDIDATES: tuple[Candidate, ...] = (
    Candidate("integer", "default", _integer),
    Candidate("number", "default", _number),
    Candidate("boolean", "default", _BOOLEANS.__contains__),
    Candidate("date", "default", _dated(_ISO_DAY)),
    Candidate("date", "%Y/%m/%d", _dated(f"{_YEAR}/{_LOOSE_MONTH}/{_LOOSE_DAY}")),
    Candidate("date", "%Y年%m月%d日", _dated(f"{_YEAR}年{_LOOSE_MONTH}月{_LOOSE_DAY}日")),
    Candidate(
        "datetime", "default", _dated(rf"{_ISO_DAY}T{_HOUR}:{_MINUTE}:{_SECOND}(\.[0-9]{{1,9}})?{_ZONE}")
    ),
    Candidate("datetime", "%Y-%m-%d %H:%M:%S", _dated(f"{_ISO_DAY} {_HOUR}:{_MINUTE}:{_SECOND}")),
    Candidate("datetime", "%Y-%m-%d %H:%M", _dated(f"{_ISO_DAY} {_HOUR}:{_MINUTE}")),
    Candidate(
        "datetime",
        "%Y/%m/%d %H:%M:%S",
        _dated(f"{_YEAR}/{_LOOSE_MONTH}/{_LOOSE_DAY} {_HOUR}:{_MINUTE}:{_SECOND}"),
    ),
    Candidate("datetime", "%Y/%m/%d %H:%M", _dated(f"{_YEAR}/{_LOOSE_MONTH}/{_LOOSE_DAY} {_HOUR}:{_MINUTE}")),
)
