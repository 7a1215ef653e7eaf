"""Signing in and out, using a link that works once, and acting for another of one's organisations."""

import asyncio
from typing import Any

from dongting.errors import Refused, require
from dongting.http.messages import Reply
from dongting.node.people.codes import BAD_LINK, LOCKED_OUT, SIGN_IN_FAILED
from dongting.web.places import SIGNED_IN, Place
from dongting.web.site import Site
from dongting.web.texts import marked
from dongting.web.visits import Visit, local, session_cookie


async def signin(site: Site, visit: Visit) -> Reply:
    """GET /signin."""
    if visit.actor is not None:
        return await site.go(visit, local(visit.asked("next")))
    return site.page(visit, "signin.html", section="signin", login="", next=visit.asked("next"))


async def take_signin(site: Site, visit: Visit) -> Reply:
    """POST /signin."""
    form, entrance = visit.form, site.accounts.entrance
    login, following = form.get("login")[:64], form.get("next")
    before = visit.session.token if visit.session is not None else None
    try:
        token = await asyncio.to_thread(entrance.sign_in, login, form.raw("password"), visit.client, before)
    except Refused as refused:
        require(refused.code in (SIGN_IN_FAILED, LOCKED_OUT), refused.code, **refused.facts)
        return site.page(visit, "signin.html", refused=refused, section="signin", login=login, next=following)
    return entered(site, token, local(following) if following else "/desk")


async def recover(site: Site, visit: Visit) -> Reply:
    """GET /recover."""
    return site.page(visit, "recover.html", section="signin", login="")


async def take_recover(site: Site, visit: Visit) -> Reply:
    """POST /recover: a new password by a code, and a session."""
    form, login = visit.form, visit.form.get("login")[:64]
    try:
        id = await asyncio.to_thread(
            site.accounts.recovery.use, login, form.raw("code"), form.raw("password"), visit.client
        )
    except Refused as refused:
        return site.page(visit, "recover.html", refused=refused, section="signin", login=login)
    return await enter(site, visit, id, "recovery-code")


async def signout(site: Site, visit: Visit) -> Reply:
    """POST /signout."""
    if visit.session is not None:
        await asyncio.to_thread(site.accounts.entrance.sign_out, visit.session, visit.client)
    gone = session_cookie("", secure=site.secure)
    return Reply(303, b"", None, [("location", "/"), ("cache-control", "no-store"), gone])


async def switch(site: Site, visit: Visit) -> Reply:
    """POST /switch."""
    assert visit.session is not None
    wanted = visit.form.get("organisation")
    await asyncio.to_thread(site.accounts.entrance.switch, visit.session, wanted)
    return await site.go(
        visit, local(visit.form.get("next")), marked("You now act for %(organisation)s."),
        organisation=site.called(wanted).best(visit.language),
    )  # fmt: skip


async def link(site: Site, visit: Visit) -> Reply:
    """GET /setup?link=SECRET: begin an account, join an organisation, or choose a new password."""
    secret = visit.asked("link")
    return _link_page(site, visit, secret, await asyncio.to_thread(site.accounts.staff.opened, secret), {})


async def take_link(site: Site, visit: Visit) -> Reply:
    """POST /setup."""
    staff, form = site.accounts.staff, visit.form
    secret, password = form.get("link"), form.raw("password")
    found = await asyncio.to_thread(staff.opened, secret)
    told = {name: form.get(name) for name in ("login", "name", "email")}
    try:
        if form.get("join") and visit.session is not None:
            require(found.purpose != "reset", BAD_LINK)
            joined = await asyncio.to_thread(staff.join, secret, visit.session.actor)
            await asyncio.to_thread(site.accounts.entrance.switch, await _again(site, visit), joined)
            return await site.go(
                visit, "/settings/account", marked("You now act for %(organisation)s."),
                organisation=site.called(joined).best(visit.language),
            )  # fmt: skip
        if found.purpose == "reset":
            id = await asyncio.to_thread(staff.reset, secret, password)
        else:
            id = await asyncio.to_thread(staff.enrol, secret, password=password, **told)
    except Refused as refused:
        return _link_page(site, visit, secret, found, told, refused)
    return await enter(site, visit, id, "link")


async def _again(site: Site, visit: Visit) -> Any:
    """The visitor's session as it is now, with the organisation just joined."""
    assert visit.session is not None
    return await asyncio.to_thread(site.accounts.entrance.find, visit.session.token)


def _link_page(
    site: Site, visit: Visit, secret: str, found: Any, told: dict[str, str], refused: Refused | None = None
) -> Reply:
    reply = site.page(visit, "setup.html", refused=refused, link=found, secret=secret, told=told, section="")
    # The address holds a secret: nothing of the page is kept.
    reply.fields = [(name, "no-store" if name == "cache-control" else value) for name, value in reply.fields]
    return reply


async def enter(site: Site, visit: Visit, id: str, by: str, target: str = "/settings/account") -> Reply:
    """A session for a person who has shown who they are, which replaces the one that was there."""
    before = visit.session.token if visit.session is not None else None
    token = await asyncio.to_thread(site.accounts.entrance.enter, id, visit.client, by, before)
    return entered(site, token, target)


def entered(site: Site, token: str, target: str) -> Reply:
    """To a place of this site, with the cookie of a new session."""
    mine = session_cookie(token, secure=site.secure)
    return Reply(303, b"", None, [("location", target), ("cache-control", "no-store"), mine])


PLACES: tuple[Place, ...] = (
    Place("/signin", signin, take_signin),
    Place("/recover", recover, take_recover),
    Place("/signout", take=signout),
    Place("/switch", take=switch, needs=SIGNED_IN),
    Place("/setup", link, take_link),
)
