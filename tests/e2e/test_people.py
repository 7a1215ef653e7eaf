"""People at a real node in Debian's Chromium: first run, invitation, passkeys; accessible pages."""

import os
import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

PASSWORD = "seven herons over the lake"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(scope="module")
def node(home: Any) -> Any:
    """A node of three founders that nobody has an account at."""
    home.found("international")
    home.serve()
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


def set_up_link(node: Any, organisation: str) -> str:
    """As the operator at the machine makes it; on localhost, which passkeys can be bound to."""
    told = node.do("people", "setup-link", author=organisation)
    found = re.search(r"http://127\.0\.0\.1(:\d+/setup\?link=[\w-]+)", told["link"])
    assert found is not None, told
    return f"http://localhost{found[1]}"


def enrol(page: Page, link: str, name: str, login: str) -> str:
    """Make an account by a link; the address of the node."""
    page.goto(link)
    page.fill("[name=name]", name)
    page.fill("[name=login]", login)
    page.fill("[name=password]", PASSWORD)
    page.click("main form button")
    assert page.url.endswith("/settings/account")
    return page.url.removesuffix("/settings/account")


@pytest.mark.parametrize(
    ("locale", "width", "organisation"), [("en-GB", 1280, "env-bureau"), ("zh-CN", 360, "green-tech")]
)
def test_first_run_to_invited_colleague_without_javascript(
    node: Any, browser: Browser, locale: str, width: int, organisation: str
) -> None:
    options: dict[str, Any] = {"locale": locale, "viewport": {"width": width, "height": 800}}
    chief = browser.new_context(java_script_enabled=False, **options).new_page()
    base = enrol(chief, set_up_link(node, organisation), "韦明", f"wei-{width}")
    chief.goto(f"{base}/settings/people")
    chief.check("[value=auditor]")
    chief.click("main form button")
    link = chief.locator(".id").inner_text()
    guest = browser.new_context(java_script_enabled=False, **options).new_page()
    base = enrol(guest, re.sub("127.0.0.1", "localhost", link), "Lan", f"lan-{width}")
    guest.goto(f"{base}/audit-log")
    assert guest.locator(".list > li").count() >= 4
    assert guest.goto(f"{base}/settings/people").status == 403  # type: ignore[union-attr]
    guest.locator(".who summary").click()
    guest.locator("form[action='/signout'] button").click()
    assert guest.locator(".who").count() == 0


def test_pages_for_people_are_accessible_and_fit(node: Any, browser: Browser) -> None:
    context = browser.new_context(locale="zh-CN", color_scheme="dark", viewport={"width": 360, "height": 780})
    page = context.new_page()
    base = enrol(page, set_up_link(node, "env-bureau"), "韦明", "wei-axe")
    for target in (
        "/settings/account", "/settings/people", "/settings/keys", "/settings/webhooks", "/audit-log",
        "/settings/notices", "/settings/health", "/settings/two-people",
        "/applications", "/join/apply", "/style",
    ):  # fmt: skip
        page.goto(base + target)
        problems = Axe().run(page, options=RULES).response["violations"]
        assert not [(one["id"], [node["html"] for node in one["nodes"]]) for one in problems], target
        wide = page.evaluate("document.scrollingElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, target
    stranger = browser.new_context(locale="en").new_page()
    for target in ("/signin", "/recover"):
        stranger.goto(base + target)
        assert not Axe().run(stranger, options=RULES).response["violations"], target


def test_a_webhook_is_made_tried_out_and_removed_without_scripts(node: Any, browser: Browser) -> None:
    context = browser.new_context(locale="en-GB", java_script_enabled=False)
    page = context.new_page()
    base = enrol(page, set_up_link(node, "env-bureau"), "Wei", "wei-webhook")
    page.goto(f"{base}/settings/webhooks")
    page.fill("[name=name]", "Lake")
    page.fill("[name=url]", "https://receiver.invalid/in")
    page.get_by_role("button", name="Make the webhook").click()
    assert page.locator(".id").inner_text().startswith("whsec_")
    page.locator("main a.button").click()
    page.get_by_role("button", name="Send a test message").click()
    for _ in range(100):
        if page.get_by_text("Next try:").count():
            break
        page.wait_for_timeout(200)
        page.reload()
    assert "receiver.invalid" in page.locator("main table").inner_text()
    reader = browser.new_context(locale="zh-CN", viewport={"width": 360, "height": 780})
    reader.add_cookies(context.cookies())  # type: ignore[arg-type]
    seen = reader.new_page()
    seen.goto(page.url)
    problems = Axe().run(seen, options=RULES).response["violations"]
    assert not [(one["id"], [node["html"] for node in one["nodes"]]) for one in problems]
    assert seen.evaluate("document.scrollingElement.scrollWidth - document.documentElement.clientWidth") <= 0
    page.get_by_role("button", name="Remove the webhook").click()
    assert page.get_by_text("Nothing is sent anywhere.").count() == 1


def test_a_passkey_is_added_signs_in_alone_and_is_removed(node: Any, browser: Browser) -> None:
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    base = enrol(page, set_up_link(node, "env-bureau"), "Wei", "wei-passkey")
    devices = context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    device = devices.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": {
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
            "isUserVerified": True, "automaticPresenceSimulation": True,
        }},
    )["authenticatorId"]  # fmt: skip
    page.fill("[name=passkey]", "Laptop")
    page.fill("form[data-passkey] [name=present]", "another password")
    page.click("form[data-passkey] button")
    page.wait_for_selector("form[data-passkey] [role=alert]:not([hidden])")
    page.fill("form[data-passkey] [name=present]", PASSWORD)
    page.click("form[data-passkey] button")
    page.wait_for_selector("text=The passkey is added.")
    page.goto(f"{base}/desk")
    page.locator(".who summary").click()
    page.locator("form[action='/signout'] button").click()
    page.goto(f"{base}/signin?next=/settings/account")
    page.click("text=Sign in with a passkey")
    page.wait_for_url(f"{base}/settings/account")
    assert page.locator("h3", has_text="Laptop").count() == 1
    page.goto(f"{base}/audit-log?what=sign-in")
    assert "passkey" in page.locator(".list > li").first.inner_text()
    # The device no longer verifies who holds it: refused, and nobody is signed in.
    page.locator(".who summary").click()
    page.locator("form[action='/signout'] button").click()
    devices.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    page.goto(f"{base}/signin")
    page.click("text=Sign in with a passkey")
    page.wait_for_selector("form[data-passkey] [role=alert]:not([hidden])")
    devices.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": True})
    page.click("text=Sign in with a passkey")
    page.wait_for_selector(".who")
    page.goto(f"{base}/settings/account")
    page.click("button:has-text('Remove')")
    page.wait_for_selector("text=The passkey is removed.")
