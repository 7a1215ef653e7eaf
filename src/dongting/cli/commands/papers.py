"""`dongting agreement pdf` and `dongting evidence report`: documents made from one's own proof file."""

from pathlib import Path

import click

from dongting.cli import language
from dongting.cli.commands.read import full_name
from dongting.cli.session import Session, session
from dongting.cli.verify import chunks
from dongting.errors import require
from dongting.sdk.contents import TARGET_EXISTS

_OUT = language.option(
    "--out", "-o", type=click.Path(path_type=Path), required=True, text=("The PDF file.", "PDF 文件。")
)
_CLOSED = language.option("--closed", is_flag=True, text=("Open nothing.", "不开启任何内容。"))
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@language.group("agreement", ("Agreements on paper.", "协议文本。"))
def agreement() -> None:
    """Agreements."""


@agreement.command(
    "pdf",
    cls=language.Command,
    text=(
        "Write the agreement ID as PDF: parties, terms, signatures, history, its proof file attached.\n\n"
        "It holds your openings of terms and reasons: give it only to whom may read them, or use --closed.",
        "将协议 ID 生成为 PDF：双方、条款、签署、经过，并附证明文件。\n\n"
        "文件含本单位可读的条款和理由：仅可交给有权阅读者，或使用 --closed。",
    ),
)
@click.argument("id")
@_OUT
@_CLOSED
@session
def agreement_pdf(told: Session, id: str, out: Path, closed: bool) -> None:
    """Write an agreement."""
    from dongting.node.exports.agreement import agreement as paper
    from dongting.node.exports.proven import Proven

    require(not out.exists(), TARGET_EXISTS, path=out)
    with told.client() as client:
        client.status()
        proof = client.proofs.fetch([f"sharing.agreement/{id}"], openings=not closed)
        proven = Proven.read(proof, client.network.id, told.language, told.address)
    _write(told, out, paper(proven, id))


@language.command(
    "report",
    (
        "Write a report for a court on the story behind these records, such as evidence/ID.\n\n"
        "It tells what was recorded, when, by whom and by which methods, how to check it without anybody, "
        "and what it does not prove. Your openings are in the proof file that it holds, unless --closed.",
        "为法庭生成关于这些记录（如 evidence/ID）的存证报告。\n\n"
        "说明记录了什么、何时、由谁、以何方法，如何独立核验，以及不能证明什么。"
        "所附证明文件含本单位可读内容，除非使用 --closed。",
    ),
)
@click.argument("addresses", nargs=-1, required=True, metavar="TYPE/ID…")
@language.option("--file", "files", type=_FILE, multiple=True, text=(
    "Data to compare; may be repeated.", "要比对的数据文件，可多次给出。"
))  # fmt: skip
@_OUT
@_CLOSED
@session
def evidence_report(
    told: Session, addresses: tuple[str, ...], files: tuple[Path, ...], out: Path, closed: bool
) -> None:
    """Write an evidence report."""
    from dongting.node.exports.proven import Proven
    from dongting.node.exports.report import Compared, report
    from dongting.sdk.story import check_file

    require(not out.exists(), TARGET_EXISTS, path=out)
    named = []
    for address in addresses:
        type, _, id = address.partition("/")
        named.append(f"{full_name(type)}/{id}")
    with told.client() as client:
        client.status()
        proof = client.proofs.fetch(named, openings=not closed)
        proven = Proven.read(proof, client.network.id, told.language, told.address)
    compared = [Compared(file.name, check_file(proven.story, chunks(file))) for file in files]
    _write(told, out, report(proven, compared))


def _write(told: Session, out: Path, data: bytes) -> None:
    out.write_bytes(data)
    told.say(f"{out}: {len(data):,} bytes.", f"{out}：{len(data):,} 字节。")
    told.answer({"path": str(out), "size": len(data)})
