"""Approvals by two people on the pages: what waits for a second person, and what needs one."""

import asyncio

from dongting.errors import Refused
from dongting.http.messages import Reply
from dongting.node.drafting import ACTIONS
from dongting.node.installed import APPS
from dongting.node.people import seconding
from dongting.node.people.access import ADMINISTER, READ
from dongting.node.people.two_people import WITH_ANY
from dongting.web.desk.acting import readers_of
from dongting.web.desk.shown import where
from dongting.web.desk.standing import as_organisation
from dongting.web.places import Place
from dongting.web.site import Site
from dongting.web.texts import marked
from dongting.web.visits import Visit


async def sign_offs(site: Site, visit: Visit) -> Reply:
    """GET /sign-offs."""
    found = await asyncio.to_thread(site.accounts.sign_offs.list, visit.organisation)
    return site.page(visit, "sign-offs.html", section="desk", offs=found, actions=ACTIONS)


async def sign_off(site: Site, visit: Visit) -> Reply:
    """GET /sign-offs/ID: what will be signed, as the first person saw it."""
    return await _page(site, visit)


async def decide(site: Site, visit: Visit) -> Reply:
    """POST /sign-offs/ID: confirm, reject or withdraw."""
    step = visit.form.get("step")
    try:
        if step == "confirm":
            return await _confirmed(site, visit)
        return await _ended(site, visit, withdraws=step == "withdraw")
    except Refused as refused:
        return await _page(site, visit, refused)


async def two_people(site: Site, visit: Visit) -> Reply:
    """GET /settings/two-people."""
    return await _rule(site, visit)


async def choose(site: Site, visit: Visit) -> Reply:
    """POST /settings/two-people: these actions and no others."""
    change = site.accounts.two_people.change
    try:
        await asyncio.to_thread(change, visit.organisation, visit.form.all("action"), visit.member)
    except Refused as refused:
        return await _rule(site, visit, refused)
    return await site.go(visit, "/settings/two-people", marked("Saved."))


async def _confirmed(site: Site, visit: Visit) -> Reply:
    id, seen, member = visit.named["id"], visit.form.get("seen"), visit.member
    done = await as_organisation(
        site, visit, lambda client: seconding.confirm(site.accounts, client, member, id, seen)
    )
    found = await asyncio.to_thread(site.accounts.sign_offs.one, visit.organisation, id)
    type, _, record = found.subject.partition("/")
    title = ACTIONS[found.action].title.best(visit.language)
    message = marked("Signed: %(title)s. Log entry %(index)s.")
    target = f"{where(type, record)}?at={done.height}"
    return await site.go(visit, target, message, title=title, index=str(done.index))


async def _ended(site: Site, visit: Visit, *, withdraws: bool) -> Reply:
    id, organisation, accounts = visit.named["id"], visit.organisation, site.accounts
    if withdraws:
        await asyncio.to_thread(accounts.sign_offs.withdraw, visit.member, organisation, id)
        return await site.go(visit, f"/sign-offs/{id}", marked("Withdrawn: nothing is signed."))
    reason = visit.form.get("reason")
    await asyncio.to_thread(seconding.reject, accounts, visit.member, organisation, id, reason)
    return await site.go(visit, f"/sign-offs/{id}", marked("Rejected: nothing is signed."))


async def _page(site: Site, visit: Visit, refused: Refused | None = None) -> Reply:
    id, accounts = visit.named["id"], site.accounts
    found = await asyncio.to_thread(accounts.sign_offs.one, visit.organisation, id)
    content = await as_organisation(site, visit, lambda client: seconding.content_of(accounts, client, id))
    seen = content.zh if visit.language == "zh" else content.en
    return site.page(
        visit, "sign-off.html", refused=refused, section="desk", off=found, seen=seen,
        readers=readers_of(site, seen), action=ACTIONS[found.action],
        decides=seconding.may_decide(visit.member, found),
    )  # fmt: skip


async def _rule(site: Site, visit: Visit, refused: Refused | None = None) -> Reply:
    found = await asyncio.to_thread(site.accounts.two_people.rule, visit.organisation)
    return site.page(
        visit, "two-people.html", refused=refused, section="settings", with_any=WITH_ANY,
        ruled={one.action: one for one in found},
        groups=[(app.title, list(app.actions.values())) for app in APPS],
    )  # fmt: skip


PLACES: tuple[Place, ...] = (
    Place("/sign-offs", sign_offs, needs=READ),
    Place("/sign-offs/{id}", sign_off, decide, needs=READ),
    Place("/settings/two-people", two_people, choose, needs=ADMINISTER),
)
