"""A stuck node is explained: what is wrong, why, and what to do, on the page and over the API."""

from typing import Any

from dongting.node import health


def test_a_well_node_says_so(pages: Any) -> None:
    page = pages.someone("env-bureau").get("/settings/health")
    assert page.status_code == 200
    assert "It takes statements" in page.text
    answer = pages.site.ask("GET", "/v1/health", by="env-bureau").json()
    assert {each["name"] for each in answer["findings"]} == {"ledger", "lists", "disk", "webhooks"}
    assert next(each for each in answer["findings"] if each["name"] == "ledger")["well"]


def test_a_locked_node_says_why_and_what_to_do(new_pages: Any) -> None:
    pages = new_pages(locked=True)
    page = pages.someone("env-bureau").get("/settings/health")
    assert "takes no statements" in page.text
    assert "dongting keys unlock" in page.text
    answer = pages.site.ask("GET", "/v1/health", by="env-bureau").json()
    assert not answer["well"]
    (ledger,) = [each for each in answer["findings"] if each["name"] == "ledger"]
    assert "解锁" in ledger["do"]["zh"]


def test_every_trouble_says_what_to_do() -> None:
    for finding in (
        health._ledger(False, "full", 3), health._lists(1, 5000), health._disk(1000),
    ):  # fmt: skip
        assert not finding.well
        assert finding.do is not None
        assert finding.do.en
        assert finding.do.zh


def test_nobody_asks_without_an_account(pages: Any) -> None:
    assert pages.stranger().get("/settings/health").status_code == 303
    assert pages.site.ask("GET", "/v1/health").status_code == 401
