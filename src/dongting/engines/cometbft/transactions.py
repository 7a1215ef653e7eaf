"""A transaction: statements packed together, so that consensus orders many at a time.

The bytes are a protobuf message: statements, and a salt, because CometBFT remembers the transactions that it
has seen and would not order a refused statement again. They are in no log and no proof: the log holds the
statements themselves, and a statement that comes in two transactions counts once.
"""

from collections.abc import Sequence
from typing import NamedTuple

from dongting.errors import Fault
from dongting.wire import protobuf
from dongting.wire.statement import MAX_STATEMENT

STATEMENT, SALT, MESSAGE = 1, 2, 3  # the fields
SALT_SIZE = 8  # bytes
MAX_MESSAGE = 8192  # bytes
MAX_STATEMENTS = 4096
TARGET = 128 * 1024  # bytes after which the gateway closes a transaction
MAX_TRANSACTION = 512 * 1024  # bytes of the longest that is taken

OVERHEAD = 8  # bytes that a statement, or a transaction in a block, takes beside its own


class Transaction(NamedTuple):
    """Either statements, or one message that validators tell each other and that changes no state."""

    statements: list[bytes]
    message: bytes = b""


def pack(statements: Sequence[bytes], salt: bytes) -> bytes:
    """The transaction of these statements, in their order; `salt` has 8 bytes that were not used before."""
    return b"".join(protobuf.item(STATEMENT, data) for data in statements) + protobuf.item(SALT, salt)


def pack_message(message: bytes, salt: bytes) -> bytes:
    """The transaction that tells all validators a message."""
    return protobuf.item(SALT, salt) + protobuf.item(MESSAGE, message)


def unpack(tx: bytes) -> Transaction | None:
    """What a transaction holds; None for bytes that are none."""
    if len(tx) > MAX_TRANSACTION:
        return None
    found: list[bytes] = []
    salts: list[bytes] = []
    messages: list[bytes] = []
    places = {
        STATEMENT: (found, MAX_STATEMENT), SALT: (salts, SALT_SIZE), MESSAGE: (messages, MAX_MESSAGE)
    }  # fmt: skip
    try:
        for field, value in protobuf.fields(tx):
            place, most = places.get(field, (found, -1))
            if not isinstance(value, bytes) or len(value) > most:
                return None
            place.append(value)
    except Fault:
        return None
    one = (len(messages) == 1 and not found) or (not messages and 0 < len(found) <= MAX_STATEMENTS)
    if not one or [len(salt) for salt in salts] != [SALT_SIZE]:
        return None
    return Transaction(found, *messages)
