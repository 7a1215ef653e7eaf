"""The views answer alike on SQLite and PostgreSQL."""

import random
import threading
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from dongting.appkit.app import App, Record
from dongting.appkit.fields import Money, Text
from dongting.appkit.workflow import State, Workflow
from dongting.errors import Fault, Refused
from dongting.store import queries, rows
from dongting.store.fields import NOT_INDEXED, PARTY
from dongting.store.queries import TOO_MANY
from dongting.store.rows import BAD_CURSOR, MAX_PAGE, Block, Changed, Count, Row
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


@pytest.fixture
def shelf(database: str) -> Iterator[Shelf]:
    shelf = Shelf(database)
    yield shelf
    shelf.views.close()


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


# Lists


def test_a_list_is_newest_first(shelf: Shelf) -> None:
    shelf.put(Book("a"), Book("b"))
    shelf.put(Book("c"))
    shelf.put(Book("a", pages=1))
    assert shelf.listed() == ["a", "c", "b"]
    assert shelf.listed(descending=False) == ["b", "c", "a"]


def test_filters_hold_together_and_of_several_values_one(shelf: Shelf) -> None:
    shelf.put(
        Book("a", owner="x", tags=("air", "water"), pages=1),
        Book("b", owner="y", tags=("water",), pages=2, open=False),
        Book("c", owner="y", tags=("soil",), pages=2),
    )
    assert shelf.listed(filters={"owner": "y"}) == ["c", "b"]
    assert shelf.listed(filters={"tags": "water"}) == ["b", "a"]
    assert shelf.listed(filters={"tags": ["water", "air"]}) == ["b", "a"]
    assert shelf.listed(filters={"tags": ["soil", "air"], "owner": "y"}) == ["c"]
    assert shelf.listed(filters={"owner": "y", "pages": 2, "open": False}) == ["b"]
    assert shelf.listed(filters={"open": "true"}) == ["c", "a"]
    assert shelf.listed(filters={"pages": "2"}) == ["c", "b"]
    assert shelf.listed(filters={"owner": []}) == []
    assert shelf.listed(filters={"owner": "z"}) == []


def test_none_finds_records_without_a_value(shelf: Shelf) -> None:
    shelf.put(Book("a", note="x"), Book("b"), Book("c", tags=("t",)))
    assert shelf.listed(filters={"note": None}) == ["c", "b"]
    assert shelf.listed(filters={"tags": [None, "t"]}) == ["c", "b", "a"]


def test_any_party_is_found_by_one_name(shelf: Shelf) -> None:
    shelf.put(Loan("l", "x", "y"), Loan("m", "y", "z"))
    assert shelf.listed(LOAN, {PARTY: "y"}) == ["m", "l"]
    assert shelf.listed(LOAN, {PARTY: "z"}) == ["m"]
    assert shelf.listed(LOAN, {"owner": "x"}) == ["l"]
    assert shelf.listed(LOAN, {"state": "asked"}) == ["m", "l"]


def test_a_list_is_sorted_by_a_field_as_numbers_or_code_points(shelf: Shelf) -> None:
    shelf.put(
        Book("a", pages=10, title=Text(en="b"), price=Money(minor=5)),
        Book("b", pages=-9, title=Text(en="B"), price=Money(minor=300)),
        Book("c", title=Text(zh="中"), price=Money(minor=40)),
        Book("d", pages=9, title=Text(en="é"), price=Money(minor=40)),
    )
    assert shelf.listed(order="pages", descending=False) == ["c", "b", "d", "a"]
    assert shelf.listed(order="pages") == ["a", "d", "b", "c"]
    assert shelf.listed(order="title", descending=False) == ["b", "a", "d", "c"]
    assert shelf.listed(order="price", descending=False) == ["a", "c", "d", "b"]
    assert shelf.listed(order="price", filters={"pages": [10, -9]}) == ["b", "a"]


