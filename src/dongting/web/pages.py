"""The other pages for visitors: what the network is, who is in it, where its log stands, how to go on."""

from typing import Any

from dongting.errors import Refused
from dongting.http.codes import NOT_FOUND
from dongting.http.messages import Reply
from dongting.web import members, offers
from dongting.web.catalogue import VOCABULARY
from dongting.web.offers import Wish
from dongting.web.site import Site
from dongting.web.telling import telling
from dongting.web.visits import Visit, address


async def front(site: Site, visit: Visit) -> Reply:
    """GET /: what this network is, and where to begin."""
    status, away = await site.standing()

    def read() -> dict[str, Any]:
        newest = offers.offers(site.views, Wish(), limit=5).datasets
        return {
            "datasets": newest,
            "number": offers.number(site.views, Wish()),
            "founders": members.founders(site.views),
            "members": site.views.count(members.ORGANISATION, {"standing": "active"}),
            "names": site.names([one.publisher for one in newest]),
        }

    found = await site.read(read)
    return site.page(
        visit, "front.html", section="", status_now=status, away=away, kinds=members.KINDS,
        vocabulary=VOCABULARY, region=members.region_name, **found,
    )  # fmt: skip


async def organisations(site: Site, visit: Visit) -> Reply:
    """GET /organisations."""
    words, kind = visit.asked("q"), visit.asked("kind")
    cursor = visit.asked("cursor") or None
    found, following, number, kinds = await site.read(lambda: members.listed(site.views, words, kind, cursor))
    query = {"q": words, "kind": kind if kind in members.KINDS else ""}
    more = address("/organisations", {**query, "cursor": following}) if following else None
    return site.page(
        visit, "organisations.html", section="organisations", organisations=found, number=number, asked=query,
        facet=kinds, more=more, first=cursor is None, kinds=members.KINDS, roles=members.ROLES,
        standings=members.STANDINGS, region=members.region_name,
    )  # fmt: skip


async def organisation(site: Site, visit: Visit) -> Reply:
    """GET /organisations/ID."""
    id = visit.named["id"]

    def read() -> dict[str, Any]:
        found = members.organisation(site.views, id)
        if found is None:
            raise Refused(NOT_FOUND)
        others = [found.parent, found.successor, *found.predecessors]
        offered = Wish(narrowed={"publisher": id})
        return {
            "organisation": found,
            "others": site.names([one for one in others if one]),
            "datasets": offers.offers(site.views, offered, limit=5).datasets,
            "number": offers.number(site.views, offered),
            "names": {id: found.name},
        }

    found = await site.read(read)
    return site.page(
        visit, "organisation.html", section="organisations", kinds=members.KINDS, roles=members.ROLES,
        standings=members.STANDINGS, vocabulary=VOCABULARY, region=members.region_name, **found,
    )  # fmt: skip


async def ledger(site: Site, visit: Visit) -> Reply:
    """GET /log: the public face of the ledger; entry bodies are for members."""
    status, away = await site.standing()
    checkpoint, unsigned, blocks = None, None, []
    if status is not None:
        try:
            checkpoint = await site.facade.checkpoint()
        except Refused as refused:
            unsigned = refused
        blocks = await site.blocks.newest(site.facade, status.height)
    return site.page(
        visit, "log.html", section="log", status_now=status, away=away, checkpoint=checkpoint,
        unsigned=unsigned, blocks=blocks,
    )  # fmt: skip


async def verify(site: Site, visit: Visit) -> Reply:
    """GET /verify."""
    return site.page(visit, "verify.html", section="verify", declared=telling(visit.language))


async def join(site: Site, visit: Visit) -> Reply:
    """GET /join."""

    def read() -> dict[str, Any]:
        return {"founders": members.founders(site.views), "registrars": members.registrars(site.views)}

    return site.page(
        visit, "join.html", section="join", kinds=members.KINDS, region=members.region_name,
        **await site.read(read),
    )  # fmt: skip


async def style(site: Site, visit: Visit) -> Reply:
    """GET /style: the components of which all pages are made."""
    return site.page(visit, "style.html", section="")
