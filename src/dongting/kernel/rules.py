"""What a network runs: its applications, what they supply to each other, and who may sign.

The kernel imports no application; the node joins them here. Lookups are prepared once, since each
statement passes through them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec

from dongting.appkit.app import Action, App, RecordType
from dongting.appkit.authority import Authority
from dongting.appkit.context import Reader
from dongting.errors import Refused
from dongting.kernel.codes import MISSING_VERSION


class Scheduled(Protocol):
    """One version of an application that the network agreed on, and the height from which it counts."""

    @property
    def app(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def hash(self) -> str: ...
    @property
    def from_height(self) -> int: ...


#: From the present state, all versions agreed on so far, in the order of their agreement.
Schedule = Callable[[Reader], Sequence[Scheduled]]


class Typed:
    """A record type with its encoder and decoder; `entry` is its stored form with leaf and version."""

    __slots__ = ("app", "declared", "decode", "prefix")

    def __init__(self, app: App, declared: RecordType) -> None:
        self.app = app
        self.declared = declared
        self.prefix = declared.name + "/"
        # Only an audit reads a record back from a marker (`dongting.kernel.redaction`), which has a hash.
        fields: list[tuple[str, Any] | tuple[str, Any, Any]] = [
            ("body", declared.struct),
            ("leaf", int),
            ("version", int),
            ("hash", str | None, None),
        ]
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
    """The applications of a network and how they are joined.

    `sources` holds the hash of each application's installed source, 64 hexadecimal digits.
    """

    apps: Sequence[App]
    supplies: Mapping[type[Any], Callable[[Reader], Any]]
    authority: Callable[[Reader], Authority]
    schedule: Schedule | None = None
    sources: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        typed = {struct: Typed(app, record) for app in self.apps for struct, record in app.records.items()}
        verbs = {name: Verb(app, action) for app in self.apps for name, action in app.actions.items()}
        object.__setattr__(self, "records", typed)
        object.__setattr__(self, "actions", verbs)
        object.__setattr__(self, "by_name", {t.declared.name: t for t in typed.values()})

    def active(self, reader: Reader) -> dict[str, int]:
        """The version of each application at the reader's height; refuses one that is not installed.

        Source of an application carries its earlier versions too, so only the newest is compared by hash.
        """
        if self.schedule is None:
            return {app.name: app.version for app in self.apps}
        active: dict[str, Scheduled] = {}
        for each in self.schedule(reader):
            if each.from_height <= reader.height:
                active[each.app] = each
        installed = {app.name: app.version for app in self.apps}
        for name, wanted in active.items():
            have = installed.get(name, 0)
            same = wanted.hash == self.sources.get(name, wanted.hash)
            if wanted.version > have or (wanted.version == have and not same):
                raise Refused(
                    MISSING_VERSION,
                    height=wanted.from_height, app=name, version=wanted.version, hash=wanted.hash[:16],
                )  # fmt: skip
        return {name: each.version for name, each in active.items()}

    records: Mapping[type[Any], Typed] = None  # type: ignore[assignment]
    actions: Mapping[str, Verb] = None  # type: ignore[assignment]
    by_name: Mapping[str, Typed] = None  # type: ignore[assignment]
