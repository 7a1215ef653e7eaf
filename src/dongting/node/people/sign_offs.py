"""What one person signed off and a second one has to confirm before it is signed.

A sign-off is bound to the exact bytes that will be signed (`mark`). The custodian signs each at most once,
while its second person confirms it, so that no two sessions and no repetition make two statements.
"""

import hashlib
import secrets
from typing import Any, Literal

from msgspec import Struct
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    LargeBinary,
    Table,
    Text,
    insert,
    select,
    update,
)

from dongting.errors import Refused, require
from dongting.node.drafting import ACTIONS
from dongting.node.notices.book import Book, New
from dongting.node.people.access import Actor
from dongting.node.people.database import metadata, person
from dongting.node.people.register import Register
from dongting.node.people.sign_off_codes import (
    BAD_REASON,
    FIRST_GONE,
    NO_SUCH_SIGN_OFF,
    NOT_THE_FIRST,
    NOT_WAITING,
    SAME_PERSON,
    WAITS_ALREADY,
)
from dongting.node.people.trail import Fact
from dongting.node.warrants import may
from dongting.wire.statement import Statement

LASTS = 7 * 86_400  # seconds
_STUCK = 120  # seconds after which a confirmation that never came to a signature may be made again
State = Literal["waiting", "signing", "signed", "accepted", "refused", "rejected", "withdrawn", "expired"]

