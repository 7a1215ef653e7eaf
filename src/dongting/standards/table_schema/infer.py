"""Infer the schema of a CSV from all its rows (Table Schema 2.0; CSV as RFC 4180).

Rows are taken in blocks and each block column by column, so that every distinct value is looked at once
per block, not once per row; memory is bounded by one block.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice, zip_longest

import msgspec

from dongting.standards.table_schema.dialect import Dialect
from dongting.standards.table_schema.rows import opened
from dongting.standards.table_schema.schema import Field, Schema
from dongting.standards.table_schema.types import CANDIDATES, Candidate

#: Cells that mean "no value" unless told otherwise; surrounding spaces do not matter.
MISSING_VALUES = ("", "NA", "N/A", "#N/A", "NaN", "nan", "null", "NULL", "-", "--", "—")

BLOCK = 2000  # rows looked at together


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

    Without a dialect it is found, and lines may end inside a row where they are not the `whole` table
    (`rows.opened`).
    """
    missing = frozenset(missing_values)
    table = opened(lines, dialect, missing, whole=whole)
    names = table.names
    columns = [_Column(missing) for _ in names]
    count, uneven = _take_all(table.rows, columns)
    seen = {"", *chain.from_iterable(column.missing_seen for column in columns)}
    schema = Schema(
        tuple(column.field(name) for name, column in zip(names, columns, strict=True)),
        tuple(value for value in dict.fromkeys(("", *missing_values)) if value in seen),
    )
    figures = {name: column.missing for name, column in zip(names, columns, strict=True)}
    return Inferred(schema, table.dialect, Quality(count, uneven, figures))


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
