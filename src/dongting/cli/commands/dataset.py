"""`dongting dataset`: publish a file, add versions, erase one's data."""

import mimetypes
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from dongting.apps.catalogue import Column, size_class, version_id
from dongting.cli import language
from dongting.cli.acting import ACTIONS, Draft
from dongting.cli.bars import bar
from dongting.cli.derived import derive
from dongting.cli.language import Option
from dongting.cli.session import Session
from dongting.cli.values import pairs
from dongting.errors import Code, require
from dongting.sdk.client import Client
from dongting.sdk.contents import Offered
from dongting.standards import table_schema

DATASET, VERSION = "catalogue.dataset", "catalogue.dataset-version"
NO_SUCH_COLUMN = Code(
    "cli", 12, "no-such-column",
    "The file has no column {name}; its columns are {columns}.",
    "文件中没有列 {name}；现有列为 {columns}。",
)  # fmt: skip

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_READ = 2**16
#: What Table Schema calls a column's type, in the catalogue's words.
_KINDS = {"number": "decimal", "year": "integer", "any": "string"}

_OUTSIDE = Option(["--external"], is_flag=True, text=(
    "Keep the data where it is: only its digest is committed to; deliver it outside.",
    "数据保留在原处：只承诺其摘要，由外部交付。",
))  # fmt: skip


def media_type(path: Path) -> str:
    """The media type that the file's name suggests."""
    known = {".csv": "text/csv", ".json": "application/json", ".parquet": "application/vnd.apache.parquet"}
    guess = known.get(path.suffix.lower()) or mimetypes.guess_type(path.name)[0]
    return guess or "application/octet-stream"


def columns_of(path: Path, corrections: Sequence[str], zone: str) -> list[dict[str, Any]]:
    """The column schema that the file's rows show, with what the person knows better."""
    with path.open("rb") as file:
        encoding = table_schema.encoding_of(file.read(_READ))
        file.seek(0)
        lines = table_schema.decode_lines(iter(lambda: file.read(_READ), b""), encoding)
        inferred = table_schema.infer(lines)
    columns = {
        one.name: {"name": one.name, "type": _KINDS.get(one.type, one.type)} for one in inferred.schema.fields
    }
    for typed in corrections:
        told = pairs("--column", typed, Column, zone)
        name = str(told.get("name"))
        require(name in columns, NO_SUCH_COLUMN, name=name[:60], columns=", ".join(columns)[:400])
        columns[name] |= told
    return list(columns.values())


def offer(client: Client, draft: Draft, path: Path, version: str, *, external: bool) -> Offered:
    """Commit to a file as the content of a version, and let it be uploaded once the person agreed."""
    offered = client.contents.measure(path, stored=not external)
    content: dict[str, Any] = {
        "commitment": offered.commitment,
        "size_class": size_class(offered.size),
        "media_type": media_type(path),
        "kind": "file",
    }
    if offered.address is not None:
        content["address"] = offered.address
    draft.arguments["content"] = content
    return offered


def upload(told: Session, client: Client, draft: Draft, path: Path, version: str, offered: Offered) -> None:
    """What happens between the person's yes and the statement."""

    def send() -> None:
        with bar(told, "Encrypting and uploading", "加密上传") as progress:
            client.contents.store(path, offered, f"{VERSION}/{version}", progress)

    draft.before.append(send)
    draft.after.append(lambda: client.contents.settled(path))
    draft.notes.append((told.text("File", "文件"), f"{path} ({offered.size:,} bytes)"))
    draft.notes.append((told.text("Digest", "摘要"), offered.facts.digest))


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
    offered = offer(client, draft, path, version, external=given["external"])
    upload(told, client, draft, path, version, offered)


def _next_version(told: Session, client: Client, draft: Draft, given: dict[str, Any]) -> None:
    dataset = client.records.get(DATASET, given["subject"])
    draft.arguments.setdefault("number", dataset.record["latest"] + 1)
    version = version_id(dataset.id, draft.arguments["number"])
    offered = offer(client, draft, given["file"], version, external=given["external"])
    upload(told, client, draft, given["file"], version, offered)


def _erase(told: Session, client: Client, draft: Draft, given: dict[str, Any]) -> None:
    dataset = client.records.get(DATASET, given["subject"])
    draft.arguments.setdefault("number", dataset.record["latest"])
    draft.notes.append(
        (
            told.text("This cannot be undone", "此操作不可撤销"),
            told.text(
                "the content, its data key and its salt are destroyed; proofs stay valid; holders are asked "
                "to destroy their copies",
                "内容、数据密钥和盐值将被销毁；证明仍然有效；持有方将被要求销毁副本",
            ),
        )
    )


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
    prepare=_erase,
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
