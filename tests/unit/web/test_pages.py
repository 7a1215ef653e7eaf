"""The other pages: the network, its members, its log, how to verify and to join."""

from typing import Any

import pytest

from dongting.errors import Refused
from dongting.node.link import LEDGER_AWAY

EVERY = (
    "/", "/catalogue", "/organisations", "/organisations/env-bureau", "/log", "/verify", "/join", "/style",
)  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("target", EVERY)
def test_every_page_is_html_with_one_heading_and_the_networks_id(
    pages: Any, target: str, language: str
) -> None:
    answer = pages.get(target, accept_language=language)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.text.startswith("<!doctype html>")
    assert answer.text.count("<main") == 1
    assert answer.text.count("<h1>") == 1
    assert pages.site.node.machine.network in answer.text
    assert len(answer.content) < 60_000


def test_the_first_page_says_where_the_network_stands(pages: Any) -> None:
    page = pages.get("/").text
    head = pages.site.node.machine.head
    for said in (
        "Test network",
        "Green Technology",
        head.root.hex(),
        f">{head.height:,}<",
        f">{head.size:,}<",
    ):
        assert said in page


def test_an_empty_network_says_what_is_missing(new_pages: Any) -> None:
    pages = new_pages()
    pages.site.project()
    assert "Nothing is open to the public yet." in pages.get("/").text
    assert "Nothing is open to the public yet." in pages.get("/catalogue").text
    assert "There is no block yet." in pages.get("/log").text


def test_the_log_shows_blocks_and_checkpoint_but_no_contents(pages: Any) -> None:
    id = pages.publish(title={"en": "Not on the log page"})
    page = pages.get("/log").text
    head = pages.site.node.machine.head
    assert head.root.hex() in page
    assert f"{head.size}\n" in page
    assert "— test.example/" in page
    assert id not in page
    assert "Not on the log page" not in page


def test_blocks_tell_how_many_statements_they_hold(new_pages: Any) -> None:
    pages = new_pages()
    site = pages.site
    several = [site.statement("env-bureau", "catalogue/publish", site.dataset()) for _ in range(3)]
    site.submit(*several)
    page = pages.get("/log").text
    assert page.count("<tr>") == 2
    assert page.count('<td class="number">3</td>') == 1
    for _ in range(20):
        pages.publish()
    assert pages.get("/log").text.count("<tr>") == 16


def test_members_are_listed_found_by_name_and_narrowed_by_kind(pages: Any) -> None:
    page = pages.get("/organisations").text
    assert all(f'href="/organisations/{id}"' in page for id in ("env-bureau", "green-tech", "air-alliance"))
    for query in ("q=green", "q=%E7%BB%BF%E8%89%B2", "kind=enterprise"):
        page = pages.get(f"/organisations?{query}").text
        assert 'href="/organisations/green-tech"' in page
        assert 'href="/organisations/env-bureau"' not in page
    assert "No organisation matches." in pages.get("/organisations?q=nobody").text


def test_a_member_has_a_page_with_its_public_record(pages: Any) -> None:
    page = pages.get("/organisations/green-tech").text
    thumbprint = pages.site.keys["green-tech"].public().thumbprint(pages.site.profile).hex()
    for said in (
        "Green Technology",
        "Enterprise",
        "Founder",
        "In good standing",
        thumbprint,
        "Hunan · 430100",
    ):
        assert said in page
    assert pages.get("/organisations/nobody").status_code == 404


def test_verify_and_join_give_commands_that_name_this_network(pages: Any) -> None:
    network = pages.site.node.machine.network
    assert f"--network {network}" in pages.get("/verify").text
    assert f"dongting network join {network} http://127.0.0.1:8420" in pages.get("/join").text


class Away:
    """A façade whose ledger does not answer."""

    def __getattr__(self, name: str) -> Any:
        async def call(*_: Any) -> Any:
            raise Refused(LEDGER_AWAY)

        return call


def test_pages_stay_readable_while_the_ledger_is_away(new_pages: Any) -> None:
    pages = new_pages(facade=Away())
    pages.publish(title={"en": "Still here"})
    assert "Still here" in pages.get("/").text
    for target in ("/", "/log"):
        page = pages.get(target)
        assert page.status_code == 200
        assert "The ledger does not answer at present." in page.text


def test_a_locked_node_says_so_on_its_pages(new_pages: Any) -> None:
    pages = new_pages(locked=True)
    for target in ("/", "/log"):
        assert "The ledger takes no new statements at present." in pages.get(target).text
