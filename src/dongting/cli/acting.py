"""Carrying out one action: its arguments are completed, shown in plain words, confirmed, signed and sent.

Parts are stored before the statement that commits to them, so that whoever reads the statement can read
the parts too; nothing is stored or sent before the person agreed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click
import msgspec

from dongting.appkit.app import FOUNDER, Action, RecordType
from dongting.cli.preview import Words
from dongting.cli.session import Session
from dongting.cli.values import shape
from dongting.errors import Code, Refused
from dongting.node.installed import APPS
from dongting.sdk.members import OFFICES
from dongting.sdk.parts import new_part
from dongting.wire import jcs

if TYPE_CHECKING:
    from dongting.sdk.client import Client
    from dongting.sdk.statements import Done

BAD_ARGUMENTS = Code(
    "cli", 10, "bad-arguments",
    "{action} cannot be signed: {why}.",
    "无法签署 {action}：{why}。",
)  # fmt: skip

TYPES: dict[str, RecordType] = {t.name: t for app in APPS for t in app.records.values()}
ACTIONS: dict[str, Action] = {name: action for app in APPS for name, action in app.actions.items()}


@dataclass
class Draft:
    """An action about to be signed.

    `parts` holds the contents of part arguments by name; `about` a record other than the subject that a
    part belongs to; `before` what is done after the person agreed and before the statement is sent,
    `after` what when it was accepted; `notes` what is shown besides, as label and value.
    """

    action: Action
    arguments: dict[str, Any]
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)
    about: dict[str, str] = field(default_factory=dict)
    before: list[Callable[[], None]] = field(default_factory=list)
    after: list[Callable[[], None]] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)

    @property
    def subject(self) -> str:
        """The address of the record that the statement is about."""
        return f"{self.action.about.name}/{self.arguments.get(self.action.subject)}"


def carry_out(told: Session, client: "Client", draft: Draft, *, yes: bool) -> "Done":
    """Show the draft, ask, store its parts, sign and send; says where it stands."""
    client.status()
    for name, content in draft.parts.items():
        _prepare_part(client, draft, name, content)
    _check(draft)
    show(told, client, draft)
    if not yes:
        click.confirm(told.text("Sign this?", "确认签署？"), abort=True, err=told.json)
    for step in draft.before:
        step()
    done = client.act(draft.action.name, draft.subject, draft.arguments)
    for step in draft.after:
        step()
    told.say(
        f"Accepted: log entry {done.index}, block {done.height}.",
        f"已接受：日志第 {done.index} 条，区块 {done.height}。",
    )
    told.answer(
        {
            "subject": draft.subject, "id": done.id, "index": done.index, "height": done.height,
            "time": done.time,
        }
    )  # fmt: skip
    return done


def show(told: Session, client: "Client", draft: Draft) -> None:
    """The sentence that will be signed, and what it commits to."""
    if told.json:
        return
    words = Words(told.language, client.network.genesis.zone)
    author = client.organisation or ""
    click.echo(told.text(f"To be signed by {author}:", f"将由 {author} 签署："))
    click.echo(words.sentence(draft.action, draft.arguments, author))
    for label, value in words.fields(draft.action.arguments, draft.arguments):
        click.echo(f"  {label}: {value}")
    for name, content in draft.parts.items():
        struct = content_of(draft.action, name)
        click.echo("  " + told.text("Only the parties read:", "仅当事方可见："))
        for label, value in words.fields(struct, content):
            click.echo(f"    {label}: {value}")
    for label, value in draft.notes:
        click.echo(f"  {label}: {value}")


def content_of(action: Action, name: str) -> type[msgspec.Struct]:
    """The struct of a part argument's content."""
    for one in msgspec.structs.fields(action.arguments):
        if one.encode_name == name:
            for said in shape(one.type).said:
                if said.get("kind") == "part":
                    content: type[msgspec.Struct] = said["content"]
                    return content
    raise Refused(BAD_ARGUMENTS, action=action.name, why=name)


def converted(action: Action, value: Any, struct: type[Any]) -> Any:
    """A value as its declared struct; refuses what does not fit."""
    try:
        made = msgspec.convert(value, struct)
    except msgspec.ValidationError as error:
        raise Refused(BAD_ARGUMENTS, action=action.name, why=str(error)) from None
    check = getattr(made, "check", None)
    if check is not None and struct.__struct_fields__ != ("zh", "en"):
        check()
    return made


def _prepare_part(client: "Client", draft: Draft, name: str, content: dict[str, Any]) -> None:
    """Commit to a part, and let it be stored once the person agreed."""
    made = converted(draft.action, content, content_of(draft.action, name))
    part = new_part(jcs.encode(made))
    draft.arguments[name] = part.commitment(client.profile)
    about = draft.about.get(name, draft.subject)
    readers = readers_of(client, draft.action, draft.arguments)
    draft.before.append(lambda: _discard(client.parts.put(part, readers, about)))


def readers_of(client: "Client", action: Action, arguments: Mapping[str, Any]) -> list[str]:
    """Who may read what goes with a statement: the parties of the records that it is about or names.

    What founders alone may do, founders read. Where two parties deal, the supervisor reads too.
    """
    found: list[str] = []
    about = (action.about, str(arguments.get(action.subject)))
    for declared, id in [about, *_references(action, arguments)]:
        record = client.records.find(declared.name, id)
        if record is not None:
            found += _parties(declared, record.record)
    if action.by == {FOUNDER}:
        offices = client.records.get(*OFFICES.split("/"))
        found += offices.record["founders"]
    others = [party for party in dict.fromkeys(found) if party != client.organisation]
    supervisor = client.members.supervisor() if others else None
    return [*others, *([supervisor] if supervisor else [])]


def _references(action: Action, arguments: Mapping[str, Any]) -> list[tuple[RecordType, str]]:
    return [
        (TYPES[said["record"]], str(arguments[one.encode_name]))
        for one in msgspec.structs.fields(action.arguments)
        for said in shape(one.type).said
        if said.get("kind") == "reference" and arguments.get(one.encode_name) is not None
    ]


def _parties(declared: RecordType, record: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    for name in declared.parties:
        value = record.get(name)
        found += value if isinstance(value, list) else [value] if value else []
    return found


def _check(draft: Draft) -> None:
    converted(draft.action, draft.arguments, draft.action.arguments)


def _discard(_: object) -> None:
    """The result of a step is not needed."""
