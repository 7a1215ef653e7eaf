"""Infer the schema of a CSV from all its rows (Table Schema 2.0; CSV as RFC 4180).

Rows are taken in blocks and each block column by column, so that every distinct value is looked at once
per block, not once per row; memory is bounded by one block.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice, zip_longest

import msgspec

from dongting.errors import Code, Refused, require
from dongting.standards.table_schema.dialect import Dialect, sniff
from dongting.standards.table_schema.schema import Field, Schema
from dongting.standards.table_schema.types import CANDIDATES, Candidate

#: Cells that mean "no value" unless told otherwise; surrounding spaces do not matter.
MISSING_VALUES = ("", "NA", "N/A", "#N/A", "NaN", "nan", "null", "NULL", "-", "--", "—")

SAMPLE = 50  # lines from which the dialect is found
BLOCK = 2000  # rows looked at together
MAX_COLUMNS = 2000

BAD_TABLE = Code(
    "table-schema", 4, "bad-table",
    "The file is not a table that can be read: {why}.",
    "文件不是可读取的表格：{why}。",
)  # fmt: skip


class Quality(msgspec.Struct, frozen=True):
    """Simple figures about a table: data rows, those shorter or longer than the header, and missing cells."""

    rows: int
    uneven_rows: int
    missing: dict[str, int]


class Inferred(msgspec.Struct, frozen=True):
    """What was found: the schema, the dialect it was read in, and the figures."""

    schema: Schema
    dialect: Dialect
    quality: Quality


class _Column:
    """What the values of one column, so far, allow it to be."""

    def __init__(self, missing_values: frozenset[str]) -> None:
        self._missing_values = missing_values
        self.possible: tuple[Candidate, ...] = CANDIDATES
        self.missing = 0
        self.values = False
        self.missing_seen: set[str] = set()

    def take(self, cells: Iterable[str]) -> None:
        for cell, count in Counter(cells).items():
            value = cell.strip(" \t")
            if value in self._missing_values:
                self.missing += count
                self.missing_seen.add(value)
                continue
            self.values = True
            if self.possible:
                self.possible = tuple(candidate for candidate in self.possible if candidate.fits(value))

    def field(self, name: str) -> Field:
        if not self.values:
            return Field(name, "any")
        if not self.possible:
            return Field(name, "string")
        return Field(name, self.possible[0].type, self.possible[0].format)


def infer(
    lines: Iterable[str],
    *,
    dialect: Dialect | None = None,
    missing_values: Sequence[str] = MISSING_VALUES,
    whole: bool = True,
) -> Inferred:
    """The schema, dialect and quality figures of the table in these lines (read once, to the end).

    Without a dialect the delimiter is found by `sniff`, and the first row counts as header if all its
    cells are different, present and of no type but string. Lines that are not the `whole` table may end
    inside a row, which then does not count.
    """
    lines = iter(lines)
    start = list(islice(lines, SAMPLE))
    if start:
        start[0] = start[0].removeprefix("\ufeff")
    delimiter = dialect.delimiter if dialect else sniff(start)
    rows = _rows(chain(start, lines), delimiter, whole)
    first = next(rows, None)
    if first is None:
        raise Refused(BAD_TABLE, why="there is no row")
    require(len(first) <= MAX_COLUMNS, BAD_TABLE, why=f"more than {MAX_COLUMNS} columns")
    missing = frozenset(missing_values)
    header = dialect.header if dialect else _is_header(first, missing)
    names = _names(first if header else [""] * len(first))
    columns = [_Column(missing) for _ in names]
    count, uneven = _take_all(rows if header else chain([first], rows), columns)
    seen = {"", *chain.from_iterable(column.missing_seen for column in columns)}
    schema = Schema(
        tuple(column.field(name) for name, column in zip(names, columns, strict=True)),
        tuple(value for value in dict.fromkeys(("", *missing_values)) if value in seen),
    )
    figures = {name: column.missing for name, column in zip(names, columns, strict=True)}
    return Inferred(schema, Dialect(delimiter, header), Quality(count, uneven, figures))


def _rows(lines: Iterable[str], delimiter: str, whole: bool) -> Iterator[list[str]]:
    """The rows that are not blank; refuses what CSV cannot be, and says where."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        for row in reader:
            if row:
                yield row
    except csv.Error as error:
        if not whole and str(error) == "unexpected end of data":
            return
        raise Refused(BAD_TABLE, why=f"line {reader.line_num}: {error}") from None


def _take_all(rows: Iterator[list[str]], columns: list[_Column]) -> tuple[int, int]:
    """Give each column its cells; the number of rows, and of those that are not as wide as the header."""
    width, count, uneven = len(columns), 0, 0
    while block := list(islice(rows, BLOCK)):
        count += len(block)
        wrong = sum(len(row) != width for row in block)
        if wrong:
            uneven += wrong
            block = [row[:width] for row in block]
        # A cell that a short row lacks is missing, like an empty one.
        cells = zip_longest(*block, fillvalue="")
        for column in columns:
            column.take(next(cells, ("",) * len(block)))
    return count, uneven


def _is_header(row: Sequence[str], missing_values: frozenset[str]) -> bool:
    cells = [cell.strip(" \t") for cell in row]
    distinct = len(set(cells)) == len(cells)
    return distinct and not any(
        cell in missing_values or any(candidate.fits(cell) for candidate in CANDIDATES) for cell in cells
    )


def _names(cells: Sequence[str]) -> list[str]:
    """A name for each column: its header cell, numbered where that is empty or taken."""
    names: dict[str, None] = {}
    copies: dict[str, int] = {}
    for number, cell in enumerate(cells, 1):
        plain = name = " ".join(cell.split())[:190] or f"column{number}"
        while name in names:
            copies[plain] = copies.get(plain, 1) + 1
            name = f"{plain}_{copies[plain]}"
        names[name] = None
    return list(names)
