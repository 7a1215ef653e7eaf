"""What one person of the organisation signed off and another has to confirm, and the rule that asks it."""

import asyncio
from collections.abc import Callable
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from dongting.api import samples
from dongting.api.acting import ACTED, Acted
from dongting.api.people import HOSTED, hosted
from dongting.api.routes import ACTS, JSON, Call, Content, Nothing, json_reply, route
from dongting.api.service import Service
from dongting.errors import Refused
from dongting.http.messages import Reply
from dongting.node.custodian import LOCKED, NOT_HOSTED
from dongting.node.people import seconding
from dongting.node.people import sign_off_codes as codes
from dongting.node.people.access import ADMINISTER
from dongting.node.people.codes import NEEDS_PERSON
from dongting.node.people.sign_offs import SignOff
from dongting.node.people.two_people import Ruled
from dongting.node.words import Line, Preview
from dongting.sdk.client import Client
from dongting.sdk.statements import OUTCOME_UNKNOWN

R = TypeVar("R")


class Shown(msgspec.Struct, frozen=True):
    """A sign-off, and in both languages what its first person was shown and its second one confirms."""

    sign_off: SignOff
    en: Preview
    zh: Preview


class Confirmation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The `fingerprint` of the sign-off that was read."""

    seen: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]


class Rejection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why not."""

    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class Actions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Actions by the ids that `/v1/actions` lists."""

    actions: Annotated[list[Annotated[str, Meta(max_length=80)]], Meta(max_length=200)]


class AskSignOff(msgspec.Struct, frozen=True):
    """One sign-off."""

    id: Annotated[str, Meta(pattern=r"^[0-9a-f]{12}$(?!\n)", examples=["0f1e2d3c4b5a"])]


class AskSignOffs(msgspec.Struct, frozen=True):
    """Which of them."""

    waiting: Annotated[bool, Meta(description="Only those that wait.", examples=[True])] = False


_ONE = SignOff(
    "0f1e2d3c4b5a", "sharing/agree", "sharing.negotiation/air-2026", "waiting", samples.HASH64,
    "0f1e2d3c4b5a6978", "韦明", "", "", 1_767_225_600, 1_767_830_400, None, "", "", None,
)  # fmt: skip
_SEEN = Preview(
    "Approve the request", "env-bureau", "env-bureau approved the request air-2026 …",
    [Line("Request", "air-2026")], [], [],
)  # fmt: skip
_RULE = [Ruled("sharing/agree", False, "")]
_OPENS = (NOT_HOSTED, LOCKED, codes.NO_SUCH_SIGN_OFF)
_DECIDES = (codes.NO_SUCH_SIGN_OFF, codes.SAME_PERSON, codes.NOT_WAITING, NEEDS_PERSON)


@route(
    "GET", "/v1/sign-offs", ("What waits for a second person", "待复核事项"), tag="sign-offs",
    refuses=HOSTED, gives=Content(JSON, list[SignOff], [_ONE]),
)  # fmt: skip
async def sign_offs(service: Service, call: Call, asked: AskSignOffs) -> Reply:
    """The last hundred sign-offs of the organisation, the newest first."""
    organisation, offs = hosted(service, call), service.accounts.sign_offs
    return json_reply(await asyncio.to_thread(lambda: offs.list(organisation, waiting=asked.waiting)))


@route(
    "GET", "/v1/sign-offs/rule", ("What two people sign", "双人签署规则"), tag="sign-offs",
    refuses=HOSTED, gives=Content(JSON, list[Ruled], _RULE),
)  # fmt: skip
async def two_people(service: Service, call: Call, asked: Nothing) -> Reply:
    """The actions that the organisation's administrators chose; `leaving` waits for a second administrator
    (`by` is the first one's id)."""
    return json_reply(await asyncio.to_thread(service.accounts.two_people.rule, hosted(service, call)))


@route(
    "PUT", "/v1/sign-offs/rule", ("Choose what two people sign", "设置双人签署规则"), tag="sign-offs",
    needs=(ADMINISTER,), refuses=(*HOSTED, codes.BAD_RULE),
    takes=Content(JSON, Actions, Actions(["sharing/agree"])), gives=Content(JSON, list[Ruled], _RULE),
)  # fmt: skip
async def choose_two_people(service: Service, call: Call, asked: Nothing) -> Reply:
    """These actions and no others. An action comes on the list at once, and leaves it when two different
    administrators took it off. What waits goes on waiting. With any action, `membership/add-key` and
    `membership/rotate-key` need two people too."""
    change, organisation = service.accounts.two_people.change, hosted(service, call)
    return json_reply(await asyncio.to_thread(change, organisation, call.data.actions, call.member.actor))


@route(
    "GET", "/v1/sign-offs/{id}", ("One sign-off", "查看待复核事项"), tag="sign-offs", refuses=_OPENS,
    gives=Content(JSON, Shown, Shown(_ONE, _SEEN, _SEEN)),
)  # fmt: skip
async def shown_sign_off(service: Service, call: Call, asked: AskSignOff) -> Reply:
    """What will be signed, word for word as the first person saw it."""
    organisation, accounts = hosted(service, call), service.accounts
    found = await asyncio.to_thread(accounts.sign_offs.one, organisation, asked.id)
    content = await _run(service, call, lambda client: seconding.content_of(accounts, client, asked.id))
    return json_reply(Shown(found, content.en, content.zh))


@route(
    "POST", "/v1/sign-offs/{id}/confirm", ("Confirm as the second person", "复核通过"), tag="sign-offs",
    needs=ACTS, takes=Content(JSON, Confirmation, Confirmation(samples.HASH64)),
    gives=Content(JSON, Acted, ACTED), refuses=(
        NOT_HOSTED, LOCKED, *_DECIDES, codes.OTHERWISE_NOW, codes.FIRST_GONE, OUTCOME_UNKNOWN,
    ),
)  # fmt: skip
async def confirm_sign_off(service: Service, call: Call, asked: AskSignOff) -> Reply:
    """Sign what another person signed off, and submit it. It is signed once, however often this is asked."""
    accounts, actor, seen = service.accounts, call.person, call.data.seen

    def work(client: Client) -> Acted:
        done = seconding.confirm(accounts, client, actor, asked.id, seen)
        subject = accounts.sign_offs.one(client.organisation or "", asked.id).subject
        return Acted(subject, done.id, done.index, done.height, done.time)

    return json_reply(await _run(service, call, work))


@route(
    "POST", "/v1/sign-offs/{id}/reject", ("Reject as the second person", "复核退回"), tag="sign-offs",
    needs=ACTS, takes=Content(JSON, Rejection, Rejection("预算尚未批准")),
    gives=Content(JSON, SignOff, _ONE), refuses=(*HOSTED, *_DECIDES, codes.BAD_REASON),
)  # fmt: skip
async def reject_sign_off(service: Service, call: Call, asked: AskSignOff) -> Reply:
    """Nothing is signed; the reason is kept for the first person."""
    organisation, accounts = hosted(service, call), service.accounts
    await asyncio.to_thread(seconding.reject, accounts, call.person, organisation, asked.id, call.data.reason)
    return json_reply(await asyncio.to_thread(accounts.sign_offs.one, organisation, asked.id))


@route(
    "POST", "/v1/sign-offs/{id}/withdraw", ("Withdraw one's own sign-off", "撤回初签"), tag="sign-offs",
    needs=ACTS, gives=Content(JSON, SignOff, _ONE),
    refuses=(*HOSTED, codes.NO_SUCH_SIGN_OFF, codes.NOT_THE_FIRST, codes.NOT_WAITING, NEEDS_PERSON),
)  # fmt: skip
async def withdraw_sign_off(service: Service, call: Call, asked: AskSignOff) -> Reply:
    """For the person who signed it off."""
    organisation, offs = hosted(service, call), service.accounts.sign_offs
    await asyncio.to_thread(offs.withdraw, call.person, organisation, asked.id)
    return json_reply(await asyncio.to_thread(offs.one, organisation, asked.id))


async def _run(service: Service, call: Call, work: Callable[[Client], R]) -> R:
    organisation = call.member.organisation
    if service.agents is None:
        raise Refused(NOT_HOSTED, organisation=organisation)
    return await service.agents.run(organisation, call.head.language, work, call.member.actor)


ROUTES = (
    sign_offs, two_people, choose_two_people, shown_sign_off, confirm_sign_off, reject_sign_off,
    withdraw_sign_off,
)  # fmt: skip
