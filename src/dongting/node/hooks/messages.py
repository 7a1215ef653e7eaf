"""What is sent: one message in the form that a receiver wants, and whether its answer takes it.

Standard: a CloudEvent, signed (Standard Webhooks 1.0.0). WeCom and DingTalk: the messages of type
`markdown` of their group robots (developer.work.weixin.qq.com/document/path/91770 and
open.dingtalk.com/document/orgapp/custom-robots-send-group-messages, as of June 2025); of the ledger they
show ids and our own words only, so that nobody's text can become markup or a mention there.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from urllib.parse import urlencode

import msgspec

from dongting.appkit.fields import Text
from dongting.errors import Refused
from dongting.node.hooks.codes import ANSWERED, GONE, REDIRECTED, ROBOT_REFUSED
from dongting.node.hooks.subscriptions import Hook
from dongting.node.outward import Answered
from dongting.standards import cloudevents, webhooks
from dongting.standards.cloudevents import CloudEvent

WECOM_BYTES = 4096  # of the content of a markdown message
_DINGTALK_BYTES = 18_000


@dataclass(frozen=True, slots=True)
class Message:
    """What a message tells: as an event for programs, as a title and lines for people."""

    event: CloudEvent
    title: Text
    lines: tuple[Text, ...]
    link: str = ""


@dataclass(frozen=True, slots=True)
class Sending:
    """One attempt, ready to be sent."""

    url: str
    body: bytes
    fields: list[tuple[str, str]]


class _Robot(msgspec.Struct):
    errcode: int = 0
    errmsg: str = ""


def sending(to: Hook, id: str, message: Message, now: int) -> Sending:
    """The message `id` to that webhook, signed at `now`."""
    if to.format == "standard":
        body = cloudevents.encode(message.event)
        keys = [key for key in map(webhooks.key_of, to.keys(now)) if key is not None]
        fields = [("content-type", cloudevents.MEDIA_TYPE), *webhooks.fields(id, now, body, keys)]
        return Sending(to.url, body, fields)
    title, text = _markdown(message, to.language)
    fields = [("content-type", "application/json")]
    if to.format == "wecom":
        content = {"msgtype": "markdown", "markdown": {"content": _cut(text, WECOM_BYTES)}}
        return Sending(to.url, msgspec.json.encode(content), fields)
    content = {"msgtype": "markdown", "markdown": {"title": title, "text": _cut(text, _DINGTALK_BYTES)}}
    return Sending(_signed(to, now), msgspec.json.encode(content), fields)


def judged(to: Hook, answer: Answered) -> Refused | None:
    """Why the receiver's answer does not take the message; None when it does."""
    if answer.status == 410:
        return Refused(GONE)
    if 300 <= answer.status < 400:
        return Refused(REDIRECTED, status=answer.status)
    if not 200 <= answer.status < 300:
        return Refused(ANSWERED, status=answer.status)
    if to.format == "standard":
        return None
    try:
        said = msgspec.json.decode(answer.body, type=_Robot)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Refused(ROBOT_REFUSED, errcode=-1, errmsg="-")
    return Refused(ROBOT_REFUSED, errcode=said.errcode, errmsg=said.errmsg[:100]) if said.errcode else None


def _markdown(message: Message, language: str) -> tuple[str, str]:
    title = message.title.best(language)
    lines = [f"### {title}", *(f"> {line.best(language)}" for line in message.lines)]
    if message.link:
        lines.append(f"[{'打开' if language == 'zh' else 'Open'}]({message.link})")
    return title, "\n\n".join(lines)


def _signed(to: Hook, now: int) -> str:
    """The address of a DingTalk robot that checks signatures, for this moment."""
    keys = to.keys(now)
    if not keys:
        return to.url
    moment = now * 1000
    mac = hmac.new(keys[0].encode(), f"{moment}\n{keys[0]}".encode(), hashlib.sha256).digest()
    more = urlencode({"timestamp": moment, "sign": base64.b64encode(mac).decode()})
    return f"{to.url}{'&' if '?' in to.url else '?'}{more}"


def _cut(text: str, most: int) -> str:
    """The text within so many bytes of UTF-8, cut between characters."""
    return text.encode()[:most].decode("utf-8", "ignore")
