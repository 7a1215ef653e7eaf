"""The page of an agreement: parties, terms in words, everything that happened, deliveries, papers.

It extends the page of any record; what only the parties read stands on it for them alone.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from markupsafe import Markup

from dongting.appkit.shapes import fields_of, shape
from dongting.apps.sharing import Agreement, Terms, standing
from dongting.http.messages import Reply, kept_as
from dongting.node.completing import AGREEMENT, NEGOTIATION, TRANSFER
from dongting.node.drafting import ACTIONS, TYPES
from dongting.node.exports.agreement import agreement as on_paper
from dongting.node.exports.proven import Proven
from dongting.node.exports.report import report as for_a_court
from dongting.node.people.access import APPROVE, READ, REQUEST
from dongting.node.words import Words
from dongting.store.rows import Row
from dongting.web.desk.proof import proof_of
from dongting.web.desk.record import Story, page, readable, sentence, statements_of, tell
from dongting.web.desk.shown import Shown, where
from dongting.web.desk.standing import caught_up, offices
from dongting.web.desk.steps import Step, steps
from dongting.web.places import Place
from dongting.web.site import Site
from dongting.web.texts import marked
from dongting.web.visits import Visit, address
from dongting.wire.statement import Statement

OBJECTION = "sharing.objection"
DELIVERIES = 20
EVENTS = 100
DAY = 86_400
SOON = 45 * DAY
PDF = "application/pdf"
_VERSIONS = 12  # of each record beside the agreement
#: What has happened once a statement of each kind stands, and whether it is good or bad news.
HAPPENED: Mapping[str, tuple[str, str]] = {
    "sharing/request": (marked("Requested"), ""),
    "sharing/offer": (marked("Other terms offered"), ""),
    "sharing/counter": (marked("Other terms asked for"), ""),
    "sharing/accept": (marked("Agreed"), "good"),
    "sharing/agree": (marked("Agreed"), "good"),
    "sharing/request-delivery": (marked("Delivery asked for"), ""),
    "sharing/deliver": (marked("Delivered"), "good"),
    "sharing/redeliver": (marked("Delivered again"), "good"),
    "sharing/acknowledge": (marked("Acknowledged"), "good"),
    "sharing/dispute": (marked("Disputed"), "warn"),
    "sharing/cancel": (marked("Delivery cancelled"), "warn"),
    "sharing/attest-destruction": (marked("Destruction answered"), ""),
    "sharing/suspend": (marked("Suspended"), "warn"),
    "sharing/resume": (marked("Resumed"), "good"),
    "sharing/renew": (marked("Renewal signed"), ""),
    "sharing/terminate": (marked("Terminated"), "warn"),
    "sharing/object-to": (marked("Data objected to"), "warn"),
    "sharing/correct": (marked("Data corrected"), "good"),
    "sharing/reject": (marked("Objection rejected"), ""),
}
_STANDING: Mapping[str, tuple[str, str]] = {
    "PENDING": (marked("begins later"), ""),
    "ACTIVE": (marked("in force"), " good"),
    "SUSPENDED": (marked("suspended"), " warn"),
    "EXPIRED": (marked("its time is over"), " warn"),
    "TERMINATED": (marked("terminated"), " warn"),
}
#: What the terms say where they leave a field out.
NO_LIMIT = marked("no limit")
_SILENT: Mapping[str, str] = {
    "legal_basis": marked("none given"),
    "conditions": marked("none"),
    "price": marked("none agreed"),
    "recipients": marked("nobody else"),
    "destroy_within_days": marked("not required"),
}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened: in a word and in a sentence, in which log entry and when."""

    happened: str
    tone: str
    said: str
    leaf: int
    time: int


