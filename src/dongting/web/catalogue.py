"""The open catalogue for people: search and facets, and the page of one dataset."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from dongting.appkit.fields import Text
from dongting.apps.catalogue.vocabulary import (
    COLUMN_TYPES,
    DISTRIBUTIONS,
    FREQUENCIES,
    GRADES,
    OPENING_ATTRIBUTES,
    SHARING_ATTRIBUTES,
    THEMES,
)
from dongting.errors import Refused
from dongting.http.codes import NOT_FOUND
from dongting.http.messages import Reply
from dongting.store.rows import Facets
from dongting.web import descriptions, members, offers
from dongting.web.figures import look
from dongting.web.offers import Wish
from dongting.web.site import Site
from dongting.web.texts import Tongue, marked
from dongting.web.visits import Visit, address

#: What the choices of a dataset mean, for everybody.
VOCABULARY: Mapping[str, Mapping[str, Text]] = {
    "theme": THEMES,
    "frequency": FREQUENCIES,
    "sharing": SHARING_ATTRIBUTES,
    "opening": OPENING_ATTRIBUTES,
    "grade": GRADES,
    "column": COLUMN_TYPES,
    "distribution": DISTRIBUTIONS,
}
FACET_TITLES: Mapping[str, str] = {
    "theme": marked("Theme"),
    "publisher": marked("Publisher"),
    "region": marked("Region"),
    "frequency": marked("Update frequency"),
    "opening": marked("Opening to the public"),
    "sharing": marked("Sharing between departments"),
}
MEANINGS: Mapping[str, str] = {
    "opening-unconditional": marked("Everybody may have it."),
    "opening-conditional": marked("Whoever accepts the publisher’s conditions may have it."),
    "sharing-unconditional": marked("Every department may have it."),
    "sharing-conditional": marked("Departments may have it under conditions, or parts of it."),
    "sharing-not-shared": marked("Other departments do not get it."),
    "grade-general-1": marked("General data, the lowest of four levels."),
    "grade-general-2": marked("General data, the second of four levels."),
    "grade-general-3": marked("General data, the third of four levels."),
    "grade-general-4": marked("General data, the highest of four levels."),
    "grade-important": marked(
        "Important data: misuse could endanger security, the economy or public health."
    ),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a facet: its name, how many datasets have it, where it leads, whether it is chosen."""

    name: str
    number: int
    address: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """What the list can be narrowed by. Not `exact`: counted among the newest datasets only."""

    title: str
    choices: list[Choice]
    exact: bool


async def catalogue(site: Site, visit: Visit) -> Reply:
    """GET /catalogue."""
    wish = offers.wish_of(visit.head.asked)
    cursor = visit.asked("cursor") or None

    def read() -> dict[str, Any]:
        page = offers.offers(site.views, wish, cursor)
        tongue = site.tongues[visit.language]
        counted = offers.survey(site.views, wish)
        return {
            "datasets": page.datasets,
            "names": site.names([one.publisher for one in page.datasets]),
            "number": counted.count,
            "facets": [_facet(site, tongue, wish, name, counted.facets[name]) for name in offers.FACETS],
            "more": address("/catalogue", {**_query(wish), "cursor": page.cursor or ""})
            if page.cursor
            else None,
        }

    found = await site.read(read)
    return site.page(
        visit, "catalogue.html", section="catalogue", wish=wish, first=cursor is None,
        vocabulary=VOCABULARY, region=members.region_name, **found,
    )  # fmt: skip


async def dataset(site: Site, visit: Visit) -> Reply:
    """GET /catalogue/ID, or its description for machines."""
    id = visit.named["id"]
    if id.endswith((".jsonld", ".ttl")):
        try:
            return await descriptions.dataset(site, visit)
        except Refused:
            pass  # an id may end like that too

    def read() -> dict[str, Any]:
        found = offers.offer(site.views, id)
        if found is None:
            raise Refused(NOT_FOUND)
        return {
            "dataset": found,
            "versions": offers.versions(site.views, found),
            "publisher": site.names([found.publisher])[found.publisher],
        }

    found = await site.read(read)
    looked = await look(site, visit, msgspec.to_builtins(found["dataset"]))
    return site.page(
        visit, "dataset.html", looked=looked, section="catalogue", vocabulary=VOCABULARY, meanings=MEANINGS,
        region=members.region_name, **found,
    )  # fmt: skip


def _query(wish: Wish) -> dict[str, str]:
    return {"q": wish.words, **wish.narrowed}


def _facet(site: Site, tongue: Tongue, wish: Wish, name: str, counted: Facets) -> Facet:
    known = offers.FACETS[name]
    values = [(str(value), many) for value, many in counted.values if value is not None]
    if name == "publisher":
        known = site.names([value for value, _ in values])
    elif name == "region":
        known = {value: members.region_name(value) for value, _ in values}
    assert known is not None
    choices = []
    for value, many in values:
        chosen = wish.narrowed.get(name) == value
        if value in known:
            query = {**_query(wish), name: "" if chosen else value}
            choices.append(Choice(tongue.label(known[value]), many, address("/catalogue", query), chosen))
    return Facet(tongue.say(FACET_TITLES[name]), choices, counted.exact)
