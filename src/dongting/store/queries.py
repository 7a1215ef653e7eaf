"""How the views answer a list, a count or facets: which index to walk, so that a page costs little.

`tally` knows how many records have each value. From that, a list either walks the order and tests the
filters on each record, or takes all records of the rarest filter and sorts them, whichever reads less.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    cast,
    exists,
    func,
    select,
    tuple_,
    union,
)

from dongting.errors import Code, require
from dongting.store.fields import ALL, NOTHING, Fields, Value, keys
from dongting.store.schema import Tables

#: What a caller may filter by: field to value, or to several of which one must hold.
Filters = Mapping[str, Value | Sequence[Value]]

#: Counts and facets of a type with many records look at this many under several filters, the newest, and
#: say so.
BOUND = 1_000
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


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: the number of its last record, and the value it was sorted by."""

    number: int
    value: str = NOTHING


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
    tally = tables.tally
    found = connection.execute(select(tally.c.many).where(tally.c.label == fields.label(type, ALL)))
    return found.scalar() or 0


def resolve(
    connection: Connection, tables: Tables, fields: Fields, type: str, filters: Filters
) -> tuple[int, list[Filter] | None]:
    """How many current records of the type there are; the filters, the rarest first, or None when one of
    them finds nothing at all."""
    tally = tables.tally
    wanted = asked(fields, type, filters)
    everything = fields.label(type, ALL)
    labels = [everything, *(label for _, label, _ in wanted)]
    values = {NOTHING, *(form for _, _, forms in wanted for form in forms)}
    query = select(tally).where(tally.c.label.in_(labels), tally.c.value.in_(values))
    many = {(row.label, row.value): row.many for row in connection.execute(query)}
    resolved: list[Filter] | None = []
    for name, label, forms in wanted:
        there = tuple(form for form in sorted(forms) if (label, form) in many)
        if not there:
            resolved = None
            break
        assert resolved is not None
        resolved.append(Filter(name, label, there, sum(many[label, form] for form in there)))
    if resolved is not None:
        resolved.sort(key=lambda one: one.size)
    return many.get((everything, NOTHING), 0), resolved


def newest(
    tables: Tables, type: str, everything: int, filters: Sequence[Filter],
    descending: bool, after: Place | None, limit: int,
) -> Select[int]:  # fmt: skip
    """The numbers of a page in the order of the ledger."""
    if not filters:
        number = tables.record.c.number
        query = select(number).where(tables.record.c.type == type, tables.record.c.current == True)  # noqa: E712
    else:
        rare, *rest = filters
        one_value = len(rare.values) == 1
        # Several values of one field lie apart in the index and have to be sorted.
        if one_value or rare.size * rare.size <= limit * everything:
            number = tables.field.c.record
            query = select(number).where(_among(tables.field.c.value, rare.values))
            query = query.where(tables.field.c.label == rare.label)
            query = query.where(*(_has(tables, number, one) for one in rest))
            if not one_value:
                query = query.distinct()
        else:
            number = tables.record.c.number
            query = select(number).where(tables.record.c.type == type, tables.record.c.current == True)  # noqa: E712
            query = query.where(*(_has(tables, number, one) for one in filters))
    if after is not None:
        query = query.where(number < after.number if descending else number > after.number)
    return query.order_by(number.desc() if descending else number.asc()).limit(limit)


def newest_of_all(tables: Tables, pairs: Sequence[tuple[int, str]], limit: int) -> Select[int]:
    """The numbers of the newest records that have one of these labels and values."""
    field = tables.field
    each = [
        select(field.c.record)
        .where(field.c.label == label, field.c.value == value)
        .order_by(field.c.record.desc())
        .limit(limit)
        .subquery()
        for label, value in pairs
    ]
    found = union(*(select(one.c.record) for one in each)).subquery()
    return select(found.c.record).order_by(found.c.record.desc()).limit(limit)


def sorted_by(
    tables: Tables, label: int, everything: int, filters: Sequence[Filter],
    descending: bool, after: Place | None, limit: int,
) -> Select[int, str]:  # fmt: skip
    """The numbers and values of a page in the order of a field; records without a value are lowest."""
    field = tables.field.alias("sorted")
    number: ColumnElement[int] = field.c.record
    value: ColumnElement[str] = field.c.value
    if not filters or filters[0].size * filters[0].size > limit * everything:
        query = select(number, value).where(field.c.label == label, field.c.first == True)  # noqa: E712
        query = query.where(*(_has(tables, number, one) for one in filters))
    else:
        rare, *rest = filters
        driver = tables.field.alias("driver")
        own = (
            select(field.c.value)
            .where(field.c.record == driver.c.record, field.c.label == label, field.c.first == True)  # noqa: E712
            .scalar_subquery()
        )
        inner = select(driver.c.record.label("number"), own.label("value")).where(
            driver.c.label == rare.label, _among(driver.c.value, rare.values)
        )
        inner = inner.where(*(_has(tables, driver.c.record, one) for one in rest))
        found = (inner.distinct() if len(rare.values) > 1 else inner).subquery("found")
        number, value = found.c.number, found.c.value
        query = select(number, value)
    if after is not None:
        here, there = tuple_(value, number), tuple_(after.value, after.number)
        query = query.where(here < there if descending else here > there)
    if descending:
        return query.order_by(value.desc(), number.desc()).limit(limit)
    return query.order_by(value.asc(), number.asc()).limit(limit)


def facets_of_all(tables: Tables, label: int, limit: int) -> Select[str, int]:
    """The most frequent values of a field and how many records have each."""
    tally = tables.tally
    query = select(tally.c.value, tally.c.many).where(tally.c.label == label)
    return query.order_by(tally.c.many.desc(), tally.c.value).limit(limit)


def facets_of(
    connection: Connection, tables: Tables, label: int, numbers: Sequence[int], limit: int
) -> Select[str, int]:
    """The same among the records with these numbers."""
    field, many = tables.field, func.count()
    # The sum keeps SQLite from walking all records that have the field.
    among = one_of(connection, field.c.record, numbers)
    query = select(field.c.value, many).where(among, field.c.label + 0 == label)
    return query.group_by(field.c.value).order_by(many.desc(), field.c.value).limit(limit)


def one_of(connection: Connection, column: ColumnElement[int], numbers: Sequence[int]) -> ColumnElement[bool]:
    """The condition that the column is one of these, given as one parameter: thousands of them would take
    longer to compile than to look up."""
    if connection.dialect.name == "sqlite":
        each = func.json_each(msgspec.json.encode(numbers).decode()).table_valued("value")
        return column.in_(select(each.c.value))
    listed: ColumnElement[bool] = column == func.any(cast(list(numbers), ARRAY(BigInteger)))
    return listed


def _among(column: ColumnElement[str], values: Sequence[str]) -> ColumnElement[bool]:
    return column == values[0] if len(values) == 1 else column.in_(values)


def _has(tables: Tables, number: ColumnElement[int], filter: Filter) -> ColumnElement[bool]:
    field = tables.field.alias()
    return exists(
        select(1).where(
            field.c.record == number, field.c.label == filter.label, _among(field.c.value, filter.values)
        )
    )
