"""Notices to the caller's organisation: what waits for it, what runs out, what its partners did."""

import asyncio
from typing import Annotated

import msgspec
from msgspec import Meta

from dongting.api.kinds import Limit
from dongting.api.routes import JSON, Call, Content, page_reply, route
from dongting.api.service import Service
from dongting.http.messages import Reply
from dongting.node.notices.book import Book, Kind


class ShownNotice(msgspec.Struct, frozen=True):
    """One notice: its kind, the record that it is about (`app.type/id`, or empty), and its facts, such as
    `author`, `action`, and `due` in seconds since 1970."""

    number: int
    kind: Kind
    subject: str
    facts: dict[str, str | int]
    made: int


class NoticeList(msgspec.Struct, frozen=True):
    """Notices, the newest first, and where to go on; null at the end."""

    notices: list[ShownNotice]
    cursor: str | None


class AskNotices(msgspec.Struct, frozen=True):
    """Notices of one kind, or of all."""

    kind: Annotated[Kind, Meta(examples=["waiting"])] | None = None
    cursor: (
        Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,17}$(?!\n)", description="`cursor` of the page before.",
                            examples=["1042"])] | None
    ) = None  # fmt: skip
    limit: Limit = 50


_NOTICE = ShownNotice(
    1042, "waiting", "sharing.negotiation/air-2026",
    {"author": "green-tech", "action": "sharing/request", "due": 1_767_830_400}, 1_767_225_600,
)  # fmt: skip


@route(
    "GET", "/v1/notices", ("Notices", "通知"),
    tag="events", gives=Content(JSON, NoticeList, NoticeList([_NOTICE], None)),
)  # fmt: skip
async def notice_list(service: Service, call: Call, asked: AskNotices) -> Reply:
    """What the organisation's people read on the page /notices; kept for organisations whose keys are here
    and for those with a webhook about notices."""
    book = Book(service.hooks.database, service.hooks.clock)
    below = int(asked.cursor) if asked.cursor else None
    kinds = (asked.kind,) if asked.kind else ()
    found = await asyncio.to_thread(book.newest, call.member.organisation, kinds, below, asked.limit + 1)
    shown = [ShownNotice(n.number, n.kind, n.subject, n.facts, n.made) for n in found[: asked.limit]]
    cursor = str(shown[-1].number) if len(found) > asked.limit else None
    return page_reply(call, NoticeList(shown, cursor))


ROUTES = (notice_list,)
