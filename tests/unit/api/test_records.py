"""Records, lists, versions, search and what waits."""

from typing import Any

import pytest


def test_a_record_is_read_back_with_its_version(site: Any) -> None:
    dataset = site.dataset()
    done = site.act("env-bureau", "catalogue/publish", dataset)
    target = f"/v1/records/catalogue.dataset/{dataset['id']}?height={done['height']}"
    answer = site.ask("GET", target, by="green-tech")
    found = answer.json()
    assert (found["version"], found["leaf"], found["height"]) == (1, done["index"], done["height"])
    assert found["record"]["title"] == dataset["title"]
    unchanged = site.ask("GET", target, by="green-tech", headers={"if-none-match": answer.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")


def test_a_height_not_yet_reached_is_refused_for_a_moment(site: Any) -> None:
    for target in (
        "/v1/records/membership.organisation/env-bureau?height=999999",
        "/v1/records/catalogue.dataset?height=999999",
        "/v1/search?q=air&height=999999",
        "/v1/waiting?height=999999",
    ):
        answer = site.ask("GET", target, by="env-bureau")
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert answer.json()["code"] in ("kernel/height-not-reached", "http/processing")


def test_a_list_is_filtered_ordered_and_paged(site: Any) -> None:
    ids = [site.name("paged") for _ in range(5)]
    for id in ids:
        site.act("green-tech", "catalogue/publish", site.dataset(id=id, theme="TRAN"))
    found: list[str] = []
    cursor = ""
    for _ in range(10):
        answer = site.ask(
            "GET",
            f"/v1/records/catalogue.dataset?theme=TRAN&publisher=green-tech&limit=2{cursor}",
            by="env-bureau",
        ).json()
        found += [record["id"] for record in answer["records"]]
        if answer["cursor"] is None:
            break
        cursor = f"&cursor={answer['cursor']}"
    assert found == ids[::-1]
    ordered = site.ask(
        "GET",
        "/v1/records/catalogue.dataset?theme=TRAN&order=issued&descending=false&limit=200",
        by="env-bureau",
    ).json()
    assert {record["id"] for record in ordered["records"]} == set(ids)


def test_an_empty_value_finds_records_without_one(site: Any) -> None:
    id = site.name("placed")
    site.act("env-bureau", "catalogue/publish", site.dataset(id=id, region="430100"))
    without = site.ask("GET", "/v1/records/catalogue.dataset?region=&limit=200", by="env-bureau").json()
    assert id not in {record["id"] for record in without["records"]}
    within = site.ask("GET", "/v1/records/catalogue.dataset?region=430100&limit=200", by="env-bureau").json()
    assert id in {record["id"] for record in within["records"]}


def test_versions_are_listed_newest_first(site: Any) -> None:
    dataset = site.dataset()
    site.act("env-bureau", "catalogue/publish", dataset)
    site.act("env-bureau", "catalogue/withdraw", {"id": dataset["id"]})
    answer = site.ask(
        "GET", f"/v1/records/catalogue.dataset/{dataset['id']}/versions", by="air-alliance"
    ).json()
    assert [each["version"] for each in answer["records"]] == [2, 1]
    assert [each["record"]["state"] for each in answer["records"]] == ["WITHDRAWN", "OFFERED"]


def test_two_characters_of_chinese_are_found(site: Any) -> None:
    id = site.name("searched")
    site.act(
        "env-bureau",
        "catalogue/publish",
        site.dataset(id=id, title={"zh": "湘江水质自动监测", "en": "Xiang"}),
    )
    for words in ("水质", "xiang"):
        answer = site.ask("GET", f"/v1/search?{words_query(words)}", by="green-tech").json()
        assert id in {record["id"] for record in answer["records"]}
    typed = site.ask(
        "GET",
        f"/v1/search?{words_query('水质')}&type=catalogue.dataset&publisher=env-bureau",
        by="green-tech",
    ).json()
    assert id in {record["id"] for record in typed["records"]}


def words_query(words: str) -> str:
    from urllib.parse import urlencode

    return urlencode({"q": words})


def test_what_waits_names_whom_and_until_when(site: Any) -> None:
    dataset, request = site.dataset(sharing="conditional", legal_basis={"zh": "条例"}), site.name("asked")
    site.act("env-bureau", "catalogue/publish", dataset)
    site.act(
        "green-tech", "sharing/request",
        {
            "id": request, "dataset": dataset["id"], "terms": "ab" * 32,
            "start": 1_700_000_000, "end": 2_000_000_000,
        },
    )  # fmt: skip
    mine = site.ask("GET", "/v1/waiting", by="env-bureau").json()["waiting"]
    found = [each for each in mine if each["record"]["id"] == request]
    assert [(each["organisation"], each["overdue"]) for each in found] == [("env-bureau", False)]
    assert found[0]["due"] > 0
    named = site.ask("GET", "/v1/waiting?organisation=green-tech&overdue=true", by="env-bureau").json()
    assert named == {"waiting": [], "cursor": None}


@pytest.mark.parametrize(
    ("target", "status", "code"),
    [
        ("/v1/records/no.such", 404, "api/unknown-record-type"),
        ("/v1/records/no.such/one", 404, "api/unknown-record-type"),
        ("/v1/records/no.such/one/versions", 404, "api/unknown-record-type"),
        ("/v1/records/Bad_Type", 400, "http/bad-parameter"),
        ("/v1/records/catalogue.dataset/not-there", 404, "node/no-such-record"),
        ("/v1/records/catalogue.dataset/UPPER", 400, "http/bad-parameter"),
        ("/v1/records/catalogue.dataset?secret=1", 400, "store/not-indexed"),
        ("/v1/records/catalogue.dataset?order=secret", 400, "store/not-indexed"),
        ("/v1/records/catalogue.dataset?cursor=bad", 400, "store/bad-cursor"),
        ("/v1/records/catalogue.dataset?cursor=", 400, "http/bad-parameter"),
        ("/v1/records/catalogue.dataset?limit=0", 400, "http/bad-parameter"),
        ("/v1/records/catalogue.dataset?limit=201", 400, "http/bad-parameter"),
        ("/v1/records/catalogue.dataset?limit=99999999999999999999999", 400, "http/bad-parameter"),
        ("/v1/records/catalogue.dataset?limit=ten", 400, "http/bad-parameter"),
        ("/v1/records/catalogue.dataset?height=-1", 400, "http/bad-parameter"),
        ("/v1/records/catalogue.dataset?height=9007199254740992", 400, "http/bad-parameter"),
        ("/v1/records/catalogue.dataset?descending=maybe", 400, "http/bad-parameter"),
        ("/v1/search", 400, "http/bad-parameter"),
        ("/v1/search?q=", 400, "http/bad-parameter"),
        ("/v1/search?q=air&publisher=x", 400, "http/bad-parameter"),
        ("/v1/search?q=air&type=no.such", 404, "api/unknown-record-type"),
        ("/v1/search?q=air&type=catalogue.dataset&secret=1", 400, "store/not-indexed"),
        ("/v1/search?q=air&cursor=%25", 400, "store/bad-cursor"),
        ("/v1/waiting?organisation=A%20B", 400, "http/bad-parameter"),
        ("/v1/waiting?cursor=bad", 400, "store/bad-cursor"),
    ],
)  # fmt: skip
def test_malformed_questions_are_refused(site: Any, target: str, status: int, code: str) -> None:
    answer = site.ask("GET", target, by="env-bureau")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_head_answers_without_content(site: Any) -> None:
    answer = site.ask("HEAD", "/v1/status")
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 0
