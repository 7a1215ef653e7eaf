"""Downloads in the browser: the node fetches, decrypts and compares what its organisation was sent."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import quote

from dongting.errors import Code, Refused, require
from dongting.http.messages import Reply
from dongting.node.completing import TRANSFER
from dongting.node.people.access import APPROVE, READ, REQUEST
from dongting.node.people.codes import NOT_ALLOWED
from dongting.node.publishing import media_type
from dongting.sdk.client import Client
from dongting.web.desk.standing import as_organisation
from dongting.web.places import Place
from dongting.web.site import Site
from dongting.web.visits import Visit

NOTHING_HERE = Code(
    "web", 7, "nothing-to-download",
    "The delivery {id} brought no file here: nothing was delivered yet, or it was handed over outside.",
    "交付 {id} 没有可在此下载的文件：尚未交付，或在外部交付。",
    status=404,
)  # fmt: skip
_PIECE = 2**18


async def download(site: Site, visit: Visit) -> Reply:
    """GET /deliveries/ID/download: the decrypted file, once it was compared with its commitment."""
    member, id = visit.member, visit.named["id"]
    if not (member.may(REQUEST) or member.may(APPROVE)):
        raise Refused(NOT_ALLOWED, permission=REQUEST)

    def fetch(client: Client) -> tuple[Path, str]:
        transfer = client.records.get(TRANSFER, id).record
        commitment, address = transfer.get("content"), transfer.get("address")
        require(commitment and address, NOTHING_HERE, id=id)
        client.private.mkdir(mode=0o700, parents=True, exist_ok=True)
        directory = Path(mkdtemp(dir=client.private))
        try:
            path, facts = client.contents.download(str(commitment), str(address), id, directory / "received")
        except BaseException:
            shutil.rmtree(directory, ignore_errors=True)
            raise
        return path, facts.name

    path, name = await as_organisation(site, visit, fetch)
    size = (await asyncio.to_thread(path.stat)).st_size
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in name)[:120]
    kept = f"attachment; filename=\"{plain or 'data'}\"; filename*=UTF-8''{quote(name, safe='')}"
    fields = [("content-disposition", kept), ("cache-control", "no-store")]
    return Reply(200, _pieces(path), media_type(Path(name)), fields, size)


def _pieces(path: Path) -> Iterator[bytes]:
    """The bytes of a file, which is gone afterwards, however the reading ends."""
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece
    finally:
        shutil.rmtree(path.parent, ignore_errors=True)


PLACES: tuple[Place, ...] = (Place("/deliveries/{id}/download", download, needs=READ),)
