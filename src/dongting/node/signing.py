"""The node's own keys, apart from every organisation's: the log key of a node that orders signs checkpoints
and receipts; the node key of a follower signs its requests to the node that it follows."""

from dongting.errors import require
from dongting.node.keystore import NO_SUCH_KEY, Keystore, Purpose
from dongting.wire.keys import SigningKey


def log_key(keystore: Keystore) -> SigningKey:
    """The log key in a node's keystore; refuses a keystore without one."""
    return _current(keystore, "log")


def node_key(keystore: Keystore) -> SigningKey:
    """The node key in a follower's keystore; refuses a keystore without one."""
    return _current(keystore, "node")


def _current(keystore: Keystore, purpose: Purpose) -> SigningKey:
    names = [
        entry.name for entry in keystore.entries() if (entry.purpose, entry.stage) == (purpose, "current")
    ]
    require(names, NO_SUCH_KEY, stage="current", name=purpose)
    return keystore.signing_key(names[0])