#: `sealed` is what would be signed, encrypted to the organisation itself; `data` the statement once signed.
sign_off = Table(
    "sign_off", metadata,
    Column("id", Text, primary_key=True),
    Column("organisation", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("mark", Text, nullable=False, index=True),
    Column("fingerprint", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("first", Text, nullable=False),
    Column("second", Text, nullable=False, default=""),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("made", BigInteger, nullable=False),
    Column("ends", BigInteger, nullable=False),
    Column("decided", BigInteger),
    Column("statement", Text, nullable=False, default=""),
    Column("data", LargeBinary),
    Column("leaf", BigInteger),
    Index("sign_off_organisation", "organisation", "made"),
)  # fmt: skip


class SignOff(Struct, frozen=True):
    """One sign-off: `first` and `second` are people's ids, with their present names; `fingerprint` is what
    whoever confirms it names; times in seconds since 1970. `statement` and `index` are those of what was
    signed, `reason` why it was rejected, or the code with which the ledger refused it."""

    id: str
    action: str
    subject: str
    state: State
    fingerprint: str
    first: str
    first_name: str
    second: str
    second_name: str
    made: int
    ends: int
    decided: int | None
    reason: str
    statement: str
    index: int | None


class SignOffs:
    """The sign-offs of all organisations here; each sees its own."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._database = register.database
        self._book = Book(register.database, register.clock)

    def begin(
        self, actor: Actor, organisation: str, action: str, subject: str, payload: bytes,
        fingerprint: str, sealed: bytes,
    ) -> str:  # fmt: skip
        """Sign off what would be signed (`payload` are its arguments in canonical JSON); the id. The same
        again by the same person is the same sign-off."""
        now, mark, id = self._register.clock(), mark_of(action, subject, payload), secrets.token_hex(6)
        with self._database.write() as connection:
            self._expire(connection, organisation)
            same = (sign_off.c.organisation == organisation) & (sign_off.c.mark == mark)
            waits = connection.execute(
                select(sign_off).where(same & sign_off.c.state.in_(("waiting", "signing")))
            ).first()
            if waits is not None:
                require(waits.first == actor.person, WAITS_ALREADY, id=waits.id)
                return str(waits.id)
            connection.execute(
                insert(sign_off).values(
                    id=id, organisation=organisation, action=action, subject=subject, mark=mark,
                    fingerprint=fingerprint, sealed=sealed, first=actor.person, state="waiting", made=now,
                    ends=now + LASTS,
                )
            )  # fmt: skip
            self._note(connection, "sign-off-begun", actor.person, organisation, id, action, subject)
            self._tell(connection, organisation, "sign-off", id, action)
        return id

    def list(self, organisation: str, *, waiting: bool = False, limit: int = 100) -> list[SignOff]:
        """Those of an organisation, the newest first; only those that wait."""
        self._sweep(organisation)
        query = select(sign_off).where(sign_off.c.organisation == organisation)
        if waiting:
            query = query.where(sign_off.c.state.in_(("waiting", "signing", "signed")))
        with self._database.read() as connection:
            rows = connection.execute(
                query.order_by(sign_off.c.made.desc(), sign_off.c.id).limit(limit)
            ).all()
            return [_told(row, _names(connection, rows)) for row in rows]

    def one(self, organisation: str, id: str) -> SignOff:
        """One of them; refuses another organisation's."""
        self._sweep(organisation)
        with self._database.read() as connection:
            row = self._row(connection, organisation, id)
            return _told(row, _names(connection, [row]))

    def sealed(self, organisation: str, id: str) -> bytes:
        """What would be signed, encrypted to the organisation."""
        with self._database.read() as connection:
            return bytes(self._row(connection, organisation, id).sealed)

    def data(self, organisation: str, id: str) -> bytes | None:
        """The statement, once it was signed."""
        with self._database.read() as connection:
            found = self._row(connection, organisation, id).data
            return None if found is None else bytes(found)

    def confirm(self, actor: Actor, organisation: str, id: str) -> None:
        """The second person confirms it: from now on the custodian signs it, once."""
        now = self._register.clock()
        with self._database.write() as connection:
            row = self._row(connection, organisation, id)
            require(actor.person != row.first, SAME_PERSON)
            stuck = row.state == "signing" and row.decided < now - _STUCK
            waits = (row.state == "waiting" or stuck) and row.ends > now
            require(waits, NOT_WAITING, state=row.state if row.ends > now else "expired")
            require(self._first_may(connection, row), FIRST_GONE)
            mine = sign_off.c.id == id
            connection.execute(
                update(sign_off).where(mine).values(state="signing", second=actor.person, decided=now)
            )
            self._note(
                connection, "sign-off-confirmed", actor.person, organisation, id, row.action, row.subject
            )

    def released(self, organisation: str, id: str) -> None:
        """A confirmation came to no signature: it waits again."""
        with self._database.write() as connection:
            mine = (sign_off.c.organisation == organisation) & (sign_off.c.id == id)
            waits = mine & (sign_off.c.state == "signing")
            connection.execute(update(sign_off).where(waits).values(state="waiting", second="", decided=None))

    def settled(self, organisation: str, id: str, index: int | None, why: str = "") -> None:
        """What was signed is in the ledger at that index, or (None) the ledger refused it with a code."""
        with self._database.write() as connection:
            row = self._row(connection, organisation, id)
            if row.state != "signed":
                return  # another session came first
            state = "refused" if index is None else "accepted"
            values = {"state": state, "leaf": index, "reason": why}
            connection.execute(update(sign_off).where(sign_off.c.id == id).values(**values))
            facts: dict[str, Fact] = {"leaf": index} if index is not None else {"code": why}
            self._note(
                connection, f"sign-off-{state}", row.second, organisation, id, row.action, row.subject, facts
            )

    def reject(self, actor: Actor, organisation: str, id: str, reason: str) -> None:
        """A second person says no, and why."""
        reason = reason.strip()
        require(0 < len(reason) <= 500, BAD_REASON)
        self._end(actor, organisation, id, "rejected", reason)

    def withdraw(self, actor: Actor, organisation: str, id: str) -> None:
        """The first person takes it back."""
        self._end(actor, organisation, id, "withdrawn", "")

    def signing(self, connection: Connection, organisation: str, by: str, statement: Statement) -> Any:
        """The sign-off under which the custodian may sign this statement now, for its second person; it is
        used up by it. None where there is none."""
        mark = mark_of(statement.action, statement.subject, statement.payload)
        same = (sign_off.c.organisation == organisation) & (sign_off.c.mark == mark)
        mine = same & (sign_off.c.state == "signing") & (sign_off.c.second == by) & (sign_off.c.first != by)
        row = connection.execute(select(sign_off).where(mine)).first()
        if row is not None:
            values = {"state": "signed", "statement": statement.leaf.hex(), "data": statement.data}
            connection.execute(update(sign_off).where(sign_off.c.id == row.id).values(**values))
        return row

    def _end(self, actor: Actor, organisation: str, id: str, state: str, reason: str) -> None:
        now = self._register.clock()
        with self._database.write() as connection:
            row = self._row(connection, organisation, id)
            first = actor.person == row.first
            require(first == (state == "withdrawn"), NOT_THE_FIRST if not first else SAME_PERSON)
            stuck = row.state == "signing" and row.decided < now - _STUCK
            require(row.state == "waiting" or stuck, NOT_WAITING, state=row.state)
            connection.execute(
                update(sign_off)
                .where(sign_off.c.id == id)
                .values(state=state, second="" if first else actor.person, reason=reason, decided=now)
            )
            self._note(
                connection, f"sign-off-{state}", actor.person, organisation, id, row.action, row.subject
            )
            if state == "rejected":
                self._tell(connection, organisation, "sign-off-rejected", id, row.action)

    def _first_may(self, connection: Connection, row: Any) -> bool:
        held = self._register.roles(connection, row.first).get(row.organisation, ())
        active = connection.execute(select(person.c.active).where(person.c.id == row.first)).scalar()
        first = Actor(row.first, "", row.organisation, frozenset(held), (row.organisation,))
        return bool(active) and may(first, ACTIONS[row.action])

    def _row(self, connection: Connection, organisation: str, id: str) -> Any:
        mine = (sign_off.c.organisation == organisation) & (sign_off.c.id == id)
        row = connection.execute(select(sign_off).where(mine)).one_or_none()
        if row is None:
            raise Refused(NO_SUCH_SIGN_OFF)
        return row

    def _sweep(self, organisation: str) -> None:
        late = (sign_off.c.state == "waiting") & (sign_off.c.ends <= self._register.clock())
        mine = (sign_off.c.organisation == organisation) & late
        with self._database.read() as connection:
            if connection.execute(select(sign_off.c.id).where(mine)).first() is None:
                return
        with self._database.write() as connection:
            self._expire(connection, organisation)

    def _expire(self, connection: Connection, organisation: str) -> None:
        now = self._register.clock()
        late = (sign_off.c.state == "waiting") & (sign_off.c.ends <= now)
        mine = (sign_off.c.organisation == organisation) & late
        for row in connection.execute(select(sign_off).where(mine)).all():
            ended = update(sign_off).where(sign_off.c.id == row.id)
            connection.execute(ended.values(state="expired", decided=row.ends))
            self._note(connection, "sign-off-expired", None, organisation, row.id, row.action, row.subject)

    def _note(
        self, connection: Connection, what: str, who: str | None, organisation: str, id: str, action: str,
        subject: str, facts: dict[str, Fact] | None = None,
    ) -> None:  # fmt: skip
        told: dict[str, Fact] = {"sign_off": id, "action": action, "subject": subject, **(facts or {})}
        self._register.note(connection, what, who, organisation, told)

    def _tell(
        self,
        connection: Connection,
        organisation: str,
        kind: Literal["sign-off", "sign-off-rejected"],
        id: str,
        action: str,
    ) -> None:
        facts: dict[str, str | int] = {"sign_off": id, "action": action}
        self._book.add(connection, [New(organisation, kind, "", f"{kind}:{id}", facts)])


def mark_of(action: str, subject: str, payload: bytes) -> str:
    """What a statement says, whoever signs it and when: SHA-256 in hexadecimal."""
    return hashlib.sha256(b"\0".join((action.encode(), subject.encode(), payload))).hexdigest()


def _names(connection: Connection, rows: Any) -> dict[str, str]:
    ids = {id for row in rows for id in (row.first, row.second) if id}
    found = connection.execute(select(person.c.id, person.c.name).where(person.c.id.in_(ids)))
    return {row.id: row.name for row in found}


def _told(row: Any, names: dict[str, str]) -> SignOff:
    return SignOff(
        row.id, row.action, row.subject, row.state, row.fingerprint, row.first,
        names.get(row.first, row.first), row.second, names.get(row.second, row.second), row.made, row.ends,
        row.decided, row.reason, row.statement, row.leaf,
    )  # fmt: skip
