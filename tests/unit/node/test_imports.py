"""A catalogue from Excel or CSV: all rows or none, every mistake told by row, no file that bites."""

import io
import time
import zipfile
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from dongting.apps.catalogue import Dataset
from dongting.errors import Refused
from dongting.node.imports import catalogue, sheet
from dongting.node.imports.catalogue import COLUMNS, check, require_valid
from dongting.node.imports.template import template
from dongting.testing import Ledger

ME = "env-bureau"
GOOD = {
    "id": "water-2026", "title.zh": "水位", "title.en": "Water levels", "description.zh": "每日水位",
    "theme": "ENVI", "frequency": "DAILY", "region": "430100", "keywords": "水文；水位, river",
    "sharing": "unconditional", "opening": "unconditional", "grade": "general-1",
    "identifiers": "省目录=HN-1；国家目录=CN-2", "columns": "level=decimal=水位；hour=integer",
}  # fmt: skip


def nobody(id: str) -> None:
    return None


def as_csv(*rows: dict[str, str], encoding: str = "utf-8") -> bytes:
    heads = list(GOOD)
    lines = [",".join(heads), *(",".join(f'"{row.get(head, "")}"' for head in heads) for row in rows)]
    return "\r\n".join(lines).encode(encoding)


def as_excel(*rows: dict[str, Any], data: bytes = b"") -> bytes:
    book = load_workbook(io.BytesIO(data or template("zh")))
    page = book.worksheets[0]
    for number, row in enumerate(rows, 2):
        for place, column in enumerate(COLUMNS, 1):
            page.cell(number, place, row.get(column.path))
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def changed(**values: str) -> dict[str, str]:
    return {**GOOD, **{name.replace("__", "."): value for name, value in values.items()}}


@pytest.mark.parametrize("make", [as_csv, as_excel])
def test_a_row_becomes_what_publishing_takes(make: Any) -> None:
    checked = check(make(GOOD), ME, nobody)
    assert checked.mistakes == []
    [entry] = checked.entries
    assert entry.arguments["title"] == {"zh": "水位", "en": "Water levels"}
    assert entry.arguments["keywords"] == ["水文", "水位", "river"]
    assert entry.arguments["identifiers"][1] == {"scheme": "国家目录", "value": "CN-2"}
    assert entry.arguments["columns"][0] == {"name": "level", "type": "decimal", "title": {"zh": "水位"}}
    ledger = Ledger()
    ledger.act(ME, "catalogue/publish", entry.arguments)
    assert ledger.get(Dataset, "water-2026") is not None


def test_choices_are_taken_by_code_or_name_in_either_language_and_headers_too() -> None:
    from dongting.apps.catalogue.vocabulary import THEMES

    theme = THEMES["ENVI"]
    for written in ("ENVI", "envi", theme.zh, theme.en):
        [entry] = check(as_csv(changed(theme=str(written))), ME, nobody).entries
        assert entry.arguments["theme"] == "ENVI"
    for language in (0, 1):
        data = as_csv(GOOD).decode()
        for column in sorted(COLUMNS, key=lambda c: -len(c.path)):
            data = data.replace(f"{column.path},", f'"{column.label[language]}",', 1)
        assert check(data.encode(), ME, nobody).mistakes == []


def test_chinese_files_of_older_programs_are_read() -> None:
    assert check(as_csv(GOOD, encoding="gb18030"), ME, nobody).mistakes == []


@pytest.mark.parametrize(
    ("values", "column", "said"),
    [
        ({"id": ""}, "Dataset", "is missing"),
        ({"id": "Not An Id"}, "Dataset", "does not fit"),
        ({"theme": "nonsense"}, "Theme", "is none of"),
        ({"grade": ""}, "Security grade (GB/T 43697)", "is missing"),
        ({"region": "湖南"}, "Region covered", "does not fit"),
        ({"columns": "a=nonsense"}, "Columns", "is none of"),
        ({"identifiers": "x"}, "Identifiers elsewhere", "is not written as scheme=value"),
        ({"title__zh": "", "title__en": ""}, "Title", "is missing"),
        ({"sharing": "conditional"}, "row", "basis"),
        ({"grade": "core"}, "row", "ore data"),
    ],
)
def test_what_is_wrong_is_told_by_row_and_column_in_both_languages(
    values: dict[str, str], column: str, said: str
) -> None:
    checked = check(
        as_csv(GOOD, {**changed(**values), **({} if "id" in values else {"id": "b"})}), ME, nobody
    )
    assert [entry.row for entry in checked.entries] == [2]
    mistake = checked.mistakes[0]
    assert mistake.row == 3
    assert mistake.column[0].startswith(column)
    assert said in mistake.why[0]
    assert any("\u4e00" <= c <= "\u9fff" for c in mistake.why[1])
    with pytest.raises(Refused) as refusal:
        require_valid(checked)
    assert str(refusal.value.code) == "imports/invalid-rows"


def test_the_same_id_twice_and_an_id_of_somebody_else_are_mistakes() -> None:
    twice = check(as_csv(GOOD, GOOD), ME, nobody)
    assert [mistake.row for mistake in twice.mistakes] == [3]
    ledger = Ledger()
    [entry] = check(as_csv(GOOD), ME, nobody).entries
    ledger.act(ME, "catalogue/publish", entry.arguments)
    other = check(as_csv(GOOD), "green-tech", lambda id: ledger.get(Dataset, id))
    assert [mistake.row for mistake in other.mistakes] == [2]


