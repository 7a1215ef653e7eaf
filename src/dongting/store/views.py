"""The SQL views: lists, search, facets and to-do lists over the ledger's records and kept versions.

A view is a projection of the ledger up to `height` and nothing more: it can be thrown away and rebuilt
at any time, and a rebuild that is killed goes on where it stopped while the former views stay readable.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, select, tuple_

from dongting.appkit.app import RecordType
from dongting.errors import Fault
from dongting.store import queries
from dongting.store.counting import Counting, sought
from dongting.store.fields import Fields, Place, Value, key, keys, storable, value_of
from dongting.store.generations import Generations
from dongting.store.projecting import project, replace
from dongting.store.queries import Filters
from dongting.store.rows import (
    MAX_PAGE,
    Block,
    Changed,
    Count,
    Facets,
    Page,
    Row,
    Survey,
    Waiting,
    WaitingPage,
    cursor_of,
    place_of,
)
from dongting.store.schema import LAYOUT, NO_DUE, Tables
from dongting.store.search import LAST, found
from dongting.store.words import terms

T = TypeVar("T")

_BATCH = 2000  # changes per transaction of a rebuild


class Views:
    """The views in one database, for any number of threads and processes.

    `url` is `sqlite:////path/to/file` or `postgresql://user@host/name`; `types` are the record types of
    all installed applications. Pages have at most `MAX_PAGE` rows, whatever `limit` says.
    """

    def __init__(self, url: str, types: Iterable[RecordType]) -> None:
        self._fields = Fields(tuple(types))
        self._fingerprint = self._fields.fingerprint(LAYOUT)
        self._generations = Generations(url, self._fingerprint)
        self._counting = Counting(self._fields)

    def close(self) -> None:
        """Close all connections."""
        self._generations.close()

    def together(self, work: Callable[[], T]) -> T:
        """Do work, such as a whole page, whose reads of these views in this thread all see one state.

        It is done again where a rebuild ended meanwhile, so it should do nothing but read.
        """
        return self._generations.together(work)

    @property
    def height(self) -> int:
        """The height up to which the ledger is in these views; -1 before genesis."""
        return self._generations.read(lambda c, of: self._generations.height(c, of.generation))

    @property
    def outdated(self) -> bool:
        """Whether they were filled under other declarations of records: then `rebuild` them."""
        found = self._generations.read(lambda c, of: self._generations.fingerprint(c, of.generation))
        return found != self._fingerprint

    @property
    def rebuilding(self) -> int | None:
        """The height that an unfinished rebuild has reached (-1: nothing yet); None when there is none."""
        return self._generations.building()

    def apply(
        self, changes: Sequence[Changed], height: int, *,
        since: int | None = None, replaced: Sequence[Changed] = (),
    ) -> int:  # fmt: skip
        """Take in all that changed up to `height`, in one transaction; return the height reached.

        What the views hold already is left out, so that the same changes may come again. `since` says
        that the changes are all those above that height: when the views are not that far (as after a
        rebuild), nothing is taken in, and the height returned says from where to go on. `replaced` are
        earlier versions without the text that was redacted; call `purge` afterwards.
        """
        with self._generations.write() as connection:
            generation = self._generations.active(connection)
            done = self._generations.height(connection, generation)
            if since is not None and since > done:
                return done
            return self._take(connection, generation, changes, height, replaced)

    def tidy(self) -> None:
        """Bring what was written to its place in the database, for when little else goes to the disk."""
        self._generations.tidy()

    def purge(self) -> bool:
        """Leave nothing in the database's files of texts that were redacted; False: try again later.

        Does nothing unless `apply` or `rebuild` met a redaction since. Rewrites the whole database, and
        drops a rebuild that was left unfinished.
        """
        return self._generations.purge()

    def rebuild(self, source: Iterable[Block], progress: Callable[[int], None] | None = None) -> int:
        """Build the views anew from all blocks in order; return the height reached.

        The new ones become visible at the end, at once. After a kill, call it again: blocks up to
        `rebuilding` are skipped, so the source may start above it. `progress` is told each height that
        is safely stored.
        """
        with self._generations.write() as connection:
            generation = self._generations.begin(connection)
            last = self._generations.height(connection, generation)
        pending: list[Changed] = []
        replaced: list[Changed] = []
        for block in source:
            if block.height <= last:
                continue
            pending.extend(block.changes)
            replaced.extend(block.replaced)
            last = block.height
            if len(pending) >= _BATCH:
                self._step(generation, pending, last, progress, replaced)
                pending, replaced = [], []
        self._step(generation, pending, last, progress, replaced)
        with self._generations.write() as connection:
            self._generations.finish(connection, generation)
        return last

    def get(self, type: str, id: str, version: int | None = None) -> Row | None:
        """The newest version of a record, or one that is kept; None when there is none."""
        below = None if version is None else version + 1
        found = next(iter(self._versions(type, id, below, 1)), None)
        return found if found and version in (None, found.version) else None

    def get_many(self, type: str, ids: Sequence[str]) -> dict[str, Row]:
        """The newest versions of up to `MAX_PAGE` records of one type, by id."""
        wanted = [storable(id) for id in ids[:MAX_PAGE]]

        def read(connection: Connection, of: Tables) -> dict[str, Row]:
            found = queries.named(connection, of, storable(type), wanted)
            return {row.id: row for row in map(_row, found)}

        return self._generations.read(read)

    def versions(self, type: str, id: str, *, cursor: str | None = None, limit: int = 50) -> Page:
        """The kept versions of a record, the newest first."""
        _, after = place_of(cursor)
        limit = _bounded(limit)
        rows = self._versions(type, id, after.number if after else None, limit + 1)
        more = len(rows) > limit
        return Page(rows[:limit], cursor_of(Place(rows[limit - 1].version)) if more else None)

    def list(
        self, type: str, filters: Filters | None = None, *, order: str | None = None,
        descending: bool = True, beyond: Value = None, cursor: str | None = None, limit: int = 50,
    ) -> Page:  # fmt: skip
        """Current records of one type in the order of the ledger, or of one indexed field, there from
        `beyond` a value on if that is given.

        A filter names an indexed field, a field that names a party, the workflow's state field, or
        `fields.PARTY`; it holds when the field has the value, or one of several. A record that changes
        moves to the newest end; a cursor never shows one record twice.
        """
        _, after = place_of(cursor)
        limit = _bounded(limit)
        label = None if order is None else self._fields.label(type, order)
        if after is None and beyond is not None and label is not None:
            after = Place(0 if descending else LAST, key(beyond))

        def read(connection: Connection, of: Tables) -> Page:
            everything, resolved = queries.resolve(connection, of, self._fields, type, filters or {})
            if resolved is None:
                return Page((), None)
            if label is None:
                query = queries.newest(of, type, everything, resolved, descending, after, limit + 1)
                places = [Place(number) for number in connection.execute(*query).scalars()]
            else:
                by = queries.sorted_by(of, label, everything, resolved, descending, after, limit + 1)
                places = [Place(number, value) for number, value in connection.execute(*by)]
            rows = _fetch(connection, of, [place.number for place in places[:limit]])
            return Page(rows, cursor_of(places[limit - 1]) if len(places) > limit else None)

        return self._generations.read(read)

    def search(
        self, text: str, types: Sequence[str] = (), filters: Filters | None = None, *,
        cursor: str | None = None, limit: int = 50,
    ) -> Page:  # fmt: skip
        """Current records that have every word of the text, those with all in the title first, each
        newest first. `types` empty means all that have the fields of the filters. Without words: nothing."""
        tier, after = place_of(cursor)
        limit = _bounded(limit)
        said = terms(text)

        def read(connection: Connection, of: Tables) -> Page:
            known = types or (self._fields.having(filters) if filters else ())
            if not said or (filters and not known):
                return Page((), None)
            facts = sought(self._fields, known, filters or {}) if known else ()
            places = found(connection, of, said, facts, tier, after.number if after else LAST, limit + 1)
            rows = _fetch(connection, of, [number for _, number in places[:limit]])
            more = len(places) > limit
            return Page(rows, cursor_of(Place(places[limit - 1][1]), places[limit - 1][0]) if more else None)

        return self._generations.read(read)

    def facets(
        self, type: str, field: str, filters: Filters | None = None, *, text: str = "", limit: int = 50
    ) -> Facets:
        """The values that a field has among the records that match, and how many have each."""
        return self.survey(type, (field,), filters, text=text, limit=limit).facets[field]

    def survey(
        self,
        type: str,
        fields: Sequence[str],
        filters: Filters | None = None,
        narrowed: Filters | None = None,
        *,
        text: str = "",
        limit: int = 50,
    ) -> Survey:
        """The count of what matches all, and the facets of several fields among it. `narrowed` are further
        filters, in place of those of the same fields, which a facet of the same field leaves out: it shows
        what else could be chosen."""
        limit = _bounded(limit)
        said = terms(text)
        return self._generations.read(
            lambda connection, of: self._counting.survey(
                connection, of, type, fields, filters or {}, narrowed or {}, said, limit
            )
        )

    def count(self, type: str, filters: Filters | None = None, *, text: str = "") -> Count:
        """How many current records match. Of a type with many records, under several conditions, above
        `queries.BOUND` only that it is more."""
        said = terms(text)
        return self._generations.read(
            lambda connection, of: self._counting.count(connection, of, type, filters or {}, said)
        )

    def values(self, type: str, field: str, most: int) -> Sequence[str | int | None] | None:
        """All values of a field, the most frequent first; None where there are more than `most`."""
        label = self._fields.label(type, field)

        def read(connection: Connection, of: Tables) -> Sequence[str | int | None] | None:
            tally = of.tally
            query = select(tally.c.value, tally.c.many).where(tally.c.label == label).limit(most + 1)
            found = connection.execute(query).all()
            if len(found) > most:
                return None
            return [value_of(row.value) for row in sorted(found, key=lambda row: (-row.many, row.value))]

        return self._generations.read(read)

    def newest(self, types: Sequence[str], field: str, value: Value, limit: int = 50) -> tuple[Row, ...]:
        """The newest current records of several types whose field has this value."""
        labels = [self._fields.label(type, field) for type in types]

        def read(connection: Connection, of: Tables) -> tuple[Row, ...]:
            query = queries.newest_of_all(
                of, [(label, form) for label in labels for form in keys(value)], limit
            )
            return _fetch(connection, of, connection.execute(*query).scalars().all())

        return self._generations.read(read)

    def waiting(
        self, organisation: str | None, at: int, *, types: Sequence[str] = (), overdue: bool = False,
        cursor: str | None = None, limit: int = 50,
    ) -> WaitingPage:  # fmt: skip
        """What waits for an organisation (None: for anybody) at a moment, the earliest deadline first,
        then what has none; `overdue` leaves only what is past its deadline."""
        _, after = place_of(cursor)
        limit = _bounded(limit)

        def read(connection: Connection, of: Tables) -> WaitingPage:
            waits = of.waiting
            query = select(waits)
            if organisation is not None:
                query = query.where(waits.c.organisation == storable(organisation))
            if types:
                query = query.where(waits.c.type.in_([storable(type) for type in types]))
            if overdue:
                query = query.where(waits.c.due <= at)
            if after is not None:
                due = int(after.value) if after.value.isdecimal() else 0
                query = query.where(tuple_(waits.c.due, waits.c.record) > tuple_(due, after.number))
            found = connection.execute(query.order_by(waits.c.due, waits.c.record).limit(limit + 1)).all()
            rows = _fetch(connection, of, [one.record for one in found[:limit]])
            items = tuple(
                Waiting(row, one.organisation or None, None if one.due == NO_DUE else one.due, one.due <= at)
                for row, one in zip(rows, found, strict=False)
            )
            end = found[limit - 1] if len(found) > limit else None
            return WaitingPage(items, cursor_of(Place(end.record, str(end.due))) if end else None)

        return self._generations.read(read)

    def _take(
        self, connection: Connection, generation: int, changes: Sequence[Changed], height: int,
        replaced: Sequence[Changed],
    ) -> int:  # fmt: skip
        done = self._generations.height(connection, generation)
        if height <= done:
            return done
        if any(change.height > height for change in changes):
            raise Fault(f"a change above the height {height} that it came with")
        fresh = [change for change in changes if change.height > done]
        project(connection, self._generations.of(generation), self._fields, fresh)
        if replaced:
            replace(connection, self._generations.of(generation), replaced)
            self._generations.ask_purge(connection)
        self._generations.reach(connection, generation, height)
        return height

    def _step(
        self, generation: int, changes: Sequence[Changed], height: int,
        progress: Callable[[int], None] | None, replaced: Sequence[Changed],
    ) -> None:  # fmt: skip
        with self._generations.write() as connection:
            done = self._take(connection, generation, changes, height, replaced)
        if progress:
            progress(done)

    def _versions(self, type: str, id: str, below: int | None, limit: int) -> tuple[Row, ...]:
        def read(connection: Connection, of: Tables) -> tuple[Row, ...]:
            found = queries.versions(connection, of, storable(type), storable(id), below, limit)
            return tuple(map(_row, found))

        return self._generations.read(read)


def _bounded(limit: int) -> int:
    return max(1, min(limit, MAX_PAGE))


def _row(row: Any) -> Row:
    _, type, id, version, leaf, height, time, current, body = row
    return Row(type, id, version, leaf, height, time, bytes(body), current)


def _fetch(connection: Connection, of: Tables, numbers: Sequence[int]) -> tuple[Row, ...]:
    """The rows with these numbers, in this order."""
    rows = queries.fetched(connection, of, numbers)
    return tuple(_row(rows[number]) for number in numbers)
