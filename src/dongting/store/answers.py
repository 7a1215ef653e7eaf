"""First answers to requests that must have their effect once, kept for a day under the caller's key.

Shared by the workers of a node, in a database of its own that may be thrown away: what is lost is only
the protection of requests that are repeated just then.
"""

from collections.abc import Sequence
from pathlib import Path

import msgspec
from sqlalchemy import (
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)

from dongting.errors import Refused, require
from dongting.standards.idempotency_key import IN_PROGRESS, OTHER_REQUEST, TOO_MANY_KEYS
from dongting.store.schema import open_engine

KEPT = 86_400  # seconds for which a key counts
ABANDONED = 120  # seconds after which a request that got no answer is taken up anew: its worker has ended
EACH = 1000  # keys that one caller may have
_SWEPT = 100  # expired keys removed with each new one

_metadata = MetaData()
_answers = Table(
    "answer", _metadata,
    Column("caller", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("began", Integer, nullable=False),
    Column("answer", LargeBinary),  # NULL: still being worked on
    Index("answer_began", "began"),
)  # fmt: skip


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """An answer as it was first given."""

    status: int
    media_type: str | None
    fields: Sequence[tuple[str, str]]
    body: bytes


class Answers:
    """The kept answers in one SQLite file, for any number of threads and processes."""

    def __init__(self, path: Path) -> None:
        self._engine = open_engine(f"sqlite:///{path}").execution_options(writes=True)
        _metadata.create_all(self._engine)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def begin(self, caller: str, key: str, fingerprint: bytes, now: int) -> Answer | None:
        """The answer that this request got before; None: it is new and to be worked on by whoever asked.

        Refuses the key of another request, one whose request is being worked on, and one too many.
        """
        table = _answers
        this = (table.c.caller == caller) & (table.c.key == key)
        with self._engine.begin() as connection:
            found = connection.execute(select(table).where(this, table.c.began > now - KEPT)).one_or_none()
            if found is None:
                self._make_room(connection, caller, now)
                connection.execute(delete(table).where(this))
                row = {"caller": caller, "key": key, "fingerprint": fingerprint, "began": now}
                connection.execute(insert(table).values(row))
                return None
            require(found.fingerprint == fingerprint, OTHER_REQUEST)
            if found.answer is not None:
                return msgspec.msgpack.decode(found.answer, type=Answer)
            require(found.began <= now - ABANDONED, IN_PROGRESS)
            connection.execute(update(table).where(this).values(began=now))
            return None

    def keep(self, caller: str, key: str, answer: Answer) -> None:
        """Keep the answer to a request that was begun."""
        table = _answers
        this = (table.c.caller == caller) & (table.c.key == key)
        with self._engine.begin() as connection:
            connection.execute(update(table).where(this).values(answer=msgspec.msgpack.encode(answer)))

    def release(self, caller: str, key: str) -> None:
        """Forget a request that was begun and had no effect: it may be sent again."""
        table = _answers
        this = (table.c.caller == caller) & (table.c.key == key) & table.c.answer.is_(None)
        with self._engine.begin() as connection:
            connection.execute(delete(table).where(this))

    def _make_room(self, connection: Connection, caller: str, now: int) -> None:
        table = _answers
        old = select(table.c.began).where(table.c.began <= now - KEPT).order_by(table.c.began)
        last = connection.execute(old.limit(1).offset(_SWEPT)).scalar()
        connection.execute(delete(table).where(table.c.began <= (now - KEPT if last is None else last)))
        own = select(func.count(), func.min(table.c.began)).where(table.c.caller == caller)
        many, first = connection.execute(own).one()
        if many >= EACH:
            raise Refused(TOO_MANY_KEYS, limit=EACH, wait=max(1, first + KEPT - now))
