"""The people of a node with a clock that the test sets, on SQLite and on PostgreSQL alike."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from dongting.node.people.accounts import accounts_of
from dongting.node.people.database import Database
from dongting.node.people.passwords import Passwords
from dongting.node.people.register import Register
from dongting.node.people.trail import trail
from dongting.wire.profile import INTERNATIONAL

PASSWORD = "seven herons over the lake"
CLIENT = "198.51.100.7"


class People:
    """Accounts over a database of the test's own."""

    def __init__(self, directory: Path, url: str) -> None:
        self.now = 1_790_000_000
        self.keys = directory / "keys"
        register = Register(
            Database(url),
            INTERNATIONAL,
            self.keys,
            "env-bureau",
            lambda: self.now,
            3600,
            12 * 3600,
            Passwords(PasswordHasher(1, 1024, 1)),
        )
        self.accounts = accounts_of(register)
        self.entrance, self.staff = self.accounts.entrance, self.accounts.staff
        for organisation in ("env-bureau", "green-tech"):
            (self.keys / organisation).mkdir(parents=True)
            (self.keys / organisation / "keystore.json").write_text("{}")

    def person(self, login: str, organisation: str = "env-bureau", *roles: str) -> str:
        """Somebody with these roles, or with the first ones; the id."""
        link = self.staff.invite(organisation, roles, None) if roles else self.staff.set_up_link(organisation)
        return self.staff.enrol(link, login, login.title(), PASSWORD)

    def lines(self) -> list[dict[str, Any]]:
        """The audit log."""
        with self.accounts.register.database.read() as connection:
            found = connection.execute(select(trail.c.line).order_by(trail.c.number)).scalars()
            return [msgspec.json.decode(line) for line in found]


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    """People in an empty database."""
    made = People(tmp_path, f"sqlite:///{tmp_path}/accounts.sqlite")
    yield made
    made.accounts.close()
