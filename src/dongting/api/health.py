"""Whether this worker lives, and whether the node can do its work."""

import asyncio
from typing import Any

import msgspec

from dongting.api.routes import JSON, Call, Content, Nothing, json_reply, route
from dongting.api.service import Service
from dongting.appkit.fields import Text
from dongting.errors import Refused
from dongting.http.codes import NOT_READY
from dongting.http.messages import Reply
from dongting.node.health import BEHIND, Finding, findings


class Health(msgspec.Struct, frozen=True, omit_defaults=True):
    """`ok`, and how far ledger and views are."""

    status: str
    height: int | None = None
    views: int | None = None


@route(
    "GET", "/health/live", ("Alive", "存活检查"),
    tag="health", signed=False, gives=Content(JSON, Health, Health("ok")),
)  # fmt: skip
async def live(service: Service, call: Call, asked: Nothing) -> Reply:
    """This worker answers."""
    return json_reply(Health("ok"))


@route(
    "GET", "/health/ready", ("Ready", "就绪检查"),
    tag="health", signed=False, gives=Content(JSON, Health, Health("ok", 1200, 1200)), refuses=(NOT_READY,),
)  # fmt: skip
async def ready(service: Service, call: Call, asked: Nothing) -> Reply:
    """The ledger writes and the views follow; else 503 with the reason."""
    status = await service.facade.status()
    if not status.writing:
        raise Refused(NOT_READY, why=status.reason or "the ledger does not write")
    views = await asyncio.to_thread(lambda: service.views.height)
    if status.height - views > BEHIND:
        raise Refused(NOT_READY, why=f"lists stand at height {views}, the ledger at {status.height}")
    return json_reply(Health("ok", status.height, views))


@route(
    "GET", "/v1/openapi.json", ("This description", "接口描述"),
    tag="health", signed=False, gives=Content(JSON, dict[str, Any], {"openapi": "3.1.0"}),
)  # fmt: skip
async def openapi_document(service: Service, call: Call, asked: Nothing) -> Reply:
    """OpenAPI 3.1, made from the declarations of routes and applications."""
    return Reply(200, service.openapi, JSON, [("cache-control", "public, max-age=60")])


class Findings(msgspec.Struct, frozen=True):
    """Whether all is well, and everything that was looked at."""

    well: bool
    findings: list[Finding]


_FINDING = Finding("disk", True, Text(en="Disk", zh="磁盘"), Text(en="80.2 GiB free.", zh="剩余 80.2 GiB。"))


@route(
    "GET", "/v1/health", ("How the node is, in words", "节点状况说明"),
    tag="health", gives=Content(JSON, Findings, Findings(True, [_FINDING])),
)  # fmt: skip
async def health(service: Service, call: Call, asked: Nothing) -> Reply:
    """What works, what is stuck and why, and what to do about it, in both languages; of webhooks the caller's
    own."""
    found = await findings(
        service.facade, service.views, service.hooks.database, service.config.home, call.member.organisation
    )
    return json_reply(Findings(all(each.well for each in found), found))


ROUTES = (live, ready, health, openapi_document)
