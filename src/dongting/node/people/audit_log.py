"""The audit log as it is read, exported and anchored in the ledger.

An organisation reads its own lines; the one that runs the node also those of nobody in particular.
"""

import secrets
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from dongting.node.people.database import person
from dongting.node.people.register import Register
from dongting.node.people.trail import anchor, hash_at, root_of, size_of, trail
from dongting.sdk.audit_log import FORMAT, Anchor, Export
from dongting.wire.keys import to_base64
from dongting.wire.merkle import HashAt, consistency_path
from dongting.wire.multiproof import multi_path

PAGE = 50
_KNOWN = frozenset({"at", "what", "person", "organisation", "salt"})


class Line(Struct, frozen=True):
    """One line: its index, when (seconds since 1970), what, who (id and present name), and further facts."""

    index: int
    at: int
    what: str
    person: str | None
    name: str | None
    facts: dict[str, Any]


class Head(Struct, frozen=True):
    """How many lines the node's log has, its root in hexadecimal, and the newest anchor on the ledger."""

    size: int
    root: str
    anchor: Anchor | None


class AuditLog:
    """The log of one node."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._database = register.database

    def head(self) -> Head:
        """Where the log stands."""
        with self._database.read() as connection:
            size = size_of(connection)
            root = root_of(connection, self._register.profile, size).hex()
            return Head(size, root, self._anchor(connection))

    def lines(
        self, organisation: str, before: int | None = None, what: str = "", who: str = "", limit: int = PAGE
    ) -> list[Line]:
        """The newest lines of the organisation below an index, of one kind or by one person if asked."""
        query = select(trail, person.c.name).outerjoin(person, person.c.id == trail.c.person)
        query = query.where(self._of(organisation))
        if before is not None:
            query = query.where(trail.c.number < before)
        if what:
            query = query.where(trail.c.what == what)
        if who:
            query = query.where(trail.c.person == who)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(trail.c.number.desc()).limit(limit)).all()
        return [_line(row) for row in rows]

    def kinds(self, organisation: str) -> list[tuple[str, int]]:
        """What happened, and how often."""
        query = select(trail.c.what, func.count()).where(self._of(organisation)).group_by(trail.c.what)
        with self._database.read() as connection:
            return sorted((row[0], row[1]) for row in connection.execute(query))

    def export(self, organisation: str) -> bytes:
        """All lines of one organisation with their proof (`dongting.sdk.audit_log`), as JSON."""
        profile = self._register.profile
        with self._database.read() as connection:
            size = size_of(connection)
            query = select(trail.c.number, trail.c.line).where(self._of(organisation))
            rows = connection.execute(query.order_by(trail.c.number)).all()
            at = _hashes(connection)
            indices = [row.number for row in rows]
            root = root_of(connection, profile, size)
            path = multi_path(profile, indices, size, at) if indices else [root][: min(size, 1)]
            last = self._anchor(connection)
            steps = consistency_path(profile, last.size, size, at) if last and last.size < size else []
        told = Export(
            FORMAT, profile.name, organisation, size, root.hex(),
            [(row.number, bytes(row.line).decode()) for row in rows], [value.hex() for value in path],
            last, [value.hex() for value in steps],
        )  # fmt: skip
        return msgspec.json.encode(told)

    def claim(self, every: int) -> Anchor | None:
        """What to anchor now; None when nothing is new, or the last one is less than `every` seconds old.

        Whoever claims it calls `anchored` or `released`; other workers leave it alone meanwhile.
        """
        now = self._register.clock()
        with self._database.write() as connection:
            newest: int | None = connection.execute(select(func.max(anchor.c.at))).scalar()
            if newest is not None and now - newest < every:
                return None
            size = size_of(connection)
            known = connection.execute(select(func.max(anchor.c.size)).where(anchor.c.done)).scalar()
            if size in (0, known):
                return None
            root = root_of(connection, self._register.profile, size).hex()
            made = Anchor(f"audit-log-{root[:16]}", size, root, to_base64(secrets.token_bytes(32)))
            connection.execute(delete(anchor).where(anchor.c.done.is_(False)))
            connection.execute(
                insert(anchor).values(
                    size=size, root=root, salt=made.salt, evidence=made.evidence, at=now, done=False
                )
            )
        return made

    def anchored(self, made: Anchor) -> None:
        """The commitment stands on the ledger."""
        with self._database.write() as connection:
            connection.execute(update(anchor).where(anchor.c.size == made.size).values(done=True))

    def released(self, made: Anchor) -> None:
        """It could not be anchored for the moment."""
        with self._database.write() as connection:
            mine = (anchor.c.size == made.size) & anchor.c.done.is_(False)
            connection.execute(delete(anchor).where(mine))

    def _anchor(self, connection: Connection) -> Anchor | None:
        newest = select(anchor).where(anchor.c.done).order_by(anchor.c.size.desc()).limit(1)
        row = connection.execute(newest).one_or_none()
        return None if row is None else Anchor(row.evidence, row.size, row.root, row.salt)

    def _of(self, organisation: str) -> ColumnElement[bool]:
        mine = [organisation, *([""] if organisation == self._register.operator else [])]
        return trail.c.organisation.in_(mine)


def _line(row: Any) -> Line:
    told = msgspec.json.decode(row.line)
    facts = {key: value for key, value in told.items() if key not in _KNOWN}
    return Line(row.number, row.at, row.what, row.person or None, row.name, facts)


def _hashes(connection: Connection) -> HashAt:
    return lambda level, place: hash_at(connection, level, place)
