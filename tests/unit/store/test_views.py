"""The views answer alike on SQLite and PostgreSQL: what they take in, what waits, what was redacted."""

from collections.abc import Iterator

import msgspec
import pytest

from dongting.appkit.fields import Text
from dongting.errors import Fault
from dongting.store import queries, rows
from dongting.store.fields import NOT_INDEXED
from dongting.store.rows import Block, Changed, Count, Row
from dongting.store.views import Views

from .shelf import BOOK, Book, Loan, Shelf, app  # type: ignore[import-not-found]

# Taking in changes


def test_new_views_are_before_genesis(shelf: Shelf) -> None:
    assert shelf.views.height == -1
    assert not shelf.views.outdated
    assert shelf.views.rebuilding is None
    assert shelf.views.count(BOOK) == Count(0, True)


def test_each_version_is_a_row_and_the_newest_is_current(shelf: Shelf) -> None:
    shelf.put(Book("b", pages=1))
    shelf.put(Book("b", pages=2), Book("b", pages=3))
    newest = shelf.views.get(BOOK, "b")
    assert newest == Row(
        BOOK, "b", 3, 100, 1, 1001, msgspec.json.encode(Book("b", pages=3)), current=True
    )  # fmt: skip
    assert [(r.version, r.current) for r in shelf.views.versions(BOOK, "b").rows] == [
        (3, True), (2, False), (1, False),
    ]  # fmt: skip
    second = shelf.views.get(BOOK, "b", version=2)
    assert second is not None
    assert msgspec.json.decode(second.body, type=Book).pages == 2
    assert shelf.views.get(BOOK, "b", version=4) is None
    assert shelf.views.get(BOOK, "c") is None


def test_versions_come_in_pages(shelf: Shelf) -> None:
    for pages in range(5):
        shelf.put(Book("b", pages=pages))
    first = shelf.views.versions(BOOK, "b", limit=3)
    rest = shelf.views.versions(BOOK, "b", limit=3, cursor=first.cursor)
    assert [r.version for r in (*first.rows, *rest.rows)] == [5, 4, 3, 2, 1]
    assert rest.cursor is None


def test_only_the_newest_version_is_listed_counted_and_found(shelf: Shelf) -> None:
    shelf.put(Book("b", title=Text(zh="旧名"), pages=1))
    shelf.put(Book("b", title=Text(zh="新名"), pages=2))
    assert shelf.listed(filters={"pages": 1}) == []
    assert shelf.listed(filters={"pages": 2}) == ["b"]
    assert shelf.views.facets(BOOK, "pages").values == ((2, 1),)
    assert shelf.searched("旧名") == []
    assert shelf.searched("新名") == ["b"]
    assert shelf.views.count(BOOK) == Count(1, True)


def test_the_same_changes_again_change_nothing(shelf: Shelf) -> None:
    first = shelf.put(Book("b"))
    second = shelf.put(Book("b", pages=2), Book("c"))
    assert shelf.views.apply(first.changes, first.height) == 1
    assert shelf.views.apply([*first.changes, *second.changes], second.height) == 1
    third = shelf.block(Book("b", pages=3))
    assert shelf.views.apply([*second.changes, *third.changes], third.height) == 2
    assert shelf.views.count(BOOK) == Count(2, True)
    assert [r.version for r in shelf.views.versions(BOOK, "b").rows] == [3, 2, 1]


def test_changes_that_leave_a_gap_are_not_taken_in(shelf: Shelf) -> None:
    shelf.put(Book("a"))
    assert shelf.views.apply(shelf.block(Book("b")).changes, 9, since=8) == 0
    assert shelf.listed() == ["a"]
    assert shelf.views.apply([], 5, since=0) == 5
    assert shelf.views.height == 5


def test_changes_that_fail_halfway_leave_nothing(shelf: Shelf) -> None:
    shelf.put(Book("a"))
    good = shelf.block(Book("b"))
    unfit = Changed(BOOK, "c", 1, 1, 1, 1, b'{"id":"c","pages":"many"}')
    with pytest.raises(Fault, match="does not fit"):
        shelf.views.apply([*good.changes, unfit], 1)
    assert shelf.views.height == 0
    assert shelf.listed() == ["a"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (Changed("other.thing", "x", 1, 1, 1, 1, b"{}"), "no installed application"),
        (Changed(BOOK, "a", 1, 1, 1, 1, b'{"id":"a"}'), "version 1 follows"),
        (Changed(BOOK, "b", 1, 1, 2, 1, b'{"id":"b"}'), "above the height"),
    ],
)
def test_a_change_that_the_ledger_cannot_hold_is_a_fault(shelf: Shelf, change: Changed, why: str) -> None:
    shelf.put(Book("a"))
    with pytest.raises(Fault, match=why):
        shelf.views.apply([change], 1)
    assert shelf.views.height == 0


