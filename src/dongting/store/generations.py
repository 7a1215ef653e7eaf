"""Which generation of tables is read and which is being built, for any number of threads and processes.

There is always exactly one that readers see. Another one may be under construction; it takes the place
of the first in one transaction, or is dropped.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, bindparam, delete, insert, inspect, select, update
from sqlalchemy.exc import ProgrammingError

from dongting.errors import Fault
from dongting.store.schema import (
    JOURNAL,
    REWRITE,
    Tables,
    checkpoint,
    empty_journal,
    lock,
    open_engine,
    projection,
    purging,
    rewrite,
    tables,
)
from dongting.store.search import index_for

T = TypeVar("T")


_FOUND = select(projection.c.generation).where(projection.c.ready == bindparam("ready"))
_HEIGHT = select(projection.c.height).where(projection.c.generation == bindparam("number"))


class Generations:
    """The database behind the views. `fingerprint` says what new tables are filled with."""

    def __init__(self, url: str, fingerprint: str) -> None:
        self._fingerprint = fingerprint
        self._engine = open_engine(url)
        options: dict[str, Any] = {"writes": True}
        if self._engine.dialect.name == "postgresql":
            # Each statement sees what the writer before has committed; `lock` keeps writers apart.
            options["isolation_level"] = "READ COMMITTED"
        self._writer = self._engine.execution_options(**options)
        self._tables: dict[int, Tables] = {}
        self._held = threading.local()
        # Only the first to open it writes, so that nobody has to wait for a writer merely to read.
        if not inspect(self._engine).has_table(projection.name):
            with self.write() as connection:
                projection.create(connection, checkfirst=True)
                if self._find(connection, ready=True) is None:
                    self._create(connection, 1, ready=True)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def read(self, query: Callable[[Connection, Tables], T]) -> T:
        """Run a query on the tables that readers see; all of it sees one state."""
        held: tuple[Connection, Tables] | None = getattr(self._held, "state", None)
        if held is not None:
            return query(*held)
        return self._retried(lambda: self._read(query))

    def together(self, work: Callable[[], T]) -> T:
        """Do work whose reads in this thread all see one state, over one connection."""
        if getattr(self._held, "state", None) is not None:
            return work()

        def hold(connection: Connection, of: Tables) -> T:
            self._held.state = connection, of
            try:
                return work()
            finally:
                self._held.state = None

        return self._retried(lambda: self._read(hold))

    def _read(self, query: Callable[[Connection, Tables], T]) -> T:
        with self._engine.connect() as connection:
            return query(connection, self.of(self.active(connection)))

    @staticmethod
    def _retried(work: Callable[[], T]) -> T:
        try:
            return work()
        except ProgrammingError:
            # PostgreSQL: a rebuild ended and dropped the former tables between two statements.
            return work()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction in which nobody else writes."""
        with self._writer.begin() as connection:
            lock(connection)
            yield connection

    def of(self, generation: int) -> Tables:
        """The tables of a generation."""
        if generation not in self._tables:
            self._tables[generation] = tables(generation)
        return self._tables[generation]

    def active(self, connection: Connection) -> int:
        """The generation that readers see."""
        generation = self._find(connection, ready=True)
        if generation is None:
            raise Fault("the views have no tables that are ready")
        return generation

    def building(self) -> int | None:
        """The height that the generation under construction has reached; None when there is none."""
        with self._engine.connect() as connection:
            generation = self._find(connection, ready=False)
            return None if generation is None else self.height(connection, generation)

    def height(self, connection: Connection, generation: int) -> int:
        """The height that a generation has reached; -1 before genesis."""
        found: int | None = connection.execute(_HEIGHT, {"number": generation}).scalar()
        if found is None:
            raise Fault(f"generation {generation} of the views was dropped by another rebuild")
        return found

    def fingerprint(self, connection: Connection, generation: int) -> str:
        """What a generation was filled with."""
        query = select(projection.c.fingerprint).where(projection.c.generation == generation)
        return str(connection.execute(query).scalar_one())

    def reach(self, connection: Connection, generation: int, height: int) -> None:
        """Note the height, in the transaction that fills the tables up to it."""
        connection.execute(
            update(projection).where(projection.c.generation == generation).values(height=height)
        )

    def begin(self, connection: Connection) -> int:
        """The generation to build: one that was left unfinished, or a new one."""
        unfinished = self._find(connection, ready=False)
        if unfinished is not None:
            if self.fingerprint(connection, unfinished) == self._fingerprint:
                return unfinished
            self._drop(connection, unfinished)
        generation = self.active(connection) + 1
        self._create(connection, generation, ready=False)
        return generation

    def finish(self, connection: Connection, generation: int) -> None:
        """Let readers see the generation that was built; drop the former. Again: nothing happens."""
        former = self.active(connection)
        if former == generation:
            return
        connection.execute(update(projection).where(projection.c.generation == generation).values(ready=True))
        self._drop(connection, former)

    def ask_purge(self, connection: Connection) -> None:
        """Note, in the transaction that removes a text, that the files are to be purged of it."""
        purging.create(connection, checkfirst=True)
        connection.execute(delete(purging))
        connection.execute(insert(purging).values(asked=REWRITE))

    def tidy(self) -> None:
        """Bring what was written to its place in the database, for when little else goes to the disk."""
        checkpoint(self._engine)

    def purge(self) -> bool:
        """Write the database anew if that was asked for; False when a reader held it up."""
        if not inspect(self._engine).has_table(purging.name):
            return True
        with self.write() as connection:
            asked = connection.execute(select(purging.c.asked)).scalar()
            if asked == REWRITE:
                unfinished = self._find(connection, ready=False)
                if unfinished is not None:
                    self._drop(connection, unfinished)
                index_for(connection).settle(connection, self.of(self.active(connection)))
        if asked == REWRITE:
            rewrite(self._engine)
            with self.write() as connection:
                connection.execute(update(purging).values(asked=JOURNAL))
        if asked is not None:
            if not empty_journal(self._engine):
                return False
            with self.write() as connection:
                connection.execute(delete(purging))
        return True

    @staticmethod
    def _find(connection: Connection, ready: bool) -> int | None:
        return connection.execute(_FOUND, {"ready": ready}).scalar()

    def _create(self, connection: Connection, generation: int, ready: bool) -> None:
        of = self.of(generation)
        of.metadata.create_all(connection)
        index_for(connection).create(connection, of)
        connection.execute(
            insert(projection).values(
                generation=generation, height=-1, fingerprint=self._fingerprint, ready=ready
            )
        )

    def _drop(self, connection: Connection, generation: int) -> None:
        of = self.of(generation)
        connection.execute(delete(projection).where(projection.c.generation == generation))
        connection.exec_driver_sql(f"DROP TABLE {of.search}")
        of.metadata.drop_all(connection)
