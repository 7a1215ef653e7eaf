"""API keys: what a program sends to act as a person at one organisation, within scopes and for a time.

A key never does more than its person may at that moment. It is shown once and kept hashed.
"""

import secrets
from collections.abc import Sequence

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, delete, insert, select, update

from dongting.errors import Refused, require
from dongting.node.people.access import ADMINISTER, PERMISSIONS, Actor
from dongting.node.people.codes import BAD_KEY, BAD_LIFETIME, BAD_NAME, BAD_SCOPES, NO_SUCH_KEY
from dongting.node.people.database import api_key, digest, drawn, person
from dongting.node.people.register import Register
from dongting.node.people.trail import Fact

PREFIX = "dt_"
LONGEST = 366  # days
_TOUCH = 60  # seconds between two notes that a key is in use
_DAY = 86_400


class ApiKey(Struct, frozen=True):
    """What is known of a key; times in seconds since 1970, `used` is None before the first use."""

    id: str
    person: str
    holder: str
    name: str
    scopes: tuple[str, ...]
    made: int
    ends: int
    used: int | None


class ApiKeys:
    """The keys of all people here."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._database = register.database

    def make(
        self, actor: Actor, organisation: str, name: str, scopes: Sequence[str], days: int
    ) -> tuple[str, ApiKey]:
        """A new key of the actor; the secret, which is never told again, and what is known of it."""
        name, now = name.strip(), self._register.clock()
        require(0 < len(name) <= 80 and name.isprintable(), BAD_NAME)
        allowed = [permission for permission in PERMISSIONS if actor.may(permission)]
        require(scopes and set(scopes) <= set(allowed), BAD_SCOPES, known=", ".join(allowed))
        require(1 <= days <= LONGEST, BAD_LIFETIME)
        secret, id = PREFIX + drawn(), secrets.token_hex(6)
        chosen = tuple(permission for permission in allowed if permission in scopes)
        made = ApiKey(id, actor.person, actor.name, name, chosen, now, now + days * _DAY, None)
        with self._database.write() as connection:
            connection.execute(
                insert(api_key).values(
                    digest=digest(secret), id=id, person=actor.person, organisation=organisation, name=name,
                    scopes=msgspec.json.encode(chosen), made=now, ends=made.ends,
                )
            )  # fmt: skip
            facts: dict[str, Fact] = {"key": id, "scopes": list(chosen)}
            self._register.note(connection, "api-key-made", actor.person, organisation, facts)
        return secret, made

    def list(self, actor: Actor | None, organisation: str) -> list[ApiKey]:
        """The actor's own keys; all of the organisation for its administrators, or where no person asks."""
        query = select(api_key, person.c.name.label("holder")).join(person)
        with self._database.read() as connection:
            rows = connection.execute(query.where(self._within(actor, organisation))).all()
        found = [
            ApiKey(
                row.id, row.person, row.holder, row.name, tuple(msgspec.json.decode(row.scopes)),
                row.made, row.ends, row.used,
            )
            for row in rows
        ]  # fmt: skip
        return sorted(found, key=lambda one: (-one.made, one.id))

    def revoke(self, actor: Actor | None, organisation: str, id: str) -> None:
        """End a key at once; refuses one that is not in the actor's list."""
        with self._database.write() as connection:
            mine = (api_key.c.id == id) & self._within(actor, organisation)
            require(connection.execute(delete(api_key).where(mine)).rowcount == 1, NO_SUCH_KEY)
            who = actor.person if actor is not None else None
            self._register.note(connection, "api-key-revoked", who, organisation, {"key": id})

    def actor(self, secret: str) -> Actor:
        """Who acts by this key; refuses a key that does not work, or works no more."""
        now, mine = self._register.clock(), digest(secret)
        with self._database.read() as connection:
            query = select(api_key, person.c.name.label("holder"), person.c.active).join(person)
            row = connection.execute(query.where(api_key.c.digest == mine)).one_or_none()
            if row is None or not row.active or row.ends <= now:
                raise Refused(BAD_KEY)
            roles = self._register.roles(connection, row.person).get(row.organisation, ())
        require(roles, BAD_KEY)
        if row.used is None or now - row.used >= _TOUCH:
            with self._database.write() as connection:
                connection.execute(update(api_key).where(api_key.c.digest == mine).values(used=now))
        scopes = frozenset(msgspec.json.decode(row.scopes))
        return Actor(row.person, row.holder, row.organisation, frozenset(roles), (row.organisation,), scopes)

    def _within(self, actor: Actor | None, organisation: str) -> ColumnElement[bool]:
        there = api_key.c.organisation == organisation
        if actor is None or actor.may(ADMINISTER):
            return there
        return there & (api_key.c.person == actor.person)
