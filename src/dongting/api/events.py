"""What happens in the ledger, as CloudEvents: one address, live as server-sent events or page by page.

Every member may read every record, so every member gets every event. A stream lasts as long as the
signature that began it: who is no member any more cannot begin another.
"""

import asyncio
from collections.abc import AsyncGenerator
from typing import Annotated

import msgspec
from msgspec import Meta

from dongting.api import samples
from dongting.api.kinds import Limit, Organisation
from dongting.api.routes import JSON, Call, Content, Field, page_reply, route
from dongting.api.service import Service
from dongting.errors import Code, Refused, require
from dongting.http.messages import Reply
from dongting.http.signatures import MAX_AGE
from dongting.node.events import BAD_POSITION, Position, Wanted, before, position
from dongting.standards import server_sent_events as sse
from dongting.standards.cloudevents import CloudEvent, encode

TOO_MANY_STREAMS = Code(
    "events", 2, "too-many-streams",
    "You follow {limit} streams of events already; close one and try again in {wait} seconds, or let one "
    "connection serve all who listen.",
    "贵单位已打开 {limit} 个事件流；请关闭其中一个并在 {wait} 秒后重试，或由一个连接供所有使用者共用。",
    status=429,
)  # fmt: skip

EACH = 20  # streams that one caller may have in a worker
HEARTBEAT = 15  # seconds after which a silent stream gives a sign of life
LASTS = MAX_AGE  # seconds after which a client has to sign and connect again
_AT_ONCE = 100  # events sent together
_RETRY = 2000  # milliseconds

_PLACE = r"^(0|[1-9][0-9]{0,14})(-(0|[1-9][0-9]{0,9}))?$(?!\n)"
Place = Annotated[str, Meta(pattern=_PLACE, examples=["310-2"])]


class AskEvents(msgspec.Struct, frozen=True):
    """Where to begin, and which events: those without a filter, or with all that are given."""

    after: (
        Annotated[
            Place,
            Meta(
                description="The id of the last event that you have, or a height. Without it, a stream "
                "begins now and a page with the beginning of the ledger."
            ),
        ]
        | None
    ) = None
    type: (
        Annotated[
            str,
            Meta(
                pattern=r"^[a-z0-9-]{1,40}\.[a-z0-9-]{1,40}(,[a-z0-9-]{1,40}\.[a-z0-9-]{1,40}){0,19}$(?!\n)",
                description="Record types, joined by commas.",
                examples=["sharing.negotiation,sharing.agreement"],
            ),
        ]
        | None
    ) = None
    subject: (
        Annotated[
            str,
            Meta(
                pattern=r"^[a-z0-9-]{1,40}\.[a-z0-9-]{1,40}/[a-z0-9._-]{1,64}$(?!\n)",
                description="One record.",
                examples=["sharing.agreement/air-2026"],
            ),
        ]
        | None
    ) = None
    action: (
        Annotated[
            str,
            Meta(
                pattern=r"^[a-z0-9-]{1,40}/[a-z0-9-]{1,40}(,[a-z0-9-]{1,40}/[a-z0-9-]{1,40}){0,19}$(?!\n)",
                description="Actions, joined by commas.",
                examples=["sharing/request,sharing/agree"],
            ),
        ]
        | None
    ) = None
    party: (
        Annotated[
            Organisation,
            Meta(description="An organisation that acted, or that the record names as a party."),
        ]
        | None
    ) = None
    limit: Limit = 50

    @property
    def wanted(self) -> Wanted:
        """The filters."""
        return Wanted(
            frozenset(self.type.split(",") if self.type else ()), self.subject or "",
            frozenset(self.action.split(",") if self.action else ()), self.party or "",
        )  # fmt: skip


class EventPage(msgspec.Struct, frozen=True):
    """Events in the order of the ledger, and where to go on, even if there are none here."""

    events: list[CloudEvent]
    after: str


LAST_EVENT_ID = Field(
    "Last-Event-ID", "Where a stream goes on after it broke off; stands above `after`.",
    _PLACE.removesuffix(r"(?!\n)"), "310-2",
)  # fmt: skip


@route(
    "GET", "/v1/events", ("Events", "事件"),
    tag="events", reads=(LAST_EVENT_ID,), refuses=(BAD_POSITION, TOO_MANY_STREAMS),
    gives=Content(JSON, EventPage, samples.EVENTS), or_gives=Content(sse.MEDIA_TYPE, str, samples.STREAM),
)  # fmt: skip
async def events(service: Service, call: Call, asked: AskEvents) -> Reply:
    """New versions of records with the action that made each. With `Accept: text/event-stream` a live stream
    that tells each event as its block is committed: begin it anew with the last id when it ends, which it
    does after five minutes or with the node. Otherwise a page; ask again with its `after`."""
    if sse.MEDIA_TYPE in (call.head.get("accept") or ""):
        return await _stream(service, call, asked)
    after = position(asked.after) if asked.after is not None else Position(-1)
    found, reached = await service.events.read(after, asked.wanted, asked.limit)
    page = EventPage([service.events.cloud_event(event) for event in found], str(reached))
    return page_reply(call, page, "after")


async def _stream(service: Service, call: Call, asked: AskEvents) -> Reply:
    given = call.head.get("last-event-id") or asked.after
    status = await service.facade.status()
    after = Position(status.height) if given is None else position(given)
    caller = call.member.organisation
    require(service.streams[caller] < EACH, TOO_MANY_STREAMS, limit=EACH, wait=HEARTBEAT)
    fields = [("cache-control", "no-store"), ("x-accel-buffering", "no")]
    return Reply(200, _follow(service, caller, after, asked.wanted), sse.MEDIA_TYPE, fields)


async def _follow(service: Service, caller: str, after: Position, wanted: Wanted) -> AsyncGenerator[bytes]:
    until = service.clock() + LASTS
    service.streams[caller] += 1
    try:
        async with service.feed as feed:
            yield sse.retry(_RETRY) + sse.message(str(after))
            while not feed.ended and service.clock() < until:
                try:
                    told, after, more = await _next(service, after, wanted)
                except Refused:  # the ledger's process is away; it will be back
                    await asyncio.sleep(_RETRY / 1000)
                    continue
                if told:
                    yield told
                if not more and not await feed.grown(after.height, HEARTBEAT) and not feed.ended:
                    yield sse.message(str(after))
    finally:
        service.streams[caller] -= 1
        if not service.streams[caller]:
            del service.streams[caller]


async def _next(service: Service, after: Position, wanted: Wanted) -> tuple[bytes, Position, bool]:
    """What comes after a position, up to where that reaches, and whether there is more at once."""
    blocks = await service.feed.blocks(before(after))
    if not blocks:
        return b"", after, False
    found, reached = await service.events.of(blocks, after, wanted, _AT_ONCE)
    told = b"".join(sse.message(each.id, encode(each)) for each in map(service.events.cloud_event, found))
    return told, reached, reached < Position(blocks[-1].height)


ROUTES = (events,)