def test_two_processes_see_the_same_views(shelf: Shelf, database: str) -> None:
    other = Views(database, app.records.values())
    shelf.put(Book("a"))
    assert [row.id for row in other.list(BOOK).rows] == ["a"]
    assert other.height == 0
    other.close()


def test_views_filled_under_other_declarations_say_so(shelf: Shelf, database: str) -> None:
    other = Views(database, [app.records[Book]])
    assert other.outdated
    other.close()


# What waits


def test_what_waits_for_an_organisation_comes_by_deadline(shelf: Shelf) -> None:
    shelf.put(
        Loan("late", "x", "y", answer_by=100), Loan("soon", "x", "y", answer_by=200), Loan("open", "x", "y"),
        Loan("lent", "z", "x", state="lent"), Loan("other", "z", "x", answer_by=50),
        Loan("done", "x", "x", state="back", answer_by=10),
    )  # fmt: skip
    page = shelf.views.waiting("x", at=100)
    assert [(one.row.id, one.due, one.overdue) for one in page.items] == [
        ("late", 100, True), ("soon", 200, False), ("open", None, False), ("lent", None, False),
    ]  # fmt: skip
    assert {one.organisation for one in page.items} == {"x"}
    assert [one.row.id for one in shelf.views.waiting("x", at=100, overdue=True).items] == ["late"]
    assert [one.row.id for one in shelf.views.waiting(None, at=99, overdue=True).items] == ["other"]
    assert shelf.views.waiting("x", at=100, types=[BOOK]).items == ()


def test_what_waits_comes_in_pages_and_goes_when_it_was_done(shelf: Shelf) -> None:
    shelf.put(*(Loan(f"l-{i}", "x", "y", answer_by=None if i > 4 else 50 - i % 2) for i in range(8)))
    found: list[str] = []
    cursor = None
    while True:
        page = shelf.views.waiting("x", 0, cursor=cursor, limit=3)
        found.extend(one.row.id for one in page.items)
        cursor = page.cursor
        if cursor is None:
            break
    assert found == ["l-1", "l-3", "l-0", "l-2", "l-4", "l-5", "l-6", "l-7"]
    shelf.put(Loan("l-1", "x", "y", state="lent"))
    assert [one.row.id for one in shelf.views.waiting("y", 0).items] == ["l-1"]
    assert "l-1" not in [one.row.id for one in shelf.views.waiting("x", 0).items]


def test_the_codes_of_the_views_are_fixed() -> None:
    codes = (NOT_INDEXED, queries.TOO_MANY, rows.BAD_CURSOR)
    assert [(code.module, code.number) for code in codes] == [("store", 40), ("store", 41), ("store", 42)]


# Redaction


def test_a_redacted_version_is_shown_without_its_text_and_never_found(shelf: Shelf) -> None:
    shelf.put(Book("a", title=Text(zh="非法文字", en="unlawful"), tags=("unlawful",)))
    shelf.put(Book("b", title=Text(en="lawful")))
    block = shelf.block(Book("a", title=Text(zh="已删除", en="redacted"), tags=("redacted",)))
    blank = msgspec.json.encode(Book("a", title=Text(en="redacted"), tags=("redacted",)))
    former = Changed(BOOK, "a", 1, 0, 0, 1000, blank)
    shelf.views.apply(block.changes, block.height, since=block.height - 1, replaced=[former])
    rows = shelf.views.versions(BOOK, "a").rows
    assert [(row.version, row.current) for row in rows] == [(2, True), (1, False)]
    assert rows[1].body == blank
    assert shelf.searched("unlawful") == shelf.searched("非法文字") == []
    assert shelf.searched("lawful") == ["b"]
    assert shelf.views.purge()
    assert shelf.views.purge()
    assert shelf.searched("redacted") == ["a"]
    assert ("unlawful", 1) not in shelf.views.facets(BOOK, "tags").values
    shelf.put(Book("c"))


def test_a_purge_drops_a_rebuild_that_was_left_unfinished(shelf: Shelf) -> None:
    blocks = [shelf.put(Book("a", title=Text(en="unlawful")))]

    def killed() -> Iterator[Block]:
        yield from blocks
        raise KeyboardInterrupt

    shelf.views.apply([], 5, replaced=[])
    with pytest.raises(KeyboardInterrupt):
        shelf.views.rebuild(killed())
    assert shelf.views.rebuilding is not None
    shelf.views.apply([], 6, replaced=[Changed(BOOK, "a", 1, 0, 0, 1000, b"{}")])
    assert shelf.views.purge()
    assert shelf.views.rebuilding is None
