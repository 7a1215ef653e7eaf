"""A person's own account: who one is here, for whom one acts, and another password."""

import asyncio

from dongting.errors import Refused
from dongting.http.messages import Reply
from dongting.node.people.access import PERMISSIONS, ROLE_TITLES
from dongting.web.places import SIGNED_IN, Place
from dongting.web.site import Site
from dongting.web.texts import marked
from dongting.web.visits import Visit


async def account(site: Site, visit: Visit) -> Reply:
    """GET /settings/account."""
    return await again(site, visit)


async def recovery_codes(site: Site, visit: Visit) -> Reply:
    """POST /settings/recovery: ten new codes, shown once."""
    try:
        await confirm(site, visit)
    except Refused as refused:
        return await again(site, visit, refused)
    codes = await asyncio.to_thread(site.accounts.recovery.make, visit.member)
    return site.page(visit, "codes.html", section="settings", codes=codes)


async def confirm(site: Site, visit: Visit) -> None:
    """Refuse a form that does not bring the present password of its person."""
    confirmed = site.accounts.entrance.confirm
    await asyncio.to_thread(confirmed, visit.member, visit.form.raw("present"), visit.client)


async def change_password(site: Site, visit: Visit) -> Reply:
    """POST /settings/password."""
    assert visit.session is not None
    form, entrance = visit.form, site.accounts.entrance
    try:
        await asyncio.to_thread(
            entrance.change_password, visit.session, form.raw("present"), form.raw("password"), visit.client
        )
    except Refused as refused:
        return await again(site, visit, refused)
    return await site.go(
        visit, "/settings/account", marked("Your password is changed; all your other sessions have ended.")
    )


async def again(site: Site, visit: Visit, refused: Refused | None = None) -> Reply:
    """The page, with what was wrong about a form."""
    passkeys = await asyncio.to_thread(site.accounts.passkeys.list, visit.member)
    left = await asyncio.to_thread(site.accounts.recovery.left, visit.member)
    return site.page(
        visit, "account.html", refused=refused, section="settings", roles=ROLE_TITLES,
        permissions=PERMISSIONS, codes=left, passkeys=passkeys,
    )  # fmt: skip


PLACES: tuple[Place, ...] = (
    Place("/settings/account", account, needs=SIGNED_IN),
    Place("/settings/recovery", take=recovery_codes, needs=SIGNED_IN),
    Place("/settings/password", take=change_password, needs=SIGNED_IN),
)
