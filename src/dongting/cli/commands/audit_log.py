"""`dongting audit-log`: export what people did at this node, and verify an export offline."""

from pathlib import Path

import click

from dongting.cli import language
from dongting.cli.commands.people import opened
from dongting.cli.session import Session, session
from dongting.errors import require

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@language.group("audit-log", ("What people did at this node.", "人员在本节点的操作记录。"))
def audit_log() -> None:
    """The audit log."""


@language.command(
    "export",
    (
        "Write the lines of the organisation named by --as, with their proof.",
        "导出 --as 指定组织的日志及其证明。",
    ),
    audit_log,
)
@language.option(
    "--out", type=click.Path(path_type=Path), required=True, text=("File to write.", "写入的文件。")
)
@session
def export(told: Session, out: Path) -> None:
    """Export the lines of an organisation."""
    with opened(told) as accounts:
        data = accounts.audit.export(told.organisation)
    out.write_bytes(data)
    told.say(f"Written: {out}", f"已写入：{out}")
    told.answer({"file": str(out)})


@language.command(
    "verify",
    (
        "Verify an exported audit log without a network connection.\n\n"
        "With --proof, a proof file of the evidence that it names, also that the ledger holds its root.",
        "离线验证导出的审计日志。\n\n附上其所指存证的证明文件（--proof）时，还验证账本中确有其根值。",
    ),
    audit_log,
)
@click.argument("file", type=_FILE)
@language.option("--proof", type=_FILE, text=("Proof file of the evidence.", "存证的证明文件。"))
@language.option("--network", metavar="ID", text=("Id of the network that you trust.", "您信任的网络标识。"))
@session
def verify(told: Session, file: Path, proof: Path | None, network: str | None) -> None:
    """Verify an export."""
    from dongting.sdk.audit_log import NOT_ANCHORED
    from dongting.sdk.audit_log import verify as verified
    from dongting.sdk.verify import verify as verify_proof

    found = verified(file.read_bytes())
    evidence = found.anchor.evidence if found.anchor else ""
    if proof is not None:
        story = verify_proof(proof.read_bytes(), network)
        address = f"evidence.evidence/{evidence}"
        records = [record.body for record in story.records if record.address == address]
        require(records and records[0], NOT_ANCHORED, evidence=evidence or "—")
        verified(file.read_bytes(), on_ledger=records[0])
    lines = len(found.lines)
    told.say(
        f"PROVEN: {lines} lines of {found.organisation}, unchanged, among {found.size} of the node.",
        f"已证明：{found.organisation} 的 {lines} 行日志未被改动，节点共有 {found.size} 行。",
    )
    if found.anchor is not None:
        size = found.anchor.size
        known = ("The ledger holds", "账本中已有") if proof else ("Ask the ledger for", "请向账本核对")
        told.say(
            f"{known[0]} the root of the first {size}: evidence {evidence}.",
            f"{known[1]}前 {size} 行的根值：存证 {evidence}。",
        )
    told.answer({"organisation": found.organisation, "lines": lines, "size": found.size, "anchor": evidence})
