"""Brute force is met here: each try is counted before it is judged, failures make the next one wait.

Counted are the pair of sign-in name and address (so that a stranger cannot lock a person out from
elsewhere), the name alone and the address alone, at higher bounds. Names that nobody has count alike.
"""

from ipaddress import IPv6Address, ip_address

from sqlalchemy import Connection, delete, insert, select, update

from dongting.errors import Refused
from dongting.node.people.codes import LOCKED_OUT
from dongting.node.people.database import attempt, digest

#: Failures that are free, for the pair, for the name and for the address.
FREE = {"pair": 5, "name": 50, "client": 30}
FIRST_WAIT, LONGEST_WAIT = 30, 3600  # seconds; doubled with each failure in between
FORGOTTEN = 24 * 3600  # seconds after which failures no longer count


def begin(connection: Connection, name: str, client: str, now: int) -> None:
    """Count a try as failed until it succeeds; refuses while one has to wait. Commit before judging."""
    keys = _keys(name, client)
    rows = {row.key: row for row in connection.execute(select(attempt).where(attempt.c.key.in_(keys)))}
    wait = max((row.until - now for row in rows.values()), default=0)
    if wait > 0:
        raise Refused(LOCKED_OUT, wait=wait)
    for key, kind in keys.items():
        row = rows.get(key)
        failures = row.failures + 1 if row is not None and row.last > now - FORGOTTEN else 1
        over = failures - FREE[kind]
        until = now + min(FIRST_WAIT * 2 ** min(over, 20), LONGEST_WAIT) if over >= 0 else 0
        values = {"failures": failures, "last": now, "until": until}
        if row is None:
            connection.execute(insert(attempt).values(key=key, **values))
        else:
            connection.execute(update(attempt).where(attempt.c.key == key).values(**values))


def succeeded(connection: Connection, name: str, client: str, now: int) -> None:
    """Forget the failures of this pair, take this try back from the others, and drop what is long past."""
    for key, kind in _keys(name, client).items():
        if kind == "pair":
            connection.execute(delete(attempt).where(attempt.c.key == key))
        else:
            back = {"failures": attempt.c.failures - 1, "until": 0}
            connection.execute(update(attempt).where(attempt.c.key == key).values(**back))
    connection.execute(delete(attempt).where(attempt.c.last <= now - FORGOTTEN))


def _keys(name: str, client: str) -> dict[str, str]:
    place = _place(client)
    said = {"pair": f"{name}\n{place}", "name": name, "client": place}
    return {digest(f"{kind}\n{value}"): kind for kind, value in said.items()}


def _place(client: str) -> str:
    """An address of IPv6 counts with its whole /64, which one subscriber has."""
    try:
        address = ip_address(client)
    except ValueError:
        return client
    if isinstance(address, IPv6Address):
        return str(IPv6Address(int(address) >> 64 << 64))
    return str(address)
