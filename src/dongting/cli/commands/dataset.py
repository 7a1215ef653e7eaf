"""`dongting dataset`: publish a file, add versions, erase one's data."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from dongting.apps.catalogue import Column, version_id
from dongting.cli import language
from dongting.cli.acting import ACTIONS, Draft
from dongting.cli.bars import bar
from dongting.cli.derived import derive
from dongting.cli.language import Option
from dongting.cli.session import Session
from dongting.cli.values import pairs
from dongting.errors import Code, require
from dongting.node.completing import VERSION, complete
from dongting.node.publishing import file_notes, inferred_columns, offer
from dongting.sdk.client import Client
from dongting.sdk.contents import Offered

NO_SUCH_COLUMN = Code(
    "cli", 12, "no-such-column",
    "The file has no column {name}; its columns are {columns}.",
    "文件中没有列 {name}；现有列为 {columns}。",
)  # fmt: skip

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)

_OUTSIDE = Option(["--external"], is_flag=True, text=(
    "Keep the data where it is: only its digest is committed to; deliver it outside.",
    "数据保留在原处：只承诺其摘要，由外部交付。",
))  # fmt: skip


def columns_of(path: Path, corrections: Sequence[str], zone: str) -> list[dict[str, Any]]:
    """The column schema that the file's rows show, with what the person knows better."""
    columns = {one["name"]: one for one in inferred_columns(path)}
    for typed in corrections:
        told = pairs("--column", typed, Column, zone)
        name = str(told.get("name"))
        require(name in columns, NO_SUCH_COLUMN, name=name[:60], columns=", ".join(columns)[:400])
        columns[name] |= told
    return list(columns.values())


def upload(told: Session, client: Client, draft: Draft, path: Path, version: str, offered: Offered) -> None:
    """What happens between the person's yes and the statement."""

    def send() -> None:
        with bar(told, "Encrypting and uploading", "加密上传") as progress:
            client.contents.store(path, offered, f"{VERSION}/{version}", progress)

    draft.before.append(send)
    draft.after.append(lambda: client.contents.settled(path))
    draft.notes += file_notes(str(path), offered)


def _publish(told: Session, client: Client, draft: Draft, given: dict[str, Any]) -> None:
    path: Path | None = given["file"]
    if path is None:
        return
    zone = client.network.genesis.zone
    if not draft.arguments.get("columns") and path.suffix.lower() in (".csv", ".tsv", ".txt"):
        draft.arguments["columns"] = columns_of(path, given["column"], zone)
        heads = (("Column", "列"), ("Type", "类型"), ("Meaning", "含义"))
        rows = [
            (c["name"], c["type"], next(iter(c.get("title", {}).values()), ""))
            for c in draft.arguments["columns"]
        ]
        told.say(
            "Columns as the file shows them (correct with --column name=…,type=…,title-zh=…):",
            "文件中的数据项（可用 --column name=…,type=…,title-zh=… 更正）：",
        )
        told.table(heads, rows)
    version = version_id(draft.arguments.get("id", ""), 1)
    offered = offer(client, draft, path, external=given["external"])
    upload(told, client, draft, path, version, offered)


def _next_version(told: Session, client: Client, draft: Draft, given: dict[str, Any]) -> None:
    complete(client, draft)
    version = version_id(given["subject"], draft.arguments["number"])
    offered = offer(client, draft, given["file"], external=given["external"])
    upload(told, client, draft, given["file"], version, offered)


publish = derive(
    ACTIONS["catalogue/publish"],
    text=(
        "Publish a dataset, with FILE as its first version if one is given.\n\n"
        "The columns are read from a CSV and shown; correct them with --column. The file is encrypted here "
        "before it is sent.",
        "发布数据集；如给出 FILE，则作为首个版本。\n\n"
        "从 CSV 中读出数据项并显示，可用 --column 更正。文件在本机加密后才上传。",
    ),
    hidden=("content",),
    extra=[
        click.Argument(["file"], type=_FILE, required=False),
        Option(["--column"], multiple=True, metavar="name=…,type=…", text=(
            "A correction of one column; repeat", "更正一个数据项；可重复"
        )),
        _OUTSIDE,
    ],
    prepare=_publish,
)  # fmt: skip
add_version = derive(
    ACTIONS["catalogue/add-version"],
    text=("Issue FILE as the next version of the dataset ID.", "将 FILE 作为数据集 ID 的下一版本发布。"),
    subject=True,
    hidden=("content",),
    extra=[click.Argument(["file"], type=_FILE), _OUTSIDE],
    prepare=_next_version,
)
erase = derive(
    ACTIONS["catalogue/erase"],
    text=(
        "Erase the content of a version of the dataset ID, its key and its salt; the latest unless --number.",
        "删除数据集 ID 某一版本的内容、密钥和盐值；默认最新版本。",
    ),
    subject=True,
)


@language.group(
    "dataset", ("Publish a file as a dataset; versions, erasure.", "将文件发布为数据集；版本与删除。")
)
def dataset() -> None:
    """Datasets."""


for _command in (
    publish,
    derive(ACTIONS["catalogue/revise"], subject=True),
    add_version,
    derive(ACTIONS["catalogue/withdraw"], subject=True),
    erase,
):
    dataset.add_command(_command)
