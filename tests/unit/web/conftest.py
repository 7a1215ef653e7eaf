"""The pages of a node in one process, asked as a browser asks."""

import re
import time
from collections.abc import Iterator, Sequence
from typing import Any

import httpx
import msgspec
import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from dongting.node.home import Home
from dongting.node.metrics import Metrics, metrics
from dongting.node.people.accounts import open_accounts
from dongting.node.people.passwords import Passwords
from dongting.node.people.trail import trail
from dongting.web.app import create

BASE = "http://localhost:8420"
PASSWORD = "seven herons over the lake"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


class Pages:
    """The pages over a site's ledger and views; each answer is given with what the browser was sent."""

    def __init__(self, site: Any, facade: Any = None, public_url: str = "") -> None:
        self.site = site
        http = msgspec.structs.replace(site.home.config.http, public_url=public_url)
        home = Home(msgspec.structs.replace(site.home.config, http=http))
        self.counted: Metrics = metrics()
        self.now = time.time()
        self.accounts = open_accounts(site.home, lambda: self.now, Passwords(PasswordHasher(1, 1024, 1)))
        self.app = create(home, facade or site.node, site.views, self.accounts, counted=self.counted)
        transport = httpx.ASGITransport(app=self.app, client=("198.51.100.7", 1))
        self.client = httpx.AsyncClient(transport=transport, base_url=BASE)

    def get(self, target: str, method: str = "GET", **fields: str) -> httpx.Response:
        """Ask for an address; header fields by name, `_` for `-`."""
        headers = {"accept": BROWSER, "accept-language": "en"}
        headers |= {name.replace("_", "-"): value for name, value in fields.items()}
        self.client.cookies.clear()
        answer: httpx.Response = self.site.run(self.client.request(method, target, headers=headers))
        return answer

    def host(self, *organisations: str) -> None:
        """Keystores of these organisations at the node."""
        for organisation in organisations:
            self.site.host(organisation)

    def enrol(self, organisation: str, roles: Sequence[str] = ()) -> str:
        """A person of a hosted organisation with these roles (none: the first ones); the sign-in name."""
        self.host(organisation)
        staff = self.accounts.staff
        link = staff.invite(organisation, roles, None) if roles else staff.set_up_link(organisation)
        login = str(self.site.name("person"))
        staff.enrol(link, login, login.title(), PASSWORD)
        return login

    def stranger(self) -> "Someone":
        """A browser of its own in which nobody has signed in."""
        return Someone(self)

    def someone(self, organisation: str = "env-bureau", *roles: str) -> "Someone":
        """A signed-in person with these roles at an organisation."""
        someone = Someone(self)
        login = self.enrol(organisation, roles)
        assert someone.post("/signin", login=login, password=PASSWORD).status_code == 303
        return someone

    def lines(self) -> list[dict[str, Any]]:
        """The audit log."""
        with self.accounts.register.database.read() as connection:
            found = connection.execute(select(trail.c.line).order_by(trail.c.number)).scalars()
            return [msgspec.json.decode(line) for line in found]

    def publish(self, by: str = "env-bureau", **changes: Any) -> str:
        """A dataset that exists now; its id."""
        arguments = self.site.dataset(**changes)
        self.site.act(by, "catalogue/publish", arguments)
        id: str = arguments["id"]
        return id


class Someone:
    """A browser of its own: it keeps cookies, follows no redirect, and fills in what our forms carry."""

    def __init__(self, pages: Pages) -> None:
        self.pages = pages
        self.client = httpx.AsyncClient(transport=pages.client._transport, base_url=BASE)

    def get(self, target: str, **fields: str) -> httpx.Response:
        """Ask for an address."""
        return self._ask("GET", target, None, fields)

    def post(self, target: str, form: Any = None, /, **values: Any) -> httpx.Response:
        """Send a form as a page of ours does; `form` replaces the header fields that it is sent with."""
        if "proof" not in values and "session" in self.client.cookies:
            values["proof"] = self.proof()
        return self._ask("POST", target, values, {"origin": BASE} if form is None else form)

    def proof(self) -> str:
        """What the forms of this session carry."""
        found = re.search(r'name="proof" value="([^"]+)"', self.get("/settings/account").text)
        assert found is not None
        return found[1]

    def _ask(self, method: str, target: str, data: Any, fields: dict[str, str]) -> httpx.Response:
        headers = {"accept": BROWSER, "accept-language": "en"}
        headers |= {name.replace("_", "-"): value for name, value in fields.items()}
        answer: httpx.Response = self.pages.site.run(
            self.client.request(method, target, data=data, headers=headers, follow_redirects=False)
        )
        return answer


@pytest.fixture(scope="session")
def pages(site: Any) -> Iterator[Pages]:
    """The pages that all tests share."""
    site.project()
    made = Pages(site)
    yield made
    made.accounts.close()
    site.run(made.client.aclose())


@pytest.fixture
def new_pages(new_site: Any) -> Iterator[Any]:
    """Makes pages over a ledger of the test's own."""
    made: list[Pages] = []

    def make(facade: Any = None, locked: bool = False, public_url: str = "") -> Pages:
        made.append(Pages(new_site(locked=locked), facade, public_url))
        return made[-1]

    yield make
    for each in made:
        each.accounts.close()
        each.site.run(each.client.aclose())
