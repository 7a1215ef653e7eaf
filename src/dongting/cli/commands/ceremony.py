"""`dongting node init` and `network draft`, `sign`, `begin`: founders begin a consortium together."""

import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from dongting.cli import language
from dongting.cli.session import CONFIG, Session, session
from dongting.errors import require

_PAPER = click.Path(exists=True, dir_okay=False, path_type=Path)
_OUT = click.Path(dir_okay=False, path_type=Path)

#: What a network is told of itself, besides its founders.
_DESCRIBED = (
    language.option("--name", "names", required=True, multiple=True, text=(
        "Name of the network; twice for both languages.", "网络名称；可给两次，中英文各一。"
    )),
    language.option("--domain", required=True, text=("Domain that names its log.", "用于命名日志的域名。")),
    language.option("--supervisor", metavar="ID", text=(
        "The founder that may read what parties send each other.",
        "可阅读双方往来内容的监督方（须为发起方）。",
    )),
    language.option("--quorum", type=click.Choice(["majority", "two-thirds"]), default="majority", text=(
        "How many founders must agree.", "决议所需的发起方多数。"
    )),
    language.option("--quorum-days", type=click.IntRange(1, 365), default=7, text=(
        "Days in which they decide.", "表决期限（日）。"
    )),
    language.option("--zone", default="+08:00", text=(
        "Time zone in which a day ends.", "以此时区划分每日。"
    )),
    language.option("--holiday", "holidays", multiple=True, metavar="DAY", text=(
        "A holiday, YYYY-MM-DD; repeat.", "节假日，YYYY-MM-DD；可重复。"
    )),
    language.option("--workday", "workdays", multiple=True, metavar="DAY", text=(
        "A weekend day that is worked; repeat.", "调休上班日；可重复。"
    )),
)  # fmt: skip


def described(run: language.Run) -> language.Run:
    """Give a command the options that describe a network."""
    for option in reversed(_DESCRIBED):
        run = option(run)
    return run


@language.command(
    "init",
    (
        "Make the keys of a founder and of its validator here, and write its seat: what the other founders "
        "need to know.\n\n"
        'Who it is, is told as in `network create`: "kind=government,name-zh=…,name-en=…". Run again, it '
        "keeps the keys and writes the seat anew. Then one founder runs `dongting network draft`.",
        "在本机生成发起方及其验证者的密钥，并写出席位文件，供其他发起方使用。\n\n"
        "发起方信息写法同 `network create`：“kind=government,name-zh=…,name-en=…”。"
        "再次运行会保留密钥并重写席位。随后由一个发起方运行 `dongting network draft`。",
    ),
)
@language.option("--profile", type=click.Choice(["international", "national"]), required=True, text=(
    "Ciphers for the life of the network, the same for all.", "网络终身采用的密码配置，各方须一致。"
))  # fmt: skip
@language.option("--founder", required=True, metavar="KEY=VALUE,…", text=(
    "Who this founder is.", "发起方信息。"
))  # fmt: skip
@language.option("--dial", required=True, metavar="HOST:PORT", text=(
    "Where the other founders reach this node’s CometBFT.", "其他发起方连接本节点 CometBFT 的地址。"
))  # fmt: skip
@language.option("--out", type=_OUT, required=True, text=("File for the seat.", "席位文件。"))
@session
def init(told: Session, profile: str, founder: str, dial: str, out: Path) -> None:
    """Make a seat."""
    from dongting.cli.ceremony import Place, write
    from dongting.wire.profile import profile_named

    seat = Place(told, told.organisation).offer(profile_named(profile), founder, dial, int(time.time()))
    write(out, seat)
    told.say(
        f"The seat of {told.organisation} is in {out}: nothing in it is secret. Give it to the founder who "
        "makes the draft (`dongting network draft`).",
        f"{told.organisation} 的席位文件为 {out}，其中没有秘密。"
        "请交给负责起草的发起方（`dongting network draft`）。",
    )
    told.answer({"seat": str(out), "peer": seat.peer})


@language.command(
    "draft",
    (
        "Join the SEATS of all founders into the draft that each of them signs.\n\n"
        "Whoever does this needs no trust: each founder compares the network’s id with the others.",
        "将所有发起方的席位文件 SEATS 合成草案，由各发起方签署。\n\n"
        "起草方无须被信任：各发起方会彼此核对网络标识。",
    ),
)
@click.argument("seats", nargs=-1, required=True, type=_PAPER)
@described
@language.option("--out", type=_OUT, required=True, text=("File for the draft.", "草案文件。"))
@session
def draft(told: Session, seats: Sequence[Path], out: Path, **given: Any) -> None:
    """Make a draft."""
    from dongting.cli.ceremony import Seat, joined, read, write

    with TemporaryDirectory() as trial:
        made = joined([read(path, Seat) for path in seats], given, int(time.time()), Path(trial))
    write(out, made)
    _show(told, made)
    told.say(
        f"The draft is in {out}. Give it to every founder: each runs `dongting network sign {out.name}`.",
        f"草案为 {out}。请交给每个发起方，各自运行 `dongting network sign {out.name}`。",
    )
    told.answer({"network": made.network, "draft": str(out)})


