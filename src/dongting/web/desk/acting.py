"""Any action in three steps: a form from its declaration, a preview in plain words, the signature.

What is signed is what was shown: the preview's salts travel in the form, and whatever changed meanwhile, the
other side's terms say, gives another fingerprint and is shown again instead of being signed.
"""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from dongting.appkit.app import COLLECTIVE, Action
from dongting.appkit.fields import Text
from dongting.apps.sharing import Terms
from dongting.errors import Code, Refused
from dongting.http.messages import Reply
from dongting.node.completing import AGREEMENT, DATASET, FILLED, NEGOTIATION, complete, terms_of
from dongting.node.drafting import ACTIONS, TYPES, UNKNOWN_ACTION, Draft, draft_of, prepare, proposed
from dongting.node.people.access import READ
from dongting.node.people.codes import NOT_ALLOWED
from dongting.node.people.seconding import sign_or_wait, two_needed
from dongting.node.warrants import BEGINS, may, permissions
from dongting.node.words import Preview, Words
from dongting.sdk.client import Client
from dongting.sdk.statements import Done
from dongting.store.rows import Row
from dongting.web.desk.inputs import Drawing, Input, Source, rows_in, typed
from dongting.web.desk.shown import where
from dongting.web.desk.standing import as_organisation
from dongting.web.desk.taking import Taken, take
from dongting.web.forms import Form
from dongting.web.places import Place
from dongting.web.site import Site
from dongting.web.texts import marked
from dongting.web.visits import Visit
from dongting.wire.keys import from_base64, to_base64

CHANGED = Code(
    "acting", 3, "changed-meanwhile",
    "What would be signed is not what was shown any more: something changed meanwhile. Look at it again.",
    "待签署的内容已与刚才显示的不同：期间发生了变化。请重新核对。",
    status=409,
)  # fmt: skip
_NEW_TERMS = ("sharing/offer", "sharing/counter")
_SUGGESTIONS = 50
#: Fields of the form that are not what the person typed.
_OURS = ("proof", "step", "seen", "salt.")


@dataclass(frozen=True, slots=True)
class Frame:
    """What a page made by hand adds to the form of an action: its template and values for it, arguments that
    it fills in itself (`also`, before the draft is prepared), and what choices mean, by `field-code`."""

    template: str = "act.html"
    hidden: frozenset[str] = frozenset()
    also: Callable[[Client, Draft], None] | None = None
    meanings: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)


PLAIN = Frame()


@dataclass(frozen=True, slots=True)
class Seen:
    """A prepared draft as it was shown, and what became of it if it was signed: where it stands, or the id of
    its sign-off. `two` says that a second person has to confirm it."""

    draft: Draft
    preview: Preview
    done: Done | str | None
    two: bool


async def show(site: Site, visit: Visit) -> Reply:
    """GET /act/APP/ACTION: the form, filled in as far as address and ledger tell."""
    action = action_of(visit)
    asked = {f"a.{name}": [value] for name, value in visit.head.asked.items() if name != "lang"}
    source = {**await filled(site, visit, action), **asked}
    if nothing_to_ask(action):
        visit = replace(visit, form=Form(source))
        taken = take(action, source, site.genesis.zone, FILLED.get(action.name, frozenset()))
        if not taken.errors:
            return _preview(site, visit, action, await carry(site, visit, action, taken, ""), None)
    return await form(site, visit, action, source, Taken())


async def act(site: Site, visit: Visit) -> Reply:
    """POST /act/APP/ACTION: shows the form again, the preview, or signs."""
    return await stepped(site, visit, action_of(visit))


async def stepped(site: Site, visit: Visit, action: Action, frame: Frame = PLAIN) -> Reply:
    """What a form that was sent leads to: the form again, the preview, or the record signed about."""
    step, source = visit.form.get("step"), dict(visit.form.fields)
    taken = take(action, source, site.genesis.zone, _hidden(action, frame))
    if step.startswith("more:"):
        name = f"{step.removeprefix('more:')}.rows"
        source[name] = [str(rows_in(next(iter(source.get(name, ())), "")) + 1)]
    if step not in ("preview", "sign") or taken.errors:
        shown = taken if step in ("preview", "sign") else Taken()
        return await form(site, visit, action, source, shown, frame=frame)
    signing = visit.form.get("seen") if step == "sign" else ""
    try:
        seen = await carry(site, visit, action, taken, signing, frame)
    except Refused as refused:
        return await form(site, visit, action, source, taken, refused, frame)
    if seen.done is None:
        changed = Refused(CHANGED) if signing else None
        return _preview(site, visit, action, seen, changed)
    return await signed(site, visit, seen)


