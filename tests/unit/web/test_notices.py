"""Notices on the page: counted in the menu, read, chosen; each organisation's own, each person's own mark."""

from typing import Any

import pytest

from dongting.node.notices.book import KINDS, New


def give(pages: Any, organisation: str, many: int = 1) -> None:
    book = pages.app._site.book
    with book.database.write() as connection:
        for number in range(many):
            key = str(pages.site.name("key"))
            facts = {"author": "green-tech", "action": "sharing/request"}
            subject = f"sharing.negotiation/r-{number}"
            book.add(connection, [New(organisation, "waiting", subject, key, facts)])
    pages.app._site.unread._known.clear()


def test_they_are_counted_listed_and_read(pages: Any) -> None:
    give(pages, "env-bureau", 3)
    someone = pages.someone("env-bureau")
    page = someone.get("/notices")
    assert page.status_code == 200
    assert "data-count=" in page.text
    assert "your step is next" in page.text
    newest = pages.app._site.book.newest("env-bureau")[0].number
    assert someone.post("/notices", number=str(newest)).status_code == 303
    assert "Mark all as read" not in someone.get("/notices").text
    assert 'data-count="0"' in someone.get("/notices").text


def test_nobody_sees_anothers(pages: Any) -> None:
    give(pages, "env-bureau")
    other = pages.someone("air-alliance")
    assert "your step is next" not in other.get("/notices").text
    assert pages.stranger().get("/notices").status_code == 303


def test_a_choice_is_kept_and_a_wrong_one_refused(pages: Any) -> None:
    someone = pages.someone("green-tech")
    kinds = dict.fromkeys(KINDS, "never")
    done = someone.post("/settings/notices", language="en", **kinds)
    assert done.status_code == 303
    assert someone.get("/settings/notices").text.count('value="never" selected') == len(KINDS)
    wrong = {**kinds, "due": "by pigeon"}
    assert someone.post("/settings/notices", language="en", **wrong).status_code == 422


@pytest.mark.parametrize("number", ["", "x", "-1", "9" * 30, "1 or 1"])
def test_a_malformed_mark_changes_nothing(pages: Any, number: str) -> None:
    give(pages, "env-bureau")
    someone = pages.someone("env-bureau")
    someone.post("/notices", number=number)
    assert 'data-count="0"' not in someone.get("/notices").text
