"""The people of an organisation, for its administrators: invite, give roles, let go."""

import asyncio
from collections.abc import Sequence

from dongting.errors import Refused
from dongting.http.messages import Reply
from dongting.node.people.access import ADMINISTER, PERMISSIONS, ROLE_TITLES, ROLES
from dongting.web.places import Place
from dongting.web.site import Site
from dongting.web.texts import marked
from dongting.web.visits import Visit, address


async def people(site: Site, visit: Visit) -> Reply:
    """GET /settings/people."""
    return await _list(site, visit, ())


async def invite(site: Site, visit: Visit) -> Reply:
    """POST /settings/people: the link of an invitation is shown once, on the answer itself."""
    roles = visit.form.all("role")
    try:
        secret = await asyncio.to_thread(site.accounts.staff.invite, visit.organisation, roles, visit.member)
    except Refused as refused:
        return await _list(site, visit, roles, refused)
    return _shown(site, visit, secret, marked("Invitation"))


async def person(site: Site, visit: Visit) -> Reply:
    """GET /settings/people/ID."""
    return await _one(site, visit)


async def set_roles(site: Site, visit: Visit) -> Reply:
    """POST /settings/people/ID: other roles."""
    return await _change(
        site, visit, visit.form.all("role") or ["none"], marked("The roles of %(name)s are changed.")
    )


async def let_go(site: Site, visit: Visit) -> Reply:
    """POST /settings/people/ID/leave."""
    return await _change(site, visit, (), marked("%(name)s no longer acts for this organisation."))


async def reset(site: Site, visit: Visit) -> Reply:
    """POST /settings/people/ID/reset: a link to a new password, shown once."""
    id = visit.named["id"]
    try:
        secret = await asyncio.to_thread(site.accounts.staff.reset_link, visit.organisation, id, visit.member)
    except Refused as refused:
        return await _one(site, visit, refused)
    return _shown(site, visit, secret, marked("New password"))


async def _change(site: Site, visit: Visit, roles: Sequence[str], message: str) -> Reply:
    staff, id = site.accounts.staff, visit.named["id"]
    found = await asyncio.to_thread(staff.one, visit.organisation, id)
    try:
        await asyncio.to_thread(staff.set_roles, visit.organisation, id, roles, visit.member)
    except Refused as refused:
        return await _one(site, visit, refused)
    return await site.go(visit, "/settings/people", message, name=found.name)


async def _list(site: Site, visit: Visit, chosen: Sequence[str], refused: Refused | None = None) -> Reply:
    found = await asyncio.to_thread(site.accounts.staff.people, visit.organisation)
    return site.page(
        visit, "people.html", refused=refused, section="settings", people=found, titles=ROLE_TITLES,
        roles=ROLES, permissions=PERMISSIONS, chosen=chosen,
    )  # fmt: skip


async def _one(site: Site, visit: Visit, refused: Refused | None = None) -> Reply:
    found = await asyncio.to_thread(site.accounts.staff.one, visit.organisation, visit.named["id"])
    return site.page(
        visit, "person.html", refused=refused, section="settings", person=found, titles=ROLE_TITLES,
        roles=ROLES, permissions=PERMISSIONS,
    )  # fmt: skip


def _shown(site: Site, visit: Visit, secret: str, title: str) -> Reply:
    link = site.url + address("/setup", {"link": secret})
    return site.page(visit, "link.html", section="settings", link=link, title=title)


PLACES: tuple[Place, ...] = (
    Place("/settings/people", people, invite, needs=ADMINISTER),
    Place("/settings/people/{id}", person, set_roles, needs=ADMINISTER),
    Place("/settings/people/{id}/leave", take=let_go, needs=ADMINISTER),
    Place("/settings/people/{id}/reset", take=reset, needs=ADMINISTER),
)