async def carry(
    site: Site, visit: Visit, action: Action, taken: Taken, signing: str, frame: Frame = PLAIN
) -> Seen:
    """Prepare a draft in the name of the visitor's organisation; sign it if it is still the one shown."""
    sent, language = visit.form, visit.language
    salts = {
        name.removeprefix("salt."): from_base64(sent.get(name))
        for name in sent.fields
        if name.startswith("salt.")
    }

    def work(client: Client) -> Seen:
        draft = draft_of(action.name, taken.arguments, taken.parts)
        draft.whole = True
        if action.by == {COLLECTIVE}:
            draft = proposed(draft, sent.get("proposal"), sent.get("motive"))
        else:
            complete(client, draft)
        draft.salts.update(salts)
        if frame.also is not None:
            frame.also(client, draft)
        prepare(client, draft)
        words = Words(language, site.genesis.zone)
        preview = words.preview(draft, site.tongues[language].plain(site.called(visit.organisation)))
        two, done = two_needed(site.accounts, client, draft), None
        if signing and signing == draft.fingerprint:
            named = site.called(visit.organisation)
            done = sign_or_wait(site.accounts, client, draft, visit.actor, named)
        return Seen(draft, preview, done, two)

    return await as_organisation(site, visit, work)


async def signed(site: Site, visit: Visit, seen: Seen) -> Reply:
    """To the record that was signed about, with a word about where it stands; to what waits for a second
    person."""
    assert seen.done is not None
    title = seen.draft.action.title.best(visit.language)
    if isinstance(seen.done, str):
        message = marked("Signed off: %(title)s. Another person has to confirm it.")
        return await site.go(visit, f"/sign-offs/{seen.done}", message, title=title)
    type, _, id = seen.draft.subject.partition("/")
    target = f"{where(type, id)}?at={seen.done.height}"
    message = marked("Signed: %(title)s. Log entry %(index)s.")
    return await site.go(visit, target, message, title=title, index=str(seen.done.index))


def nothing_to_ask(action: Action) -> bool:
    """Whether all but the record that it is about follows from the ledger."""
    asked = set(action.arguments.__struct_fields__) - FILLED.get(action.name, frozenset())
    return asked == {action.subject} and action.name not in BEGINS and action.by != {COLLECTIVE}


def action_of(visit: Visit) -> Action:
    """The action that the address names; refuses who may not do it."""
    name = f"{visit.named['app']}/{visit.named['action']}"
    action = ACTIONS.get(name)
    if action is None:
        raise Refused(UNKNOWN_ACTION, action=name[:80])
    if not may(visit.member, action):
        raise Refused(NOT_ALLOWED, permission=", ".join(sorted(permissions(action))))
    return action


def _hidden(action: Action, frame: Frame) -> frozenset[str]:
    return FILLED.get(action.name, frozenset()) | frame.hidden


async def form(
    site: Site,
    visit: Visit,
    action: Action,
    source: Source,
    taken: Taken,
    refused: Refused | None = None,
    frame: Frame = PLAIN,
) -> Reply:
    """The form of an action, with what was typed and what is wrong with it."""
    tongue = site.tongues[visit.language]
    errors = {name: tongue.say(message) for name, message in taken.errors.items()}
    drawing = Drawing(visit.language, source, errors)
    inputs = drawing.arguments(action, _hidden(action, frame))
    await _options(site, visit, inputs, source)
    fixed = action.name not in BEGINS
    for one in inputs:
        if fixed and one.name == f"a.{action.subject}" and one.value and not one.error:
            one.kind = "fixed"
        meanings = frame.meanings.items()
        plain = one.name.removeprefix("a.")
        one.notes = {
            key.removeprefix(f"{plain}-"): tongue.say(meaning)
            for key, meaning in meanings
            if key.startswith(f"{plain}-")
        }
    collective = action.by == {COLLECTIVE}
    return site.page(
        visit, frame.template, refused=refused, section="desk", action=action, inputs=inputs,
        errors=len(errors), collective=collective, source=source,
        proposal=next(iter(source.get("proposal", ())), "") or f"p-{secrets.token_hex(3)}",
        **frame.values,
    )  # fmt: skip


