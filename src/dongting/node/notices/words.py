"""What a notice says, in both languages, and where it leads."""

import asyncio
from datetime import UTC, datetime, timezone

import msgspec

from dongting.appkit.fields import Text
from dongting.kernel.rules import Rules
from dongting.node.hooks.messages import Message
from dongting.node.hooks.telling import Source
from dongting.node.notices.book import KINDS, Book, Notice
from dongting.standards.cloudevents import SPECVERSION, CloudEvent

_SAYS: dict[str, tuple[str, str]] = {
    "waiting": ("{title} {id}: your step is next{by}.", "{title} {id}：等待贵单位处理{by}。"),
    "due": ("{title} {id} is due{by}.", "{title} {id}：期限临近{by}。"),
    "overdue": ("{title} {id} was due{by}.", "{title} {id}：已超过期限{by}。"),
    "ending": ("{title} {id} ends in {days} days{by}.", "{title} {id}：{days} 天后到期{by}。"),
    "changed": ("{title} {id}: {author} did “{action}”.", "{title} {id}：{author} 进行了“{action}”。"),
    "dataset": ("{title} {id}: {author} did “{action}”.", "{title} {id}：{author} 进行了“{action}”。"),
    "erasure": (
        "{title} {id}: its content was erased; destroy your copies and say so on the delivery.",
        "{title} {id}：内容已被删除；请销毁贵单位持有的副本，并在交付记录中答复。",
    ),
    "sign-off": (
        "“{action}” was signed off and waits for another person to confirm it.",
        "“{action}”已初签，等待另一人复核。",
    ),
    "sign-off-rejected": ("“{action}” was rejected by a second person.", "“{action}”被复核人退回。"),
    "node": ("{why}", "{why_zh}"),
}


class Words:
    """`zone` is the network's; `url` is where people reach the node."""

    def __init__(self, rules: Rules, zone: timezone, url: str) -> None:
        self._rules = rules
        self._zone = zone
        self._url = url

    def title(self, notice: Notice) -> Text:
        """What kind of notice it is."""
        return KINDS[notice.kind][0]

    def says(self, notice: Notice) -> Text:
        """The notice in one sentence."""
        type, _, id = notice.subject.partition("/")
        typed = self._rules.by_name.get(type)
        named = typed.declared.title if typed is not None else Text(en=type, zh=type)
        done = self._rules.actions.get(str(notice.facts.get("action", "")))
        action = done.declared.title if done is not None else Text(en="-", zh="-")
        due = notice.facts.get("due")
        english, chinese = _SAYS[notice.kind]
        facts = {"author": "", "days": "", "why": "", "why_zh": "", **notice.facts, "id": id}
        day = self._day(int(due)) if due else ""
        english_by, chinese_by = (f" by {day}", f"，期限 {day}") if day else ("", "")
        return Text(
            en=english.format(**{**facts, "title": named.en, "action": action.en, "by": english_by}),
            zh=chinese.format(**{**facts, "title": named.zh, "action": action.zh, "by": chinese_by}),
        )

    def address(self, notice: Notice) -> str:
        """The page that it is about, from the root of the site."""
        if "sign_off" in notice.facts:
            return f"/sign-offs/{notice.facts['sign_off']}"
        return f"/records/{notice.subject}" if notice.subject else "/settings/health"

    def link(self, notice: Notice) -> str:
        """The same as a whole address."""
        return f"{self._url}{self.address(notice)}"

    def _day(self, moment: int) -> str:
        """The last day on which it is not too late: deadlines lie at the end of a day."""
        return datetime.fromtimestamp(moment - 1, self._zone).strftime("%Y-%m-%d")


def noticed(book: Book, words: Words, url: str) -> Source:
    """Makes the messages by which webhooks are told of notices."""

    async def message(rest: str, now: int) -> Message | None:
        found = await asyncio.to_thread(book.one, int(rest))
        if found is None:
            return None
        moment = datetime.fromtimestamp(found.made, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        told = {"kind": found.kind, "organisation": found.organisation, **found.facts}
        event = CloudEvent(
            specversion=SPECVERSION, id=f"notice-{found.number}", source=url, subject=found.subject or None,
            type=f"dongting.notice.{found.kind}", time=moment, datacontenttype="application/json",
            data=msgspec.Raw(msgspec.json.encode(told)),
        )  # fmt: skip
        return Message(event, words.title(found), (words.says(found),), words.link(found))

    return message
