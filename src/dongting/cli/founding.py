"""Founding a network: from what is told of its founders to genesis, configuration and keystores.

All or nothing: what was written is taken away again when the document is refused.
"""

import csv
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from dongting.cli.session import CONFIG, Session
from dongting.errors import Code, Refused, require
from dongting.kernel.machine import Machine
from dongting.node.installed import installed_rules, installed_versions
from dongting.node.keystore import Keystore
from dongting.node.signing import new_keys
from dongting.store.ledger import LedgerStore
from dongting.wire import genesis as documents
from dongting.wire.genesis import Calendar, Founder, Genesis, LogKey, Quorum
from dongting.wire.profile import Profile, profile_named

NETWORK_HERE = Code(
    "cli", 5, "network-here",
    "There is a network in {home} already, and it was not touched. Choose another --home.",
    "{home} 中已有网络，未作改动。请更换 --home。",
    status=409,
)  # fmt: skip
BAD_FOUNDER = Code(
    "cli", 6, "bad-founder",
    'This founder is not understood: {why}. Write "id=…,kind=…,name-zh=…,name-en=…,region=…,credit-code=…".',
    "无法识别该发起方：{why}。请写作 “id=…,kind=…,name-zh=…,name-en=…,region=…,credit-code=…”。",
)  # fmt: skip
NO_FOUNDERS = Code(
    "cli", 7, "no-founders",
    "A network needs at least one founder; give --founder or --founder-file.",
    "网络至少需要一个发起方；请给出 --founder 或 --founder-file。",
)  # fmt: skip

_FIELDS = {"id", "kind", "name-zh", "name-en", "region", "credit-code"}

_SETTINGS = """\
# The settings of this node. `dongting config reference` explains all that there are.
# 本节点的设置。全部设置见 `dongting config reference`。

[node]
home = "."

[http]
port = {port}
"""


@dataclass(frozen=True, slots=True)
class Founded:
    """A new network: its id, the name of its log, and the organisations whose keystores were made."""

    id: str
    origin: str
    keystores: list[str]


def public_keys(keystore: Keystore, organisation: str) -> tuple[list[str], str]:
    """The signing keys and the encryption key in use, as genesis and admissions write them."""
    current = [e for e in keystore.entries() if e.organisation == organisation and e.stage == "current"]
    signing = [entry.public for entry in current if entry.purpose == "signing"]
    encryption = [entry.public for entry in current if entry.purpose == "encryption"]
    require(signing and encryption, BAD_FOUNDER, why=f"{organisation} lacks a signing or encryption key")
    return signing, encryption[0]


def founder_of(text: str, keystore: Keystore) -> Founder:
    """The founder that this text describes, with the public keys in its keystore."""
    told = _pairs(text)
    signing, encryption = public_keys(keystore, told["id"])
    name = {code: told[f"name-{code}"] for code in ("zh", "en") if told.get(f"name-{code}")}
    return Founder(
        told["id"], told["kind"], name, signing, encryption, told.get("credit-code"), told.get("region")
    )


def document(
    profile: Profile,
    now: int,
    given: Mapping[str, Any],
    founders: Sequence[Founder],
    log_keys: Sequence[LogKey],
) -> Genesis:
    """The genesis document of what was told of a network; `now` in seconds since 1970."""
    return Genesis(
        format=documents.FORMAT,
        name=_named(given["names"]),
        profile=profile.name,
        domain=given["domain"],
        created=now,
        founders=list(founders),
        log_keys=list(log_keys),
        apps=installed_versions(profile),
        zone=given["zone"],
        supervisor=given["supervisor"],
        quorum=Quorum(given["quorum"], given["quorum_days"]),
        calendar=Calendar(holidays=tuple(given["holidays"]), workdays=tuple(given["workdays"])),
    )


def attempt(home: Path, profile: Profile, data: bytes) -> None:
    """Let the applications build their first records from the document, to see that they can."""
    with tempfile.TemporaryDirectory(dir=home) as directory:
        store = LedgerStore(Path(directory) / "ledger")
        try:
            Machine(store, installed_rules(profile), data)
        finally:
            store.close()


class Founding:
    """One founding, as told on the command line; `now` in seconds since 1970."""

    def __init__(self, told: Session, now: int, given: Mapping[str, Any]) -> None:
        self._told = told
        self._now = now
        self._given = given
        self._profile = profile_named(given["profile"])
        self._made: list[Path] = []
        self._keystores: list[str] = []

    def make(self) -> Founded:
        """Write everything; refuses, and leaves nothing behind, when the document is not valid."""
        home = self._told.home
        require(not (home / "genesis.json").exists(), NETWORK_HERE, home=home)
        self._told.prepare()
        try:
            return self._write(home)
        except BaseException:
            for path in reversed(self._made):
                path.unlink(missing_ok=True)
            raise

    def _write(self, home: Path) -> Founded:
        if not (home / CONFIG).exists():
            self._put(home / CONFIG, _SETTINGS.format(port=self._given["port"]).encode())
        founders = [self._founder(text) for text in self._given["founders"]]
        founders += [_from_file(path) for path in self._given["founder_files"]]
        require(founders, NO_FOUNDERS)
        operator = self._given["operator"] or founders[0].id
        log_key = LogKey(operator, self._log_key(operator))
        genesis = document(self._profile, self._now, self._given, founders, [log_key])
        data = genesis.encode()
        documents.decode(data)
        attempt(home, self._profile, data)
        self._put(home / "genesis.json", data)
        return Founded(documents.network_id(data, self._profile), documents.origin(genesis), self._keystores)

    def _founder(self, text: str) -> Founder:
        id = _pairs(text)["id"]
        path = self._told.keystore_path(id)
        if path.exists():
            keystore = Keystore.open(path)
        else:
            keystore = Keystore.create(path, self._told.passphrase(id, new=True))
            self._made.append(path)
            self._keystores.append(id)
            new_keys(keystore, id, self._profile, self._now)
        return founder_of(text, keystore)

    def _log_key(self, operator: str) -> str:
        config = self._told.config
        path = config.path(config.keystore.path)
        keystore = Keystore.create(path, self._told.passphrase("node", new=True))
        self._made.append(path)
        return keystore.add(operator, "log", "Ed25519", self._now).public

    def _put(self, path: Path, data: bytes) -> None:
        self._made.append(path)
        path.write_bytes(data)


def _pairs(text: str) -> dict[str, str]:
    rows = list(csv.reader([text], skipinitialspace=True))
    told: dict[str, str] = {}
    for item in rows[0] if rows else []:
        key, separator, value = item.partition("=")
        known = separator and key in _FIELDS and key not in told and value
        require(known, BAD_FOUNDER, why=f"“{item[:60]}”")
        told[key] = value
    require({"id", "kind"} <= told.keys(), BAD_FOUNDER, why="id and kind are needed")
    require(told.keys() & {"name-zh", "name-en"}, BAD_FOUNDER, why="a name is needed")
    return told


def _from_file(path: Path) -> Founder:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Founder)
    except msgspec.MsgspecError as error:
        raise Refused(BAD_FOUNDER, why=f"{path.name}: {error}") from None


def _named(names: Sequence[str]) -> dict[str, str]:
    """Names by language: one with a Chinese character is Chinese."""
    return {"zh" if any("\u4e00" <= c <= "\u9fff" for c in name) else "en": name for name in names}
