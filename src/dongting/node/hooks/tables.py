"""The tables of webhooks, in the node's own database.

A delivery names its message by the message's id and holds nothing of it: what is sent is made anew for each
attempt, so that what was redacted meanwhile is not sent any more.
"""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from dongting.node.people.database import metadata

#: `types`, `actions` and `secrets` are JSON; `since` is the height above which events count.
hook = Table(
    "hook", metadata,
    Column("id", Text, primary_key=True),
    Column("organisation", Text, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("format", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("types", LargeBinary, nullable=False),
    Column("actions", LargeBinary, nullable=False),
    Column("secrets", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("made", BigInteger, nullable=False),
)  # fmt: skip
#: `due` is when the next attempt is made, `code` and `facts` (JSON) tell why the last one failed.
delivery = Table(
    "delivery", metadata,
    Column("number", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True),
    Column("hook", ForeignKey("hook.id", ondelete="CASCADE"), nullable=False),
    Column("message", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("due", BigInteger, nullable=False),
    Column("made", BigInteger, nullable=False),
    Column("last", BigInteger),
    Column("status", Integer),
    Column("code", Text),
    Column("facts", LargeBinary),
    Index("delivery_message", "hook", "message", unique=True),
    Index("delivery_due", "state", "due"),
    Index("delivery_hook", "hook", "number"),
)  # fmt: skip
#: How far something has been followed: `what` by name, up to the height.
followed = Table(
    "followed", metadata,
    Column("what", Text, primary_key=True),
    Column("height", BigInteger, nullable=False),
)  # fmt: skip
