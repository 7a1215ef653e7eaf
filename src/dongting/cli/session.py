"""One invocation: which home, which organisation, which node, and how to answer.

Keystores are opened when something has to be signed or decrypted, never before. The passphrase comes from
a descriptor, a systemd credential or the prompt.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from dongting.cli.language import Pair, Run, pick
from dongting.errors import Code, Language, Refused, require

if TYPE_CHECKING:
    from dongting.node.config import Config
    from dongting.node.keystore import Keystore
    from dongting.sdk.client import Client

WHICH_ORGANISATION = Code(
    "cli", 1, "which-organisation",
    "Say which organisation acts, with --as. Keys are here for: {known}.",
    "请用 --as 指明以哪个组织的身份操作。此处有密钥的组织：{known}。",
)  # fmt: skip
NO_KEYS = Code(
    "cli", 2, "no-keys-of-organisation",
    "There are no keys of {organisation} in {home}. Make them with `dongting --as {organisation} keys new`, "
    "or choose another --home.",
    "{home} 中没有 {organisation} 的密钥。请用 `dongting --as {organisation} keys new` 生成，或更换 --home。",
)  # fmt: skip
NO_GENESIS = Code(
    "cli", 3, "no-network-here",
    "{home} knows no network. Create one with `dongting network create`, or join one with "
    "`dongting network join`.",
    "{home} 中没有网络。请用 `dongting network create` 创建，或用 `dongting network join` 加入。",
)  # fmt: skip
NO_PASSPHRASE = Code(
    "cli", 4, "no-passphrase",
    "The keystore of {organisation} has to be unlocked, and nobody is at a terminal. Give its passphrase by "
    "--passphrase-fd, or as the systemd credential {credential}.",
    "需要解锁 {organisation} 的密钥库，但当前不是交互终端。"
    "请用 --passphrase-fd 或 systemd 凭据 {credential} 提供口令。",
)  # fmt: skip

CONFIG = "dongting.toml"


@dataclass
class Session:
    """What the global options say, and what follows from them."""

    home: Path
    named: str | None
    url: str | None
    language: Language
    json: bool
    passphrase_fd: int | None
    _passphrase: bytes | None = field(default=None, repr=False)
    _opened: dict[str, "Keystore"] = field(default_factory=dict, repr=False)

    # Answers

    def text(self, en: str, zh: str) -> str:
        """One of two texts."""
        return pick((en, zh), self.language)

    def say(self, en: str, zh: str) -> None:
        """Tell a person something; programs are told by `answer`."""
        if not self.json:
            click.echo(self.text(en, zh))

    def answer(self, value: Any) -> None:
        """Give a program its answer."""
        if self.json:
            click.echo(json.dumps(msgspec.to_builtins(value), ensure_ascii=False))

    def table(self, heads: Sequence[Pair], rows: Sequence[Sequence[str]]) -> None:
        """Show rows to a person."""
        if self.json:
            return
        from rich.console import Console
        from rich.table import Table

        shown = Table(box=None, pad_edge=False, header_style="bold")
        for head in heads:
            shown.add_column(pick(head, self.language), overflow="fold")
        for row in rows:
            shown.add_row(*(value.replace("[", "\\[") for value in row))
        width = None if sys.stdout.isatty() else 200  # a pipe has no width that lines must fit
        Console(highlight=False, width=width).print(shown)

    # Where and who

    @cached_property
    def config(self) -> "Config":
        """The node's settings; the defaults in a home without a configuration file."""
        from dongting.node.config import load, read

        path = self.home / CONFIG
        return load(path) if path.exists() else read({"node": {"home": "."}}, str(self.home.absolute()))

    @cached_property
    def genesis(self) -> bytes:
        """The genesis document of the network that this home belongs to."""
        try:
            return (self.home / "genesis.json").read_bytes()
        except FileNotFoundError:
            raise Refused(NO_GENESIS, home=self.home) from None

    @property
    def address(self) -> str:
        """The node's address: as given, as a node that runs here says, or as configured."""
        if self.url:
            return self.url
        for path in (self.home / "run" / "address", self.home / "address"):
            if path.exists():
                return path.read_text().strip()
        return self.config.public_url

    def prepare(self) -> None:
        """Make the home and its directory of keys, open to their owner only."""
        for directory in (self.home, self.home / "keys"):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)

    def keystore_path(self, organisation: str) -> Path:
        """Where an organisation's keystore lies."""
        return self.home / "keys" / organisation / "keystore.json"

    @property
    def organisation(self) -> str:
        """The organisation that acts: the one named, or the only one that has keys here."""
        if self.named:
            return self.named
        known = sorted(path.parent.name for path in (self.home / "keys").glob("*/keystore.json"))
        require(len(known) == 1, WHICH_ORGANISATION, known=", ".join(known) or "—")
        return known[0]

    # Keys

    def passphrase(self, organisation: str, *, new: bool = False) -> bytes:
        """The passphrase of an organisation's keystore."""
        from dongting.node import unlock

        credential = f"dongting-{organisation}"
        if self.passphrase_fd is not None:
            if self._passphrase is None:
                self._passphrase = unlock.from_descriptor(self.passphrase_fd)
            return self._passphrase
        offered = unlock.offered(credential)
        if offered is not None:
            return offered
        require(sys.stdin.isatty(), NO_PASSPHRASE, organisation=organisation, credential=credential)
        return self.chosen_passphrase(organisation) if new else self._asked(organisation, False)

    def chosen_passphrase(self, organisation: str) -> bytes:
        """A new passphrase, typed twice."""
        require(sys.stdin.isatty(), NO_PASSPHRASE, organisation=organisation, credential="—")
        return self._asked(organisation, True)

    def _asked(self, organisation: str, new: bool) -> bytes:
        from dongting.node import unlock

        en, zh = f"Passphrase of the keystore of {organisation}: ", f"{organisation} 密钥库的口令："
        given = unlock.from_prompt(self.text(en, zh))
        while new and given != unlock.from_prompt(self.text("Once more: ", "请再次输入：")):
            self.say("They differ; try again.", "两次输入不一致，请重试。")
            given = unlock.from_prompt(self.text(en, zh))
        return given

    def keystore(self, organisation: str) -> "Keystore":
        """An organisation's keystore, unlocked once for this invocation."""
        from dongting.node.keystore import Keystore

        if organisation not in self._opened:
            path = self.keystore_path(organisation)
            require(path.exists(), NO_KEYS, organisation=organisation, home=self.home)
            keystore = Keystore.open(path)
            keystore.unlock(self.passphrase(organisation))
            self._opened[organisation] = keystore
        return self._opened[organisation]

    # The node

    def client(self, url: str | None = None) -> "Client":
        """A client that acts as the organisation, at the node or at another address."""
        from dongting.sdk.client import Client

        organisation = self.organisation
        keystore = self.keystore(organisation)
        identity = _Identity(organisation, keystore.signing_key(f"{organisation}/signing"), keystore)
        journals = self.home / "clients" / organisation / "uploads"
        seen = self.home / "clients" / "checkpoints"
        return Client(
            url or self.address, self.genesis, identity, journals=journals, seen=seen, language=self.language
        )

    def guest(self) -> "Client":
        """A client that asks for what is public only."""
        from dongting.sdk.client import Client

        seen = self.home / "clients" / "checkpoints"
        return Client(self.address, self.genesis, seen=seen, language=self.language)


@dataclass(frozen=True, slots=True)
class _Identity:
    organisation: str
    key: Any
    opener: Any


def session(run: Run) -> Run:
    """Give a command the session as its first argument."""

    @wraps(run)
    def with_session(*positional: Any, **named: Any) -> Any:
        found = click.get_current_context().find_object(Session)
        assert found is not None, "the root command makes the session"
        return run(found, *positional, **named)

    return with_session