def test_a_file_that_was_imported_before_has_nothing_left_to_do() -> None:
    ledger = Ledger()
    [entry] = check(as_csv(GOOD), ME, nobody).entries
    ledger.act(ME, "catalogue/publish", entry.arguments)
    again = check(as_csv(GOOD, changed(id="new")), ME, lambda id: ledger.get(Dataset, id))
    assert again.mistakes == []
    assert [entry.arguments["id"] for entry in again.fresh] == ["new"]
    altered = check(as_csv(changed(title__en="Other")), ME, lambda id: ledger.get(Dataset, id))
    assert altered.mistakes


def test_a_template_has_both_languages_and_lists_to_choose_from() -> None:
    for language, title in (("zh", "数据集"), ("en", "Datasets")):
        book = load_workbook(io.BytesIO(template(language)))  # type: ignore[arg-type]
        page = book.worksheets[0]
        assert page.title == title
        assert len(page.data_validations.dataValidation) == len([c for c in COLUMNS if c.names])
        heads = [str(cell.value) for cell in page[1]]
        assert any("数据集编号 / Dataset *" in head for head in heads)
        assert not check(as_excel(GOOD, data=template(language)), ME, nobody).mistakes  # type: ignore[arg-type]


# Files that bite


def refused(data: bytes) -> str:
    began = time.monotonic()
    with pytest.raises(Refused) as refusal:
        check(data, ME, nobody)
    assert time.monotonic() - began < 20
    return str(refusal.value.code)


def repacked(change: Any) -> bytes:
    """A good workbook with one of its files changed."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(as_excel(GOOD))) as old,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for entry in old.infolist():
            new.writestr(entry.filename, change(entry.filename, old.read(entry)))
    return made.getvalue()


def test_a_zip_bomb_is_refused_unfolded() -> None:
    bomb = repacked(lambda name, data: data + b" " * (80 * 2**20) if name.endswith("sheet1.xml") else data)
    assert len(bomb) < sheet.MOST_BYTES
    assert refused(bomb) == "imports/unsafe-file"


def test_a_zip_that_lies_about_its_size_is_refused() -> None:
    bomb = bytearray(
        repacked(lambda name, data: data + b" " * 2**20 if name.endswith("sheet1.xml") else data)
    )
    size = next(
        entry for entry in zipfile.ZipFile(io.BytesIO(bytes(bomb))).infolist() if entry.file_size > 2**20
    ).file_size.to_bytes(4, "little")
    assert size in bomb
    lying = bytes(bomb).replace(size, (100).to_bytes(4, "little"))
    assert refused(lying) == "imports/unsafe-file"


@pytest.mark.parametrize(
    "prolog",
    [
        b'<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;&b;">]>',
        b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>',
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1/x.dtd">',
    ],
)
@pytest.mark.parametrize("place", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "[Content_Types].xml"])
def test_xml_that_defines_entities_is_refused(prolog: bytes, place: str) -> None:
    def change(name: str, data: bytes) -> bytes:
        if name != place:
            return data
        head, mark, rest = data.partition(b"?>")
        return head + mark + prolog + rest if data.startswith(b"<?xml") else prolog + data

    assert refused(repacked(change)) == "imports/unsafe-file"


def test_xml_in_another_encoding_hides_no_entities() -> None:
    def change(name: str, data: bytes) -> bytes:
        text = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a [<!ENTITY b "x">]><a>&b;</a>'
        return text.encode("utf-16") if name.endswith("sheet1.xml") else data

    assert refused(repacked(change)) == "imports/unsafe-file"


def test_a_sheet_that_claims_a_huge_size_costs_nothing() -> None:
    def change(name: str, data: bytes) -> bytes:
        if not name.endswith("sheet1.xml"):
            return data
        return data.replace(b"<sheetData>", b'<sheetData>').replace(
            b"</sheetData>", b'<row r="1048576"><c r="XFD1048576" t="n"><v>1</v></c></row></sheetData>'
        )  # fmt: skip

    began = time.monotonic()
    checked = check(repacked(change), ME, nobody)
    assert [entry.row for entry in checked.entries] == [2]
    assert time.monotonic() - began < 20


def test_too_many_rows_and_bytes_are_refused() -> None:
    assert (
        refused(as_csv(*(changed(id=f"a{n}") for n in range(sheet.MOST_ROWS + 1)))) == "imports/too-many-rows"
    )
    assert refused(b"a" * (sheet.MOST_BYTES + 1)) == "imports/file-too-large"


@pytest.mark.parametrize("data", [b"", b"hello", b"PK\x03\x04", b"PK\x03\x04" + b"\0" * 100, b"%PDF-1.7\n"])
def test_what_is_no_table_is_refused(data: bytes) -> None:
    assert refused(data) in ("imports/unsafe-file", "imports/no-header")


def test_a_workbook_with_other_columns_is_refused_with_what_is_asked() -> None:
    book = Workbook()
    book.active.append(["a", "b"])  # type: ignore[union-attr]
    made = io.BytesIO()
    book.save(made)
    with pytest.raises(Refused) as refusal:
        check(made.getvalue(), ME, nobody)
    assert "Dataset" in refusal.value.text("en")


def test_formulas_in_a_workbook_are_never_run_nor_kept() -> None:
    [entry] = check(as_csv(changed(title__en="=1+1")), ME, nobody).entries
    assert entry.arguments["title"]["en"] == "=1+1"
    assert catalogue.PUBLISH.name == "catalogue/publish"
