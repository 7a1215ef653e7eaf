"""`dongting keys`: keystores, rotation on the ledger, and unlocking a running node."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from dongting.cli import language
from dongting.cli.session import NO_KEYS, Session, session
from dongting.errors import require
from dongting.node.moments import moment

if TYPE_CHECKING:
    from dongting.wire.profile import Profile


@language.group("keys", ("Manage keys and keystores.", "管理密钥和密钥库。"))
def keys() -> None:
    """Keys."""


def _command(name: str, en: str, zh: str) -> Callable[[language.Run], click.Command]:
    return language.command(name, (en, zh), keys)


@_command("list", "List the keys in this home; needs no passphrase.", "列出本目录中的密钥，无需口令。")
@session
def list_keys(told: Session) -> None:
    """The keys here."""
    from dongting.node.keystore import Keystore
    from dongting.wire.profile import INTERNATIONAL

    profile = _profile(told) or INTERNATIONAL
    paths = [
        told.config.path(told.config.keystore.path),
        *sorted((told.home / "keys").glob("*/keystore.json")),
    ]
    entries = [entry for path in paths if path.exists() for entry in Keystore.open(path).entries()]
    rows = [
        (
            entry.organisation, entry.purpose, str(entry.version), entry.stage, entry.kind,
            entry.key().thumbprint(profile).hex()[:16], moment(entry.created, "+00:00"),
        )
        for entry in entries
    ]  # fmt: skip
    heads = (
        ("Organisation", "组织"), ("Purpose", "用途"), ("Version", "版本"), ("Stage", "状态"),
        ("Kind", "类型"), ("Thumbprint", "指纹"), ("Made (UTC)", "生成时间（UTC）"),
    )  # fmt: skip
    told.table(heads, rows)
    told.answer(
        [
            msgspec.to_builtins(entry) | {"thumbprint": entry.key().thumbprint(profile).hex()}
            for entry in entries
        ]
    )


@_command(
    "new",
    "Make a keystore with a signing and an encryption key for the organisation named by --as.\n\n"
    "With --founder the public keys go into a file for `dongting network create --founder-file`.",
    "为 --as 指定的组织生成密钥库，含签名密钥和加密密钥。\n\n"
    "用 --founder 时，公钥写入供 `dongting network create --founder-file` 使用的文件。",
)
@language.option("--profile", type=click.Choice(["international", "national"]), text=(
    "Ciphers, if this home knows no network yet.", "密码配置（本目录尚无网络时必填）。"
))  # fmt: skip
@language.option("--founder", metavar="KEY=VALUE,…", text=(
    "Who this founder is, as in `network create`.", "发起方信息，写法同 `network create`。"
))  # fmt: skip
@language.option("--out", type=click.Path(path_type=Path), text=("File for the founder.", "发起方文件。"))
@session
def new(told: Session, profile: str | None, founder: str | None, out: Path | None) -> None:
    """A new keystore."""
    from dongting.cli.founding import founder_of
    from dongting.node.keystore import Keystore
    from dongting.node.signing import new_keys
    from dongting.wire.profile import profile_named

    known = profile_named(profile) if profile else _profile(told)
    if known is None:
        raise click.UsageError(told.text("give --profile", "请给出 --profile"))
    organisation = told.organisation
    told.prepare()
    path = told.keystore_path(organisation)
    keystore = Keystore.create(path, told.passphrase(organisation, new=True))
    new_keys(keystore, organisation, known, int(time.time()))
    told.say(f"Keys of {organisation}: {path}", f"{organisation} 的密钥：{path}")
    if founder is not None and out is not None:
        text = founder if founder.startswith("id=") else f"id={organisation},{founder}"
        out.write_bytes(msgspec.json.format(msgspec.json.encode(founder_of(text, keystore)), indent=2))
        told.say(f"Public part: {out}", f"公开部分：{out}")
    told.answer({"keystore": str(path)})


@_command(
    "application",
    "Print the public keys with proof of possession, for an admission to this network.",
    "输出公钥及持有证明，用于申请加入本网络。",
)
@session
def application(told: Session) -> None:
    """What an applicant gives to a registrar or to the founders."""
    from dongting.cli.founding import public_keys
    from dongting.sdk.network import network_of
    from dongting.wire.keys import to_base64
    from dongting.wire.possession import prove

    organisation = told.organisation
    network = network_of(told.genesis)
    keystore = told.keystore(organisation)
    key = keystore.signing_key(f"{organisation}/signing")
    proof = to_base64(prove(key, network.profile, network.id, organisation))
    signing, encryption = public_keys(keystore, organisation)
    given = {"signing_keys": [{"key": signing[0], "possession": proof}], "encryption_key": encryption}
    click.echo(msgspec.json.format(msgspec.json.encode(given), indent=2).decode())


@_command(
    "rotate",
    "Make a new key, register it on the ledger in place of the old one, and put it to use.\n\n"
    "Old envelopes still open with the retired encryption key. Safe to repeat when interrupted.",
    "生成新密钥，在账本上替换旧密钥并启用。\n\n已停用的加密密钥仍可打开旧信封。中断后可安全重试。",
)
@click.argument("purpose", type=click.Choice(["signing", "encryption"]))
@session
def rotate(told: Session, purpose: str) -> None:
    """Rotate one key of the organisation."""
    from dongting.cli.rotation import rotate as rotated

    done = rotated(told, purpose, int(time.time()))
    told.say(
        f"The {purpose} key of {told.organisation} is now version {done.version}.",
        f"{told.organisation} 的 {purpose} 密钥现为第 {done.version} 版。",
    )
    told.answer(done)


@_command("passphrase", "Change the passphrase of a keystore.", "更改密钥库的口令。")
@language.option("--new-fd", type=int, metavar="N", text=(
    "Read the new passphrase from this descriptor.", "从该文件描述符读取新口令。"
))  # fmt: skip
@session
def passphrase(told: Session, new_fd: int | None) -> None:
    """Change a passphrase."""
    from dongting.node import unlock as sources

    organisation = told.organisation
    keystore = told.keystore(organisation)
    given = None if new_fd is None else sources.from_descriptor(new_fd)
    keystore.change_passphrase(given or told.chosen_passphrase(organisation))
    told.say("Changed.", "已更改。")
    told.answer({"keystore": str(keystore.path)})


@_command(
    "unlock",
    "Unlock the log key of the node that runs in this home; with --as the keys of an organisation that it "
    "hosts, so that people can act for it in the console.",
    "解锁在本目录运行的节点的日志密钥；用 --as 时解锁其托管组织的密钥，使其人员可在控制台操作。",
)
@session
def unlock(told: Session) -> None:
    """Unlock the running node, or a hosted organisation."""
    from dongting.node.home import Home
    from dongting.node.link import Link, remote, remote_custodian

    named = told.named
    path = told.keystore_path(named) if named else told.config.path(told.config.keystore.path)
    require(path.exists(), NO_KEYS, organisation=named or "node", home=told.home)
    given = told.passphrase(named or "node")

    async def ask() -> None:
        link = Link(Home(told.config).socket)
        try:
            if named:
                await remote_custodian(link).unlock_for(named, given)
            else:
                await remote(link).unlock(given)
        finally:
            await link.close()

    asyncio.run(ask())
    told.say(
        f"The keys of {named} are unlocked." if named else "The node is unlocked.",
        f"{named} 的密钥已解锁。" if named else "节点已解锁。",
    )
    told.answer({"unlocked": True})


def _profile(told: Session) -> "Profile | None":
    from dongting.wire import genesis
    from dongting.wire.profile import profile_named

    path = told.home / "genesis.json"
    return profile_named(genesis.decode(path.read_bytes()).profile) if path.exists() else None
