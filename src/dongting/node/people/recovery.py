"""Recovery codes: ten secrets on paper, each of which once stands in for a lost password or passkey."""

import secrets

from sqlalchemy import delete, func, insert, select, update

from dongting.errors import Refused
from dongting.node.people import attempts
from dongting.node.people.access import Actor
from dongting.node.people.codes import BAD_RECOVERY
from dongting.node.people.database import digest, person, recovery, session
from dongting.node.people.passwords import check
from dongting.node.people.register import Register

CODES = 10
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # no two that look alike


class Recovery:
    """The codes of all people here."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._database = register.database

    def left(self, actor: Actor) -> int:
        """How many codes a person has left."""
        with self._database.read() as connection:
            mine = recovery.c.person == actor.person
            return connection.execute(select(func.count()).select_from(recovery).where(mine)).scalar_one()

    def make(self, actor: Actor) -> list[str]:
        """Ten new codes, of about 79 bits each; the former ones end."""
        codes = [
            "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4))
            for _ in range(CODES)
        ]
        with self._database.write() as connection:
            connection.execute(delete(recovery).where(recovery.c.person == actor.person))
            rows = [{"digest": _kept(actor.person, code), "person": actor.person} for code in codes]
            connection.execute(insert(recovery), rows)
            self._register.note(connection, "recovery-codes-made", actor.person, actor.organisation)
        return codes

    def use(self, login: str, code: str, password: str, client: str) -> str:
        """Choose a new password by a code, which ends all sessions; the person's id."""
        register, login = self._register, login.strip().lower()
        with self._database.write() as connection:
            attempts.begin(connection, login, client, register.clock())
        with self._database.read() as connection:
            row = connection.execute(select(person).where(person.c.login == login)).one_or_none()
            id = row.id if row is not None and row.active else ""
            mine = recovery.c.digest == _kept(id, code)
            right = connection.execute(select(recovery.c.person).where(mine)).scalar() == id != ""
        if not right or row is None:
            with self._database.write() as connection:
                organisation = next(iter(register.roles(connection, id)), None)
                register.note(connection, "recovery-refused", id or None, organisation, {"client": client})
            raise Refused(BAD_RECOVERY)
        check(password, row.login, row.name)
        kept = register.passwords.hashed(password)
        with self._database.write() as connection:
            if connection.execute(delete(recovery).where(mine)).rowcount != 1:
                raise Refused(BAD_RECOVERY)
            attempts.succeeded(connection, login, client, register.clock())
            connection.execute(update(person).where(person.c.id == id).values(password=kept))
            connection.execute(delete(session).where(session.c.person == id))
            organisation = next(iter(register.roles(connection, id)), None)
            register.note(connection, "password-recovered", id, organisation, {"client": client})
        return str(id)


def _kept(id: str, code: str) -> str:
    plain = "".join(each for each in code.strip().lower() if each.isalnum())[:64]
    return digest(f"{id}\n{plain}")