def _expected(
    books: dict[str, Book], filters: dict[str, Any], order: str | None, descending: bool
) -> list[str]:
    """What a list is by definition; `books` in the order of their newest version."""

    def holds(book: Book, name: str, asked: Any) -> bool:
        own = getattr(book, name)
        return bool(set(own if isinstance(own, tuple) else [own]) & set(asked))

    found = [id for id, book in books.items() if all(holds(book, *one) for one in filters.items())]
    if order:
        found.sort(key=lambda id: (getattr(books[id], order) is not None, getattr(books[id], order) or 0))
    return found[::-1] if descending else found


def test_every_way_to_answer_a_list_gives_the_definition_page_by_page(shelf: Shelf) -> None:
    chance = random.Random(7)
    books: dict[str, Book] = {}
    for _ in range(6):
        batch = [
            Book(
                f"b-{chance.randrange(150)}",
                owner=chance.choice(["x", "y", "z", "rare"] if chance.random() < 0.1 else ["x", "y", "z"]),
                tags=tuple(chance.sample(["air", "water", "soil", "noise"], chance.randrange(1, 4))),
                pages=chance.choice([None, 1, 2, 3, 50]),
            )
            for _ in range(40)
        ]
        for book in batch:
            books.pop(book.id, None)
            books[book.id] = book
        shelf.put(*batch)
    for filters in (
        {}, {"owner": ["x"]}, {"owner": ["rare"]}, {"owner": ["x", "y"]}, {"owner": ["rare", "z"]},
        {"tags": ["air", "water", "soil"]}, {"owner": ["rare"], "tags": ["air", "noise"]},
        {"owner": ["x", "y"], "pages": [1, 50], "tags": ["soil"]},
    ):  # fmt: skip
        for order in (None, "pages"):
            for descending in (True, False):
                expected = _expected(books, filters, order, descending)
                for limit in (9, 200):
                    found = shelf.paged(limit, BOOK, filters, order=order, descending=descending)
                    assert found == expected, (filters, order, descending, limit)
        assert shelf.views.count(BOOK, filters) == Count(len(_expected(books, filters, None, True)), True)


def test_a_cursor_is_stable_while_records_are_added(shelf: Shelf) -> None:
    shelf.put(*(Book(f"b-{i}", pages=i) for i in range(6)))
    first = shelf.views.list(BOOK, limit=3)
    by_pages = shelf.views.list(BOOK, order="pages", limit=3)
    shelf.put(Book("new", pages=99))
    assert shelf.listed(cursor=first.cursor) == ["b-2", "b-1", "b-0"]
    assert shelf.listed(order="pages", cursor=by_pages.cursor) == ["b-2", "b-1", "b-0"]


def test_the_last_page_has_no_cursor(shelf: Shelf) -> None:
    shelf.put(Book("a"), Book("b"))
    assert shelf.views.list(BOOK, limit=2).cursor is None


def test_a_cursor_that_was_not_given_out_is_refused(shelf: Shelf) -> None:
    for cursor in ("", "x", "é", "AAAA", "W10", "WzksOSwiIl0", "a" * 5000, "\ud800", "[0,1,'']"):
        for read in (shelf.views.list, shelf.views.search):
            with pytest.raises(Refused) as refused:
                read(BOOK, cursor=cursor)
            assert refused.value.code is BAD_CURSOR


def test_a_page_is_never_longer_than_the_longest(shelf: Shelf) -> None:
    shelf.put(*(Book(f"b-{i}") for i in range(MAX_PAGE + 5)))
    assert len(shelf.views.list(BOOK, limit=10**9).rows) == MAX_PAGE
    assert len(shelf.views.list(BOOK, limit=-1).rows) == 1
    assert len(shelf.views.get_many(BOOK, [f"b-{i}" for i in range(205)])) == MAX_PAGE


def test_what_is_not_indexed_is_refused_with_what_is(shelf: Shelf) -> None:
    for read in (
        lambda: shelf.views.list(BOOK, {"about": "x"}),
        lambda: shelf.views.list(BOOK, order="about"),
        lambda: shelf.views.list("no.such", {}),
        lambda: shelf.views.facets(BOOK, "about"),
        lambda: shelf.views.search("x", [BOOK], {"about": "x"}),
    ):
        with pytest.raises(Refused) as refused:
            read()
        assert refused.value.code is NOT_INDEXED
        assert "about" in refused.value.text() or "no.such" in refused.value.text("zh")


