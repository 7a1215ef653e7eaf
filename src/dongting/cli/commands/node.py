"""`dongting node`: a node of one's own that follows another: invite, join, admit, dismiss."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dongting.cli import language
from dongting.cli.commands import ceremony, validators
from dongting.cli.session import CONFIG, Session, session
from dongting.errors import require

if TYPE_CHECKING:
    from dongting.node.invitation import Invitation
    from dongting.wire.keys import PublicKey

_DAY = 86_400

_SETTINGS = """\
# The settings of this node. `dongting config reference` explains all that there are.
# 本节点的设置。全部设置见 `dongting config reference`。

[node]
home = "."

[http]
port = {port}

[engine]
kind = "follow"
upstream = "{upstream}"
organisations = "{organisation}"
"""


@language.group("node", ("A node of your own that follows another.", "自有节点：跟随另一节点。"))
def node() -> None:
    """Nodes."""


def _command(name: str, en: str, zh: str) -> Callable[[language.Run], click.Command]:
    return language.command(name, (en, zh), node)


@_command(
    "invite",
    "Print an invitation to follow the node here: its address, the network's id, and until when.\n\n"
    "It is no secret. A node that joins must be registered by a member.",
    "输出跟随本节点的邀请：节点地址、网络标识和有效期。\n\n邀请不是秘密；加入的节点须由成员登记。",
)
@language.option("--days", type=click.IntRange(1, 3650), default=30, text=("Valid for days.", "有效天数。"))
@session
def invite(told: Session, days: int) -> None:
    """Print an invitation."""
    from dongting.node.invitation import Invitation

    with told.guest() as client:
        network = client.network.id
    made = Invitation(network, told.address.rstrip("/"), int(time.time()) + days * _DAY)
    if not told.json:
        click.echo(made.encode(), nl=False)
    told.answer({"invitation": made.encode(), "network": network, "upstream": made.upstream})


@_command(
    "join",
    "Make a node of your own from an invitation, and run it.\n\n"
    "INVITATION is a file, or - for standard input. The genesis document is fetched and compared with the "
    "network's id. With the keys of the organisation (--as) in this home, the node is registered at once; "
    "else the command that registers it is shown.",
    "按邀请建立自有节点并运行。\n\n"
    "INVITATION 为文件，或用 - 表示标准输入。将获取创世文件并与网络标识核对。"
    "若本目录中有该组织（--as）的密钥，则立即登记节点；否则显示登记命令。",
)
@click.argument("invitation", type=click.Path(allow_dash=True, path_type=Path))
@language.option("--port", type=click.IntRange(0, 65535), default=8420, text=(
    "Port of the new node; 0 lets the system choose.", "新节点的端口；0 表示由系统选择。"
))  # fmt: skip
@language.option("--no-start", is_flag=True, text=("Do not run it yet.", "暂不运行。"))
@session
def join(told: Session, invitation: Path, port: int, no_start: bool) -> None:
    """Join as a follower."""
    from dongting.node.invitation import decode

    text = sys.stdin.read() if str(invitation) == "-" else invitation.read_text("utf-8")
    given = decode(text, int(time.time()))
    organisation = told.organisation
    key = _prepared(told, given, organisation, port)
    registered = told.keystore_path(organisation).exists()
    if registered:
        _admit(told, given.upstream, key)
    told.say(
        f"This home is now a node of the network {given.network}, which follows {given.upstream}.",
        f"本目录现为网络 {given.network} 的节点，跟随 {given.upstream}。",
    )
    if not registered:
        told.say(
            f"Register it where the keys of {organisation} are: "
            f"dongting --as {organisation} --url {given.upstream} node admit {_text(key)}",
            f"请在持有 {organisation} 密钥之处登记："
            f"dongting --as {organisation} --url {given.upstream} node admit {_text(key)}",
        )
    if no_start:
        told.say("Next: dongting serve", "下一步：dongting serve")
        told.answer({"network": given.network, "upstream": given.upstream, "key": _text(key),
                     "registered": registered})  # fmt: skip
        return
    from dongting.cli.commands.serve import run

    run(told, locked=False)


@_command(
    "resync",
    "Begin a validator anew from the others, when its ledger is damaged. Stop it first.\n\n"
    "Its ledger and blocks are set aside, not deleted. Keys, files and what it signed stay.",
    "账本损坏时，从其他验证者重新同步本验证者。请先停止节点。\n\n"
    "原有账本和区块会移到一旁而不删除；密钥、文件和签名状态保留。",
)
@session
def resync(told: Session) -> None:
    """Set a damaged ledger aside."""
    from dongting.node.home import Home
    from dongting.node.resync import STILL_RUNS, set_aside

    require(not (told.home / "run" / "address").exists(), STILL_RUNS, home=told.home)
    place = set_aside(Home(told.config), f"set-aside-{int(time.time())}")
    told.say(
        f"What was here lies in {place}. Next: dongting serve, then dongting audit.",
        f"原有数据已移至 {place}。下一步：dongting serve，然后 dongting audit。",
    )
    told.answer({"aside": str(place)})


def _prepared(told: Session, given: "Invitation", organisation: str, port: int) -> "PublicKey":
    """Write what the home lacks, so that a join that was interrupted can be repeated; the node's key."""
    from dongting.cli.founding import NETWORK_HERE
    from dongting.node.keystore import Keystore
    from dongting.sdk.client import genesis_of

    path = told.home / "genesis.json"
    data = genesis_of(given.upstream, given.network, told.language)
    require(not path.exists() or path.read_bytes() == data, NETWORK_HERE, home=told.home)
    told.prepare()
    settings = told.home / CONFIG
    if not settings.exists():
        settings.write_text(
            _SETTINGS.format(port=port, upstream=given.upstream, organisation=organisation), "utf-8"
        )
    else:
        require(told.config.engine.kind == "follow", NETWORK_HERE, home=told.home)
    path.write_bytes(data)
    keys = told.config.path(told.config.keystore.path)
    name = f"{organisation}/node"
    if not keys.exists():
        keystore = Keystore.create(keys, told.passphrase("node", new=True))
        keystore.add(organisation, "node", "Ed25519", int(time.time()))
    return Keystore.open(keys).public_key(name)


