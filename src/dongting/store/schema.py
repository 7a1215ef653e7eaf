"""The tables of the views and how their database is opened (SQLite in WAL mode, or PostgreSQL).

All applications share the same few tables. They exist once per generation: a rebuild fills the next
generation while the present one is read, and `projection` says which is which and how far each has come.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    create_engine,
    event,
    make_url,
    text,
)

#: Raised by one when the tables, the words or the sortable forms change: older views are then rebuilt.
LAYOUT = 2

# Compared and sorted by code point on both.
_Text = Text().with_variant(Text(collation="C"), "postgresql")
# SQLite's row number is an INTEGER and nothing else.
_Number = BigInteger().with_variant(Integer(), "sqlite")

projection = Table(
    "projection", MetaData(),
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("height", BigInteger, nullable=False),  # -1 before genesis
    Column("fingerprint", Text, nullable=False),
    Column("ready", Boolean, nullable=False),
)  # fmt: skip


#: Holds a row while texts that were redacted may still lie in pages that nothing refers to; made when needed.
REWRITE, JOURNAL = 1, 2  # what is still to be done: all of it, or only the write-ahead log
purging = Table("purging", MetaData(), Column("asked", Integer, primary_key=True, autoincrement=False))


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """One generation of tables."""

    generation: int
    metadata: MetaData
    record: Table
    field: Table
    tally: Table
    waiting: Table

    @property
    def search(self) -> str:
        """The name of the full-text table, which each database defines its own way."""
        return f"search_{self.generation}"


def tables(generation: int) -> Tables:
    """The definitions of one generation.

    `record` holds every kept version; its number rises in the order of the ledger. `field` holds the
    values of current versions, `tally` how many current records have each, `waiting` who must act next.
    """
    metadata = MetaData()

    def table(name: str, *parts: Any, **options: Any) -> Table:
        return Table(f"{name}_{generation}", metadata, *parts, **options)

    record = table(
        "record",
        Column("number", _Number, primary_key=True, autoincrement=False),
        Column("type", _Text, nullable=False),
        Column("id", _Text, nullable=False),
        Column("version", BigInteger, nullable=False),
        Column("leaf", BigInteger, nullable=False),
        Column("height", BigInteger, nullable=False),
        Column("time", BigInteger, nullable=False),
        Column("current", Boolean, nullable=False),
        Column("body", LargeBinary, nullable=False),
        Index(f"record_{generation}_id", "type", "id", "version", unique=True),
        # Partial: with `current` as a column, SQLite would take it to find the current version of one id.
        Index(
            f"record_{generation}_current",
            "type",
            "number",
            sqlite_where=text("current = 1"),
            postgresql_where=text("current"),
        ),
    )
    field = table(
        "field",
        Column("record", BigInteger, primary_key=True, autoincrement=False),
        Column("label", BigInteger, primary_key=True, autoincrement=False),
        Column("value", _Text, primary_key=True),
        Column("first", Boolean, nullable=False),
        Index(f"field_{generation}_value", "label", "value", "record"),
        sqlite_with_rowid=False,
    )
    tally = table(
        "tally",
        Column("label", BigInteger, primary_key=True, autoincrement=False),
        Column("value", _Text, primary_key=True),
        Column("many", BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    waiting = table(
        "waiting",
        Column("record", _Number, primary_key=True, autoincrement=False),
        Column("organisation", _Text, nullable=False),  # empty: nobody in particular
        Column("due", BigInteger, nullable=False),  # NO_DUE: no deadline, after all that have one
        Column("type", _Text, nullable=False),
        Index(f"waiting_{generation}_organisation", "organisation", "due", "record"),
        Index(f"waiting_{generation}_due", "due", "record"),
    )
    return Tables(generation, metadata, record, field, tally, waiting)


NO_DUE = 2**62


def open_engine(url: str, *, durable: bool = False) -> Engine:
    """An engine on the database of the URL, whose transactions see one state from start to end.

    `durable` brings each commit to the disk, for what is not projected from the ledger.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(parsed, pool_size=8, max_overflow=24)
        event.listen(engine, "connect", _prepare)
        if durable:
            event.listen(engine, "connect", _durable)
        event.listen(engine, "begin", _begin)
        return engine
    return create_engine(
        parsed.set(drivername="postgresql+psycopg"), pool_size=8, max_overflow=24, pool_pre_ping=True,
        isolation_level="REPEATABLE READ",
    )  # fmt: skip


def _prepare(connection: Any, _: Any) -> None:
    # The driver would begin transactions where it likes; `_begin` does instead.
    connection.isolation_level = None
    for pragma in (
        "busy_timeout = 60000",
        "journal_mode = WAL",
        "synchronous = NORMAL",  # a lost tail is projected again: the height is lost with it
        # Bytes that go to the disk hold up the ledger there: the views are tidied up when nobody writes, or
        # after 128 MiB.
        "wal_autocheckpoint = 32768",
        "journal_size_limit = 134217728",
        "temp_store = MEMORY",
        "cache_size = -65536",
        "mmap_size = 1073741824",
        "secure_delete = OFF",  # what the ledger does not hold for ever is purged by rewriting the file
    ):
        connection.execute(f"PRAGMA {pragma}")


def _durable(connection: Any, _: Any) -> None:
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA wal_autocheckpoint = 1000")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def lock(connection: Connection, number: int = 4919128301) -> None:
    """Let one process at a time write under this number; until the end of the transaction.

    SQLite has done so by `BEGIN IMMEDIATE`. On PostgreSQL the transaction must not have read yet, else
    it would not see what the process before it wrote.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({number:d})"))


def rewrite(engine: Engine) -> None:
    """Write the database anew, without the pages and rows that nothing refers to any more."""
    connection = engine.raw_connection()
    try:
        if engine.dialect.name == "postgresql":
            connection.rollback()
            connection.driver_connection.autocommit = True  # type: ignore[union-attr]
            connection.cursor().execute("VACUUM FULL")
        else:
            cursor = connection.cursor()
            cursor.execute("PRAGMA temp_store = FILE")  # for a copy of the whole database
            cursor.execute("VACUUM")
    finally:
        connection.invalidate()  # a connection of its own settings


def checkpoint(engine: Engine) -> None:
    """Bring what SQLite's write-ahead log holds into the database as far as no reader is in the way."""
    if engine.dialect.name == "sqlite":
        connection = engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        finally:
            connection.close()


def empty_journal(engine: Engine) -> bool:
    """Truncate the write-ahead log of SQLite; False while a reader uses it. PostgreSQL's goes its own way."""
    if engine.dialect.name == "postgresql":
        return True
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute("PRAGMA busy_timeout = 1000")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return bool(cursor.fetchall()[0][0] == 0)
    finally:
        connection.invalidate()
