from collections.abc import Iterator

import pytest

from dongting.errors import Refused
from dongting.standards.table_schema import BAD_TABLE, Dialect, infer
from dongting.standards.table_schema.infer import BLOCK


def column(*cells: str) -> tuple[str, str]:
    [field] = infer(["name\n", *(f"{cell}\n" for cell in cells)], dialect=Dialect()).schema.fields
    return field.type, field.format


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (("1", "-2", "0"), ("integer", "default")),
        (("1", "2.5"), ("number", "default")),
        (("1e3", ".5", "-0.25"), ("number", "default")),
        (("1", "NA", "NaN", "—", "null"), ("integer", "default")),
        (("true", "False"), ("boolean", "default")),
        (("1", "true"), ("string", "default")),
        (("0731", "0732"), ("string", "default")),
        (("9007199254740991",), ("integer", "default")),
        (("9007199254740992",), ("string", "default")),
        (("110101199003070000",), ("string", "default")),
        (("2010-01-02", "2024-02-29"), ("date", "default")),
        (("2023-02-29",), ("string", "default")),
        (("2010/1/2", "2010/12/31"), ("date", "%Y/%m/%d")),
        (("2010年1月2日",), ("date", "%Y年%m月%d日")),
        (("2010-01-02T03:04:05Z", "2010-01-02T03:04:05.123+08:00"), ("datetime", "default")),
        (("2010-01-02 03:04:05",), ("datetime", "%Y-%m-%d %H:%M:%S")),
        (("2010/1/2 03:04",), ("datetime", "%Y/%m/%d %H:%M")),
        (("2010-01-02", "2010-01-02 03:04"), ("string", "default")),
        (("2010-01-02 24:00:00",), ("string", "default")),
        (("１２", "3"), ("string", "default")),
        (("SE", "NW"), ("string", "default")),
        (("NA", "null"), ("any", "default")),
        ((), ("any", "default")),
        ((" 12", "13 "), ("integer", "default")),
        ((".", "1"), ("string", "default")),
        (("+", "-1"), ("string", "default")),
    ],
)
def test_a_column_has_the_narrowest_type_that_every_value_fits(
    cells: tuple[str, ...], expected: tuple[str, str]
) -> None:
    assert column(*cells) == expected


def test_one_value_behind_many_blocks_still_counts() -> None:
    assert column(*["1"] * (2 * BLOCK), "x") == ("string", "default")
    assert column(*["1"] * (2 * BLOCK), "1.5") == ("number", "default")


def test_figures_count_rows_missing_cells_and_uneven_rows() -> None:
    lines = ["a,b,c\n", "1,NA,x\n", "2,,\n", "3\n", "4,5,6,7\n", "\n", "5,6,z\n"]
    found = infer(lines)
    assert (found.quality.rows, found.quality.uneven_rows) == (5, 2)
    assert found.quality.missing == {"a": 0, "b": 3, "c": 2}
    assert found.schema.missing_values == ("", "NA")
    assert [field.type for field in found.schema.fields] == ["integer", "integer", "string"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    rows = [["city", "note", "value"], ["长沙", '"a,b;c|d\te"', "1"], ["株洲", "plain", "2"]]
    found = infer(delimiter.join(row) + "\r\n" for row in rows)
    assert found.dialect == Dialect(delimiter, header=True)
    assert [field.name for field in found.schema.fields] == ["city", "note", "value"]
    assert found.schema.fields[2].type == "integer"


def test_a_first_row_of_data_is_no_header() -> None:
    found = infer(["1,2010-01-01,x\n", "2,2010-01-02,y\n"])
    assert not found.dialect.header
    assert [(field.name, field.type) for field in found.schema.fields] == [
        ("column1", "integer"),
        ("column2", "date"),
        ("column3", "string"),
    ]
    assert found.quality.rows == 2


def test_columns_without_or_with_the_same_name_are_numbered() -> None:
    found = infer(["a,,a,a_2,a\n", "1,2,3,4,5\n"], dialect=Dialect())
    assert [field.name for field in found.schema.fields] == ["a", "column2", "a_2", "a_2_2", "a_3"]


def test_a_byte_order_mark_and_quoted_line_ends_belong_to_no_name() -> None:
    found = infer(["\ufeffname,note\n", 'x,"two\n', 'lines"\n'])
    assert found.schema.fields[0].name == "name"
    assert found.quality.rows == 1


def test_other_missing_values_can_be_given() -> None:
    found = infer(["a\n", "-999\n", "5\n"], dialect=Dialect(), missing_values=("-999",))
    assert found.quality.missing == {"a": 1}
    assert found.schema.missing_values == ("", "-999")


def test_rows_are_taken_as_they_come() -> None:
    taken = 0

    def lines() -> Iterator[str]:
        nonlocal taken
        yield "a,b\n"
        for taken in range(1, 5 * BLOCK + 1):
            yield f"{taken},x\n"

    assert infer(lines()).quality.rows == taken == 5 * BLOCK


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["\n", "\n"],
        ['a,b\n"unfinished,1\n'],
        ['a,b\n', '"x"y,1\n'],
        ["a\rb\n"],
        ["," * 2000 + "\n"],
        ["a\n", "x" * 200_000 + "\n"],
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused(lines: list[str]) -> None:
    with pytest.raises(Refused) as caught:
        infer(lines, dialect=Dialect())
    assert caught.value.code is BAD_TABLE
    assert caught.value.text("zh")
