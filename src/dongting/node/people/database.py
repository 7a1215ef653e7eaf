"""The node's own database of people: SQLite in the home, or PostgreSQL; one writer at a time.

Sign-in names, names and addresses of people stand here and nowhere else. Secrets stand hashed: passwords by
Argon2id, everything drawn at random (sessions, links) by SHA-256.
"""

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    inspect,
    make_url,
)

from dongting.store.schema import lock, open_engine

_LOCK = 4919128302  # PostgreSQL's advisory lock of those who write here

metadata = MetaData()

#: One person, `login` in lower case. Without a password a person signs in by other means, or not at all.
person = Table(
    "person", metadata,
    Column("id", Text, primary_key=True),
    Column("login", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False, default=""),
    Column("password", Text),
    Column("active", Boolean, nullable=False, default=True),
    Column("made", BigInteger, nullable=False),
)  # fmt: skip
#: One role of one person at one organisation.
membership = Table(
    "membership", metadata,
    Column("organisation", Text, primary_key=True),
    Column("person", ForeignKey("person.id"), primary_key=True),
    Column("role", Text, primary_key=True),
    Column("since", BigInteger, nullable=False),
    Index("membership_person", "person"),
)  # fmt: skip
#: `seen` moves with use, `ends` does not; `said` are messages for the next page, in JSON.
session = Table(
    "session", metadata,
    Column("digest", Text, primary_key=True),
    Column("person", ForeignKey("person.id"), nullable=False, index=True),
    Column("organisation", Text),
    Column("began", BigInteger, nullable=False),
    Column("seen", BigInteger, nullable=False),
    Column("ends", BigInteger, nullable=False),
    Column("said", LargeBinary, nullable=False, default=b"[]"),
)  # fmt: skip
#: A link that works once. `person` is whose password it sets anew, `roles` (JSON) what an invitation gives.
link = Table(
    "link", metadata,
    Column("digest", Text, primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("organisation", Text, nullable=False),
    Column("roles", LargeBinary, nullable=False, default=b"[]"),
    Column("person", ForeignKey("person.id")),
    Column("made_by", Text),
    Column("made", BigInteger, nullable=False),
    Column("ends", BigInteger, nullable=False),
    Column("used", Boolean, nullable=False, default=False),
)  # fmt: skip
#: Failures of one key (a hash of who tries what); nobody may try again before `until`.
attempt = Table(
    "attempt", metadata,
    Column("key", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
)  # fmt: skip

#: A key for programs: it acts as its person at one organisation, at most within `scopes` (JSON).
api_key = Table(
    "api_key", metadata,
    Column("digest", Text, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("person", ForeignKey("person.id"), nullable=False, index=True),
    Column("organisation", Text, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("scopes", LargeBinary, nullable=False),
    Column("made", BigInteger, nullable=False),
    Column("ends", BigInteger, nullable=False),
    Column("used", BigInteger),
)  # fmt: skip
#: Codes that stand in for a lost password, each once.
recovery = Table(
    "recovery", metadata,
    Column("digest", Text, primary_key=True),
    Column("person", ForeignKey("person.id"), nullable=False, index=True),
)  # fmt: skip

#: What organisations without a node sent in to be hosted here; `document` is a scan, for the decider alone.
application = Table(
    "application", metadata,
    Column("id", Text, primary_key=True),
    Column("organisation", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("credit_code", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("contact", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("document", LargeBinary),
    Column("media_type", Text, nullable=False),
    Column("state", Text, nullable=False, index=True),
    Column("reason", Text, nullable=False, default=""),
    Column("made", BigInteger, nullable=False),
    Column("decided", BigInteger),
)  # fmt: skip

#: Credentials of WebAuthn: `id` in base64url, the public key as COSE_Key.
passkey = Table(
    "passkey", metadata,
    Column("id", Text, primary_key=True),
    Column("person", ForeignKey("person.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("key", LargeBinary, nullable=False),
    Column("counter", BigInteger, nullable=False),
    Column("made", BigInteger, nullable=False),
    Column("used", BigInteger),
)  # fmt: skip
#: What a browser was asked to sign, until it does; `person` is empty at sign-in.
challenge = Table(
    "challenge", metadata,
    Column("digest", Text, primary_key=True),
    Column("person", Text, nullable=False),
    Column("ends", BigInteger, nullable=False),
)  # fmt: skip


class Database:
    """The tables of one node, for any number of threads and processes.

    `url` is `sqlite:////path/to/file` or `postgresql://user@host/name`.
    """

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite" and parsed.database:
            _private(Path(parsed.database))
        self._engine = open_engine(url, durable=True)
        self._writer = self._engine.execution_options(writes=True)
        if self._engine.dialect.name == "postgresql":
            # Each statement sees what the writer before has committed; the lock keeps writers apart.
            self._writer = self._writer.execution_options(isolation_level="READ COMMITTED")
        found = set(inspect(self._engine).get_table_names())
        if not set(metadata.tables) <= found:
            with self.write() as connection:
                metadata.create_all(connection, checkfirst=True)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state."""
        with self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction in which nobody else writes; taken back when it raises."""
        with self._writer.begin() as connection:
            lock(connection, _LOCK)
            yield connection


def drawn() -> str:
    """A new secret for an address or a cookie: 256 random bits in base64url."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is kept of such a secret, in hexadecimal."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _private(path: Path) -> None:
    """Make the file, open to its owner only, before SQLite makes it open to others.

    One that exists is not even opened: closing it would let go every lock that this process holds on it,
    those of other connections too (https://sqlite.org/howtocorrupt.html, section 2.2).
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
