"""`dongting catalogue import` and `dongting catalogue template`: many datasets from Excel or CSV at once."""

from pathlib import Path

import click
import msgspec

from dongting.apps.catalogue import Dataset
from dongting.cli import language
from dongting.cli.session import Session, session
from dongting.errors import require
from dongting.sdk.client import Client
from dongting.sdk.contents import TARGET_EXISTS

DATASET = "catalogue.dataset"


@language.command(
    "import",
    (
        "Publish every row of an Excel or CSV FILE as a dataset: all rows or none.\n\n"
        "What is wrong is told by row. Importing a file again passes over what is on record.",
        "将 Excel 或 CSV 文件 FILE 的每一行发布为数据集：全部或全不。\n\n"
        "逐行说明问题。重复导入时跳过已入账的行。",
    ),
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@language.option("--check", is_flag=True, text=("Only check; sign nothing.", "仅检查，不签署。"))
@language.option("--yes", "-y", is_flag=True, text=("Sign without asking.", "不询问，直接签署。"))
@session
def import_catalogue(told: Session, file: Path, check: bool, yes: bool) -> None:
    """Import a catalogue."""
    from dongting.node.imports import catalogue

    with told.client() as client:
        client.catch_up()
        checked = catalogue.check(file.read_bytes(), told.organisation, lambda id: known(client, id))
        mine = 1 if told.language == "zh" else 0
        heads = (("Row", "行"), ("Column", "列"), ("What is wrong", "问题"))
        told.table(heads, [(str(m.row), m.column[mine], m.why[mine]) for m in checked.mistakes])
        fresh = len(checked.fresh)
        told.say(
            f"{fresh} to publish, {len(checked.entries) - fresh} on record already, "
            f"{len({m.row for m in checked.mistakes})} wrong.",
            f"待发布 {fresh} 行，已入账 {len(checked.entries) - fresh} 行，"
            f"有误 {len({m.row for m in checked.mistakes})} 行。",
        )
        if not check:
            catalogue.require_valid(checked)
        if not check and fresh and not yes:
            question = f"Sign {fresh} statements?", f"签署 {fresh} 条声明？"
            click.confirm(language.pick(question, told.language), abort=True)
        done = 0
        if not check:
            done = catalogue.carry_out(client, checked)
            told.say(f"{done} published.", f"已发布 {done} 行。")
    told.answer({"checked": msgspec.to_builtins(checked), "published": done})
    if check and checked.mistakes:
        click.get_current_context().exit(1)


@language.command("template", ("Write the Excel template of an import.", "生成导入用的 Excel 模板。"))
@language.option("--out", "-o", type=click.Path(path_type=Path), required=True, text=("The file.", "文件。"))
@session
def template(told: Session, out: Path) -> None:
    """Write the template."""
    from dongting.node.imports.template import template as made

    require(not out.exists(), TARGET_EXISTS, path=out)
    out.write_bytes(made(told.language))
    told.say(f"{out} is written.", f"已生成 {out}。")
    told.answer({"path": str(out)})


def known(client: Client, id: str) -> Dataset | None:
    """A dataset on the ledger."""
    found = client.records.find(DATASET, id)
    return None if found is None else msgspec.convert(found.record, Dataset)
