"""The tables of notices, in the node's own database."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from dongting.node.people.database import metadata

#: `key` keeps a notice from being given twice; `subject` is `app.type/id`, empty for the node's own.
notice = Table(
    "notice", metadata,
    Column("number", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True),
    Column("organisation", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("facts", LargeBinary, nullable=False),
    Column("made", BigInteger, nullable=False),
    Column("key", Text, nullable=False),
    Index("notice_key", "organisation", "key", unique=True),
    Index("notice_organisation", "organisation", "number"),
)  # fmt: skip
#: How far a person has read an organisation's notices and was sent them, and how the person wants them.
reader = Table(
    "notice_reader", metadata,
    Column("person", ForeignKey("person.id"), primary_key=True),
    Column("organisation", Text, primary_key=True),
    Column("seen", BigInteger, nullable=False, default=0),
    Column("mailed", BigInteger, nullable=False, default=0),
    Column("digested", BigInteger, nullable=False, default=0),
    Column("day", Text, nullable=False, default=""),
    Column("language", Text, nullable=False, default="zh"),
    Column("choices", LargeBinary, nullable=False, default=b"{}"),
)  # fmt: skip