def test_too_many_filters_are_refused(shelf: Shelf) -> None:
    with pytest.raises(Refused) as refused:
        shelf.views.list(BOOK, {"pages": list(range(51))})
    assert refused.value.code is TOO_MANY


def test_many_records_are_read_by_id_at_once(shelf: Shelf) -> None:
    shelf.put(Book("a"), Book("b"), Loan("a", "x", "y"))
    shelf.put(Book("a", pages=5))
    found = shelf.views.get_many(BOOK, ["a", "b", "none", "\0\ud800"])
    assert {id: row.version for id, row in found.items()} == {"a": 2, "b": 1}


# Counts and facets


def test_facets_count_values_among_the_records_that_match(shelf: Shelf) -> None:
    shelf.put(
        Book("a", owner="x", tags=("air", "water")),
        Book("b", owner="y", tags=("water",), title=Text(zh="湖水")),
        Book("c", owner="y"),
    )
    views = shelf.views
    assert views.facets(BOOK, "tags").values == (("water", 2), (None, 1), ("air", 1))
    assert views.facets(BOOK, "tags", {"owner": "y"}).values == ((None, 1), ("water", 1))
    assert views.facets(BOOK, "owner", {"tags": ["air", "water"]}).values == (("x", 1), ("y", 1))
    assert views.facets(BOOK, "owner", text="湖水").values == (("y", 1),)
    assert views.facets(BOOK, "owner", {"tags": "soil"}).values == ()
    assert views.facets(BOOK, "tags", limit=1).values == (("water", 2),)
    assert views.count(BOOK, {"owner": "y"}) == Count(2, True)
    assert views.count(BOOK, {"owner": "y", "tags": "water"}) == Count(1, True)
    assert views.count(BOOK, text="书") == Count(2, True)
    assert views.count(BOOK, {"owner": "nobody"}) == Count(0, True)


def test_a_survey_is_the_count_and_the_facets_of_the_same_records(shelf: Shelf) -> None:
    shelf.put(
        Book("a", owner="x", tags=("air", "water")),
        Book("b", owner="y", tags=("water",), title=Text(zh="湖水")),
        Book("c", owner="y"),
    )
    views = shelf.views
    for filters, text in (({}, ""), ({"owner": "y"}, ""), ({}, "湖水"), ({"owner": "nobody"}, "")):
        found = views.survey(BOOK, ("tags", "owner"), filters, text=text)
        assert found.count == views.count(BOOK, filters, text=text)
        assert found.facets == {
            field: views.facets(BOOK, field, filters, text=text) for field in ("tags", "owner")
        }


def test_counts_and_facets_stop_at_their_bound_and_say_so(shelf: Shelf, monkeypatch: Any) -> None:
    monkeypatch.setattr("dongting.store.counting.BOUND", 5)
    monkeypatch.setattr("dongting.store.cubes.MOST", 7)
    shelf.put(*(Book(f"b-{i}", owner="x", pages=i % 2) for i in range(8)))
    both = {"owner": "x", "pages": [0, 1]}
    assert shelf.views.count(BOOK, both) == Count(5, False)
    assert shelf.views.count(BOOK, text="书") == Count(5, False)
    facets = shelf.views.facets(BOOK, "pages", {"owner": "x"})
    assert not facets.exact
    assert sum(many for _, many in facets.values) == 5
    assert shelf.views.count(BOOK, {"owner": "x"}) == Count(8, True)


def test_a_facet_that_narrows_shows_what_else_could_be_chosen(shelf: Shelf, monkeypatch: Any) -> None:
    shelf.put(
        Book("a", owner="x", tags=("air", "water")),
        Book("b", owner="y", tags=("water",)),
        Book("c", owner="y", open=False),
    )
    for most in (50_000, 0):
        monkeypatch.setattr("dongting.store.cubes.MOST", most)
        found = shelf.views.survey(BOOK, ("tags", "owner"), {"open": True}, {"tags": "air"})
        assert found.count == Count(1, True)
        assert found.facets["tags"].values == (("water", 2), ("air", 1))
        assert found.facets["owner"].values == (("x", 1),)


