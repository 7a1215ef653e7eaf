"""Lists of records of any type, with the filters and the search that its declaration allows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_origin

import msgspec
from markupsafe import Markup

from dongting.appkit.app import COLLECTIVE, RecordType
from dongting.appkit.fields import Text
from dongting.appkit.shapes import Shape, fields_of, shape
from dongting.http.messages import Reply
from dongting.node.choices import names_of_choice
from dongting.node.installed import APPS
from dongting.node.people.access import READ
from dongting.node.warrants import BEGINS, may
from dongting.store.fields import PARTY
from dongting.store.rows import Row
from dongting.store.views import Views
from dongting.web.desk.record import type_named
from dongting.web.desk.shown import Shown, where
from dongting.web.desk.standing import caught_up, offices
from dongting.web.desk.steps import page_of
from dongting.web.places import Place
from dongting.web.site import Site
from dongting.web.texts import Tongue
from dongting.web.visits import Visit, address

PAGE = 30
MOST_COLUMNS = 6
OPTIONS = 100  # values of a field beyond which it is typed


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter of a list: a field, what it is called, what is chosen; without options it is typed."""

    name: str
    label: str
    value: str
    options: list[tuple[str, str]]


async def types(site: Site, visit: Visit) -> Reply:
    """GET /records: the types of records by application, and what can be begun."""

    def read() -> dict[str, Any]:
        held = offices(site.views, visit.organisation)
        tongue = site.tongues[visit.language]
        found = []
        for app in APPS:
            declared = [(one, site.views.count(one.name)) for one in app.records.values()]
            actions = [
                (tongue.label(action.title), page_of(action, {}))
                for action in app.actions.values()
                if action.name in BEGINS and action.by != {COLLECTIVE} and may(visit.member, action)
                and (action.by <= held or "member" in action.by)
            ]  # fmt: skip
            found.append((app.title, declared, actions))
        return {"apps": found}

    return site.page(visit, "records.html", section="desk", **await site.read(read))


async def listed(site: Site, visit: Visit) -> Reply:
    """GET /records/TYPE."""
    await caught_up(site, visit)
    declared = type_named(visit.named["type"])
    tongue = site.tongues[visit.language]
    words, mine = visit.asked("q"), visit.asked("mine")
    chosen = {name: visit.asked(name) for name in declared.indexed if visit.asked(name)}
    wanted: dict[str, Any] = {**chosen, **({PARTY: visit.organisation} if mine and declared.parties else {})}

    def read() -> dict[str, Any]:
        cursor = visit.asked("cursor") or None
        if words and declared.searched:
            page = site.views.search(words, (declared.name,), wanted, cursor=cursor, limit=PAGE)
        else:
            page = site.views.list(declared.name, wanted, cursor=cursor, limit=PAGE)
        count = site.views.count(declared.name, wanted, text=words if declared.searched else "")
        query = {"q": words, "mine": mine, **chosen}
        path = f"/records/{declared.name}"
        return {
            "filters": filters(site.views, tongue, declared, chosen),
            "number": count,
            **table(Shown(site, tongue), declared, page.rows),
            "more": address(path, {**query, "cursor": page.cursor}) if page.cursor else None,
            "start": address(path, query), "first": cursor is None,
        }  # fmt: skip

    found = await site.read(read)
    return site.page(
        visit, "record-list.html", section="desk", declared=declared, words=words, mine=mine, chosen=chosen,
        **found,
    )  # fmt: skip


def table(shown: Shown, declared: RecordType, rows: tuple[Row, ...]) -> dict[str, Any]:
    """Heads and lines of a table of records: what they are called, their indexed fields, their state."""
    flow = declared.workflow
    skipped = {declared.key, flow.field if flow is not None else ""}
    fields = {one.name: one for one in fields_of(declared.struct)}
    names = [name for name in dict.fromkeys([*declared.parties, *declared.indexed]) if name not in skipped]
    columns = [fields[name] for name in names[:MOST_COLUMNS]]
    bodies = [msgspec.json.decode(row.body) for row in rows]
    shown.expect(bodies)
    lines = []
    for row, body in zip(rows, bodies, strict=True):
        cells = [
            Markup("—") if (value := body.get(one.encode_name)) is None else shown.value(one.type, value)
            for one in columns
        ]
        lines.append((where(row.type, row.id), shown.title(declared, row.id, body), row, cells,
                      shown.state(declared, body)))  # fmt: skip
    return {"heads": [shown.label(one.type, one.name) for one in columns], "lines": lines}


def filters(views: Views, tongue: Tongue, declared: RecordType, chosen: Mapping[str, str]) -> list[Filter]:
    """The filters of a list: states and choices by their names, other fields by the values there are."""
    made = []
    for one in fields_of(declared.struct):
        if one.name not in declared.indexed:
            continue
        found = shape(one.type)
        options = _options(views, tongue, declared, one.name, found)
        if options is None:
            continue
        en, zh = found.label(one.name)
        value = chosen.get(one.name, "")
        if value and options and value not in {code for code, _ in options}:
            options.append((value, value))
        if len(options) != 1 or value:
            made.append(Filter(one.name, tongue.label(Text(en=en, zh=zh)), value, options))
    return made


def _options(
    views: Views, tongue: Tongue, declared: RecordType, name: str, found: Shape
) -> list[tuple[str, str]] | None:
    """What can be chosen in a field; nothing where it is typed, None where it is no filter."""
    flow = declared.workflow
    if flow is not None and name == flow.field:
        return [(code, tongue.label(Text(en=state.en, zh=state.zh))) for code, state in flow.states.items()]
    if get_origin(found.base) is Literal:
        pairs = names_of_choice(found).items()
        return [(code, tongue.label(Text(en=en, zh=zh))) for code, (en, zh) in pairs]
    if found.kind in ("instant", "count", "day") or found.base is int:
        return None
    values = views.values(declared.name, name, OPTIONS)
    if values is None:
        return []
    codes = [str(value) for value in values if value is not None]
    return [(code, code) for code in codes] or None


PLACES: tuple[Place, ...] = (
    Place("/records", types, needs=READ),
    Place("/records/{type}", listed, needs=READ),
)
