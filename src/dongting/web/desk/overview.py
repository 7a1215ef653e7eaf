"""The first page after signing in: what waits, what runs out soon, what changed, what one can begin."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from markupsafe import Markup

from dongting.appkit.app import COLLECTIVE, SUPERVISOR
from dongting.http.messages import Reply
from dongting.node.drafting import ACTIONS, TYPES
from dongting.node.people.access import READ
from dongting.node.warrants import may
from dongting.store.fields import PARTY
from dongting.store.rows import Row
from dongting.store.views import Views
from dongting.web.desk.shown import Shown, where
from dongting.web.desk.standing import caught_up, offices
from dongting.web.desk.steps import page_of
from dongting.web.places import Place
from dongting.web.site import Site
from dongting.web.visits import Visit

SOON = 45 * 86_400  # seconds
WAITING, RECENT, ENDING = 12, 8, 6
AGREEMENT = "sharing.agreement"
#: What people begin most often, with the page of each.
_BEGIN = ("catalogue/publish", "sharing/request", "evidence/register", "governance/propose")


@dataclass(frozen=True, slots=True)
class Item:
    """A record in a list: where it is, what it is and what it is about, its state, a moment, and lateness."""

    address: str
    kind: str
    title: Markup
    about: Markup
    state: Markup
    moment: int | None = None
    late: bool = False


async def desk(site: Site, visit: Visit) -> Reply:
    """GET /desk."""
    await caught_up(site, visit)
    organisation = visit.organisation
    shown = Shown(site, site.tongues[visit.language])

    def read() -> dict[str, Any]:
        now = int(time.time())
        waits = site.views.waiting(organisation, now, limit=WAITING)
        ends = ending(site.views, organisation, now)
        newest = recent(site.views, organisation)
        known = [*(one.row for one in waits.items), *ends, *newest]
        shown.expect(msgspec.json.decode(row.body) for row in known)
        return {
            "second": site.accounts.sign_offs.list(organisation, waiting=True),
            "waiting": [item(shown, visit, one.row, one.due, one.overdue) for one in waits.items],
            "more": waits.cursor is not None,
            "ending": [item(shown, visit, row, msgspec.json.decode(row.body)["end"]) for row in ends],
            "supervises": SUPERVISOR in offices(site.views, organisation),
            "recent": [item(shown, visit, row, row.time) for row in newest],
        }

    found = await site.read(read)
    return site.page(visit, "desk.html", section="desk", begin=list(begin(visit)), actions=ACTIONS, **found)


def item(shown: Shown, visit: Visit, row: Row, moment: int | None, late: bool = False) -> Item:
    """A record as a line of a list."""
    declared = TYPES[row.type]
    body = msgspec.json.decode(row.body)
    others = [
        shown.organisation(str(body[name]))
        for name in declared.parties
        if isinstance(body.get(name), str) and body[name] != visit.organisation
    ]
    return Item(
        where(row.type, row.id), declared.title.best(visit.language),
        shown.title(declared, row.id, body), Markup(" · ").join(others), shown.state(declared, body),
        moment, late,
    )  # fmt: skip


def ending(views: Views, organisation: str, now: int) -> list[Row]:
    """Agreements of an organisation in force that end soon, the next first."""
    filters = {PARTY: organisation, "state": ("ACTIVE", "SUSPENDED")}
    page = views.list(AGREEMENT, filters, order="end", descending=False, beyond=now, limit=ENDING)
    return [row for row in page.rows if msgspec.json.decode(row.body)["end"] < now + SOON]


def recent(views: Views, organisation: str) -> Sequence[Row]:
    """What changed last of all records that concern an organisation."""
    types = [declared.name for declared in TYPES.values() if declared.parties]
    return views.newest(types, PARTY, organisation, RECENT)


def begin(visit: Visit) -> Iterator[tuple[Any, str, str]]:
    """The title of each thing to begin, its page and its name."""
    for name in _BEGIN:
        action = ACTIONS[name]
        if may(visit.member, action) and action.by != {COLLECTIVE}:
            page = {"sharing/request": "/datasets", "governance/propose": "/proposals"}.get(name)
            yield action.title, page or page_of(action, {}), name


PLACES: tuple[Place, ...] = (Place("/desk", desk, needs=READ),)
