"""The way in: language, header fields, validators, errors for people and for programs."""

from typing import Any

import pytest

from dongting.web import catalogue


def test_the_language_is_the_one_asked_for_else_remembered_else_preferred(pages: Any) -> None:
    for target, fields, tag in (
        ("/", {"accept_language": "zh-CN,zh;q=0.9,en;q=0.8"}, "zh-CN"),
        ("/", {"accept_language": "en-GB,en"}, "en"),
        ("/", {"accept_language": "fr"}, "en"),
        ("/", {"accept_language": "zh", "cookie": "lang=en"}, "en"),
        ("/", {"accept_language": "en", "cookie": "a=b; lang=zh; c=d"}, "zh-CN"),
        ("/", {"accept_language": "en", "cookie": "lang=../x"}, "en"),
        ("/?lang=zh", {"accept_language": "en", "cookie": "lang=en"}, "zh-CN"),
        ("/?lang=xx", {"accept_language": "en"}, "en"),
    ):
        answer = pages.get(target, **fields)
        assert answer.headers["content-language"] == tag, (target, fields)
        assert f'<html lang="{tag}">' in answer.text


def test_a_language_that_was_asked_for_is_remembered_in_a_plain_cookie(pages: Any) -> None:
    assert "set-cookie" not in pages.get("/").headers
    assert pages.get("/?lang=zh").headers["set-cookie"] == (
        "lang=zh; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax"
    )


def test_the_other_language_is_one_link_away_and_keeps_the_query(pages: Any) -> None:
    page = pages.get("/catalogue?q=a+b&theme=ENVI").text
    assert 'href="/catalogue?q=a+b&amp;theme=ENVI&amp;lang=zh"' in page


@pytest.mark.parametrize("target", ["/", "/nothing", "/static/site.css", "/catalogue.jsonld", "/robots.txt"])
def test_every_answer_is_guarded(pages: Any, target: str) -> None:
    fields = pages.get(target).headers
    policy = fields["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert fields["x-content-type-options"] == "nosniff"
    assert fields["x-frame-options"] == "DENY"
    assert fields["referrer-policy"] == "same-origin"


def test_pages_need_nothing_that_the_policy_forbids(pages: Any) -> None:
    for target in ("/", "/catalogue", "/style", "/verify", "/nothing"):
        page = pages.get(target).text
        for forbidden in (
            " style=",
            "<style",
            "<script>",
            " onclick",
            "http-equiv",
            'src="http',
            "javascript:",
        ):
            assert forbidden not in page, (target, forbidden)


def test_a_page_that_did_not_change_is_not_sent_again(pages: Any) -> None:
    first = pages.get("/verify")
    assert first.headers["cache-control"] == "no-cache"
    assert set(first.headers["vary"].split(", ")) == {"accept-language", "cookie"}
    again = pages.get("/verify", if_none_match=first.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    other = pages.get("/verify", if_none_match=first.headers["etag"], accept_language="zh")
    assert other.status_code == 200


def test_static_files_are_kept_for_ever_under_the_address_of_their_content(pages: Any) -> None:
    address = pages.get("/").text.partition('<link rel="stylesheet" href="')[2].partition('"')[0]
    lasting = pages.get(address)
    assert lasting.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert lasting.headers["content-type"] == "text/css; charset=utf-8"
    assert len(lasting.content) < 20_000
    plain = pages.get("/static/site.css")
    assert plain.headers["cache-control"] == "public, no-cache"
    assert pages.get("/static/site.css", if_none_match=plain.headers["etag"]).status_code == 304


@pytest.mark.parametrize(
    "target", ["/static/../app.py", "/static/app.py", "/static/", "/static/%2e%2e/app.py"]
)
def test_nothing_but_static_files_is_served_below_static(pages: Any, target: str) -> None:
    assert pages.get(target).status_code in (400, 404)


def test_a_browser_is_told_of_an_unknown_address_on_a_page(pages: Any) -> None:
    answer = pages.get("/nothing")
    assert answer.status_code == 404
    assert "There is nothing at this address" in answer.text
    assert 'name="robots" content="noindex"' in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "此地址没有内容" in pages.get("/nothing", accept_language="zh").text


@pytest.mark.parametrize("accept", ["application/json", "*/*", "application/problem+json"])
def test_a_program_is_told_of_an_unknown_address_in_problem_details(pages: Any, accept: str) -> None:
    answer = pages.get("/nothing", accept=accept)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "http/not-found"


@pytest.mark.parametrize(
    "target", ["/catalogue?cursor=x", "/catalogue?q=%FF", "/catalogue?q=a&q=b", "/a%20b", "/catalogue?q"]
)
def test_a_request_that_is_not_understood_has_a_page_too(pages: Any, target: str) -> None:
    answer = pages.get(target, accept_language="zh")
    assert answer.status_code == 400
    assert "无法理解此请求" in answer.text


def test_only_reading_is_possible(pages: Any) -> None:
    answer = pages.get("/catalogue", method="POST")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    head = pages.get("/catalogue", method="HEAD")
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) > 1000


def test_a_mistake_of_ours_shows_its_number_and_nothing_else(
    new_pages: Any, caplog: pytest.LogCaptureFixture
) -> None:
    pages = new_pages()
    pages.site.views.close()

    class Broken:
        def __getattr__(self, name: str) -> Any:
            raise RuntimeError("the secret of the mistake")

    pages.app._site.views = Broken()
    answer = pages.get("/catalogue")
    assert answer.status_code == 500
    assert "Something went wrong here" in answer.text
    assert "secret" not in answer.text
    [record] = [one for one in caplog.records if one.message == "a page failed"]
    assert record.__dict__["id"] in answer.text
    assert answer.headers["content-security-policy"]


def test_requests_are_counted_by_page_and_never_by_address(pages: Any) -> None:
    pages.get("/organisations/nobody-1")
    counted = pages.counted.exposition().decode()
    assert 'route="page-organisation",status="4xx"' in counted
    assert "nobody" not in counted


def test_robots_may_read_pages_but_not_every_combination_of_filters(pages: Any) -> None:
    answer = pages.get("/robots.txt")
    assert answer.headers["content-type"].startswith("text/plain")
    assert "Disallow: /*?" in answer.text


def test_every_facet_has_a_title() -> None:
    assert set(catalogue.FACET_TITLES) == set(catalogue.offers.FACETS)
