"""Uploads: encrypted files arrive in pieces that can be resumed; their digest is verified at the end.

An upload's id is a secret between the node and the organisation that began it.
"""

import asyncio
from typing import Annotated

import msgspec
from msgspec import Meta

from dongting.api import samples
from dongting.api.kinds import Hash
from dongting.api.routes import ACTS, BYTES, JSON, Call, Content, Field, Nothing, json_reply, route
from dongting.api.service import Service
from dongting.errors import Code, Refused, require
from dongting.http.codes import BAD_HEADER
from dongting.http.messages import Reply
from dongting.http.signatures import Caller
from dongting.node.custody import NOT_OWNER
from dongting.store import files as store
from dongting.store.disk import DISK_FULL

ERASED = Code(
    "api", 5, "erased",
    "This content was erased by its owner and is not kept any more; proofs about it stay valid.",
    "该内容已由其所有者删除，不再保存；相关证明仍然有效。",
    status=410,
)  # fmt: skip


EACH = 100  # uploads that one organisation may have open
SILENT = 7 * 86_400  # seconds after which an upload that received nothing is given up


UPLOAD_OFFSET = Field(
    "Upload-Offset",
    "Where these bytes begin; what `received` told last.",
    "^[0-9]{1,16}$",
    "524288",
    required=True,
)


class Announced(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bytes of the encrypted file, and their digest under the network's hash."""

    size: Annotated[int, Meta(ge=0, le=2**50)]
    digest: Hash


class Begun(msgspec.Struct, frozen=True):
    """The secret id of the upload, and how much has arrived."""

    upload: str
    received: int


class Progress(msgspec.Struct, frozen=True):
    """How much has arrived: the offset to go on from."""

    received: int


class Received(msgspec.Struct, frozen=True):
    """How much has arrived of how much."""

    received: int
    size: int


class Finished(msgspec.Struct, frozen=True):
    """Where the file can be found from now on."""

    address: Hash


class AskUpload(msgspec.Struct, frozen=True):
    """One upload."""

    id: Annotated[
        str,
        Meta(
            pattern=r"^[0-9a-f]{32}-(0|[1-9][0-9]{0,14})-[0-9a-f]{64}$(?!\n)",
            max_length=120,
            examples=[samples.UPLOAD],
        ),
    ]


@route(
    "POST", "/v1/uploads", ("Begin an upload", "开始上传"),
    tag="files", status=201, most=4096, needs=ACTS,
    refuses=(store.TOO_LARGE, store.TOO_MANY_UPLOADS, DISK_FULL, NOT_OWNER, ERASED),
    takes=Content(JSON, Announced, Announced(1_048_576, samples.HASH64)),
    gives=Content(JSON, Begun, Begun(samples.UPLOAD, 0)),
)  # fmt: skip
async def begin_upload(service: Service, call: Call, asked: Nothing) -> Reply:
    """Announce an encrypted file by its size and digest."""
    announced: Announced = call.data
    upload = await asyncio.to_thread(_begin, service, call.member, announced)
    return json_reply(Begun(upload, 0), status=201)


def _begin(service: Service, caller: Caller, announced: Announced) -> str:
    kept = service.custody.file(announced.digest)
    require(kept is not None or not service.erasures.has(announced.digest), ERASED)
    require(kept is None or caller.is_or_succeeds(kept.owner), NOT_OWNER)
    _make_room(service, caller)
    upload = service.files.begin(announced.size, announced.digest)
    try:
        service.custody.begin(upload, caller.organisation)
    except Refused:
        service.files.abandon(upload)
        raise
    return upload


def _make_room(service: Service, caller: Caller) -> None:
    """Give up uploads that fell silent; refuse a caller that has too many, so that others find room."""
    own = 0
    for upload, last in service.files.uploads():
        if last < service.clock() - SILENT:
            service.files.abandon(upload)
            service.custody.end(upload)
        else:
            own += service.custody.uploader(upload) == caller.organisation
    require(own < EACH, store.TOO_MANY_UPLOADS, limit=EACH)


@route(
    "PATCH", "/v1/uploads/{id}", ("Send bytes", "发送数据"),
    tag="files", needs=ACTS,
    refuses=(store.NO_UPLOAD, store.WRONG_OFFSET, store.BEYOND_SIZE, DISK_FULL),
    takes=Content(BYTES), gives=Content(JSON, Progress, Progress(1_048_576)),
    reads=(UPLOAD_OFFSET,),
)  # fmt: skip
async def append_upload(service: Service, call: Call, asked: AskUpload) -> Reply:
    """Add the bytes from `Upload-Offset` on; at most http.max_body at a time."""
    offset = call.head.get("upload-offset") or ""
    digits = offset.isascii() and offset.isdigit() and len(offset) <= 16
    require(digits, BAD_HEADER, field="upload-offset", why="a number of bytes is needed")
    received = await asyncio.to_thread(_append, service, call, asked.id, int(offset))
    service.metrics.file_bytes.labels("in").inc(len(call.data))
    return json_reply(Progress(received))


def _append(service: Service, call: Call, upload: str, offset: int) -> int:
    _own(service, call.member, upload)
    return service.files.append(upload, offset, call.data)


@route(
    "GET", "/v1/uploads/{id}", ("How far an upload is", "查询上传进度"),
    tag="files", refuses=(store.NO_UPLOAD,), gives=Content(JSON, Received, Received(524_288, 1_048_576)),
)  # fmt: skip
async def upload_status(service: Service, call: Call, asked: AskUpload) -> Reply:
    """How many bytes have arrived; an upload that broke off goes on from there."""

    def look() -> int:
        _own(service, call.member, asked.id)
        return service.files.status(asked.id)

    return json_reply(Received(await asyncio.to_thread(look), int(asked.id.split("-")[1])))


@route(
    "POST", "/v1/uploads/{id}/finish", ("Finish an upload", "完成上传"),
    tag="files", needs=ACTS, gives=Content(JSON, Finished, Finished(samples.HASH64)),
    refuses=(store.NO_UPLOAD, store.INCOMPLETE, store.WRONG_DIGEST, DISK_FULL, NOT_OWNER, ERASED),
)  # fmt: skip
async def finish_upload(service: Service, call: Call, asked: AskUpload) -> Reply:
    """Verify the digest and keep the file; the caller is its owner from now on. Finishing it again tells
    the same address."""
    return json_reply(Finished(await asyncio.to_thread(_finish, service, call.member, asked.id)))


def _finish(service: Service, caller: Caller, upload: str) -> str:
    address = upload.rsplit("-", 1)[1]
    kept = service.custody.file(address)
    owned = kept is not None and caller.is_or_succeeds(kept.owner)
    if owned and service.custody.uploader(upload) is None and service.files.has(address):
        return address  # an answer was lost, and the request came again
    _own(service, caller, upload)
    require(kept is None or owned, NOT_OWNER)
    require(kept is not None or not service.erasures.has(address), ERASED)
    try:
        service.files.finish(upload)
    except Refused as refused:
        published = refused.code is store.NO_UPLOAD and service.files.has(address)
        if not published:  # else a crash came between publishing and noting the owner
            if refused.code is store.WRONG_DIGEST:
                service.custody.end(upload)
            raise
    service.custody.own(address, caller)
    service.custody.end(upload)
    return address


def _own(service: Service, caller: Caller, upload: str) -> None:
    """Refuse an upload of somebody else's in the same words as one that is not there."""
    owner = service.custody.uploader(upload)
    require(owner is not None and caller.is_or_succeeds(owner), store.NO_UPLOAD)


ROUTES = (begin_upload, append_upload, upload_status, finish_upload)
