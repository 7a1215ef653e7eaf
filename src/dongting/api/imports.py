"""Checking a catalogue file before anything is signed, and the template to fill in.

Signing stays with whoever holds the key: a client signs one publish statement for each row.
"""

import asyncio
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from dongting.api.routes import BYTES, JSON, Call, Content, Nothing, json_reply, route
from dongting.api.service import Service
from dongting.apps.catalogue import Dataset
from dongting.errors import Language
from dongting.http.messages import Reply, kept_as
from dongting.node.exports.workbook import MEDIA_TYPE
from dongting.node.imports.catalogue import NO_HEADER, check
from dongting.node.imports.sheet import MOST_BYTES, TOO_LARGE, TOO_MANY_ROWS, UNSAFE_FILE
from dongting.node.imports.template import template


class RowMistake(msgspec.Struct, frozen=True):
    """What is wrong with a row: its number as spreadsheets count, the column, and why."""

    row: int
    column: str
    why: str


class RowEntry(msgspec.Struct, frozen=True):
    """A valid row: the arguments of `catalogue/publish`; `done` when the ledger has it already."""

    row: int
    arguments: dict[str, Any]
    done: bool


class CheckedFile(msgspec.Struct, frozen=True):
    """What a file would publish, and all that is wrong with it; import it only when nothing is."""

    entries: list[RowEntry]
    mistakes: list[RowMistake]
    digest: str


class AskTemplate(msgspec.Struct, frozen=True):
    """The language of the choices; headers stand in both."""

    language: Annotated[
        Language | None, Meta(description="Else as Accept-Language says.", examples=["zh"])
    ] = None


_EXAMPLE = CheckedFile(
    [RowEntry(2, {"id": "water-2026", "title": {"zh": "水位"}}, False)],
    [RowMistake(3, "Theme", "“nonsense” is none of: environment, transport")], "ab" * 32,
)  # fmt: skip


@route(
    "GET", "/v1/imports/catalogue.xlsx", ("The template of an import", "导入模板"),
    tag="records", gives=Content(MEDIA_TYPE),
)  # fmt: skip
async def import_template(service: Service, call: Call, asked: AskTemplate) -> Reply:
    """An Excel workbook with a column for each thing to say of a dataset."""
    made = await asyncio.to_thread(template, asked.language or call.head.language)
    return kept_as("catalogue.xlsx", made, MEDIA_TYPE)


@route(
    "POST", "/v1/imports/catalogue", ("Check a catalogue file", "检查目录文件"),
    tag="records", refuses=(TOO_LARGE, UNSAFE_FILE, TOO_MANY_ROWS, NO_HEADER), takes=Content(BYTES),
    gives=Content(JSON, CheckedFile, _EXAMPLE), most=MOST_BYTES, safe=True,
)  # fmt: skip
async def check_import(service: Service, call: Call, asked: Nothing) -> Reply:
    """Each row of an Excel or CSV file as publishing it would judge it, for the caller's organisation.
    Nothing is kept or changed."""

    def known(id: str) -> Dataset | None:
        row = service.views.get("catalogue.dataset", id)
        return None if row is None else msgspec.json.decode(row.body, type=Dataset)

    found = await asyncio.to_thread(check, call.data, call.member.organisation, known)
    mine = 1 if call.head.language == "zh" else 0
    return json_reply(
        CheckedFile(
            [RowEntry(one.row, one.arguments, one.done) for one in found.entries],
            [RowMistake(one.row, one.column[mine], one.why[mine]) for one in found.mistakes],
            found.digest,
        )
    )


ROUTES = (import_template, check_import)
