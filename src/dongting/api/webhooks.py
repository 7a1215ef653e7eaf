"""Webhooks of the caller's organisation: made, changed, tried out; what became of each message; replay."""

import asyncio
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from dongting.api.kinds import Limit, RecordName
from dongting.api.routes import JSON, Call, Content, Field, Nothing, json_reply, page_reply, route
from dongting.api.service import Service
from dongting.errors import Language, require
from dongting.http.codes import PRECONDITION_FAILED
from dongting.http.conditions import entity_tag, require_match
from dongting.http.messages import Reply
from dongting.node.hooks.codes import (
    BAD_SECRET,
    NO_DELIVERY,
    NO_HOOK,
    NOT_ROTATED,
    TOO_MANY_HOOKS,
    UNKNOWN_NAME,
    reason,
)
from dongting.node.hooks.subscriptions import About, Delivery, Format, Hook, State, Wish
from dongting.node.outward import BAD_ADDRESS, PRIVATE_ADDRESS
from dongting.node.people.access import ADMINISTER, DEVELOP
from dongting.standards.problem import Problem, from_refused
from dongting.store.rows import BAD_CURSOR

Url = Annotated[str, Meta(pattern=r"^https?://[!-~]+$(?!\n)", max_length=2000)]
Name = Annotated[str, Meta(max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]
Types = Annotated[list[RecordName], Meta(max_length=50)]
ActionName = Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,40}/[a-z0-9-]{1,40}$(?!\n)")]
Actions = Annotated[list[ActionName], Meta(max_length=50)]
Written = Annotated[str, Meta(max_length=130)]
HookId = Annotated[str, Meta(pattern=r"^wh_[0-9a-f]{24}$(?!\n)", examples=["wh_0f1e2d3c4b5a69788796a5b4"])]

IF_MATCH = Field(
    "If-Match", "The ETag of the webhook as you know it: refused when it has changed since.",
    r'^"[\x21\x23-\x7e]*"$|^\*$', '"9f86d081884c7d659a2feaa0"',
)  # fmt: skip


class NewWebhook(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where to send, and what: `about` is `own` (events that the organisation made or is a party of), `all`
    events, or `notices` (what waits for it); of events only these types and actions, where given. `format`
    is `standard` (CloudEvents signed by Standard Webhooks), or the message of a WeCom or DingTalk robot in
    `language`. Without a `secret` one is drawn.
    """

    url: Url
    name: Name = ""
    format: Format = "standard"
    language: Language = "zh"
    about: About = "own"
    types: Types = []
    actions: Actions = []
    secret: Written | None = None


class WebhookChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be different; what is left out stays. `state` pauses a webhook or opens it again, from when
    on events count anew."""

    url: Url | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    format: Format | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    about: About | UnsetType = UNSET
    types: Types | UnsetType = UNSET
    actions: Actions | UnsetType = UNSET
    secret: Written | UnsetType = UNSET
    state: Literal["active", "paused"] | UnsetType = UNSET


class Webhook(msgspec.Struct, frozen=True):
    """One webhook; its secret is shown only when it is made or replaced. Until `former_secret_until` the
    former secret signs too."""

    id: str
    name: str
    url: str
    format: Format
    language: Language
    about: About
    types: list[str]
    actions: list[str]
    state: State
    made: int
    former_secret_until: int | None


class MadeWebhook(msgspec.Struct, frozen=True):
    """A new webhook and its secret, which is shown this once."""

    webhook: Webhook
    secret: str | None


class WebhookList(msgspec.Struct, frozen=True):
    """All webhooks of the organisation, the oldest first."""

    webhooks: list[Webhook]


class NewSecret(msgspec.Struct, frozen=True):
    """The new secret; the former one signs beside it for a day."""

    secret: str


class Queued(msgspec.Struct, frozen=True):
    """The number of the delivery that was put in line."""

    delivery: int


class WebhookDelivery(msgspec.Struct, frozen=True):
    """One message to a webhook. `message` is its webhook-id (for an event, that event's id); `waiting`: next
    tried at `due`; `dead`: given up, and can be replayed. `status` and `problem` are of the last try."""

    number: int
    message: str
    state: str
    attempts: int
    due: int | None
    made: int
    last: int | None
    status: int | None
    problem: Problem | None


class WebhookDeliveries(msgspec.Struct, frozen=True):
    """Deliveries, the newest first, and where to go on; null at the end."""

    deliveries: list[WebhookDelivery]
    cursor: str | None


class AskWebhook(msgspec.Struct, frozen=True):
    """One webhook."""

    id: HookId


class AskDeliveries(msgspec.Struct, frozen=True):
    """Deliveries of a webhook, in one state or in all."""

    id: HookId
    state: Annotated[Literal["waiting", "delivered", "dead"], Meta(examples=["dead"])] | None = None
    cursor: (
        Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,17}$(?!\n)", description="`cursor` of the page before.",
                            examples=["1042"])] | None
    ) = None  # fmt: skip
    limit: Limit = 50


