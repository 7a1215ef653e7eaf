"""Files: encrypted bytes for those entitled to them, in ranges (RFC 9110, section 14); their envelopes."""

import asyncio
import re
from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from dongting.api import samples
from dongting.api.kinds import Hash, Slug
from dongting.api.routes import ACTS, BYTES, JSON, Call, Content, Field, json_reply, route
from dongting.api.service import Service
from dongting.api.uploads import ERASED
from dongting.errors import Code, Refused, require
from dongting.http.messages import Reply
from dongting.node.custody import MAX_READERS, NOT_OWNER, TOO_MANY_READERS, Kept
from dongting.store.files import BAD_RANGE, NO_FILE
from dongting.wire.envelope import Envelope

NO_ENVELOPE = Code(
    "api", 6, "no-envelope",
    "Nothing here is sealed to {organisation}; ask the owner to seal it to your current encryption key.",
    "此处没有封装给 {organisation} 的密钥；请联系所有者用您当前的加密公钥封装。",
    status=403,
)  # fmt: skip
NOT_ENTITLED = Code(
    "api", 7, "not-entitled",
    "Only the owner downloads a file without more; name the delivery that entitles you with transfer=ID.",
    "仅所有者可直接下载；请用 transfer=交付编号 指明使您有权下载的交付。",
    status=403,
)  # fmt: skip
OTHER_FILE = Code(
    "api", 8, "other-file",
    "The delivery {transfer} brings another file; take the address that its version names.",
    "交付 {transfer} 对应的是另一个文件；请使用其版本所载的地址。",
    status=403,
)  # fmt: skip
OTHER_BLOB = Code(
    "api", 9, "envelope-for-another-blob",
    "The envelope for {reader} names another blob, {blob}; seal the data key for this one.",
    "给 {reader} 的信封指向另一份密文 {blob}；请为本密文封装数据密钥。",
)  # fmt: skip

ON_ITS_WAY = Code(
    "follow", 16, "on-its-way",
    "The file is on its way from another node and has not arrived here yet; try again in a while. "
    "`dongting node parcels` shows how far it is.",
    "文件正从其他节点传来，尚未到达；请稍后重试。可用 `dongting node parcels` 查看进度。",
    status=503,
)  # fmt: skip

DELIVERY = 10.0  # seconds for which a follower waits for a file that it is fetching
_RANGE = re.compile(r"bytes=(?:([0-9]{1,15})-([0-9]{0,15})|-([0-9]{1,15}))")


class AskFile(msgspec.Struct, frozen=True):
    """One file by its address."""

    address: Hash


class AskDownload(msgspec.Struct, frozen=True):
    """One file by its address, and the delivery that entitles the caller."""

    address: Hash
    transfer: Annotated[Slug, Meta(examples=["air-2026.1"])] | None = None


RANGE = Field("Range", "One range of bytes, `bytes=FIRST-LAST`.", "^bytes *= *.{1,40}$", "bytes=0-1048575")
Envelopes = Annotated[list[Envelope], Meta(max_length=MAX_READERS)]


@route(
    "PUT", "/v1/files/{address}/envelopes", ("Seal a file to readers", "为读者封装密钥"),
    tag="files", status=204, needs=ACTS, takes=Content(JSON, Envelopes, [samples.ENVELOPE]),
    refuses=(NO_FILE, NOT_OWNER, OTHER_BLOB, TOO_MANY_READERS, ERASED),
)  # fmt: skip
async def put_envelopes(service: Service, call: Call, asked: AskFile) -> Reply:
    """Add envelopes; one to a reader that has one takes its place. For the file's owner."""
    check_envelopes(call.data, asked.address)
    if not await asyncio.to_thread(service.custody.seal, asked.address, call.member, call.data):
        raise await asyncio.to_thread(_missing, service, asked.address)
    return Reply(204)


