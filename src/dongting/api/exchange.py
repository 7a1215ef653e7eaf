"""What a member's own node should fetch here: parts and files that became readable by its organisation."""

import asyncio
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from dongting.api import samples
from dongting.api.kinds import Index
from dongting.api.routes import JSON, Call, Content, json_reply, route
from dongting.api.service import Service
from dongting.http.messages import Reply

LIMIT = 500
_LOOK = 0.15  # seconds between looks


class AskMeant(msgspec.Struct, frozen=True):
    """What was noted above a number; `wait` seconds for something new, if there is nothing."""

    after: Index = 0
    wait: Annotated[int, Meta(ge=0, le=25, examples=[20])] = 0


class Item(msgspec.Struct, frozen=True):
    """A part by its commitment, or a file by its address."""

    number: int
    kind: Literal["part", "file"]
    name: str


class MeantList(msgspec.Struct, frozen=True):
    """Items in order. A list with another `id` than before begins anew with number 1."""

    id: str
    items: list[Item]


@route(
    "GET", "/v1/exchange", ("What is meant for the caller", "发给本单位的内容"),
    tag="nodes", gives=Content(JSON, MeantList, MeantList("0f1e2d3c", [Item(7, "part", samples.HASH64)])),
)  # fmt: skip
async def meant_for_caller(service: Service, call: Call, asked: AskMeant) -> Reply:
    """Parts and files that were sealed to the caller's organisation here, after a number; for its own node,
    which fetches them."""
    loop = asyncio.get_running_loop()
    until = loop.time() + asked.wait
    organisation = call.member.organisation
    while True:
        found = await asyncio.to_thread(service.exchange.meant, asked.after, LIMIT, organisation)
        if found or loop.time() >= until or service.feed.ended:
            break
        await asyncio.sleep(_LOOK)
    items = [Item(each.number, each.kind, each.name) for each in found]
    return json_reply(MeantList(service.exchange.list_id, items))


ROUTES = (meant_for_caller,)
