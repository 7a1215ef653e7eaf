"""Parts: encrypted text that travels beside a statement, kept under its commitment for its readers."""

import asyncio
from typing import Annotated

import msgspec
from msgspec import Meta

from dongting.api import samples
from dongting.api.files import NO_ENVELOPE, OTHER_BLOB, check_envelopes
from dongting.api.kinds import Hash
from dongting.api.routes import ACTS, JSON, Call, Content, json_reply, route
from dongting.api.service import Service
from dongting.api.uploads import ERASED
from dongting.errors import Code, Refused, require
from dongting.http.codes import BODY_TOO_LARGE
from dongting.http.messages import Reply
from dongting.node.custody import MAX_READERS, NOT_OWNER, PARTS_QUOTA, TOO_MANY_READERS, Kept
from dongting.wire.envelope import Envelope
from dongting.wire.keys import from_base64

NO_PART = Code(
    "api", 10, "no-part",
    "No part is kept under the commitment {commitment}; ask the one who made the statement.",
    "没有与承诺值 {commitment} 对应的附件；请联系作出该声明的单位。",
    status=404,
)  # fmt: skip

LIMIT = 256 * 1024  # bytes of one ciphertext
_MOST = LIMIT * 4 // 3 + MAX_READERS * 1024


class NewPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part's ciphertext (base64url without padding), its data key for each reader, and the record that it
    belongs to, `app.type/id`."""

    blob: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]+$(?!\n)", max_length=(LIMIT * 4 + 2) // 3)]
    envelopes: Annotated[list[Envelope], Meta(max_length=MAX_READERS)]
    about: Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,40}\.[a-z0-9-]{1,40}/[a-z0-9._-]{1,64}$(?!\n)")]


class StoredPart(msgspec.Struct, frozen=True):
    """A part's ciphertext, the caller's envelope (null for an owner without one), its owner, and the record
    that it belongs to."""

    blob: str
    envelope: Envelope | None
    owner: str
    about: str | None = None


class AskPart(msgspec.Struct, frozen=True):
    """One part by its commitment."""

    commitment: Hash


@route(
    "PUT", "/v1/parts/{commitment}", ("Keep a part", "保存附件"),
    tag="parts", status=204, most=_MOST, needs=ACTS,
    takes=Content(JSON, NewPart, NewPart("c2VhbGVk", [samples.ENVELOPE], "sharing.negotiation/air-2026")),
    refuses=(NOT_OWNER, OTHER_BLOB, TOO_MANY_READERS, BODY_TOO_LARGE, ERASED, PARTS_QUOTA),
)  # fmt: skip
async def put_part(service: Service, call: Call, asked: AskPart) -> Reply:
    """Keep a part of the caller's. The same ciphertext again adds readers; nobody replaces another's."""
    part: NewPart = call.data
    blob = from_base64(part.blob)
    require(len(blob) <= LIMIT, BODY_TOO_LARGE, limit=LIMIT)
    check_envelopes(part.envelopes, service.profile.hash(blob).hex())

    def keep() -> None:
        there = service.custody.part(asked.commitment) is not None
        require(there or not service.erasures.has(asked.commitment), ERASED)
        kept = Kept(call.member.organisation, part.envelopes, part.about, part.blob)
        service.custody.put_part(asked.commitment, call.member, kept)

    await asyncio.to_thread(keep)
    return Reply(204)


@route(
    "GET", "/v1/parts/{commitment}", ("Read a part", "读取附件"),
    tag="parts", refuses=(NO_PART, NO_ENVELOPE, ERASED),
    gives=Content(JSON, StoredPart, StoredPart("c2VhbGVk", samples.ENVELOPE, "env-bureau")),
)  # fmt: skip
async def get_part(service: Service, call: Call, asked: AskPart) -> Reply:
    """The ciphertext and the caller's envelope, for its readers and its owner."""
    kept = await service.arrives(lambda: service.custody.part(asked.commitment))
    if kept is None or kept.blob is None:
        erased = await asyncio.to_thread(service.erasures.has, asked.commitment)
        raise Refused(ERASED) if erased else Refused(NO_PART, commitment=asked.commitment[:16])
    envelope = kept.envelope(call.member.organisation)
    if envelope is None and not call.member.is_or_succeeds(kept.owner):
        raise Refused(NO_ENVELOPE, organisation=call.member.organisation)
    return json_reply(StoredPart(kept.blob, envelope, kept.owner, kept.about))


ROUTES = (put_part, get_part)
