"""Counts and facets of a type that has few records, from bitmaps in memory.

For each value of the fields that were asked for, a worker keeps one integer whose bits are the records that
have it: a count under filters is an AND and a count of bits. A new version has a number above all others
and no record goes away, so what lies above the last number seen is all that changed since. A cube may be a
moment ahead of the transaction that asks.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache

from sqlalchemy import Connection, Select, bindparam, func, select

from dongting.store.queries import facets_of, gathered, listed, one_of, opened
from dongting.store.schema import Tables
from dongting.store.search import index_for, kind
from dongting.store.words import Term

#: A type with more current records than this has no cube.
MOST = 50_000
#: A field with more values than this is looked up in the database each time.
WIDE = 1_000
_SEARCHES = 200  # remembered per cube
_CHUNK = 500  # records whose values are fetched at once


class Cube:
    """The current records of one type. Each record keeps its bit, its place, while its versions change."""

    def __init__(self, tables: Tables, type: str) -> None:
        self._tables = tables
        self._type = type
        self._places: dict[str, int] = {}  # by id
        self._numbers: dict[int, int] = {}  # number of the current version to place
        self._current: list[int] = []  # place to number
        self._last = 0
        self._seen = 0  # the last number in the transaction that asks
        self._values: dict[int, dict[str, int]] = {}
        self._wide: set[int] = set()
        self._said: OrderedDict[tuple[Term, ...], tuple[int, int]] = OrderedDict()

    @property
    def everything(self) -> int:
        """All records."""
        return (1 << len(self._places)) - 1

    def catch_up(self, connection: Connection) -> None:
        """Take in the versions that came since."""
        self._seen = connection.execute(_last(self._tables), {"type": self._type}).scalar() or 0
        if self._seen <= self._last:
            return
        given = {"type": self._type, "last": self._last}
        found = connection.execute(_newer(self._tables), given).all()
        self._retire([self._places[row.id] for row in found if row.id in self._places])
        for number, id in found:
            place = self._places.setdefault(id, len(self._places))
            if place == len(self._current):
                self._current.append(number)
            self._current[place] = number
            self._numbers[number] = place
        self._last = self._seen
        if len(found) > _CHUNK:
            self._values.clear()  # each is quicker to load than to mend
        elif self._values:
            self._add(connection, [number for number, _ in found])

    def having(self, connection: Connection, label: int, values: Iterable[str]) -> int:
        """The records that have one of these values of a field."""
        known = self._known(connection, label)
        if known is not None:
            bits = 0
            for value in values:
                bits |= known.get(value, 0)
            return bits
        field = self._tables.field
        query = select(field.c.record).where(field.c.label == label, field.c.value.in_(list(values)))
        return self._bits(connection.execute(query).scalars())

    def saying(self, connection: Connection, said: Sequence[Term]) -> int:
        """The records in which all of this is found."""
        key = tuple(said)
        bits, upto = self._said.get(key, (0, 0))
        if upto < self._seen:
            index = index_for(connection)
            bits |= self._bits(index.above(connection, self._tables, said, kind(self._type), upto))
            upto = self._seen
        self._said[key] = bits, upto  # also where there is no record yet, so nothing was looked up
        self._said.move_to_end(key)
        if len(self._said) > _SEARCHES:
            self._said.popitem(last=False)
        return bits

    def facet(self, connection: Connection, label: int, among: int, limit: int) -> list[tuple[str, int]]:
        """The most frequent values of a field among these records, and how many have each."""
        known = self._known(connection, label)
        if known is None:
            return self._counted(connection, label, among, limit)
        counted = [(value, many) for value, bits in known.items() if (many := (bits & among).bit_count())]
        return sorted(counted, key=lambda one: (-one[1], one[0]))[:limit]

    def _known(self, connection: Connection, label: int) -> dict[str, int] | None:
        """The bitmaps of a field; None for one with too many values."""
        if label in self._wide:
            return None
        found = self._values.get(label)
        if found is None:
            field, tally = self._tables.field, self._tables.tally
            values = select(tally.c.value).where(tally.c.label == label).limit(WIDE + 1).subquery()
            many = connection.execute(select(func.count()).select_from(values)).scalar_one()
            if many > WIDE:
                self._wide.add(label)
                return None
            # Thousands of rows take several times longer than a few with many numbers each.
            numbers = gathered(connection.dialect.name, field.c.record)
            query = select(field.c.value, numbers).where(field.c.label == label).group_by(field.c.value)
            found = {value: self._bits(opened(some)) for value, some in connection.execute(query)}
            if self._seen >= self._last:  # else this transaction does not see all that the cube has
                self._values[label] = found
        return found

    def _counted(self, connection: Connection, label: int, among: int, limit: int) -> list[tuple[str, int]]:
        numbers = [number for place, number in enumerate(self._current) if among >> place & 1]
        found = connection.execute(*facets_of(connection, self._tables, label, numbers, limit))
        return [(value, many) for value, many in found]

    def _retire(self, places: Sequence[int]) -> None:
        if not places:
            return
        kept = ~_bitmap(places)
        for place in places:
            self._numbers.pop(self._current[place], None)
        for known in self._values.values():
            for value in known:
                known[value] &= kept
        for said, (bits, upto) in self._said.items():
            self._said[said] = bits & kept, upto

    def _add(self, connection: Connection, numbers: Sequence[int]) -> None:
        query = _pairs(self._tables, connection.dialect.name)
        for number, label, value in connection.execute(query, {"numbers": listed(connection, numbers)}):
            known = self._values.get(label)
            if known is not None:
                known[value] = known.get(value, 0) | 1 << self._numbers[number]

    def _bits(self, numbers: Iterable[int]) -> int:
        known = self._numbers
        return _bitmap([place for number in numbers if (place := known.get(number)) is not None])


class Cubes:
    """The cubes of one process, for any number of threads."""

    def __init__(self) -> None:
        self._cubes: dict[str, tuple[int, Cube]] = {}
        self._lock = threading.Lock()

    @contextmanager
    def of(self, connection: Connection, tables: Tables, type: str, everything: int) -> Iterator[Cube | None]:
        """The cube of a type with so many current records, for one thread at a time; None: too many."""
        if everything > MOST:
            self._cubes.pop(type, None)
            yield None
            return
        with self._lock:
            generation, cube = self._cubes.get(type, (0, None))
            if cube is None or generation != tables.generation:
                cube = Cube(tables, type)
                self._cubes[type] = tables.generation, cube
            try:
                cube.catch_up(connection)
                yield cube
            except BaseException:
                del self._cubes[type]  # it may have taken in a part only
                raise


@lru_cache(16)
def _last(tables: Tables) -> Select[int]:
    record = tables.record
    return select(func.max(record.c.number)).where(
        record.c.type == bindparam("type"), record.c.current == True  # noqa: E712
    )  # fmt: skip


@lru_cache(16)
def _newer(tables: Tables) -> Select[int, str]:
    record = tables.record
    newer = (record.c.current == True, record.c.number > bindparam("last"))  # noqa: E712
    query = select(record.c.number, record.c.id).where(record.c.type == bindparam("type"), *newer)
    return query.order_by(record.c.number)


@lru_cache(16)
def _pairs(tables: Tables, dialect: str) -> Select[int, int, str]:
    field = tables.field
    among = one_of(dialect, field.c.record, "numbers")
    return select(field.c.record, field.c.label, field.c.value).where(among)


def _bitmap(places: Sequence[int]) -> int:
    if not places:
        return 0
    packed = bytearray(max(places) // 8 + 1)
    for place in places:
        packed[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(packed, "little")
