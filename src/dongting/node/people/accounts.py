"""The people of one node, opened: entrance and staff over one register."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from dongting.node.drafting import ACTIONS
from dongting.node.home import Home
from dongting.node.keystore import Keystore
from dongting.node.people.applications import Applications
from dongting.node.people.audit_log import AuditLog
from dongting.node.people.database import Database
from dongting.node.people.entrance import Entrance
from dongting.node.people.keys import ApiKeys
from dongting.node.people.passkeys import Passkeys
from dongting.node.people.passwords import Passwords
from dongting.node.people.recovery import Recovery
from dongting.node.people.register import Register
from dongting.node.people.sign_offs import SignOffs
from dongting.node.people.signatures import Signatures
from dongting.node.people.staff import Staff
from dongting.node.people.two_people import TwoPeople


@dataclass(frozen=True, slots=True)
class Accounts:
    """Everything about people; every method of its parts may block, so pages call them in threads."""

    register: Register
    entrance: Entrance
    staff: Staff
    keys: ApiKeys
    recovery: Recovery
    audit: AuditLog
    applications: Applications
    passkeys: Passkeys
    two_people: TwoPeople
    sign_offs: SignOffs
    signatures: Signatures

    def close(self) -> None:
        """Close the database."""
        self.register.database.close()


def open_accounts(
    home: Home, clock: Callable[[], float] = time.time, passwords: Passwords | None = None
) -> Accounts:
    """The people of the node in this home; `clock` tells seconds since 1970."""
    config = home.config
    register = Register(
        database=Database(config.accounts_url),
        profile=home.profile(),
        keys=home.path / "keys",
        operator=operator_of(home),
        clock=lambda: int(clock()),
        idle=config.accounts.idle_minutes * 60,
        longest=config.accounts.session_hours * 3600,
        passwords=passwords or Passwords(),
    )
    return accounts_of(register)


def accounts_of(register: Register) -> Accounts:
    """Everything about people over one register."""
    two, offs = TwoPeople(register, ACTIONS), SignOffs(register)
    return Accounts(
        register, Entrance(register), Staff(register), ApiKeys(register), Recovery(register),
        AuditLog(register), Applications(register), Passkeys(register), two, offs,
        Signatures(register, two, offs),
    )  # fmt: skip


def operator_of(home: Home) -> str | None:
    """The organisation that runs the node: the one under whose name its log key stands."""
    path = home.config.path(home.config.keystore.path)
    if not path.is_file():
        return None
    entries = Keystore.open(path).entries()
    return next((entry.organisation for entry in entries if entry.purpose == "log"), None)
