"""The check of a catalogue file over the API: for the caller, in the caller's language, changing nothing."""

import io
from typing import Any

from openpyxl import load_workbook

BYTES = {"content-type": "application/octet-stream"}
HEAD = "id,title.zh,description.zh,theme,frequency,sharing,opening,grade"


def file(*rows: str) -> bytes:
    return "\r\n".join([HEAD, *rows]).encode()


def row(id: str, theme: str = "ENVI") -> str:
    return f"{id},水位,每日,{theme},DAILY,unconditional,unconditional,general-1"


def test_a_file_is_checked_for_the_caller_in_both_languages_and_changes_nothing(site: Any) -> None:
    good, taken = site.name("row"), site.name("row")
    site.act("green-tech", "catalogue/publish", site.dataset(id=taken))
    before = site.node.machine.head.size
    content = file(row(good), row(taken), row(site.name("row"), "nonsense"))
    for language, column, said in (("en", "Theme", "is none of"), ("zh", "主题", "不在可选项中")):
        headers = {**BYTES, "accept-language": language}
        target = "/v1/imports/catalogue"
        found = site.ask("POST", target, by="env-bureau", content=content, headers=headers).json()
        assert [one["arguments"]["id"] for one in found["entries"]] == [good]
        assert [one["row"] for one in found["mistakes"]] == [3, 4]
        assert found["mistakes"][1]["column"] == column
        assert said in found["mistakes"][1]["why"]
    assert site.node.machine.head.size == before


def test_what_passed_the_check_is_accepted_by_the_ledger_and_then_done(site: Any) -> None:
    content = file(*(row(site.name("row")) for _ in range(3)))
    target = "/v1/imports/catalogue"
    found = site.ask("POST", target, by="env-bureau", content=content, headers=BYTES).json()
    for one in found["entries"]:
        site.act("env-bureau", "catalogue/publish", one["arguments"])
    again = site.ask("POST", target, by="env-bureau", content=content, headers=BYTES).json()
    assert [one["done"] for one in again["entries"]] == [True] * 3


def test_a_bad_file_is_refused_with_a_stable_code(site: Any) -> None:
    for content, code in (
        (b"PK\x03\x04rubbish", "imports/unsafe-file"),
        (b"a,b\n1,2\n", "imports/no-header"),
    ):
        answer = site.ask("POST", "/v1/imports/catalogue", by="env-bureau", content=content, headers=BYTES)
        assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert site.ask("POST", "/v1/imports/catalogue", content=file(), headers=BYTES).status_code == 401


def test_the_template_is_given(site: Any) -> None:
    answer = site.ask("GET", "/v1/imports/catalogue.xlsx?language=en", by="env-bureau")
    assert load_workbook(io.BytesIO(answer.content)).worksheets[0].title == "Datasets"