@route(
    "GET", "/v1/files/{address}/envelope", ("The caller's envelope", "获取本单位的信封"),
    tag="files", gives=Content(JSON, Envelope, samples.ENVELOPE), refuses=(NO_FILE, NO_ENVELOPE, ERASED),
)  # fmt: skip
async def get_envelope(service: Service, call: Call, asked: AskFile) -> Reply:
    """The data key, sealed to the caller."""
    kept = await service.arrives(lambda: _here(service, asked.address))
    if kept is None:
        raise await asyncio.to_thread(_missing, service, asked.address)
    found = kept.envelope(call.member.organisation)
    if found is None:
        raise Refused(NO_ENVELOPE, organisation=call.member.organisation)
    return json_reply(found)


@route(
    "GET", "/v1/files/{address}", ("Download a file", "下载文件"),
    tag="files", gives=Content(BYTES),
    refuses=(NO_FILE, NOT_ENTITLED, OTHER_FILE, BAD_RANGE, ERASED, ON_ITS_WAY),
    reads=(RANGE,), partial=True,
)  # fmt: skip
async def download(service: Service, call: Call, asked: AskDownload) -> Reply:
    """The encrypted bytes, for the owner and for the parties of a delivery while it entitles them; 206 for
    one range."""
    delivered = None
    if asked.transfer is not None:
        delivered = await service.facade.may_download(asked.transfer, call.member.organisation)
        require(delivered.address == asked.address, OTHER_FILE, transfer=asked.transfer)
    kept = await service.arrives(lambda: _here(service, asked.address), DELIVERY if delivered else 0)
    if kept is None:
        raise await asyncio.to_thread(_missing, service, asked.address, delivered is not None)
    # Whoever publishes another's address under a name of its own entitles nobody to the other's file.
    entitled = call.member.is_or_succeeds(kept.owner) if delivered is None else delivered.owner == kept.owner
    require(entitled, NOT_ENTITLED)
    return await asyncio.to_thread(_read, service, asked.address, call.head.get("range"))


def _read(service: Service, address: str, asked: str | None) -> Reply:
    size = service.files.size(address)
    bounds = byte_range(asked, size)
    start, end = bounds or (0, size)
    chunks = _counted(service, service.files.read(address, start, end - start))
    fields = [("accept-ranges", "bytes"), ("etag", f'"{address}"'), ("cache-control", "private, no-store")]
    if bounds is not None:
        fields.append(("content-range", f"bytes {start}-{end - 1}/{size}"))
    return Reply(200 if bounds is None else 206, chunks, BYTES, fields, end - start)


def _counted(service: Service, chunks: Iterator[bytes]) -> Iterator[bytes]:
    counter = service.metrics.file_bytes.labels("out")
    for chunk in chunks:
        counter.inc(len(chunk))
        yield chunk


def byte_range(field: str | None, size: int) -> tuple[int, int] | None:
    """Start and end of one range, or None for the whole: several ranges and other units are ignored
    (RFC 9110, section 14.2); refuses one that lies outside."""
    match = _RANGE.fullmatch(field.replace(" ", "")) if field else None
    if match is None:
        return None
    if match[3] is not None:
        start, end = max(0, size - int(match[3])), size
    else:
        start, end = int(match[1]), min(size, int(match[2]) + 1 if match[2] else size)
        if match[2] and int(match[2]) < int(match[1]):
            return None
    require(start < end, BAD_RANGE, size=size)
    return start, end


def check_envelopes(envelopes: list[Envelope], blob: str) -> None:
    """Refuse envelopes that were sealed for another blob."""
    for each in envelopes:
        require(each.blob == blob, OTHER_BLOB, reader=each.reader, blob=each.blob[:16])


def _here(service: Service, address: str) -> Kept | None:
    kept = service.custody.file(address)
    return kept if kept is not None and service.files.has(address) else None


def _missing(service: Service, address: str, delivered: bool = False) -> Refused:
    if service.erasures.has(address):
        return Refused(ERASED)
    if delivered and service.config.engine.kind == "follow":
        return Refused(ON_ITS_WAY)
    return Refused(NO_FILE, address=address)


ROUTES = (put_envelopes, get_envelope, download)
