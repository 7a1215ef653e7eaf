"""Passkeys on the pages; a script of ours hands what is asked to the browser and its answer to a form."""

import asyncio
from urllib.parse import urlsplit

from dongting.errors import Refused
from dongting.http.messages import Reply
from dongting.node.people.codes import CROSS_SITE
from dongting.node.people.passkeys import Site as Where
from dongting.web import account, entering
from dongting.web.places import SIGNED_IN, Place
from dongting.web.site import Site
from dongting.web.texts import marked
from dongting.web.visits import Visit, local


async def ask_creation(site: Site, visit: Visit) -> Reply:
    """POST /settings/passkeys/options: only a challenge that is given here lets a passkey be added."""
    await account.confirm(site, visit)
    creation = site.accounts.passkeys.creation
    return _json(
        await asyncio.to_thread(creation, visit.member, _where(visit), site.name.best(visit.language))
    )


async def add(site: Site, visit: Visit) -> Reply:
    """POST /settings/passkeys."""
    form, keep = visit.form, site.accounts.passkeys.add
    try:
        await asyncio.to_thread(
            keep, visit.member, _where(visit), form.get("passkey"), form.raw("credential")
        )
    except Refused as refused:
        return await account.again(site, visit, refused)
    return await site.go(visit, "/settings/account", marked("The passkey is added."))


async def remove(site: Site, visit: Visit) -> Reply:
    """POST /settings/passkeys/ID/remove."""
    await asyncio.to_thread(site.accounts.passkeys.remove, visit.member, visit.named["id"])
    return await site.go(visit, "/settings/account", marked("The passkey is removed."))


async def ask_request(site: Site, visit: Visit) -> Reply:
    """POST /signin/passkey/options."""
    return _json(await asyncio.to_thread(site.accounts.passkeys.request, _where(visit)))


async def signin(site: Site, visit: Visit) -> Reply:
    """POST /signin/passkey."""
    form, following = visit.form, visit.form.get("next")
    try:
        id = await asyncio.to_thread(
            site.accounts.passkeys.shown, _where(visit), form.raw("credential"), visit.client
        )
    except Refused as refused:
        return site.page(visit, "signin.html", refused=refused, section="signin", login="", next=following)
    return await entering.enter(site, visit, id, "passkey", local(following))


def _where(visit: Visit) -> Where:
    """The origin that the browser named, which the way in has compared with our own."""
    origin = visit.head.get("origin")
    if origin is None:
        raise Refused(CROSS_SITE)
    return Where(origin, urlsplit(origin).hostname or "")


def _json(text: str) -> Reply:
    return Reply(200, text.encode(), "application/json", [("cache-control", "no-store")])


PLACES: tuple[Place, ...] = (
    Place("/signin/passkey", take=signin),
    Place("/signin/passkey/options", take=ask_request),
    Place("/settings/passkeys", take=add, needs=SIGNED_IN),
    Place("/settings/passkeys/options", take=ask_creation, needs=SIGNED_IN),
    Place("/settings/passkeys/{id}/remove", take=remove, needs=SIGNED_IN),
)
