"""A person of a hosted organisation, signed in at a home before the node runs."""

import time
from pathlib import Path

from argon2 import PasswordHasher

from dongting.node.config import read
from dongting.node.home import Home
from dongting.node.keyfile import derivation
from dongting.node.keystore import Keystore
from dongting.node.people.accounts import open_accounts
from dongting.node.people.passwords import Passwords

ORGANISATION = "env-bureau"
_PASSWORD = "only for measuring 2026"


def signed_in(path: Path) -> str:
    """The cookie of a session; the person may do everything at its organisation."""
    home = Home(read({"node": {"home": str(path)}}))
    home.prepare()
    keys = path / "keys" / ORGANISATION
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (keys / "keystore.json").exists():
        Keystore.create(keys / "keystore.json", b"a passphrase for measuring", derivation(1024, 1, 1))
    accounts = open_accounts(home, time.time, Passwords(PasswordHasher(1, 1024, 1)))
    login = f"person-{time.time_ns()}"
    accounts.staff.enrol(accounts.staff.set_up_link(ORGANISATION), login, "Measuring", _PASSWORD)
    token = accounts.entrance.sign_in(login, _PASSWORD, "127.0.0.1")
    accounts.close()
    return f"session={token}"
