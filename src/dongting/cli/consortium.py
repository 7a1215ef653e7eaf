"""A development consortium on one machine: several validators, each a whole node in a directory of its own.

    DIR/passphrase     protects all keys of this trial
    DIR/NODE/          the home of one node: settings, keys of its organisation, ledger, files, views
    DIR/run/           the supervisor's process id and log

A production consortium has one node a machine, and nobody holds the keys of another.
"""

import os
import secrets
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgspec import Struct

from dongting.cli.founding import attempt, document, founder_of
from dongting.cli.session import CONFIG
from dongting.engines.cometbft.directory import make_keys
from dongting.errors import Code, require
from dongting.node.config import load
from dongting.node.keyfile import Derivation
from dongting.node.keystore import Keystore
from dongting.node.signing import new_keys
from dongting.wire import genesis as documents
from dongting.wire.genesis import LogKey
from dongting.wire.keys import to_base64
from dongting.wire.profile import Profile, profile_named

NO_CONSORTIUM = Code(
    "cometbft", 6, "no-consortium",
    "There is no consortium in {home}. Start one with `dongting network up`.",
    "{home} 中没有联盟网络。请用 `dongting network up` 启动。",
    status=404,
)  # fmt: skip
OTHER_SIZE = Code(
    "cometbft", 7, "other-size",
    "The consortium in {home} has {there} validators, not {asked}. Choose another --home for a new one.",
    "{home} 中的联盟有 {there} 个验证者，而不是 {asked} 个。请为新网络更换 --home。",
    status=409,
)  # fmt: skip

UNKNOWN_NODE = Code(
    "cometbft", 13, "unknown-node",
    "A trial consortium has no organisation {node}; `dongting network add --help` names those that it has.",
    "试验联盟中没有组织 {node}；`dongting network add --help` 列出可用的组织。",
    status=404,
)  # fmt: skip

#: Who founds it, in this order; each runs one node.
ORGANISATIONS: tuple[tuple[str, str, str, str], ...] = (
    ("env-bureau", "government", "环境局", "Environment Bureau"),
    ("green-tech", "enterprise", "绿色科技", "Green Technology"),
    ("air-alliance", "association", "空气联盟", "Air Alliance"),
    ("xiang-university", "university", "湘江大学", "Xiang University"),
    ("lake-institute", "research", "湖泊研究院", "Lake Institute"),
    ("spring-capital", "investor", "春潮资本", "Spring Capital"),
    ("river-park", "park", "江岸园区", "River Park"),
)

_SETTINGS = """\
# One validator of a development consortium. `dongting config reference` explains all settings.
[node]
home = "."
name = "{name}"

[http]
port = {port}

[engine]
kind = "cometbft"
listen = "127.0.0.1:{listen}"
peers = "{peers}"
organisations = "{name}"

[kernel]
verify_workers = 1

[log]
format = "text"
"""

_TOLD: dict[str, Any] = {
    "names": ("试验联盟网络", "Trial consortium"), "domain": "consortium.example", "zone": "+08:00",
    "supervisor": None, "quorum": "majority", "quorum_days": 7, "holidays": (), "workdays": (),
}  # fmt: skip


class NewValidator(Struct, frozen=True):
    """What governance/set-engine-members takes of a member: its owner, log key and consensus key."""

    owner: str
    key: str
    consensus: str
    power: int = 1


@dataclass(frozen=True, slots=True)
class Consortium:
    """The directory of one."""

    directory: Path

    @property
    def nodes(self) -> list[str]:
        """The organisations that run its nodes, in the order of genesis; refuses an empty directory."""
        there = {path.parent.name for path in self.directory.glob(f"*/{CONFIG}")}
        require(there, NO_CONSORTIUM, home=self.directory)
        return [id for id, *_ in ORGANISATIONS if id in there]

    def home(self, node: str) -> Path:
        """The home of one node."""
        return self.directory / node

    @property
    def passphrase(self) -> bytes:
        """What protects the keys of this trial."""
        return (self.directory / "passphrase").read_bytes()

    @property
    def pid(self) -> Path:
        """The file with the supervisor's process id."""
        return self.directory / "run" / "supervisor.pid"

    @property
    def log(self) -> Path:
        """What the supervisor and the nodes say."""
        return self.directory / "run" / "supervisor.log"

    def address(self, node: str) -> str | None:
        """Where a node serves now; None while it does not."""
        path = self.home(node) / "run" / "address"
        return path.read_text().strip() if path.exists() else None

    def secret(self) -> int:
        """A descriptor from which the passphrase can be read once."""
        reading, writing = os.pipe()
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(self.passphrase)
        return reading


