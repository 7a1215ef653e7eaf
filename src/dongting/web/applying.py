"""Joining hosted: the public form, and the desk of whoever may admit."""

import asyncio

from dongting.errors import Refused
from dongting.http.messages import Reply
from dongting.node.custodian import LOCKED
from dongting.node.people.access import APPROVE
from dongting.node.people.admitting import admit, require_decider
from dongting.node.people.applications import LARGEST, Applicant
from dongting.node.people.codes import BAD_APPLICATION
from dongting.web import members
from dongting.web.places import Place
from dongting.web.site import Site
from dongting.web.texts import marked
from dongting.web.visits import Visit, address

STATES = {
    "waiting": marked("Waits for a decision"),
    "proposed": marked("Proposed to the founders"),
    "admitted": marked("Admitted"),
    "declined": marked("Declined"),
}
_FIELDS = ("organisation", "kind", "name_zh", "name_en", "credit_code", "region", "contact", "email")


async def form(site: Site, visit: Visit) -> Reply:
    """GET /join/apply."""
    return site.page(visit, "apply.html", section="join", kinds=members.KINDS, told={}, sent=None)


async def apply(site: Site, visit: Visit) -> Reply:
    """POST /join/apply."""
    told = {name: visit.form.get(name) for name in _FIELDS}
    given = Applicant(**{**told, "credit_code": told["credit_code"].upper()})
    document = visit.form.file("document")
    try:
        if await asyncio.to_thread(members.organisation, site.views, given.organisation) is not None:
            raise Refused(BAD_APPLICATION, why_en="the id is taken", why_zh="编号已被使用")
        sent = await asyncio.to_thread(
            site.accounts.applications.apply, given, document.data if document else b"",
            frozenset(members.KINDS), visit.client,
        )  # fmt: skip
    except Refused as refused:
        return site.page(
            visit, "apply.html", refused=refused, section="join", kinds=members.KINDS, told=told, sent=None
        )
    return site.page(visit, "apply.html", section="join", kinds=members.KINDS, told={}, sent=sent)


async def applications(site: Site, visit: Visit) -> Reply:
    """GET /applications."""
    await _decider(site, visit)
    found = await asyncio.to_thread(site.accounts.applications.list)
    return site.page(
        visit, "applications.html", section="desk", applications=found, states=STATES, kinds=members.KINDS
    )


async def application(site: Site, visit: Visit) -> Reply:
    """GET /applications/ID."""
    return await _one(site, visit)


async def document(site: Site, visit: Visit) -> Reply:
    """GET /applications/ID/document: as a download, which no browser runs."""
    await _decider(site, visit)
    data, kind = await asyncio.to_thread(site.accounts.applications.document, visit.named["id"])
    name = f"document.{kind.partition('/')[2]}"
    saved = ("content-disposition", f'attachment; filename="{name}"')
    return Reply(200, data, kind, [("cache-control", "no-store"), saved])


async def take(site: Site, visit: Visit) -> Reply:
    """POST /applications/ID/admit: keys are made, the statement is signed, the link is shown once."""
    await _decider(site, visit)
    id = visit.named["id"]
    try:
        if site.agents is None:
            raise Refused(LOCKED, organisation=visit.organisation)
        done = await admit(
            site.accounts, site.agents, site.views, visit.member, visit.organisation, visit.language, id
        )
    except Refused as refused:
        return await _one(site, visit, refused)
    link = site.url + address("/setup", {"link": done.secret})
    title = STATES[done.state]
    return site.page(visit, "link.html", section="desk", link=link, title=title, back="/applications")


async def decline(site: Site, visit: Visit) -> Reply:
    """POST /applications/ID/decline."""
    await _decider(site, visit)
    decide = site.accounts.applications.decide
    reason = visit.form.get("reason")
    await asyncio.to_thread(decide, visit.named["id"], "declined", visit.member, visit.organisation, reason)
    return await site.go(visit, "/applications", marked("The application is declined."))


async def _one(site: Site, visit: Visit, refused: Refused | None = None) -> Reply:
    await _decider(site, visit)
    found = await asyncio.to_thread(site.accounts.applications.one, visit.named["id"])
    return site.page(
        visit, "application.html", refused=refused, section="desk", application=found, states=STATES,
        kinds=members.KINDS, region=members.region_name,
    )  # fmt: skip


async def _decider(site: Site, visit: Visit) -> None:
    await require_decider(site.accounts, site.views, visit.organisation)


PLACES: tuple[Place, ...] = (
    Place("/join/apply", form, apply, most=LARGEST + 64 * 1024),
    Place("/applications", applications, needs=APPROVE),
    Place("/applications/{id}", application, needs=APPROVE),
    Place("/applications/{id}/document", document, needs=APPROVE),
    Place("/applications/{id}/admit", take=take, needs=APPROVE),
    Place("/applications/{id}/decline", take=decline, needs=APPROVE),
)
