"""Drafting one action: its arguments and the contents of its parts, then signing and sending it.

Command line, API and console draft alike. Parts are stored before the statement that commits to them, so
that whoever reads the statement can read the parts too; nothing is stored or sent before a person agreed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec

from dongting.appkit.app import FOUNDER, Action, RecordType
from dongting.appkit.fields import Text
from dongting.appkit.shapes import shape
from dongting.errors import Code, Refused
from dongting.node.installed import APPS
from dongting.sdk.members import OFFICES
from dongting.sdk.parts import new_part
from dongting.wire import jcs
from dongting.wire.part import Part

if TYPE_CHECKING:
    from dongting.sdk.client import Client
    from dongting.sdk.statements import Done

BAD_ARGUMENTS = Code(
    "cli", 10, "bad-arguments",
    "{action} cannot be signed: {why}.",
    "无法签署 {action}：{why}。",
)  # fmt: skip
UNKNOWN_ACTION = Code(
    "acting", 1, "unknown-action",
    "There is no action {action}; /v1/actions lists all.",
    "没有操作 {action}；全部操作见 /v1/actions。",
    status=404,
)  # fmt: skip

TYPES: dict[str, RecordType] = {t.name: t for app in APPS for t in app.records.values()}
ACTIONS: dict[str, Action] = {name: action for app in APPS for name, action in app.actions.items()}
PROPOSE = "governance/propose"


@dataclass(frozen=True, slots=True)
class Note:
    """Something shown beside the arguments: a label, and a value of a declared kind (`str` as it is)."""

    label: Text
    value: Any
    kind: Any = str


@dataclass
class Draft:
    """An action about to be signed.

    `parts` holds the contents of part arguments by name; `about` a record other than the subject that a
    part belongs to; `keeps` stores what only its own organisation can read, once the person agreed; `before`
    is what is done after that and before the statement is sent, `after` what when it was accepted; `notes`
    what is shown besides; `readers` who reads each part. `salts` are those of the parts, drawn when they are
    not given; `whole`: the parts replace what stood before.
    """

    action: Action
    arguments: dict[str, Any]
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)
    about: dict[str, str] = field(default_factory=dict)
    keeps: list[Callable[[], None]] = field(default_factory=list)
    before: list[Callable[[], None]] = field(default_factory=list)
    after: list[Callable[[], None]] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    readers: dict[str, list[str]] = field(default_factory=dict)
    salts: dict[str, bytes] = field(default_factory=dict)
    whole: bool = False

    @property
    def subject(self) -> str:
        """The address of the record that the statement is about."""
        return f"{self.action.about.name}/{self.arguments.get(self.action.subject)}"

    @property
    def fingerprint(self) -> str:
        """What a prepared draft commits to, and who reads it: the same as long as nothing of that changed."""
        said = [self.action.name, self.subject, self.arguments, self.readers]
        return sha256(msgspec.json.encode(said, order="sorted")).hexdigest()


def draft_of(action: str, arguments: Mapping[str, Any], parts: Mapping[str, Mapping[str, Any]]) -> Draft:
    """A draft of the action of that name; refuses an unknown one, and parts that it has not."""
    known = ACTIONS.get(action)
    if known is None:
        raise Refused(UNKNOWN_ACTION, action=action[:80])
    for name in parts:
        content_of(known, name)
    return Draft(known, dict(arguments), {name: dict(content) for name, content in parts.items()})


def proposed(inner: Draft, id: str, motive: str) -> Draft:
    """The proposal to the founders to do what only they together may; `motive` is for them alone."""
    check(inner)
    arguments = {
        "id": id,
        "action": inner.action.name,
        "arguments": jcs.encode(inner.arguments).decode(),
    }
    return Draft(ACTIONS[PROPOSE], arguments, {"motive": {"text": motive}} if motive else {})


def prepare(client: "Client", draft: Draft) -> None:
    """Commit to the parts and check the arguments; nothing is stored or sent yet."""
    assert client.checked
    for name, content in draft.parts.items():
        _prepare_part(client, draft, name, content)
    check(draft)


def sign(client: "Client", draft: Draft) -> "Done":
    """Store the parts, then sign the prepared draft and send it; says where it stands."""
    for step in (*draft.keeps, *draft.before):
        step()
    done = client.act(draft.action.name, draft.subject, draft.arguments)
    for step in draft.after:
        step()
    return done


def check(draft: Draft) -> None:
    """Refuse arguments that are not what the action declares."""
    converted(draft.action, draft.arguments, draft.action.arguments)


def content_of(action: Action, name: str) -> type[msgspec.Struct]:
    """The struct of a part argument's content."""
    for one in msgspec.structs.fields(action.arguments):
        content = shape(one.type).content
        if one.encode_name == name and content is not None:
            return content
    raise Refused(BAD_ARGUMENTS, action=action.name, why=name[:60])


def converted(action: Action, value: Any, struct: type[Any]) -> Any:
    """A value as its declared struct; refuses what does not fit."""
    try:
        made = msgspec.convert(value, struct)
    except msgspec.ValidationError as error:
        raise Refused(BAD_ARGUMENTS, action=action.name, why=str(error)) from None
    judge = getattr(made, "check", None)
    if judge is not None and struct.__struct_fields__ != ("zh", "en"):
        judge()
    return made


def readers_of(client: "Client", action: Action, arguments: Mapping[str, Any]) -> list[str]:
    """Who may read what goes with a statement: the parties of the records that it is about or names.

    What founders alone may do, founders read. Where two parties deal, the supervisor reads too.
    """
    found: list[str] = []
    about = (action.about, str(arguments.get(action.subject)))
    for declared, id in [about, *_references(action, arguments)]:
        record = client.records.find(declared.name, id)
        if record is not None:
            found += parties_of(declared, record.record)
    if action.by == {FOUNDER}:
        offices = client.records.get(*OFFICES.split("/"))
        found += offices.record["founders"]
    others = [party for party in dict.fromkeys(found) if party != client.organisation]
    supervisor = client.members.supervisor() if others else None
    return list(dict.fromkeys([*others, *([supervisor] if supervisor else [])]))


def _prepare_part(client: "Client", draft: Draft, name: str, content: dict[str, Any]) -> None:
    """Commit to a part, and let it be stored once the person agreed."""
    made = converted(draft.action, content, content_of(draft.action, name))
    encoded = jcs.encode(made)
    part = Part(draft.salts[name], encoded) if name in draft.salts else new_part(encoded)
    draft.salts[name] = part.salt
    draft.arguments[name] = part.commitment(client.profile)
    about = draft.about.get(name, draft.subject)
    readers = draft.readers[name] = readers_of(client, draft.action, draft.arguments)
    draft.before.append(lambda: _discard(client.parts.put(part, readers, about)))


def _references(action: Action, arguments: Mapping[str, Any]) -> list[tuple[RecordType, str]]:
    named = [(shape(one.type).record, one.encode_name) for one in msgspec.structs.fields(action.arguments)]
    return [(TYPES[record], str(arguments[name])) for record, name in named if record and arguments.get(name)]


def parties_of(declared: RecordType, record: Mapping[str, Any]) -> list[str]:
    """The organisations that a record concerns."""
    found: list[str] = []
    for name in declared.parties:
        value = record.get(name)
        found += value if isinstance(value, list) else [value] if value else []
    return found


def _discard(_: object) -> None:
    """The result of a step is not needed."""
