"""The node's own key: it signs checkpoints and receipts, apart from every organisation's keys."""

from dongting.errors import require
from dongting.node.keystore import NO_SUCH_KEY, Keystore
from dongting.wire.keys import SigningKey


def log_key(keystore: Keystore) -> SigningKey:
    """The log key in a node's keystore; refuses a keystore without one."""
    names = [entry.name for entry in keystore.entries() if (entry.purpose, entry.stage) == ("log", "current")]
    require(names, NO_SUCH_KEY, stage="current", name="log")
    return keystore.signing_key(names[0])
