"""The installed applications as data: actions with the JSON Schema of their arguments, record types."""

from typing import Any

import msgspec

from dongting.api import samples
from dongting.api.routes import JSON, Call, Content, Nothing, route
from dongting.api.schemas import standalone
from dongting.api.service import Service
from dongting.appkit.app import Action, RecordType
from dongting.appkit.fields import Text
from dongting.http.messages import Reply
from dongting.kernel.rules import Rules


class ActionEntry(msgspec.Struct, frozen=True):
    """One action: who may do it, about which record type, under which argument its id stands, what it says
    of itself, and its arguments (JSON Schema 2020-12)."""

    name: str
    app: str
    version: int
    title: Text
    by: list[str]
    about: str
    subject: str
    says: Text
    doc: str
    arguments: dict[str, Any]


class TypeEntry(msgspec.Struct, frozen=True):
    """One record type: its key, the fields to filter and sort by, those searched, and its JSON Schema."""

    name: str
    app: str
    title: Text
    key: str
    indexed: list[str]
    searched: list[str]
    parties: list[str]
    states: dict[str, Text]
    record: dict[str, Any]


class Installed(msgspec.Struct, frozen=True):
    """All actions and record types of the installed applications."""

    actions: list[ActionEntry]
    records: list[TypeEntry]


def installed(rules: Rules) -> Installed:
    """What the declarations say."""
    return Installed(
        [_action(app.name, app.version, each) for app in rules.apps for each in app.actions.values()],
        [_type(app.name, each) for app in rules.apps for each in app.records.values()],
    )


def _action(app: str, version: int, action: Action) -> ActionEntry:
    return ActionEntry(
        action.name, app, version, action.title, sorted(action.by), action.about.name, action.subject,
        action.says, action.doc, standalone(action.arguments),
    )  # fmt: skip


def _type(app: str, declared: RecordType) -> TypeEntry:
    flow = declared.workflow
    states = {name: Text(en=state.en, zh=state.zh) for name, state in flow.states.items()} if flow else {}
    return TypeEntry(
        declared.name, app, declared.title, declared.key, list(declared.indexed), list(declared.searched),
        list(declared.parties), states, standalone(declared.struct),
    )  # fmt: skip


@route(
    "GET", "/v1/actions", ("Actions and record types", "操作与记录类型"),
    tag="applications", signed=False, gives=Content(JSON, Installed, samples.INSTALLED),
)  # fmt: skip
async def actions(service: Service, call: Call, asked: Nothing) -> Reply:
    """Everything that can be stated and everything that is kept, as the installed applications declare."""
    return Reply(200, service.installed, JSON, [("cache-control", "public, max-age=60")])


ROUTES = (actions,)
