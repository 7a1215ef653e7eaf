"""Taking a bundle into a follower that is stopped: all is checked, and repeating it changes nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from dongting.errors import Code, Refused, require
from dongting.node.custody import Custody, Kept, Owner
from dongting.node.following import FollowNode
from dongting.node.home import Home
from dongting.store.files import Files
from dongting.wire import bundle
from dongting.wire.bundle import BAD_BUNDLE, BAD_SEAL, Chain, FileItem, Header, PartItem, Seal
from dongting.wire.genesis import decode as decode_genesis
from dongting.wire.genesis import network_id
from dongting.wire.keys import public_key
from dongting.wire.profile import profile_named

OTHER_NETWORK = Code(
    "bundle", 3, "bundle-of-another-network",
    "The bundle is of the network {given}, and this node belongs to {network}.",
    "该数据包属于网络 {given}，而本节点属于 {network}。",
    status=409,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Imported:
    """Leaves that were new, the size of the log now, and how many receipts, parts and files came along."""

    fresh: int
    size: int
    receipts: int
    parts: int
    files: int


def header_of(path: Path) -> Header:
    """The header of a bundle; refuses one whose genesis is not that of the network which it names."""
    with path.open("rb") as file:
        _, data = next(bundle.records(file.read))
    header = bundle.decoded(data, Header)
    profile = profile_named(decode_genesis(header.genesis).profile)
    given = network_id(header.genesis, profile)
    require(given == header.network, BAD_BUNDLE, why="its genesis document is another network's")
    return header


class Import:
    """One import into the open, not started node of a home."""

    def __init__(self, home: Home, node: FollowNode, path: Path) -> None:
        self._home = home
        self._node = node
        self._path = path
        self._receipts = self._parts = self._files = 0

    async def run(self) -> Imported:
        """Check all, execute what is new, then take receipts, parts and files."""
        header = header_of(self._path)
        network = self._node.machine.network
        require(header.network == network, OTHER_NETWORK, given=header.network[:16], network=network[:16])
        chain, seal = self._read()
        if self._node.machine.key(seal.kid) is not None:
            self._check(chain, seal)
        before = self._node.machine.head.size
        await self._node.replay(header.checkpoint.encode(), header.first, self._leaves)
        self._check(chain, seal)
        exchange = self._home.exchange()
        custody, files = self._home.custody(exchange), self._home.files()
        self._take(custody, files)
        exchange.close()
        size = self._node.machine.head.size
        return Imported(size - before, size, self._receipts, self._parts, self._files)

    @contextmanager
    def _opened(self) -> Iterator[BinaryIO]:
        with self._path.open("rb") as file:
            yield file

    def _read(self) -> tuple[Chain, Seal]:
        """The whole bundle once: its chain of hashes, and its seal."""
        chain, last = Chain(self._node.machine.profile), b""
        with self._opened() as file:
            for kind, data in bundle.records(file.read):
                if kind == bundle.SEAL:
                    last = data
                else:
                    chain.add(bundle.record(kind, data))
        return chain, bundle.decoded(last, Seal)

    def _check(self, chain: Chain, seal: Seal) -> None:
        """Refuse a seal that is not by a key that its organisation may use now."""
        machine = self._node.machine
        try:
            machine.rules.authority(machine.reader()).signer(seal.organisation, seal.kid)
            key = machine.key(seal.kid)
            good = key is not None and chain.sealed(seal, public_key(key))
        except Refused:
            good = False
        require(good, BAD_SEAL, organisation=seal.organisation[:64])

    def _leaves(self) -> Iterator[bytes]:
        with self._opened() as file:
            for kind, data in bundle.records(file.read):
                if kind == bundle.LEAF:
                    yield data

    def _take(self, custody: Custody, files: Files) -> None:
        arriving: _Arriving | None = None
        with self._opened() as file:
            for kind, data in bundle.records(file.read):
                if kind == bundle.RECEIPT:
                    self._node.keep_receipt(int.from_bytes(data[:8]), data[8:])
                    self._receipts += 1
                elif kind == bundle.PART:
                    self._part(custody, bundle.decoded(data, PartItem))
                elif kind == bundle.FILE:
                    arriving = _Arriving(files, custody, bundle.decoded(data, FileItem))
                elif kind == bundle.DATA and arriving is not None:
                    self._files += arriving.add(data)

    def _part(self, custody: Custody, item: PartItem) -> None:
        envelopes = [] if item.envelope is None else [item.envelope]
        custody.put_part(item.name, Owner(item.owner), Kept(item.owner, envelopes, item.about, item.blob))
        self._parts += 1


class _Arriving:
    """One file that comes in pieces."""

    def __init__(self, files: Files, custody: Custody, item: FileItem) -> None:
        self._files = files
        self._custody = custody
        self._item = item
        self._received = 0
        self._upload = None if files.has(item.address) else files.begin(item.size, item.address)

    def add(self, data: bytes) -> int:
        """Take a piece; 1 when the file is whole, and its digest is its address."""
        item = self._item
        if self._upload is not None:
            self._files.append(self._upload, self._received, data)
        self._received += len(data)
        if self._received < item.size:
            return 0
        if self._upload is not None:
            self._files.finish(self._upload)
        self._custody.own(item.address, Owner(item.owner))
        self._custody.seal(item.address, Owner(item.owner), [item.envelope])
        return 1
