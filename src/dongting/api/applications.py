"""Applications of organisations that want to be hosted at this node."""

import asyncio
from typing import Annotated, get_args

import msgspec
from msgspec import Meta

from dongting.api.routes import JSON, Call, Content, Nothing, json_reply, route
from dongting.api.service import Service
from dongting.apps.membership.organisations import Kind
from dongting.errors import Refused
from dongting.http.messages import Reply
from dongting.node.custodian import LOCKED
from dongting.node.people import codes
from dongting.node.people.access import APPROVE
from dongting.node.people.admitting import admit, require_decider
from dongting.node.people.applications import LARGEST, Applicant, Application


class NewApplication(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an organisation sends in; `document` is a PDF, PNG or JPEG in base64."""

    applicant: Applicant
    document: bytes


class Sent(msgspec.Struct, frozen=True):
    """The number of an application."""

    id: str


class AdmittedBy(msgspec.Struct, frozen=True):
    """`admitted` at once, or `proposed` to the founders; the link for its administrator, told here only."""

    state: str
    link: str


class Declined(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why it is declined."""

    reason: Annotated[str, Meta(max_length=500)] = ""


class AskApplication(msgspec.Struct, frozen=True):
    """One application."""

    id: Annotated[str, Meta(pattern=r"^[0-9a-f]{16}$(?!\n)", examples=["0f1e2d3c4b5a6978"])]


_APPLICANT = Applicant(
    "water-bureau", "government", "水务局", "Water Bureau", "91430100000000425T", "430100", "兰",
    "lan@water.example",
)  # fmt: skip
_ID = "0f1e2d3c4b5a6978"
_APPLICATION = Application(_ID, _APPLICANT, "waiting", "", 1_767_225_600, None, "application/pdf")
_LINK = "https://node.example/setup?link=2Q1FjVAT2pk0kKw_uO3KrSqLd8iKf43KywUk8pWReD0"


@route(
    "POST", "/v1/applications", ("Apply to be hosted", "申请托管"), tag="people", signed=False, status=201,
    most=LARGEST * 2, refuses=(codes.BAD_APPLICATION, codes.TOO_MANY_APPLICATIONS),
    takes=Content(JSON, NewApplication, NewApplication(_APPLICANT, b"%PDF-1.7")),
    gives=Content(JSON, Sent, Sent(_ID)),
)  # fmt: skip
async def apply_to_be_hosted(service: Service, call: Call, asked: Nothing) -> Reply:
    """For an organisation without a node; a founder or registrar decides."""
    given: NewApplication = call.data
    known = await asyncio.to_thread(
        service.views.get, "membership.organisation", given.applicant.organisation[:64]
    )
    if known is not None:
        raise Refused(codes.BAD_APPLICATION, why_en="the id is taken", why_zh="编号已被使用")
    apply, kinds = service.accounts.applications.apply, frozenset(get_args(Kind))
    id = await asyncio.to_thread(apply, given.applicant, given.document, kinds, call.client)
    return json_reply(Sent(id), status=201)


@route(
    "GET", "/v1/applications", ("Applications", "入网申请列表"), tag="people", needs=(APPROVE,),
    refuses=(codes.CANNOT_ADMIT,), gives=Content(JSON, list[Application], [_APPLICATION]),
)  # fmt: skip
async def applications(service: Service, call: Call, asked: Nothing) -> Reply:
    """Those that wait first; for founders, registrars and whoever runs the node."""
    await require_decider(service.accounts, service.views, call.member.organisation)
    return json_reply(await asyncio.to_thread(service.accounts.applications.list))


@route(
    "POST", "/v1/applications/{id}/admit", ("Admit an applicant", "接纳申请"), tag="people", secret=True,
    needs=(APPROVE,), refuses=(codes.CANNOT_ADMIT, codes.NO_SUCH_APPLICATION, LOCKED), status=201,
    gives=Content(JSON, AdmittedBy, AdmittedBy("admitted", _LINK)),
)  # fmt: skip
async def admit_applicant(service: Service, call: Call, asked: AskApplication) -> Reply:
    """Make the applicant's keys here and sign its admission as the caller's organisation, whose keys are here
    too: a registrar admits at once, a founder proposes it to the founders."""
    organisation = call.member.organisation
    await require_decider(service.accounts, service.views, organisation)
    if service.agents is None:
        raise Refused(LOCKED, organisation=organisation)
    done = await admit(
        service.accounts, service.agents, service.views, call.member.actor, organisation,
        call.head.language, asked.id,
    )  # fmt: skip
    link = f"{service.config.public_url}/setup?link={done.secret}"
    return json_reply(AdmittedBy(done.state, link), status=201)


@route(
    "POST", "/v1/applications/{id}/decline", ("Decline an applicant", "驳回申请"), tag="people", status=204,
    needs=(APPROVE,), refuses=(codes.CANNOT_ADMIT, codes.NO_SUCH_APPLICATION),
    takes=Content(JSON, Declined, Declined("The name differs from the certificate")),
)  # fmt: skip
async def decline_applicant(service: Service, call: Call, asked: AskApplication) -> Reply:
    """Contact and document are dropped."""
    caller = call.member
    await require_decider(service.accounts, service.views, caller.organisation)
    decide = service.accounts.applications.decide
    await asyncio.to_thread(decide, asked.id, "declined", caller.actor, caller.organisation, call.data.reason)
    return Reply(204)


ROUTES = (apply_to_be_hosted, applications, admit_applicant, decline_applicant)