@dataclass(frozen=True, slots=True)
class Term:
    """A line of the terms: its label in the page's language and in the other, and what it says."""

    label: str
    other: str
    value: Markup | None
    silent: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery under the agreement: where it stands, what can be done about it, its file if any."""

    id: str
    address: str
    state: Markup
    version: int | None
    delivered: int | None
    due: int | None
    download: str | None
    steps: list[Step]


async def show(site: Site, visit: Visit) -> Reply:
    """GET /records/sharing.agreement/ID."""
    await caught_up(site, visit)
    id = visit.named["id"]
    story = await tell(site, visit, AGREEMENT, id)
    found = msgspec.convert(story.body, Agreement)
    transfers, rows = await site.read(lambda: _records(site, id))
    signed = await statements_of(site, rows)
    parts, unread = await readable(site, visit, story.declared, story.body, list(signed.values()))
    story = replace(story, parts=parts, unread=unread)

    def read() -> dict[str, Any]:
        tongue = site.tongues[visit.language]
        shown = Shown(site, tongue)
        now = int(time.time())
        told = page(site, visit, story)
        told["parts"] = [one for one in told["parts"] if one[0].struct is not Terms]
        message, kind = _STANDING[standing(found, now)]
        told["state"] = Markup('<span class="tag{}">{}</span>').format(kind, tongue.say(message))
        return told | {
            "agreement": found,
            "sides": [shown.organisation(one) for one in (found.provider, found.consumer)],
            "subject": shown.dataset(found.dataset),
            "terms": _terms(shown, visit, story),
            "left": (found.end - now) // DAY if standing(found, now) in ("ACTIVE", "SUSPENDED") else None,
            "soon": found.end - now < SOON,
            "over": found.end if standing(found, now) == "EXPIRED" else None,
            "events": list(_events(site, visit, rows, signed)),
            "deliveries": [_delivery(site, visit, shown, found, row, now) for row in transfers],
            "all_deliveries": address(f"/records/{TRANSFER}", {"agreement": id}),
        }

    told = await site.read(read)
    return site.page(visit, "agreement.html", **told)


async def paper(site: Site, visit: Visit) -> Reply:
    """GET /agreements/ID/agreement.pdf: the agreement on paper, its proof file attached."""
    proven = await _proven(site, visit)
    made = await asyncio.to_thread(on_paper, proven, visit.named["id"])
    return kept_as(f"{visit.named['id']}.pdf", made, PDF)


async def report(site: Site, visit: Visit) -> Reply:
    """GET /agreements/ID/report.pdf: the evidence report for a court on the whole story."""
    proven = await _proven(site, visit)
    made = await asyncio.to_thread(for_a_court, proven)
    return kept_as(f"{visit.named['id']}-report.pdf", made, PDF)


async def _proven(site: Site, visit: Visit) -> Proven:
    data = await proof_of(site, visit, AGREEMENT, closed=visit.asked("closed") == "yes")
    return await asyncio.to_thread(Proven.read, data, site.network, visit.language, site.url)


def _records(site: Site, id: str) -> tuple[list[Row], list[Row]]:
    """The newest deliveries under an agreement, and the versions of all records of its story."""
    views = site.views
    transfers = list(views.list(TRANSFER, {"agreement": id}, limit=DELIVERIES).rows)
    rows = [*views.versions(AGREEMENT, id).rows, *views.versions(NEGOTIATION, id).rows]
    for transfer in transfers:
        rows += views.versions(TRANSFER, transfer.id, limit=_VERSIONS).rows
    if transfers:
        held: dict[str, Any] = {"transfer": [row.id for row in transfers]}
        for one in views.list(OBJECTION, held, limit=DELIVERIES).rows:
            rows += views.versions(OBJECTION, one.id, limit=_VERSIONS).rows
    newest = sorted({row.leaf: row for row in rows if row.leaf >= 0}.items())[-EVENTS:]
    return transfers, [row for _, row in newest]


def _events(
    site: Site, visit: Visit, rows: Sequence[Row], signed: Mapping[int, Statement]
) -> Iterator[Event]:
    """What happened, the newest first; each statement once, whatever it changed."""
    words, tongue = Words(visit.language, site.genesis.zone), site.tongues[visit.language]
    for row in reversed(rows):
        statement = signed.get(row.leaf)
        if statement is None:
            yield Event("", "", "", row.leaf, row.time)
            continue
        action = ACTIONS.get(statement.action)
        named = statement.action if action is None else tongue.label(action.title)
        message, tone = HAPPENED.get(statement.action, ("", ""))
        said = sentence(words, statement, tongue.plain(site.called(statement.issuer)))
        yield Event(tongue.say(message) if message else named, tone, said, row.leaf, row.time)


def _terms(shown: Shown, visit: Visit, story: Story) -> list[Term]:
    """The terms line by line, if the visitor's organisation may read them."""
    body, wanted = story.body, story.body["terms"]
    mine = (part.body for part in story.parts if part.struct is Terms and part.commitment == wanted)
    found = next(mine, None)
    if found is None:
        return []
    told = {"onward": "none", "start": body["start"], **found, "end": body["end"]}
    lines = []
    for one in fields_of(Terms):
        en, zh = shape(one.type).label(one.name)
        value = told.get(one.encode_name)
        said = None if value in (None, [], ()) else shown.value(one.type, value)
        other = en if visit.language == "zh" else zh
        lines.append(Term(shown.label(one.type, one.name), other, said, _SILENT.get(one.name, NO_LIMIT)))
    return lines


def _delivery(site: Site, visit: Visit, shown: Shown, agreement: Agreement, row: Row, now: int) -> Delivery:
    declared, body = TYPES[TRANSFER], msgspec.json.decode(row.body)
    held = offices(site.views, visit.organisation)
    person = visit.member
    may = person.may(REQUEST) or person.may(APPROVE)
    there = may and body.get("address") and body["state"] != "TERMINATED"
    mine = visit.organisation in (body["consumer"], body["provider"])
    open_now = there and mine and standing(agreement, now) == "ACTIVE"
    return Delivery(
        row.id, where(TRANSFER, row.id), shown.state(declared, body), body.get("version"),
        body.get("delivered"), body.get("due"), f"/deliveries/{row.id}/download" if open_now else None,
        steps(person, held, declared, body),
    )  # fmt: skip


PLACES: tuple[Place, ...] = (
    Place("/records/sharing.agreement/{id}", show, needs=READ),
    Place("/agreements/{id}/agreement.pdf", paper, needs=READ),
    Place("/agreements/{id}/report.pdf", report, needs=READ),
)
