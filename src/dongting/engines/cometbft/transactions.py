"""A transaction: statements packed together, so that consensus orders many at a time.

The bytes are a protobuf message: statements, and a salt, because CometBFT remembers the transactions that it
has seen and would not order a refused statement again. They are in no log and no proof: the log holds the
statements themselves, and a statement that comes in two transactions counts once.
"""

from collections.abc import Sequence

from dongting.engines.cometbft import protobuf
from dongting.errors import Fault
from dongting.wire.statement import MAX_STATEMENT

STATEMENT, SALT = 1, 2  # the fields
SALT_SIZE = 8  # bytes
MAX_STATEMENTS = 4096
TARGET = 128 * 1024  # bytes after which the gateway closes a transaction
MAX_TRANSACTION = 512 * 1024  # bytes of the longest that is taken

OVERHEAD = 8  # bytes that a statement, or a transaction in a block, takes beside its own


def pack(statements: Sequence[bytes], salt: bytes) -> bytes:
    """The transaction of these statements, in their order; `salt` has 8 bytes that were not used before."""
    return b"".join(protobuf.item(STATEMENT, data) for data in statements) + protobuf.item(SALT, salt)


def unpack(tx: bytes) -> list[bytes] | None:
    """The statements of a transaction; None for bytes that are none."""
    if len(tx) > MAX_TRANSACTION:
        return None
    found: list[bytes] = []
    salts = 0
    try:
        for field, value in protobuf.fields(tx):
            if not isinstance(value, bytes):
                return None
            if field == STATEMENT and len(value) <= MAX_STATEMENT:
                found.append(value)
            elif field == SALT and len(value) == SALT_SIZE:
                salts += 1
            else:
                return None
    except Fault:
        return None
    return found if salts == 1 and 0 < len(found) <= MAX_STATEMENTS else None