def test_counts_from_memory_are_those_of_the_database_while_records_change(
    shelf: Shelf, database: str, monkeypatch: Any
) -> None:
    draw = random.Random(7)
    cases: list[tuple[Any, str]] = [
        ({}, ""), ({"owner": "x", "tags": ["air", "soil"]}, ""), ({"open": True, "owner": ["x", "y"]}, ""),
        ({"tags": "water"}, "湖水"), ({}, "水质 air"), ({"owner": "z"}, "book"), ({"note": None}, "水"),
    ]  # fmt: skip
    for round in range(12):
        books = {
            f"b{draw.randrange(60)}": Book(
                "", owner=draw.choice("xyz"),
                tags=tuple(draw.sample(("air", "water", "soil"), draw.randrange(4))),
                title=Text(zh=draw.choice(("湖水", "水质", "书")), en=draw.choice(("book", ""))),
                open=draw.random() < 0.5, note=draw.choice((None, "n")), pages=round,
            )
            for _ in range(draw.choice((1, 3, 40)))
        }  # fmt: skip
        shelf.put(*(msgspec.structs.replace(book, id=id) for id, book in books.items()))
        for filters, text in cases:
            narrowed = {"owner": draw.choice("xyz")}
            asked = (BOOK, ("owner", "tags", "pages"), filters, narrowed)
            remembered = shelf.views.survey(*asked, text=text)
            count = shelf.views.count(BOOK, filters, text=text)
            with monkeypatch.context() as patch:
                patch.setattr("dongting.store.cubes.MOST", 0)
                other = Views(database, app.records.values())
                assert remembered == other.survey(*asked, text=text), (round, filters, text)
                assert count == other.count(BOOK, filters, text=text)
                other.close()


def test_a_field_with_very_many_values_is_counted_too(shelf: Shelf, monkeypatch: Any) -> None:
    monkeypatch.setattr("dongting.store.cubes.WIDE", 2)
    shelf.put(*(Book(f"b{i}", owner=f"o{i % 4}", tags=("air",) if i < 6 else ()) for i in range(10)))
    found = shelf.views.survey(BOOK, ("owner",), {"tags": "air"}, {"owner": ["o0", "o1"]})
    assert found.count == Count(4, True)
    assert found.facets["owner"].values == (("o0", 2), ("o1", 2), ("o2", 1), ("o3", 1))


def test_a_reader_of_an_older_state_spoils_no_count(shelf: Shelf) -> None:
    shelf.put(Book("a", owner="x", tags=("air",)), Book("b", owner="y"))
    assert shelf.views.count(BOOK, {"owner": "x", "tags": "air"}).number == 1

    def work() -> None:
        assert shelf.views.count(BOOK, {"owner": "x", "open": True}).number == 1
        newer = threading.Thread(target=move_on)
        newer.start()
        newer.join()
        shelf.views.facets(BOOK, "pages", {"owner": "x"}, text="书")  # a field that is new to the cube

    def move_on() -> None:
        shelf.put(Book("b", owner="x", pages=7), Book("c", owner="x", pages=7))
        assert shelf.views.count(BOOK, {"owner": "x", "open": True}).number == 3

    shelf.views.together(work)
    assert shelf.views.facets(BOOK, "pages", {"owner": "x"}).values == ((7, 2), (None, 1))
    assert shelf.views.facets(BOOK, "pages", {"owner": "x"}, text="书").values == ((7, 2), (None, 1))


def test_what_is_read_together_is_one_state(shelf: Shelf) -> None:
    shelf.put(Book("a"))

    def work() -> tuple[int, list[str], int]:
        before = shelf.views.height
        writer = threading.Thread(target=lambda: shelf.put(Book("b")))
        writer.start()
        writer.join()
        return before, shelf.listed(), shelf.views.height

    assert shelf.views.together(work) == (0, ["a"], 0)
    assert shelf.listed() == ["b", "a"]


