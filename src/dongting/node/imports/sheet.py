"""Rows of an uploaded Excel workbook or CSV file, read within bounds whatever the file says of itself.

A workbook is a zip of XML: neither may unfold into more than a bound, and XML with a document type, which
alone can define entities, is refused unread.
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

from dongting.errors import Code, Refused, require
from dongting.standards import table_schema

MOST_BYTES = 8 * 2**20
MOST_ROWS = 1_000
MOST_COLUMNS = 100
_MOST_UNFOLDED = 64 * 2**20
_MOST_ENTRIES = 200
_MOST_CELL = 20_000  # characters
_MOST_BLANK = 200  # rows without a value, after which a sheet counts as ended

TOO_LARGE = Code(
    "imports", 1, "file-too-large",
    "The file has more than {most} bytes; split it.",
    "文件超过 {most} 字节；请拆分后再导入。",
    status=413,
)  # fmt: skip
UNSAFE_FILE = Code(
    "imports", 2, "unsafe-file",
    "The file is not taken: {why_en}. Save it anew with your spreadsheet program, from the template.",
    "文件未被接受：{why_zh}。请用电子表格程序依模板重新保存。",
    status=400,
)  # fmt: skip
TOO_MANY_ROWS = Code(
    "imports", 3, "too-many-rows",
    "The file has more than {most} rows; split it.",
    "文件超过 {most} 行；请拆分后再导入。",
    status=413,
)  # fmt: skip

#: The number of a row as spreadsheets count, and its cells as text.
Numbered = tuple[int, list[str]]


def rows(data: bytes) -> list[Numbered]:
    """All rows that have a value; refuses a file that is too large or unsafe before it is unfolded."""
    require(len(data) <= MOST_BYTES, TOO_LARGE, most=MOST_BYTES)
    found = _workbook(data) if data[:4] == b"PK\x03\x04" else _text(data)
    kept: list[Numbered] = []
    for number, cells in found:
        if any(cells):
            kept.append((number, cells))
            require(len(kept) <= MOST_ROWS + 3, TOO_MANY_ROWS, most=MOST_ROWS)
    return kept


def _text(data: bytes) -> Iterator[Numbered]:
    encoding = table_schema.encoding_of(data[: 2**16])
    lines = list(table_schema.decode_lines([data], encoding))
    csv.field_size_limit(_MOST_CELL)
    try:
        for number, cells in enumerate(csv.reader(lines, delimiter=table_schema.sniff(lines[:50])), 1):
            yield number, [cell.strip() for cell in cells[:MOST_COLUMNS]]
    except csv.Error as error:
        raise _unsafe(f"it is not CSV ({str(error)[:80]})", "不是有效的 CSV") from None


def _workbook(data: bytes) -> Iterator[Numbered]:
    _look_inside(data)
    from openpyxl import load_workbook

    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        page = book.worksheets[0]
        page.reset_dimensions()  # what the sheet says of its size is not believed
        yield from _cells(page.iter_rows(max_col=MOST_COLUMNS, values_only=True))
        book.close()
    except Refused:
        raise
    except Exception as error:  # openpyxl raises what it meets
        name = type(error).__name__
        raise _unsafe(f"it is not a whole workbook ({name})", f"不是完整的工作簿（{name}）") from None


def _cells(found: Iterable[tuple[Any, ...]]) -> Iterator[Numbered]:
    blank = 0
    for number, values in enumerate(found, 1):
        cells = [_cell(value) for value in values]
        blank = 0 if any(cells) else blank + 1
        if blank > _MOST_BLANK:
            return
        yield number, cells


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return value.isoformat()[:10]
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # spreadsheets keep whole numbers as such
    return str(value).strip()[:_MOST_CELL]


def _look_inside(data: bytes) -> None:
    """Refuse a workbook that unfolds into too much, or whose XML could define entities."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            whole = sum(entry.file_size for entry in entries)
            small = len(entries) <= _MOST_ENTRIES and whole <= _MOST_UNFOLDED
            if not small:
                raise _unsafe("it unfolds into too much", "解压后过大")
            for entry in entries:
                with archive.open(entry) as file:  # gives no more than the size that was just counted
                    start = file.read(4096)
                    plain = start[:2] not in (b"\xff\xfe", b"\xfe\xff") and b"\0" not in start
                    is_xml = entry.filename.endswith((".xml", ".rels"))
                    if is_xml and (not plain or b"<!DOCTYPE" in start or b"<!ENTITY" in start):
                        raise _unsafe("its XML has a document type", "其 XML 含文档类型声明")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        name = type(error).__name__
        raise _unsafe(f"it is not a whole zip file ({name})", f"不是完整的压缩文件（{name}）") from None


def _unsafe(en: str, zh: str) -> Refused:
    return Refused(UNSAFE_FILE, why_en=en, why_zh=zh)
