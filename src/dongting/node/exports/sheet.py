"""A list of records as a table: columns from the declaration, cells in the caller's language.

A nested struct becomes a column for each of its fields, so that every hash stands whole. Cells never begin
like a formula: what a member wrote must stay text when a spreadsheet opens it (CSV injection).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from dongting.appkit.app import RecordType
from dongting.appkit.fields import Money, Period, Text
from dongting.appkit.shapes import names_of, shape
from dongting.errors import Code, Language, Refused
from dongting.node.moments import zone_of
from dongting.node.words import Words
from dongting.store.rows import MAX_PAGE, Page, Row

TOO_MANY_ROWS = Code(
    "exports", 1, "too-many-rows",
    "This list has more than {most} rows; narrow it with filters, or take it as CSV.",
    "该列表超过 {most} 行；请用筛选条件缩小范围，或改用 CSV。",
    status=413,
)  # fmt: skip

#: One cell: text, a number, or a moment in the network's zone (without zone, as spreadsheets have it).
Cell = str | int | datetime

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_EXACT = 10**15  # from here on a spreadsheet rounds whole numbers
_WHOLE = (Text, Money, Period)  # structs that are one value to a reader
_MADE = (
    ("Version", "版本"), ("Recorded at", "入账时间"), ("Block", "区块高度"), ("Log entry", "日志序号"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Column:
    """Where a cell's value lies in a record, and what it is called."""

    way: tuple[str, ...]
    annotation: Any
    title: str


class Sheet:
    """The columns of one record type, and the cells of its rows, in a language and a zone."""

    def __init__(self, declared: RecordType, language: Language, zone: str) -> None:
        self.title = declared.title.best(language)
        self._words = Words(language, zone)
        self._zone = zone_of(zone)
        self._language = language
        self._columns = list(self._of(declared.struct, (), ""))
        flow = declared.workflow
        states = {} if flow is None else flow.states
        self._states = {name: state.zh if language == "zh" else state.en for name, state in states.items()}
        self._state = "" if flow is None else flow.field

    def header(self) -> list[str]:
        """The titles of the columns; those of the record first, then where it stands in the ledger."""
        made = [zh if self._language == "zh" else en for en, zh in _MADE]
        return [column.title for column in self._columns] + made

    def cells(self, row: Row) -> list[Cell]:
        """One row, as many cells as the header has."""
        body = msgspec.json.decode(row.body)
        found = [self._cell(column, body) for column in self._columns]
        return [*found, row.version, self._moment(row.time), row.height, row.leaf]

    def _of(self, struct: type[msgspec.Struct], way: tuple[str, ...], before: str) -> Iterator[_Column]:
        for one in msgspec.structs.fields(struct):
            found = shape(one.type)
            title = before + self._words.label(one.type, one.name)
            here = (*way, one.encode_name)
            if names_of(found.base) and found.base not in _WHOLE:
                yield from self._of(found.base, here, f"{title} · ")
            else:
                yield _Column(here, one.type, title)

    def _cell(self, column: _Column, body: Any) -> Cell:
        value = body
        for name in column.way:
            value = value.get(name) if isinstance(value, dict) else None
        if value is None or value in ([], ""):
            return ""
        found = shape(column.annotation)
        if column.way == (self._state,):
            return self._states.get(value, str(value))
        if isinstance(value, int) and not isinstance(value, bool):
            return self._moment(value) if found.kind == "instant" else _number(value)
        if isinstance(value, str) and value not in found.names:
            return harmless(value)
        return harmless(self._words.value(column.annotation, value))

    def _moment(self, seconds: int) -> Cell:
        try:
            return datetime.fromtimestamp(seconds, self._zone).replace(tzinfo=None)
        except (OverflowError, ValueError, OSError):
            return _number(seconds)


def harmless(text: str) -> str:
    """The text, marked as text where a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _number(value: int) -> Cell:
    return value if abs(value) < _EXACT else str(value)


def every_row(page: Callable[[str | None, int], Page], most: int) -> Iterator[Row]:
    """All rows of a list, page by page, one page in memory; refuses a list of more than `most`.

    `page` answers for a cursor and a limit. The first page is read at once, so that what is wrong with the
    list is refused before anything is sent.
    """
    first = page(None, MAX_PAGE)
    return _following(page, first, most)


def _following(page: Callable[[str | None, int], Page], found: Page, most: int) -> Iterator[Row]:
    given = 0
    while True:
        for row in found.rows:
            given += 1
            if given > most:
                raise Refused(TOO_MANY_ROWS, most=most)
            yield row
        if found.cursor is None:
            return
        found = page(found.cursor, MAX_PAGE)
