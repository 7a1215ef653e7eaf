"""A whole ledger in memory with a manual clock, for tests of applications.

Everything is real but the disk and the clock: statements are signed, decoded, verified and executed by
the same kernel that a node runs.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from dongting.appkit.app import App, Supply
from dongting.errors import Refused
from dongting.kernel.machine import Accepted, Machine
from dongting.kernel.rules import Rules
from dongting.kernel.store import Store
from dongting.node.installed import installed_rules, installed_versions
from dongting.testing.stores import MemoryStore
from dongting.wire.genesis import FORMAT, AppVersion, Founder, Genesis, LogKey
from dongting.wire.keys import PrivateKey, SigningKey, to_base64
from dongting.wire.profile import Profile, profile_named
from dongting.wire.sealing import DecryptionKey, method_for
from dongting.wire.statement import Statement, build, decode
from dongting.wire.suites import ED25519, SM2

R = TypeVar("R")

START = 1_767_225_600  # 2026-01-01T00:00:00Z, a Thursday and a holiday

FOUNDERS: tuple[tuple[str, str, str, str], ...] = (
    ("env-bureau", "government", "环境局", "Environment Bureau"),
    ("green-tech", "enterprise", "绿色科技", "Green Technology"),
    ("air-alliance", "association", "空气联盟", "Air Alliance"),
)


def network(profile: Profile, keys: Mapping[str, SigningKey], log_key: SigningKey, **changes: Any) -> Genesis:
    """A genesis with the three founders above; `changes` replace fields of the document."""
    founders = [
        Founder(
            id,
            kind,
            {"zh": zh, "en": en},
            [to_base64(keys[id].public().cose())],
            to_base64(DecryptionKey.generate(method_for(profile)).public().cose()),
            region="430100",
        )
        for id, kind, zh, en in FOUNDERS
    ]
    fields: dict[str, Any] = {
        "format": FORMAT,
        "name": {"zh": "测试网络", "en": "Test network"},
        "profile": profile.name,
        "domain": "test.example",
        "created": START,
        "founders": founders,
        "log_keys": [LogKey(FOUNDERS[0][0], to_base64(log_key.public().cose()))],
        "apps": installed_versions(profile),
    }
    return Genesis(**{**fields, **changes})


def _with_apps(rules: Rules, apps: Sequence[App], supplies: Sequence[Supply]) -> Rules:
    """The rules with further applications, joined to what the installed ones supply."""
    joined = {**rules.supplies, **dict(supplies)}
    return Rules((*rules.apps, *apps), joined, rules.authority, rules.schedule, rules.sources)


class Ledger:
    """One ledger; `act` signs an action as an organisation and executes it in a block of its own.

    `apps` are applications that are not installed (yet), `supplies` what joins them to the others; the
    network begins with them. Further arguments replace fields of the genesis document.
    """

    def __init__(
        self,
        profile: str = "international",
        *,
        store: Store | None = None,
        rules: Rules | None = None,
        apps: Sequence[App] = (),
        supplies: Sequence[Supply] = (),
        **genesis: Any,
    ) -> None:
        self.profile = profile_named(profile)
        suite = SM2 if profile == "national" else ED25519
        self.keys = {id: PrivateKey.generate(suite) for id, *_ in FOUNDERS}
        self.log_key = PrivateKey.generate(ED25519)
        self.rules = _with_apps(rules or installed_rules(self.profile), apps, supplies)
        sources = self.rules.sources
        begins = [AppVersion(a.name, a.version, sources.get(a.name, "0" * 64)) for a in self.rules.apps]
        self.genesis = network(self.profile, self.keys, self.log_key, **{"apps": begins, **genesis})
        self.store = store if store is not None else MemoryStore()
        self.time = START
        self._drawn = 0
        self.machine = Machine(self.store, self.rules, self.genesis.encode())

    def nonce(self) -> bytes:
        """Sixteen bytes that this ledger has not drawn before."""
        self._drawn += 1
        return hashlib.sha256(b"nonce %d" % self._drawn).digest()[:16]

    def advance(self, seconds: int = 0, days: int = 0) -> None:
        """Move the clock on."""
        self.time += seconds + 86_400 * days

    def sign(self, author: str, action: str, arguments: Mapping[str, Any], **changes: Any) -> bytes:
        """A signed statement; `changes` replace what `build` is given (issued, nonce, subject ...)."""
        verb = self.rules.actions.get(action)
        subject = f"{verb.prefix}{arguments.get(verb.declared.subject)}" if verb else "none/none"
        given: dict[str, Any] = {
            "issuer": author,
            "network": self.machine.network,
            "action": action,
            "subject": subject,
            "arguments": arguments,
            "issued": self.time,
            "nonce": self.nonce(),
        }
        key = changes.pop("key", None) or self.keys[author]
        return build(key, self.profile, **{**given, **changes})

    def submit(self, *statements: bytes) -> Sequence[Accepted | Refused]:
        """Execute these statements in one block and commit it; their outcomes in order."""
        decoded: list[Statement] = [decode(data, self.profile) for data in statements]
        block = self.machine.execute(self.time, decoded)
        self.machine.commit(block)
        return block.outcomes

    def act(self, author: str, action: str, arguments: Mapping[str, Any], **changes: Any) -> int:
        """Sign and execute one action; the index of its leaf, or the `Refused` raised."""
        outcome = self.submit(self.sign(author, action, arguments, **changes))[0]
        if isinstance(outcome, Refused):
            raise outcome
        return outcome.index

    def get(self, record: type[R], id: str) -> R | None:
        """The present version of a record."""
        return self.machine.reader().get(record, id)

    def reopen(self) -> "Machine":
        """Open the ledger anew from what its store holds."""
        self.machine = Machine(self.store, self.rules, self.genesis.encode())
        return self.machine