def found(
    directory: Path,
    validators: int,
    profile_name: str,
    port: int,
    now: int,
    derivation: Derivation | None = None,
) -> Consortium:
    """Found a consortium of so many nodes; `port` is the first node's, the others follow (0: any free ones).

    `derivation` is how its passphrase protects keys. One that is there already is returned as it is; refuses
    when it has another size.
    """
    made = Consortium(directory)
    if (directory / "passphrase").exists():
        there = len(made.nodes)
        require(there == validators, OTHER_SIZE, home=directory, there=there, asked=validators)
        return made
    profile = profile_named(profile_name)
    organisations = ORGANISATIONS[:validators]
    for path in (directory, directory / "run"):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    passphrase = secrets.token_urlsafe(24).encode()
    founders, log_keys, ids = [], [], []
    for id, kind, zh, en in organisations:
        keystore, log_key, node = _keys(made.home(id), id, profile, passphrase, now, derivation)
        founders.append(founder_of(f"id={id},kind={kind},name-zh={zh},name-en={en}", keystore))
        log_keys.append(log_key)
        ids.append(node)
    data = document(profile, now, _TOLD, founders, log_keys).encode()
    documents.decode(data)
    attempt(directory, profile, data)
    peers = [f"{id}@127.0.0.1:{listen}" for id, listen in zip(ids, _free_ports(validators), strict=True)]
    for number, (id, *_) in enumerate(organisations):
        others = [peer for n, peer in enumerate(peers) if n != number]
        _settle(made.home(id), id, data, port + number if port else 0, peers[number], others)
    with os.fdopen(os.open(directory / "passphrase", os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
        file.write(passphrase)
    return made


def add_node(
    made: Consortium, id: str, now: int, port: int = 0, derivation: Derivation | None = None
) -> NewValidator:
    """Make the node of another organisation beside those of the consortium, with keys of its own; it executes
    every block from its first start on. What the founders have to put on record to let it vote.

    A node that is there already is left alone.
    """
    require(id in [each for each, *_ in ORGANISATIONS], UNKNOWN_NODE, node=id[:64])
    first = made.home(made.nodes[0])
    data = (first / "genesis.json").read_bytes()
    profile = profile_named(documents.decode(data).profile)
    peers = [_address(made.home(node)) for node in made.nodes if node != id]
    home = made.home(id)
    there = (home / CONFIG).exists()
    _, log_key, node = _keys(home, id, profile, made.passphrase, now, derivation)
    if not there:
        _settle(home, id, data, port, f"{node}@127.0.0.1:{_free_ports(1)[0]}", peers)
    return NewValidator(id, log_key.key, str(log_key.consensus))


def _address(home: Path) -> str:
    """Where a node's CometBFT is dialled: `id@host:port`."""
    _, node = make_keys(home / "cometbft")
    return f"{node}@{load(home / CONFIG).engine.listen}"


def _keys(
    home: Path, id: str, profile: Profile, passphrase: bytes, now: int, derivation: Derivation | None
) -> tuple[Keystore, LogKey, str]:
    """Make a node's keys where they are missing: those of its organisation, its log key, and CometBFT's."""
    for each in (home, home / "keys", home / "keys" / id):
        each.mkdir(mode=0o700, exist_ok=True)
    own, nodes = home / "keys" / id / "keystore.json", home / "keys" / "keystore.json"
    if not nodes.exists():
        new_keys(Keystore.create(own, passphrase, derivation), id, profile, now)
        Keystore.create(nodes, passphrase, derivation).add(id, "log", "Ed25519", now)
    consensus, node = make_keys(home / "cometbft")
    log_key = Keystore.open(nodes).public_key(f"{id}/log")
    return Keystore.open(own), LogKey(id, to_base64(log_key.cose()), consensus), node


def _settle(home: Path, id: str, genesis: bytes, port: int, own: str, peers: Sequence[str]) -> None:
    """Write a node's genesis and settings."""
    (home / "genesis.json").write_bytes(genesis)
    text = _SETTINGS.format(name=id, port=port, listen=own.rpartition(":")[2], peers=",".join(peers))
    (home / CONFIG).write_text(text)


def _free_ports(count: int) -> Sequence[int]:
    """Ports that nobody uses now; they stand in all nodes' settings from here on."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports
