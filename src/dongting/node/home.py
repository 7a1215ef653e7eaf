"""Where a node keeps what: the layout of its home directory, and what is opened from it.

genesis.json     the network's genesis document
ledger/          the ledger store
checkpoint       the last issued checkpoint
views.sqlite     the views, unless they are in PostgreSQL;  accounts.sqlite likewise the people
files/           encrypted files;  parts/ encrypted parts;  envelopes/ sealed data keys
exchange.sqlite  what is meant for whom, and what travels between nodes
keys/            the keystore
run/             the socket of the ledger's process
"""

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from dongting.errors import Code, Refused
from dongting.kernel.rules import Rules
from dongting.node.config import Config
from dongting.node.custody import Custody
from dongting.node.installed import installed_rules
from dongting.store.exchange import Exchange
from dongting.store.files import FileStore
from dongting.store.ledger import LedgerStore
from dongting.store.side import SideStore
from dongting.store.views import Views
from dongting.wire import genesis as genesis_wire
from dongting.wire.genesis import Genesis
from dongting.wire.profile import Profile, profile_named

NO_NETWORK = Code(
    "node", 45, "no-network",
    "There is no network in {home}: {path} is missing. Create one with `dongting network create`.",
    "{home} 中没有网络：缺少 {path}。请用 `dongting network create` 创建。",
    status=503,
)  # fmt: skip


FILE_RESTORED = "restored"  # there while a restored node waits (`dongting.node.restored`)
_STALE = 86_400  # seconds after which nobody works on such a directory any more


@dataclass(frozen=True, slots=True)
class Home:
    """A node's home directory under its configuration."""

    config: Config

    @property
    def path(self) -> Path:
        """The directory itself."""
        return self.config.home

    @property
    def socket(self) -> Path:
        """The socket of the ledger's process."""
        return self.path / "run" / "ledger.sock"

    def genesis_bytes(self) -> bytes:
        """The genesis document; refuses a home without one."""
        path = self.path / "genesis.json"
        try:
            return path.read_bytes()
        except FileNotFoundError:
            raise Refused(NO_NETWORK, home=self.path, path=path.name) from None

    def genesis(self) -> Genesis:
        """The genesis document, decoded."""
        return genesis_wire.decode(self.genesis_bytes())

    def profile(self) -> Profile:
        """The network's profile."""
        return profile_named(self.genesis().profile)

    def rules(self) -> Rules:
        """The rules of the network under the installed applications."""
        return installed_rules(self.profile())

    def ledger(self, *, read_only: bool = False) -> LedgerStore:
        """The ledger store."""
        cache = self.config.store.cache_mb * 2**20
        return LedgerStore(self.path / "ledger", read_only=read_only, cache=cache)

    def files(self) -> FileStore:
        """The encrypted files."""
        return FileStore(
            self.config.path(self.config.files.directory),
            self.profile(),
            limit=self.config.files.max_upload,
        )

    def parts(self) -> SideStore:
        """The encrypted parts, by commitment."""
        return SideStore(self.path / "parts")

    def envelopes(self) -> SideStore:
        """Sealed data keys of files, by the file's address."""
        return SideStore(self.path / "envelopes")

    def exchange(self) -> Exchange:
        """What is meant for whom, and what travels to and from other nodes."""
        return Exchange(self.path / "exchange.sqlite")

    def custody(self, exchange: Exchange) -> Custody:
        """Who keeps what here."""
        return Custody(
            SideStore(self.path / "uploads"), self.envelopes(), self.parts(),
            self.path / "run" / "custody.lock", exchange,
            self.config.files.parts_quota, self.path / FILE_RESTORED,
        )  # fmt: skip

    def views(self) -> Views:
        """The views."""
        types = [typed.declared for typed in self.rules().by_name.values()]
        return Views(self.config.views_url, types)

    def prepare(self) -> None:
        """Make the directories that a running node needs."""
        for directory in (self.path, self.path / "run"):
            directory.mkdir(parents=True, exist_ok=True)
            os.chmod(directory, 0o700)

    def sweep(self) -> None:
        """Remove what commands that were killed left behind: copies of the ledger and their scratch."""
        for pattern in ("copy-*", "audit-*"):
            for directory in (self.path / "run").glob(pattern):
                if directory.stat().st_mtime < time.time() - _STALE:
                    shutil.rmtree(directory, ignore_errors=True)


def copy_ledger(home: Home, store: LedgerStore) -> Path:
    """Put a consistent copy of the open ledger in a new directory under the home's `run`."""
    directory = home.path / "run" / f"copy-{os.urandom(8).hex()}"
    store.checkpoint(directory)
    return directory
