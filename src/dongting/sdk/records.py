"""Reading: records, their versions, lists, search, and what waits for an organisation.

Reads ask for at least the height of this client's own last write, so that it sees what it wrote.
"""

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import msgspec

from dongting.errors import Refused
from dongting.sdk.transport import Transport, segment

R = TypeVar("R")


class Record(msgspec.Struct, frozen=True):
    """One version of a record: `leaf` is the index of the statement that made it (-1: genesis)."""

    type: str
    id: str
    version: int
    leaf: int
    height: int
    time: int
    record: dict[str, Any]

    @property
    def address(self) -> str:
        """`app.type/id`."""
        return f"{self.type}/{self.id}"


class Page(msgspec.Struct, frozen=True):
    """Some records, and from where the next page goes on."""

    records: list[Record]
    cursor: str | None = None


class Waiting(msgspec.Struct, frozen=True):
    """A record that waits for an organisation's next step, until `due` (seconds since 1970)."""

    record: Record
    organisation: str | None
    due: int | None
    overdue: bool


class _WaitingPage(msgspec.Struct, frozen=True):
    waiting: list[Waiting]
    cursor: str | None = None


class Records:
    """Reads from one node; `seen` is the height that every read must have reached."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.seen = 0

    def get(self, type: str, id: str) -> Record:
        """The present version of a record, from the kernel."""
        return self._read(f"/v1/records/{segment(type)}/{segment(id)}", Record)

    def find(self, type: str, id: str) -> Record | None:
        """The same, or None when there is no such record."""
        try:
            return self.get(type, id)
        except Refused as error:
            if error.code.status == 404:
                return None
            raise

    def versions(self, type: str, id: str) -> list[Record]:
        """All kept versions of a record, oldest first."""
        found = list(self._pages(f"/v1/records/{segment(type)}/{segment(id)}/versions", {}))
        return sorted(found, key=lambda one: one.version)

    def page(self, type: str, query: Mapping[str, Any] | None = None) -> Page:
        """One page of a list; `query` holds filters by field, `order`, `descending`, `limit`, `cursor`."""
        return self._read(f"/v1/records/{segment(type)}", Page, query)

    def all(self, type: str, query: Mapping[str, Any] | None = None) -> Iterator[Record]:
        """All records of a list, fetched page by page."""
        yield from self._pages(f"/v1/records/{segment(type)}", query or {})

    def search(self, words: str, query: Mapping[str, Any] | None = None) -> Page:
        """Records in which these words occur, best first; Chinese or English."""
        return self._read("/v1/search", Page, {"q": words, **(query or {})})

    def waiting(self, organisation: str) -> list[Waiting]:
        """What waits for an organisation, the most urgent first."""
        found: list[Waiting] = []
        cursor: str | None = None
        while True:
            query = {"organisation": organisation, "cursor": cursor}
            page = self._read("/v1/waiting", _WaitingPage, query)
            found += page.waiting
            cursor = page.cursor
            if cursor is None:
                return found

    def leaf(self, index: int) -> bytes:
        """The bytes of one leaf of the log."""
        return self._transport.ask("GET", f"/v1/leaves/{index}").content

    def _pages(self, path: str, query: Mapping[str, Any]) -> Iterator[Record]:
        cursor: str | None = None
        while True:
            page = self._read(path, Page, {**query, "cursor": cursor})
            yield from page.records
            cursor = page.cursor
            if cursor is None:
                return

    def _read(self, path: str, shape: type[R], query: Mapping[str, Any] | None = None) -> R:
        answer = self._transport.ask("GET", path, query={**(query or {}), "height": self.seen or None})
        return msgspec.json.decode(answer.content, type=shape)
