"""The log and what proves it: status, genesis, checkpoint, tiles (C2SP tlog-tiles), leaves, receipts
(RFC 9942), proof files."""

from typing import Annotated

import msgspec
from msgspec import Meta

from dongting.api import samples
from dongting.api.files import RANGE, byte_range
from dongting.api.kinds import Index
from dongting.api.routes import (
    ANY,
    BYTES,
    CBOR,
    COSE,
    JSON,
    PLAIN,
    Call,
    Content,
    Nothing,
    bytes_reply,
    json_reply,
    route,
)
from dongting.api.service import Service
from dongting.errors import Refused, require
from dongting.http.codes import NOT_FOUND
from dongting.http.messages import Reply
from dongting.kernel.codes import NO_SUCH_LEAF, REDACTED
from dongting.node.facade import Status
from dongting.node.prove import NOTHING_YET, TOO_MUCH
from dongting.node.witness import NOT_A_WITNESS, NOT_PROVEN, NOT_THE_LOGS, OLD_BEYOND, UNKNOWN_LOG
from dongting.store.files import BAD_RANGE
from dongting.wire.keys import to_base64
from dongting.wire.merkle import OUTSIDE_TREE
from dongting.wire.tiles import BAD_TILE_PATH, ENTRIES, WIDTH, tile_named
from dongting.wire.witness import BAD_REQUEST, MAX_BODY, SIZE_TYPE

IMMUTABLE = "public, max-age=31536000, immutable"
SHORT = "public, max-age=60"
MOST_WAIT = 25  # seconds; less than those after which clients give up


@route(
    "GET", "/v1/status", ("Where the ledger stands", "账本状态"),
    tag="log", signed=False, gives=Content(JSON, Status, samples.STATUS),
)  # fmt: skip
async def status(service: Service, call: Call, asked: Nothing) -> Reply:
    """Network, height, size and root of the log, root of the state, and why if nothing is written."""
    return json_reply(await service.facade.status())


@route(
    "GET", "/v1/genesis", ("The genesis document", "创世文件"),
    tag="log", signed=False, gives=Content(JSON, dict, samples.GENESIS),
)  # fmt: skip
async def genesis(service: Service, call: Call, asked: Nothing) -> Reply:
    """The exact bytes whose hash is the network's id (RFC 8785)."""
    return bytes_reply(await service.facade.genesis(), JSON, SHORT)


class AskCheckpoint(msgspec.Struct, frozen=True):
    """Whoever holds `above` leaves may wait up to `wait` seconds for a longer log."""

    above: Index | None = None
    wait: Annotated[int, Meta(ge=0, le=MOST_WAIT, examples=[10])] = 0


@route(
    "GET", "/log/checkpoint", ("The newest checkpoint", "最新检查点"),
    tag="log", signed=False, gives=Content(PLAIN, str, samples.CHECKPOINT),
)  # fmt: skip
async def checkpoint(service: Service, call: Call, asked: AskCheckpoint) -> Reply:
    """A signed note (C2SP tlog-checkpoint, signed-note). With `above` and `wait` it comes as soon as the log
    has more than so many leaves, or when that time is over."""
    if asked.above is not None and asked.wait:
        async with service.feed as feed:
            status = await service.facade.status()
            if status.size <= asked.above:
                await feed.grown(status.height, asked.wait)
    return bytes_reply((await service.facade.checkpoint()).encode(), PLAIN, "no-cache")


@route(
    "POST", "/witness/add-checkpoint", ("Cosign a checkpoint", "共签检查点"),
    tag="log", signed=False, most=MAX_BODY, takes=Content(ANY, bytes, samples.ADD_CHECKPOINT),
    gives=Content(PLAIN, str, samples.COSIGNATURE),
    refuses=(BAD_REQUEST, NOT_A_WITNESS, UNKNOWN_LOG, NOT_THE_LOGS, OLD_BEYOND, NOT_PROVEN),
)  # fmt: skip
async def add_checkpoint(service: Service, call: Call, asked: Nothing) -> Reply:
    """This node as a witness of checkpoints (C2SP tlog-witness): 200 with its cosignature, or 409 with the
    size that it has cosigned last, as `text/x.tlog.size`."""
    answer = await service.facade.cosign(call.data)
    media = PLAIN if answer.status == 200 else SIZE_TYPE
    return Reply(answer.status, answer.body, media, [("cache-control", "no-store")])


class AskTile(msgspec.Struct, frozen=True):
    """A tile by its path below `tile/`."""

    path: Annotated[str, Meta(min_length=3, max_length=80, examples=["0/x001/234", "000.p/17"])]


@route(
    "GET", "/log/tile/{path...}", ("A tile of the log", "日志瓦片"),
    tag="log", signed=False, refuses=(BAD_TILE_PATH,), gives=Content(BYTES),
)  # fmt: skip
async def hash_tile(service: Service, call: Call, asked: AskTile) -> Reply:
    """Hashes of the log (C2SP tlog-tiles), such as `0/x001/234` or `0/000.p/17`."""
    tile = tile_named(f"tile/{asked.path}")
    if tile.level == ENTRIES:
        raise Refused(NOT_FOUND)
    cache = IMMUTABLE if tile.width == WIDTH else SHORT
    return bytes_reply(await service.facade.tile(tile.path()), BYTES, cache)