class AskDelivery(msgspec.Struct, frozen=True):
    """One delivery of a webhook."""

    id: HookId
    number: Annotated[int, Meta(ge=1, le=10**17, examples=[1042])]


_WEBHOOK = Webhook(
    "wh_0f1e2d3c4b5a69788796a5b4", "lake", "https://data.example.org/dongting", "standard", "en", "own",
    ["sharing.negotiation"], [], "active", 1_767_225_600, None,
)  # fmt: skip
_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw3q0Jd2P4m6g="  # noqa: S105
_DELIVERY = WebhookDelivery(1042, "310-0", "delivered", 1, None, 1_767_225_600, 1_767_225_601, 200, None)
#: Addresses of robots hold their keys, so only those see them who manage interfaces.
_NEEDS = (DEVELOP, ADMINISTER)
_MADE = (BAD_ADDRESS, PRIVATE_ADDRESS, BAD_SECRET, UNKNOWN_NAME)


@route(
    "GET", "/v1/webhooks", ("Webhooks", "webhook 列表"),
    tag="webhooks", needs=_NEEDS, gives=Content(JSON, WebhookList, WebhookList([_WEBHOOK])),
)  # fmt: skip
async def webhook_list(service: Service, call: Call, asked: Nothing) -> Reply:
    """The organisation's webhooks, at most 20."""
    found = await asyncio.to_thread(service.hooks.all, call.member.organisation)
    return json_reply(WebhookList([_shown(each) for each in found]))


@route(
    "POST", "/v1/webhooks", ("Make a webhook", "创建 webhook"),
    tag="webhooks", needs=_NEEDS, status=201, most=16_384, refuses=(*_MADE, TOO_MANY_HOOKS),
    takes=Content(JSON, NewWebhook, NewWebhook(_WEBHOOK.url, types=["sharing.negotiation"])),
    gives=Content(JSON, MadeWebhook, MadeWebhook(_WEBHOOK, _SECRET)),
)  # fmt: skip
async def make_webhook(service: Service, call: Call, asked: Nothing) -> Reply:
    """Have messages sent from now on. Each is tried at once and, while the receiver does not answer 2xx,
    again for about three days, with longer and longer pauses; then it is set aside."""
    given: NewWebhook = call.data
    wish = Wish(
        given.name, given.url, given.format, given.language, given.about, tuple(given.types),
        tuple(given.actions), given.secret,
    )  # fmt: skip
    _known(service, wish)
    height = (await service.facade.status()).height
    made, secret = await asyncio.to_thread(
        service.hooks.add, call.member.organisation, wish, height, _by(call)
    )
    return json_reply(MadeWebhook(_shown(made), secret), status=201)


@route(
    "GET", "/v1/webhooks/{id}", ("One webhook", "查询 webhook"),
    tag="webhooks", needs=_NEEDS, refuses=(NO_HOOK,), gives=Content(JSON, Webhook, _WEBHOOK),
)  # fmt: skip
async def webhook(service: Service, call: Call, asked: AskWebhook) -> Reply:
    """A webhook of the organisation's."""
    found = await asyncio.to_thread(service.hooks.one, call.member.organisation, asked.id)
    return json_reply(_shown(found))


@route(
    "PATCH", "/v1/webhooks/{id}", ("Change a webhook", "修改 webhook"),
    tag="webhooks", needs=_NEEDS, most=16_384, reads=(IF_MATCH,),
    refuses=(*_MADE, NO_HOOK, PRECONDITION_FAILED), gives=Content(JSON, Webhook, _WEBHOOK),
    takes=Content(JSON, WebhookChange, {"state": "paused"}),
)  # fmt: skip
async def change_webhook(service: Service, call: Call, asked: AskWebhook) -> Reply:
    """Send elsewhere or something else, pause, or open again."""
    given = {name: each for name, each in msgspec.structs.asdict(call.data).items() if each is not UNSET}
    organisation = call.member.organisation
    before = await asyncio.to_thread(service.hooks.one, organisation, asked.id)
    state = given.pop("state", before.state)
    present: dict[str, Any] = {
        name: getattr(before, name)
        for name in ("name", "url", "format", "language", "about", "types", "actions")
    }
    wish = msgspec.convert({**present, "secret": None, **given}, Wish)
    _known(service, wish)
    height = (await service.facade.status()).height
    made = await asyncio.to_thread(
        service.hooks.change,
        organisation,
        asked.id,
        wish,
        state,
        height,
        lambda hook: _matches(call, hook),
        _by(call),
    )
    return json_reply(_shown(made))


