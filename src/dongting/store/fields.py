"""What the views index of a record: field values in one sortable text form, words, who acts next.

The form keeps order by code point: nothing is `""` and lowest, an integer is `n` and 17 digits, text is
`t` and itself. So one index serves filters, order and facets of every field of every application.
"""

import enum
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from dongting.appkit.app import RecordType
from dongting.appkit.fields import MAX_SAFE_INTEGER, Attachment, Money, Period, Text
from dongting.errors import Code, Fault, Refused
from dongting.store.words import words

#: The name of the field that holds every organisation which a record concerns.
PARTY = "@party"
#: The name under which all records of a type are counted.
ALL = "@all"
#: What a filter may ask for; None finds records without a value.
Value = str | int | bool | None

NOT_INDEXED = Code(
    "store", 40, "not-indexed",
    "{type} cannot be filtered, sorted or counted by {field}; use one of: {fields}.",
    "{type} 不能按 {field} 筛选、排序或统计；可用字段：{fields}。",
    status=400,
)  # fmt: skip

NOTHING = ""
_NEVER = "x"  # equal to no stored value
_PLAIN = frozenset((str, int, bool, type(None)))
_LONGEST = 200


def storable(text: str) -> str:
    """The text without what a database cannot hold: NUL and lone surrogates become U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.replace("\0", "\ufffd")


def key(value: Value) -> str:
    """The sortable form of one value. Text beyond 200 characters keeps 160 and a digest of the whole."""
    if not isinstance(value, str):
        if value is None:
            return NOTHING
        if isinstance(value, bool):
            return "ttrue" if value else "tfalse"
        return f"n{value + MAX_SAFE_INTEGER + 1:017d}" if abs(value) <= MAX_SAFE_INTEGER else _NEVER
    text = storable(value)
    if len(text) > _LONGEST:
        text = f"{text[:160]}…{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    return f"t{text}"


def keys(value: Value) -> list[str]:
    """The forms that a filter's value may have: digits may mean a number or text, as in a query string."""
    found = [key(value)]
    if isinstance(value, str) and len(value) <= 17 and value.isascii() and value.removeprefix("-").isdigit():
        found.append(key(int(value)))
    return found


def value_of(key: str) -> str | int | None:
    """The value of a sortable form."""
    if key.startswith("n"):
        return int(key[1:]) - MAX_SAFE_INTEGER - 1
    return key[1:] if key else None


def _values(value: Any) -> list[Value]:
    """The values of one field of a record, the one by which it is sorted first."""
    if value.__class__ in _PLAIN:
        return [value]
    if isinstance(value, enum.Enum):
        return [value.value]
    if isinstance(value, Text):
        return [text for text in (value.zh, value.en) if text]
    if isinstance(value, Money):
        return [value.minor]
    if isinstance(value, Period):
        return [value.start]
    if isinstance(value, Attachment):
        return [value.commitment]
    if isinstance(value, list | tuple | set | frozenset):
        return [one for part in value for one in _values(part)]
    return [msgspec.json.encode(value, order="deterministic").decode()]


def _texts(value: Any) -> Iterator[str]:
    """All that people may read in a field, however deep it lies."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _texts(getattr(value, name))
    elif isinstance(value, list | tuple | set | frozenset):
        for part in value:
            yield from _texts(part)


def _label(type: str, name: str) -> int:
    """A number for one field of one type: 6 bytes instead of some 30 in every row of two indexes."""
    return int.from_bytes(hashlib.sha256(f"{type}/{name}".encode()).digest()[:6], "big")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: the number of its last record, and the value it was sorted by."""

    number: int
    value: str = NOTHING


@dataclass(frozen=True, slots=True)
class Entry:
    """What is indexed of one record: labels with sortable forms and whether the record is sorted by them."""

    values: Sequence[tuple[int, str, bool]]
    title: Sequence[str] = ()
    text: Sequence[str] = ()
    waits_for: str | None = None
    due: int | None = None


@dataclass(frozen=True, slots=True)
class _Kind:
    type: RecordType
    labels: dict[str, int]
    decoder: msgspec.json.Decoder[Any]


@dataclass(slots=True)
class Fields:
    """The declared record types, as the views see them."""

    types: Iterable[RecordType]
    _kinds: dict[str, _Kind] = field(init=False)

    def __post_init__(self) -> None:
        self._kinds = {}
        taken: set[int] = set()
        for type in self.types:
            state = (type.workflow.field,) if type.workflow else ()
            names = dict.fromkeys((*type.indexed, *type.parties, *state, PARTY, ALL))
            labels = {name: _label(type.name, name) for name in names}
            assert not taken & set(labels.values()), f"two fields share a label: {type.name}"
            taken |= set(labels.values())
            self._kinds[type.name] = _Kind(type, labels, msgspec.json.Decoder(type.struct))

    @property
    def names(self) -> list[str]:
        """The names of all declared types."""
        return sorted(self._kinds)

    def having(self, names: Iterable[str]) -> list[str]:
        """The types that have all these fields."""
        wanted = set(names)
        return [name for name, kind in self._kinds.items() if wanted <= kind.labels.keys()]

    def fingerprint(self, layout: int) -> str:
        """A digest of all that decides what is indexed; views with another one must be rebuilt."""
        declared = [
            (name, *kind.labels, "/", *kind.type.searched, repr(kind.type.workflow))
            for name, kind in sorted(self._kinds.items())
        ]
        return hashlib.sha256(repr((layout, declared)).encode()).hexdigest()

    def label(self, type: str, name: str) -> int:
        """The label of a field; refuses with NOT_INDEXED one by which nothing can be found."""
        kind = self._kinds.get(type)
        labels = kind.labels if kind else {}
        if name not in labels:
            known = ", ".join(n for n in labels if n != ALL) or "-"
            raise Refused(NOT_INDEXED, type=type[:80], field=name[:80], fields=known)
        return labels[name]

    def entry(self, type: str, body: bytes) -> Entry:
        """What is indexed of a record's bytes (JSON of the declared struct)."""
        kind = self._kinds.get(type)
        if kind is None:
            raise Fault(f"a record of the type {type}, which no installed application declares")
        try:
            record = kind.decoder.decode(body)
        except msgspec.MsgspecError as error:
            raise Fault(f"a {type} in the ledger does not fit its declaration: {error}") from error
        values: list[tuple[int, str, bool]] = []
        for name, label in kind.labels.items():
            if name == ALL:
                continue
            found: Any = _parties(kind.type, record) if name == PARTY else getattr(record, name)
            if found.__class__ in _PLAIN:
                values.append((label, key(found), True))
                continue
            first, *others = dict.fromkeys(map(key, _values(found))) or (NOTHING,)
            values.append((label, first, True))
            values.extend((label, other, False) for other in others)
        title, text = _searched(kind.type, record)
        flow = kind.type.workflow
        return Entry(
            values, title, text,
            flow.waits_for(record) if flow else None, flow.due(record) if flow else None,
        )  # fmt: skip


def _parties(type: RecordType, record: Any) -> list[Value]:
    return [one for party in type.parties for one in _values(getattr(record, party)) if one]


def _searched(type: RecordType, record: Any) -> tuple[list[str], list[str]]:
    """The words of the first searched field, and those of all others."""
    title: list[str] = []
    text: list[str] = []
    for place, name in enumerate(type.searched):
        for one in _texts(getattr(record, name)):
            (text if place else title).extend(words(one))
    return title[:2000], text[:10_000]
