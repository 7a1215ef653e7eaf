"""The organisations of the network, as their public records have them."""

from collections.abc import Iterable, Mapping

import msgspec

from dongting.appkit.fields import Text
from dongting.apps.membership.organisations import Offices, Organisation
from dongting.standards import regions
from dongting.store.rows import Count, Facets, Page
from dongting.store.views import Views
from dongting.web.texts import marked

ORGANISATION, OFFICES, DELEGATION = "membership.organisation", "membership.offices", "membership.delegation"
PAGE = 30

KINDS: Mapping[str, str] = {
    "government": marked("Government department"),
    "enterprise": marked("Enterprise"),
    "association": marked("Industry association"),
    "university": marked("University"),
    "research": marked("Research institute"),
    "investor": marked("Investor"),
    "park": marked("Industrial park"),
    "provider": marked("Service provider"),
    "team": marked("Team vouched for by a member"),
}
STANDINGS: Mapping[str, str] = {
    "active": marked("In good standing"),
    "suspended": marked("Suspended"),
    "expelled": marked("Expelled"),
    "merged": marked("Merged into another"),
    "split": marked("Split up"),
}
ROLES: Mapping[str, str] = {
    "founder": marked("Founder"),
    "supervisor": marked("Supervisor"),
    "registrar": marked("Registrar"),
}


def organisation(views: Views, id: str) -> Organisation | None:
    """An organisation, whatever its standing."""
    row = views.get(ORGANISATION, id)
    return None if row is None else msgspec.json.decode(row.body, type=Organisation)


def organisations(views: Views, ids: Iterable[str]) -> dict[str, Organisation]:
    """Organisations by id."""
    rows = views.get_many(ORGANISATION, list(dict.fromkeys(ids)))
    return {id: msgspec.json.decode(row.body, type=Organisation) for id, row in rows.items()}


def founders(views: Views) -> list[Organisation]:
    """The founders, in the order in which they took office."""
    row = views.get(OFFICES, "network")
    if row is None:
        return []
    seats = msgspec.json.decode(row.body, type=Offices).founders
    known = organisations(views, seats)
    return [known[id] for id in seats if id in known]


def office_holders(views: Views) -> dict[str, tuple[str, ...]]:
    """The ids of those who hold each office now."""
    row = views.get(OFFICES, "network")
    if row is None:
        return {}
    held = msgspec.json.decode(row.body, type=Offices)
    return {"founder": held.founders, "supervisor": (held.supervisor,) if held.supervisor else ()}


def supervisor(views: Views) -> str | None:
    """The organisation that may read what parties send each other, if the network has one."""
    return next(iter(office_holders(views).get("supervisor", ())), None)


def registrars(views: Views) -> list[Organisation]:
    """Those to whom the founders gave the admission of members."""
    page = views.list(DELEGATION, {"state": "active"}, limit=50)
    ids = [msgspec.json.decode(row.body)["registrar"] for row in page.rows]
    return [one for one in organisations(views, ids).values() if one.standing == "active"]


def listed(
    views: Views, words: str, kind: str, cursor: str | None
) -> tuple[list[Organisation], str | None, Count, Facets]:
    """Some organisations, where to go on, how many match, and how many there are of each kind."""
    page = found(views, words, kind, cursor, PAGE)
    counted = views.survey(ORGANISATION, ("kind",), narrowed=_filters(kind), text=words)
    shown = [msgspec.json.decode(row.body, type=Organisation) for row in page.rows]
    return shown, page.cursor, counted.count, counted.facets["kind"]


def found(views: Views, words: str, kind: str, cursor: str | None, limit: int) -> Page:
    """Some organisations as rows, in the order in which they joined; with words, the best first."""
    if words:
        return views.search(words, (ORGANISATION,), _filters(kind), cursor=cursor, limit=limit)
    return views.list(ORGANISATION, _filters(kind), descending=False, cursor=cursor, limit=limit)


def _filters(kind: str) -> dict[str, str]:
    return {"kind": kind} if kind in KINDS else {}


def region_name(code: str) -> Text:
    """The province of a region code, where the table knows it, and the code."""
    if code == regions.NATION:
        return Text(en="Whole country", zh="全国")
    found = regions.PROVINCES.get(code[:2])
    if found is None:
        return Text(en=code, zh=code)
    whole = code[2:] == "0000"
    return Text(
        en=found.en if whole else f"{found.en} · {code}", zh=found.zh if whole else f"{found.zh} · {code}"
    )
