"""How the views answer a list, a count or facets: which index to walk, so that a page costs little.

`tally` knows how many records have each value. From that, a list either walks the order and tests the
filters on each record, or takes all records of the rarest filter and sorts them, whichever reads less.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Select,
    Text,
    bindparam,
    cast,
    exists,
    func,
    select,
    tuple_,
    union,
)

from dongting.errors import Code, require
from dongting.store.fields import ALL, NOTHING, Fields, Place, Value, keys
from dongting.store.schema import Tables

#: What a caller may filter by: field to value, or to several of which one must hold.
Filters = Mapping[str, Value | Sequence[Value]]

#: Counts and facets of a type with many records look at this many under several filters, the newest, and
#: say so.
BOUND = 1_000
#: Values of the parameters of a query.
Given = Mapping[str, Any]
_KEPT = 512  # queries of each kind, over all generations and numbers of filters
_MAX_FIELDS = 12
_MAX_VALUES = 50

TOO_MANY = Code(
    "store", 41, "too-many-filters",
    "Too many filters: use at most {fields} fields with {values} values each.",
    "筛选条件过多：最多 {fields} 个字段，每个字段最多 {values} 个值。",
    status=400,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filter:
    """One field, the sortable forms of which one must hold, and how many records have one of them."""

    name: str
    label: int
    values: tuple[str, ...]
    size: int


def asked(fields: Fields, type: str, filters: Filters) -> list[tuple[str, int, list[str]]]:
    """Name, label and sortable forms of each filter; refuses what is not indexed, and too many."""
    require(len(filters) <= _MAX_FIELDS, TOO_MANY, fields=_MAX_FIELDS, values=_MAX_VALUES)
    found = []
    for name, value in filters.items():
        several = [value] if value is None or isinstance(value, str | int) else list(value)
        require(len(several) <= _MAX_VALUES, TOO_MANY, fields=_MAX_FIELDS, values=_MAX_VALUES)
        forms = dict.fromkeys(form for one in several for form in keys(one))
        found.append((name, fields.label(type, name), list(forms)))
    return found


def total(connection: Connection, tables: Tables, fields: Fields, type: str) -> int:
    """How many current records of a type there are."""
    label = fields.label(type, ALL)
    return connection.execute(_total(tables), {"label": label}).scalar() or 0


def resolve(
    connection: Connection, tables: Tables, fields: Fields, type: str, filters: Filters
) -> tuple[int, list[Filter] | None]:
    """How many current records of the type there are; the filters, the rarest first, or None when one of
    them finds nothing at all."""
    wanted = asked(fields, type, filters)
    everything = fields.label(type, ALL)
    labels = [everything, *(label for _, label, _ in wanted)]
    values = {NOTHING, *(form for _, _, forms in wanted for form in forms)}
    given = {"labels": listed(connection, labels), "values": listed(connection, sorted(values))}
    found = connection.execute(_tallied(tables, connection.dialect.name), given)
    many = {(label, value): number for label, value, number in found}
    resolved: list[Filter] = []
    for name, label, forms in wanted:
        there = tuple(form for form in sorted(forms) if (label, form) in many)
        if not there:
            return many.get((everything, NOTHING), 0), None
        resolved.append(Filter(name, label, there, sum(many[label, form] for form in there)))
    resolved.sort(key=lambda one: one.size)
    return many.get((everything, NOTHING), 0), resolved


def fetched(connection: Connection, tables: Tables, numbers: Sequence[int]) -> Mapping[int, Any]:
    """The rows of `record` with these numbers, by number."""
    if not numbers:
        return {}
    given = {"numbers": listed(connection, numbers)}
    return {row[0]: row for row in connection.execute(_fetched(tables, connection.dialect.name), given)}


def named(connection: Connection, tables: Tables, type: str, ids: Sequence[str]) -> Sequence[Any]:
    """The rows of the current versions of records of one type."""
    given = {"type": type, "ids": listed(connection, ids)}
    return connection.execute(_named(tables, connection.dialect.name), given).all()


def versions(
    connection: Connection, tables: Tables, type: str, id: str, below: int | None, limit: int
) -> Sequence[Any]:
    """The rows of the newest versions of a record, below one if given."""
    given: dict[str, Any] = {"type": type, "id": id, "limit": limit}
    if below is not None:
        given["below"] = below
    return connection.execute(_versions(tables, below is not None), given).all()


def newest(
    tables: Tables, type: str, everything: int, filters: Sequence[Filter],
    descending: bool, after: Place | None, limit: int,
) -> tuple[Select[int], Given]:  # fmt: skip
    """The numbers of a page in the order of the ledger."""
    counts = tuple(len(one.values) for one in filters)
    # Several values of one field lie apart in the index and have to be sorted.
    driven = bool(filters) and (counts[0] == 1 or filters[0].size * filters[0].size <= limit * everything)
    given = {**_values(filters), "limit": limit}
    if not driven:
        given["type"] = type
    if after is not None:
        given["after"] = after.number
    return _newest(tables, counts, driven, descending, after is not None), given


def newest_of_all(tables: Tables, pairs: Sequence[tuple[int, str]], limit: int) -> tuple[Select[int], Given]:
    """The numbers of the newest records that have one of these labels and values."""
    given: dict[str, Any] = {"limit": limit}
    for place, (label, value) in enumerate(pairs):
        given |= {f"label{place}": label, f"value{place}": value}
    return _newest_of_all(tables, len(pairs)), given


def sorted_by(
    tables: Tables, label: int, everything: int, filters: Sequence[Filter],
    descending: bool, after: Place | None, limit: int,
) -> tuple[Select[int, str], Given]:  # fmt: skip
    """The numbers and values of a page in the order of a field; records without a value are lowest."""
    counts = tuple(len(one.values) for one in filters)
    driven = bool(filters) and filters[0].size * filters[0].size <= limit * everything
    given = {**_values(filters), "limit": limit, "by": label}
    if after is not None:
        given |= {"after": after.number, "last": after.value}
    return _sorted_by(tables, counts, driven, descending, after is not None), given


def facets_of_all(tables: Tables, label: int, limit: int) -> Select[str, int]:
    """The most frequent values of a field and how many records have each."""
    tally = tables.tally
    query = select(tally.c.value, tally.c.many).where(tally.c.label == label)
    return query.order_by(tally.c.many.desc(), tally.c.value).limit(limit)


def facets_of(
    connection: Connection, tables: Tables, label: int, numbers: Sequence[int], limit: int
) -> tuple[Select[str, int], Given]:
    """The same among the records with these numbers."""
    given = {"label": label, "numbers": listed(connection, numbers), "limit": limit}
    return _facets_of(tables, connection.dialect.name), given


def listed(connection: Connection, values: Sequence[int] | Sequence[str]) -> Any:
    """Many values as one parameter, for `one_of`."""
    return msgspec.json.encode(values).decode() if connection.dialect.name == "sqlite" else list(values)


def one_of(dialect: str, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """The condition that the column is one of the values in a parameter: as parameters of their own,
    thousands of them would take longer to compile than to look up."""
    if dialect == "sqlite":
        each = func.json_each(bindparam(name)).table_valued("value")
        return column.in_(select(each.c.value))
    # An array of its own type: a text of another collation would be compared without the index.
    given = cast(bindparam(name), ARRAY(column.type))
    among: ColumnElement[bool] = column == func.any(given)
    return among


def gathered(dialect: str, column: ColumnElement[int]) -> ColumnElement[Any]:
    """Many numbers as one value of a result, for `opened`."""
    return func.json_group_array(column) if dialect == "sqlite" else func.array_agg(column)


def opened(value: Any) -> Sequence[int]:
    """The numbers in a value that was gathered."""
    return msgspec.json.decode(value, type=list[int]) if isinstance(value, str) else value


# Queries as they are built once for each generation of tables: building one takes longer than running it.


@lru_cache(_KEPT)
def _total(tables: Tables) -> Select[int]:
    return select(tables.tally.c.many).where(tables.tally.c.label == bindparam("label"))


@lru_cache(_KEPT)
def _tallied(tables: Tables, dialect: str) -> Select[int, str, int]:
    tally = tables.tally
    return select(tally.c.label, tally.c.value, tally.c.many).where(
        one_of(dialect, tally.c.label, "labels"), one_of(dialect, tally.c.value, "values")
    )


@lru_cache(_KEPT)
def _fetched(tables: Tables, dialect: str) -> Select[*tuple[Any, ...]]:
    return select(tables.record).where(one_of(dialect, tables.record.c.number, "numbers"))


@lru_cache(_KEPT)
def _named(tables: Tables, dialect: str) -> Select[*tuple[Any, ...]]:
    ids = one_of(dialect, tables.record.c.id, "ids")
    return select(tables.record).where(*_current(tables), ids)


@lru_cache(_KEPT)
def _versions(tables: Tables, below: bool) -> Select[*tuple[Any, ...]]:
    record = tables.record
    query = select(record).where(record.c.type == bindparam("type"), record.c.id == bindparam("id"))
    if below:
        query = query.where(record.c.version < bindparam("below"))
    return query.order_by(record.c.version.desc()).limit(bindparam("limit"))


@lru_cache(_KEPT)
def _newest(
    tables: Tables, counts: tuple[int, ...], driven: bool, descending: bool, after: bool
) -> Select[int]:
    number: ColumnElement[int]
    if driven:
        number = tables.field.c.record
        query = select(number).where(_among(tables.field.c.value, 0, counts[0]))
        query = query.where(tables.field.c.label == bindparam("label0"))
        query = query.where(*_have(tables, number, counts, 1))
        if counts[0] > 1:
            query = query.distinct()
    else:
        number = tables.record.c.number
        query = select(number).where(*_current(tables), *_have(tables, number, counts, 0))
    if after:
        there = bindparam("after", type_=number.type)
        query = query.where(number < there if descending else number > there)
    return query.order_by(number.desc() if descending else number.asc()).limit(bindparam("limit"))


@lru_cache(_KEPT)
def _newest_of_all(tables: Tables, many: int) -> Select[int]:
    field = tables.field
    each = [
        select(field.c.record)
        .where(field.c.label == bindparam(f"label{place}"), field.c.value == bindparam(f"value{place}"))
        .order_by(field.c.record.desc())
        .limit(bindparam("limit"))
        .subquery()
        for place in range(many)
    ]
    found = union(*(select(one.c.record) for one in each)).subquery()
    return select(found.c.record).order_by(found.c.record.desc()).limit(bindparam("limit"))


@lru_cache(_KEPT)
def _sorted_by(
    tables: Tables, counts: tuple[int, ...], driven: bool, descending: bool, after: bool
) -> Select[int, str]:
    field = tables.field.alias("sorted")
    number: ColumnElement[int] = field.c.record
    value: ColumnElement[str] = field.c.value
    sorting = (field.c.label == bindparam("by"), field.c.first == True)  # noqa: E712
    if not driven:
        query = select(number, value).where(*sorting, *_have(tables, number, counts, 0))
    else:
        driver = tables.field.alias("driver")
        own = select(field.c.value).where(field.c.record == driver.c.record, *sorting).scalar_subquery()
        inner = select(driver.c.record.label("number"), own.label("value")).where(
            driver.c.label == bindparam("label0"), _among(driver.c.value, 0, counts[0])
        )
        inner = inner.where(*_have(tables, driver.c.record, counts, 1))
        found = (inner.distinct() if counts[0] > 1 else inner).subquery("found")
        number, value = found.c.number, found.c.value
        query = select(number, value)
    if after:
        here, there = tuple_(value, number), tuple_(bindparam("last", type_=Text), bindparam("after"))
        query = query.where(here < there if descending else here > there)
    order = (value.desc(), number.desc()) if descending else (value.asc(), number.asc())
    return query.order_by(*order).limit(bindparam("limit"))


@lru_cache(_KEPT)
def _facets_of(tables: Tables, dialect: str) -> Select[str, int]:
    field, many = tables.field, func.count()
    among = one_of(dialect, field.c.record, "numbers")
    # The sum keeps SQLite from walking all records that have the field.
    label = field.c.label + 0 if dialect == "sqlite" else field.c.label
    query = select(field.c.value, many).where(among, label == bindparam("label"))
    return query.group_by(field.c.value).order_by(many.desc(), field.c.value).limit(bindparam("limit"))


def _values(filters: Sequence[Filter]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for place, one in enumerate(filters):
        given[f"label{place}"] = one.label
        given |= {f"value{place}_{which}": value for which, value in enumerate(one.values)}
    return given


def _current(tables: Tables) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return tables.record.c.type == bindparam("type"), tables.record.c.current == True  # noqa: E712


def _among(column: ColumnElement[str], place: int, many: int) -> ColumnElement[bool]:
    values = [bindparam(f"value{place}_{which}", type_=column.type) for which in range(many)]
    return column == values[0] if many == 1 else column.in_(values)


def _have(
    tables: Tables, number: ColumnElement[int], counts: Sequence[int], first: int
) -> list[ColumnElement[bool]]:
    """That a record has one of the values of each filter from the first of these on."""
    found: list[ColumnElement[bool]] = []
    for place in range(first, len(counts)):
        field = tables.field.alias()
        here = (field.c.record == number, field.c.label == bindparam(f"label{place}"))
        found.append(exists(select(1).where(*here, _among(field.c.value, place, counts[place]))))
    return found