@language.command(
    "sign",
    (
        "Read a DRAFT, compare the network’s id with the other founders aloud, and sign it for your "
        "organisation (--as).\n\n"
        "Refused when the keys in it are not those of this home.",
        "阅读草案 DRAFT，与其他发起方口头核对网络标识，并代表本组织（--as）签署。\n\n"
        "草案中的密钥与本目录不符时拒绝签署。",
    ),
)
@click.argument("paper", metavar="DRAFT", type=_PAPER)
@language.option("--out", type=_OUT, required=True, text=("File for the signature.", "签名文件。"))
@language.option("--yes", "-y", is_flag=True, text=("Sign without asking.", "不询问，直接签署。"))
@session
def sign(told: Session, paper: Path, out: Path, yes: bool) -> None:
    """Sign a draft."""
    from dongting.cli.ceremony import Draft, Place, read, write

    given, place = read(paper, Draft), Place(told, told.organisation)
    place.check(given)
    _show(told, given)
    if not yes:
        question = told.text(
            "Do all founders read the same id, and do you sign?", "各方读出的标识是否一致，是否签署？"
        )
        click.confirm(question, abort=True, err=told.json)
    write(out, place.sign(given))
    told.say(
        f"Signed: {out}. Give it to every founder; with all signatures each runs `dongting network begin`.",
        f"已签署：{out}。请交给每个发起方；收齐签名后各自运行 `dongting network begin`。",
    )
    told.answer({"network": given.network, "signature": str(out)})


@language.command(
    "begin",
    (
        "Begin the network of a DRAFT that every founder signed: SIGNATURES are all of theirs.\n\n"
        "Writes the genesis document and this validator’s settings.",
        "以全部发起方的签名 SIGNATURES 启用草案 DRAFT 所述网络。\n\n写入创世文件和本验证者的设置。",
    ),
)
@click.argument("paper", metavar="DRAFT", type=_PAPER)
@click.argument("signatures", nargs=-1, required=True, type=_PAPER)
@language.option("--listen", metavar="HOST:PORT", text=(
    "Where this node’s CometBFT listens, if it is dialled elsewhere.",
    "本节点 CometBFT 的监听地址（与对外地址不同时填写）。",
))  # fmt: skip
@language.option("--port", type=click.IntRange(0, 65535), default=8420, text=(
    "Port of the node; 0 lets the system choose.", "节点端口；0 表示由系统选择。"
))  # fmt: skip
@session
def begin(told: Session, paper: Path, signatures: Sequence[Path], listen: str | None, port: int) -> None:
    """Begin."""
    from dongting.cli.ceremony import Draft, Place, Signature, read, signed_by_all
    from dongting.cli.commands.validators import OTHER_NODE_HERE, settings_of

    given = read(paper, Draft)
    signed_by_all(given, [read(path, Signature) for path in signatures])
    Place(told, told.organisation).check(given)
    genesis, settings = told.home / "genesis.json", told.home / CONFIG
    require(not genesis.exists() or genesis.read_bytes() == given.data, OTHER_NODE_HERE, home=told.home)
    if not settings.exists():
        dialled = given.peers[told.organisation].partition("@")[2]
        others = ",".join(peer for owner, peer in given.peers.items() if owner != told.organisation)
        written = settings_of(told.organisation, port, listen or dialled, others, dialled if listen else "")
        settings.write_text(written, "utf-8")
    genesis.write_bytes(given.data)
    told.say(
        f"The network {given.network} begins once more than two thirds of its validators run. "
        "Next: dongting serve",
        f"超过三分之二的验证者运行后，网络 {given.network} 即开始。下一步：dongting serve",
    )
    told.answer({"network": given.network})


def _show(told: Session, made: Any) -> None:
    """What a draft holds, and its id as people read it to each other."""
    document, rows = made.genesis, []
    for founder in document.founders:
        name = founder.name.get("zh" if told.language == "zh" else "en") or next(iter(founder.name.values()))
        rows.append((founder.id, name, founder.kind, made.peers[founder.id].partition("@")[2]))
    heads = (("Founder", "发起方"), ("Name", "名称"), ("Kind", "类型"), ("Dialled at", "连接地址"))
    told.table(heads, rows)
    quorum = f"{document.quorum.votes}, {document.quorum.days}"
    told.say(
        f"Profile {document.profile}; founders decide by {quorum} days; "
        f"supervisor: {document.supervisor or 'none'}.",
        f"密码配置 {document.profile}；发起方决议：{quorum} 日；监督方：{document.supervisor or '无'}。",
    )
    told.say("The network’s id, to be read aloud:", "网络标识，请口头核对：")
    for line in made.spoken:
        told.say(f"    {line}", f"    {line}")


#: What `dongting network` and `dongting node` take from here.
OF_NETWORK: Sequence[click.Command] = (draft, sign, begin)
OF_NODE: Sequence[click.Command] = (init,)
