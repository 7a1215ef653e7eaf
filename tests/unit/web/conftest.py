"""The pages of a node in one process, asked as a browser asks."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from dongting.node.metrics import Metrics, metrics
from dongting.web.app import create

BASE = "http://localhost:8420"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


class Pages:
    """The pages over a site's ledger and views; each answer is given with what the browser was sent."""

    def __init__(self, site: Any, facade: Any = None) -> None:
        self.site = site
        self.counted: Metrics = metrics()
        self.app = create(site.home, facade or site.node, site.views, counted=self.counted)
        transport = httpx.ASGITransport(app=self.app)
        self.client = httpx.AsyncClient(transport=transport, base_url=BASE)

    def get(self, target: str, method: str = "GET", **fields: str) -> httpx.Response:
        """Ask for an address; header fields by name, `_` for `-`."""
        headers = {"accept": BROWSER, "accept-language": "en"}
        headers |= {name.replace("_", "-"): value for name, value in fields.items()}
        self.client.cookies.clear()
        answer: httpx.Response = self.site.run(self.client.request(method, target, headers=headers))
        return answer

    def publish(self, by: str = "env-bureau", **changes: Any) -> str:
        """A dataset that exists now; its id."""
        arguments = self.site.dataset(**changes)
        self.site.act(by, "catalogue/publish", arguments)
        id: str = arguments["id"]
        return id


@pytest.fixture(scope="session")
def pages(site: Any) -> Iterator[Pages]:
    """The pages that all tests share."""
    made = Pages(site)
    yield made
    site.run(made.client.aclose())


@pytest.fixture
def new_pages(new_site: Any) -> Iterator[Any]:
    """Makes pages over a ledger of the test's own."""
    made: list[Pages] = []

    def make(facade: Any = None, locked: bool = False) -> Pages:
        made.append(Pages(new_site(locked=locked), facade))
        return made[-1]

    yield make
    for each in made:
        each.site.run(each.client.aclose())
