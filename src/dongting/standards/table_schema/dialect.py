"""How a CSV is written: its encoding and its delimiter (RFC 4180; Data Package 2.0, Table Dialect).

Nothing is guessed silently: the dialect that was found is part of the result, and can be given instead.
"""

import codecs
import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import msgspec

from dongting.errors import Code, Refused, require

Encoding = Literal["utf-8", "gb18030"]

DELIMITERS = (",", ";", "\t", "|")
MAX_LINE = 1_000_000  # characters without a line end; more is no table

BAD_ENCODING = Code(
    "table-schema", 3, "bad-encoding",
    "The file is neither UTF-8 nor GB 18030 text; save it as CSV in UTF-8.",
    "文件既不是 UTF-8 也不是 GB 18030 文本；请另存为 UTF-8 编码的 CSV。",
)  # fmt: skip


class Dialect(msgspec.Struct, frozen=True):
    """The delimiter, and whether the first row holds the columns' names."""

    delimiter: str = ","
    header: bool = True


def encoding_of(start: bytes) -> Encoding:
    """UTF-8 where the bytes are UTF-8 (a cut last character is allowed), else GB 18030 (GB 18030-2022).

    Give the first 64 KiB or more: bytes that are plain ASCII so far count as UTF-8.
    """
    text = not start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and b"\x00" not in start
    require(text, BAD_ENCODING)
    candidates: tuple[Encoding, ...] = ("utf-8", "gb18030")
    for encoding in candidates:
        try:
            codecs.getincrementaldecoder(encoding)().decode(start)
        except UnicodeDecodeError:
            continue
        return encoding
    raise Refused(BAD_ENCODING)


def decode_lines(chunks: Iterable[bytes], encoding: Encoding) -> Iterator[str]:
    """The lines of a file that arrives in pieces, without a byte order mark, line ends kept.

    Lines end at line feeds only, because the other line ends of Unicode occur inside values.
    """
    decoder = codecs.getincrementaldecoder("utf-8-sig" if encoding == "utf-8" else encoding)()
    rest = ""
    try:
        for chunk in chunks:
            rest += decoder.decode(chunk)
            *lines, rest = rest.split("\n")
            for line in lines:
                yield line + "\n"
            require(len(rest) <= MAX_LINE, BAD_ENCODING)
        rest += decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise Refused(BAD_ENCODING) from None
    if rest:
        yield rest


def sniff(lines: Sequence[str]) -> str:
    """The delimiter that splits the sample's rows most evenly, a comma if none does.

    A candidate's worth is the share of rows that have its commonest number of cells, above one; among
    equals the one with more cells wins, then the order of `DELIMITERS`.
    """
    best, best_worth = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        try:
            widths = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter) if row)
        except csv.Error:
            continue
        width, rows = widths.most_common(1)[0] if widths else (0, 0)
        worth = (rows / widths.total(), width) if width > 1 else (0.0, 0)
        if worth > best_worth:
            best, best_worth = delimiter, worth
    return best