@route(
    "GET", "/log/tile/entries/{path...}", ("An entry bundle of the log", "日志条目包"),
    tag="log", refuses=(BAD_TILE_PATH, BAD_RANGE), gives=Content(BYTES),
    reads=(RANGE,), partial=True,
)  # fmt: skip
async def entry_bundle(service: Service, call: Call, asked: AskTile) -> Reply:
    """Up to 256 leaves, each after its length in two bytes; for members. A redacted leaf is empty there.
    Whoever holds the first leaves asks for the rest by range."""
    tile = tile_named(f"tile/entries/{asked.path}")
    data = await service.facade.tile(tile.path())
    bounds = byte_range(call.head.get("range"), len(data))
    fields = [("cache-control", "private, max-age=60"), ("accept-ranges", "bytes")]
    if bounds is None:
        return Reply(200, data, BYTES, fields)
    start, end = bounds
    fields.append(("content-range", f"bytes {start}-{end - 1}/{len(data)}"))
    return Reply(206, data[start:end], BYTES, fields)


class AskConsistency(msgspec.Struct, frozen=True):
    """Two sizes of the log, the smaller first."""

    first: Index
    second: Index


class Path(msgspec.Struct, frozen=True):
    """Hashes in base64url without padding, as RFC 9162 orders them."""

    path: list[str]


@route(
    "GET", "/log/proof/consistency", ("Consistency of two sizes", "一致性证明"),
    tag="log", signed=False, refuses=(OUTSIDE_TREE,), gives=Content(JSON, Path, Path([samples.HASH64])),
)  # fmt: skip
async def consistency(service: Service, call: Call, asked: AskConsistency) -> Reply:
    """The proof that the log of `second` leaves extends the one of `first` (RFC 9162, 2.1.4)."""
    size = (await service.facade.status()).size
    require(asked.first <= asked.second <= size, OUTSIDE_TREE, size=size, place=asked.second)
    path = await service.facade.consistency(asked.first, asked.second)
    return json_reply(Path([to_base64(each) for each in path]))


class AskIndex(msgspec.Struct, frozen=True):
    """A position in the log."""

    index: Index


@route(
    "GET", "/v1/leaves/{index}", ("One leaf of the log", "日志条目"),
    tag="log", refuses=(NO_SUCH_LEAF, REDACTED), gives=Content(BYTES),
)  # fmt: skip
async def leaf(service: Service, call: Call, asked: AskIndex) -> Reply:
    """The exact bytes: a statement, or the entry that ends a block; 410 when its text was redacted."""
    return bytes_reply(await service.facade.leaf(asked.index))


class Entry(msgspec.Struct, frozen=True):
    """A record version as the ledger stores it: its address, and the entry in base64url without padding."""

    address: str
    entry: str


class Kept(msgspec.Struct, frozen=True):
    """The marker that stands for a redacted leaf (base64url; null where the leaf is whole), and the versions
    that its statement wrote, in their order."""

    marker: str | None
    entries: list[Entry]


_KEPT = Kept("mdggUSk", [Entry("catalogue.dataset/air", "eyJib2R5Ijp7fX0")])


@route(
    "GET", "/v1/leaves/{index}/kept", ("What is kept of a statement", "声明的留存内容"),
    tag="log", refuses=(NO_SUCH_LEAF,), gives=Content(JSON, Kept, _KEPT),
)  # fmt: skip
async def kept(service: Service, call: Call, asked: AskIndex) -> Reply:
    """What stands for a redacted statement, and the record versions that it wrote: for a node that takes the
    log over and cannot derive them. The log and the roots of the state hold their hashes."""
    found = await service.facade.effects(asked.index)
    marker = None if found.marker is None else to_base64(found.marker)
    return json_reply(Kept(marker, [Entry(a, to_base64(entry)) for a, entry in found.entries.items()]))


@route(
    "GET", "/v1/receipts/{index}", ("A receipt", "回执"),
    tag="proofs", refuses=(NO_SUCH_LEAF,), gives=Content(COSE),
)  # fmt: skip
async def receipt(service: Service, call: Call, asked: AskIndex) -> Reply:
    """The COSE receipt (RFC 9942) of the statement at that position, under the present root."""
    return bytes_reply(await service.facade.receipt(asked.index), COSE)


class ProofOf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The records, as `app.type/id`, whose story is to be proven."""

    addresses: Annotated[
        list[Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,40}\.[a-z0-9-]{1,40}/[a-z0-9._-]{1,64}$(?!\n)")]],
        Meta(min_length=1, max_length=32),
    ]


@route(
    "POST", "/v1/proofs", ("A proof file", "证明文件"),
    tag="proofs", refuses=(TOO_MUCH, NOTHING_YET), most=8192, safe=True,
    takes=Content(JSON, ProofOf, ProofOf(["sharing.agreement/air-2026"])), gives=Content(CBOR),
)  # fmt: skip
async def proof(service: Service, call: Call, asked: Nothing) -> Reply:
    """One self-contained file that proves these records' story offline, their presence or absence."""
    return bytes_reply(await service.facade.prove(call.data.addresses), CBOR)


ROUTES = (
    status,
    genesis,
    checkpoint,
    add_checkpoint,
    entry_bundle,
    hash_tile,
    consistency,
    leaf,
    kept,
    receipt,
    proof,
)