def test_a_sorted_list_begins_beyond_a_value(shelf: Shelf) -> None:
    shelf.put(*(Book(f"b{pages}", pages=pages) for pages in (3, 1, 4, 2)), Book("none"))
    assert shelf.listed(order="pages", descending=False, beyond=2) == ["b3", "b4"]
    assert shelf.listed(order="pages", beyond=3) == ["b2", "b1", "none"]
    assert shelf.paged(1, BOOK, order="pages", descending=False, beyond=1) == ["b2", "b3", "b4"]


def test_the_values_of_a_field_are_told_unless_there_are_too_many(shelf: Shelf) -> None:
    shelf.put(Book("a", owner="x", note="n"), Book("b", owner="y"), Book("c", owner="y"))
    assert shelf.views.values(BOOK, "owner", 2) == ["y", "x"]
    assert shelf.views.values(BOOK, "note", 5) == [None, "n"]
    assert shelf.views.values(BOOK, "owner", 1) is None


def test_the_newest_of_several_types_come_in_the_order_of_the_ledger(shelf: Shelf) -> None:
    shelf.put(Book("a", owner="x"), Loan("l", "x", "y"), Book("b", owner="y"), Loan("m", "z", "x"))
    shelf.put(Book("a", owner="x", pages=2))
    found = shelf.views.newest((BOOK, LOAN), PARTY, "x", 3)
    assert [(row.id, row.version) for row in found] == [("a", 2), ("m", 1), ("l", 1)]
    assert [row.id for row in shelf.views.newest((BOOK, LOAN), PARTY, "x", 1)] == ["a"]
    assert shelf.views.newest((LOAN,), PARTY, "nobody") == ()


# Search


def test_two_characters_and_one_are_found_in_chinese(shelf: Shelf) -> None:
    shelf.put(Book("a", title=Text(zh="洞庭湖水质监测数据")), Book("b", title=Text(zh="空气质量")))
    for text in ("水质", "监测", "洞庭湖", "洞", "据", "湖水质监", "水质 数据", "洞庭湖水质监测数据"):
        assert shelf.searched(text) == ["a"], text
    assert shelf.searched("质") == ["b", "a"]
    for text in ("质水", "水监", "洞庭山", "据洞", "水质 空气"):
        assert shelf.searched(text) == [], text


def test_words_digits_width_and_capitals_are_found(shelf: Shelf) -> None:
    shelf.put(
        Book("a", title=Text(zh="ＰＭ２.５监测", en="Fine Dust Datasets 2026"), tags=("Dòngtíng",)),
        Book("b", title=Text(en="data set")),
    )
    for text in ("pm2.5", "PM2", "dust", "DATASET", "2026", "监测 fine", "pm2.5监测", "dongting"):
        assert shelf.searched(text) == ["a"], text
    assert shelf.searched("data") == ["b", "a"]
    assert shelf.searched("datas set") == []


def test_a_hit_in_the_title_comes_first_then_the_newest(shelf: Shelf) -> None:
    shelf.put(
        Book("t1", title=Text(zh="水质")),
        Book("d1", about=Text(zh="关于水质")),
        Book("t2", title=Text(en="on", zh="水质报告")),
        Book("d2", tags=("水质",)),
        Book("mixed", title=Text(zh="水质"), about=Text(zh="地下")),
    )
    assert shelf.searched("水质") == ["mixed", "t2", "t1", "d2", "d1"]
    assert shelf.searched("水质 地下") == ["mixed"]


def test_a_phrase_does_not_reach_from_one_field_into_the_next(shelf: Shelf) -> None:
    shelf.put(Book("a", title=Text(zh="数据"), about=Text(zh="目录"), tags=("地", "下水")))
    for text in ("据目", "数据目录", "地下", "录地"):
        assert shelf.searched(text) == [], text


