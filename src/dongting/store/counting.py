"""How many records match and which values they have: from a cube if a type has few records, else bounded."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from dongting.store import queries
from dongting.store.cubes import Cube, Cubes
from dongting.store.fields import Fields, value_of
from dongting.store.queries import BOUND, Filters
from dongting.store.rows import Count, Facets, Survey
from dongting.store.schema import Tables
from dongting.store.search import LAST, Facts, fact, found, kind
from dongting.store.words import Term


class Counting:
    """Counts and facets over the declared types."""

    def __init__(self, fields: Fields) -> None:
        self._fields = fields
        self._cubes = Cubes()

    def count(
        self, connection: Connection, of: Tables, type: str, filters: Filters, said: Sequence[Term]
    ) -> Count:
        """How many current records match."""
        everything, resolved = queries.resolve(connection, of, self._fields, type, filters)
        if not said and not filters:
            return Count(everything, True)
        if resolved is None:
            return Count(0, True)
        if not said and len(resolved) == 1 and len(resolved[0].values) == 1:
            return Count(resolved[0].size, True)
        with self._cubes.of(connection, of, type, everything) as cube:
            if cube is not None:
                return Count(self._matching(connection, cube, type, filters, said).bit_count(), True)
        many = len(self._newest(connection, of, type, filters, said))
        return Count(min(many, BOUND), many <= BOUND)

    def survey(
        self, connection: Connection, of: Tables, type: str, names: Sequence[str], filters: Filters,
        narrowed: Filters, said: Sequence[Term], limit: int,
    ) -> Survey:  # fmt: skip
        """The count of what matches everything, and the facets: each narrowing leaves its own field out."""
        labels = {name: self._fields.label(type, name) for name in names}
        everything = queries.total(connection, of, self._fields, type)
        with self._cubes.of(connection, of, type, everything) as cube:
            if cube is not None:
                return self._from_cube(connection, cube, type, labels, filters, narrowed, said, limit)
        if not (filters or narrowed or said):
            facets = {}
            for name, label in labels.items():
                counted = connection.execute(queries.facets_of_all(of, label, limit))
                facets[name] = Facets(_values(counted), True)
            return Survey(Count(everything, True), facets)
        numbers = self._newest(connection, of, type, {**filters, **narrowed}, said)
        facets = {}
        for name, label in labels.items():
            among = numbers
            if name in narrowed:
                others = {**filters, **_without(narrowed, name)}
                among = self._newest(connection, of, type, others, said)
            counted = connection.execute(*queries.facets_of(connection, of, label, among[:BOUND], limit))
            facets[name] = Facets(_values(counted), len(among) <= BOUND)
        return Survey(Count(min(len(numbers), BOUND), len(numbers) <= BOUND), facets)

    def _from_cube(
        self, connection: Connection, cube: Cube, type: str, labels: Mapping[str, int], filters: Filters,
        narrowed: Filters, said: Sequence[Term], limit: int,
    ) -> Survey:  # fmt: skip
        whole = self._matching(connection, cube, type, {**filters, **narrowed}, said)
        facets = {}
        for name, label in labels.items():
            among = whole
            if name in narrowed:
                others = {**filters, **_without(narrowed, name)}
                among = self._matching(connection, cube, type, others, said)
            values = cube.facet(connection, label, among, limit)
            facets[name] = Facets(tuple((value_of(value), many) for value, many in values), True)
        return Survey(Count(whole.bit_count(), True), facets)

    def _matching(
        self, connection: Connection, cube: Cube, type: str, filters: Filters, said: Sequence[Term]
    ) -> int:
        bits = cube.everything
        for _, label, values in queries.asked(self._fields, type, filters):
            bits &= cube.having(connection, label, values)
        return bits & cube.saying(connection, said) if said else bits

    def _newest(
        self, connection: Connection, of: Tables, type: str, filters: Filters, said: Sequence[Term]
    ) -> Sequence[int]:
        """The numbers of the newest records that match: all, or one more than `BOUND`."""
        if said:
            facts = sought(self._fields, [type], filters)
            return [number for _, number in found(connection, of, said, facts, 0, LAST, BOUND + 1)]
        everything, resolved = queries.resolve(connection, of, self._fields, type, filters)
        if resolved is None:
            return []
        query = queries.newest(of, type, everything, resolved, True, None, BOUND + 1)
        return connection.execute(*query).scalars().all()


def sought(fields: Fields, types: Sequence[str], filters: Filters) -> Facts:
    """What a search looks for beside words: one of the types, and one of the values of each filter."""
    facts: dict[str, list[str]] = {"": [kind(type) for type in types]}
    for type in types:
        for name, label, values in queries.asked(fields, type, filters):
            facts.setdefault(name, []).extend(fact(label, value) for value in values)
    return list(facts.values())


def _without(filters: Filters, name: str) -> Filters:
    return {other: value for other, value in filters.items() if other != name}


def _values(counted: Iterable[Any]) -> tuple[tuple[str | int | None, int], ...]:
    return tuple((value_of(value), many) for value, many in counted)
