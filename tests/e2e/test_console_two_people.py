"""Approving with two people in Chromium, in both languages: chosen, signed off, read, confirmed, rejected."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from .conftest import Home  # type: ignore[import-not-found]
from .person import Person  # type: ignore[import-not-found]
from .test_console import (  # type: ignore[import-not-found]  # noqa: F401
    DATA,
    Town,
    _request,
    browser,
)
from .test_pages import VIEWS  # type: ignore[import-not-found]

SAYS = {
    "en-GB": {"off": "Signed off:", "mine": "waits for another", "yours": "waits for your", "no": "rejected"},
    "zh-CN": {"off": "已初签", "mine": "等待另一人复核", "yours": "等待您复核", "no": "已退回"},
}


class Bureau:
    """Two officers of a department, each in a browser, and an enterprise that asks for data."""

    def __init__(self, town: Town, view: dict[str, Any]) -> None:
        self.town, self.says = town, SAYS[view["locale"]]
        self.wang, self.tech = town.people["env-bureau"], town.people["green-tech"]
        page = self.wang.open("/settings/people")
        for role in ("administrator", "data-officer"):
            page.check(f"[name=role][value={role}]")
        page.locator("main form button").click()
        opened = self.wang.context.browser
        assert opened is not None
        self.lan = Person(opened, town.home.url, view)
        self.lan.enter(page.locator("main .hash.id").inner_text(), "lan")

    def choose(self, person: Person, *actions: str) -> None:
        """The actions that two people sign."""
        page = person.open("/settings/two-people")
        for box in page.locator("[name=action]").all():
            box.set_checked(box.get_attribute("value") in actions)
        page.locator("main form button").click()
        person.look()

    def sign_off(self, person: Person) -> str:
        """Sign off what is shown; the address at which it waits."""
        person.page.click("button[name=step][value=sign]")
        person.look()
        assert self.says["off"] in person.page.locator(".said").inner_text()
        assert self.says["mine"] in person.page.locator("main").inner_text()
        assert person.page.locator("button[name=step][value=confirm]").count() == 0, "not by oneself"
        where: str = person.page.url.partition("?")[0].removeprefix(person.base)
        return where

    def confirm(self, person: Person, where: str) -> str:
        """Find it on the overview, read it, confirm it; what was read."""
        page = person.open("/desk")
        page.locator(f'main a[href="{where}"]').click()
        person.look()
        assert self.says["yours"] in page.locator("main").inner_text()
        person.picture("second-person")
        read: str = page.locator("article.signing").inner_text()
        page.click("button[name=step][value=confirm]")
        person.look()
        assert person.says["signed"] in page.locator(".said").inner_text()
        return read


@pytest.fixture(scope="module", params=VIEWS, ids=["english-wide", "chinese-phone"])
def bureau(
    request: Any,
    browser: Browser,  # noqa: F811
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Bureau]:
    home = Home(tmp_path_factory.mktemp("two"))
    made: Bureau | None = None
    try:
        home.found("international")
        home.serve()
        made = Bureau(Town(home, browser, request.param), request.param)
        yield made
    finally:
        if made is not None:
            made.lan.context.close()
            made.town.close()
        home.stop()


def test_two_people_publish_and_approve_where_the_organisation_says_so(bureau: Bureau) -> None:
    wang, lan, tech = bureau.wang, bureau.lan, bureau.tech
    bureau.choose(wang, "catalogue/publish", "sharing/agree")
    page = wang.open("/publish")
    page.set_input_files("[name=file]", {"name": "air.csv", "mimeType": "text/csv", "buffer": DATA})
    page.locator("main form button").last.click()
    page.wait_for_url("**/publish/describe?upload=*")
    for name, text in (
        ("title.zh", "空气质量监测"),
        ("title.en", "Air quality"),
        ("description.en", "Hourly"),
    ):
        page.fill(f'[name="a.{name}"]', text)
    page.select_option('[name="a.theme"]', "ENVI")
    page.select_option('[name="a.frequency"]', "HOURLY")
    for name, value in (("sharing", "unconditional"), ("opening", "unconditional"), ("grade", "general-1")):
        page.check(f'[name="a.{name}"][value="{value}"]')
    page.fill('[name="a.id"]', "air")
    shown = wang.preview()
    where = bureau.sign_off(wang)
    assert tech.page.goto(f"{tech.base}/catalogue/air").status == 404, "nothing is published yet"  # type: ignore[union-attr]
    read = bureau.confirm(lan, where)
    for line in filter(None, shown.splitlines()[1:4]):
        assert line in read, "the second person reads what the first one read"
    assert "air.csv" in read
    assert lan.page.url.partition("?")[0].endswith("/records/catalogue.dataset/air")

    id = _request(tech)
    page = wang.do("sharing/agree", f"/records/sharing.negotiation/{id}")
    where = bureau.sign_off(wang)
    assert "Research on air pollution" in bureau.confirm(lan, where)
    page = tech.open(f"/records/sharing.agreement/{id}")
    assert page.locator("h1").count() == 1
    page = lan.open("/audit-log?what=signed")
    assert "sharing/agree" in page.locator("main").inner_text()

    _deliver_what_two_published(wang, tech, id)


def _deliver_what_two_published(wang: Person, tech: Person, id: str) -> None:
    """The file was kept, encrypted, while it waited."""
    wang.do("sharing/deliver", f"/records/sharing.agreement/{id}")
    wang.preview()
    wang.sign()
    page = tech.open(f"/records/sharing.transfer/{id}.1")
    with page.expect_download() as arriving:
        page.locator('a[href$="/download"]').click()
    assert arriving.value.path().read_bytes() == DATA


def test_a_second_person_says_no_and_two_administrators_end_the_rule(bureau: Bureau) -> None:
    wang, lan = bureau.wang, bureau.lan
    id = _request(bureau.tech)
    wang.do("sharing/agree", f"/records/sharing.negotiation/{id}")
    where = bureau.sign_off(wang)
    page = lan.open(where)
    page.fill("[name=reason]", "<b>The budget is not approved</b>")
    page.click("button[name=step][value=reject]")
    lan.look()
    page = wang.open(where)
    told = page.locator("main").inner_text()
    assert bureau.says["no"] in told
    assert "<b>The budget is not approved</b>" in told
    page = wang.open("/notices")
    assert page.locator(f'main a[href="{where}"]').count() == 2, "that it waited, and that it was rejected"

    bureau.choose(wang)
    assert wang.page.locator("main .tag.warn").count() == 2, "one administrator alone does not end it"
    bureau.choose(lan)
    assert lan.page.locator("main .tag.warn").count() == 0
    wang.do("sharing/agree", f"/records/sharing.negotiation/{id}")
    wang.sign()
