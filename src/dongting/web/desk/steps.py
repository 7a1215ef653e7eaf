"""What an organisation can do about a record now, as far as declarations and workflow tell.

The ledger decides; this only spares people the buttons that it would refuse.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dongting.appkit.app import COLLECTIVE, FOUNDER, REGISTRAR, SUPERVISOR, Action, RecordType
from dongting.appkit.fields import Text
from dongting.appkit.shapes import fields_of, shape
from dongting.node.drafting import ACTIONS, parties_of
from dongting.node.people.access import Actor
from dongting.node.warrants import BEGINS, may, side_of
from dongting.web.visits import address

#: Pages made by hand for actions that need a file.
_PAGES: Mapping[str, str] = {
    "catalogue/publish": "/publish",
    "catalogue/add-version": "/versions/{id}",
    "evidence/register": "/evidence/new",
}
#: Actions that a record's page offers because they name the record, and the state in which they make sense.
_NAMING: Mapping[str, frozenset[str]] = {
    "sharing/request": frozenset({"OFFERED"}),
    "sharing/deliver": frozenset({"ACTIVE"}),
    "sharing/request-delivery": frozenset({"ACTIVE"}),
    "sharing/object-to": frozenset({"STARTED", "SUSPENDED", "COMPLETED"}),
    "sharing/urge": frozenset({"REQUESTED", "OFFERED", "STARTED", "SUSPENDED", "OPEN"}),
    "sharing/mediate": frozenset({"SUSPENDED", "OPEN"}),
}
_AGAINST = frozenset({
    "sharing/decline", "sharing/suspend", "sharing/terminate", "sharing/cancel", "sharing/dispute",
    "sharing/reject", "catalogue/withdraw", "catalogue/erase", "governance/withdraw",
    "membership/revoke-key", "membership/expel", "membership/suspend",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: its name, where its form is, whether it is what the record waits for."""

    title: Text
    address: str
    awaited: bool
    against: bool


def steps(actor: Actor, roles: frozenset[str], declared: RecordType, body: Mapping[str, Any]) -> list[Step]:
    """What the actor's organisation, which has these roles in the network, can do: the awaited first."""
    found = [*_about(actor, roles, declared, body), *_naming(actor, roles, declared, body)]
    return sorted(found, key=lambda step: (not step.awaited, step.against))


def page_of(action: Action, arguments: Mapping[str, str]) -> str:
    """Where an action's form is, filled in with these arguments."""
    page = _PAGES.get(action.name)
    if page is None:
        return address(f"/act/{action.name}", arguments)
    if "{id}" in page:
        return page.format(id=arguments[action.subject])
    return address(page, arguments)


def _about(
    actor: Actor, roles: frozenset[str], declared: RecordType, body: Mapping[str, Any]
) -> Iterator[Step]:
    flow = declared.workflow
    state = body.get(flow.field) if flow is not None else None
    for action in ACTIONS.values():
        if action.about is not declared or action.name in BEGINS or not may(actor, action):
            continue
        if not (_in_office(action, roles) and _is_side(actor, action, declared, body)):
            continue
        verb = action.name.partition("/")[2]
        move = flow.moves.get(verb) if flow is not None else None
        if (move and state not in move[0]) or (not move and not _sensible(verb, state, body)):
            continue
        arguments = {action.subject: str(body[declared.key])}
        if "agreement" in action.arguments.__struct_fields__ and "agreement" in body:
            arguments["agreement"] = str(body["agreement"])
        awaited = bool(move) and waits_for(declared, body) == actor.organisation
        yield Step(
            action.title,
            page_of(action, arguments),
            awaited and action.name not in _AGAINST,
            action.name in _AGAINST,
        )


def _naming(
    actor: Actor, roles: frozenset[str], declared: RecordType, body: Mapping[str, Any]
) -> Iterator[Step]:
    flow = declared.workflow
    for name, states in _NAMING.items():
        action = ACTIONS[name]
        field = next(
            (one.encode_name for one in fields_of(action.arguments)
             if shape(one.type).record == declared.name), None,
        )  # fmt: skip
        if field is None or flow is None or body.get(flow.field) not in states or not may(actor, action):
            continue
        if not _in_office(action, roles) or (name == "sharing/urge" and not _late(declared, body)):
            continue
        side = side_of(action) or ""
        mine = body.get(side) == actor.organisation if side in body else True
        if name == "sharing/request":
            mine = body.get("publisher") != actor.organisation
        if mine:
            yield Step(action.title, page_of(action, {field: str(body[declared.key])}), False, False)


def waits_for(declared: RecordType, body: Mapping[str, Any]) -> str | None:
    """The organisation that the record waits for."""
    flow = declared.workflow
    state = flow.states.get(str(body.get(flow.field))) if flow is not None else None
    waited: str | None = body.get(state.next) if state is not None and state.next else None
    return waited


def _late(declared: RecordType, body: Mapping[str, Any]) -> bool:
    """Whether what the record waits for is overdue now."""
    flow = declared.workflow
    state = flow.states.get(str(body.get(flow.field))) if flow is not None else None
    due = body.get(state.due) if state is not None and state.due else None
    return due is not None and due <= time.time()


def _in_office(action: Action, roles: frozenset[str]) -> bool:
    """Whether the organisation may do it by its role; what is for all founders, a founder proposes."""
    if action.by & {COLLECTIVE, FOUNDER}:
        return FOUNDER in roles
    if action.by == {SUPERVISOR}:
        return SUPERVISOR in roles
    return not (action.by == {REGISTRAR} and REGISTRAR not in roles)


def _is_side(actor: Actor, action: Action, declared: RecordType, body: Mapping[str, Any]) -> bool:
    if action.by & {COLLECTIVE, FOUNDER}:
        return True
    side = side_of(action)
    if side is not None and side in body:
        return bool(body[side] == actor.organisation)
    parties = parties_of(declared, body)
    return not parties or actor.organisation in parties


def _sensible(verb: str, state: Any, body: Mapping[str, Any]) -> bool:
    """For steps that are no move of the workflow: whether there is anything to take them about."""
    if verb == "attest-destruction":
        return body.get("delivered") is not None and body.get("destruction") != "done"
    if verb == "erase":
        return bool(body.get("latest"))
    return not (verb == "renew" and state == "TERMINATED")
