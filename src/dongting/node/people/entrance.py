"""Signing in and out: sessions that the server keeps, known by a random token that it keeps hashed.

Every sign-in draws a new token, so that one planted before it is worth nothing (session fixation).
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from dongting.errors import Refused, require
from dongting.node.people import attempts
from dongting.node.people.access import Actor
from dongting.node.people.codes import NOT_SIGNED_IN, NOT_YOURS, SIGN_IN_FAILED, WRONG_PASSWORD
from dongting.node.people.database import digest, drawn, person, session
from dongting.node.people.passwords import check as check_password
from dongting.node.people.register import Register, person_row

#: Built once, as each request of somebody signed in asks it.
_FOUND = (
    select(session, person.c.name, person.c.active).join(person).where(session.c.digest == bindparam("mine"))
)
_TOUCH = 60  # seconds between two notes that a session is in use


class Said(Struct, frozen=True, array_like=True):
    """A message for the next page: its English text, its values, and whether it warns."""

    message: str
    values: dict[str, str] = {}
    warns: bool = False


class Session(Struct, frozen=True):
    """A session in use. `proof` goes into each form, which shows that the form came from our page."""

    token: str
    actor: Actor
    said: tuple[Said, ...] = ()

    @property
    def proof(self) -> str:
        """What forms carry; it tells nothing of the token."""
        return digest(f"form\n{self.token}")[:43]


class Entrance:
    """Who is here. `client` is the network address that a request came from."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._database = register.database

    def sign_in(self, login: str, password: str, client: str, replaces: str | None = None) -> str:
        """A new session's token; refuses alike whether the name or the password is wrong.

        `replaces` is the token of a session that ends with it.
        """
        register, login = self._register, login.strip().lower()
        with self._database.write() as connection:
            attempts.begin(connection, login, client, register.clock())
        with self._database.read() as connection:
            found = connection.execute(select(person).where(person.c.login == login)).one_or_none()
        kept = found.password if found is not None and found.active else None
        right = self._register.passwords.verified(kept, password)
        with self._database.write() as connection:
            if not right or found is None:
                id = found.id if found is not None else None
                self._note(connection, "sign-in-refused", id, client)
            else:
                attempts.succeeded(connection, login, client, register.clock())
                self._note(connection, "sign-in", found.id, client, by="password")
                return self._begin(connection, found.id, replaces)
        raise Refused(SIGN_IN_FAILED)

    def enter(self, id: str, client: str, by: str, replaces: str | None = None) -> str:
        """A new session of a person who has shown who they are in another way; its token."""
        with self._database.write() as connection:
            self._note(connection, "sign-in", id, client, by=by)
            return self._begin(connection, id, replaces)

    def _begin(self, connection: Connection, id: str, replaces: str | None = None) -> str:
        now, token = self._register.clock(), drawn()
        if replaces is not None:
            connection.execute(delete(session).where(session.c.digest == digest(replaces)))
        idle = now - self._register.idle
        connection.execute(delete(session).where((session.c.ends <= now) | (session.c.seen <= idle)))
        connection.execute(
            insert(session).values(
                digest=digest(token), person=id, began=now, seen=now, ends=now + self._register.longest,
                organisation=next(iter(self._register.roles(connection, id)), None),
            )
        )  # fmt: skip
        return token

    def find(self, token: str) -> Session | None:
        """The session of a token, unless it has ended; using it keeps it alive."""
        now, mine = self._register.clock(), digest(token)
        with self._database.read() as connection:
            row = connection.execute(_FOUND, {"mine": mine}).one_or_none()
            if row is None or not row.active or row.ends <= now or row.seen + self._register.idle <= now:
                return None
            roles = self._register.roles(connection, row.person)
        if now - row.seen >= _TOUCH:
            with self._database.write() as connection:
                connection.execute(update(session).where(session.c.digest == mine).values(seen=now))
        acted = row.organisation if row.organisation in roles else next(iter(roles), None)
        actor = Actor(row.person, row.name, acted, frozenset(roles.get(acted or "", ())), tuple(roles))
        return Session(token, actor, tuple(msgspec.json.decode(row.said, type=list[Said])))

    def sign_out(self, found: Session, client: str) -> None:
        """End a session."""
        with self._database.write() as connection:
            connection.execute(delete(session).where(session.c.digest == digest(found.token)))
            self._note(connection, "sign-out", found.actor.person, client, found.actor.organisation)

    def switch(self, found: Session, organisation: str) -> None:
        """Act for another of one's organisations from now on."""
        require(organisation in found.actor.organisations, NOT_YOURS, organisation=organisation[:64])
        self._change(found, organisation=organisation)

    def say(self, found: Session, said: Sequence[Said]) -> None:
        """Keep messages for the next page of this session; none: they were shown."""
        self._change(found, said=msgspec.json.encode(list(said)))

    def confirm(self, actor: Actor, present: str, client: str) -> None:
        """Take the present password as the sign that it is the person who asks. Whatever outlasts a session
        or a key needs it: who only holds one of these shall not come to hold the account.
        """
        row = self._person(actor)
        with self._database.write() as connection:
            attempts.begin(connection, row.login, client, self._register.clock())
        right = self._register.passwords.verified(row.password, present)
        with self._database.write() as connection:
            if right:
                attempts.succeeded(connection, row.login, client, self._register.clock())
            else:
                self._note(connection, "password-refused", actor.person, client, actor.organisation)
        require(right, WRONG_PASSWORD)

    def change_password(self, found: Session, present: str, new: str, client: str) -> None:
        """Another password; all other sessions of the person end."""
        id, row = found.actor.person, self._person(found.actor)
        self.confirm(found.actor, present, client)
        check_password(new, row.login, row.name)
        kept = self._register.passwords.hashed(new)
        with self._database.write() as connection:
            connection.execute(update(person).where(person.c.id == id).values(password=kept))
            others = (session.c.person == id) & (session.c.digest != digest(found.token))
            connection.execute(delete(session).where(others))
            self._note(connection, "password-changed", id, client, found.actor.organisation)

    def refused(self, refusal: Refused, actor: Actor | None, client: str, place: str) -> None:
        """Leave a line about a request that was turned away; `place` is its path."""
        facts = {"client": client, "code": str(refusal.code), "place": place[:200]}
        with self._database.write() as connection:
            who, whose = (actor.person, actor.organisation) if actor is not None else (None, None)
            self._register.note(connection, "refused", who, whose, facts)

    def _person(self, actor: Actor) -> Any:
        with self._database.read() as connection:
            row = person_row(connection, actor.person)
        assert row is not None
        return row

    def _change(self, found: Session, **values: Any) -> None:
        with self._database.write() as connection:
            mine = update(session).where(session.c.digest == digest(found.token))
            require(connection.execute(mine.values(**values)).rowcount == 1, NOT_SIGNED_IN)

    def _note(
        self, connection: Connection, what: str, id: str | None, client: str,
        organisation: str | None = None, **facts: str,
    ) -> None:  # fmt: skip
        if organisation is None and id is not None:
            organisation = next(iter(self._register.roles(connection, id)), None)
        self._register.note(connection, what, id, organisation, {"client": client, **facts})
