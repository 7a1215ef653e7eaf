"""What the ledger says was erased: destroyed here as it happens, and before a restored node serves.

The list is a file, too: `dongting erasures` writes it from a newer copy, `dongting restore --erasures`
reads it. It names commitments, addresses and publishers only, which the ledger shows to every member. A
version speaks for what its own publisher keeps here: naming another's commitment destroys nothing.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta, Struct

from dongting.apps import catalogue
from dongting.errors import Code, Fault, Refused, require
from dongting.kernel.entries import HEAD_KEY, Head, decode_entry
from dongting.kernel.store import Store
from dongting.node.facade import Version
from dongting.node.home import Home
from dongting.node.installed import VERSION_TYPE, erased_version
from dongting.store.files import Files
from dongting.store.side import SideStore

FORMAT = "dongting-erasures-1"

BAD_LIST = Code(
    "node", 88, "bad-erasure-list",
    "This is no list of erasures of this network: {why}. Make it with `dongting erasures` on a newer copy.",
    "这不是本网络的删除清单：{why}。请在较新的副本上用 `dongting erasures` 生成。",
)  # fmt: skip

_Hex = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]


class Erased(Struct, frozen=True, forbid_unknown_fields=True):
    """The content of one erased version: who issued it, its commitment, and the address of its ciphertext
    if it had one."""

    version: str
    publisher: str
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
        found = declared(Version(type, id, entry.version, entry.leaf, 0, 0, bytes(entry.body)))
        if found is not None:
            yield found


def declared(change: Version) -> Erased | None:
    """What a record version declares erased, if it does."""
    version = erased_version(change)
    return None if version is None else of_version(version)


def of_version(version: catalogue.DatasetVersion) -> Erased:
    """What goes when that version is erased."""
    return Erased(version.id, version.publisher, version.content.commitment, version.content.address)


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


class _Owned(Struct, frozen=True):
    owner: str


def _is_of(store: SideStore, name: str, publisher: str) -> bool:
    """Whether an object is here and its owner is that organisation."""
    try:
        data = store.get(name)
    except Fault:
        return True  # nobody can read it any more, and what is erased has to go
    return data is not None and msgspec.json.decode(data, type=_Owned).owner == publisher


class Remains(NamedTuple):
    """What of an erased content is still here."""

    file: bool
    envelopes: bool
    salt: bool


def remains(one: Erased, files: Files, parts: SideStore, envelopes: SideStore) -> Remains:
    """What of an erased content is still here and of its publisher.

    A file without a noted owner is nobody else's: only its uploader knew the address before the ledger did.
    """
    salt = _is_of(parts, one.commitment, one.publisher)
    if one.address is None:
        return Remains(False, False, salt)
    sealed = _is_of(envelopes, one.address, one.publisher)
    alone = sealed or not envelopes.has(one.address)
    return Remains(alone and files.has(one.address), sealed, salt)


def destroy(one: Erased, files: Files, parts: SideStore, envelopes: SideStore) -> int:
    """Destroy ciphertext, data keys and salt of one erased content; how many objects were there."""
    left = remains(one, files, parts, envelopes)
    if left.salt:
        parts.remove(one.commitment)
    if one.address is not None and (left.envelopes or not envelopes.has(one.address)):
        files.remove(one.address)  # pending uploads of it, too
        envelopes.remove(one.address)
    return sum(left)


def apply(home: Home, erasures: Sequence[Erased]) -> int:
    """Destroy what these name; how many objects were there."""
    files, parts, envelopes = home.files(), home.parts(), home.envelopes()
    return sum(destroy(one, files, parts, envelopes) for one in erasures)
