"""The pages of a real node in Debian's Chromium: as people see them, with and without JavaScript."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Response, sync_playwright

EVERY = (
    "/", "/catalogue", "/catalogue?q=air&theme=ENVI", "/catalogue?q=nothing", "/catalogue/air",
    "/organisations", "/organisations/env-bureau", "/log", "/verify", "/join", "/style", "/nowhere",
)  # fmt: skip
HOSTILE = "<img src=x onerror=document.title='taken'> & \"quoted\""
#: WCAG 2.2 up to AA, and what axe-core's authors recommend beyond it.
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},
}
#: Every language, colour scheme and width (in pixels) at least once.
VIEWS: tuple[dict[str, Any], ...] = (
    {"locale": "en-GB", "color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
    {"locale": "zh-CN", "color_scheme": "dark", "viewport": {"width": 360, "height": 780}},
)
each_view = pytest.mark.parametrize("view", VIEWS, ids=["english-light-wide", "chinese-dark-phone"])


@pytest.fixture(scope="module")
def node(home: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A node with three datasets: a rich one, a hostile one, and one that is not open."""
    data = tmp_path_factory.mktemp("data") / "air.csv"
    data.write_text("时间,pm2.5,station\n2026-06-01T00:00:00,12.5,north\n2026-06-01T01:00:00,13,north\n")
    home.found("international")
    home.serve()
    described = ("--theme", "ENVI", "--frequency", "HOURLY", "--grade", "general-1", "--region", "430100")
    everybody = ("--sharing", "unconditional", "--opening", "unconditional")
    members = ("--sharing", "not-shared", "--opening", "not-open", "--legal-basis-zh", "某条例")
    for id, zh, en, attributes in (
        ("air", "空气质量监测", "Air quality readings", everybody),
        ("odd", HOSTILE, HOSTILE, everybody),
        ("private", "不公开的数据", "Air kept private", members),
    ):  # fmt: skip
        home.do(
            "dataset", "publish", str(data), "--id", id, "--yes", "--title-zh", zh, "--title-en", en,
            "--description-zh", "每小时浓度", "--description-en", "Hourly concentrations",
            *described, *attributes, author="env-bureau",
        )  # fmt: skip
    return home


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests here."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    assert found, "install Chromium: make chromium"
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=sandbox)
        yield started
        started.close()


class Visitor:
    """A page in a browser of its own that keeps what was fetched and what went wrong."""

    def __init__(self, browser: Browser, base: str, **options: Any) -> None:
        self.base = base
        self.context = browser.new_context(**{**VIEWS[0], **options})
        self.page: Page = self.context.new_page()
        self.fetched: list[Response] = []
        self.wrong: list[str] = []
        self.page.on("response", lambda answer: self.fetched.append(answer))
        self.page.on("console", lambda said: self.wrong.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))

    def open(self, target: str) -> Page:
        """Go to an address; the counts begin anew."""
        self.fetched.clear()
        self.wrong.clear()
        self.page.goto(self.base + target)
        return self.page


@pytest.fixture
def visitor(node: Any, browser: Browser) -> Iterator[Any]:
    """Makes visitors of the node."""
    made: list[Visitor] = []

    def make(**options: Any) -> Visitor:
        made.append(Visitor(browser, node.url, **options))
        return made[-1]

    yield make
    for each in made:
        each.context.close()


@each_view
def test_every_page_is_accessible_light_fits_and_asks_nobody_else(visitor: Any, view: dict[str, Any]) -> None:
    someone = visitor(**view)
    for target in EVERY:
        page = someone.open(target)
        problems = Axe().run(page, options=RULES).response["violations"]
        assert not [(one["id"], [node["html"] for node in one["nodes"]]) for one in problems], target
        assert all(answer.url.startswith(someone.base) for answer in someone.fetched), target
        assert sum(len(answer.body()) for answer in someone.fetched) < 150_000, target
        too_wide = page.evaluate(
            "document.scrollingElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert too_wide <= 0, target
        # Chromium reports the status of a page that is not there as an error too.
        assert not [said for said in someone.wrong if "404" not in said], target


def test_pages_speak_the_visitors_language_and_remember_another_choice(visitor: Any) -> None:
    someone = visitor(locale="zh-CN")
    page = someone.open("/catalogue/air")
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    assert page.locator("h1").inner_text() == "空气质量监测"
    page.get_by_role("link", name="English").click()
    assert page.locator("h1").inner_text() == "Air quality readings"
    page = someone.open("/log")
    assert page.locator("h1").inner_text() == "Ledger"


def test_the_catalogue_is_found_searched_and_narrowed_without_javascript(visitor: Any) -> None:
    someone = visitor(java_script_enabled=False)
    page = someone.open("/")
    page.get_by_role("searchbox").fill("空气")
    page.get_by_role("button", name="Search").click()
    assert page.locator("#found").inner_text() == "1 dataset"
    page.get_by_role("link", name="Show everything").click()
    assert page.locator("#found").inner_text() == "2 datasets"
    page.get_by_role("link", name="Hourly 2").click()
    assert "frequency=HOURLY" in page.url
    page.get_by_role("link", name="Air quality readings").click()
    assert page.get_by_role("cell", name="pm2.5").count() == 2  # in the schema, and in the file's figures
    assert "request air --until" in page.locator("pre").inner_text()
    page.get_by_role("link", name="Environment Bureau").click()
    assert page.locator("h1").inner_text() == "Environment Bureau"


def test_hostile_words_stay_words(visitor: Any) -> None:
    someone = visitor()
    for target in ("/", "/catalogue", "/catalogue/odd", "/organisations/env-bureau"):
        page = someone.open(target)
        assert page.get_by_text(HOSTILE).count() >= 1
        assert page.locator("img[src=x]").count() == 0
        assert page.title() != "taken"


def test_what_is_not_open_is_nowhere(visitor: Any) -> None:
    someone = visitor()
    for target in ("/", "/catalogue", "/catalogue?q=private", "/organisations/env-bureau", "/catalogue.ttl"):
        assert "Air kept private" not in someone.open(target).content()
    page = someone.open("/catalogue/private")
    assert page.locator("h1").inner_text() == "There is nothing at this address"


def test_the_keyboard_reaches_the_content_at_once_and_shows_where_it_is(visitor: Any) -> None:
    page = visitor().open("/catalogue")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["y"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "q"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_api_and_pages_share_one_address(node: Any, visitor: Any) -> None:
    someone = visitor()
    kinds = {
        target: someone.page.request.get(node.url + target).headers["content-type"].partition(";")[0]
        for target in (
            "/v1/status",
            "/v1/nothing",
            "/log/checkpoint",
            "/log",
            "/health/ready",
            "/catalogue.jsonld",
        )
    }
    assert kinds == {
        "/v1/status": "application/json", "/v1/nothing": "application/problem+json",
        "/log/checkpoint": "text/plain", "/log": "text/html", "/health/ready": "application/json",
        "/catalogue.jsonld": "application/ld+json",
    }  # fmt: skip


def test_a_page_prints_without_menu_and_search(visitor: Any, tmp_path: Path) -> None:
    someone = visitor()
    page = someone.open("/catalogue/air")
    page.emulate_media(media="print")
    assert not page.locator(".menu").is_visible()
    assert page.locator("h1").is_visible()
    printed = tmp_path / "page.pdf"
    page.pdf(path=printed)
    assert printed.read_bytes().startswith(b"%PDF")
