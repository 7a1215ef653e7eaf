"""A table as CSV (RFC 4180): UTF-8, quotes doubled, lines end in CRLF, the first line is the header."""

import csv
import io
from collections.abc import Iterator
from datetime import datetime

from dongting.node.exports.sheet import Cell, Sheet
from dongting.store.rows import Row

MEDIA_TYPE = "text/csv; charset=utf-8; header=present"
#: Rows at most; a list of a million records is about 500 MB.
MOST = 2_000_000
_BOM = "\ufeff"  # by which Excel knows UTF-8
_STEP = 200  # rows in one piece


def pieces(sheet: Sheet, rows: Iterator[Row], *, mark: bool = False) -> Iterator[bytes]:
    """The file, piece by piece; with `mark` it begins with a byte order mark."""
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    if mark:
        written.write(_BOM)
    writer.writerow(sheet.header())
    for number, row in enumerate(rows, 1):
        writer.writerow([_plain(cell) for cell in sheet.cells(row)])
        if number % _STEP == 0:
            yield written.getvalue().encode("utf-8", "replace")
            written.seek(0)
            written.truncate()
    yield written.getvalue().encode("utf-8", "replace")


def _plain(cell: Cell) -> str | int:
    return cell.isoformat(" ", "seconds") if isinstance(cell, datetime) else cell
