"""The page /verify in a real browser: what it tells, in both languages, and that it needs no network."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dongting.testing.stories import DATA, Share
from dongting.wire.keys import from_base64

playwright = pytest.importorskip("playwright.sync_api")

ROOT = Path(__file__).parents[4]
STATIC = ROOT / "src/dongting/web/static"
BASE = "http://localhost:8420"


@pytest.fixture(scope="module")
def served(pages: Any) -> dict[str, Any]:
    """What the page needs, asked for before the browser's own event loop runs in this thread."""
    names = [path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*") if path.is_file()]
    addresses = ["/favicon.svg", *(f"/static/{name}" for name in names)]
    found = {address: pages.get(address) for address in addresses}
    return {
        **found,
        **{language: pages.get("/verify", accept_language=language) for language in ("en", "zh")},
    }


@pytest.fixture(scope="module")
def browser(served: dict[str, Any]) -> Iterator[Any]:
    found = shutil.which("chromium")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is needed; CI has to have it")
        pytest.skip("Chromium is needed")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=found)
        yield opened
        opened.close()


class Visit:
    """The page in one language; what it asks of the network after it was loaded is kept in `asked`."""

    def __init__(self, browser: Any, served: dict[str, Any]) -> None:
        self.asked: list[str] = []
        self.wrong: list[str] = []
        self.loaded = False
        self.page = browser.new_page()
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("console", lambda message: self.wrong.append(message.text))
        self.page.route("**/*", lambda route: self._answer(route, served))
        self.page.goto(f"{BASE}/verify")
        self.page.wait_for_selector("[data-verify]:not([hidden])")
        self.loaded = True

    def _answer(self, route: Any, served: dict[str, Any]) -> None:
        if self.loaded:
            self.asked.append(route.request.url)
            route.abort()
            return
        path = route.request.url.removeprefix(BASE).partition("?")[0]
        answer = served[path]
        headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
        route.fulfill(status=answer.status_code, headers=headers, body=answer.content)

    def choose(self, proof: bytes, *data: bytes) -> str:
        """Choose a proof file and data files; the verdict."""
        files = [{"name": f"d{i}.csv", "mimeType": "text/csv", "buffer": one} for i, one in enumerate(data)]
        self.page.set_input_files("#data-files", files)
        self.page.set_input_files(
            "#proof-file", {"name": "story.proof", "mimeType": "application/octet-stream", "buffer": proof}
        )
        return self.verdict()

    def verdict(self) -> str:
        self.waits_for(r"^(Proven|Not proven|已证明|未能证明)")
        return str(self.page.text_content("[data-status]"))

    def waits_for(self, said: str) -> None:
        playwright.expect(self.page.locator("[data-status]")).to_have_text(re.compile(said))

    def close(self) -> None:
        self.page.close()
        assert self.asked == []
        assert self.wrong == []


@pytest.fixture
def visits(browser: Any, served: dict[str, Any]) -> Iterator[Any]:
    """Opens the page in a language."""
    opened: list[Visit] = []

    def visit(language: str) -> Visit:
        opened.append(Visit(browser, {**served, "/verify": served[language]}))
        return opened[-1]

    yield visit
    for each in opened:
        each.close()


def test_a_story_is_told_in_the_readers_language_without_any_request(visits: Any, share: Share) -> None:
    for language, who, verdict in (
        (
            "en",
            "Environment Bureau (env-bureau) published the dataset air-quality.",
            "Proven: 5 signed statements",
        ),
        ("zh", "环境局（env-bureau）发布了数据集 air-quality。", "已证明：2 个组织的 5 条签名声明"),
    ):
        visit = visits(language)
        visit.page.fill("#trusted", f" {share.ledger.machine.network.upper()} ")
        assert visit.choose(share.proof(), DATA).startswith(verdict)
        told = visit.page.text_content("[data-result]")
        assert who in told
        assert share.content.commitment(share.ledger.profile)[:16] in told
        assert "d0.csv" in told
        assert told.count("1200.50 CNY") == 1
        assert not re.search(r"\{\w+\}|undefined|null|\[object", told)


def test_another_network_a_changed_file_and_other_data_are_not_proven(visits: Any, share: Share) -> None:
    visit = visits("en")
    assert "belongs to the network" in visit.choose(share.proof())
    assert visit.page.is_hidden("[data-result]")
    visit.page.fill("#trusted", share.ledger.machine.network)
    assert visit.choose(share.proof()[:-1]).startswith("Not proven: this is not a whole")
    assert visit.choose(share.proof(), DATA, b"other").startswith("Not proven: a data file")
    visit.page.fill("#trusted", "")
    visit.page.click("button[type=submit]")
    visit.waits_for("anyone")


def test_a_story_of_the_national_profile_is_left_to_the_command(visits: Any) -> None:
    import json

    cases = json.loads((ROOT / "tests/vectors/proof.json").read_text(encoding="utf-8"))["cases"]
    national = next(case for case in cases if case["profile"] == "national")
    assert "SM2" in visits("zh").choose(from_base64(national["proof"]))


def test_files_can_be_dropped_and_every_control_has_a_label(visits: Any, share: Share) -> None:
    visit = visits("en")
    visit.page.fill("#trusted", share.ledger.machine.network)
    carried = visit.page.evaluate_handle(
        """(files) => {
            const carried = new DataTransfer();
            for (const [name, bytes] of files) carried.items.add(new File([new Uint8Array(bytes)], name));
            return carried;
        }""",
        [["d.csv", list(DATA)], ["s.proof", list(share.proof())]],
    )
    visit.page.dispatch_event("[data-drop]", "drop", {"dataTransfer": carried})
    assert visit.verdict().startswith("Proven")
    for name in ("Id of the network that you trust", "Proof file", "Data files to compare with it"):
        assert visit.page.get_by_label(name).count() == 1
    assert visit.page.get_by_role("status").count() == 1
    visit.page.click("button[type=reset]")
    visit.waits_for(r"^Choose a proof file\.$")


def test_what_others_wrote_cannot_rearrange_the_page(visits: Any, share: Share) -> None:
    visit = visits("en")
    visit.page.fill("#trusted", share.ledger.machine.network)
    assert visit.page.evaluate("document.querySelectorAll('script:not([src])').length") == 0
    visit.choose(share.proof(), b"<img src=x>")
    assert visit.page.evaluate("document.querySelectorAll('[data-result] img').length") == 0


def test_every_refusal_of_the_verifier_has_its_words() -> None:
    page = (ROOT / "src/dongting/web/templates/_verify.html").read_text(encoding="utf-8")
    worded = {code for codes in re.findall(r'data-text="([^"]+)"', page) for code in codes.split()}
    sources = [path.read_text(encoding="utf-8") for path in (STATIC / "verify").glob("*.js")]
    codes = {code for text in sources for code in re.findall(r'"((?:wire|sdk|browser)/[a-z0-9-]+)"', text)}
    assert len(codes) > 30
    assert codes <= worded
    said = {name for text in sources for name in re.findall(r'\bsay\("([a-z-]+)"', text)}
    assert said <= worded
