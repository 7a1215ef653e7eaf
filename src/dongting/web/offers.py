"""The part of the catalogue that is for everybody: datasets that are open, with or without conditions.

Nothing else of the catalogue reaches a page for visitors: every read goes through here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from dongting.appkit.fields import Text
from dongting.apps.catalogue import Dataset, DatasetVersion
from dongting.apps.catalogue.vocabulary import FREQUENCIES, OPENING_ATTRIBUTES, SHARING_ATTRIBUTES, THEMES
from dongting.store.rows import Count, Page, Survey
from dongting.store.views import Views

DATASET, VERSION = "catalogue.dataset", "catalogue.dataset-version"
OPEN = ("unconditional", "conditional")
PAGE = 20
#: What the list can be narrowed by: fields of a dataset, and the names of their values where these are few.
FACETS: Mapping[str, Mapping[str, Text] | None] = {
    "theme": THEMES,
    "publisher": None,
    "region": None,
    "frequency": FREQUENCIES,
    "opening": {code: OPENING_ATTRIBUTES[code] for code in OPEN},
    "sharing": SHARING_ATTRIBUTES,
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What a visitor looks for: words, and values of facets."""

    words: str = ""
    narrowed: Mapping[str, str] = field(default_factory=dict)

    def filters(self) -> dict[str, str | Sequence[str]]:
        """The filters of this wish; they never let in what is not open."""
        return {"state": "OFFERED", "opening": OPEN, **self.narrowed}


def wish_of(asked: Mapping[str, str]) -> Wish:
    """The wish in a query; values that no dataset for everybody can have are left out."""
    narrowed = {}
    for name, names in FACETS.items():
        value = asked.get(name, "").strip()
        if value and (names is None or value in names):
            narrowed[name] = value
    return Wish(asked.get("q", "").strip(), narrowed)


@dataclass(frozen=True, slots=True)
class Offers:
    """Some datasets, and where to go on."""

    datasets: tuple[Dataset, ...]
    cursor: str | None


def offers(views: Views, wish: Wish, cursor: str | None = None, limit: int = PAGE) -> Offers:
    """Open datasets that match, the newest first; with words, those with all in the title before others."""
    page = found(views, wish, cursor, limit)
    datasets = (msgspec.json.decode(row.body, type=Dataset) for row in page.rows)
    return Offers(tuple(one for one in datasets if one.opening in OPEN), page.cursor)


def found(views: Views, wish: Wish, cursor: str | None, limit: int) -> Page:
    """The same as rows; whoever shows them looks at `opening` once more."""
    if wish.words:
        return views.search(wish.words, (DATASET,), wish.filters(), cursor=cursor, limit=limit)
    return views.list(DATASET, wish.filters(), cursor=cursor, limit=limit)


def number(views: Views, wish: Wish) -> Count:
    """How many open datasets match."""
    return views.count(DATASET, wish.filters(), text=wish.words)


def survey(views: Views, wish: Wish, limit: int = 10) -> Survey:
    """How many open datasets match, and the values of each facet among what matches the rest of the wish."""
    return views.survey(DATASET, list(FACETS), Wish().filters(), wish.narrowed, text=wish.words, limit=limit)


def offer(views: Views, id: str) -> Dataset | None:
    """An open dataset, also one that was withdrawn; None where there is none for everybody."""
    row = views.get(DATASET, id)
    if row is None:
        return None
    found = msgspec.json.decode(row.body, type=Dataset)
    return found if found.opening in OPEN else None


def versions(views: Views, dataset: Dataset, limit: int = 50) -> list[DatasetVersion]:
    """The newest versions of an open dataset, the newest first."""
    page = views.list(VERSION, {"dataset": dataset.id}, order="issued", limit=limit)
    found = [msgspec.json.decode(row.body, type=DatasetVersion) for row in page.rows]
    return sorted(found, key=lambda one: one.number, reverse=True)