def _text(key: "PublicKey") -> str:
    from dongting.wire.keys import to_base64

    return to_base64(key.cose())


def _admit(told: Session, url: str | None, key: "PublicKey") -> None:
    """Register a node's key at the node at that address, signed by the organisation."""
    from dongting.sdk.transport import segment

    with told.client(url) as client:
        kid = key.thumbprint(client.profile).hex()
        client.transport.json("PUT", f"/v1/nodes/{segment(kid)}", body={"key": _text(key)})


@_command(
    "admit",
    "Let the node with this KEY ask the node at --url for your organisation (--as); `node join` shows it.",
    "允许密钥为 KEY 的节点代表本组织（--as）向 --url 处的节点请求数据；KEY 由 `node join` 显示。",
)
@click.argument("key")
@session
def admit(told: Session, key: str) -> None:
    """Register a node."""
    from dongting.wire.keys import from_base64, public_key

    _admit(told, None, public_key(from_base64(key)))
    told.say("The node may ask on your behalf now.", "该节点现可代表本组织请求数据。")
    told.answer({"key": key})


@_command(
    "dismiss",
    "Let the node with this thumbprint (KID) ask for your organisation no more.",
    "不再允许指纹为 KID 的节点代表本组织请求数据。",
)
@click.argument("kid")
@session
def dismiss(told: Session, kid: str) -> None:
    """Dismiss a node."""
    from dongting.sdk.transport import segment

    with told.client() as client:
        client.transport.json("DELETE", f"/v1/nodes/{segment(kid)}")
    told.say("The node may ask on your behalf no more.", "该节点不再可代表本组织请求数据。")
    told.answer({"node": kid})


@_command("list", "The nodes that may ask for your organisation.", "可代表本组织请求数据的节点。")
@session
def list_nodes(told: Session) -> None:
    """One's own nodes."""
    with told.client() as client:
        found = client.transport.json("GET", "/v1/nodes")["nodes"]
    told.table([("Thumbprint of the node's key", "节点密钥指纹")], [(kid,) for kid in found])
    told.answer(found)


@_command(
    "parcels",
    "Parts and files on their way to and from this follower, and why any of them waits.",
    "本跟随节点收发途中的附件和文件，以及等待的原因。",
)
@session
def parcels(told: Session) -> None:
    """What is on its way."""
    from dongting.node.home import Home

    exchange = Home(told.config).exchange()
    found = exchange.parcels()
    exchange.close()
    words = {
        "send": told.text("to send", "待发送"), "fetch": told.text("to fetch", "待获取"),
        "part": told.text("part", "附件"), "file": told.text("file", "文件"),
    }  # fmt: skip
    rows = [
        (words[each.way], words[each.kind], each.name[:16], each.organisation, each.transfer,
         str(each.tries), each.why or "")
        for each in found
    ]  # fmt: skip
    heads = (
        ("Way", "方向"), ("Kind", "类型"), ("Address", "地址"), ("For", "所属组织"), ("Delivery", "交付"),
        ("Tries", "次数"), ("Last problem", "最近的问题"),
    )  # fmt: skip
    told.table(heads, rows)
    told.answer(found)


@_command(
    "witness",
    "Make this node a witness under NAME: a key in its keystore, and what to put into the settings.\n\n"
    "A witness cosigns checkpoints of logs that only grow, by C2SP tlog-witness.",
    "使本节点以 NAME 为名作见证方：在其密钥库中生成密钥，并显示应写入的设置。\n\n"
    "见证方按 C2SP tlog-witness 为只增不改的日志共签检查点。",
)
@click.argument("name")
@session
def witness(told: Session, name: str) -> None:
    """A witness key."""
    from dongting.node.keystore import Keystore
    from dongting.node.witness import vkey_of

    keystore = Keystore.open(told.config.path(told.config.keystore.path))
    keystore.unlock(told.passphrase("node"))
    owner = keystore.entries()[0].organisation
    there = [each for each in keystore.entries() if (each.purpose, each.stage) == ("witness", "current")]
    entry = there[0] if there else keystore.add(owner, "witness", "Ed25519", int(time.time()))
    vkey = vkey_of(name, keystore.signing_key(entry.name))
    url = f"{told.config.public_url}/witness"
    told.say(
        f'Put into {told.home / CONFIG} and restart the node:\n\n[witness]\nname = "{name}"\n\n'
        f'Whose log it shall cosign adds to witness.ask:\n\n"{vkey} {url}"\n\n'
        f"Who verifies proofs trusts it by --witness {vkey}",
        f'请写入 {told.home / CONFIG} 并重启节点：\n\n[witness]\nname = "{name}"\n\n'
        f'需其共签的日志运营方在 witness.ask 中加入：\n\n"{vkey} {url}"\n\n'
        f"验证方用 --witness {vkey} 表示信任",
    )
    told.answer({"vkey": vkey, "url": url})


for _made in (*ceremony.OF_NODE, *validators.OF_NODE):
    node.add_command(_made)
