"""Lists, counts and facets are alike on SQLite and PostgreSQL."""

import random
import threading
from typing import Any

import msgspec
import pytest

from dongting.appkit.fields import Money, Text
from dongting.errors import Refused
from dongting.store.fields import NOT_INDEXED, PARTY
from dongting.store.queries import TOO_MANY
from dongting.store.rows import BAD_CURSOR, MAX_PAGE, Count
from dongting.store.views import Views

from .shelf import BOOK, LOAN, Book, Loan, Shelf, app  # type: ignore[import-not-found]

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


def test_words_are_looked_for_before_there_is_a_record(shelf: Shelf) -> None:
    for _ in range(2):
        found = shelf.views.survey(BOOK, ("owner",), text="air")
        assert found.count == Count(0, True)
        assert found.facets["owner"].values == ()
    shelf.put(Book("a", owner="x", title=Text(en="air")), Book("b", owner="y", title=Text(en="soil")))
    found = shelf.views.survey(BOOK, ("owner",), text="air")
    assert found.count == Count(1, True)


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
