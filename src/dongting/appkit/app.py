"""An application: its records, actions, roles and sentences, declared once.

Routes, forms, command-line commands, OpenAPI, documents and the words of `verify` all follow from the
declaration. An application holds no state of its own and does no input or output.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, get_type_hints

import msgspec

from dongting.appkit.context import Context, Reader
from dongting.appkit.fields import Text
from dongting.appkit.workflow import Workflow

MEMBER = "member"  # any organisation in good standing
FOUNDER = "founder"
REGISTRAR = "registrar"
SUPERVISOR = "supervisor"
COLLECTIVE = "collective"  # nobody alone: only a passed proposal


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """The base of all records: frozen, without unknown fields, compared and encoded by value.

    Values alone form no cycles, so the collector need not look for any.
    """


@dataclass(frozen=True, slots=True)
class RecordType:
    """One declared record type; `name` is `app.type`."""

    name: str
    struct: type[Record]
    key: str
    title: Text
    indexed: tuple[str, ...] = ()
    searched: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    workflow: Workflow | None = None
    related: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    """One declared action; `name` is `app/action`.

    `about` is the record type that the statement's `sub` names, `subject` the argument that holds its id.
    `says` is one sentence for people: a format string over the arguments and `author`.
    """

    name: str
    run: Callable[[Context, Any], None]
    arguments: type[msgspec.Struct]
    about: RecordType
    subject: str
    by: frozenset[str]
    title: Text
    says: Text
    doc: str


#: Builds the first records from the genesis document: `(context, genesis as a dictionary)`.
GenesisHook = Callable[[Context, Mapping[str, Any]], None]


@dataclass(slots=True)
class App:
    """One application. `supplies` maps a protocol name to a factory over the present state."""

    name: str
    version: int
    title: Text
    records: dict[type[Record], RecordType] = field(default_factory=dict)
    actions: dict[str, Action] = field(default_factory=dict)
    genesis: GenesisHook | None = None
    source: tuple[str, ...] = ()

    def record(
        self,
        title: tuple[str, str],
        *,
        key: str = "id",
        indexed: Iterable[str] = (),
        searched: Iterable[str] = (),
        parties: Iterable[str] = (),
        workflow: Workflow | None = None,
        related: Iterable[str] = (),
    ) -> Callable[[type[Any]], type[Any]]:
        """Declare a record type (a class decorator).

        `title` is (English, Chinese); `key` the field that holds the id; `indexed` the fields by which
        lists are filtered and sorted; `searched` those that full-text search reads; `parties` those that
        name the organisations concerned; `related` the addresses of further records that belong to its
        story, beside those that its references name: format strings over its fields, in which
        `{1..count}` stands for each number from 1 to the field `count`, which only grows.
        """

        def declare(struct: type[Any]) -> type[Any]:
            name = f"{self.name}.{_kebab(struct.__name__)}"
            names = {f.name for f in msgspec.structs.fields(struct)}
            for used in (key, *indexed, *searched, *parties):
                assert used in names, f"{name} has no field {used}"
            self.records[struct] = RecordType(
                name, struct, key, Text(en=title[0], zh=title[1]),
                tuple(indexed), tuple(searched), tuple(parties), workflow, tuple(related),
            )  # fmt: skip
            return struct

        return declare

    def action(
        self,
        title: tuple[str, str],
        *,
        about: type[Any],
        says: tuple[str, str],
        subject: str = "id",
        by: str | Iterable[str] = MEMBER,
    ) -> Callable[[Callable[[Context, Any], None]], Callable[[Context, Any], None]]:
        """Declare an action (a function decorator); its second parameter's annotation is the arguments."""

        def declare(run: Callable[[Context, Any], None]) -> Callable[[Context, Any], None]:
            hints = get_type_hints(run)
            arguments = hints[list(inspect.signature(run).parameters)[1]]
            assert subject in arguments.__struct_fields__, f"{run.__name__} has no argument {subject}"
            name = f"{self.name}/{run.__name__.replace('_', '-')}"
            self.actions[name] = Action(
                name, run, arguments, self.records[about], subject,
                frozenset([by] if isinstance(by, str) else by),
                Text(en=title[0], zh=title[1]), Text(en=says[0], zh=says[1]),
                inspect.cleandoc(run.__doc__ or ""),
            )  # fmt: skip
            return run

        return declare

    def begins(self, hook: GenesisHook) -> GenesisHook:
        """Declare the function that builds this application's first records from the genesis document."""
        self.genesis = hook
        return hook


#: A protocol that one application declares, and the factory that joins it to another's supply.
Supply = tuple[type[Any], Callable[[Reader], Any]]


def _kebab(name: str) -> str:
    return "".join(f"-{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))
