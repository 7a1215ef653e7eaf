"""Field kinds: the types from which records and arguments are built.

Each kind is a plain type with its constraints (msgspec checks them when bytes are decoded, once, at
the edge) and a name in `Meta.extra`, from which forms, columns and documents are derived.
All patterns name their characters one by one, so that they never depend on a Unicode version, and end
in `$(?!\\n)`: a bare `$` would also match before a last line feed and let a second form of an id through.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, get_args

from msgspec import Meta, Struct

from dongting.errors import Code, Refused

MAX_SAFE_INTEGER = 2**53 - 1  # RFC 7493 (I-JSON), section 2.2

BAD_FIELD = Code(
    "appkit", 1, "bad-field",
    "The field {field} is not valid: {why}.",
    "字段 {field} 无效：{why}。",
)  # fmt: skip


def kind(name: str, **constraints: Any) -> Meta:
    """The constraints of a field kind, with the name by which forms and documents know it."""
    return Meta(extra={"kind": name}, **constraints)


def says(en: str, zh: str) -> Meta:
    """The label of one field, for people: `name: Annotated[Line, says("Name", "名称")]`."""
    return Meta(extra={"label": {"en": en, "zh": zh}})


#: An id that people choose and read: lower-case ASCII letters, digits, `.`, `_`, `-`; 1 to 64 characters.
Slug = Annotated[str, kind("slug", pattern=r"^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$(?!\n)", max_length=64)]
#: The id of an organisation of the network.
OrganisationId = Annotated[
    str, kind("organisation", pattern=r"^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$(?!\n)", max_length=64)
]
#: One line of text, 1 to 200 characters, without control characters.
Line = Annotated[str, kind("line", min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$(?!\n)")]
#: Text of several lines, up to 4,000 characters.
Prose = Annotated[str, kind("prose", max_length=4000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$(?!\n)")]
#: A web address, https or http.
Address = Annotated[str, kind("address", max_length=500, pattern=r"^https?://[!-~]+$(?!\n)")]
#: A calendar day, `YYYY-MM-DD` (RFC 3339, full-date); the kernel's zone is that of genesis.
Day = Annotated[str, kind("day", pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$(?!\n)")]
#: A moment, whole seconds since 1970-01-01T00:00:00Z.
Instant = Annotated[int, kind("instant", ge=0, le=MAX_SAFE_INTEGER)]
#: An administrative division, GB/T 2260-2007: 6 digits, or 9 or 12 with street and village (GB/T 10114).
Region = Annotated[str, kind("region", pattern=r"^[1-9][0-9]{5}([0-9]{3}([0-9]{3})?)?$(?!\n)")]
#: A salted commitment to a part (`dongting.wire.part`), 64 lower-case hexadecimal digits.
Commitment = Annotated[str, kind("commitment", pattern=r"^[0-9a-f]{64}$(?!\n)")]
#: The digest of a whole content under the network's hash, 64 lower-case hexadecimal digits.
Digest = Annotated[str, kind("digest", pattern=r"^[0-9a-f]{64}$(?!\n)")]
#: Bytes in base64url without padding (RFC 4648, section 5), up to 4,096 characters.
Base64 = Annotated[str, kind("base64", max_length=4096, pattern=r"^[A-Za-z0-9_-]*$(?!\n)")]
#: The name of a state of a record's workflow (`dongting.appkit.workflow`).
StateName = Annotated[str, kind("state", pattern=r"^[A-Za-z_]+$(?!\n)", max_length=40)]
#: A count or a number of units, zero or more.
Count = Annotated[int, kind("count", ge=0, le=MAX_SAFE_INTEGER)]


class Text(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """Text for people in Chinese, English or both; at least one must be there (see `check`)."""

    zh: Prose | None = None
    en: Prose | None = None

    def check(self, field: str) -> None:
        """Refuse a text that is empty in every language."""
        if not (self.zh or self.en):
            raise Refused(BAD_FIELD, field=field, why="give it in Chinese (zh), English (en) or both")

    def best(self, language: str) -> str:
        """The text in that language, else in the other."""
        return (self.zh or self.en or "") if language == "zh" else (self.en or self.zh or "")


class Money(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """An amount in integer minor units (fen, cents) of an ISO 4217 currency."""

    minor: Annotated[int, kind("count", ge=0, le=MAX_SAFE_INTEGER)]
    currency: Annotated[str, kind("currency", pattern=r"^[A-Z]{3}$(?!\n)")] = "CNY"


#: Decimal places of currencies that have other than two (ISO 4217).
PLACES: Mapping[str, int] = {"JPY": 0, "KRW": 0}


def amount(minor: int, currency: str) -> str:
    """An amount in the units in which people write it."""
    places = PLACES.get(currency, 2)
    whole, rest = divmod(minor, 10**places)
    return f"{whole}.{rest:0{places}d} {currency}" if places else f"{whole} {currency}"


class Period(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """From the start of one moment up to, but not including, another; both in seconds."""

    start: Instant
    end: Instant

    def check(self, field: str) -> None:
        """Refuse a period that ends before it starts."""
        if self.end <= self.start:
            raise Refused(BAD_FIELD, field=field, why="its end must lie after its start")


class Attachment(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A file that travels beside the ledger: its salted commitment, its size in bytes, its media type."""

    commitment: Commitment
    size: Count
    media_type: Annotated[
        str, kind("media-type", max_length=120, pattern=r"^[a-z0-9.+-]+/[a-z0-9.+-]+$(?!\n)")
    ]


def part(content: type[Struct]) -> Meta:
    """The kind of an argument that commits to a part: `Annotated[str, part(Terms), says(...)]`.

    A part is content that travels beside the statement. The statement holds its salted commitment
    (`dongting.wire.part`); `content` is the struct whose RFC 8785 JSON is the part, readable by the
    record's parties only.
    """
    return Meta(pattern=r"^[0-9a-f]{64}$(?!\n)", extra={"kind": "part", "content": content})


def reference(record: str) -> Meta:
    """The kind of a field that holds the id of a record `app.type`: `Annotated[str, reference("a.b")]`."""
    return Meta(
        max_length=64,
        pattern=r"^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$(?!\n)",
        extra={"kind": "reference", "record": record},
    )


def extras(annotation: Any) -> Iterator[Mapping[str, Any]]:
    """What the kinds and labels within a field's annotation say of themselves, the outermost first."""
    for meta in getattr(annotation, "__metadata__", ()):
        if isinstance(meta, Meta) and meta.extra:
            yield meta.extra
    for inner in get_args(annotation):
        yield from extras(inner)
