"""What the ledger says was erased, as a list that a restored node applies before it serves.

The list is a file, too: `dongting erasures` writes it from a newer copy, `dongting restore --erasures`
reads it. It names commitments and addresses only, which the ledger shows to every member.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from dongting.errors import Code, Refused, require
from dongting.kernel.entries import HEAD_KEY, Head, decode_entry
from dongting.kernel.store import Store
from dongting.node.facade import Version
from dongting.node.home import Home
from dongting.node.installed import VERSION_TYPE, erased_content

FORMAT = "dongting-erasures-1"

BAD_LIST = Code(
    "node", 88, "bad-erasure-list",
    "This is no list of erasures of this network: {why}. Make it with `dongting erasures` on a newer copy.",
    "这不是本网络的删除清单：{why}。请在较新的副本上用 `dongting erasures` 生成。",
)  # fmt: skip

_Hex = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]


class Erased(Struct, frozen=True, forbid_unknown_fields=True):
    """The content of one erased version: its commitment, and the address of its ciphertext if it had one."""

    version: str
    commitment: _Hex
    address: _Hex | None


class ErasureList(Struct, frozen=True, forbid_unknown_fields=True):
    """All erasures that the ledger of a network holds at a height."""

    format: str
    network: str
    height: int
    erased: list[Erased]


def erased(store: Store) -> Iterator[Erased]:
    """The erased versions of datasets in a ledger."""
    for key, data in store.scan(b"r" + VERSION_TYPE.encode() + b"/"):
        type, _, id = key[1:].decode("ascii").partition("/")
        entry = decode_entry(data)
        content = erased_content(Version(type, id, entry.version, entry.leaf, 0, 0, bytes(entry.body)))
        if content is not None:
            yield Erased(id, content.commitment, content.address)


def written(store: Store) -> bytes:
    """The list of a ledger, as a file."""
    head = Head.decode(store.get(HEAD_KEY) or b"")
    document = ErasureList(FORMAT, head.network, head.height, list(erased(store)))
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def parsed(data: bytes, network: str) -> list[Erased]:
    """The erasures in such a file; refuses another format and another network's."""
    try:
        document = msgspec.json.decode(data, type=ErasureList)
    except msgspec.MsgspecError as error:
        raise Refused(BAD_LIST, why=str(error)) from None
    require(document.format == FORMAT, BAD_LIST, why=f"its format is not {FORMAT}")
    require(document.network == network, BAD_LIST, why=f"it is of network {document.network[:16]}")
    return document.erased


def apply(home: Home, erasures: Sequence[Erased]) -> int:
    """Destroy what these name: ciphertext, data keys and salts; how many objects were there."""
    files, parts, envelopes = home.files(), home.parts(), home.envelopes()
    gone = 0
    for one in erasures:
        gone += parts.remove(one.commitment)
        if one.address is not None:
            gone += files.remove(one.address) + envelopes.remove(one.address)
    return gone
