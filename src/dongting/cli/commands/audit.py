"""`dongting audit`: derive the whole ledger again from its stored bytes, and look at what lies beside it."""

import click

from dongting.cli.language import command
from dongting.cli.progress import counter, end
from dongting.cli.session import Session, session


@command(
    "audit",
    (
        "Derive the whole ledger again from its stored bytes and name everything that differs.\n\n"
        "Runs beside a running node; reads every file of the node, too. Exit code 1 when not clean.",
        "从存储字节重新推导整个账本，列出所有不一致之处。\n\n"
        "可与运行中的节点同时执行，并校验节点的全部文件。不一致时退出码为 1。",
    ),
)
@session
def audit(session: Session) -> None:
    """Derive the whole ledger again from its stored bytes and name everything that differs."""
    from dongting.node.audit import audit as audited
    from dongting.node.home import Home

    report = audited(Home(session.config), counter(session, ("Audit: {} leaves", "审计：已推导 {} 条")))
    end()
    ledger = report.ledger
    session.say(
        f"Derived {ledger.height:,} blocks, {ledger.size:,} leaves, {ledger.statements:,} statements; "
        f"hashed {report.files:,} files.",
        f"已推导 {ledger.height:,} 个区块、{ledger.size:,} 条日志、{ledger.statements:,} 条声明；"
        f"已校验 {report.files:,} 个文件。",
    )
    if ledger.redacted:
        leaves = ", ".join(map(str, ledger.redacted))
        session.say(
            f"Redacted by resolution, and taken from what is kept of them: leaves {leaves}.",
            f"已依决议删除正文、按保留内容核对的条目：{leaves}。",
        )
    if ledger.taken:
        session.say(
            f"{ledger.taken:,} later statements had read such text; the state root holds their effects.",
            f"另有 {ledger.taken:,} 条后续声明曾读取此类正文，其效果以状态根为准。",
        )
    for found in report.findings:
        session.say(f"- {found.text('en')} [{found.code}]", f"- {found.text('zh')} [{found.code}]")
    found_ = [{"code": str(f.code), "detail": f.text(session.language)} for f in report.findings]
    session.answer(
        {
            "clean": report.clean, "height": ledger.height, "size": ledger.size,
            "statements": ledger.statements, "files": report.files, "redacted": ledger.redacted,
            "findings": found_,
        }
    )  # fmt: skip
    if report.clean:
        session.say("CLEAN: what is stored is what the log leads to.", "一致：存储内容与日志推导结果相同。")
    else:
        session.say("NOT CLEAN.", "不一致。")
        raise click.exceptions.Exit(1)
