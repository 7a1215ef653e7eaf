"""A node's home on a real disk, for tests: genesis, settings, keystore, and a node that runs in it."""

import hashlib
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dongting.kernel.machine import Machine
from dongting.kernel.store import Store
from dongting.node.config import load
from dongting.node.home import Home
from dongting.node.keyfile import derivation
from dongting.node.keystore import Keystore
from dongting.node.ledger import LedgerNode, Limits
from dongting.node.signing import log_key
from dongting.testing.ledger import FOUNDERS, network
from dongting.wire.genesis import network_id
from dongting.wire.keys import PrivateKey, SigningKey
from dongting.wire.profile import profile_named
from dongting.wire.statement import build, decode
from dongting.wire.suites import ED25519, SM2

PASSPHRASE = b"a passphrase for tests only"
OPERATOR = FOUNDERS[0][0]


class NodeHome:
    """A home in a directory; the operator's keys are in its keystore, the others' in memory.

    Statements are dated now, because nodes run by the real clock.
    """

    def __init__(self, directory: Path, profile: str = "international") -> None:
        self.path = directory
        self.profile = profile_named(profile)
        kind = "SM2" if profile == "national" else "Ed25519"
        now = int(time.time())
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o700)
        (directory / "keys").mkdir(mode=0o700)
        (directory / "dongting.toml").write_text('[node]\nhome = "."\n')
        self.keystore = Keystore.create(
            directory / "keys" / "keystore.json", PASSPHRASE, derivation(1024, 1, 1)
        )
        self.keystore.add(OPERATOR, "log", "Ed25519", now)
        self.keystore.add(OPERATOR, "signing", kind, now)
        suite = SM2 if profile == "national" else ED25519
        self.keys: dict[str, Any] = {id: PrivateKey.generate(suite) for id, *_ in FOUNDERS[1:]}
        self.keys[OPERATOR] = self.keystore.signing_key(f"{OPERATOR}/signing")
        genesis = network(self.profile, self.keys, self.log_key, created=now - 60)
        (directory / "genesis.json").write_bytes(genesis.encode())
        self.network = network_id(genesis.encode(), self.profile)
        self._drawn = 0

    @property
    def home(self) -> Home:
        """The home as the node sees it."""
        return Home(load(self.path / "dongting.toml"))

    @property
    def log_key(self) -> SigningKey:
        """The key that signs checkpoints."""
        return log_key(self.keystore)

    def sign(self, author: str, action: str, arguments: Mapping[str, Any]) -> bytes:
        """A statement signed now."""
        verb = self.home.rules().actions[action]
        self._drawn += 1
        return build(
            self.keys[author], self.profile, issuer=author, network=self.network, action=action,
            subject=f"{verb.prefix}{arguments[verb.declared.subject]}", arguments=arguments,
            issued=int(time.time()), nonce=hashlib.sha256(b"%d" % self._drawn).digest()[:16],
        )  # fmt: skip

    def evidence(self, number: int, author: str = OPERATOR) -> bytes:
        """A statement that registers some evidence; another number is another record."""
        content = hashlib.sha256(b"%d" % number).hexdigest()
        arguments = {"id": f"evidence-{number}", "kind": "file", "content": content}
        return self.sign(author, "evidence/register", arguments)

    def node(self, store: Store | None = None, **options: Any) -> LedgerNode:
        """A node over this home's ledger, or over another store; start it and stop it."""
        given = {"log_key": self.log_key, "limits": Limits(workers=1), **options}
        return LedgerNode(
            store if store is not None else self.home.ledger(),
            (self.path / "genesis.json").read_bytes(), self.path, lambda: int(time.time()), **given,
        )  # fmt: skip

    def fill(self, *statements: bytes) -> None:
        """Commit statements while no node runs, in a block of their own."""
        store = self.home.ledger()
        machine = Machine(store, self.home.rules(), (self.path / "genesis.json").read_bytes())
        block = machine.execute(int(time.time()), [decode(data, self.profile) for data in statements])
        machine.commit(block)
        store.close()
