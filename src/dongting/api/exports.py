"""Lists as documents: the same list as `/v1/records/{type}`, whole, as CSV or as an Excel workbook."""

import asyncio
from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from dongting.api.kinds import Height, RecordName
from dongting.api.records import UNKNOWN_TYPE
from dongting.api.routes import Call, Content, route
from dongting.api.service import Service
from dongting.errors import Language, require
from dongting.http.codes import PROCESSING
from dongting.http.messages import Reply, kept_as
from dongting.node.exports import text, workbook
from dongting.node.exports.sheet import TOO_MANY_ROWS, Sheet, every_row
from dongting.store.fields import NOT_INDEXED
from dongting.store.rows import Page, Row


class AskExport(msgspec.Struct, frozen=True):
    """A list of one type; any other parameter is an indexed field and the value that it must have."""

    type: RecordName
    q: Annotated[
        str, Meta(max_length=200, description="Words that each record must have.", examples=["空气"])
    ] = ""
    height: Height = 0
    order: (
        Annotated[
            str,
            Meta(max_length=60, description="An indexed field; else the ledger's order.", examples=["end"]),
        ]
        | None
    ) = None
    descending: bool = True
    language: Annotated[
        Language | None, Meta(description="Of headers and names; else as preferred.", examples=["zh"])
    ] = None


class AskText(AskExport, frozen=True):
    """The same, and whether the file begins with a byte order mark, by which Excel knows UTF-8."""

    bom: bool = False


_REFUSES = (UNKNOWN_TYPE, NOT_INDEXED, PROCESSING, TOO_MANY_ROWS)


@route(
    "GET", "/v1/records/{type}.csv", ("A list as CSV", "导出列表为 CSV"),
    tag="records", open_query=True, refuses=_REFUSES, gives=Content(text.MEDIA_TYPE, bytes),
)  # fmt: skip
async def record_list_csv(service: Service, call: Call, asked: AskText) -> Reply:
    """The whole list with its filters as CSV (RFC 4180), sent while it is read; words and headers in the
    caller's language, cells that a spreadsheet would take for formulas marked as text."""
    sheet, rows = await _list(service, call, asked, text.MOST)
    return kept_as(f"{asked.type}.csv", text.pieces(sheet, rows, mark=asked.bom), text.MEDIA_TYPE)


@route(
    "GET", "/v1/records/{type}.xlsx", ("A list as an Excel workbook", "导出列表为 Excel"),
    tag="records", open_query=True, refuses=_REFUSES, gives=Content(workbook.MEDIA_TYPE, bytes),
)  # fmt: skip
async def record_list_excel(service: Service, call: Call, asked: AskExport) -> Reply:
    """The same as an Excel workbook of at most 10,000 rows."""
    sheet, rows = await _list(service, call, asked, workbook.MOST)
    file = await asyncio.to_thread(workbook.write, sheet, rows)
    return kept_as(f"{asked.type}.xlsx", workbook.pieces(file), workbook.MEDIA_TYPE)


async def _list(service: Service, call: Call, asked: AskExport, most: int) -> tuple[Sheet, Iterator[Row]]:
    known = service.rules.by_name.get(asked.type)
    require(known is not None, UNKNOWN_TYPE, type=asked.type)
    assert known is not None
    await service.reached(asked.height)
    filters: dict[str, Any] = {name: value or None for name, value in call.rest.items()}
    views = service.views

    def page(cursor: str | None, limit: int) -> Page:
        if asked.q:
            return views.search(asked.q, (asked.type,), filters, cursor=cursor, limit=limit)
        return views.list(
            asked.type, filters, order=asked.order, descending=asked.descending, cursor=cursor, limit=limit
        )

    sheet = Sheet(known.declared, asked.language or call.head.language, service.zone)
    return sheet, await asyncio.to_thread(every_row, page, most)


ROUTES: tuple[Any, ...] = (record_list_csv, record_list_excel)
