"""The node's own keys, apart from every organisation's: the log key of a node that orders signs checkpoints
and receipts; the node key of a follower signs its requests to the node that it follows."""

from dongting.errors import Refused, require
from dongting.node.keystore import NO_SUCH_KEY, HeldKey, Keystore, Purpose
from dongting.wire.keys import SigningKey


def log_key(keystore: Keystore) -> SigningKey:
    """The log key in a node's keystore; refuses a keystore without one."""
    return _current(keystore, "log")


def node_key(keystore: Keystore) -> SigningKey:
    """The node key in a follower's keystore; refuses a keystore without one."""
    return _current(keystore, "node")


def witness_key(beside: SigningKey | None) -> SigningKey | None:
    """The witness key in the unlocked keystore that holds the node's own key, if there is one."""
    if not isinstance(beside, HeldKey) or not beside.store.unlocked:
        return None
    try:
        return _current(beside.store, "witness")
    except Refused:
        return None


def _current(keystore: Keystore, purpose: Purpose) -> SigningKey:
    names = [
        entry.name for entry in keystore.entries() if (entry.purpose, entry.stage) == (purpose, "current")
    ]
    require(names, NO_SUCH_KEY, stage="current", name=purpose)
    return keystore.signing_key(names[0])
