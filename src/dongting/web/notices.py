"""Notices to the organisation acted for, and how the node is: what a person has to know."""

import asyncio
import time

from dongting.errors import Refused
from dongting.http.messages import Reply
from dongting.node.health import findings
from dongting.node.notices.book import KINDS
from dongting.node.people.access import READ, Actor
from dongting.web.places import Place
from dongting.web.site import Site
from dongting.web.texts import marked
from dongting.web.visits import Visit, address

_PAGE = 50
_REMEMBERED = 3.0  # seconds for which the number in the menu is not counted again
_MOST = 10_000  # people whose number is remembered


class Unread:
    """How many notices each person has not read, for the menu of every page."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[float, int]] = {}

    def number(self, site: Site, actor: Actor) -> int:
        """At most 99; a few seconds old."""
        if actor.organisation is None or not actor.may(READ):
            return 0
        key, now = (actor.person, actor.organisation), time.monotonic()
        since, number = self._known.get(key, (-_REMEMBERED, 0))
        if now - since >= _REMEMBERED:
            number = site.book.unread(*key)
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[key] = (now, number)
        return number

    def forget(self, person: str, organisation: str) -> None:
        """Count again next time."""
        self._known.pop((person, organisation), None)


async def notices(site: Site, visit: Visit) -> Reply:
    """GET /notices: the newest first."""
    before = visit.asked("before")
    below = int(before) if before.isascii() and before.isdigit() and len(before) < 18 else None
    organisation, person = visit.organisation, visit.member.person
    found = await asyncio.to_thread(site.book.newest, organisation, (), below, _PAGE + 1)
    reader = await asyncio.to_thread(site.book.reader, person, organisation)
    shown = found[:_PAGE]
    more = address("/notices", {"before": str(shown[-1].number)}) if len(found) > _PAGE else None
    return site.page(
        visit, "notices.html", section="desk", notices=shown, seen=reader.seen, words=site.words,
        more=more, first=below is None,
    )  # fmt: skip


async def read(site: Site, visit: Visit) -> Reply:
    """POST /notices: all up to a number are read."""
    number = visit.form.get("number")
    organisation, person = visit.organisation, visit.member.person
    if number.isascii() and number.isdigit() and len(number) < 18:
        newest = await asyncio.to_thread(site.book.newest, organisation, (), None, 1)
        last = newest[0].number if newest else 0
        before = await asyncio.to_thread(site.book.reader, person, organisation)
        seen = max(before.seen, min(int(number), last))
        await asyncio.to_thread(lambda: site.book.change(person, organisation, seen=seen))
        site.unread.forget(person, organisation)
    return await site.go(visit, "/notices")


async def choices(site: Site, visit: Visit) -> Reply:
    """GET /settings/notices."""
    return await _choices(site, visit)


async def choose(site: Site, visit: Visit) -> Reply:
    """POST /settings/notices."""
    form = visit.form
    wanted: dict[str, str] = {kind: form.get(kind) for kind in KINDS}
    try:
        await asyncio.to_thread(
            site.book.choose, visit.member.person, visit.organisation, form.get("language"), wanted
        )
    except Refused as refused:
        return await _choices(site, visit, refused)
    return await site.go(visit, "/settings/notices", marked("Your choice is noted."))


async def _choices(site: Site, visit: Visit, refused: Refused | None = None) -> Reply:
    reader = await asyncio.to_thread(site.book.reader, visit.member.person, visit.organisation)
    people = await asyncio.to_thread(site.accounts.staff.people, visit.organisation)
    own = next((one.email for one in people if one.id == visit.member.person), "")
    return site.page(
        visit, "notice-choices.html", refused=refused, section="settings", kinds=KINDS, reader=reader,
        mail=own, sends=site.mails,
    )  # fmt: skip


async def health(site: Site, visit: Visit) -> Reply:
    """GET /settings/health: what works, what is stuck and why, and what to do."""
    found = await findings(site.facade, site.views, site.book.database, site.home, visit.member.organisation)
    return site.page(visit, "health.html", section="settings", findings=found)


PLACES: tuple[Place, ...] = (
    Place("/notices", notices, read, needs=READ),
    Place("/settings/health", health, needs=READ),
    Place("/settings/notices", choices, choose, needs=READ),
)
