"""Keys made for organisations, and the node's own, apart from every organisation's: the log key of a node
that orders signs checkpoints and receipts; the node key of a follower signs its requests to the node that it
follows.
"""

from dongting.errors import Refused, require
from dongting.node.keystore import NO_SUCH_KEY, Entry, HeldKey, Keystore, Purpose
from dongting.wire.keys import SigningKey
from dongting.wire.profile import Profile
from dongting.wire.sealing import method_for

_SUITES = {"international": "Ed25519", "national": "SM2"}


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


def new_keys(keystore: Keystore, organisation: str, profile: Profile, now: int) -> list[Entry]:
    """A signing and an encryption key of the profile's kinds for an organisation."""
    return [
        keystore.add(organisation, "signing", _SUITES[profile.name], now),
        keystore.add(organisation, "encryption", method_for(profile).name, now),
    ]


def _current(keystore: Keystore, purpose: Purpose) -> SigningKey:
    names = [
        entry.name for entry in keystore.entries() if (entry.purpose, entry.stage) == (purpose, "current")
    ]
    require(names, NO_SUCH_KEY, stage="current", name=purpose)
    return keystore.signing_key(names[0])
