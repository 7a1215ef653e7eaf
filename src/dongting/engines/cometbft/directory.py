"""CometBFT's own directory: its genesis, settings and keys, written from what this node is told.

Genesis and settings are made anew at each start, so that nobody keeps two files in step. `unsafe` lets
the node have its CometBFT dial others, over a socket that nobody else can open. The keys are made once;
CometBFT reads them as they are, so they are open to the node's user only. `data` holds its signing state: it
belongs in no backup, because a validator that forgets what it signed may sign twice.
"""

import base64
import json
import os
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec import UNSET

from dongting.engines.cometbft.codes import NO_VALIDATORS
from dongting.errors import require
from dongting.wire.commit import address, chain_id
from dongting.wire.genesis import Genesis, network_id
from dongting.wire.keys import PrivateKey, from_base64, public_key, to_base64
from dongting.wire.profile import profile_named
from dongting.wire.suites import ED25519

_PRESENT, _NEXT = "priv_validator_key.json", "next_validator_key.json"
MAX_BLOCK = 4 * 2**20  # bytes
_EVIDENCE_BLOCKS, _EVIDENCE_TIME = 100_000, 48 * 3600 * 10**9  # nanoseconds


@dataclass(frozen=True, slots=True)
class Settings:
    """How this node takes part. `home` is the node's directory; sockets lie under its `run`.

    `peers` is a list `id@host:port,…`; `listen` and `external` are `host:port`, the latter what peers dial.
    """

    home: Path
    binary: str = ""
    listen: str = "127.0.0.1:26656"
    external: str = ""
    peers: str = ""

    @property
    def directory(self) -> Path:
        """CometBFT's home."""
        return self.home / "cometbft"

    @property
    def rpc(self) -> Path:
        """The socket of its RPC."""
        return self.home / "run" / "rpc.sock"

    @property
    def abci(self) -> Path:
        """The socket on which this process executes for it."""
        return self.home / "run" / "abci.sock"


def make_keys(directory: Path) -> tuple[str, str]:
    """Make a consensus key and a node key unless they are there; the public consensus key as genesis writes
    it, and the node's id."""
    config, data = directory / "config", directory / "data"
    for each in (directory, config, data):
        each.mkdir(mode=0o700, parents=True, exist_ok=True)
    consensus = _key(config / _PRESENT, address_too=True)
    node = _key(config / "node_key.json", address_too=False)
    state = data / "priv_validator_state.json"
    if not state.exists():
        _write(state, {"height": "0", "round": 0, "step": 0})
    return to_base64(consensus.public().cose()), address(node.public().raw).hex()


def next_key(directory: Path) -> str:
    """Make the consensus key that is to follow the present one, unless it is there; as a member has it."""
    return to_base64(_key(directory / "config" / _NEXT, address_too=True).public().cose())


def use_next_key(directory: Path, voting: Collection[bytes]) -> bool:
    """Put the following consensus key in the place of the present one once it votes; whether it did.

    What was signed stays remembered, so that no height is signed by both.
    """
    config = directory / "config"
    if not follows(directory, voting):
        return False
    (config / _NEXT).replace(config / _PRESENT)
    return True


def follows(directory: Path, voting: Collection[bytes]) -> bool:
    """Whether a following consensus key is there, and votes."""
    path = directory / "config" / _NEXT
    return path.exists() and _key(path, address_too=True).public().raw in voting


def _key(path: Path, *, address_too: bool) -> PrivateKey:
    if path.exists():
        held = json.loads(path.read_bytes())["priv_key"]["value"]
        return PrivateKey(ED25519, base64.b64decode(held))
    key = PrivateKey.generate(ED25519)
    public = key.public().raw
    written: dict[str, Any] = {"priv_key": _typed("tendermint/PrivKeyEd25519", key.raw)}
    if address_too:
        written["address"] = address(public).hex().upper()
        written["pub_key"] = _typed("tendermint/PubKeyEd25519", public)
    _write(path, written)
    return key


def _typed(name: str, raw: bytes) -> dict[str, str]:
    return {"type": name, "value": base64.b64encode(raw).decode()}


def _write(path: Path, value: dict[str, Any]) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(value, file, indent=1)


def validators(genesis: Genesis) -> list[bytes]:
    """The public consensus keys that genesis names, in its order; refuses a genesis without."""
    named = [each.consensus for each in genesis.log_keys]
    require(all(key is not UNSET for key in named), NO_VALIDATORS)
    return [public_key(from_base64(str(key))).raw for key in named]


def genesis_file(genesis: Genesis) -> dict[str, Any]:
    """CometBFT's genesis, which follows from the network's alone, so that all nodes have the same."""
    created = datetime.fromtimestamp(genesis.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    profile = profile_named(genesis.profile)
    keys = validators(genesis)
    return {
        "genesis_time": created,
        "chain_id": chain_id(network_id(genesis.encode(), profile)),
        "initial_height": "1",
        "consensus_params": {
            "block": {"max_bytes": str(MAX_BLOCK), "max_gas": "-1"},
            "evidence": {
                "max_age_num_blocks": str(_EVIDENCE_BLOCKS),
                "max_age_duration": str(_EVIDENCE_TIME),
                "max_bytes": "1048576",
            },
            "validator": {"pub_key_types": ["ed25519"]},
            "version": {"app": "0"},
            "abci": {"vote_extensions_enable_height": "0"},
        },
        "validators": [
            {
                "address": address(key).hex().upper(),
                "pub_key": _typed("tendermint/PubKeyEd25519", key),
                "power": "1",
                "name": log_key.owner,
            }
            for key, log_key in zip(keys, genesis.log_keys, strict=True)
        ],
        "app_hash": "",
    }


_CONFIG = """\
# Written by the node at each start, from dongting.toml.
proxy_app = "unix://run/abci.sock"
abci = "socket"
moniker = {moniker}
db_backend = "goleveldb"
log_level = "error"
log_format = "plain"

[rpc]
laddr = "unix://run/rpc.sock"
max_body_bytes = 2000000
unsafe = true

[p2p]
laddr = {listen}
external_address = {external}
persistent_peers = {peers}
addr_book_strict = false
allow_duplicate_ip = true
pex = false
flush_throttle_timeout = "10ms"
send_rate = 20480000
recv_rate = 20480000

[mempool]
recheck = false
size = 5000
max_tx_bytes = 1048576
max_txs_bytes = 67108864

[consensus]
timeout_propose = "1s"
timeout_propose_delta = "500ms"
timeout_prevote = "500ms"
timeout_prevote_delta = "250ms"
timeout_precommit = "500ms"
timeout_precommit_delta = "250ms"
timeout_commit = "0s"
skip_timeout_commit = true
create_empty_blocks = false
create_empty_blocks_interval = "0s"
peer_gossip_sleep_duration = "20ms"

[storage]
discard_abci_responses = true

[tx_index]
indexer = "null"
"""


def write_directory(settings: Settings, genesis: Genesis) -> None:
    """Write genesis and settings for the next start."""
    make_keys(settings.directory)
    config = settings.directory / "config"
    _write(config / "genesis.json", genesis_file(genesis))
    text = _CONFIG.format(
        moniker=json.dumps(genesis.domain),
        listen=json.dumps(f"tcp://{settings.listen}"),
        external=json.dumps(settings.external),
        peers=json.dumps(settings.peers),
    )
    (config / "config.toml").write_text(text)
