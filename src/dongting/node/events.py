"""What happened, as events: each new version of a record, with the action that made it (CloudEvents 1.0).

Events are derived from the ledger's blocks whenever they are asked for; nothing of them is stored, so that
what was redacted is gone from them too. Their ids are positions, `height-number` within the block: the same
on every node, ascending, and good to resume from.
"""

import re
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from dongting.appkit.app import RecordType
from dongting.errors import Code, Refused
from dongting.node.facade import Act, BlockChanges, Facade, Version
from dongting.standards.cloudevents import SPECVERSION, CloudEvent

BAD_POSITION = Code(
    "events", 1, "bad-position",
    "{given} is not a position in the stream; use the id of an event, or a height to begin after.",
    "{given} 不是事件流中的位置；请使用事件的 id，或从其后开始的高度。",
    status=400,
)  # fmt: skip

BLOCKS = 20  # blocks taken from the ledger at a time
SCAN = 200  # blocks looked through for one page
_ACTS = 20_000  # actions remembered
_ASKED = 500  # actions asked for at a time
_WHOLE = 2**40
_POSITION = re.compile(r"(0|[1-9][0-9]{0,14})(?:-(0|[1-9][0-9]{0,9}))?")


class Position(NamedTuple):
    """A place in the stream: after all blocks below `height` and the changes up to `number` in that one."""

    height: int
    number: int = _WHOLE

    def __str__(self) -> str:
        return str(self.height) if self.number == _WHOLE else f"{self.height}-{self.number}"


def position(text: str) -> Position:
    """The position in that text: the id of an event, or a height, after which the next block begins."""
    match = _POSITION.fullmatch(text)
    if match is None:
        raise Refused(BAD_POSITION, given=text[:40])
    return Position(int(match[1]), _WHOLE if match[2] is None else int(match[2]))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events somebody wants: of these record types, about this record, of these actions, concerning
    this organisation as a party or author; what is empty excludes nothing."""

    types: frozenset[str] = frozenset()
    subject: str = ""
    actions: frozenset[str] = frozenset()
    party: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One event: where it stands, the version that it tells of, and the act that made it (None: genesis)."""

    position: Position
    version: Version
    act: Act | None

    @property
    def address(self) -> str:
        """The record, as `app.type/id`."""
        return f"{self.version.type}/{self.version.id}"


class RecordVersion(msgspec.Struct, frozen=True):
    """One version of a record, made by the statement at `leaf` (-1: genesis) in the block at `height`."""

    type: str
    id: str
    version: int
    leaf: int
    height: int
    time: int
    record: msgspec.Raw


def record_version(version: Any) -> RecordVersion:
    """A version, from the kernel or from the views, as everybody is told of it."""
    return RecordVersion(
        version.type, version.id, version.version, version.leaf, version.height, version.time,
        msgspec.Raw(version.body),
    )  # fmt: skip


class Events:
    """The events of one network, read from its ledger. `source` names the network, not the node."""

    def __init__(self, facade: Facade, types: Mapping[str, RecordType], network: str) -> None:
        self._facade = facade
        self._types = types
        self._source = f"urn:dongting:{network}"
        self._acts: OrderedDict[int, Act] = OrderedDict()

    async def read(self, after: Position, wanted: Wanted, limit: int) -> tuple[list[Event], Position]:
        """At most so many events after a position, and the position up to which all was looked through."""
        found: list[Event] = []
        for _ in range(SCAN // BLOCKS):
            blocks = await self._facade.blocks(before(after), BLOCKS)
            if not blocks:
                break
            events, after = await self.of(blocks, after, wanted, limit - len(found))
            found += events
            if len(found) >= limit:
                break
        return found, after

    async def of(
        self, blocks: Sequence[BlockChanges], after: Position, wanted: Wanted, limit: int
    ) -> tuple[list[Event], Position]:
        """The wanted events of these blocks, which follow one another, after a position."""
        near = [
            (Position(block.height, number), version)
            for block in blocks
            for number, version in enumerate(block.changes)
            if (block.height, number) > after and self._near(version, wanted)
        ]
        if not wanted.actions and not wanted.party:
            near = near[: limit + 1]
        acts = await self._done([version.leaf for _, version in near])
        found = [Event(place, version, acts.get(version.leaf)) for place, version in near]
        found = [event for event in found if self._is(event, wanted)]
        if len(found) > limit:
            return found[:limit], found[limit - 1].position
        return found, max(after, Position(blocks[-1].height))

    def cloud_event(self, event: Event) -> CloudEvent:
        """The event in the form in which everybody gets it."""
        version, act = event.version, event.act
        moment = datetime.fromtimestamp(version.time, UTC)
        return CloudEvent(
            specversion=SPECVERSION, id=str(event.position), source=self._source, subject=event.address,
            type=f"dongting.{version.type}", time=moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
            datacontenttype="application/json", action=act.action if act else None,
            author=act.author if act else None,
            data=msgspec.Raw(msgspec.json.encode(record_version(version))),
        )  # fmt: skip

    def parties(self, version: Version) -> frozenset[str]:
        """The organisations that a record names as its parties."""
        declared = self._types.get(version.type)
        if declared is None or not declared.parties:
            return frozenset()
        record = msgspec.json.decode(version.body)
        return frozenset(filter(None, (record.get(field) for field in declared.parties)))

    def _near(self, version: Version, wanted: Wanted) -> bool:
        """Whether a version is wanted as far as it tells by itself."""
        if wanted.types and version.type not in wanted.types:
            return False
        return not wanted.subject or wanted.subject == f"{version.type}/{version.id}"

    def _is(self, event: Event, wanted: Wanted) -> bool:
        act = event.act
        if wanted.actions and (act is None or act.action not in wanted.actions):
            return False
        if not wanted.party or (act is not None and act.author == wanted.party):
            return True
        return wanted.party in self.parties(event.version)

    async def _done(self, leaves: Iterable[int]) -> Mapping[int, Act]:
        """What the statements at these leaves did; asked for once while it is remembered."""
        wanted = dict.fromkeys(leaf for leaf in leaves if leaf >= 0)
        found = {leaf: self._acts[leaf] for leaf in wanted if leaf in self._acts}
        missing = [leaf for leaf in wanted if leaf not in found]
        for start in range(0, len(missing), _ASKED):
            for act in await self._facade.acts(missing[start : start + _ASKED]):
                found[act.index] = self._acts[act.index] = act
        while len(self._acts) > _ACTS:
            self._acts.popitem(last=False)
        return found


def before(after: Position) -> int:
    """The height above which the blocks begin that a position still needs."""
    return after.height if after.number == _WHOLE else after.height - 1
