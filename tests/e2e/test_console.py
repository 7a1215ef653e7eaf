"""Journeys through the console in Debian's Chromium: two organisations, each in a browser of its own."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from .conftest import Home  # type: ignore[import-not-found]
from .nodes import until  # type: ignore[import-not-found]
from .person import Person  # type: ignore[import-not-found]
from .test_import import ROW, fill  # type: ignore[import-not-found]
from .test_pages import VIEWS  # type: ignore[import-not-found]

DATA = "城市,日期,浓度\n长沙,2026-01-01,35\n株洲,2026-01-02,41.5\n".encode()
CREDIT_CODE = "91430100000000422Y"  # well formed (GB 32100), of nobody
PEOPLE = {"env-bureau": "wang", "green-tech": "li", "air-alliance": "chen"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    assert found, "install Chromium: make chromium"
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=sandbox)
        yield started
        started.close()


class Town:
    """A node that hosts three organisations, and somebody of each."""

    def __init__(self, home: Home, browser: Browser, view: dict[str, Any]) -> None:
        self.home = home
        self.people: dict[str, Person] = {}
        for organisation, login in PEOPLE.items():
            person = self.people[organisation] = Person(browser, home.url, view)
            link = home.do("people", "setup-link", author=organisation)["link"]
            person.enter(link, login)

    def close(self) -> None:
        for person in self.people.values():
            person.context.close()


@pytest.fixture(scope="module", params=VIEWS, ids=["english-wide", "chinese-phone"])
def town(request: Any, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    home = Home(tmp_path_factory.mktemp("console"))
    made: Town | None = None
    try:
        home.found("international")
        home.serve()
        made = Town(home, browser, request.param)
        yield made
    finally:
        if made is not None:
            made.close()
        home.stop()


def test_a_dataset_is_published_requested_agreed_delivered_proven_and_ended(town: Town) -> None:
    bureau, tech = town.people["env-bureau"], town.people["green-tech"]
    _publish(bureau)
    id = _request(tech)
    _negotiate(bureau, tech, id)
    _deliver(bureau, tech, id)
    _look_at_the_data(town)
    _end(bureau, tech, id)


def _publish(bureau: Person) -> None:
    page = bureau.open("/publish")
    page.set_input_files("[name=file]", {"name": "air.csv", "mimeType": "text/csv", "buffer": DATA})
    page.locator("main form button").last.click()
    page.wait_for_url("**/publish/describe?upload=*")
    bureau.look()
    assert page.input_value('[name="a.columns.0.name"]') == "城市"
    page.select_option('[name="a.columns.2.type"]', "decimal")
    page.fill('[name="a.title.zh"]', "空气质量监测")
    page.fill('[name="a.title.en"]', "Air quality")
    page.select_option('[name="a.theme"]', "ENVI")
    bureau.page.click("button[name=step][value=preview]")
    bureau.look()
    assert page.locator(".error").count() == 5, "what is missing stands at its field"
    assert page.input_value('[name="a.title.zh"]') == "空气质量监测", "what was typed is kept"
    page.fill('[name="a.description.en"]', "Hourly readings")
    page.select_option('[name="a.frequency"]', "HOURLY")
    page.check('[name="a.sharing"][value="unconditional"]')
    page.check('[name="a.opening"][value="unconditional"]')
    page.check('[name="a.grade"][value="general-1"]')
    page.fill('[name="a.id"]', "air")
    bureau.picture("describe")
    shown = bureau.preview()
    assert hashlib.sha256(DATA).hexdigest() in shown
    bureau.picture("sign")
    bureau.sign()
    assert page.url.partition("?")[0].endswith("/records/catalogue.dataset/air")


def _request(tech: Person) -> str:
    page = tech.page
    until(
        lambda: tech.open("/catalogue?q=空气").locator("main .list a").count()
    )  # each worker sees it in turn
    tech.picture("catalogue")
    page.locator("main .list a").first.click()
    page.locator('a[href^="/act/sharing/request"]').click()
    tech.look()
    page.fill('[name="p.terms.purpose.en"]', "Research on air pollution")
    page.fill('[name="a.start"]', date.today().isoformat())
    page.fill('[name="a.end"]', (date.today() + timedelta(days=90)).isoformat())
    tech.picture("request")
    shown = tech.preview()
    assert "Research on air pollution" in shown
    assert page.locator(".signing .private").count() == 1
    tech.sign()
    id: str = page.url.partition("?")[0].rpartition("/")[2]
    return id


def _negotiate(bureau: Person, tech: Person, id: str) -> None:
    """The department answers with other terms; the enterprise sees both side by side and accepts."""
    page = bureau.open("/desk")
    bureau.picture("overview")
    page.get_by_role("link", name=id).first.click()
    bureau.look()
    assert bureau.says["waits"] in page.locator("main").inner_text()
    page.locator('.aside a[href^="/act/sharing/offer"]').click()
    bureau.look()
    assert page.input_value('[name="p.terms.purpose.en"]') == "Research on air pollution"
    details = page.locator("details.rest").first
    if details.get_attribute("open") is None:
        details.locator("summary").click()
    page.fill('[name="p.terms.destroy_within_days"]', "30")
    bureau.preview()
    bureau.sign()
    page = tech.open(f"/records/sharing.negotiation/{id}")
    assert tech.says["same"] in page.locator("main").inner_text()
    tech.picture("compare")
    assert page.locator(".compare ins").inner_text() == "30"
    page.locator('.aside a[href^="/act/sharing/accept"]').click()
    tech.look()
    assert "30" in page.locator("article.signing").inner_text()
    tech.sign()


def _deliver(bureau: Person, tech: Person, id: str) -> None:
    bureau.do("sharing/deliver", f"/records/sharing.agreement/{id}")
    bureau.preview()
    bureau.sign()
    page = tech.open(f"/records/sharing.transfer/{id}.1")
    tech.picture("delivery")
    with page.expect_download() as arriving:
        page.locator('a[href$="/download"]').click()
    arrived = arriving.value
    assert arrived.suggested_filename == "air.csv"
    assert Path(arrived.path()).read_bytes() == DATA
    tech.do("sharing/acknowledge", f"/records/sharing.transfer/{id}.1")
    assert hashlib.sha256(DATA).hexdigest() in page.locator("article.signing").inner_text()
    tech.sign()
    _read_agreement(tech, id)
    page = tech.open(f"/proofs/sharing.agreement/{id}")
    assert tech.says["proven"] in page.locator("main .notice").first.inner_text()
    tech.picture("proof")
    with page.expect_download() as arriving:
        page.locator('a[href$="/file"]').first.click()
    proof = Path(arriving.value.path())
    verified = town_verify(proof)
    assert "PROVEN" in verified


def _read_agreement(tech: Person, id: str) -> None:
    """Its page tells the whole story and the terms in words, and gives the agreement on paper."""
    page = tech.open(f"/records/sharing.agreement/{id}")
    told = [one.inner_text() for one in page.locator(".timeline li p:first-child .tag").all()]
    assert told == tech.says["happened"]
    tech.picture("agreement")
    terms = page.locator(".private .facts").inner_text()
    assert "Research on air pollution" in terms
    assert "用途" in terms
    assert "Purpose" in terms, "labels stand in both languages"
    assert page.locator(f'main table a[href="/deliveries/{id}.1/download"]').count() == 1
    assert page.locator(f'main table a[href^="/act/sharing/object-to?transfer={id}.1"]').count() == 1
    for paper in ("agreement.pdf", "report.pdf", "agreement.pdf?closed=yes"):
        with page.expect_download() as arriving:
            page.locator(f'a[href="/agreements/{id}/{paper}"]').click()
        assert Path(arriving.value.path()).read_bytes().startswith(b"%PDF-")


def town_verify(proof: Path) -> str:
    """The story that the proof file tells the verifier of the command line."""
    from dongting.node.installed import APPS
    from dongting.node.stories import Teller
    from dongting.sdk.verify import verify

    story = verify(proof.read_bytes(), None)
    return Teller(story, "en", APPS).proven()


def _look_at_the_data(town: Town) -> None:
    """Open data shows its rows and figures to everybody, what is not open to its publisher alone."""
    bureau, tech = town.people["env-bureau"], town.people["green-tech"]
    bait = "<b onmouseover=alert(1)>长沙</b>"
    (town.home.directory / "closed.csv").write_text(f"城市,浓度\n{bait},35\n株洲,高\n")
    town.home.do(
        "dataset", "publish", "closed.csv", "--id", "closed", "--title-zh", "内部",
        "--title-en", "Inside", "--description-en", "Not open", "--theme", "ENVI", "--frequency", "DAILY",
        "--grade", "general-1", "--sharing", "unconditional", "--opening", "conditional",
        "--column", "name=浓度,type=decimal", "--yes", author="env-bureau",
    )  # fmt: skip
    address = "/records/catalogue.dataset/closed"
    until(lambda: bureau.page.request.get(bureau.base + address).ok)  # the command came before the views
    page = bureau.open(address)
    assert page.locator("#figures").count() == 1
    assert bait in page.locator("section[aria-labelledby=figures] .scroll").inner_text()
    assert page.locator("section[aria-labelledby=figures] .tag.warn").count() == 2, "one row, in one column"
    page = tech.open(address)
    assert page.locator("#figures").count() == 0
    assert bait not in page.locator("main").inner_text()
    page = tech.open("/catalogue/closed")
    assert page.locator("#figures").count() == 0
    page = tech.open("/catalogue/air")
    assert "41.5" in page.locator("section[aria-labelledby=figures]").inner_text()


def _end(bureau: Person, tech: Person, id: str) -> None:
    page = bureau.do("sharing/terminate", f"/records/sharing.agreement/{id}")
    page.fill('[name="p.reason.text.en"]', "The project is over")
    bureau.preview()
    bureau.sign()
    answer = tech.page.request.get(f"{tech.base}/deliveries/{id}.1/download", headers={"accept": "text/html"})
    assert answer.status == 403
    page = tech.open(f"/records/sharing.agreement/{id}")
    assert "The project is over" in page.locator("main").inner_text(), "the parties read the reason"
    page = tech.open("/agreements")
    assert page.locator("main .list li").count() == 1


def test_evidence_is_registered_without_an_upload_and_proven(town: Town) -> None:
    person = town.people["green-tech"]
    page = person.open("/evidence/new")
    sent: list[bytes] = []
    page.on("request", lambda request: sent.append(request.post_data_buffer or b""))
    secret = b"the contract that nobody else may see " * 1000
    page.set_input_files("#hash-file", {"name": "contract.pdf", "mimeType": "x/y", "buffer": secret})
    digest = hashlib.sha256(secret).hexdigest()
    page.wait_for_function("value => document.querySelector('[data-digest]').value === value", arg=digest)
    assert page.input_value('[name="p.label.name"]') == "contract.pdf"
    page.fill('[name="a.id"]', "contract")
    assert digest in person.preview()
    person.picture("evidence")
    person.sign()
    assert sent
    assert not any(b"nobody else may see" in body for body in sent)
    page = person.open("/proofs/evidence.evidence/contract")
    assert person.says["proven"] in page.locator("main .notice").first.inner_text()
    assert digest[:16] in page.locator("pre").inner_text()
    other = town.people["env-bureau"].open("/records/evidence.evidence/contract")
    assert "contract.pdf" not in other.locator("main").inner_text(), "what it is called is for its owner"


def test_a_new_member_is_proposed_and_voted_in(town: Town) -> None:
    given = town.home.run("--json", "keys", "new", author="lake-lab")
    assert given.code == 0, given.err
    keys = json.loads(town.home.run("keys", "application", author="lake-lab").out)
    bureau = town.people["env-bureau"]
    page = bureau.open("/proposals")
    page.locator('a[href="/act/membership/admit"]').click()
    bureau.look()
    page.fill('[name="a.id"]', "lake-lab")
    page.select_option('[name="a.kind"]', "research")
    page.fill('[name="a.name.en"]', "Lake Laboratory")
    page.locator("form details.rest > summary").first.click()
    page.fill('[name="a.credit_code"]', CREDIT_CODE)
    page.fill('[name="a.signing_keys.0.key"]', keys["signing_keys"][0]["key"])
    page.fill('[name="a.signing_keys.0.possession"]', keys["signing_keys"][0]["possession"])
    page.fill('[name="a.encryption_key"]', keys["encryption_key"])
    page.fill("[name=proposal]", "lake")
    bureau.preview()
    bureau.sign()
    assert page.url.partition("?")[0].endswith("/records/governance.proposal/lake")
    bureau.picture("proposal")
    for organisation in ("env-bureau", "green-tech", "air-alliance"):
        person = town.people[organisation]
        page = person.open("/records/governance.proposal/lake")
        assert "lake-lab" in page.locator("main").inner_text()
        vote = page.locator('.aside a[href^="/act/governance/vote"]')
        if vote.count() == 0:
            continue
        vote.click()
        person.look()
        page.select_option('[name="a.choice"]', "for")
        person.preview()
        person.sign()
    page = bureau.open("/organisations/lake-lab")
    assert "Lake Laboratory" in page.locator("h1").inner_text()


def test_what_is_delivered_wrong_is_objected_to_and_corrected(town: Town) -> None:
    """Runs over the story of the first test: an agreement that ended still has its delivery."""
    bureau, tech = town.people["env-bureau"], town.people["green-tech"]
    page = tech.open("/deliveries")
    page.locator("main .list h3 a").first.click()
    page.locator('.aside a[href^="/act/sharing/object-to"]').click()
    tech.look()
    page.fill('[name="p.reason.text.en"]', "Row two has the wrong unit")
    tech.preview()
    tech.sign()
    objection = page.url.partition("?")[0].removeprefix(tech.base)
    page = bureau.open(objection)
    assert "Row two has the wrong unit" in page.locator("main").inner_text()
    bureau.picture("objection")
    page = bureau.open("/versions/air")
    right = {"name": "air.csv", "mimeType": "text/csv", "buffer": DATA.replace(b"35", b"36")}
    page.set_input_files("[name=file]", right)
    page.locator("main form button").last.click()
    page.wait_for_url("**/versions/air/add?upload=*")
    bureau.look()
    bureau.preview()
    bureau.sign()
    page = bureau.open(objection)
    page.locator('.aside a[href^="/act/sharing/correct"]').click()
    bureau.look()
    assert page.input_value('[name="a.version"]') == "2"
    bureau.preview()
    bureau.sign()
    page = tech.open(objection)
    assert page.locator(".timeline li").count() == 2


def test_a_catalogue_is_imported_whole_or_not_at_all_and_shows_how_far_it_came(town: Town) -> None:
    person = town.people["air-alliance"]
    page = person.open("/import")
    with page.expect_download() as arriving:
        page.locator('main a[href="/import/catalogue.xlsx"]').click()
    rows = town.home.directory / "rows.xlsx"

    def checked(*entries: dict[str, str]) -> None:
        rows.write_bytes(Path(arriving.value.path()).read_bytes())
        fill(rows, *entries)
        page.goto(f"{person.base}/import")
        page.set_input_files("[name=file]", rows)
        page.locator("main form button").last.click()
        page.wait_for_url("**/import/*")
        person.look()

    checked({**ROW, "id": "lake-1"}, {**ROW, "id": "lake-2", "theme": "nonsense"})
    assert page.locator("main form button").count() == 0, "there is nothing to sign"
    assert "nonsense" in page.locator("section[aria-labelledby=mistakes]").inner_text()
    person.picture("import")
    assert person.page.request.get(f"{person.base}/catalogue/lake-1").status == 404
    checked({**ROW, "id": "lake-1"}, {**ROW, "id": "lake-2"})
    assert page.locator("section[aria-labelledby=rows] tbody tr").count() == 2
    page.locator("main form button").last.click()
    page.wait_for_load_state()
    page.wait_for_function(
        "async () => (await (await fetch(location.href)).text()).includes('notice good')", timeout=60_000
    )
    page.reload()
    person.look()
    assert page.locator("main .notice.good").count() == 1
    assert page.locator('main a[href="/records/catalogue.dataset/lake-2"]').count() == 1
    person.open("/catalogue/lake-1")
    stranger = town.people["green-tech"]
    assert stranger.page.request.get(page.url.replace("/catalogue/", "/import/")).status == 410


def test_everything_is_read_and_signed_without_javascript(town: Town, browser: Browser) -> None:
    kept = town.people["env-bureau"].context.storage_state()
    view = {**VIEWS[0], "java_script_enabled": False, "storage_state": kept}
    context = browser.new_context(**view)
    page = context.new_page()
    base = town.home.url
    page.goto(base + "/publish")
    page.set_input_files("[name=file]", {"name": "plain.csv", "mimeType": "text/csv", "buffer": DATA})
    page.locator("main form button").last.click()
    assert "/publish/describe?upload=" in page.url
    page.fill('[name="a.title.en"]', "Plain")
    page.fill('[name="a.description.en"]', "Without scripts")
    page.select_option('[name="a.theme"]', "ENVI")
    page.select_option('[name="a.frequency"]', "HOURLY")
    for field, value in (("sharing", "unconditional"), ("opening", "conditional"), ("grade", "general-1")):
        page.check(f'[name="a.{field}"][value="{value}"]')
    page.click("button[name=step][value=preview]")
    page.click("button[name=step][value=sign]")
    assert page.url.partition("?")[0] == base + "/records/catalogue.dataset/plain"
    page.goto(base + "/explorer?q=plain")
    assert page.locator('main a[href="/records/catalogue.dataset/plain"]').count() == 1
    context.close()


def test_a_page_is_walked_and_signed_by_keyboard_alone(town: Town) -> None:
    person = town.people["env-bureau"]
    page = person.open("/act/catalogue/withdraw?id=plain")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.value") == "preview":
            break
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.wait_for_selector("article.signing")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.value") == "sign":
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/records/catalogue.dataset/plain*")
    assert page.locator(".said").count() == 1


def test_nobody_reads_or_signs_for_another_organisation(town: Town) -> None:
    """A third organisation sees that two deal, never what about; a form of another session signs nothing."""
    chen, tech = town.people["air-alliance"], town.people["green-tech"]
    page = tech.open("/requests?side=out")
    address = page.locator("main .list h3 a").first.get_attribute("href") or ""
    assert "Research on air pollution" in tech.open(address).locator("main").inner_text()
    page = chen.open(address)
    assert "Research on air pollution" not in page.content()
    assert page.locator('.aside a[href^="/act/"]').count() == 0
    stolen = {"proof": "x" * 43, "step": "sign", "a.id": "air"}
    answer = page.request.post(chen.base + "/act/catalogue/withdraw", form=stolen)
    assert answer.status == 403
    id = address.rpartition("/")[2]
    page = chen.open(f"/records/sharing.agreement/{id}")
    assert chen.says["hidden"] in page.locator("main").inner_text()
    assert "Research on air pollution" not in page.content()
    assert page.locator('main a[href^="/act/"], main a[href$="/download"]').count() == 0
    answer = page.request.get(f"{chen.base}/deliveries/{id}.1/download")
    assert answer.status == 403
