"""The page of any record: its fields in words, the parts that one may read, history, proof, next steps."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from dongting.appkit.app import RecordType
from dongting.appkit.shapes import fields_of
from dongting.errors import Code, Refused
from dongting.http.messages import Reply
from dongting.node.custodian import LOCKED, NOT_HOSTED
from dongting.node.drafting import ACTIONS, TYPES, parties_of
from dongting.node.people.access import READ
from dongting.node.readable import Readable, opened
from dongting.node.words import Words
from dongting.sdk.client import Client
from dongting.store.rows import Row
from dongting.web import members
from dongting.web.desk.shown import Fact, Shown, where
from dongting.web.desk.standing import as_organisation, caught_up, offices
from dongting.web.desk.steps import steps, waits_for
from dongting.web.places import Place
from dongting.web.site import Site
from dongting.web.texts import marked
from dongting.web.visits import Visit
from dongting.wire import statement as statements

NO_RECORD = Code(
    "web", 2, "no-such-record",
    "There is no record {address} here. Look for it in the lists, or by any id in the explorer.",
    "此处没有记录 {address}。请在列表中查找，或在浏览器页按编号查找。",
    status=404,
)  # fmt: skip
NO_TYPE = Code(
    "web", 3, "no-such-type",
    "There are no records of the type {type}; /records lists the types.",
    "没有类型为 {type} 的记录；全部类型见 /records。",
    status=404,
)  # fmt: skip
VERSIONS = 30
SUPERVISION = TYPES["sharing.supervision"]
SUPERVISED = ("sharing.negotiation", "sharing.transfer", "sharing.objection")


@dataclass(frozen=True, slots=True)
class Made:
    """One version: when and where it was made, the sentence that made it, and who signed that."""

    version: int
    leaf: int
    height: int
    time: int
    author: str
    said: str
    changed: list[Fact]


@dataclass(frozen=True, slots=True)
class Story:
    """What a page tells of one record."""

    row: Row
    declared: RecordType
    body: dict[str, Any]
    history: list[Made]
    parts: list[Readable]
    unread: Refused | None


async def record(site: Site, visit: Visit) -> Reply:
    """GET /records/TYPE/ID."""
    await caught_up(site, visit)
    story = await tell(site, visit, visit.named["type"], visit.named["id"])
    return site.page(visit, "record.html", **await site.read(lambda: page(site, visit, story)))


def page(site: Site, visit: Visit, story: Story) -> dict[str, Any]:
    """What the page of any record shows."""
    declared, body = story.declared, story.body
    shown = Shown(site, site.tongues[visit.language])
    held = offices(site.views, visit.organisation)
    return {
        "section": "desk", "row": story.row, "declared": declared, "history": story.history,
        "unread": story.unread, "address_of": f"{declared.name}/{story.row.id}",
        "organisation": shown.organisation,
        "facts": shown.record(declared, body),
        "title": shown.title(declared, story.row.id, body),
        "state": shown.state(declared, body),
        "waits": waiting(site, shown, declared, body),
        "steps": steps(visit.member, held, declared, body),
        "decides": _decides(site, visit, shown, declared, body),
        "parts": [(part, shown.fields(part.struct, part.body)) for part in story.parts],
        "compared": compared(shown, story.parts),
        "downloads": _downloads(visit, declared, body),
        "supervised": _supervised(site, shown, declared, story.row.id),
    }  # fmt: skip


async def tell(site: Site, visit: Visit, type: str, id: str) -> Story:
    """A record with its history and what the visitor's organisation may read of it."""
    declared = type_named(type)
    page = await asyncio.to_thread(site.views.versions, type, id, limit=VERSIONS)
    if not page.rows:
        raise Refused(NO_RECORD, address=f"{type}/{id}"[:160])
    rows = page.rows
    body: dict[str, Any] = msgspec.json.decode(rows[0].body)
    signed = await statements_of(site, rows)
    history = await asyncio.to_thread(_history, site, visit, declared, rows, signed)
    parts, unread = await readable(site, visit, declared, body, list(signed.values()))
    return Story(rows[0], declared, body, history, parts, unread)


def type_named(name: str) -> RecordType:
    """The record type of that name."""
    declared = TYPES.get(name)
    if declared is None:
        raise Refused(NO_TYPE, type=name[:80])
    return declared


def waiting(site: Site, shown: Shown, declared: RecordType, body: Mapping[str, Any]) -> dict[str, Any] | None:
    """For whom the record waits and until when, if for anybody."""
    flow = declared.workflow
    waited = waits_for(declared, body)
    if flow is None or waited is None:
        return None
    state = flow.states[str(body[flow.field])]
    return {"who": waited, "organisation": shown.organisation(waited), "due": body.get(state.due or "")}


