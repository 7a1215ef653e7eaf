"""What a table holds: its first rows, and per column how full, how varied and how true to its type it is.

Read once, in blocks and column by column; memory is bounded whatever the number of rows (Table Schema 2.0,
section "Field Types"; the questions are those of Frictionless reports).
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, zip_longest
from typing import Any

import msgspec

from dongting.standards.table_schema.dialect import Dialect
from dongting.standards.table_schema.infer import BLOCK, MISSING_VALUES
from dongting.standards.table_schema.rows import opened
from dongting.standards.table_schema.schema import Field, FieldType
from dongting.standards.table_schema.types import CANDIDATES

COLUMNS = 300  # looked at
DISTINCT = 500  # values of a column that are told apart
PREVIEW = 10  # rows
EXAMPLES = 5  # of values that do not fit, per table
FREQUENT = 3
CELL = 120  # characters kept of a cell
_NUMBERS = frozenset(("integer", "number", "year"))
_MOMENTS = frozenset(("date", "datetime", "time"))
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?)?")


class ColumnFigures(msgspec.Struct, frozen=True):
    """One column: cells that are filled, values told apart (`DISTINCT` and no more), the least and the
    greatest of numbers and moments, the most frequent values of others, and cells that its type forbids."""

    name: str
    type: FieldType
    filled: int
    distinct: int
    least: str = ""
    greatest: str = ""
    frequent: tuple[tuple[str, int], ...] = ()
    wrong: int = 0


class Misfit(msgspec.Struct, frozen=True):
    """A value that its column's type forbids, and the row, counted from 1 below the header."""

    row: int
    column: str
    value: str


class Figures(msgspec.Struct, frozen=True):
    """A table: rows, those shorter or longer than the header, those with anything wrong; not `whole` where
    only its beginning was read; the first rows as text, cells cut at `CELL` characters."""

    rows: int
    uneven: int
    wrong: int
    whole: bool
    columns: tuple[ColumnFigures, ...]
    preview: tuple[tuple[str, ...], ...]
    examples: tuple[Misfit, ...] = ()


def figures(
    lines: Iterable[str], fields: Sequence[Field] = (), *, dialect: Dialect | None = None, whole: bool = True
) -> Figures:
    """The figures of the table in these lines under the schema of these fields, found by their names.

    A column that no field names is of type `any`: nothing in it is wrong.
    """
    table = opened(lines, dialect, frozenset(MISSING_VALUES), whole=whole)
    types = {field.name: field.type for field in fields}
    columns = [_Column(name, types.get(name, "any")) for name in table.names[:COLUMNS]]
    preview: list[tuple[str, ...]] = []
    examples: list[Misfit] = []
    count = uneven = wrong = 0
    while block := list(islice(table.rows, BLOCK)):
        rest = PREVIEW - len(preview)
        preview += [tuple(cell[:CELL] for cell in row[:COLUMNS]) for row in block[:rest]]
        odd = {place for place, row in enumerate(block) if len(row) != len(table.names)}
        uneven += len(odd)
        cells = zip_longest(*(row[: len(columns)] for row in block), fillvalue="")
        for column in columns:
            for place, value in column.take(next(cells, ("",) * len(block))):
                odd.add(place)
                if len(examples) < EXAMPLES:
                    examples.append(Misfit(count + place + 1, column.name, value[:CELL]))
        wrong += len(odd)
        count += len(block)
    told = tuple(column.told() for column in columns)
    return Figures(count, uneven, wrong, whole, told, tuple(preview), tuple(examples))


class _Column:
    """What is known of one column so far."""

    def __init__(self, name: str, type: FieldType) -> None:
        self.name = name
        self.type = type
        self.filled = 0
        self.wrong = 0
        self.seen: Counter[str] = Counter()
        self.full = False
        self.ends: list[tuple[Any, str]] = []

    def take(self, cells: Sequence[str]) -> Iterator[tuple[int, str]]:
        """Take the cells of a block; the place and value of each that does not fit."""
        bad: set[str] = set()
        for cell, many in Counter(cells).items():
            value = cell.strip(" \t")
            if value in MISSING_VALUES:
                continue
            self.filled += many
            if fits(self.type, value):
                self._count(value, many)
            else:
                self.wrong += many
                bad.add(cell)
        if bad:
            yield from ((place, cell) for place, cell in enumerate(cells) if cell in bad)

    def told(self) -> ColumnFigures:
        """Its figures."""
        least = greatest = ""
        if self.ends:
            least, greatest = self.ends[0][1], self.ends[-1][1]
        frequent = () if self.full or self.ends else tuple(self.seen.most_common(FREQUENT))
        return ColumnFigures(
            self.name, self.type, self.filled, len(self.seen), least, greatest, frequent, self.wrong
        )

    def _count(self, value: str, many: int) -> None:
        short = value[:CELL]
        if short in self.seen or len(self.seen) < DISTINCT:
            self.seen[short] += many
        else:
            self.full = True
        if self.type in _NUMBERS or self.type in _MOMENTS:
            ends = [*self.ends, (_order(self.type, value), short)]
            self.ends = [min(ends), max(ends)]


def fits(type: FieldType, value: str) -> bool:
    """Whether a value belongs to a type, in any of the formats known for it."""
    if type in ("string", "any"):
        return True
    if type == "time":
        return _TIME.fullmatch(value) is not None
    wanted = {"number": ("integer", "number"), "year": ("integer",)}.get(type, (type,))
    return any(one.type in wanted and one.fits(value) for one in CANDIDATES)


def _order(type: FieldType, value: str) -> Any:
    """What a value is compared by: its number, or the numbers in a moment, the largest unit first."""
    if type in _NUMBERS:
        return float(value)
    return tuple(int(number) for number in re.findall("[0-9]+", value))
