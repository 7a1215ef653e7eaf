"""The audit log of a node: what people did there, a line each, in a Merkle log of the node's own.

A line is canonical JSON (RFC 8785) with a salt, so that its hash alone tells nothing; the tree is that of
RFC 9162. Lines are appended in the transaction of what they tell, and never changed or taken away.
"""

import secrets
from collections.abc import Mapping

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    insert,
    select,
)

from dongting.node.people.database import metadata
from dongting.wire import jcs
from dongting.wire.merkle import Frontier, leaf_hash, root_at
from dongting.wire.profile import Profile

#: `organisation` is whose auditors may read the line; empty: the node's operator.
trail = Table(
    "trail", metadata,
    Column("number", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=False),
    Column("organisation", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("what", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("line", LargeBinary, nullable=False),
    Index("trail_organisation", "organisation", "number"),
)  # fmt: skip
#: Hashes of complete subtrees by level and place; level 0 are the lines.
trail_node = Table(
    "trail_node", metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("place", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
)  # fmt: skip

#: Roots whose commitment is, or is about to be, on the ledger.
anchor = Table(
    "anchor", metadata,
    Column("size", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=False),
    Column("root", Text, nullable=False),
    Column("salt", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("done", Boolean, nullable=False, default=False),
)  # fmt: skip

Fact = str | int | bool | list[str]


def size_of(connection: Connection) -> int:
    """How many lines there are."""
    last: int | None = connection.execute(
        select(trail.c.number).order_by(trail.c.number.desc()).limit(1)
    ).scalar()
    return 0 if last is None else last + 1


def hash_at(connection: Connection, level: int, place: int) -> bytes:
    """The hash of one complete subtree."""
    found = select(trail_node.c.hash).where(trail_node.c.level == level, trail_node.c.place == place)
    return bytes(connection.execute(found).scalar_one())


def note(
    connection: Connection,
    profile: Profile,
    at: int,
    what: str,
    *,
    person: str | None = None,
    organisation: str | None = None,
    facts: Mapping[str, Fact] | None = None,
) -> int:
    """Append a line; its index. `at` in seconds since 1970; no names and no secrets belong in `facts`."""
    size = size_of(connection)
    told = {
        "at": at, "what": what, "person": person, "organisation": organisation,
        "salt": secrets.token_hex(16), **(facts or {}),
    }  # fmt: skip
    line = jcs.encode({key: value for key, value in told.items() if value is not None})
    frontier = Frontier.at(profile, size, lambda level, place: hash_at(connection, level, place))
    completed = frontier.extend([leaf_hash(profile, line)])
    connection.execute(
        insert(trail).values(
            number=size, organisation=organisation or "", at=at, what=what, person=person or "", line=line
        )
    )
    rows = [
        {"level": level, "place": (size >> level) + number, "hash": value}
        for level, hashes in enumerate(completed)
        for number, value in enumerate(hashes)
    ]
    connection.execute(insert(trail_node), rows)
    return size


def root_of(connection: Connection, profile: Profile, size: int) -> bytes:
    """The root over the first `size` lines."""
    return root_at(profile, size, lambda level, place: hash_at(connection, level, place))
