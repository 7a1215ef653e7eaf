"""Webhooks on the pages: made, tried out, paused, removed; what became of each message; sending it again."""

import asyncio
import re
from collections.abc import Mapping
from typing import get_args

from dongting.appkit.fields import Text
from dongting.errors import Language, Refused, require
from dongting.http.messages import Reply
from dongting.node.drafting import TYPES
from dongting.node.hooks.codes import UNKNOWN_NAME, reason
from dongting.node.hooks.subscriptions import About, Delivery, Format, Hook, State, Wish
from dongting.node.outward import BAD_ADDRESS
from dongting.node.people.access import ADMINISTER, DEVELOP
from dongting.node.people.codes import NOT_ALLOWED
from dongting.web.places import SIGNED_IN, Place
from dongting.web.site import Site
from dongting.web.texts import marked
from dongting.web.visits import Visit, address

_PAGE = 50
_ADDRESS = re.compile("https?://[!-~]{1,1990}")
HERE = "/settings/webhooks"

FORMATS: Mapping[str, str] = {
    "standard": marked("CloudEvents for a program, signed by Standard Webhooks"),
    "wecom": marked("Group robot of WeCom"),
    "dingtalk": marked("Group robot of DingTalk"),
}
ABOUT: Mapping[str, str] = {
    "own": marked("What this organisation did or is a party of"),
    "all": marked("Everything in the ledger"),
    "notices": marked("What waits for this organisation"),
}
STATES: Mapping[str, str] = {
    "active": marked("sends"),
    "paused": marked("paused"),
    "gone": marked("closed by the receiver"),
}
OUTCOMES: Mapping[str, str] = {
    "waiting": marked("in line"),
    "delivered": marked("delivered"),
    "dead": marked("given up"),
}


async def webhooks(site: Site, visit: Visit) -> Reply:
    """GET /settings/webhooks."""
    return await _list(site, visit)


async def make(site: Site, visit: Visit) -> Reply:
    """POST /settings/webhooks: the secret is shown once, on the answer itself."""
    organisation = _organisation(visit)
    try:
        wish = _wish(visit)
        height = (await site.facade.status()).height
        made, secret = await asyncio.to_thread(
            site.hooks.add, organisation, wish, height, visit.member.person
        )
    except Refused as refused:
        return await _list(site, visit, refused)
    if secret is None:
        return await site.go(visit, f"{HERE}/{made.id}", marked("The webhook is there; try it out."))
    return site.page(visit, "webhook-secret.html", section="settings", hook=made, secret=secret)


async def webhook(site: Site, visit: Visit) -> Reply:
    """GET /settings/webhooks/ID: what was sent, is to be sent or was given up."""
    organisation, id = _organisation(visit), visit.named["id"]
    state = visit.asked("state") if visit.asked("state") in OUTCOMES else None
    before = visit.asked("before")
    below = int(before) if before.isascii() and before.isdigit() and len(before) < 18 else None

    def read() -> tuple[Hook, list[Delivery]]:
        found = site.hooks.one(organisation, id)
        return found, site.hooks.deliveries(organisation, id, state, below, _PAGE + 1)

    found, deliveries = await asyncio.to_thread(read)
    shown = deliveries[:_PAGE]
    further = {"state": state or "", "before": str(shown[-1].number)} if len(deliveries) > _PAGE else None
    return site.page(
        visit, "webhook.html", section="settings", hook=found, state=state or "", deliveries=shown,
        reasons={each.number: reason(each.code, each.facts) for each in shown if each.code is not None},
        formats=FORMATS, about=ABOUT, states=STATES, outcomes=OUTCOMES, types=_types(),
        more=address(f"{HERE}/{id}", further) if further else None,
    )  # fmt: skip


async def test(site: Site, visit: Visit) -> Reply:
    """POST /settings/webhooks/ID/test: a message that tells of nothing."""
    id = visit.named["id"]
    await asyncio.to_thread(site.hooks.test, _organisation(visit), id)
    return await site.go(
        visit, f"{HERE}/{id}", marked("A test message is in line; load this page again to see how it went.")
    )


