"""Who orders the blocks of a consortium: shown, changed by a vote of the founders, and joined by a new node.

What is proposed is the whole set as it shall be, made from the present one and the changes that are named.
"""

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from dongting.cli import language
from dongting.cli.consortium import Consortium, NewValidator, add_node
from dongting.cli.session import CONFIG, Session, session
from dongting.engines.cometbft.directory import make_keys, next_key
from dongting.errors import Code, Refused, require

if TYPE_CHECKING:
    from dongting.sdk.client import Client

BAD_CHANGE = Code(
    "cometbft", 14, "bad-change",
    "{given} names no validator of this network, or no whole number: {known}.",
    "{given} 未指明本网络的验证者或整数；现有验证者：{known}。",
)  # fmt: skip
NOT_A_CANDIDATE = Code(
    "cometbft", 15, "not-a-candidate",
    "{path} does not hold what `dongting node validator` prints: {why}.",
    "{path} 的内容不是 `dongting node validator` 的输出：{why}。",
)  # fmt: skip
OTHER_NODE_HERE = Code(
    "cometbft", 16, "other-node-here",
    "The home {home} is that of another node already; choose another --home.",
    "目录 {home} 已属于其他节点；请更换 --home。",
    status=409,
)  # fmt: skip

_RECORD = ("governance.engine-members", "engine")
_SETTINGS = """\
# The settings of this validator. `dongting config reference` explains all that there are.
# 本验证者的设置。全部设置见 `dongting config reference`。

[node]
home = "."

[http]
port = {port}

[engine]
kind = "cometbft"
listen = "{listen}"
external = "{external}"
peers = "{peers}"
organisations = "{organisation}"
"""


def settings_of(organisation: str, port: int, listen: str, peers: str, external: str = "") -> str:
    """The settings of that organisation's validator; the addresses as in `dongting config reference`."""
    return _SETTINGS.format(
        port=port, listen=listen, external=external, peers=peers, organisation=organisation
    )


@language.command(
    "validators",
    (
        "Show whose nodes order blocks and sign the log, and with which power.",
        "查看由哪些组织的节点排序区块并签署日志，以及各自的表决权重。",
    ),
)
@session
def show(told: Session) -> None:
    """The present validators."""
    with told.client() as client:
        record, height = client.records.get(*_RECORD).record, client.status()["height"]
    passed = height >= record["from_height"]
    members = record["members"] if passed else record["before"]
    power = sum(each["power"] for each in members)
    rows = [
        (each["owner"], f"{each['power']}/{power}", each["id"][:16], (each.get("consensus") or "—")[-16:])
        for each in members
    ]
    heads = (("Organisation", "组织"), ("Power", "权重"), ("Log key", "日志密钥"), ("Consensus", "共识公钥"))
    told.table(heads, rows)
    if not passed:
        told.say(
            f"Others from height {record['from_height']} on.", f"自高度 {record['from_height']} 起变更。"
        )
    told.answer({"validators": members, "height": height, "next": None if passed else record})


@language.command(
    "change-validators",
    (
        "Propose other validators to the founders: PROPOSAL is the id of the proposal.\n\n"
        "The changes count from the block after the vote that reaches the quorum, on all nodes, without a "
        "restart.",
        "向发起方提议变更验证者；PROPOSAL 为提案编号。\n\n"
        "达到法定票数的表决所在区块之后，变更即在所有节点生效，无需重启。",
    ),
)
@click.argument("proposal")
@language.option("--admit", "admitted", multiple=True, type=click.Path(exists=True, path_type=Path), text=(
    "File with what `dongting node validator` printed; repeat.", "`dongting node validator` 的输出；可重复。"
))  # fmt: skip
@language.option("--remove", "removed", multiple=True, metavar="ORGANISATION", text=(
    "Remove its validator; repeat.", "移除其验证者；可重复。"
))  # fmt: skip
@language.option("--power", "powers", multiple=True, metavar="ORGANISATION=N", text=(
    "Give it this power; repeat.", "设定其表决权重；可重复。"
))  # fmt: skip
@language.option("--key", "keys", multiple=True, metavar="ORGANISATION=KEY", text=(
    "Rotate its consensus key to what `dongting node next-key` printed; repeat.",
    "将其共识密钥轮换为 `dongting node next-key` 的输出；可重复。",
))  # fmt: skip
@language.option("--motive", default="", text=("Reasons, for the founders only.", "理由（仅发起方可见）。"))
@language.option("--yes", "-y", is_flag=True, text=("Sign without asking.", "不询问，直接签署。"))
@session
def change(
    told: Session, proposal: str, admitted: tuple[Path, ...], removed: tuple[str, ...],
    powers: tuple[str, ...], keys: tuple[str, ...], motive: str, yes: bool,
) -> None:  # fmt: skip
    """Propose another set."""
    from dongting.cli.acting import ACTIONS, Draft, carry_out
    from dongting.node.drafting import proposed

    with told.client() as client:
        members = _present(client)
        for owner in removed:
            del members[_known(members, owner, owner)]
        for owner, value in map(_pair, powers):
            digits = value if value.isascii() and value.isdigit() else ""
            members[_known(members, owner if digits else "", f"{owner}={value}")]["power"] = int(digits or 0)
        for owner, value in map(_pair, keys):
            members[_known(members, owner, owner)]["consensus"] = value
        added = [msgspec.to_builtins(_candidate(path)) for path in admitted]
        told_ = {"id": "engine", "members": [*members.values(), *added], "from_height": 0}
        draft = proposed(Draft(ACTIONS["governance/set-engine-members"], told_), proposal, motive)
        carry_out(told, client, draft, yes=yes)


