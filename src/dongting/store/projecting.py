"""Writing changed records into one generation of tables, in bulk and in the ledger's order.

Afterwards the newest version of each record, and only that, is `current`, has its values in `field`,
`tally` and `waiting`, and its words in the full-text index.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from dongting.errors import Fault
from dongting.store.fields import ALL, Fields
from dongting.store.rows import Changed
from dongting.store.schema import NO_DUE, Tables
from dongting.store.search import Document, document, index_for

T = TypeVar("T")
Key = tuple[str, str]
Row = tuple[Any, ...]

_CHUNK = 500


def project(connection: Connection, tables: Tables, fields: Fields, changes: Sequence[Changed]) -> None:
    """Add these versions. A version that is not newer than the one before it is a Fault."""
    if not changes:
        return
    newest: dict[Key, int] = {}
    for place, change in enumerate(changes):
        before = newest.get((change.type, change.id))
        if before is not None and changes[before].version >= change.version:
            raise Fault(f"{change.type}/{change.id}: version {change.version} follows a newer one")
        newest[change.type, change.id] = place
    tally: Counter[tuple[int, str]] = Counter()
    _retire(connection, tables, fields, [changes[place] for place in newest.values()], tally)
    _insert(connection, tables, fields, changes, set(newest.values()), tally)
    _count(connection, tables, tally)


def replace(connection: Connection, tables: Tables, versions: Iterable[Changed]) -> None:
    """Put these bodies in place of those that were kept; the versions are no longer current."""
    record = tables.record
    for version in versions:
        connection.execute(
            update(record)
            .where(
                record.c.type == version.type, record.c.id == version.id,
                record.c.version == version.version, record.c.current == False,  # noqa: E712
            )
            .values(body=version.body)
        )  # fmt: skip


def _retire(
    connection: Connection, tables: Tables, fields: Fields,
    changes: Iterable[Changed], tally: Counter[tuple[int, str]],
) -> None:  # fmt: skip
    """Take what these changes replace out of all but the kept versions."""
    record, field = tables.record, tables.field
    by_type: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for change in changes:
        by_type[change.type][change.id] = change.version
    old: list[int] = []
    for type, versions in by_type.items():
        for ids in _chunks(list(versions)):
            query = select(record.c.number, record.c.id, record.c.version).where(
                record.c.type == type, record.c.id.in_(ids), record.c.current == True  # noqa: E712
            )  # fmt: skip
            for row in connection.execute(query):
                if row.version >= versions[row.id]:
                    raise Fault(f"{type}/{row.id}: version {versions[row.id]} follows {row.version}")
                old.append(row.number)
                tally[fields.label(type, ALL), ""] -= 1
    for numbers in _chunks(old):
        pairs = connection.execute(
            select(field.c.label, field.c.value, func.count())
            .where(field.c.record.in_(numbers))
            .group_by(field.c.label, field.c.value)
        )
        for label, value, many in pairs:
            tally[label, value] -= many
        connection.execute(delete(field).where(field.c.record.in_(numbers)))
        connection.execute(delete(tables.waiting).where(tables.waiting.c.record.in_(numbers)))
        connection.execute(update(record).where(record.c.number.in_(numbers)).values(current=False))
        index_for(connection).remove(connection, tables, numbers)


def _insert(
    connection: Connection, tables: Tables, fields: Fields,
    changes: Sequence[Changed], newest: set[int], tally: Counter[tuple[int, str]],
) -> None:  # fmt: skip
    number = connection.execute(select(func.max(tables.record.c.number))).scalar() or 0
    records: list[Row] = []
    values: list[Row] = []
    waiting: list[Row] = []
    documents: list[Document] = []
    for place, change in enumerate(changes):
        number += 1
        current = place in newest
        records.append(
            (number, change.type, change.id, change.version, change.leaf, change.height, change.time,
             current, change.body)
        )  # fmt: skip
        if not current:
            continue
        entry = fields.entry(change.type, change.body)
        tally[fields.label(change.type, ALL), ""] += 1
        values.extend((number, *value) for value in entry.values)
        if entry.waits_for is not None or entry.due is not None:
            due = NO_DUE if entry.due is None else entry.due
            waiting.append((number, entry.waits_for or "", due, change.type))
        found = document(number, change.type, entry)
        if found:
            documents.append(found)
    tally.update((label, value) for _, label, value, _ in values)
    _write(connection, tables.record, records)
    _write(connection, tables.field, values)
    _write(connection, tables.waiting, waiting)
    index_for(connection).add(connection, tables, documents)


def _write(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows in the order of the columns, past SQLAlchemy, which takes longer than the database."""
    if rows:
        mark = "?" if connection.dialect.name == "sqlite" else "%s"
        marks = ", ".join([mark] * len(table.columns))
        connection.exec_driver_sql(f"INSERT INTO {table.name} VALUES ({marks})", rows)  # noqa: S608


def _count(connection: Connection, tables: Tables, changes: Counter[tuple[int, str]]) -> None:
    """Add to the tally; values that no record has any longer go."""
    tally = tables.tally
    rows: list[dict[str, Any]] = [
        {"label": label, "value": value, "many": n} for (label, value), n in changes.items() if n
    ]
    if not rows:
        return
    dialect: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
    adding = dialect.insert(tally)
    adding = adding.on_conflict_do_update(
        index_elements=["label", "value"], set_={"many": tally.c.many + adding.excluded.many}
    )
    connection.execute(adding, sorted(rows, key=lambda row: (row["label"], row["value"])))
    for label in {row["label"] for row in rows if row["many"] < 0}:
        values = [row["value"] for row in rows if row["label"] == label and row["many"] < 0]
        for some in _chunks(values):
            connection.execute(
                delete(tally).where(tally.c.label == label, tally.c.value.in_(some), tally.c.many <= 0)
            )


def _chunks(items: Sequence[T], size: int = _CHUNK) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