@route(
    "DELETE", "/v1/webhooks/{id}", ("Remove a webhook", "删除 webhook"),
    tag="webhooks", needs=_NEEDS, status=204, reads=(IF_MATCH,), refuses=(NO_HOOK, PRECONDITION_FAILED),
)  # fmt: skip
async def remove_webhook(service: Service, call: Call, asked: AskWebhook) -> Reply:
    """Nothing more is sent, and its deliveries are forgotten."""
    await asyncio.to_thread(
        service.hooks.remove, call.member.organisation, asked.id, lambda hook: _matches(call, hook), _by(call)
    )
    return Reply(204)


@route(
    "POST", "/v1/webhooks/{id}/rotate", ("Replace the secret", "更换密钥"),
    tag="webhooks", needs=_NEEDS, refuses=(NO_HOOK, NOT_ROTATED),
    gives=Content(JSON, NewSecret, NewSecret(_SECRET)),
)  # fmt: skip
async def rotate_webhook(service: Service, call: Call, asked: AskWebhook) -> Reply:
    """A new secret, shown this once. For a day messages carry signatures under both."""
    secret = await asyncio.to_thread(service.hooks.rotate, call.member.organisation, asked.id, _by(call))
    return json_reply(NewSecret(secret))


@route(
    "POST", "/v1/webhooks/{id}/test", ("Try a webhook", "测试 webhook"),
    tag="webhooks", needs=_NEEDS, status=202, refuses=(NO_HOOK,), gives=Content(JSON, Queued, Queued(1042)),
)  # fmt: skip
async def test_webhook(service: Service, call: Call, asked: AskWebhook) -> Reply:
    """Send a message that tells of nothing, of type dongting.test."""
    number = await asyncio.to_thread(service.hooks.test, call.member.organisation, asked.id)
    return json_reply(Queued(number), status=202)


@route(
    "GET", "/v1/webhooks/{id}/deliveries", ("Deliveries", "投递记录"),
    tag="webhooks", needs=_NEEDS, refuses=(NO_HOOK, BAD_CURSOR),
    gives=Content(JSON, WebhookDeliveries, WebhookDeliveries([_DELIVERY], None)),
)  # fmt: skip
async def webhook_deliveries(service: Service, call: Call, asked: AskDeliveries) -> Reply:
    """What was sent or is to be sent. Delivered messages are kept for 7 days, dead ones for 30."""
    below = int(asked.cursor) if asked.cursor else None
    found = await asyncio.to_thread(
        service.hooks.deliveries, call.member.organisation, asked.id, asked.state, below, asked.limit + 1
    )
    shown = [_delivery(each, call.head.language) for each in found[: asked.limit]]
    cursor = str(shown[-1].number) if len(found) > asked.limit else None
    return page_reply(call, WebhookDeliveries(shown, cursor))


@route(
    "POST", "/v1/webhooks/{id}/deliveries/{number}/replay", ("Send again", "重新投递"),
    tag="webhooks", needs=_NEEDS, refuses=(NO_HOOK, NO_DELIVERY),
    gives=Content(JSON, WebhookDelivery, _DELIVERY),
)  # fmt: skip
async def replay_delivery(service: Service, call: Call, asked: AskDelivery) -> Reply:
    """Put a message in line again, whatever became of it, under the same webhook-id."""
    done = await asyncio.to_thread(
        service.hooks.replay, call.member.organisation, asked.id, asked.number, _by(call)
    )
    return json_reply(_delivery(done, call.head.language))


def _by(call: Call) -> str | None:
    """The person who asks, if one does."""
    return call.member.actor.person if call.member.actor is not None else None


def _known(service: Service, wish: Wish) -> None:
    for name in wish.types:
        require(name in service.rules.by_name, UNKNOWN_NAME, name=name)
    for name in wish.actions:
        require(name in service.rules.actions, UNKNOWN_NAME, name=name)


def _matches(call: Call, hook: Hook) -> None:
    require_match(call.head, entity_tag(msgspec.json.encode(_shown(hook))))


def _shown(hook: Hook) -> Webhook:
    ends = [each.until for each in hook.secrets if each.until is not None]
    return Webhook(
        hook.id, hook.name, hook.url, hook.format, hook.language, hook.about, list(hook.types),
        list(hook.actions), hook.state, hook.made, max(ends, default=None),
    )  # fmt: skip


def _delivery(each: Delivery, language: Language) -> WebhookDelivery:
    problem = None if each.code is None else from_refused(reason(each.code, each.facts), language)
    due = each.due if each.state == "waiting" else None
    return WebhookDelivery(
        each.number, each.message, each.state, each.attempts, due, each.made, each.last, each.status, problem
    )


ROUTES = (
    webhook_list, make_webhook, webhook, change_webhook, remove_webhook, rotate_webhook, test_webhook,
    webhook_deliveries, replay_delivery,
)  # fmt: skip
