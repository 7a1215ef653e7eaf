"""Somebody at the console, in a browser of their own; every page that they see is looked at."""

import os
import re
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from .test_pages import RULES  # type: ignore[import-not-found]

PASSWORD = "seven herons over the lake"
SAYS: dict[str, Any] = {
    "en-GB": {
        "signed": "Signed:", "waits": "This waits for you.", "proven": "PROVEN", "same": "side by side",
        "happened": ["Acknowledged", "Delivered", "Agreed", "Other terms offered", "Requested"],
        "hidden": "Only the two parties read the terms.",
    },
    "zh-CN": {"signed": "已签署", "waits": "此事项待您处理。", "proven": "已证明", "same": "并列比较",
              "happened": ["已确认收到", "已交付", "已订立", "已提出新条款", "已申请"],
              "hidden": "条款仅协议双方可读"},
}  # fmt: skip


class Person:
    """Somebody of an organisation, in a browser; every page is looked at."""

    def __init__(self, browser: Browser, base: str, view: dict[str, Any], **options: Any) -> None:
        self.base = base
        self.context: BrowserContext = browser.new_context(**{**view, **options}, accept_downloads=True)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(60_000)
        self.says = SAYS[view["locale"]]
        self.asked: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.seen: set[str] = set()
        self.language = view["locale"][:2]

    def enter(self, link: str, login: str) -> None:
        """The first run: from a link to an account."""
        self.page.goto(link)
        self.page.fill("[name=name]", login.title())
        self.page.fill("[name=login]", login)
        for field in self.page.locator("main [type=password]").all():
            field.fill(PASSWORD)
        self.page.locator("main form button").first.click()
        assert "/settings" in self.page.url

    def open(self, path: str) -> Page:
        answer = self.page.goto(self.base + path)
        assert answer is not None
        assert answer.ok, (path, answer.status, self.page.locator("main").inner_text())
        return self.look()

    def look(self) -> Page:
        """The page is accessible, within its width, and all from this node; each kind of page once."""
        kind = re.sub(r"[0-9a-f]{4,}|\d+", "N", self.page.url.partition("?")[0])
        if kind not in self.seen and self.page.evaluate("navigator.userAgent"):
            self.seen.add(kind)
            problems = Axe().run(self.page, options=RULES).response["violations"]
            told = [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in problems]
            assert not told, (self.page.url, told)
            wide = "document.scrollingElement.scrollWidth - document.documentElement.clientWidth"
            assert self.page.evaluate(wide) <= 0, self.page.url
        assert all(url.startswith(("blob:", self.base)) for url in self.asked)
        return self.page

    def picture(self, name: str) -> None:
        """Keep the page as a picture of the guide, when `make guide` asks for pictures.

        At the width of a phone a long page is cut after two screens.
        """
        if directory := os.environ.get("DONGTING_PICTURES"):
            place = Path(directory) / self.language / f"{name}.jpg"
            place.parent.mkdir(parents=True, exist_ok=True)
            size = self.page.viewport_size or {"width": 1280, "height": 900}
            clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"] * 3 // 2}
            self.page.evaluate("scrollTo(0, 0)")
            self.page.screenshot(path=place, type="jpeg", quality=60, full_page=True, clip=clip)

    def preview(self) -> str:
        """From a form to what would be signed; its text."""
        self.page.click("button[name=step][value=preview]")
        self.look()
        return self.page.locator("article.signing").inner_text()

    def sign(self) -> str:
        """Sign what is shown; the message that says so."""
        self.page.click("button[name=step][value=sign]")
        self.look()
        said: str = self.page.locator(".said").inner_text()
        assert self.says["signed"] in said
        return said

    def do(self, action: str, path: str) -> Page:
        """Go to a record's page and take one of the steps that it offers."""
        self.open(path)
        self.page.locator(f'.aside a[href^="/act/{action}"]').click()
        return self.look()
