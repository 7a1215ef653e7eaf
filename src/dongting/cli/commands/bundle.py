"""`dongting bundle`: blocks, receipts, parts and files across a gap that no network crosses, as one file."""

import asyncio
import time
from pathlib import Path

import click
import msgspec

from dongting.cli import language
from dongting.cli.session import CONFIG, Session, session
from dongting.errors import Code, require

WHICH_NETWORK = Code(
    "cli", 40, "which-network",
    "This home knows no network yet. Give the id that its members told you, with --network.",
    "本目录尚无网络。请用 --network 给出成员告知的网络标识。",
)  # fmt: skip

_SETTINGS = """\
# The settings of this node. `dongting config reference` explains all that there are.
# 本节点的设置。全部设置见 `dongting config reference`。

[node]
home = "."

[http]
port = {port}

[engine]
kind = "follow"
organisations = "{organisation}"
"""


@language.group("bundle", ("Carry blocks and files by disk.", "以离线介质传递区块和文件。"))
def bundle() -> None:
    """Bundles."""


@language.command(
    "export",
    (
        "Write a bundle for the isolated node of the organisation (--as): new blocks since the last bundle, "
        "receipts of its statements, and the parts and files that it may read.\n\n"
        "--all begins anew, for a new node or after a bundle was lost.",
        "为该组织（--as）的隔离节点生成数据包：自上次以来的新区块、其声明的回执，以及其有权读取的附件和文件。\n\n"
        "--all 从头开始，用于新节点或数据包丢失之后。",
    ),
    bundle,
)
@click.argument("file", type=click.Path(path_type=Path))
@language.option("--all", "whole", is_flag=True, text=("Begin anew.", "从头开始。"))
@session
def export(told: Session, file: Path, whole: bool) -> None:
    """Write a bundle."""
    from dongting.sdk.bundle import export as write

    organisation = told.organisation
    journal = told.home / "clients" / organisation / "bundle.json"
    first, number = (0, 0) if whole or not journal.exists() else msgspec.json.decode(journal.read_bytes())
    with told.client() as client:
        key = told.keystore(organisation).signing_key(f"{organisation}/signing")
        made = write(client, key, told.genesis, file, first, number)
    journal.parent.mkdir(parents=True, exist_ok=True)
    journal.write_bytes(msgspec.json.encode((made.size, made.number)))
    told.say(
        f"{file}: log entries {made.first:,} to {made.size:,}, {made.receipts:,} receipts, "
        f"{made.parts:,} parts, {made.files:,} files.",
        f"{file}：日志条目 {made.first:,} 至 {made.size:,}，回执 {made.receipts:,} 份，"
        f"附件 {made.parts:,} 件，文件 {made.files:,} 个。",
    )
    told.answer(made)


@language.command(
    "import",
    (
        "Take a bundle into the node of this home, which must be stopped. Every block is checked and "
        "executed; repeating it changes nothing.\n\n"
        "An empty home becomes a node of the network with the id given by --network, for --as.",
        "将数据包导入本目录的节点（须已停止）。每个区块都会核验并执行；重复导入不产生变化。\n\n"
        "空目录将成为 --network 所给标识的网络中、为 --as 组织服务的节点。",
    ),
    bundle,
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@language.option("--network", "network", metavar="ID", text=("Id of the network.", "网络标识。"))
@language.option("--port", type=click.IntRange(0, 65535), default=8420, text=(
    "Port of a new node; 0 lets the system choose.", "新节点的端口；0 表示由系统选择。"
))  # fmt: skip
@session
def import_(told: Session, file: Path, network: str | None, port: int) -> None:
    """Take in a bundle."""
    from dongting.node.bundles import Import, header_of
    from dongting.node.following import NOT_A_FOLLOWER, FollowNode
    from dongting.node.home import Home
    from dongting.node.serve import opened

    if not (told.home / "genesis.json").exists():
        require(network, WHICH_NETWORK)
        assert network is not None
        _found(told, header_of(file).genesis, network.strip().lower(), port)
    home = Home(told.config)
    home.prepare()
    require(told.config.engine.kind == "follow", NOT_A_FOLLOWER)

    async def run() -> object:
        node = opened(home, home.ledger(), None)
        assert isinstance(node, FollowNode)
        try:
            return await Import(home, node, file).run()
        finally:
            await node.close()

    done = asyncio.run(run())
    told.answer(done)
    told.say(f"Imported: {done}", f"已导入：{done}")


def _found(told: Session, genesis: bytes, network: str, port: int) -> None:
    """Make an empty home a node that takes blocks by bundle only."""
    from dongting.node.keystore import Keystore
    from dongting.sdk.network import network_of

    network_of(genesis, network)
    organisation = told.organisation
    told.prepare()
    settings = told.home / CONFIG
    if not settings.exists():
        settings.write_text(_SETTINGS.format(port=port, organisation=organisation), "utf-8")
    keys = told.config.path(told.config.keystore.path)
    if not keys.exists():
        keystore = Keystore.create(keys, told.passphrase("node", new=True))
        keystore.add(organisation, "node", "Ed25519", int(time.time()))
    (told.home / "genesis.json").write_bytes(genesis)
