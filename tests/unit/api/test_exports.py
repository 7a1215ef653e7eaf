"""Lists as CSV and Excel: all rows, the caller's language, and no cell that a spreadsheet would run."""

import csv
import io
from datetime import datetime
from typing import Any

import pytest
from openpyxl import load_workbook

CSV, EXCEL = "/v1/records/catalogue.dataset.csv", "/v1/records/catalogue.dataset.xlsx"
HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0", "＝1"]


def rows_of(answer: Any) -> list[list[str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8"), newline="")))


def workbook_of(answer: Any) -> list[list[Any]]:
    assert answer.status_code == 200, answer.text
    page = load_workbook(io.BytesIO(answer.content)).active
    return [[cell.value for cell in row] for row in page.iter_rows()]


@pytest.fixture(scope="module")
def theme(site: Any) -> str:
    """A theme under which three datasets stand, one of them hostile in every text."""
    for title in ("水位, 日均", 'Quotes "within"', HOSTILE[0]):
        site.act(
            "green-tech",
            "catalogue/publish",
            site.dataset(
                theme="JUST", title={"zh": title}, description={"zh": "第一行\n第二行"},
                keywords=[word for word in HOSTILE if word.isprintable()],
                columns=[{"name": "=2+2", "type": "integer", "title": {"en": "+1"}}],
            ),
        )  # fmt: skip
    return "JUST"


def test_a_csv_has_the_declared_columns_in_the_callers_language(site: Any, theme: str) -> None:
    chinese = rows_of(site.ask("GET", f"{CSV}?theme={theme}&language=zh", by="env-bureau"))
    english = rows_of(
        site.ask("GET", f"{CSV}?theme={theme}", by="env-bureau", headers={"accept-language": "en"})
    )
    assert chinese[0][:3] == ["名称", "摘要", "主题"]
    assert english[0][:3] == ["Title", "Description", "Theme"]
    assert chinese[0][-4:] == ["版本", "入账时间", "区块高度", "日志序号"]
    assert len(chinese) == len(english) == 4
    assert {len(row) for row in chinese} == {len(chinese[0])}
    assert [row[0] for row in chinese[1:]] == ["'=1+1", 'Quotes "within"', "水位, 日均"]
    state = chinese[0].index("状态")
    assert {row[state] for row in chinese[1:]} == {"已发布"}
    assert {row[english[0].index("State")] for row in english[1:]} == {"offered"}


def test_a_csv_is_as_rfc_4180_wants_it_and_has_a_mark_on_demand(site: Any, theme: str) -> None:
    answer = site.ask("GET", f"{CSV}?theme={theme}&bom=true", by="env-bureau")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert answer.headers["content-disposition"] == 'attachment; filename="catalogue.dataset.csv"'
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer.content.endswith(b"\r\n")
    assert b'"Quotes ""within"""' in answer.content
    plain = site.ask("GET", f"{CSV}?theme={theme}", by="env-bureau").content
    assert plain == answer.content[3:]


@pytest.mark.parametrize("path", [CSV, EXCEL])
def test_no_cell_begins_like_a_formula(site: Any, theme: str, path: str) -> None:
    answer = site.ask("GET", f"{path}?theme={theme}", by="env-bureau")
    found = rows_of(answer) if path == CSV else workbook_of(answer)
    texts = [cell for row in found for cell in row if isinstance(cell, str)]
    assert not [text for text in texts if text.startswith(("=", "+", "-", "@", "\t", "\r", "＝"))]
    assert any("=1+1" in text for text in texts)


def test_a_workbook_has_texts_numbers_and_moments_of_their_kind(site: Any, theme: str) -> None:
    answer = site.ask("GET", f"{EXCEL}?theme={theme}&language=en", by="env-bureau")
    head, *rows = workbook_of(answer)
    assert len(rows) == 3
    by_name = [dict(zip(head, row, strict=True)) for row in rows]
    assert all(isinstance(row["Published"], datetime) for row in by_name)
    assert all(row["Latest version"] == 0 for row in by_name)
    formulas = load_workbook(io.BytesIO(answer.content)).active.iter_rows()
    assert {cell.data_type for row in formulas for cell in row} <= {"s", "n", "d", "inlineStr"}


def test_a_nested_value_has_a_column_of_its_own_and_a_whole_hash(site: Any) -> None:
    commitment = "ab" * 32
    content = {"commitment": commitment, "size_class": 17, "media_type": "text/csv"}
    id = site.name("nested")
    site.act("green-tech", "catalogue/publish", site.dataset(id=id, content=content))
    target = f"/v1/records/catalogue.dataset-version.csv?dataset={id}&language=en"
    head, row = rows_of(site.ask("GET", target, by="env-bureau"))
    assert row[head.index("Content · Commitment to the content")] == commitment
    assert row[head.index("Content · Size, at most 2ⁿ bytes")] == "17"


def test_every_type_can_be_exported(site: Any) -> None:
    for type in site.node.machine.rules.by_name:
        assert site.ask("GET", f"/v1/records/{type}.csv", by="env-bureau").status_code == 200, type
        assert site.ask("GET", f"/v1/records/{type}.xlsx?language=zh", by="env-bureau").status_code == 200, (
            type
        )


def test_words_narrow_an_export(site: Any, theme: str) -> None:
    found = rows_of(site.ask("GET", f"{CSV}?theme={theme}&q=%E6%B0%B4%E4%BD%8D", by="env-bureau"))
    assert [row[0] for row in found[1:]] == ["水位, 日均"]


def test_many_pages_become_one_file(site: Any) -> None:
    total = 450
    statements = [
        site.statement(
            "air-alliance",
            "evidence/register",
            {"id": site.name("filed"), "kind": "file", "content": "cd" * 32},
        )
        for _ in range(total)
    ]
    for start in range(0, total, 90):
        site.submit(*statements[start : start + 90])
    site.project()
    found = rows_of(site.ask("GET", "/v1/records/evidence.evidence.csv?owner=air-alliance", by="env-bureau"))
    assert len(found) == len({row[0] for row in found}) == total + 1


@pytest.mark.parametrize(
    ("target", "status", "code"),
    [
        ("/v1/records/such.csv", 400, "http/bad-parameter"),
        ("/v1/records/no.type.csv", 404, "api/unknown-record-type"),
        (f"{CSV}?nothing=1", 400, "store/not-indexed"),
        (f"{EXCEL}?order=nothing", 400, "store/not-indexed"),
        (f"{CSV}?language=fr", 400, "http/bad-parameter"),
    ],
)
def test_what_cannot_be_exported_is_refused_before_anything_is_sent(
    site: Any, target: str, status: int, code: str
) -> None:
    answer = site.ask("GET", target, by="env-bureau")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_only_members_export(site: Any) -> None:
    assert site.ask("GET", CSV).status_code == 401


def test_a_list_that_is_too_long_for_a_workbook_is_refused(site: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("dongting.node.exports.workbook.MOST", 2)
    answer = site.ask("GET", "/v1/records/membership.organisation.xlsx", by="env-bureau")
    assert (answer.status_code, answer.json()["code"]) == (413, "exports/too-many-rows")
