"""A node whose people get notices, with a clock that the test turns."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from argon2 import PasswordHasher

from dongting.node.keyfile import derivation
from dongting.node.keystore import Keystore
from dongting.node.messenger import assembled
from dongting.node.notices.book import Notice
from dongting.node.people.accounts import open_accounts
from dongting.node.people.passwords import Passwords

EMAILS = {"env-bureau": "wei@bureau.example", "green-tech": "lin@green.example"}
DAY = 86_400


class Desk:
    """Two hosted organisations with a person each."""

    def __init__(self, site: Any) -> None:
        self.site = site
        self.now = int(time.time())
        self.accounts = open_accounts(site.home, lambda: self.now, Passwords(PasswordHasher(1, 1024, 1)))
        self.people = {}
        for organisation, email in EMAILS.items():
            directory = site.home.path / "keys" / organisation
            directory.mkdir(mode=0o700, parents=True)
            Keystore.create(directory / "keystore.json", b"a passphrase for tests", derivation(1024, 1, 1))
            link = self.accounts.staff.set_up_link(organisation)
            self.people[organisation] = self.accounts.staff.enrol(
                link, f"person-{organisation}", "Lin", "seven herons over the lake", email
            )
        self.use(None)

    def use(self, post: Any) -> None:
        made = assembled(self.site.home, self.site.node, self.site.views, self.accounts.register, post)
        self.noticer, self.mailer, self.dispatcher = made.noticer, made.mailer, made.dispatcher
        self.book = made.mailer._book

    def go(self) -> None:
        async def scene() -> None:
            while await self.noticer.step():
                pass

        self.site.project()
        self.site.run(scene())

    def told(self, organisation: str) -> list[Notice]:
        return self.book.newest(organisation)

    def request(self, days: int = 5) -> str:
        """A request for a dataset of the bureau's; its id."""
        dataset = self.site.dataset()
        self.dataset = str(dataset["id"])
        self.site.act("env-bureau", "catalogue/publish", dataset)
        id = str(self.site.name("request"))
        asked = {"id": id, "dataset": dataset["id"], "start": self.now, "end": self.now + days * DAY}
        self.site.act("green-tech", "sharing/request", {**asked, "terms": "ab" * 32})
        return id

    def agreement(self, days: int = 5) -> str:
        """An agreement of so many days."""
        id = self.request(days)
        self.site.act("env-bureau", "sharing/agree", {"id": id, "terms": "ab" * 32})
        return id


@pytest.fixture
def desk(new_site: Any) -> Iterator[Desk]:
    made = Desk(new_site())
    made.go()
    yield made
    made.accounts.close()