def _present(client: "Client") -> dict[str, dict[str, Any]]:
    """The members as they were decided last, by owner; what CometBFT has no word for is left out."""
    found = client.records.get(*_RECORD).record["members"]
    return {each["owner"]: {k: v for k, v in each.items() if k != "id"} for each in found}


def _known(members: dict[str, dict[str, Any]], owner: str, given: str) -> str:
    require(owner in members, BAD_CHANGE, given=given[:80], known=", ".join(members))
    return owner


def _pair(given: str) -> tuple[str, str]:
    owner, _, value = given.partition("=")
    return owner, value


def _candidate(path: Path) -> NewValidator:
    try:
        return msgspec.json.decode(path.read_bytes(), type=NewValidator)
    except msgspec.MsgspecError as error:
        raise Refused(NOT_A_CANDIDATE, path=path, why=str(error)) from None


@language.command(
    "add",
    (
        "Add the node of another organisation to the development consortium: env-bureau, green-tech, "
        "air-alliance, xiang-university, lake-institute, spring-capital or river-park.\n\n"
        "It executes every block at once, and votes once the founders admit it. Printed is what "
        "`network change-validators --admit` takes.",
        "为开发用联盟网络增加另一组织的节点：env-bureau、green-tech、air-alliance、xiang-university、"
        "lake-institute、spring-capital 或 river-park。\n\n"
        "该节点立即执行每个区块，经发起方接纳后参与表决。输出供 `network change-validators --admit` 使用。",
    ),
)
@click.argument("organisation")
@language.option("--home", "directory", type=click.Path(path_type=Path), default=Path("run/consortium"),
    metavar="DIR", text=("Directory of the consortium.", "联盟网络的目录。"),
)  # fmt: skip
@session
def add(told: Session, organisation: str, directory: Path) -> None:
    """Add a node."""
    _print(told, add_node(Consortium(directory.absolute()), organisation, int(time.time())))


def _print(told: Session, made: NewValidator) -> None:
    if not told.json:
        click.echo(msgspec.json.encode(made))
    told.answer(msgspec.to_builtins(made))


@language.command(
    "validator",
    (
        "Make a validator's node for your organisation (--as) from an INVITATION: a file, or - for standard "
        "input.\n\n"
        "It has keys of its own. Start it by `dongting serve`: it executes every block, and votes once the "
        "founders admit it. Printed is what `network change-validators --admit` takes.",
        "按邀请 INVITATION（文件，或用 - 表示标准输入）为本组织（--as）建立验证者节点。\n\n"
        "节点自有密钥。用 `dongting serve` 启动后即执行每个区块，经发起方接纳后参与表决。"
        "输出供 `network change-validators --admit` 使用。",
    ),
)
@click.argument("invitation", type=click.Path(allow_dash=True, path_type=Path))
@language.option("--peers", required=True, metavar="ID@HOST:PORT,…", text=(
    "CometBFT of the present validators.", "现有验证者的 CometBFT 地址。"
))  # fmt: skip
@language.option("--listen", default="127.0.0.1:26656", show_default=True, metavar="HOST:PORT", text=(
    "Where others dial this node's CometBFT.", "其他节点连接本节点 CometBFT 的地址。"
))  # fmt: skip
@language.option("--port", type=click.IntRange(0, 65535), default=8420, text=(
    "Port of the node's API.", "节点 API 的端口。"
))  # fmt: skip
@session
def make(told: Session, invitation: Path, peers: str, listen: str, port: int) -> None:
    """Make a validator's home."""
    from dongting.node.invitation import decode
    from dongting.node.keystore import Keystore
    from dongting.sdk.client import genesis_of

    text = sys.stdin.read() if os.fspath(invitation) == "-" else invitation.read_text("utf-8")
    given, owner, now = decode(text, int(time.time())), told.organisation, int(time.time())
    data = genesis_of(given.upstream, given.network, told.language)
    path, settings = told.home / "genesis.json", told.home / CONFIG
    require(not path.exists() or path.read_bytes() == data, OTHER_NODE_HERE, home=told.home)
    told.prepare()
    if not settings.exists():
        settings.write_text(settings_of(owner, port, listen, peers), "utf-8")
    require(told.config.engine.kind == "cometbft", OTHER_NODE_HERE, home=told.home)
    path.write_bytes(data)
    keys = told.config.path(told.config.keystore.path)
    if not keys.exists():
        keystore = Keystore.create(keys, told.passphrase("node", new=True))
        keystore.add(owner, "log", "Ed25519", now)
    public = next(each.public for each in Keystore.open(keys).entries() if each.purpose == "log")
    consensus, _ = make_keys(told.home / "cometbft")
    _print(told, NewValidator(owner, public, consensus))


@language.command(
    "next-key",
    (
        "Make the consensus key that is to follow this validator's present one, and print it.\n\n"
        "The node takes it up by itself in the block from which the founders' vote counts "
        "(`network change-validators --key`).",
        "生成本验证者的下一个共识密钥并输出其公钥。\n\n"
        "发起方表决（`network change-validators --key`）生效的区块起，节点自动启用该密钥。",
    ),
)
@session
def renew(told: Session) -> None:
    """Make the next consensus key."""
    require(told.config.engine.kind == "cometbft", OTHER_NODE_HERE, home=told.home)
    key = next_key(told.home / "cometbft")
    if not told.json:
        click.echo(key)
    told.answer({"key": key})


#: What `dongting network` and `dongting node` take from here.
OF_NETWORK: Sequence[click.Command] = (show, change, add)
OF_NODE: Sequence[click.Command] = (make, renew)
