"""The export of a node's audit log, and how anyone checks it offline.

It holds the lines of one organisation with one Merkle path (RFC 9162) to the root over all lines of the node,
and the last anchor: the root of an earlier size whose commitment stands on the ledger as evidence, with the
consistency proof from there. Lines of others count as hashes and tell nothing, since each line has a salt.
"""

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from dongting.errors import Code, Refused, require
from dongting.wire import jcs
from dongting.wire.keys import from_base64
from dongting.wire.merkle import consistency_root, empty_root, leaf_hash
from dongting.wire.multiproof import multi_root
from dongting.wire.part import commit
from dongting.wire.profile import Profile, profile_named

FORMAT = "dongting-audit-log-1"

NOT_EXPORT = Code(
    "audit-log", 1, "not-an-export",
    "This is not an export of an audit log: {why}. Ask the node for it again.",
    "这不是审计日志的导出文件：{why}。请重新向节点索取。",
    status=400,
)  # fmt: skip
CHANGED = Code(
    "audit-log", 2, "lines-changed",
    "The lines do not lead to the root: something was changed, left out or put in. Ask the node again.",
    "各行不能得出该根值：内容被改动、删减或添加。请重新向节点索取。",
)  # fmt: skip
NOT_ANCHORED = Code(
    "audit-log", 3, "not-anchored",
    "The anchored root is not one of this log, or the ledger holds another one under {evidence}.",
    "锚定的根值不属于此日志，或账本中 {evidence} 所记的是另一个值。",
)  # fmt: skip

_Hash = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)", max_length=64)]
_Count = Annotated[int, Meta(ge=0)]


class Anchor(Struct, frozen=True, forbid_unknown_fields=True):
    """A root whose commitment stands on the ledger: the id of the evidence, and the salt in base64url."""

    evidence: str
    size: _Count
    root: _Hash
    salt: str


class Export(Struct, frozen=True, forbid_unknown_fields=True):
    """`lines` are (index, canonical JSON); `path` leads to the root, `consistency` from the anchor to it."""

    format: str
    profile: str
    organisation: str
    size: _Count
    root: _Hash
    lines: list[tuple[_Count, str]]
    path: list[_Hash]
    anchor: Anchor | None = None
    consistency: list[_Hash] = []


def head(size: int, root: str) -> bytes:
    """What is anchored of a log: its size and root, as canonical JSON."""
    return jcs.encode({"format": FORMAT, "root": root, "size": size})


def commitment(anchor: Anchor, profile: Profile) -> str:
    """What the ledger must hold as the content of the anchor's evidence."""
    return commit(from_base64(anchor.salt), profile.hash(head(anchor.size, anchor.root)), profile)


def verify(data: bytes, *, on_ledger: dict[str, Any] | None = None) -> Export:
    """The export, once all of it is proven; `on_ledger` is the proven record of the anchor's evidence."""
    try:
        found = msgspec.json.decode(data, type=Export)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(NOT_EXPORT, why=str(error)[:200]) from None
    require(found.format == FORMAT, NOT_EXPORT, why=f"format {found.format[:40]}")
    profile = profile_named(found.profile)
    _check_lines(found, profile)
    if found.anchor is not None:
        _check_anchor(found, found.anchor, profile)
    if on_ledger is not None:
        anchor = found.anchor
        right = anchor is not None and on_ledger.get("id") == anchor.evidence
        right = right and anchor is not None and on_ledger.get("content") == commitment(anchor, profile)
        require(right, NOT_ANCHORED, evidence=str(on_ledger.get("id"))[:80])
    return found


def _check_lines(found: Export, profile: Profile) -> None:
    for _, line in found.lines:
        told = jcs.decode(line.encode())
        mine = isinstance(told, dict) and told.get("organisation") in (None, found.organisation)
        require(mine, NOT_EXPORT, why="a line of another organisation")
    path = [bytes.fromhex(value) for value in found.path]
    if found.lines:
        leaves = [(index, leaf_hash(profile, line.encode())) for index, line in found.lines]
        root = _root(lambda: multi_root(profile, leaves, found.size, path))
    else:
        root = path[0] if len(path) == 1 else empty_root(profile)
    require(root == bytes.fromhex(found.root), CHANGED)


def _check_anchor(found: Export, anchor: Anchor, profile: Profile) -> None:
    earlier, steps = bytes.fromhex(anchor.root), [bytes.fromhex(value) for value in found.consistency]
    if anchor.size == found.size:
        later = earlier
    else:
        later = _root(lambda: consistency_root(profile, anchor.size, earlier, found.size, steps))
    require(later == bytes.fromhex(found.root), NOT_ANCHORED, evidence=anchor.evidence[:80])


def _root(make: Any) -> bytes:
    try:
        return bytes(make())
    except Refused:
        raise Refused(CHANGED) from None
