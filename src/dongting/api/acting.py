"""Acting by arguments: the node drafts, shows in plain words, signs for an organisation it hosts, submits.

For people and programs whose organisation keeps its keys here; who keeps them elsewhere signs statements.
"""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from dongting.api import samples
from dongting.api.routes import ACTS, JSON, Call, Content, json_reply, route
from dongting.api.service import Service
from dongting.appkit.app import COLLECTIVE
from dongting.appkit.fields import Slug
from dongting.errors import Code, Refused, require
from dongting.http.messages import Reply
from dongting.node import warrants
from dongting.node.completing import complete
from dongting.node.custodian import LOCKED, NOT_HOSTED
from dongting.node.drafting import BAD_ARGUMENTS, UNKNOWN_ACTION, Draft, draft_of, prepare, proposed
from dongting.node.people.codes import NOT_ALLOWED
from dongting.node.people.seconding import sign_or_wait
from dongting.node.people.sign_off_codes import NEEDS_SECOND, WAITS_ALREADY
from dongting.node.words import Line, Preview, Private, Words
from dongting.sdk.client import Client
from dongting.sdk.statements import OUTCOME_UNKNOWN

R = TypeVar("R")

PROPOSAL_NEEDED = Code(
    "acting", 2, "proposal-needed",
    "{action} is for the founders together: give `proposal` with an id, and it is proposed to them.",
    "{action} 须由发起方共同决定：请在 `proposal` 中给出提案编号，即可提交发起方表决。",
)  # fmt: skip


class NewProposal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Under which id to propose what only the founders together may do, and why (for them alone)."""

    id: Slug
    motive: Annotated[str, Meta(max_length=4000)] = ""


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The arguments of an action; what follows from the ledger may be left out. `parts` holds the contents of
    its parts by argument."""

    arguments: dict[str, Any] = {}
    parts: dict[str, dict[str, Any]] = {}
    proposal: NewProposal | None = None


class Acted(msgspec.Struct, frozen=True):
    """What was signed and accepted: its record, the statement's id (leaf hash), index, height and time."""

    subject: str
    id: str
    index: int
    height: int
    time: int


class SignedOff(msgspec.Struct, frozen=True):
    """The id of the sign-off, which waits for a second person."""

    sign_off: str


class Previews(msgspec.Struct, frozen=True):
    """What would be signed, in both languages, and about which record."""

    subject: str
    en: Preview
    zh: Preview


class AskAction(msgspec.Struct, frozen=True):
    """One action, by application and name as `/v1/actions` lists them."""

    app: Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,40}$(?!\n)", examples=["sharing"])]
    action: Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,60}$(?!\n)", examples=["request"])]


_ASKED = Asked(
    {"id": "air-2026", "dataset": "pm25-hourly", "end": 1_798_761_600},
    {"terms": {"purpose": {"zh": "大气污染研究"}, "onward": "none"}},
)
ACTED = Acted("sharing.negotiation/air-2026", samples.HASH64, 1040, 310, 1_767_225_600)
_LINE = [Line("Request", "air-2026")]
_SEEN = Preview(
    "Request a dataset", "green-tech", "green-tech requested the dataset pm25-hourly …", _LINE,
    [Private("Terms", ["env-bureau"], [Line("Purpose", "大气污染研究")])], [],
)  # fmt: skip
_REFUSES = (NOT_HOSTED, LOCKED, UNKNOWN_ACTION, BAD_ARGUMENTS, PROPOSAL_NEEDED)


@route(
    "POST", "/v1/act/{app}/{action}", ("Sign and submit an action", "签署并提交操作"),
    tag="acting", needs=ACTS, takes=Content(JSON, Asked, _ASKED),
    refuses=(*_REFUSES, NEEDS_SECOND, WAITS_ALREADY, OUTCOME_UNKNOWN),
    gives=Content(JSON, Acted, ACTED), later=Content(JSON, SignedOff, SignedOff("0f1e2d3c4b5a")),
)  # fmt: skip
async def act(service: Service, call: Call, asked: AskAction) -> Reply:
    """Complete the arguments, store the parts encrypted to their readers, sign as the caller's organisation,
    submit, and answer once it is in the ledger. The node must hold the organisation's keys.

    Where the organisation has two people sign the action, this signs it off (202): another person confirms it
    by `POST /v1/sign-offs/{id}/confirm`, and until then nothing is signed or sent."""

    def work(client: Client) -> Acted | SignedOff:
        draft = _drafted(client, asked, call.data)
        done = sign_or_wait(service.accounts, client, draft, call.member.actor)
        if isinstance(done, str):
            return SignedOff(done)
        return Acted(draft.subject, done.id, done.index, done.height, done.time)

    made = await _as_caller(service, call, asked, work)
    return json_reply(made, status=202 if isinstance(made, SignedOff) else 200)


@route(
    "POST", "/v1/act/{app}/{action}/preview", ("What an action would say", "预览操作内容"),
    tag="acting", safe=True, takes=Content(JSON, Asked, _ASKED), refuses=_REFUSES,
    gives=Content(JSON, Previews, Previews("sharing.negotiation/air-2026", _SEEN, _SEEN)),
)  # fmt: skip
async def preview(service: Service, call: Call, asked: AskAction) -> Reply:
    """The sentence that would be signed, its arguments, who reads which part, in both languages. Nothing is
    stored, signed or sent."""

    def work(client: Client) -> Previews:
        draft = _drafted(client, asked, call.data)
        zone, author = client.network.genesis.zone, client.organisation or ""
        english, chinese = (Words(language, zone).preview(draft, author) for language in ("en", "zh"))
        return Previews(draft.subject, english, chinese)

    return json_reply(await _as_caller(service, call, asked, work))


async def _as_caller(service: Service, call: Call, asked: AskAction, work: Callable[[Client], R]) -> R:
    organisation, actor = call.member.organisation, call.member.actor
    known = service.rules.actions.get(f"{asked.app}/{asked.action}")
    if actor is not None and known is not None:
        allowed = warrants.may(actor, known.declared)
        wanted = " / ".join(sorted(warrants.permissions(known.declared)))
        require(allowed, NOT_ALLOWED, permission=wanted)
    if service.agents is None:
        raise Refused(NOT_HOSTED, organisation=organisation)
    return await service.agents.run(organisation, call.head.language, work, actor)


def _drafted(client: Client, asked: AskAction, given: Asked) -> Draft:
    """The draft, completed and prepared; what is for the founders together becomes a proposal to them."""
    draft = draft_of(f"{asked.app}/{asked.action}", given.arguments, given.parts)
    if draft.action.by == {COLLECTIVE}:
        if given.proposal is None:
            raise Refused(PROPOSAL_NEEDED, action=draft.action.name)
        draft = proposed(draft, given.proposal.id, given.proposal.motive)
    else:
        require(given.proposal is None, BAD_ARGUMENTS, action=draft.action.name, why="proposal")
        complete(client, draft)
    prepare(client, draft)
    return draft


ROUTES = (act, preview)
