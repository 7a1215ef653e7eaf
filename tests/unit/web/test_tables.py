"""The lists for everybody as files: what the page shows and not a row more."""

import csv
import io
from typing import Any

import pytest
from openpyxl import load_workbook

BASIS = {"zh": "《政务数据共享条例》", "en": "Regulation on sharing"}


def table(answer: Any) -> list[list[str]]:
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


@pytest.fixture(scope="module")
def ids(pages: Any) -> tuple[str, str]:
    """An open dataset, and one for members only, under the same theme."""
    closed = {"opening": "not-open", "sharing": "not-shared", "legal_basis": BASIS}
    shown = pages.publish(theme="SOCI", title={"en": "Paddy fields"})
    return shown, pages.publish(theme="SOCI", title={"en": "Paddy secrets"}, **closed)


@pytest.mark.parametrize(
    "query", ["theme=SOCI", "q=paddy", "theme=SOCI&opening=not-open", "theme=SOCI&sharing=not-shared&q=paddy"]
)
def test_a_file_of_the_catalogue_has_what_is_open_and_nothing_else(
    pages: Any, ids: tuple[str, str], query: str
) -> None:
    text = pages.get(f"/catalogue.csv?{query}").content
    book = load_workbook(io.BytesIO(pages.get(f"/catalogue.xlsx?{query}").content)).active
    cells = {cell.value for row in book.iter_rows() for cell in row}
    assert ids[1].encode() not in text
    assert ids[1] not in cells
    assert b"secrets" not in text
    shown = "not-shared" not in query
    assert (ids[0].encode() in text) == (ids[0] in cells) == shown


def test_the_page_leads_to_its_files_under_the_same_query(pages: Any, ids: tuple[str, str]) -> None:
    page = pages.get("/catalogue?theme=SOCI&q=paddy").text
    for target in ("/catalogue.csv?theme=SOCI&amp;q=paddy", "/catalogue.xlsx?theme=SOCI&amp;q=paddy"):
        assert f'href="{target}"' in page
    assert 'href="/organisations.csv?kind=government"' in pages.get("/organisations?kind=government").text


def test_members_come_as_a_file_in_the_visitors_language(pages: Any) -> None:
    head, *rows = table(pages.get("/organisations.csv?kind=government", accept_language="zh"))
    assert "名称" in head
    assert [row[head.index("名称")] for row in rows] == ["环境局"]
    assert "Name" in table(pages.get("/organisations.csv"))[0]


def test_a_list_that_is_too_long_is_refused_in_words(pages: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("dongting.node.exports.workbook.MOST", 1)
    answer = pages.get("/organisations.xlsx")
    assert answer.status_code == 413
    assert "narrow it with filters" in answer.text


def test_a_bad_cursor_or_filter_never_reaches_a_file(pages: Any) -> None:
    assert pages.get("/catalogue.csv?theme=%3Cscript%3E").status_code == 200
    assert pages.get("/catalogue.csv?a=1&a=2").status_code == 400
