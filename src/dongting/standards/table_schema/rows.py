"""A CSV opened: its dialect, the names of its columns, its rows one by one (RFC 4180; Table Schema 2.0)."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from dongting.errors import Code, Refused, require
from dongting.standards.table_schema.dialect import Dialect, sniff
from dongting.standards.table_schema.types import CANDIDATES

SAMPLE = 50  # lines from which the dialect is found
MAX_COLUMNS = 2000

BAD_TABLE = Code(
    "table-schema", 4, "bad-table",
    "The file is not a table that can be read: {why}.",
    "文件不是可读取的表格：{why}。",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Table:
    """The names of the columns in order, and the rows under them, which can be read once."""

    dialect: Dialect
    names: tuple[str, ...]
    rows: Iterator[list[str]]


def opened(
    lines: Iterable[str], dialect: Dialect | None, missing_values: frozenset[str], *, whole: bool
) -> Table:
    """The table in these lines, of which no more than the first are read yet.

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
    header = dialect.header if dialect else _is_header(first, missing_values)
    names = _names(first if header else [""] * len(first))
    return Table(Dialect(delimiter, header), tuple(names), rows if header else chain([first], rows))


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
