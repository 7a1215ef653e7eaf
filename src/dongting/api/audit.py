"""The audit log of the node: what the people of the caller's organisation did here."""

import asyncio
from typing import Annotated

import msgspec
from msgspec import Meta

from dongting.api import samples
from dongting.api.people import hosted
from dongting.api.routes import JSON, Call, Content, Nothing, bytes_reply, json_reply, route
from dongting.api.service import Service
from dongting.http.messages import Reply
from dongting.node.people import codes
from dongting.node.people.access import AUDIT
from dongting.node.people.audit_log import PAGE, Head, Line
from dongting.sdk.audit_log import FORMAT, Anchor, Export

_LINE = Line(41, 1_767_225_600, "sign-in", "0f1e2d3c4b5a6978", "韦明", {"by": "password"})
_ANCHOR = Anchor("audit-log-9f86d081884c7d65", 40, samples.HASH64, "A" * 43)


class AskLines(msgspec.Struct, frozen=True):
    """Lines below an index, of one kind, by one person (its id)."""

    before: Annotated[int, Meta(ge=0, examples=[41])] | None = None
    what: Annotated[str, Meta(max_length=60, examples=["sign-in"])] = ""
    person: Annotated[str, Meta(max_length=40, examples=["0f1e2d3c4b5a6978"])] = ""
    limit: Annotated[int, Meta(ge=1, le=200, examples=[50])] = PAGE


@route(
    "GET", "/v1/audit-log", ("Lines of the audit log", "审计日志"), tag="people", local=True,
    needs=(AUDIT,), refuses=(codes.NOT_HOSTED,), gives=Content(JSON, list[Line], [_LINE]),
)  # fmt: skip
async def audit_lines(service: Service, call: Call, asked: AskLines) -> Reply:
    """The newest lines of the caller's organisation; ask again with `before`, the index of the last one."""
    organisation = hosted(service, call)
    audit = service.accounts.audit
    found = await asyncio.to_thread(
        audit.lines, organisation, asked.before, asked.what, asked.person, asked.limit
    )
    return json_reply(found)


@route(
    "GET", "/v1/audit-log/head", ("Where the audit log stands", "审计日志状态"), tag="people", local=True,
    needs=(AUDIT,), gives=Content(JSON, Head, Head(41, samples.HASH64, _ANCHOR)),
)  # fmt: skip
async def audit_head(service: Service, call: Call, asked: Nothing) -> Reply:
    """Size and root over the lines of all organisations here, and the last anchor in the ledger."""
    return json_reply(await asyncio.to_thread(service.accounts.audit.head))


@route(
    "GET", "/v1/audit-log/export", ("Export the audit log", "导出审计日志"), tag="people", local=True,
    needs=(AUDIT,), refuses=(codes.NOT_HOSTED,), gives=Content(JSON, Export, Export(
        FORMAT, "international", "env-bureau", 1, samples.HASH64, [(0, "{}")], [], None
    )),
)  # fmt: skip
async def audit_export(service: Service, call: Call, asked: Nothing) -> Reply:
    """All lines of the organisation with the proof that they are the log's, which `dongting audit-log verify`
    checks offline."""
    data = await asyncio.to_thread(service.accounts.audit.export, hosted(service, call))
    return bytes_reply(data, JSON)


ROUTES = (audit_lines, audit_head, audit_export)
