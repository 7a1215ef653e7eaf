"""What visitors see of the catalogue: everything that is open, and not a trace of what is not."""

import json
import re
from html import unescape
from typing import Any

import pytest
from rdflib import DCAT, RDF, Graph, URIRef

CONTENT = {"commitment": "ab" * 32, "size_class": 17, "media_type": "text/csv"}
BASIS = {"zh": "《政务数据共享条例》", "en": "Regulation on sharing"}
HOSTILE = "<script>alert('x')</script>\"'>&{{7*7}}"


def test_an_open_dataset_is_listed_and_has_a_page_with_all_that_its_publisher_said(pages: Any) -> None:
    id = pages.publish(
        title={"zh": "水位", "en": "Water levels"}, description={"en": "Daily levels.\nOf the river."},
        region="430100", sharing="conditional", legal_basis=BASIS, keywords=["hydrology"],
        columns=[{"name": "level", "type": "decimal", "title": {"en": "Level in metres"}}],
        identifiers=[{"scheme": "National catalogue", "value": "430/77"}], content=CONTENT,
    )  # fmt: skip
    assert f'href="/catalogue/{id}"' in pages.get("/catalogue").text
    page = pages.get(f"/catalogue/{id}")
    assert page.status_code == 200
    for said in (
        "Water levels", "Daily levels.\nOf the river.", "Hunan · 430100", "Shared under conditions",
        "Regulation on sharing", "hydrology", "Level in metres", "National catalogue", "430/77", "text/csv",
        "128 KB", "Environment Bureau", f"request {id} --until", "Everybody may have it.",
    ):  # fmt: skip
        assert said in unescape(page.text), said


@pytest.fixture(scope="module")
def closed(pages: Any) -> str:
    """A dataset that is for members only."""
    return pages.publish(  # type: ignore[no-any-return]
        title={"zh": "绝密鲱鱼", "en": "Clandestine herring"}, description={"en": "clandestine"},
        theme="HEAL", frequency="DECENNIAL", sharing="not-shared", legal_basis=BASIS, opening="not-open",
        keywords=["clandestine"], region="650100", content=CONTENT,
    )  # fmt: skip


@pytest.mark.parametrize(
    "target",
    [
        "/", "/catalogue", "/catalogue?q=clandestine", "/catalogue?q=%E9%B2%B1%E9%B1%BC", "/log",
        "/catalogue?theme=HEAL", "/catalogue?opening=not-open", "/catalogue?sharing=not-shared",
        "/catalogue?state=OFFERED&opening=x", "/catalogue?region=650100", "/catalogue.jsonld",
        "/catalogue.ttl", "/organisations/env-bureau", "/catalogue?publisher=env-bureau&frequency=DECENNIAL",
    ],
)  # fmt: skip
def test_a_dataset_that_is_not_open_never_appears(pages: Any, closed: str, target: str) -> None:
    answer = pages.get(target)
    assert answer.status_code == 200
    shown = re.sub('(q=|value=")clandestine|(region=|value=")650100', "", answer.text).lower()
    for trace in (f"/{closed}", f'"{closed}"', "clandestine", "650100", "every ten years"):
        assert trace not in shown, trace


@pytest.mark.parametrize("ending", ["", ".jsonld", ".ttl"])
def test_the_address_of_a_dataset_that_is_not_open_says_no_more_than_any_other(
    pages: Any, closed: str, ending: str
) -> None:
    answer, nothing = pages.get(f"/catalogue/{closed}{ending}"), pages.get(f"/catalogue/nothing{ending}")
    assert answer.status_code == nothing.status_code == 404
    assert answer.text.replace(closed, "nothing") == nothing.text


def test_a_dataset_that_is_closed_later_disappears(pages: Any) -> None:
    id = pages.publish(title={"en": "Fleeting"})
    assert pages.get(f"/catalogue/{id}").status_code == 200
    revised = {**pages.site.dataset(title={"en": "Fleeting"}), "id": id, "opening": "not-open"}
    pages.site.act("env-bureau", "catalogue/revise", revised)
    assert pages.get(f"/catalogue/{id}").status_code == 404
    assert "Fleeting" not in pages.get("/catalogue").text


def test_a_withdrawn_dataset_leaves_the_list_and_its_page_says_so(pages: Any) -> None:
    id = pages.publish(title={"en": "Retired"})
    notice = {"en": "Replaced by another."}
    pages.site.act("env-bureau", "catalogue/withdraw", {"id": id, "notice": notice})
    assert "Retired" not in pages.get("/catalogue").text
    page = pages.get(f"/catalogue/{id}").text
    assert "was withdrawn" in page
    assert "Replaced by another." in page
    assert "--until" not in page


def test_words_and_facets_narrow_the_list_in_both_languages(pages: Any) -> None:
    heron = pages.publish(title={"zh": "苍鹭观察", "en": "Heron sightings"}, theme="AGRI", region="420100")
    other = pages.publish(
        title={"zh": "苍鹭栖息地", "en": "Heron habitats"}, theme="TRAN", opening="conditional"
    )
    for query, found, left_out in (
        ("q=heron", {heron, other}, set()), ("q=%E8%8B%8D%E9%B9%AD", {heron, other}, set()),
        ("q=heron&theme=AGRI", {heron}, {other}), ("q=heron&opening=conditional", {other}, {heron}),
        ("q=heron&region=420100", {heron}, {other}), ("q=heron&theme=", {heron, other}, set()),
    ):  # fmt: skip
        page = pages.get(f"/catalogue?{query}").text
        assert all(f'href="/catalogue/{id}"' in page for id in found), query
        assert not any(f'href="/catalogue/{id}"' in page for id in left_out), query
    page = pages.get("/catalogue?q=heron").text
    assert 'href="/catalogue?q=heron&amp;theme=AGRI"' in page
    assert "2 datasets" in page


