"""API keys on the pages: made, shown once, listed and revoked."""

import asyncio

from dongting.errors import Refused, require
from dongting.http.messages import Reply
from dongting.node.people.access import ADMINISTER, DEVELOP, PERMISSIONS
from dongting.node.people.codes import BAD_LIFETIME, NOT_ALLOWED
from dongting.node.people.keys import LONGEST
from dongting.web.places import SIGNED_IN, Place
from dongting.web.site import Site
from dongting.web.texts import marked
from dongting.web.visits import Visit


async def keys(site: Site, visit: Visit) -> Reply:
    """GET /settings/keys."""
    return await _page(site, visit)


async def make(site: Site, visit: Visit) -> Reply:
    """POST /settings/keys: the key is shown once, on the answer itself."""
    require(visit.member.may(DEVELOP), NOT_ALLOWED, permission=DEVELOP)
    form, made = visit.form, site.accounts.keys.make
    try:
        days = form.get("days")
        require(days.isascii() and days.isdigit() and len(days) < 5, BAD_LIFETIME)
        secret, key = await asyncio.to_thread(
            made, visit.member, visit.organisation, form.get("name"), form.all("scope"), int(days)
        )
    except Refused as refused:
        return await _page(site, visit, refused)
    return site.page(visit, "key.html", section="settings", secret=secret, key=key)


async def revoke(site: Site, visit: Visit) -> Reply:
    """POST /settings/keys/ID/revoke."""
    id = visit.named["id"]
    await asyncio.to_thread(site.accounts.keys.revoke, visit.member, visit.organisation, id)
    return await site.go(visit, "/settings/keys", marked("The key works no more."))


async def _page(site: Site, visit: Visit, refused: Refused | None = None) -> Reply:
    actor = visit.member
    allowed = actor.may(DEVELOP) or actor.may(ADMINISTER)
    require(allowed, NOT_ALLOWED, permission=DEVELOP)
    found = await asyncio.to_thread(site.accounts.keys.list, actor, visit.organisation)
    return site.page(
        visit, "keys.html", refused=refused, section="settings", keys=found, permissions=PERMISSIONS,
        now=site.accounts.register.clock(), longest=LONGEST,
    )  # fmt: skip


PLACES: tuple[Place, ...] = (
    Place("/settings/keys", keys, make, needs=SIGNED_IN),
    Place("/settings/keys/{id}/revoke", take=revoke, needs=SIGNED_IN),
)
