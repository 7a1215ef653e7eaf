"""What a network runs: its applications, what they supply to each other, and who may sign.

The kernel imports no application; the node joins them here. Lookups are prepared once, since each
statement passes through them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from dongting.appkit.app import Action, App, RecordType
from dongting.appkit.authority import Authority
from dongting.appkit.context import Reader

#: From the present state, the version of each application that is active.
Versions = Callable[[Reader], Mapping[str, int]]


class Typed:
    """A record type with its encoder and decoder; `entry` is its stored form with leaf and version."""

    __slots__ = ("app", "declared", "decode", "prefix")

    def __init__(self, app: App, declared: RecordType) -> None:
        self.app = app
        self.declared = declared
        self.prefix = declared.name + "/"
        fields = [("body", declared.struct), ("leaf", int), ("version", int)]
        entry = msgspec.defstruct("Entry", fields, frozen=True, forbid_unknown_fields=True)
        self.decode: Callable[[bytes], Any] = msgspec.json.Decoder(entry).decode


class Verb:
    """An action with its argument decoder."""

    __slots__ = ("app", "arguments", "declared", "prefix")

    def __init__(self, app: App, declared: Action) -> None:
        self.app = app
        self.declared = declared
        self.prefix = declared.about.name + "/"
        self.arguments: Callable[[bytes], Any] = msgspec.json.Decoder(declared.arguments).decode


@dataclass(frozen=True)
class Rules:
    """The applications of a network and how they are joined."""

    apps: Sequence[App]
    supplies: Mapping[type[Any], Callable[[Reader], Any]]
    authority: Callable[[Reader], Authority]
    versions: Versions | None = None

    def __post_init__(self) -> None:
        typed = {struct: Typed(app, record) for app in self.apps for struct, record in app.records.items()}
        verbs = {name: Verb(app, action) for app in self.apps for name, action in app.actions.items()}
        object.__setattr__(self, "records", typed)
        object.__setattr__(self, "actions", verbs)
        object.__setattr__(self, "by_name", {t.declared.name: t for t in typed.values()})

    records: Mapping[type[Any], Typed] = None  # type: ignore[assignment]
    actions: Mapping[str, Verb] = None  # type: ignore[assignment]
    by_name: Mapping[str, Typed] = None  # type: ignore[assignment]