def test_a_chosen_facet_can_be_taken_back(pages: Any) -> None:
    pages.publish(title={"en": "Otter"}, theme="ENER")
    page = pages.get("/catalogue?q=otter&theme=ENER").text
    assert '<a href="/catalogue?q=otter" rel="nofollow" aria-current="true">' in page


def test_nothing_found_is_said_with_what_to_do(pages: Any) -> None:
    assert "No open dataset matches." in pages.get("/catalogue?q=nosuchword").text


def test_long_lists_come_in_pages_without_losing_or_repeating_any(new_pages: Any) -> None:
    pages = new_pages()
    ids = {pages.publish() for _ in range(23)}
    first = pages.get("/catalogue").text
    following = unescape(first.partition('class="button" href="')[2].partition('"')[0])
    second = pages.get(following).text
    on_first = {id for id in ids if f'href="/catalogue/{id}"' in first}
    on_second = {id for id in ids if f'href="/catalogue/{id}"' in second}
    assert on_first | on_second == ids
    assert not on_first & on_second
    assert "More datasets" not in second
    assert "23 datasets" in first


def test_what_members_wrote_never_becomes_markup(pages: Any) -> None:
    text = {"zh": HOSTILE, "en": HOSTILE}
    id = pages.publish(
        title=text, description=text, keywords=[HOSTILE], sharing="conditional", legal_basis=text,
        columns=[{"name": HOSTILE, "type": "string", "title": text}],
        identifiers=[{"scheme": HOSTILE, "value": HOSTILE}],
    )  # fmt: skip
    for target in (
        "/",
        "/catalogue",
        f"/catalogue/{id}",
        f"/catalogue/{id}?lang=zh",
        "/catalogue?q=%3Cscript%3E",
    ):
        page = pages.get(target).text
        assert "<script" not in page
        assert "{{7*7}}" in page or "%3Cscript" in target
        assert "\"'>&" not in page
    assert pages.get(f"/catalogue/{id}").text.count("{{7*7}}") >= 8


def test_words_in_the_other_language_say_which_it_is(pages: Any) -> None:
    id = pages.publish(title={"zh": "仅中文"}, description={"en": "English only"})
    assert '<h1><bdi lang="zh-CN">仅中文</bdi></h1>' in pages.get(f"/catalogue/{id}").text
    assert '<bdi lang="en">English only</bdi>' in pages.get(f"/catalogue/{id}?lang=zh").text


@pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib")
def test_descriptions_are_dcat_that_others_read(pages: Any) -> None:
    id = pages.publish(title={"zh": "可读", "en": "Readable"}, content=CONTENT, frequency="5MIN")
    uri = URIRef(f"http://127.0.0.1:8420/catalogue/{id}")
    for ending, format, media_type in (
        (".jsonld", "json-ld", "application/ld+json"),
        (".ttl", "turtle", "text/turtle"),
    ):
        answer = pages.get(f"/catalogue/{id}{ending}")
        assert answer.headers["content-type"].startswith(media_type)
        graph = Graph().parse(data=answer.text, format=format)
        assert (uri, RDF.type, DCAT.Dataset) in graph
        assert len(list(graph.objects(uri, DCAT.distribution))) == 1
    whole = pages.get("/catalogue.jsonld").json()
    assert str(uri) in {each["@id"] for each in whole["dcat:dataset"]}


def test_a_harvester_is_told_of_the_next_page(new_pages: Any) -> None:
    pages = new_pages()
    ids = {pages.publish() for _ in range(101)}
    first = pages.get("/catalogue.jsonld")
    following = first.headers["link"].partition(">")[0].removeprefix("<http://127.0.0.1:8420")
    second = pages.get(following)
    assert "link" not in second.headers
    found = [
        each["dcterms:identifier"] for answer in (first, second) for each in answer.json()["dcat:dataset"]
    ]
    assert sorted(found) == sorted(ids)


def test_an_id_that_ends_like_a_description_has_its_page(pages: Any) -> None:
    id = pages.publish(id="odd.ttl", title={"en": "Oddly named"})
    assert "Oddly named" in pages.get(f"/catalogue/{id}").text
    assert json.loads(pages.get(f"/catalogue/{id}.jsonld").text)["dcterms:identifier"] == id


def test_counts_are_those_of_now_whatever_was_counted_before(new_pages: Any) -> None:
    pages = new_pages()
    pages.publish(theme="ENVI")
    assert "1 dataset" in pages.get("/catalogue").text
    id = pages.publish(theme="ENVI")
    assert "2 datasets" in pages.get("/catalogue").text
    assert "2 datasets" in pages.get("/catalogue?theme=ENVI").text
    revised = {**pages.site.dataset(theme="AGRI"), "id": id}
    pages.site.act("env-bureau", "catalogue/revise", revised)
    assert "1 dataset" in pages.get("/catalogue?theme=ENVI").text
    assert "1 dataset" in pages.get("/catalogue?theme=AGRI").text
