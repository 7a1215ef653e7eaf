"""What a message's id stands for: an event of the ledger, or a test. Made anew whenever it is asked for."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

import msgspec

from dongting.appkit.fields import Text
from dongting.kernel.rules import Rules
from dongting.node.events import Event, Events, Wanted, before, position
from dongting.node.facade import Facade
from dongting.node.hooks.messages import Message
from dongting.standards.cloudevents import SPECVERSION, CloudEvent

#: Makes the messages of one kind from the rest of their ids; None: there is nothing to tell any more.
Source = Callable[[str, int], Awaitable[Message | None]]


class Teller:
    """`url` is where people reach the node; `sources` are further kinds of messages, by the first word of
    their ids."""

    def __init__(
        self, facade: Facade, events: Events, rules: Rules, url: str, sources: Mapping[str, Source]
    ) -> None:
        self._facade = facade
        self._events = events
        self._rules = rules
        self._url = url
        self._sources = {"test": self._test, **sources}

    async def message(self, id: str, now: int) -> Message | None:
        """The message with that id."""
        kind, _, rest = id.partition("-")
        if kind in self._sources:
            return await self._sources[kind](rest, now)
        return await self._event(id)

    async def _event(self, id: str) -> Message | None:
        wanted = position(id)
        blocks = await self._facade.blocks(before(wanted), 1)
        if not blocks:
            return None
        after = type(wanted)(wanted.height, wanted.number - 1)
        found, _ = await self._events.of(blocks, after, Wanted(), 1)
        if not found or found[0].position != wanted:
            return None
        return self._told(found[0])

    def _told(self, event: Event) -> Message:
        record = self._rules.by_name[event.version.type].declared
        lines = [
            Text(en=f"{record.title.en}: {event.version.id}", zh=f"{record.title.zh}：{event.version.id}")
        ]
        title = record.title
        if event.act is not None:
            done = self._rules.actions.get(event.act.action)
            title = done.declared.title if done is not None else title
            lines.append(Text(en=f"by {event.act.author}", zh=f"操作单位：{event.act.author}"))
        moment = datetime.fromtimestamp(event.version.time, UTC).strftime("%Y-%m-%d %H:%M UTC")
        lines.append(Text(en=moment, zh=moment))
        return Message(self._events.cloud_event(event), title, tuple(lines))

    async def _test(self, rest: str, now: int) -> Message | None:
        moment = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        event = CloudEvent(
            specversion=SPECVERSION, id=f"test-{rest}", source=self._url, type="dongting.test", time=moment,
            datacontenttype="application/json", data=msgspec.Raw(b"{}"),
        )  # fmt: skip
        return Message(
            event, Text(en="A test message", zh="测试消息"),
            (Text(en="The webhook works.", zh="webhook 工作正常。"),), self._url,
        )  # fmt: skip
