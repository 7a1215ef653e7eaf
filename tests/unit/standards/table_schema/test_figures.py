"""Figures of a table: how full, how varied, how true to its types, in bounded memory."""

import tracemalloc
from collections.abc import Iterator

import pytest

from dongting.errors import Refused
from dongting.standards.table_schema import BAD_TABLE, Dialect, Field, figures
from dongting.standards.table_schema.figures import CELL, DISTINCT, EXAMPLES, PREVIEW, fits
from dongting.standards.table_schema.infer import BLOCK

FIELDS = (Field("city"), Field("day", "date"), Field("value", "number"))
LINES = [
    "city,day,value\n",
    "长沙,2026-01-02,35\n",
    "长沙,2026-01-01,-4.5\n",
    "株洲,2026-13-01,abc\n",
    "NA,,7\n",
]


def test_each_column_is_counted_ranged_and_checked() -> None:
    found = figures(LINES, FIELDS)
    city, day, value = found.columns
    assert (found.rows, found.uneven, found.wrong) == (4, 0, 1)
    assert (city.filled, city.distinct, city.frequent) == (3, 2, (("长沙", 2), ("株洲", 1)))
    assert (day.filled, day.least, day.greatest, day.wrong) == (3, "2026-01-01", "2026-01-02", 1)
    assert (value.filled, value.least, value.greatest, value.wrong) == (4, "-4.5", "35", 1)
    assert [(one.row, one.column, one.value) for one in found.examples] == [
        (3, "day", "2026-13-01"), (3, "value", "abc"),
    ]  # fmt: skip
    assert found.preview[0] == ("长沙", "2026-01-02", "35")


def test_numbers_are_ordered_as_numbers_and_moments_as_moments() -> None:
    lines = ["n,d\n", "9,2026/1/9\n", "10,2026/1/10\n", "-2,2025/12/31\n"]
    n, d = figures(lines, (Field("n", "integer"), Field("d", "date"))).columns
    assert (n.least, n.greatest) == ("-2", "10")
    assert (d.least, d.greatest) == ("2025/12/31", "2026/1/10")


def test_rows_of_another_width_do_not_match_and_missing_cells_are_not_filled() -> None:
    found = figures(["a,b\n", "1\n", "1,2,3\n", "1,2\n"], (), dialect=Dialect())
    assert (found.rows, found.uneven, found.wrong) == (3, 2, 2)
    assert [one.filled for one in found.columns] == [3, 2]


def test_a_mismatch_is_found_with_its_row_in_any_block() -> None:
    rows = [f"{n}\n" for n in range(BLOCK + 5)] + ["x\n"]
    found = figures(["n\n", *rows], (Field("n", "integer"),), dialect=Dialect())
    assert (found.wrong, found.examples[0].row) == (1, BLOCK + 6)


def test_what_is_kept_is_bounded_whatever_the_table() -> None:
    def lines() -> Iterator[str]:
        yield "id,text\n"
        for number in range(60_000):
            yield f"{number},{'x' * 500}{number}\n"

    tracemalloc.start()
    found = figures(lines(), (Field("id", "date"),), dialect=Dialect())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12_000_000
    assert found.wrong == found.rows == 60_000
    assert (len(found.examples), len(found.preview)) == (EXAMPLES, PREVIEW)
    assert max(len(cell) for row in found.preview for cell in row) == CELL
    many = figures(["n\n", *(f"{n}\n" for n in range(2 * DISTINCT))], (), dialect=Dialect()).columns[0]
    assert (many.distinct, many.frequent) == (DISTINCT, ())


def test_what_is_no_table_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        figures(['a,"b\n', "c\n"])
    assert caught.value.code is BAD_TABLE


@pytest.mark.parametrize(
    ("type", "value", "expected"),
    [
        ("number", "3", True), ("number", "3,5", False), ("integer", "3.0", False),
        ("time", "23:59:01", True), ("time", "24:00", False), ("boolean", "true", True),
        ("boolean", "yes", False), ("string", "?", True),
        ("datetime", "2026-01-02 03:04", True), ("date", "2026年1月2日", True),
    ],
)  # fmt: skip
def test_a_value_fits_its_type_or_not(type: object, value: str, expected: bool) -> None:
    assert fits(type, value) is expected  # type: ignore[arg-type]
