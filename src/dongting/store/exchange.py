"""What travels between nodes: whom each part and file here is meant for, and what is still on its way.

The list tells followers what to fetch; it names addresses and commitments only. The parcels are a
follower's own: what it has to bring to the node that it follows, and to fetch from there. Both survive
restarts, in a database of their own that all processes of a node share.
"""

import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct
from sqlalchemy import (
    Column,
    Float,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    delete,
    func,
    insert,
    select,
    update,
)

from dongting.store.schema import open_engine

Kind = Literal["part", "file"]
Way = Literal["send", "fetch"]

_metadata = MetaData()
_meant = Table(
    "meant", _metadata,
    Column("number", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("reader", Text, nullable=False),
    Index("meant_reader", "reader", "number"),
    sqlite_autoincrement=True,
)  # fmt: skip
_parcels = Table(
    "parcel", _metadata,
    Column("id", Integer, primary_key=True),
    Column("way", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("organisation", Text, nullable=False),
    Column("transfer", Text, nullable=False, default=""),
    Column("upload", Text, nullable=False, default=""),
    Column("tries", Integer, nullable=False, default=0),
    Column("due", Float, nullable=False, default=0.0),
    Column("why", Text),
    Column("refused", Integer, nullable=False, default=0),
    UniqueConstraint("way", "kind", "name", "organisation"),
    Index("parcel_due", "refused", "due"),
)  # fmt: skip
_markers = Table(
    "marker", _metadata, Column("name", Text, primary_key=True), Column("value", Text, nullable=False)
)


class Meant(Struct, frozen=True):
    """A part or file (by commitment or address) that became readable by `reader`; numbers grow."""

    number: int
    kind: Kind
    name: str
    owner: str
    reader: str


class Parcel(Struct, frozen=True):
    """One part or file to send or fetch for an organisation.

    `transfer` is the delivery that entitles to a file, `upload` names the transfer that goes on after an
    interruption, `why` what went wrong last; one that was `refused` is not tried again by itself.
    """

    id: int
    way: Way
    kind: Kind
    name: str
    organisation: str
    transfer: str
    upload: str
    tries: int
    why: str | None
    refused: bool


class Exchange:
    """The list and the parcels in one SQLite file, for any number of threads and processes."""

    def __init__(self, path: Path) -> None:
        self._engine = open_engine(f"sqlite:///{path}").execution_options(writes=True)
        _metadata.create_all(self._engine)
        self.fresh = self.marker("list") is None
        if self.fresh:
            self.mark("list", secrets.token_hex(8))

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    # Marks

    @property
    def list_id(self) -> str:
        """The name of this list: under another name, numbers begin anew."""
        return self.marker("list") or ""

    def marker(self, name: str) -> str | None:
        """A remembered value."""
        with self._engine.connect() as connection:
            return connection.execute(
                select(_markers.c.value).where(_markers.c.name == name)
            ).scalar_one_or_none()

    def mark(self, name: str, value: str) -> None:
        """Remember a value."""
        with self._engine.begin() as connection:
            connection.execute(delete(_markers).where(_markers.c.name == name))
            connection.execute(insert(_markers).values(name=name, value=value))

    # The list

    def note(self, kind: Kind, name: str, owner: str, readers: Iterable[str]) -> None:
        """A part or file can be read by these from now on."""
        rows = [{"kind": kind, "name": name, "owner": owner, "reader": each} for each in readers]
        if rows:
            with self._engine.begin() as connection:
                connection.execute(insert(_meant), rows)

    def meant(self, after: int, limit: int, reader: str | None = None) -> list[Meant]:
        """What was noted above a number, for one reader or for all, in order."""
        query = select(_meant).where(_meant.c.number > after).order_by(_meant.c.number).limit(limit)
        if reader is not None:
            query = query.where(_meant.c.reader == reader)
        with self._engine.connect() as connection:
            return [Meant(*row) for row in connection.execute(query)]

    def newest(self) -> int:
        """The highest number that was given."""
        with self._engine.connect() as connection:
            return connection.execute(select(func.max(_meant.c.number))).scalar_one() or 0

    # Parcels

    def add(self, way: Way, kind: Kind, name: str, organisation: str, transfer: str = "") -> None:
        """Send or fetch this; one that is under way already, or was refused, is tried anew."""
        table = _parcels
        with self._engine.begin() as connection:
            this = (table.c.way == way) & (table.c.kind == kind) & (table.c.name == name)
            this &= table.c.organisation == organisation
            values = {"due": 0.0, "refused": 0, **({"transfer": transfer} if transfer else {})}
            if connection.execute(update(table).where(this).values(values)).rowcount == 0:
                row = {"way": way, "kind": kind, "name": name, "organisation": organisation}
                connection.execute(insert(table).values({**row, "transfer": transfer, "due": 0.0}))

    def due(self, now: float, limit: int, kind: Kind | None = None, way: Way | None = None) -> list[Parcel]:
        """Parcels whose time has come, the oldest first."""
        table = _parcels
        query = select(table).where(table.c.refused == 0, table.c.due <= now).order_by(table.c.id)
        if kind is not None:
            query = query.where(table.c.kind == kind)
        if way is not None:
            query = query.where(table.c.way == way)
        with self._engine.connect() as connection:
            return [_parcel(row) for row in connection.execute(query.limit(limit)).mappings()]

    def parcels(self) -> list[Parcel]:
        """All that is on its way."""
        with self._engine.connect() as connection:
            return [
                _parcel(row)
                for row in connection.execute(select(_parcels).order_by(_parcels.c.id)).mappings()
            ]

    def uploading(self, id: int, upload: str) -> None:
        """Remember how to go on with a parcel after an interruption."""
        self._change(id, upload=upload)

    def later(self, id: int, due: float, why: str) -> None:
        """Try a parcel again at that time."""
        self._change(id, due=due, why=why[:500], tries=_parcels.c.tries + 1)

    def refuse(self, id: int, why: str) -> None:
        """Try a parcel no more, until it is added again."""
        self._change(id, refused=1, why=why[:500], tries=_parcels.c.tries + 1)

    def done(self, id: int) -> None:
        """A parcel has arrived, or is not needed any more."""
        with self._engine.begin() as connection:
            connection.execute(delete(_parcels).where(_parcels.c.id == id))

    def hurry(self, name: str | None = None) -> None:
        """Let everything that waits be tried now, or what has that name."""
        these = update(_parcels).where(_parcels.c.refused == 0)
        if name is not None:
            these = these.where(_parcels.c.name == name)
        with self._engine.begin() as connection:
            connection.execute(these.values(due=0.0))

    def counts(self) -> tuple[int, int]:
        """How many parcels wait, and how many were refused."""
        query = select(_parcels.c.refused, func.count()).group_by(_parcels.c.refused)
        with self._engine.connect() as connection:
            found = {row[0]: row[1] for row in connection.execute(query)}
        return found.get(0, 0), found.get(1, 0)

    def _change(self, id: int, **values: object) -> None:
        with self._engine.begin() as connection:
            connection.execute(update(_parcels).where(_parcels.c.id == id).values(values))


def _parcel(found: Mapping[Any, Any]) -> Parcel:
    return Parcel(
        found["id"], found["way"], found["kind"], found["name"], found["organisation"], found["transfer"],
        found["upload"], found["tries"], found["why"], bool(found["refused"]),
    )  # fmt: skip
