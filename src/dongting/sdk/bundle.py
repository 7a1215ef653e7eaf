"""Writing a bundle: what an organisation's isolated node needs, fetched from another node and sealed.

Any member writes one for itself, with its own key: leaves are for members, parts and files for their readers.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from dongting.errors import Fault, Refused
from dongting.sdk.client import Client
from dongting.sdk.transport import BAD_ANSWER
from dongting.wire import bundle, statement
from dongting.wire import checkpoint as checkpoints
from dongting.wire.bundle import Chain, FileItem, Header, PartItem
from dongting.wire.envelope import Envelope
from dongting.wire.keys import SigningKey
from dongting.wire.tiles import ENTRIES, WIDTH, Tile, decode_bundle, width_at

TRANSFER = "sharing.transfer"


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: leaves from `first` up to `size`, so many receipts, parts and files, and the number
    up to which the list of what is meant for the organisation was read."""

    first: int
    size: int
    receipts: int
    parts: int
    files: int
    number: int


def export(client: Client, key: SigningKey, genesis: bytes, path: Path, first: int, number: int) -> Exported:
    """Write a bundle of the leaves from `first` on, and of what became readable after `number`."""
    with path.open("wb") as file:
        return _Export(client, key, file.write).run(genesis, first, number)


class _Export:
    def __init__(self, client: Client, key: SigningKey, write: Any) -> None:
        self._client = client
        self._key = key
        self._write = write
        self._chain = Chain(client.profile)
        self._counts = {bundle.RECEIPT: 0, bundle.PART: 0, bundle.FILE: 0}

    def run(self, genesis: bytes, first: int, number: int) -> Exported:
        client, transport = self._client, self._client.transport
        organisation = client.organisation
        if organisation is None:
            raise Fault("a bundle is written for an organisation")
        note = transport.ask("GET", "/log/checkpoint").content
        size = checkpoints.decode(note).size
        self._write(bundle.FIRST_LINE)
        header = Header(client.network.id, genesis, min(first, size), note.decode())
        self._put(bundle.HEADER, msgspec.json.encode(header))
        own = []
        for index, leaf in self._leaves(header.first, size):
            self._put(bundle.LEAF, leaf)
            if leaf[:1] == b"\xd2" and statement.decode(leaf, client.profile).issuer == organisation:
                own.append(index)
        for index in own:
            receipt = transport.ask("GET", f"/v1/receipts/{index}").content
            self._put(bundle.RECEIPT, index.to_bytes(8) + receipt)
        last = self._meant(number)
        self._write(
            bundle.record(bundle.SEAL, msgspec.json.encode(self._chain.seal(organisation, self._key)))
        )
        counts = self._counts
        return Exported(
            header.first, size, counts[bundle.RECEIPT], counts[bundle.PART], counts[bundle.FILE], last
        )

    def _put(self, kind: bytes, data: bytes) -> None:
        record = bundle.record(kind, data)
        self._chain.add(record)
        self._write(record)
        if kind in self._counts:
            self._counts[kind] += 1

    def _leaves(self, first: int, size: int) -> Iterator[tuple[int, bytes]]:
        for number in range(first // WIDTH, (size + WIDTH - 1) // WIDTH):
            tile = Tile(ENTRIES, number, width_at(size, 0, number))
            data = self._client.transport.ask("GET", f"/log/{tile.path()}").content
            for place, leaf in enumerate(decode_bundle(data, tile.width), number * WIDTH):
                if place >= first:
                    yield place, leaf

    def _meant(self, number: int) -> int:
        """Write the parts and files that became readable; the last number seen."""
        transport = self._client.transport
        deliveries = {
            each.record["address"]: each.record
            for each in self._client.records.all(TRANSFER)
            if each.record.get("address") and each.record["consumer"] == self._client.organisation
        }
        seen = set()
        while True:
            items = transport.json("GET", "/v1/exchange", query={"after": number})["items"]
            if not items:
                return number
            number = int(items[-1]["number"])
            for item in items:
                name = (item["kind"], item["name"])
                if name in seen:
                    continue
                seen.add(name)
                try:
                    if item["kind"] == "part":
                        self._part(item["name"])
                    elif item["name"] in deliveries:
                        self._file(item["name"], deliveries[item["name"]])
                except Refused as refused:
                    if refused.code.status not in (403, 404, 409, 410, 422):
                        raise  # erased, ended, or not there: then it is not for this bundle

    def _part(self, name: str) -> None:
        found = self._client.transport.json("GET", f"/v1/parts/{name}")
        self._put(bundle.PART, msgspec.json.encode(msgspec.convert({"name": name, **found}, PartItem)))

    def _file(self, address: str, delivery: dict[str, Any]) -> None:
        transport, query = self._client.transport, {"transfer": delivery["id"]}
        envelope = msgspec.json.decode(
            transport.ask("GET", f"/v1/files/{address}/envelope").content, type=Envelope
        )
        place, size = 0, 1
        while place < size:
            headers = {"range": f"bytes={place}-{place + bundle.PIECE - 1}"}
            answer = transport.ask("GET", f"/v1/files/{address}", query=query, headers=headers)
            total = answer.headers.get("content-range", "").rpartition("/")[2]
            if not total.isdigit() or not answer.content:
                raise Refused(BAD_ANSWER, url=transport.url, why="it does not serve ranges of files")
            if not place:
                size = int(total)
                item = FileItem(address, size, envelope, delivery["provider"])
                self._put(bundle.FILE, msgspec.json.encode(item))
            self._put(bundle.DATA, answer.content)
            place += len(answer.content)
