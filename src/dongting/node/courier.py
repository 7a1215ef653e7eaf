"""Brings parts and files to the node that is followed, and fetches from there what is meant for its
organisations.

A follower has outgoing connections only, so it does both, and the node that it follows keeps what waits for
others. Everything is ciphertext, and who may have a file is judged by both nodes from their own ledgers.
Parcels are tried again until they have arrived; a refusal that more tries cannot change ends them.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence

import msgspec
from msgspec import Struct

from dongting.errors import Refused
from dongting.node.custody import Custody, Kept, Owner
from dongting.node.facade import Download
from dongting.node.upstream import Upstream
from dongting.sdk.transport import HASHED, PATIENCE, Transport
from dongting.store.exchange import Exchange, Parcel
from dongting.store.files import Files
from dongting.wire.envelope import Envelope

log = logging.getLogger("dongting.courier")

PIECE = 4 * 2**20  # bytes of a file in one request
WAIT = 20  # seconds for which the other node may keep a question open
LOOK = 0.3  # seconds between looks at what came in here
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0  # seconds between tries of one parcel
GONE = 410
_FINAL = frozenset({400, 403, 409, 413, 422})


class _Item(Struct):
    number: int
    kind: str
    name: str


class _Meant(Struct):
    id: str
    items: list[_Item]


class _StoredPart(Struct):
    blob: str
    envelope: Envelope | None
    owner: str
    about: str | None = None


class Courier:
    """Carries parcels for the `organisations` of this node.

    `may_download` tells the file to which a delivery entitles an organisation, by this node's ledger.
    """

    def __init__(
        self,
        upstream: Upstream,
        organisations: Sequence[str],
        exchange: Exchange,
        custody: Custody,
        files: Files,
        may_download: Callable[[str, str], Download],
    ) -> None:
        self._upstream = upstream
        self._organisations = tuple(organisations)
        self._exchange = exchange
        self._custody = custody
        self._files = files
        self._may_download = may_download
        self._tasks: list[asyncio.Task[None]] = []
        self._carrying = asyncio.Lock()
        self._wake = asyncio.Event()

    def start(self) -> None:
        """Begin; what was under way when the node ended goes on."""
        self._tasks = [asyncio.create_task(self._carry())]
        self._tasks += [asyncio.create_task(self._listen(each)) for each in self._organisations]

    async def stop(self) -> None:
        """End; parcels under way go on at the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def expect(self, organisation: str, transfer: str, address: str) -> None:
        """Fetch the file of a delivery, unless it is here."""
        if not (self._files.has(address) and self._custody.file(address)):
            self._exchange.add("fetch", "file", address, organisation, transfer)
            self._wake.set()

    async def flush(self, seconds: float) -> None:
        """Bring the parts that were stored here to the other node, as far as that is possible in this time:
        they should be there before the statement that commits to them."""
        try:
            async with asyncio.timeout(seconds):
                await asyncio.to_thread(self._collect)
                for parcel in await asyncio.to_thread(self._exchange.due, time.time(), 100, "part", "send"):
                    await self._try(parcel)
        except TimeoutError:
            return

    # What has to be carried

    def _collect(self) -> None:
        """Make parcels of what was stored here by clients since the last look."""
        after = int(self._exchange.marker("sent") or 0)
        while found := self._exchange.meant(after, 500):
            for each in found:
                ours = each.owner in self._organisations
                if ours and (each.kind == "part" or each.reader not in self._organisations):
                    self._exchange.add("send", each.kind, each.name, each.owner)
            after = found[-1].number
            self._exchange.mark("sent", str(after))

    async def _listen(self, organisation: str) -> None:
        """Make parcels of what the other node has for an organisation."""
        pause = FIRST_PAUSE
        while True:
            try:
                known = (self._exchange.marker(f"list {organisation}") or " 0").split(" ")
                found = await self._meant(organisation, int(known[1]))
                if found.id != known[0] and known[0]:
                    self._exchange.mark(f"list {organisation}", f"{found.id} 0")
                    continue
                for item in found.items:
                    await asyncio.to_thread(self._take_note, organisation, item)
                if found.items or not known[0]:
                    newest = found.items[-1].number if found.items else 0
                    self._exchange.mark(f"list {organisation}", f"{found.id} {newest}")
                    self._wake.set()
                pause = FIRST_PAUSE
            except Refused:
                await asyncio.sleep(pause)
                pause = min(pause * 2, 30)

    async def _meant(self, organisation: str, after: int) -> _Meant:
        query = {"after": after, "wait": WAIT}
        transport = self._upstream.transport_of(organisation)
        answer = await self._upstream.ask(lambda: transport.ask("GET", "/v1/exchange", query=query))
        return msgspec.json.decode(answer.content, type=_Meant)

    def _take_note(self, organisation: str, item: _Item) -> None:
        if item.kind == "part":
            self._exchange.add("fetch", "part", item.name, organisation)
        elif self._custody.file(item.name) is not None:  # sealed anew: the envelope is another
            self._exchange.add("fetch", "file", item.name, organisation)
        else:
            self._exchange.hurry(item.name)  # it has arrived there, if this node waits for it

    async def _carry(self) -> None:
        await asyncio.to_thread(self._exchange.hurry)
        while True:
            self._wake.clear()
            try:
                await asyncio.to_thread(self._collect)
                for parcel in await asyncio.to_thread(self._exchange.due, time.time(), 20):
                    await self._try(parcel)
                    self._wake.set()
            except Exception:  # a full disk, say: parcels wait, and the next round tries again
                log.exception("parcels could not be carried")
                await asyncio.sleep(5)
            try:
                await asyncio.wait_for(self._wake.wait(), LOOK)
            except TimeoutError:
                continue

    async def _try(self, parcel: Parcel) -> None:
        """Carry one parcel, or say why not and when to try again."""
        async with self._carrying:
            try:
                delivered = None
                if parcel.way == "fetch" and parcel.transfer:
                    delivered = self._may_download(parcel.transfer, parcel.organisation)
                await self._upstream.ask(lambda: self._carried(parcel, delivered))
                self._exchange.done(parcel.id)
            except Refused as refused:
                why = f"{refused.text()} [{refused.code}]"
                # What a delivery does not allow now it may allow later, when the agreement is resumed.
                hope = parcel.transfer and parcel.tries < 50
                if refused.code.status == GONE:
                    self._exchange.done(parcel.id)  # erased, on record: nobody needs it any more
                elif refused.code.status in _FINAL and not hope:
                    self._exchange.refuse(parcel.id, why)
                    log.warning("a parcel was refused", extra={"parcel": parcel.name, "why": why})
                else:
                    pause = min(FIRST_PAUSE * 2 ** min(parcel.tries, 10), LONGEST_PAUSE)
                    self._exchange.later(parcel.id, time.time() + pause, why)

    # Carrying, in a thread

    def _carried(self, parcel: Parcel, delivered: Download | None) -> None:
        if parcel.kind == "file" and parcel.way == "fetch":
            self._fetch_file(parcel, delivered)
            return
        transport = self._upstream.transport_of(parcel.organisation)
        carry: dict[tuple[str, str], Callable[[Transport, Parcel], None]] = {
            ("send", "part"): self._send_part, ("send", "file"): self._send_file,
            ("fetch", "part"): self._fetch_part,
        }  # fmt: skip
        carry[parcel.way, parcel.kind](transport, parcel)

    def _send_part(self, transport: Transport, parcel: Parcel) -> None:
        kept = self._custody.part(parcel.name)
        if kept is None or kept.blob is None:
            return  # erased meanwhile
        body = {"blob": kept.blob, "envelopes": kept.envelopes, "about": kept.about}
        transport.json("PUT", f"/v1/parts/{parcel.name}", body=msgspec.to_builtins(body))

    def _fetch_part(self, transport: Transport, parcel: Parcel) -> None:
        answer = transport.ask("GET", f"/v1/parts/{parcel.name}")
        found = msgspec.json.decode(answer.content, type=_StoredPart)
        envelopes = [] if found.envelope is None else [found.envelope]
        kept = self._custody.part(parcel.name)
        owner = Owner(kept.owner if kept is not None else found.owner)
        part = Kept(found.owner, envelopes, found.about, found.blob)
        self._custody.put_part(parcel.name, owner, part)

    def _send_file(self, transport: Transport, parcel: Parcel) -> None:
        kept = self._custody.file(parcel.name)
        if kept is None or not self._files.has(parcel.name):
            return
        if not _there(transport, parcel.name):
            self._upload(transport, parcel)
        envelopes = msgspec.to_builtins(kept.envelopes)
        transport.json("PUT", f"/v1/files/{parcel.name}/envelopes", body=envelopes)

    def _upload(self, transport: Transport, parcel: Parcel) -> None:
        size = self._files.size(parcel.name)
        upload, received = parcel.upload, 0
        if upload:
            try:
                received = int(transport.json("GET", f"/v1/uploads/{upload}")["received"])
            except Refused as refused:
                if refused.code.status != 404:
                    raise
                upload = ""
        if not upload:
            begun = transport.json("POST", "/v1/uploads", body={"size": size, "digest": parcel.name})
            upload, received = begun["upload"], int(begun["received"])
            self._exchange.uploading(parcel.id, upload)
        while received < size:
            piece = b"".join(self._files.read(parcel.name, received, min(PIECE, size - received)))
            headers = {"upload-offset": str(received), "content-type": "application/octet-stream"}
            answer = transport.ask("PATCH", f"/v1/uploads/{upload}", content=piece, headers=headers)
            received = int(msgspec.json.decode(answer.content)["received"])
        transport.ask("POST", f"/v1/uploads/{upload}/finish", patience=PATIENCE + size / HASHED)

    def _fetch_file(self, parcel: Parcel, delivered: Download | None) -> None:
        transport = self._upstream.transport_of(parcel.organisation)
        address = parcel.name
        kept = self._custody.file(address)
        if kept is None or not self._files.has(address):
            if delivered is None or delivered.address != address:
                return  # the delivery has another version now, with a parcel of its own
            self._download(transport, parcel)
            self._custody.own(address, Owner(delivered.owner))
        kept = self._custody.file(address)
        answer = transport.ask("GET", f"/v1/files/{address}/envelope")
        envelope = msgspec.json.decode(answer.content, type=Envelope)
        if kept is not None:
            self._custody.seal(address, Owner(kept.owner), [envelope])

    def _download(self, transport: Transport, parcel: Parcel) -> None:
        address, query = parcel.name, {"transfer": parcel.transfer}
        if self._files.has(address):
            return
        upload = parcel.upload
        received = _held(self._files, upload)
        size: int | None = int(upload.split("-")[1]) if received is not None else None
        received = received or 0
        while size is None or received < size:
            headers = {"range": f"bytes={received}-{received + PIECE - 1}"}
            answer = transport.ask("GET", f"/v1/files/{address}", query=query, headers=headers)
            if size is None:
                size = int(answer.headers["content-range"].rpartition("/")[2])
                upload = self._files.begin(size, address)
                self._exchange.uploading(parcel.id, upload)
            received = self._files.append(upload, received, answer.content)
        self._files.finish(upload)


def _there(transport: Transport, address: str) -> bool:
    """Whether the other node has a file of the asking organisation."""
    try:
        transport.ask("GET", f"/v1/files/{address}", headers={"range": "bytes=0-0"})
    except Refused as refused:
        if refused.code.status == 404:
            return False
        raise
    return True


def _held(files: Files, upload: str) -> int | None:
    """How much of a download that broke off is here; None when it begins anew."""
    if not upload:
        return None
    try:
        return files.status(upload)
    except Refused:
        return None
