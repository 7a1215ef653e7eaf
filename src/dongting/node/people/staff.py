"""The people of an organisation: who they are, how they come, what roles they hold, how they leave.

People come by a link that works once; nobody but themselves ever knows their password.
"""

import re
import secrets
from collections.abc import Sequence

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, delete, func, insert, select, update

from dongting.errors import Refused, require
from dongting.node.people.access import FIRST, ROLES, Actor, Role
from dongting.node.people.codes import (
    BAD_EMAIL,
    BAD_LINK,
    BAD_LOGIN,
    BAD_NAME,
    BAD_ROLES,
    LAST_ADMINISTRATOR,
    LOGIN_TAKEN,
    NO_SUCH_PERSON,
    NOT_HOSTED,
    SHARED_PERSON,
)
from dongting.node.people.database import digest, drawn, link, membership, person, session
from dongting.node.people.passwords import check as check_password
from dongting.node.people.register import Person, Register, person_row
from dongting.node.people.trail import Fact

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@+-]{1,63}")
EMAIL = re.compile(r"[^@\s<>\"',;:\\]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_LASTS = {"set-up": 86_400, "reset": 86_400, "invitation": 7 * 86_400}  # seconds


class Link(Struct, frozen=True):
    """What a link is for: `set-up` and `invitation` give roles, `reset` a new password to `person`."""

    purpose: str
    organisation: str
    roles: tuple[Role, ...]
    person: str | None
    ends: int


class Staff:
    """`by` is who does it; None stands for the operator at the machine itself."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._database = register.database

    @property
    def nobody(self) -> bool:
        """Whether nobody has an account here yet."""
        with self._database.read() as connection:
            return connection.execute(select(person.c.id).limit(1)).first() is None

    def people(self, organisation: str) -> list[Person]:
        """Everybody with a role at the organisation, by name."""
        with self._database.read() as connection:
            query = select(person, membership.c.role, membership.c.since).join(membership)
            rows = connection.execute(query.where(membership.c.organisation == organisation)).all()
        found: dict[str, Person] = {}
        for row in rows:
            before = found.get(row.id)
            held = {*(before.roles if before else ()), row.role}
            since = min(row.since, before.since) if before else row.since
            roles = tuple(role for role in ROLES if role in held)
            found[row.id] = Person(row.id, row.login, row.name, row.email, roles, since)
        return sorted(found.values(), key=lambda one: (one.name, one.id))

    def one(self, organisation: str, id: str) -> Person:
        """One of them; refuses whoever belongs to others only."""
        found = next((one for one in self.people(organisation) if one.id == id), None)
        if found is None:
            raise Refused(NO_SUCH_PERSON)
        return found

    def set_up_link(self, organisation: str) -> str:
        """The secret of a link for an organisation's first administrator; for the operator only."""
        require(self._register.hosts(organisation), NOT_HOSTED, organisation=organisation[:64])
        return self._link("set-up", organisation, FIRST, None, None)

    def invite(self, organisation: str, roles: Sequence[str], by: Actor | None) -> str:
        """The secret of a link by which one person joins with these roles."""
        return self._link("invitation", organisation, _roles(roles), None, by)

    def reset_link(self, organisation: str, id: str, by: Actor | None) -> str:
        """The secret of a link by which a person chooses a new password."""
        self.one(organisation, id)
        with self._database.read() as connection:
            shared = len(self._register.roles(connection, id)) > 1
        require(by is None or not shared, SHARED_PERSON)
        return self._link("reset", organisation, (), id, by)

    def opened(self, secret: str) -> Link:
        """What a link is for; refuses one that does not work any more."""
        with self._database.read() as connection:
            return self._open(connection, secret)

    def enrol(self, secret: str, login: str, name: str, password: str, email: str = "") -> str:
        """Use a link to make an account; the person's id."""
        login, name, email = login.strip().lower(), name.strip(), email.strip()
        require(_LOGIN.fullmatch(login), BAD_LOGIN)
        require(0 < len(name) <= 80 and name.isprintable(), BAD_NAME)
        require(not email or (EMAIL.fullmatch(email) and len(email) <= 254), BAD_EMAIL)
        require(self.opened(secret).person is None, BAD_LINK)
        check_password(password, login, name)
        kept = self._register.passwords.hashed(password)
        now, id = self._register.clock(), secrets.token_hex(8)
        with self._database.write() as connection:
            found = self._use(connection, secret)
            taken = connection.execute(select(person.c.id).where(person.c.login == login)).first()
            require(taken is None, LOGIN_TAKEN)
            connection.execute(
                insert(person).values(
                    id=id, login=login, name=name, email=email, password=kept, active=True, made=now
                )
            )
            self._join(connection, id, found)
        return id

    def join(self, secret: str, actor: Actor) -> str:
        """Use an invitation for the account that one has; the organisation joined."""
        with self._database.write() as connection:
            found = self._use(connection, secret)
            require(found.person is None, BAD_LINK)
            self._join(connection, actor.person, found)
            return found.organisation

    def reset(self, secret: str, password: str) -> str:
        """Use a link to choose a new password, which ends all sessions; the person's id."""
        before = self.opened(secret)
        with self._database.read() as connection:
            row = person_row(connection, before.person) if before.person else None
        if row is None:
            raise Refused(BAD_LINK)
        check_password(password, row.login, row.name)
        kept = self._register.passwords.hashed(password)
        with self._database.write() as connection:
            found = self._use(connection, secret)
            connection.execute(update(person).where(person.c.id == row.id).values(password=kept))
            connection.execute(delete(session).where(session.c.person == row.id))
            self._register.note(connection, "password-reset", row.id, found.organisation)
        return str(row.id)

    def set_roles(self, organisation: str, id: str, roles: Sequence[str], by: Actor | None) -> None:
        """Give a person these roles and no others; an empty list lets the person leave."""
        wanted = _roles(roles) if roles else ()
        now = self._register.clock()
        with self._database.write() as connection:
            mine = (membership.c.organisation == organisation) & (membership.c.person == id)
            held = set(connection.execute(select(membership.c.role).where(mine)).scalars())
            require(held, NO_SUCH_PERSON)
            connection.execute(delete(membership).where(mine))
            if wanted:
                rows = [
                    {"organisation": organisation, "person": id, "role": role, "since": now}
                    for role in wanted
                ]
                connection.execute(insert(membership), rows)
            left = connection.execute(
                select(func.count()).where(
                    membership.c.organisation == organisation, membership.c.role == "administrator"
                )
            ).scalar_one()
            require(left or "administrator" not in held, LAST_ADMINISTRATOR)
            facts: dict[str, Fact] = {"about": id, "roles": list(wanted)}
            self._register.note(
                connection, "roles-changed" if wanted else "person-left", _id(by), organisation, facts
            )

    def _link(
        self, purpose: str, organisation: str, roles: Sequence[Role], id: str | None, by: Actor | None
    ) -> str:
        now, secret = self._register.clock(), drawn()
        with self._database.write() as connection:
            connection.execute(delete(link).where(link.c.ends <= now))
            connection.execute(
                insert(link).values(
                    digest=digest(secret), purpose=purpose, organisation=organisation, person=id,
                    roles=msgspec.json.encode(list(roles)), made_by=_id(by), made=now,
                    ends=now + _LASTS[purpose], used=False,
                )
            )  # fmt: skip
            facts: dict[str, Fact] = {"roles": list(roles), **({"about": id} if id else {})}
            self._register.note(connection, f"{purpose}-link-made", _id(by), organisation, facts)
        return secret

    def _open(self, connection: Connection, secret: str) -> Link:
        row = connection.execute(select(link).where(link.c.digest == digest(secret))).one_or_none()
        if row is None or row.used or row.ends <= self._register.clock():
            raise Refused(BAD_LINK)
        roles = tuple(msgspec.json.decode(row.roles, type=list[Role]))
        return Link(row.purpose, row.organisation, roles, row.person, row.ends)

    def _use(self, connection: Connection, secret: str) -> Link:
        found = self._open(connection, secret)
        connection.execute(update(link).where(link.c.digest == digest(secret)).values(used=True))
        return found

    def _join(self, connection: Connection, id: str, found: Link) -> None:
        mine = (membership.c.organisation == found.organisation) & (membership.c.person == id)
        held = set(connection.execute(select(membership.c.role).where(mine)).scalars())
        now = self._register.clock()
        rows = [
            {"organisation": found.organisation, "person": id, "role": role, "since": now}
            for role in found.roles
            if role not in held
        ]
        if rows:
            connection.execute(insert(membership), rows)
        facts: dict[str, Fact] = {"roles": list(found.roles), "by": found.purpose}
        self._register.note(connection, "person-joined", id, found.organisation, facts)


def _roles(roles: Sequence[str]) -> tuple[Role, ...]:
    known = tuple(role for role in ROLES if role in roles)
    require(known and set(roles) <= set(ROLES), BAD_ROLES, known=", ".join(ROLES))
    return known


def _id(by: Actor | None) -> str | None:
    return by.person if by is not None else None
