"""What goes into the views and what comes out of them."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence

import msgspec

from dongting.errors import Code, Refused
from dongting.store.fields import Place, storable

#: The longest page, in records.
MAX_PAGE = 200

BAD_CURSOR = Code(
    "store", 42, "bad-cursor",
    "This page cannot be continued from here; start again from the first page.",
    "无法从此处继续翻页；请从第一页重新开始。",
    status=400,
)  # fmt: skip


class Changed(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One version of a record, as the ledger holds it.

    `leaf` is the log index of the statement that made it (-1: genesis), `time` its block's in seconds since
    1970, `body` the JSON of the record.
    """

    type: str
    id: str
    version: int
    leaf: int
    height: int
    time: int
    body: bytes


class Block(msgspec.Struct, frozen=True):
    """All that one block changed, in the order in which it did.

    `replaced` are versions made earlier whose free text was redacted with this block, without it.
    """

    height: int
    changes: Sequence[Changed]
    replaced: Sequence[Changed] = ()


class Row(Changed, frozen=True):
    """One kept version; `current` when there is no newer one."""

    current: bool


class Page(msgspec.Struct, frozen=True):
    """Some rows, and where to go on; None at the end."""

    rows: tuple[Row, ...]
    cursor: str | None


class Waiting(msgspec.Struct, frozen=True):
    """A record that waits: for whom (None: nobody in particular), until when, and whether that is past."""

    row: Row
    organisation: str | None
    due: int | None
    overdue: bool


class WaitingPage(msgspec.Struct, frozen=True):
    """Some waiting records, the most urgent first, and where to go on; None at the end."""

    items: tuple[Waiting, ...]
    cursor: str | None


class Count(msgspec.Struct, frozen=True):
    """How many records there are; at least so many when not `exact`."""

    number: int
    exact: bool


class Facets(msgspec.Struct, frozen=True):
    """Values of a field and how many records have each, the most frequent first.

    Not `exact`: counted among the newest `queries.BOUND` records that match, of a type with many records.
    """

    values: tuple[tuple[str | int | None, int], ...]
    exact: bool


class Survey(msgspec.Struct, frozen=True):
    """How many records match, and the facets of several fields among them."""

    count: Count
    facets: dict[str, Facets]


class _Cursor(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    tier: int
    number: int
    value: str


def cursor_of(place: Place, tier: int = 0) -> str:
    """The opaque text of a place in a list."""
    encoded = msgspec.json.encode(_Cursor(tier, place.number, place.value))
    return urlsafe_b64encode(encoded).decode().rstrip("=")


def place_of(text: str | None) -> tuple[int, Place | None]:
    """The tier and place of a cursor; refuses with BAD_CURSOR what `cursor_of` did not make."""
    if text is None:
        return 0, None
    try:
        found = msgspec.json.decode(urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=_Cursor)
    except (msgspec.MsgspecError, ValueError) as error:
        raise Refused(BAD_CURSOR) from error
    if not (0 <= found.tier <= 1 and abs(found.number) < 2**63):
        raise Refused(BAD_CURSOR)
    return found.tier, Place(found.number, storable(found.value))