async def set_state(site: Site, visit: Visit) -> Reply:
    """POST /settings/webhooks/ID/state: pause it, or open it again."""
    organisation, id = _organisation(visit), visit.named["id"]
    wanted: State = "active" if visit.form.get("state") == "active" else "paused"
    found = await asyncio.to_thread(site.hooks.one, organisation, id)
    wish = Wish(
        found.name, found.url, found.format, found.language, found.about, found.types, found.actions, None
    )
    height = (await site.facade.status()).height
    await asyncio.to_thread(
        site.hooks.change, organisation, id, wish, wanted, height, _whatever, visit.member.person
    )
    said = marked("It sends again, from now on.") if wanted == "active" else marked("It sends nothing now.")
    return await site.go(visit, f"{HERE}/{id}", said)


async def rotate(site: Site, visit: Visit) -> Reply:
    """POST /settings/webhooks/ID/rotate: a new secret, shown once."""
    organisation, id = _organisation(visit), visit.named["id"]
    secret = await asyncio.to_thread(site.hooks.rotate, organisation, id, visit.member.person)
    found = await asyncio.to_thread(site.hooks.one, organisation, id)
    return site.page(visit, "webhook-secret.html", section="settings", hook=found, secret=secret)


async def remove(site: Site, visit: Visit) -> Reply:
    """POST /settings/webhooks/ID/remove."""
    await asyncio.to_thread(
        site.hooks.remove, _organisation(visit), visit.named["id"], _whatever, visit.member.person
    )
    return await site.go(visit, HERE, marked("The webhook and its deliveries are gone."))


async def replay(site: Site, visit: Visit) -> Reply:
    """POST /settings/webhooks/ID/deliveries/NUMBER/replay: put a message in line again."""
    id, number = visit.named["id"], visit.named["number"]
    known = int(number) if number.isascii() and number.isdigit() and len(number) < 18 else 0
    await asyncio.to_thread(site.hooks.replay, _organisation(visit), id, known, visit.member.person)
    return await site.go(visit, f"{HERE}/{id}", marked("The message is in line again."))


def _whatever(_: Hook) -> None:
    """The page changes a webhook however it is now."""


def _organisation(visit: Visit) -> str:
    """The organisation acted for, whose interfaces the visitor may manage: addresses of robots hold keys."""
    actor = visit.member
    require(actor.may(DEVELOP) or actor.may(ADMINISTER), NOT_ALLOWED, permission=DEVELOP)
    return visit.organisation


def _types() -> dict[str, Text]:
    """What records are called, by type."""
    return {name: declared.title for name, declared in TYPES.items()}


def _wish(visit: Visit) -> Wish:
    form = visit.form
    url, types = form.get("url"), form.all("type")
    require(_ADDRESS.fullmatch(url), BAD_ADDRESS, url=url[:80], why="it is not well formed")
    for name in types:
        require(name in TYPES, UNKNOWN_NAME, name=name[:80])
    format: Format = next((each for each in get_args(Format) if each == form.get("format")), "standard")
    about: About = next((each for each in get_args(About) if each == form.get("about")), "own")
    language: Language = "en" if form.get("language") == "en" else "zh"
    name = " ".join(form.get("name").split())[:80]
    return Wish(name, url, format, language, about, tuple(types), (), form.get("secret") or None)


async def _list(site: Site, visit: Visit, refused: Refused | None = None) -> Reply:
    found = await asyncio.to_thread(site.hooks.all, _organisation(visit))
    return site.page(
        visit, "webhooks.html", refused=refused, section="settings", hooks=found, formats=FORMATS,
        about=ABOUT, states=STATES, types=_types(), form=visit.form,
    )  # fmt: skip


_ONE = HERE + "/{id}"
PLACES: tuple[Place, ...] = (
    Place(HERE, webhooks, make, needs=SIGNED_IN),
    Place(_ONE, webhook, needs=SIGNED_IN),
    Place(_ONE + "/test", take=test, needs=SIGNED_IN),
    Place(_ONE + "/state", take=set_state, needs=SIGNED_IN),
    Place(_ONE + "/rotate", take=rotate, needs=SIGNED_IN),
    Place(_ONE + "/remove", take=remove, needs=SIGNED_IN),
    Place(_ONE + "/deliveries/{number}/replay", take=replay, needs=SIGNED_IN),
)
