"""One key of a keystore as something that signs (`dongting.wire.keys.SigningKey`)."""

from dataclasses import dataclass

from dongting.errors import require
from dongting.node.keystore import NO_SUCH_KEY, Keystore, Stage
from dongting.wire.keys import PublicKey
from dongting.wire.suites import Suite


@dataclass(frozen=True, slots=True)
class KeystoreKey:
    """The current (or next) key of that name; the private half never leaves the keystore."""

    keystore: Keystore
    name: str
    stage: Stage = "current"

    @property
    def suite(self) -> Suite:
        """The suite of the key."""
        return self.public().suite

    def public(self) -> PublicKey:
        """The public half."""
        for entry in self.keystore.entries():
            key = entry.key()
            if entry.name == self.name and entry.stage == self.stage and isinstance(key, PublicKey):
                return key
        return self.keystore.public_key(self.name)

    def sign(self, message: bytes) -> bytes:
        """A signature of 64 bytes."""
        return self.keystore.sign(self.name, message, self.stage)


def log_key(keystore: Keystore) -> KeystoreKey:
    """The log key in a node's keystore; refuses a keystore without one."""
    names = [
        entry.name for entry in keystore.entries() if entry.purpose == "log" and entry.stage == "current"
    ]
    require(names, NO_SUCH_KEY, stage="current", name="log")
    return KeystoreKey(keystore, names[0])
