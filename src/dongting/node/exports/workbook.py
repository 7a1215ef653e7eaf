"""A table as an Excel workbook (ISO/IEC 29500), written row by row to a temporary file."""

import re
import tempfile
from collections.abc import Callable, Iterator
from typing import IO, Any

from dongting.node.exports.sheet import Cell, Sheet
from dongting.store.rows import Row

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: Rows at most when one is waited for; it takes about a second for each thousand wide rows.
MOST = 10_000
_LONGEST = 32_767  # characters in a cell
_CHUNK = 1 << 18
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, production 2
_NOT_IN_TITLES = re.compile(r"[\\*?:/\[\]]")
_MOMENT = "yyyy-mm-dd hh:mm:ss"


def write(sheet: Sheet, rows: Iterator[Row], progress: Callable[[int], None] = lambda _: None) -> IO[bytes]:
    """The workbook as an open temporary file, at its beginning; `progress` is told each thousand rows.

    Memory does not grow with the rows: each goes to disk at once. The file vanishes when it is closed.
    """
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    book = Workbook(write_only=True)
    page = book.create_sheet(_NOT_IN_TITLES.sub(" ", sheet.title)[:31])
    page.freeze_panes = "A2"
    heads = sheet.header()
    for place, head in enumerate(heads):
        page.column_dimensions[_letters(place)].width = min(max(len(head) * 2, 12), 40)

    def cell(value: Cell, *, bold: bool = False) -> Any:
        if isinstance(value, str):
            made = WriteOnlyCell(page, value=_NOT_XML.sub("\ufffd", value)[:_LONGEST])
            made.data_type = "s"  # whatever it begins with, it is text
        else:
            made = WriteOnlyCell(page, value=value)
            if not isinstance(value, int):
                made.number_format = _MOMENT
        if bold:
            made.font = Font(bold=True)
        return made

    file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    try:
        page.append([cell(head, bold=True) for head in heads])
        for number, row in enumerate(rows, 1):
            page.append([cell(value) for value in sheet.cells(row)])
            if number % 1000 == 0:
                progress(number)
    except BaseException:
        with file:
            book.save(file)  # the only way to have openpyxl remove what it put on disk
        raise
    book.save(file)
    file.seek(0)
    return file


def pieces(file: IO[bytes]) -> Iterator[bytes]:
    """The content of an open file, which is closed at the end."""
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _letters(place: int) -> str:
    """The name of a column: A, B ... Z, AA ..."""
    named, place = "", place + 1
    while place:
        place, rest = divmod(place - 1, 26)
        named = chr(65 + rest) + named
    return named
