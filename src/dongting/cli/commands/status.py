"""`dongting status` and `dongting fate`: where the ledger stands, and what became of a statement."""

import click

from dongting.cli import language
from dongting.cli.session import Session, session
from dongting.node.moments import moment


@language.command("status", ("Show where the ledger stands.", "查看账本当前状态。"))
@session
def status(told: Session) -> None:
    """Where the ledger stands."""
    with told.guest() as client:
        found = client.status()
        zone = client.network.genesis.zone
    told.answer(found)
    writing = told.text("reading and writing", "可读写") if found["writing"] else str(found["reason"])
    rows = [
        (told.text("Network", "网络"), str(found["network"])),
        (told.text("Log", "日志"), str(found["origin"])),
        (told.text("Profile", "密码配置"), str(found["profile"])),
        (told.text("Height", "高度"), str(found["height"])),
        (told.text("Entries", "条目"), str(found["size"])),
        (told.text("Time of the last block", "最新区块时间"), moment(found["time"], zone)),
        (told.text("Root of the log", "日志根"), str(found["root"])),
        (told.text("Root of the state", "状态根"), str(found["state"])),
        (told.text("State", "运行状态"), writing),
    ]
    if found.get("upstream"):
        lag = found.get("lag", 0)
        rows.append((told.text("Follows", "跟随"), str(found["upstream"])))
        rows.append((told.text("Entries still to take over", "待获取条目"), str(lag)))
        under_way = f"{found.get('parcels', 0)}"
        if refused := found.get("parcels_refused"):
            under_way += told.text(f", {refused} refused", f"，{refused} 件被拒")
        rows.append((told.text("Parts and files under way", "传送中的附件和文件"), under_way))
    told.table([("", ""), ("", "")], rows)
    for alarm in found.get("alarms", ()):
        told.say(f"\n! {alarm['en']}", f"\n! {alarm['zh']}")


@language.command(
    "fate",
    (
        "What became of a statement: accepted, refused, pending or unknown.\n\n"
        "ID, ISSUER and NONCE stand in the message that asked you to look.",
        "查询声明的处理结果：已接受、被拒绝、处理中或未知。\n\nID、ISSUER 和 NONCE 见提示信息。",
    ),
)
@click.argument("id")
@click.argument("issuer")
@click.argument("nonce")
@session
def fate(told: Session, id: str, issuer: str, nonce: str) -> None:
    """The fate of one statement."""
    with told.guest() as client:
        found = client.statements.fate(id, issuer, nonce)
    told.answer(found)
    told.say(f"{found.state}", f"{found.state}")
    if found.index is not None:
        told.say(
            f"log entry {found.index}, block {found.height}", f"日志第 {found.index} 条，区块 {found.height}"
        )
    if found.problem is not None:
        told.say(found.problem.detail, found.problem.detail)