def _preview(site: Site, visit: Visit, action: Action, seen: Seen, refused: Refused | None) -> Reply:
    kept = [
        (name, value)
        for name, values in visit.form.fields.items()
        if not name.startswith(_OURS)
        for value in values
    ]
    kept += [(f"salt.{name}", to_base64(salt)) for name, salt in seen.draft.salts.items()]
    kept.append(("seen", seen.draft.fingerprint))
    return site.page(
        visit, "act-preview.html", refused=refused, section="desk", action=action, seen=seen.preview,
        kept=kept, readers=readers_of(site, seen.preview), target=visit.path, two=seen.two,
    )  # fmt: skip


def readers_of(site: Site, preview: Preview) -> dict[str, list[Text]]:
    """Who reads each part beside the author, by name."""
    return {part.label: [site.called(one) for one in part.readers] for part in preview.private}


async def filled(site: Site, visit: Visit, action: Action) -> dict[str, list[str]]:
    """What the ledger tells: the record as it stands, the terms that stand, an id that is free."""
    id = visit.asked(action.subject)
    zone = site.genesis.zone
    if action.name in BEGINS:
        given = [visit.asked(name) for name in action.arguments.__struct_fields__ if visit.asked(name)]
        stem = (given[0] if given else action.about.name.partition(".")[2])[:40].strip(".-_")
        return {f"a.{action.subject}": [f"{stem}-{secrets.token_hex(2)}"]}
    row = await asyncio.to_thread(site.views.get, action.about.name, id) if id else None
    made = await asyncio.to_thread(_latest, site, visit, action, row)
    if row is None:
        return made
    body = msgspec.json.decode(row.body)
    wanted = set(action.arguments.__struct_fields__) - {"version"}
    made |= typed(action.arguments, "a", {name: body[name] for name in wanted if name in body}, zone)
    if action.name in _NEW_TERMS:
        terms = await as_organisation(site, visit, lambda client: _terms(client, id))
        made |= typed(Terms, "p.terms", terms, zone)
    return made


def _latest(site: Site, visit: Visit, action: Action, row: Row | None) -> dict[str, list[str]]:
    """The latest version of the dataset concerned, for an action that names a version."""
    if "version" not in action.arguments.__struct_fields__:
        return {}
    row = row or site.views.get(AGREEMENT, visit.asked("agreement"))
    body = msgspec.json.decode(row.body) if row is not None else {}
    dataset = site.views.get(DATASET, body["dataset"]) if "dataset" in body else None
    return {} if dataset is None else {"a.version": [str(msgspec.json.decode(dataset.body)["latest"])]}


def _terms(client: Client, id: str) -> dict[str, Any]:
    terms = terms_of(client, client.records.get(NEGOTIATION, id).record["terms"])
    return {name: value for name, value in terms.items() if name not in ("start", "end")}


async def _options(site: Site, visit: Visit, inputs: list[Input], source: Source) -> None:
    """Records to choose from, for the inputs that name one."""
    for one in inputs:
        await _options(site, visit, one.children, source)
        if one.record:
            one.options = await asyncio.to_thread(_candidates, site, visit, one)


def _candidates(site: Site, visit: Visit, one: Input) -> list[tuple[str, str]]:
    """Ids and names: what the words typed find, else the newest."""
    declared = TYPES[one.record]
    words = one.value.replace("-", " ") if one.kind != "lines" else ""
    rows = site.views.search(words, (one.record,), limit=_SUGGESTIONS).rows if declared.searched else ()
    rows = rows or site.views.list(one.record, limit=_SUGGESTIONS).rows
    tongue = site.tongues[visit.language]
    return [(row.id, _named(tongue, msgspec.json.decode(row.body))) for row in rows]


def _named(tongue: Any, body: Mapping[str, Any]) -> str:
    for name in ("title", "name"):
        told = body.get(name)
        if isinstance(told, dict):
            order = ("zh", "en") if tongue.language == "zh" else ("en", "zh")
            return next((str(told[code]) for code in order if told.get(code)), "")
    return ""


PLACES: tuple[Place, ...] = (Place("/act/{app}/{action}", show, act, needs=READ),)
