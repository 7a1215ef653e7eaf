"""The full-text index of the current records: SQLite FTS5, or a PostgreSQL `tsvector`.

Both hold the same terms (`words`) in three columns: the title, the other text, and the record's facts
(its type and field values as terms), so that a search under filters is one intersection inside the
index. Found are first those with every term in the title, then the others, each newest first: an order
that both databases give alike, and that a cursor can go on from. Terms are letters and digits, quoted.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import msgspec
from sqlalchemy import Connection, text

from dongting.store.fields import Entry, storable
from dongting.store.schema import Tables
from dongting.store.words import Term

#: All of these must hold, of each at least one.
Facts = Sequence[Sequence[str]]
LAST = 2**62  # above all numbers


@lru_cache(16_384)
def fact(label: int, value: str) -> str:
    """The term for one field value."""
    return "f" + hashlib.blake2b(b"%x/%b" % (label, value.encode()), digest_size=8).hexdigest()


def kind(type: str) -> str:
    """The term for one record type."""
    return f"k{hashlib.sha256(storable(type).encode()).hexdigest()[:12]}"


@dataclass(frozen=True, slots=True)
class Document:
    """The words of one record."""

    record: int
    title: Sequence[str]
    text: Sequence[str]
    facts: Sequence[str]


def document(record: int, type: str, entry: Entry) -> Document | None:
    """What to index of a record; None when it has no words."""
    if not entry.title and not entry.text:
        return None
    facts = [kind(type), *(fact(label, value) for label, value, _ in entry.values)]
    return Document(record, entry.title, entry.text, facts)


class Index(Protocol):
    """A full-text index; `tier` 0 is found by the title, 1 only with the other text.

    `find` gives the newest below a number, `above` all of one kind above it.
    """

    def create(self, connection: Connection, tables: Tables) -> None: ...

    def add(self, connection: Connection, tables: Tables, documents: Iterable[Document]) -> None: ...

    def remove(self, connection: Connection, tables: Tables, records: Sequence[int]) -> None: ...

    def find(
        self, connection: Connection, tables: Tables, terms: Sequence[Term], facts: Facts,
        tier: int, below: int, limit: int,
    ) -> list[int]: ...  # fmt: skip

    def above(
        self, connection: Connection, tables: Tables, terms: Sequence[Term], kind: str, number: int
    ) -> list[int]: ...  # fmt: skip

    def settle(self, connection: Connection, tables: Tables) -> None: ...


class Sqlite:
    """FTS5. Its `ascii` tokenizer splits at our spaces only: it takes every other character beyond ASCII
    as part of a term, while `unicode61` drops those that are younger than its own tables."""

    def create(self, connection: Connection, tables: Tables) -> None:
        connection.exec_driver_sql(
            f"CREATE VIRTUAL TABLE IF NOT EXISTS {tables.search} "
            "USING fts5(title, text, facts, tokenize = 'ascii', columnsize = 0)"
        )

    def add(self, connection: Connection, tables: Tables, documents: Iterable[Document]) -> None:
        rows = [(d.record, " ".join(d.title), " ".join(d.text), " ".join(d.facts)) for d in documents]
        if rows:
            connection.exec_driver_sql(
                f"INSERT INTO {tables.search} (rowid, title, text, facts) VALUES (?, ?, ?, ?)",  # noqa: S608
                rows,
            )

    def remove(self, connection: Connection, tables: Tables, records: Sequence[int]) -> None:
        if records:
            connection.exec_driver_sql(
                f"DELETE FROM {tables.search} WHERE rowid = ?",  # noqa: S608
                [(record,) for record in records],
            )

    def find(
        self, connection: Connection, tables: Tables, terms: Sequence[Term], facts: Facts,
        tier: int, below: int, limit: int,
    ) -> list[int]:  # fmt: skip
        said = " AND ".join(self._phrase(term) for term in terms)
        parts = ["facts : (" + " OR ".join(f'"{one}"' for one in group) + ")" for group in facts]
        if tier == 0:
            match = " AND ".join([f"title : ({said})", *parts])
        else:
            match = " AND ".join([f"{{title text}} : ({said})", *parts])
            match = f"({match}) NOT (title : ({said}))"
        found = connection.execute(
            text(
                f"SELECT rowid FROM {tables.search} WHERE {tables.search} MATCH :match AND rowid < :below "  # noqa: S608
                "ORDER BY rowid DESC LIMIT :limit"
            ),
            {"match": match, "below": below, "limit": limit},
        )
        return list(found.scalars())

    def above(
        self, connection: Connection, tables: Tables, terms: Sequence[Term], kind: str, number: int
    ) -> list[int]:  # fmt: skip
        said = " AND ".join(self._phrase(term) for term in terms)
        match = f'{{title text}} : ({said}) AND facts : "{kind}"'
        # As one value: as rows, thousands of them take several times longer.
        found = connection.execute(
            text(
                f"SELECT json_group_array(rowid) FROM {tables.search} "  # noqa: S608
                f"WHERE {tables.search} MATCH :match AND rowid > :number"
            ),
            {"match": match, "number": number},
        )
        return msgspec.json.decode(found.scalar_one(), type=list[int])

    def settle(self, connection: Connection, tables: Tables) -> None:
        # Merges all segments into one, which no longer holds the terms of what was deleted.
        connection.exec_driver_sql(f"INSERT INTO {tables.search} ({tables.search}) VALUES ('optimize')")  # noqa: S608

    @staticmethod
    def _phrase(term: Term) -> str:
        return f'"{" ".join(term.words)}"' + (" *" if term.prefix else "")


class Postgres:
    """A `tsvector` written as such, so that no parser or dictionary of the server takes part."""

    def create(self, connection: Connection, tables: Tables) -> None:
        name = tables.search
        connection.exec_driver_sql(
            f"CREATE TABLE IF NOT EXISTS {name} (record BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)"
        )
        connection.exec_driver_sql(f"CREATE INDEX IF NOT EXISTS {name}_words ON {name} USING gin (words)")

    def add(self, connection: Connection, tables: Tables, documents: Iterable[Document]) -> None:
        rows = [{"record": d.record, "words": self._vector(d)} for d in documents]
        if rows:
            connection.execute(
                text(f"INSERT INTO {tables.search} VALUES (:record, CAST(:words AS tsvector))"),  # noqa: S608
                rows,
            )

    def remove(self, connection: Connection, tables: Tables, records: Sequence[int]) -> None:
        if records:
            connection.execute(
                text(f"DELETE FROM {tables.search} WHERE record = ANY(:records)"),  # noqa: S608
                {"records": list(records)},
            )

    def find(
        self, connection: Connection, tables: Tables, terms: Sequence[Term], facts: Facts,
        tier: int, below: int, limit: int,
    ) -> list[int]:  # fmt: skip
        parts = ["(" + " | ".join(f"'{one}':C" for one in group) + ")" for group in facts]
        in_title = " & ".join(self._phrase(term, "A") for term in terms)
        if tier == 0:
            query = " & ".join([in_title, *parts])
        else:
            anywhere = (self._phrase(term, "AD") for term in terms)
            query = " & ".join([*anywhere, *parts, f"!({in_title})"])
        found = connection.execute(
            text(
                f"SELECT record FROM {tables.search} WHERE words @@ CAST(:query AS tsquery) "  # noqa: S608
                "AND record < :below ORDER BY record DESC LIMIT :limit"
            ),
            {"query": query, "below": below, "limit": limit},
        )
        return list(found.scalars())

    def above(
        self, connection: Connection, tables: Tables, terms: Sequence[Term], kind: str, number: int
    ) -> list[int]:  # fmt: skip
        query = " & ".join([*(self._phrase(term, "AD") for term in terms), f"'{kind}':C"])
        found = connection.execute(
            text(
                f"SELECT record FROM {tables.search} WHERE words @@ CAST(:query AS tsquery) "  # noqa: S608
                "AND record > :number"
            ),
            {"query": query, "number": number},
        )
        return list(found.scalars())

    def settle(self, connection: Connection, tables: Tables) -> None:
        """Nothing to do: VACUUM FULL builds table and index anew."""

    @staticmethod
    def _phrase(term: Term, weight: str) -> str:
        *most, last = term.words
        end = f"'{last}':{'*' if term.prefix else ''}{weight}"
        return "(" + " <-> ".join([*(f"'{word}':{weight}" for word in most), end]) + ")"

    @staticmethod
    def _vector(document: Document) -> str:
        parts: list[str] = []
        # No term of the text follows one of the title directly, so that no phrase spans both.
        for weight, start, found in (("A", 1, document.title), ("D", 4001, document.text)):
            parts.extend(f"'{word}':{start + i}{weight}" for i, word in enumerate(found))
        parts.extend(f"'{one}':1C" for one in document.facts)
        return " ".join(parts)


def found(
    connection: Connection, tables: Tables, said: Sequence[Term], facts: Facts,
    tier: int, below: int, limit: int,
) -> Sequence[tuple[int, int]]:  # fmt: skip
    """Tier and number of what a search finds, from a place in a tier on."""
    places: list[tuple[int, int]] = []
    index = index_for(connection)
    for one in range(tier, 2):
        numbers = index.find(connection, tables, said, facts, one, below, limit - len(places))
        places.extend((one, number) for number in numbers)
        if len(places) == limit:
            break
        below = LAST
    return places


def index_for(connection: Any) -> Index:
    """The full-text index of the connection's database."""
    return Sqlite() if connection.dialect.name == "sqlite" else Postgres()
