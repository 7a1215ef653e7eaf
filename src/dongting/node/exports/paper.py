"""Paper: PDF/A-3u pages (ISO 19005-3) in Chinese and English with the proof file attached.

The same input gives the same bytes: every date is the ledger's. All text goes through one font, a subset of
which is embedded, so that the pages look alike everywhere and for as long as the archive is kept.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

from fpdf import FPDF
from fpdf.enums import OutputIntentSubType
from fpdf.output import PDFICCProfile
from PIL import ImageCms
from pylopdf_fonts_zh_cn import sans_path

from dongting.node.stories import harmless

_NAME, _FONT = "Dongting", "sans"
_MARGIN, _WIDTH, _FOOT = 18, 174, 20  # mm
_INK, _SOFT, _RULE, _ACCENT = (28, 36, 48), (96, 106, 120), (208, 214, 222), (0, 92, 122)
_WIDE = "\u2e80-\ud7ff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff"
#: What lines break between: one wide character, one run of spaces, or one word.
_PIECES = re.compile(f"[{_WIDE}\u2018-\u201d\u3000-\u303f]| +|[^ {_WIDE}\u2018-\u201d\u3000-\u303f]+")
_NEVER_FIRST = frozenset("，。、；：！？）》」』】〕”’,.;:!?)]}%")


class Paper(FPDF):
    """A document in the making; `time` (seconds since 1970) is its date in every place that has one."""

    def __init__(self, title: str, subject: str, language: str, time: int, foot: str) -> None:
        super().__init__(enforce_compliance="PDF/A-3U")
        moment = datetime.fromtimestamp(time, UTC)
        self.set_creation_date(moment)
        self.set_xmp_metadata(_metadata(title, subject, moment))
        self._moment = moment
        self._foot = foot
        self._mark = "%s / {nb}"
        self.set_title(title)
        self.set_subject(subject)
        self.set_lang("zh-CN" if language == "zh" else "en")
        self.set_author(_NAME)
        self.set_creator(_NAME)
        self.set_producer(_NAME)
        self.set_margins(_MARGIN, _MARGIN, _MARGIN)
        self.set_auto_page_break(True, _FOOT)
        self.add_font(_FONT, "", sans_path())
        self._colours()
        self.add_page()

    def _colours(self) -> None:
        """What the colours mean: sRGB (ISO 19005-3, section 6.2.3)."""
        profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
        profile[24:36] = bytes(12)  # when it was made: now, else
        icc = PDFICCProfile(contents=bytes(profile), n=3, alternate="DeviceRGB")
        self.add_output_intent(
            OutputIntentSubType.PDFA, "sRGB", "sRGB", "http://www.color.org", icc, "sRGB IEC61966-2.1"
        )

    def footer(self) -> None:
        """The foot of each page: what the document is about, and the page."""
        self.set_y(-14)
        self._pen(7, _SOFT)
        self.cell(_WIDTH - 24, 5, harmless(self._foot))
        self.cell(24, 5, self._mark % self.page_no(), align="R")

    def heading(self, text: str, soft: str = "") -> None:
        """The title of the document and a line below it."""
        self._pen(19, _INK)
        self._lines(text, 9)
        if soft:
            self._pen(9, _SOFT)
            self._lines(soft, 5)
        self.ln(3)

    def section(self, text: str) -> None:
        """The title of a section; never the last line of a page."""
        self.keep(24)
        self.ln(3)
        self._pen(13, _ACCENT)
        self._lines(text, 7)
        self.set_draw_color(*_RULE)
        self.line(_MARGIN, self.get_y(), _MARGIN + _WIDTH, self.get_y())
        self.ln(2)

    def paragraph(self, text: str, *, soft: bool = False, indent: float = 0) -> None:
        """Some sentences."""
        self._pen(8.5 if soft else 9.5, _SOFT if soft else _INK)
        for line in harmless(text).split("\n"):
            self._lines(line.strip(), 4.8 if soft else 5.3, indent)
        self.ln(0.8)

    def items(self, texts: Iterable[str], first: int = 1) -> None:
        """Numbered sentences."""
        for number, text in enumerate(texts, first):
            self.keep(12)
            top, page = self.get_y(), self.page_no()
            self.paragraph(text, indent=7)
            end, last = self.get_y(), self.page_no()
            self.page, self.y = page, top
            self._pen(9.5, _ACCENT)
            self.set_x(_MARGIN)
            self.cell(6, 5.3, f"{number}.")
            self.page, self.y = last, end

    def facts(self, pairs: Iterable[tuple[str, str]], *, width: float = 42) -> None:
        """Labels and values, side by side."""
        for label, value in pairs:
            self.keep(8)
            top, page = self.get_y(), self.page_no()
            self._pen(8.5, _SOFT)
            self._lines(label, 5, width=width - 3)
            low = (self.page_no(), self.get_y())
            self.page, self.y = page, top
            self._pen(9, _INK)
            for line in harmless(value).split("\n"):
                self._lines(line.strip(), 5, width)
            self.page, self.y = max(low, (self.page_no(), self.get_y()))
            self.ln(0.6)

    def code(self, text: str) -> None:
        """A command to type, on a ground of its own."""
        self._pen(8.5, _INK)
        self.set_fill_color(240, 243, 246)
        lines = [line for part in text.split("\n") for line in self._broken(part, _WIDTH - 8)]
        self.keep(5 * len(lines) + 4)
        self.rect(_MARGIN, self.get_y(), _WIDTH, 5 * len(lines) + 3, style="F")
        self.ln(1.5)
        for line in lines:
            self.set_x(_MARGIN + 4)
            self.cell(_WIDTH - 8, 5, line, new_x="LMARGIN", new_y="NEXT")
        self.ln(3)

    def code_square(self, matrix: Sequence[Sequence[int]], address: str, said: str) -> None:
        """A QR code (ISO/IEC 18004) of an address, drawn as squares, with a sentence beside it."""
        size = 30.0
        self.keep(size + 6)
        self.ln(2)
        top, each = self.get_y(), size / len(matrix)
        self.set_fill_color(0, 0, 0)
        for row, line in enumerate(matrix):
            for column, dark in enumerate(line):
                if dark:
                    self.rect(_MARGIN + column * each, top + row * each, each, each, style="F")
        self.link(_MARGIN, top, size, size, address)
        self.set_y(top + 4)
        self._pen(9.5, _INK)
        self._lines(said, 5.3, size + 6)
        self._pen(8, _ACCENT)
        self._lines(address, 4.6, size + 6)
        self.set_y(max(top + size, self.get_y()) + 3)

    def attach(self, name: str, data: bytes, media_type: str, said: str) -> None:
        """A file within the document, which it belongs to (ISO 19005-3, section 6.8)."""
        self.embed_file(
            bytes=data, basename=name, mime_type=media_type, desc=said, modification_date=self._moment,
            creation_date=self._moment, associated_file_relationship="Source",
        )  # fmt: skip

    def bytes(self) -> bytes:
        """The finished document."""
        made = self.output()
        assert made is not None
        return bytes(made)

    def _pen(self, size: float, colour: tuple[int, int, int]) -> None:
        self.set_font(_FONT, size=size)
        self.set_text_color(*colour)

    def keep(self, height: float) -> None:
        """Begin a new page where so much (in mm) does not fit any more."""
        if self.get_y() + height > self.h - _FOOT:
            self.add_page()

    def _lines(self, text: str, height: float, indent: float = 0, width: float | None = None) -> None:
        for line in self._broken(text, (width or _WIDTH - indent)):
            self.set_x(_MARGIN + indent)
            self.cell(width or _WIDTH - indent, height, line, new_x="LMARGIN", new_y="NEXT")

    def _broken(self, text: str, width: float) -> list[str]:
        """The text in lines: between wide characters, at spaces, and within words that are too long."""
        lines, line = [], ""
        for piece in _PIECES.findall(harmless(text)):
            if self.get_string_width(line + piece.rstrip()) <= width - 1 or piece in _NEVER_FIRST:
                line += piece
                continue
            lines.append(line)
            line = piece.lstrip()
            while self.get_string_width(line) > width - 1:
                fits = next(
                    n for n in range(len(line), 0, -1) if self.get_string_width(line[:n]) <= width - 1
                )
                lines.append(line[:fits])
                line = line[fits:]
        return [one for one in [*lines, line] if one] or [""]


def _metadata(title: str, subject: str, moment: datetime) -> str:
    """The document's metadata in XMP (ISO 16684-1); fpdf2 would date it by the clock."""
    stamp = moment.isoformat(timespec="seconds")
    return f"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/"
 xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"><rdf:Description rdf:about="" xmp:CreatorTool="{_NAME}"
 xmp:CreateDate="{stamp}" xmp:ModifyDate="{stamp}" xmp:MetadataDate="{stamp}" pdf:Producer="{_NAME}">
<pdfaid:part>3</pdfaid:part><pdfaid:conformance>U</pdfaid:conformance>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{escape(title)}</rdf:li></rdf:Alt></dc:title>
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{escape(subject)}</rdf:li></rdf:Alt></dc:description>
<dc:creator><rdf:Seq><rdf:li>{_NAME}</rdf:li></rdf:Seq></dc:creator>
</rdf:Description></rdf:RDF></x:xmpmeta>"""


def square(address: str) -> Sequence[Sequence[int]]:
    """The modules of a QR code with its quiet zone, rows of 0 and 1."""
    import segno

    made: Any = segno.make(address, error="m", micro=False)
    return [list(row) for row in made.matrix_iter(border=2)]
