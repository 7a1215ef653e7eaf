"""What an organisation has and does, one page for each kind: requests, agreements, deliveries and the others.

Each shelf is a list of one type of record, seen from one side or the other.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from dongting.appkit.app import COLLECTIVE, FOUNDER
from dongting.appkit.fields import Text
from dongting.http.messages import Reply
from dongting.node.drafting import ACTIONS, TYPES
from dongting.node.people.access import READ
from dongting.node.warrants import may
from dongting.store.rows import Row
from dongting.web.desk.overview import Item, item
from dongting.web.desk.shown import Shown
from dongting.web.desk.standing import caught_up, offices
from dongting.web.desk.steps import page_of
from dongting.web.places import Place
from dongting.web.site import Site
from dongting.web.texts import marked
from dongting.web.visits import Visit, address

PAGE = 25
IMPORT = Text(en="Import a catalogue", zh="导入目录")


@dataclass(frozen=True, slots=True)
class Side:
    """One tab: its name in the address, what it is called, and the field that must name the organisation
    (None: no matter whose)."""

    name: str
    title: str
    field: str | None


@dataclass(frozen=True, slots=True)
class Shelf:
    """One page: its path, the type of its records, its sides, what it says when it is empty, what begins a
    record of it, and the field whose moment matters."""

    path: str
    type: str
    title: str
    sides: tuple[Side, ...]
    empty: str
    begins: tuple[str, ...] = ()
    moment: str = ""


_EVERYBODY = Side("all", marked("Of everybody"), None)
SHELVES: tuple[Shelf, ...] = (
    Shelf(
        "/requests", "sharing.negotiation", marked("Requests"),
        (Side("in", marked("To your organisation"), "provider"),
         Side("out", marked("From your organisation"), "consumer")),
        marked("A request begins at a dataset: open one and ask for it."), moment="due",
    ),
    Shelf(
        "/agreements", "sharing.agreement", marked("Agreements"),
        (Side("in", marked("You receive"), "consumer"), Side("out", marked("You provide"), "provider")),
        marked("An agreement comes from a request that both sides signed."), moment="end",
    ),
    Shelf(
        "/deliveries", "sharing.transfer", marked("Deliveries"),
        (Side("in", marked("You receive"), "consumer"), Side("out", marked("You provide"), "provider")),
        marked("Deliveries are made under agreements."), moment="due",
    ),
    Shelf(
        "/objections", "sharing.objection", marked("Objections"),
        (Side("in", marked("To your data"), "provider"),
         Side("out", marked("By your organisation"), "consumer")),
        marked("Whoever finds an error in delivered data objects on the page of that delivery."),
        moment="due",
    ),
    Shelf(
        "/datasets", "catalogue.dataset", marked("Datasets"),
        (_EVERYBODY, Side("own", marked("Of your organisation"), "publisher")),
        marked("Nothing has been published yet."), ("catalogue/publish",),
    ),
    Shelf(
        "/evidence", "evidence.evidence", marked("Evidence"),
        (Side("own", marked("Of your organisation"), "owner"), _EVERYBODY),
        marked("Register the hash of a file, and prove later that it existed unchanged."),
        ("evidence/register",),
    ),
    Shelf(
        "/proposals", "governance.proposal", marked("Proposals"), (_EVERYBODY,),
        marked("What only the founders together may do is proposed here, and they vote."), (), "deadline",
    ),
)  # fmt: skip


def page(shelf: Shelf) -> Callable[[Site, Visit], Awaitable[Reply]]:
    """The page of a shelf."""

    async def show(site: Site, visit: Visit) -> Reply:
        return await _shelf(site, visit, shelf)

    show.__name__ = shelf.path.strip("/")
    return show


async def _shelf(site: Site, visit: Visit, shelf: Shelf) -> Reply:
    await caught_up(site, visit)
    declared = TYPES[shelf.type]
    side = next((one for one in shelf.sides if one.name == visit.asked("side")), shelf.sides[0])
    words = visit.asked("q") if declared.searched else ""
    state = visit.asked("state")
    flow = declared.workflow
    state = state if flow is not None and state in flow.states else ""
    wanted: dict[str, Any] = {side.field: visit.organisation} if side.field else {}
    if state and flow is not None:
        wanted[flow.field] = state
    shown = Shown(site, site.tongues[visit.language])

    def read() -> dict[str, Any]:
        cursor = visit.asked("cursor") or None
        views = site.views
        if words:
            found = views.search(words, (shelf.type,), wanted, cursor=cursor, limit=PAGE)
        else:
            found = views.list(shelf.type, wanted, cursor=cursor, limit=PAGE)
        shown.expect(msgspec.json.decode(row.body) for row in found.rows)
        query = {"side": side.name, "q": words, "state": state}
        return {
            "items": [_item(shown, visit, shelf, row) for row in found.rows],
            "number": views.count(shelf.type, wanted, text=words),
            "more": address(shelf.path, {**query, "cursor": found.cursor}) if found.cursor else None,
            "start": address(shelf.path, query), "first": cursor is None,
        }  # fmt: skip

    found = await site.read(read)
    proposes = []
    if shelf.type == "governance.proposal" and await asyncio.to_thread(_founds, site, visit):
        collective = [one for one in ACTIONS.values() if one.by == {COLLECTIVE} and may(visit.member, one)]
        proposes = [(one.title, page_of(one, {})) for one in collective]
    begins = [
        (ACTIONS[name].title, page_of(ACTIONS[name], {}))
        for name in shelf.begins
        if may(visit.member, ACTIONS[name])
    ]
    if begins and "catalogue/publish" in shelf.begins:
        begins.append((IMPORT, "/import"))
    return site.page(
        visit, "shelf.html", section="desk", shelf=shelf, side=side, words=words, state=state, flow=flow,
        declared=declared, begins=begins, proposes=proposes, **found,
    )  # fmt: skip


def _founds(site: Site, visit: Visit) -> bool:
    return FOUNDER in offices(site.views, visit.organisation)


def _item(shown: Shown, visit: Visit, shelf: Shelf, row: Row) -> Item:
    body = msgspec.json.decode(row.body)
    return item(shown, visit, row, body.get(shelf.moment) if shelf.moment else row.time)


PLACES: tuple[Place, ...] = tuple(Place(shelf.path, page(shelf), needs=READ) for shelf in SHELVES)
