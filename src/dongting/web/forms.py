"""Forms as browsers send them: application/x-www-form-urlencoded and multipart/form-data (RFC 7578).

Everything is bounded: bytes of the whole, number of fields, characters of one. A file's name is a label and
never a path.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from urllib.parse import parse_qsl

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from dongting.errors import Refused, require
from dongting.http.codes import BAD_BODY, WRONG_MEDIA_TYPE
from dongting.http.messages import Head

FIELDS = 400
LONGEST = 60_000  # characters of one text
URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that a form brought: its name without directories, its media type as told, its bytes."""

    name: str
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """What a form brought; a field may stand several times."""

    fields: Mapping[str, list[str]] = field(default_factory=dict)
    files: Mapping[str, list[Upload]] = field(default_factory=dict)

    def get(self, name: str) -> str:
        """A field's first value without white space around it; empty where it is missing."""
        return self.raw(name).strip()

    def raw(self, name: str) -> str:
        """A field's first value as it was typed (passwords); empty where it is missing."""
        return next(iter(self.fields.get(name, ())), "")

    def all(self, name: str) -> list[str]:
        """All values of a field."""
        return list(self.fields.get(name, ()))

    def file(self, name: str) -> Upload | None:
        """A field's file; None where none was chosen."""
        return next((one for one in self.files.get(name, ()) if one.name or one.data), None)


def parse(head: Head, body: bytes) -> Form:
    """The form in a body; refuses other types and what is not well formed."""
    given = head.get("content-type") or ""
    essence, options = parse_options_header(given)
    plain = not head.get("content-encoding")
    if essence == URLENCODED.encode() and plain:
        return _urlencoded(body)
    boundary = options.get(b"boundary", b"")
    if essence == MULTIPART.encode() and plain and boundary:
        return _multipart(body, boundary)
    raise Refused(WRONG_MEDIA_TYPE, wanted=f"{URLENCODED}, {MULTIPART}", given=given[:80] or "-")


def _urlencoded(body: bytes) -> Form:
    fields: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, strict_parsing=bool(body), errors="strict",
            max_num_fields=FIELDS,
        )  # fmt: skip
    except ValueError:
        raise Refused(BAD_BODY, why=f"key=value pairs in UTF-8, at most {FIELDS}") from None
    for name, value in pairs:
        fields.setdefault(_text(name), []).append(_text(value))
    return Form(fields)


class _Parts:
    """Collects the parts of a multipart body as the parser finds them."""

    def __init__(self) -> None:
        self.fields: dict[str, list[str]] = {}
        self.files: dict[str, list[Upload]] = {}
        self._parts = 0
        self._ended = False
        self._begin()

    @property
    def ended(self) -> bool:
        """Whether the last boundary was there."""
        return self._ended

    def callbacks(self) -> dict[str, object]:
        """What the parser calls."""
        return {
            "on_part_begin": self._begin, "on_part_data": self._data, "on_part_end": self._end,
            "on_header_field": self._name, "on_header_value": self._value, "on_header_end": self._header,
            "on_end": self._last,
        }  # fmt: skip

    def _begin(self) -> None:
        self._head: dict[bytes, bytes] = {}
        self._field, self._held = b"", b""
        self._body = BytesIO()

    def _data(self, data: bytes, start: int, end: int) -> None:
        self._body.write(data[start:end])

    def _name(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _value(self, data: bytes, start: int, end: int) -> None:
        self._held += data[start:end]

    def _header(self) -> None:
        self._head[self._field.lower()] = self._held
        self._field, self._held = b"", b""

    def _last(self) -> None:
        self._ended = True

    def _end(self) -> None:
        self._parts += 1
        require(self._parts <= FIELDS, BAD_BODY, why=f"more than {FIELDS} fields")
        kind, options = parse_options_header(self._head.get(b"content-disposition", b""))
        require(kind == b"form-data" and b"name" in options, BAD_BODY, why="a part without a name")
        name = _text(_decoded(options[b"name"]))
        if b"filename" in options:
            told = _decoded(options[b"filename"]).replace("\\", "/").rpartition("/")[2]
            label = "".join(each for each in told if each.isprintable())[:200]
            media_type = _decoded(self._head.get(b"content-type", b""))[:120]
            upload = Upload(label, media_type, self._body.getvalue())
            self.files.setdefault(name, []).append(upload)
        else:
            self.fields.setdefault(name, []).append(_text(_decoded(self._body.getvalue())))


def _multipart(body: bytes, boundary: bytes) -> Form:
    parts = _Parts()
    try:
        parser = MultipartParser(boundary, parts.callbacks())  # type: ignore[arg-type]
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        raise Refused(BAD_BODY, why=str(error)[:100]) from None
    require(parts.ended, BAD_BODY, why="the last boundary is missing")
    return Form(parts.fields, parts.files)


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused(BAD_BODY, why="not UTF-8") from None


def _text(value: str) -> str:
    """Line ends as one character; no other control characters, and not endless."""
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    clean = len(text) <= LONGEST and not any(each < " " and each not in "\n\t" for each in text)
    require(clean, BAD_BODY, why=f"a control character, or a text of more than {LONGEST} characters")
    return text
