"""Proofs of a record: the file to keep, and the check of it on the spot, in words."""

import asyncio

from dongting.errors import Refused
from dongting.http.messages import Reply
from dongting.node.custodian import LOCKED, NOT_HOSTED
from dongting.node.installed import APPS
from dongting.node.people.access import READ
from dongting.node.stories import Teller
from dongting.sdk.client import Client
from dongting.sdk.story import Story
from dongting.sdk.verify import verify
from dongting.web.desk.record import type_named
from dongting.web.desk.standing import as_organisation
from dongting.web.places import Place
from dongting.web.site import Site
from dongting.web.visits import Visit

PROOF = "application/cbor"


async def download(site: Site, visit: Visit) -> Reply:
    """GET /proofs/TYPE/ID/file: the proof file, opened as far as the visitor's organisation can read."""
    data = await proof_of(site, visit, visit.named["type"])
    name = visit.named["id"]
    fields = [("content-disposition", f'attachment; filename="{name}.proof"'), ("cache-control", "no-store")]
    return Reply(200, data, PROOF, fields)


async def check(site: Site, visit: Visit) -> Reply:
    """GET /proofs/TYPE/ID: the proof is made, verified against the network's id, and told."""
    declared = type_named(visit.named["type"])
    data = await proof_of(site, visit, declared.name)
    lines, wrong = await asyncio.to_thread(_told, site, visit, data)
    return site.page(
        visit, "proof.html", section="desk", declared=declared, id=visit.named["id"], lines=lines,
        wrong=wrong, size=len(data),
    )  # fmt: skip


async def proof_of(site: Site, visit: Visit, type: str, *, closed: bool = False) -> bytes:
    """The proof file about a record; without openings if it shall be closed, or where the organisation's keys
    are not at hand."""
    address = f"{type_named(type).name}/{visit.named['id']}"

    def work(client: Client) -> bytes:
        return client.proofs.fetch([address], openings=not closed)

    try:
        return await as_organisation(site, visit, work)
    except Refused as refused:
        if refused.code not in (LOCKED, NOT_HOSTED):
            raise
        return await site.facade.prove([address])


def _told(site: Site, visit: Visit, data: bytes) -> tuple[list[str], Refused | None]:
    """The story in lines, its verdict last; or why it is not proven."""
    try:
        story: Story = verify(data, site.network)
    except Refused as refused:
        return [], refused
    teller = Teller(story, visit.language, APPS)
    return [*teller.lines(), "", teller.proven()], None


PLACES: tuple[Place, ...] = (
    Place("/proofs/{type}/{id}", check, needs=READ),
    Place("/proofs/{type}/{id}/file", download, needs=READ),
)
