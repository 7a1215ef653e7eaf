"""Search is alike on SQLite and PostgreSQL."""

import msgspec

from dongting.appkit.fields import Text
from dongting.store.fields import PARTY

from .shelf import BOOK, LOAN, Book, Loan, Shelf  # type: ignore[import-not-found]


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
