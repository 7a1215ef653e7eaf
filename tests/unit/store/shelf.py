"""A small application whose records fill the views, and the ledger that they come from."""

from typing import Any

import msgspec

from dongting.appkit.app import App, Record
from dongting.appkit.fields import Money, Text
from dongting.appkit.workflow import State, Workflow
from dongting.store.rows import Block, Changed
from dongting.store.views import Views

app = App("shelf", 1, Text(en="Shelf", zh="书架"))


@app.record(
    ("Book", "图书"), indexed=("owner", "tags", "pages", "title", "price", "open", "note"),
    searched=("title", "about", "tags"), parties=("owner",),
)  # fmt: skip
class Book(Record):
    id: str
    owner: str = "org-a"
    title: Text = Text(zh="书")
    about: Text = Text()
    tags: tuple[str, ...] = ()
    pages: int | None = None
    price: Money = Money(minor=0)
    open: bool = True
    note: str | None = None


@app.record(
    ("Loan", "借阅"), parties=("owner", "reader"),
    workflow=Workflow(
        states={
            "asked": State("asked", "已申请", next="owner", due="answer_by"),
            "lent": State("lent", "已借出", next="reader"),
            "back": State("back", "已归还", final=True),
        },
        moves={"lend": (("asked",), "lent"), "return": (("lent",), "back")},
    ),
)  # fmt: skip
class Loan(Record):
    id: str
    owner: str
    reader: str
    state: str = "asked"
    answer_by: int | None = None


BOOK, LOAN = "shelf.book", "shelf.loan"


class Shelf:
    """A small ledger before the views."""

    def __init__(self, url: str) -> None:
        self.views = Views(url, app.records.values())
        self.height = -1
        self._versions: dict[tuple[str, str], int] = {}

    def changed(self, record: Any) -> Changed:
        type = BOOK if isinstance(record, Book) else LOAN
        version = self._versions[type, record.id] = self._versions.get((type, record.id), 0) + 1
        body = msgspec.json.encode(record)
        return Changed(type, record.id, version, self.height * 100, self.height, 1000 + self.height, body)

    def block(self, *records: Any) -> Block:
        """Another block."""
        self.height += 1
        return Block(self.height, [self.changed(record) for record in records])

    def put(self, *records: Any) -> Block:
        """Another block, taken in by the views."""
        block = self.block(*records)
        assert self.views.apply(block.changes, block.height) == block.height
        return block

    def listed(self, type: str = BOOK, filters: Any = None, **options: Any) -> list[str]:
        return [row.id for row in self.views.list(type, filters, **options).rows]

    def searched(self, text: str, *arguments: Any, **options: Any) -> list[str]:
        return [row.id for row in self.views.search(text, *arguments, **options).rows]

    def paged(self, limit: int, *arguments: Any, **options: Any) -> list[str]:
        """All ids of a list, page by page."""
        found: list[str] = []
        cursor = None
        while True:
            page = self.views.list(*arguments, cursor=cursor, limit=limit, **options)
            assert len(page.rows) <= limit
            found.extend(row.id for row in page.rows)
            cursor = page.cursor
            if cursor is None:
                return found