def test_a_search_goes_on_page_by_page_through_title_and_text(shelf: Shelf) -> None:
    for i in range(10):
        shelf.put(Book(f"t{i}", title=Text(zh="水质")), Book(f"d{i}", about=Text(zh="水质")))
    expected = [f"{kind}{i}" for kind in "td" for i in reversed(range(10))]
    for limit in (1, 3, 10, 20):
        found: list[str] = []
        cursor = None
        while True:
            page = shelf.views.search("水质", cursor=cursor, limit=limit)
            found.extend(row.id for row in page.rows)
            cursor = page.cursor
            if cursor is None:
                break
        assert found == expected


def test_a_search_is_narrowed_by_type_and_filters(shelf: Shelf) -> None:
    shelf.put(
        Book("a", owner="x", title=Text(zh="水质")), Book("b", owner="y", title=Text(zh="水质"), pages=3)
    )
    assert shelf.searched("水质", [BOOK], {"owner": "x"}) == ["a"]
    assert shelf.searched("水质", [BOOK], {"owner": ["x", "y"], "pages": "3"}) == ["b"]
    assert shelf.searched("水质", [BOOK, LOAN]) == ["b", "a"]
    assert shelf.searched("水质", [LOAN]) == []
    assert shelf.searched("水质", [BOOK], {"owner": "none"}) == []


def test_a_filter_narrows_a_search_over_all_types_that_have_its_field(shelf: Shelf) -> None:
    shelf.put(Book("a", owner="x", title=Text(zh="水质")), Book("b", owner="y", title=Text(zh="水质")))
    shelf.put(Loan("水质", "x", "y"))
    assert shelf.searched("水质", filters={PARTY: "x"}) == ["a"]
    assert shelf.searched("水质", [BOOK, LOAN], {"owner": "x"}) == ["a"]
    assert shelf.searched("水质", filters={"state": "asked"}) == []
    assert shelf.searched("水质", filters={"nothing": "x"}) == []


NASTY = [
    '"', "'", "*", "水*", '水" OR "空', "title:水", "水 AND", "NOT 水", "NEAR(水 质)", "(", "{title}: x",
    "^水", "水 & !质", "a <-> b", "a:*", "\\", "\\'", "%", "_", "--", ";DROP TABLE record_1", "\0", "a\0b",
    "\ud800", "🙂", "水🙂质", "é" * 4000, "水" * 4000, "x" * 4000, "\u202e", "$1", "?", ":a", "%s", "{}",
    "{0}", "\x1c",
]  # fmt: skip


def test_what_people_type_never_becomes_syntax(shelf: Shelf) -> None:
    shelf.put(Book("a", title=Text(zh="空气")))
    for text in NASTY:
        assert shelf.searched(text) == [], text
        assert shelf.listed(filters={"owner": text}) == []
        assert shelf.views.get(BOOK, text) is None
        assert shelf.views.get(text, text) is None
        assert shelf.views.versions(BOOK, text).rows == ()
        assert shelf.views.waiting(text, 0, types=[text]).items == ()
        assert shelf.searched("空气", [text]) == []


def test_any_text_in_a_record_is_stored_listed_and_filtered(shelf: Shelf) -> None:
    texts = [text for text in NASTY if "\ud800" not in text]  # JSON cannot hold a lone surrogate
    shelf.put(*(Book(f"b-{i}", note=t, tags=(t,)) for i, t in enumerate(texts)))
    assert len(shelf.listed(order="note", limit=200)) == len(texts)
    for i, text in enumerate(texts):
        row = shelf.views.get(BOOK, f"b-{i}")
        assert row is not None
        assert msgspec.json.decode(row.body, type=Book).note == text
        assert shelf.listed(filters={"note": text}) == [f"b-{i}"], text
    facets = shelf.views.facets(BOOK, "note", limit=200)
    assert len(facets.values) == len(texts)


def test_long_texts_that_begin_alike_are_told_apart(shelf: Shelf) -> None:
    shelf.put(Book("a", note="x" * 3000 + "a"), Book("b", note="x" * 3000 + "b"))
    assert shelf.listed(filters={"note": "x" * 3000 + "b"}) == ["b"]


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
