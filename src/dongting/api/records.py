"""Records: one with its present version from the kernel; lists, versions, search and to-do from the views."""

import asyncio
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from dongting.api import samples
from dongting.api.kinds import Cursor, Height, Limit, Organisation, RecordId, RecordName
from dongting.api.routes import JSON, Call, Content, json_reply, page_reply, route
from dongting.api.service import Service
from dongting.errors import Code, require
from dongting.http.codes import BAD_PARAMETER, PROCESSING
from dongting.http.messages import Reply
from dongting.kernel.codes import BELOW_HEIGHT
from dongting.node.codes import NO_RECORD
from dongting.node.events import RecordVersion, record_version
from dongting.store.fields import NOT_INDEXED
from dongting.store.rows import BAD_CURSOR, Page

UNKNOWN_TYPE = Code(
    "api", 4, "unknown-record-type",
    "There is no record type {type}; /v1/actions lists the types.",
    "没有记录类型 {type}；/v1/actions 列出了全部类型。",
    status=404,
)  # fmt: skip


class Records(msgspec.Struct, frozen=True):
    """A page of records, and where to go on; null at the end."""

    records: list[RecordVersion]
    cursor: str | None


class WaitingRecord(msgspec.Struct, frozen=True):
    """A record that waits: for whom, until when (seconds since 1970), and whether that is past."""

    record: RecordVersion
    organisation: str | None
    due: int | None
    overdue: bool


class WaitingRecords(msgspec.Struct, frozen=True):
    """What waits, the most urgent first, and where to go on; null at the end."""

    waiting: list[WaitingRecord]
    cursor: str | None


class AskRecord(msgspec.Struct, frozen=True):
    """One record."""

    type: RecordName
    id: RecordId
    height: Height = 0


class AskVersions(msgspec.Struct, frozen=True):
    """The versions of one record."""

    type: RecordName
    id: RecordId
    height: Height = 0
    cursor: Cursor | None = None
    limit: Limit = 50


class AskList(msgspec.Struct, frozen=True):
    """A list of one type; any other parameter is an indexed field and the value that it must have."""

    type: RecordName
    height: Height = 0
    order: (
        Annotated[
            str,
            Meta(max_length=60, description="An indexed field; else the ledger's order.", examples=["end"]),
        ]
        | None
    ) = None
    descending: bool = True
    cursor: Cursor | None = None
    limit: Limit = 50


class AskSearch(msgspec.Struct, frozen=True):
    """Words in Chinese or English, all of which a record must have; `type` limits to one type."""

    q: Annotated[str, Meta(min_length=1, max_length=200, examples=["空气质量 hourly"])]
    type: RecordName | None = None
    height: Height = 0
    cursor: Cursor | None = None
    limit: Limit = 50


class AskWaiting(msgspec.Struct, frozen=True):
    """What waits for an organisation; for the caller when none is named."""

    organisation: Organisation | None = None
    overdue: bool = False
    height: Height = 0
    cursor: Cursor | None = None
    limit: Limit = 50


@route(
    "GET", "/v1/records/{type}/{id}", ("One record", "读取记录"),
    tag="records", refuses=(UNKNOWN_TYPE, NO_RECORD, BELOW_HEIGHT),
    gives=Content(JSON, RecordVersion, samples.RECORD),
)  # fmt: skip
async def record(service: Service, call: Call, asked: AskRecord) -> Reply:
    """The present version, from the kernel."""
    _known(service, asked.type)
    found = await service.facade.record(asked.type, asked.id, asked.height)
    return json_reply(record_version(found))


@route(
    "GET", "/v1/records/{type}/{id}/versions", ("Versions of a record", "记录的历史版本"),
    tag="records", refuses=(UNKNOWN_TYPE, BAD_CURSOR, PROCESSING),
    gives=Content(JSON, Records, samples.RECORDS),
)  # fmt: skip
async def record_versions(service: Service, call: Call, asked: AskVersions) -> Reply:
    """The kept versions, the newest first."""
    _known(service, asked.type)
    await service.reached(asked.height)
    page = await asyncio.to_thread(
        service.views.versions, asked.type, asked.id, cursor=asked.cursor, limit=asked.limit
    )
    return _page(call, page)


@route(
    "GET", "/v1/records/{type}", ("Records of a type", "记录列表"),
    tag="records", open_query=True, refuses=(UNKNOWN_TYPE, NOT_INDEXED, BAD_CURSOR, PROCESSING),
    gives=Content(JSON, Records, samples.RECORDS),
)  # fmt: skip
async def record_list(service: Service, call: Call, asked: AskList) -> Reply:
    """Present records, filtered by `field=value` for indexed fields (an empty value finds those without
    one) and by `@party=organisation`, newest first or in the order of an indexed field."""
    _known(service, asked.type)
    await service.reached(asked.height)
    filters = {name: value or None for name, value in call.rest.items()}
    page = await asyncio.to_thread(
        service.views.list, asked.type, filters, order=asked.order, descending=asked.descending,
        cursor=asked.cursor, limit=asked.limit,
    )  # fmt: skip
    return _page(call, page)


@route(
    "GET", "/v1/search", ("Search", "全文检索"),
    tag="records", open_query=True, refuses=(UNKNOWN_TYPE, NOT_INDEXED, BAD_CURSOR, PROCESSING),
    gives=Content(JSON, Records, samples.RECORDS),
)  # fmt: skip
async def search(service: Service, call: Call, asked: AskSearch) -> Reply:
    """Present records that have every word, those with all in the title first; with `type`, filters as in
    a list."""
    if asked.type is not None:
        _known(service, asked.type)
    unnamed = asked.type is None and call.rest
    require(not unnamed, BAD_PARAMETER, why="name a type to filter by its fields")
    await service.reached(asked.height)
    types = () if asked.type is None else (asked.type,)
    filters = {name: value or None for name, value in call.rest.items()}
    page = await asyncio.to_thread(
        service.views.search, asked.q, types, filters, cursor=asked.cursor, limit=asked.limit
    )
    return _page(call, page)


@route(
    "GET", "/v1/waiting", ("What waits", "待办事项"),
    tag="records", refuses=(BAD_CURSOR, PROCESSING), gives=Content(JSON, WaitingRecords, samples.WAITING),
)  # fmt: skip
async def waiting(service: Service, call: Call, asked: AskWaiting) -> Reply:
    """Records that wait for an organisation's next step, the earliest deadline first."""
    await service.reached(asked.height)
    page = await asyncio.to_thread(
        service.views.waiting, asked.organisation or call.member.organisation, int(service.clock()),
        overdue=asked.overdue, cursor=asked.cursor, limit=asked.limit,
    )  # fmt: skip
    items = [WaitingRecord(record_version(i.row), i.organisation, i.due, i.overdue) for i in page.items]
    return page_reply(call, WaitingRecords(items, page.cursor))


def _known(service: Service, type: str) -> None:
    require(type in service.rules.by_name, UNKNOWN_TYPE, type=type)


def _page(call: Call, page: Page) -> Reply:
    return page_reply(call, Records([record_version(row) for row in page.rows], page.cursor))


ROUTES: tuple[Any, ...] = (record_list, record, record_versions, search, waiting)