def compared(shown: Shown, parts: Sequence[Readable]) -> dict[str, Any] | None:
    """Contents of the same kind side by side, such as the terms of each side: who gave each, and each field
    with its values and whether they differ."""
    last = parts[-1].struct if parts else None
    same = [part for part in parts if part.struct is last]
    if last is None or len(same) < 2:
        return None
    rows = []
    for one in fields_of(last):
        values = [part.body.get(one.encode_name) for part in same]
        if any(value not in (None, "", [], ()) for value in values):
            cells = [None if value in (None, []) else shown.value(one.type, value) for value in values]
            differs = [place > 0 and value != values[place - 1] for place, value in enumerate(values)]
            rows.append((shown.label(one.type, one.name), list(zip(cells, differs, strict=True))))
    authors = [shown.organisation(part.author) for part in same]
    return {"label": same[0].label, "authors": authors, "rows": rows}


def _downloads(visit: Visit, declared: RecordType, body: Mapping[str, Any]) -> bool:
    """Whether the visitor's organisation was delivered a file by this record."""
    mine = declared.name == "sharing.transfer" and body.get("consumer") == visit.organisation
    return mine and bool(body.get("address"))


def _supervised(site: Site, shown: Shown, declared: RecordType, id: str) -> list[dict[str, Any]]:
    """What the supervisor said about a record, the newest first."""
    kind = declared.name.partition(".")[2]
    if declared.name not in SUPERVISED:
        return []
    rows = site.views.list(SUPERVISION.name, {kind: id}, limit=10).rows
    said = [(row, msgspec.json.decode(row.body)) for row in rows]
    annotation = next(one.type for one in fields_of(SUPERVISION.struct) if one.name == "kind")
    return [
        {
            "address": where(SUPERVISION.name, row.id), "kind": shown.value(annotation, body["kind"]),
            "author": shown.organisation(body["supervisor"]), "given": body["given"],
        }
        for row, body in said
    ]  # fmt: skip


def _decides(
    site: Site, visit: Visit, shown: Shown, declared: RecordType, body: Mapping[str, Any]
) -> tuple[str, str, list[Fact]] | None:
    """What comes of a proposal if it passes: title, sentence and arguments of the action proposed."""
    action = ACTIONS.get(str(body.get("action"))) if declared.name == "governance.proposal" else None
    if action is None:
        return None
    arguments = msgspec.json.decode(str(body["arguments"]))
    words = Words(visit.language, site.genesis.zone)
    tongue = site.tongues[visit.language]
    said = words.sentence(action, arguments, tongue.say(marked("The founders")))
    return tongue.label(action.title), said, shown.fields(action.arguments, arguments)


async def statements_of(site: Site, rows: Sequence[Row]) -> dict[int, statements.Statement]:
    """The statements behind these versions, by their leaf; without those that were redacted."""
    profile = site.profile
    found: dict[int, statements.Statement] = {}
    for leaf in dict.fromkeys(row.leaf for row in rows if row.leaf >= 0):
        try:
            found[leaf] = statements.decode(await site.facade.leaf(leaf), profile)
        except Refused as refused:
            if refused.code.status != 410:
                raise
    return dict(sorted(found.items()))


def _history(
    site: Site, visit: Visit, declared: RecordType, rows: Sequence[Row], signed: Mapping[int, Any]
) -> list[Made]:
    words = Words(visit.language, site.genesis.zone)
    tongue = site.tongues[visit.language]
    shown = Shown(site, tongue)
    made = []
    for place, row in enumerate(rows):
        older = msgspec.json.decode(rows[place + 1].body) if place + 1 < len(rows) else {}
        body = msgspec.json.decode(row.body)
        changed = {name: value for name, value in body.items() if older.get(name) != value}
        facts = shown.record(declared, changed) if older else []
        statement = signed.get(row.leaf)
        author = statement.issuer if statement is not None else ""
        made.append(
            Made(
                row.version, row.leaf, row.height, row.time, author,
                sentence(words, statement, tongue.plain(site.called(author))) if statement else "", facts,
            )
        )  # fmt: skip
    return made


def sentence(words: Words, statement: statements.Statement, author: str) -> str:
    """What a statement says, in plain words."""
    action = ACTIONS.get(statement.action)
    if action is None:
        return f"{author}: {statement.action} {statement.subject}"
    return words.sentence(action, msgspec.json.decode(statement.payload), author)


async def readable(
    site: Site, visit: Visit, declared: RecordType, body: Mapping[str, Any], signed: Sequence[Any]
) -> tuple[list[Readable], Refused | None]:
    """The parts that the visitor's organisation may read; or why none can be read now."""
    concerned = {*parties_of(declared, body), *(one.issuer for one in signed)}
    supervisor = await asyncio.to_thread(members.supervisor, site.views)
    if visit.organisation not in concerned and visit.organisation != supervisor:
        return [], None

    def work(client: Client) -> list[Readable]:
        found = {one.commitment: one for statement in signed for one in opened(client, statement)}
        return list(found.values())

    try:
        return await as_organisation(site, visit, work), None
    except Refused as refused:
        if refused.code not in (LOCKED, NOT_HOSTED):
            raise
        return [], refused


PLACES: tuple[Place, ...] = (Place("/records/{type}/{id}", record, needs=READ),)
