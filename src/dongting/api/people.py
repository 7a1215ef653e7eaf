"""The people of the caller's organisation at this node: who they are, how they come, what roles they hold.

For organisations that the node hosts. Whoever signs by the organisation's own key may do all of it.
"""

import asyncio
from typing import Annotated

import msgspec
from msgspec import Meta

from dongting.api.routes import JSON, Call, Content, Nothing, json_reply, route
from dongting.api.service import Service
from dongting.errors import require
from dongting.http.messages import Reply
from dongting.node.people import codes
from dongting.node.people.access import ADMINISTER, PERMISSIONS, READ, Role
from dongting.node.people.register import Person

_ID = Annotated[str, Meta(pattern=r"^[0-9a-f]{16}$(?!\n)", examples=["0f1e2d3c4b5a6978"])]


class Me(msgspec.Struct, frozen=True):
    """Who asks: the organisation, and the person with its roles and permissions where one asks."""

    organisation: str
    person: str | None
    name: str | None
    roles: list[str]
    permissions: list[str]


class Roles(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Roles at the organisation."""

    roles: list[Role]


class OneLink(msgspec.Struct, frozen=True):
    """An address that works once, for one person; it is told here only."""

    link: str


class Enrolment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person gives who comes by a link: `link` is its secret, the value after `link=`."""

    link: Annotated[str, Meta(min_length=1, max_length=64)]
    login: Annotated[str, Meta(max_length=64)]
    name: Annotated[str, Meta(max_length=80)]
    password: Annotated[str, Meta(max_length=256)]
    email: Annotated[str, Meta(max_length=254)] = ""


class NewPassword(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A password chosen by a link: `link` is its secret."""

    link: Annotated[str, Meta(min_length=1, max_length=64)]
    password: Annotated[str, Meta(max_length=256)]


class Confirmed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The person's present password: a key alone does not come to hold the account."""

    password: Annotated[str, Meta(max_length=1024)]


class Codes(msgspec.Struct, frozen=True):
    """Recovery codes, told here only."""

    codes: list[str]


class Recovered(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A password chosen by a recovery code."""

    login: Annotated[str, Meta(max_length=64)]
    code: Annotated[str, Meta(max_length=64)]
    password: Annotated[str, Meta(max_length=256)]


class Enrolled(msgspec.Struct, frozen=True):
    """The person's id."""

    person: str


class AskPerson(msgspec.Struct, frozen=True):
    """One person."""

    id: _ID


_PERSON = Person("0f1e2d3c4b5a6978", "wei@env.example", "韦明", "", ("data-officer",), 1_767_225_600)
_LINK = OneLink("https://node.example/setup?link=2Q1FjVAT2pk0kKw_uO3KrSqLd8iKf43KywUk8pWReD0")
HOSTED = (codes.NOT_HOSTED,)
_ENROLS = (
    codes.BAD_LINK, codes.BAD_LOGIN, codes.BAD_NAME, codes.BAD_EMAIL, codes.WEAK_PASSWORD, codes.LOGIN_TAKEN
)  # fmt: skip


@route(
    "GET", "/v1/me", ("Who asks", "当前身份"), tag="people", local=True,
    gives=Content(JSON, Me, Me("env-bureau", _PERSON.id, _PERSON.name, ["auditor"], ["read", "audit"])),
)  # fmt: skip
async def me(service: Service, call: Call, asked: Nothing) -> Reply:
    """For which organisation this request counts, and for a person what it may do there."""
    caller, actor = call.member, call.member.actor
    if actor is None:
        return json_reply(Me(caller.organisation, None, None, [], list(PERMISSIONS)))
    allowed = [permission for permission in PERMISSIONS if actor.may(permission)]
    return json_reply(Me(caller.organisation, actor.person, actor.name, sorted(actor.roles), allowed))


@route(
    "GET", "/v1/people", ("People of the organisation", "本组织人员"), tag="people", local=True,
    needs=(ADMINISTER,), refuses=HOSTED, gives=Content(JSON, list[Person], [_PERSON]),
)  # fmt: skip
async def people(service: Service, call: Call, asked: Nothing) -> Reply:
    """Everybody with a role at the organisation, by name; `since` in seconds since 1970."""
    return json_reply(await asyncio.to_thread(service.accounts.staff.people, hosted(service, call)))


@route(
    "GET", "/v1/people/{id}", ("One person", "查看人员"), tag="people", local=True,
    needs=(ADMINISTER,), refuses=(*HOSTED, codes.NO_SUCH_PERSON), gives=Content(JSON, Person, _PERSON),
)  # fmt: skip
async def person(service: Service, call: Call, asked: AskPerson) -> Reply:
    """One person of the organisation."""
    return json_reply(await asyncio.to_thread(service.accounts.staff.one, hosted(service, call), asked.id))


@route(
    "POST", "/v1/people/invitations", ("Invite a person", "邀请人员"), tag="people", local=True, secret=True,
    needs=(ADMINISTER,), refuses=(*HOSTED, codes.BAD_ROLES), status=201,
    takes=Content(JSON, Roles, Roles(["requester"])), gives=Content(JSON, OneLink, _LINK),
)  # fmt: skip
async def invite_person(service: Service, call: Call, asked: Nothing) -> Reply:
    """A link by which one person joins with these roles, within seven days."""
    staff, organisation = service.accounts.staff, hosted(service, call)
    secret = await asyncio.to_thread(staff.invite, organisation, call.data.roles, call.member.actor)
    return json_reply(_link(service, secret), status=201)


@route(
    "PUT", "/v1/people/{id}/roles", ("Give roles", "设置角色"), tag="people", local=True, needs=(ADMINISTER,),
    refuses=(*HOSTED, codes.NO_SUCH_PERSON, codes.BAD_ROLES, codes.LAST_ADMINISTRATOR),
    takes=Content(JSON, Roles, Roles(["requester"])), gives=Content(JSON, Person, _PERSON),
)  # fmt: skip
async def give_roles(service: Service, call: Call, asked: AskPerson) -> Reply:
    """These roles and no others."""
    staff, organisation = service.accounts.staff, hosted(service, call)
    roles = call.data.roles or ["none"]
    await asyncio.to_thread(staff.set_roles, organisation, asked.id, roles, call.member.actor)
    return json_reply(await asyncio.to_thread(staff.one, organisation, asked.id))


@route(
    "DELETE", "/v1/people/{id}", ("Let a person go", "移除人员"), tag="people", local=True, status=204,
    needs=(ADMINISTER,), refuses=(*HOSTED, codes.NO_SUCH_PERSON, codes.LAST_ADMINISTRATOR),
)  # fmt: skip
async def let_person_go(service: Service, call: Call, asked: AskPerson) -> Reply:
    """Take all roles at the organisation away; sessions and API keys see and do nothing for it at once."""
    staff, organisation = service.accounts.staff, hosted(service, call)
    await asyncio.to_thread(staff.set_roles, organisation, asked.id, (), call.member.actor)
    return Reply(204)


@route(
    "POST", "/v1/people/{id}/reset-link", ("Let a person choose a new password", "重设密码链接"),
    tag="people", local=True, secret=True, needs=(ADMINISTER,), status=201,
    gives=Content(JSON, OneLink, _LINK), refuses=(*HOSTED, codes.NO_SUCH_PERSON, codes.SHARED_PERSON),
)  # fmt: skip
async def reset_person(service: Service, call: Call, asked: AskPerson) -> Reply:
    """A link by which the person chooses a new password, within a day."""
    staff, organisation = service.accounts.staff, hosted(service, call)
    secret = await asyncio.to_thread(staff.reset_link, organisation, asked.id, call.member.actor)
    return json_reply(_link(service, secret), status=201)


@route(
    "POST", "/v1/enrolments", ("Make an account by a link", "用链接创建账户"), tag="people", signed=False,
    refuses=_ENROLS, status=201, takes=Content(JSON, Enrolment, Enrolment(
        "2Q1FjVAT2pk0kKw_uO3KrSqLd8iKf43KywUk8pWReD0", "wei@env.example", "韦明", "seven herons over the lake"
    )), gives=Content(JSON, Enrolled, Enrolled(_PERSON.id)),
)  # fmt: skip
async def enrol(service: Service, call: Call, asked: Nothing) -> Reply:
    """Use a link from an invitation, or the one that sets an organisation up."""
    given: Enrolment = call.data
    staff = service.accounts.staff
    id = await asyncio.to_thread(
        staff.enrol, given.link, given.login, given.name, given.password, given.email
    )
    return json_reply(Enrolled(id), status=201)


@route(
    "POST", "/v1/passwords", ("Choose a new password by a link", "用链接重设密码"), tag="people",
    signed=False, refuses=(codes.BAD_LINK, codes.WEAK_PASSWORD), takes=Content(JSON, NewPassword, NewPassword(
        "2Q1FjVAT2pk0kKw_uO3KrSqLd8iKf43KywUk8pWReD0", "a heron stands alone"
    )), gives=Content(JSON, Enrolled, Enrolled(_PERSON.id)),
)  # fmt: skip
async def choose_password(service: Service, call: Call, asked: Nothing) -> Reply:
    """Use a link from an administrator or from the operator; all sessions of the person end."""
    given: NewPassword = call.data
    id = await asyncio.to_thread(service.accounts.staff.reset, given.link, given.password)
    return json_reply(Enrolled(id))


@route(
    "POST", "/v1/me/recovery-codes", ("Make recovery codes", "生成恢复码"), tag="people", local=True,
    secret=True, needs=(READ,), status=201,
    refuses=(codes.NEEDS_PERSON, codes.WRONG_PASSWORD, codes.LOCKED_OUT),
    takes=Content(JSON, Confirmed, Confirmed("seven herons over the lake")),
    gives=Content(JSON, Codes, Codes(["7f3k-q2mz-x9ab-c4de"])),
)  # fmt: skip
async def make_recovery_codes(service: Service, call: Call, asked: Nothing) -> Reply:
    """Ten codes, each of which once stands in for a lost password; the former ones end."""
    given: Confirmed = call.data
    confirm = service.accounts.entrance.confirm
    await asyncio.to_thread(confirm, call.person, given.password, call.client)
    found = await asyncio.to_thread(service.accounts.recovery.make, call.person)
    return json_reply(Codes(found), status=201)


@route(
    "POST", "/v1/recoveries", ("Choose a new password by a recovery code", "用恢复码重设密码"), tag="people",
    signed=False, refuses=(codes.BAD_RECOVERY, codes.LOCKED_OUT, codes.WEAK_PASSWORD),
    takes=Content(
        JSON, Recovered, Recovered("wei@env.example", "7f3k-q2mz-x9ab-c4de", "a heron stands alone")
    ),
    gives=Content(JSON, Enrolled, Enrolled(_PERSON.id)),
)  # fmt: skip
async def recover(service: Service, call: Call, asked: Nothing) -> Reply:
    """Use a recovery code; all sessions of the person end. Guessing has to wait, longer each time."""
    given: Recovered = call.data
    id = await asyncio.to_thread(
        service.accounts.recovery.use, given.login, given.code, given.password, call.client
    )
    return json_reply(Enrolled(id))


def hosted(service: Service, call: Call) -> str:
    """The caller's organisation; refuses one whose keys are not here."""
    organisation = call.member.organisation
    require(service.accounts.register.hosts(organisation), codes.NOT_HOSTED, organisation=organisation)
    return organisation


def _link(service: Service, secret: str) -> OneLink:
    return OneLink(f"{service.config.public_url}/setup?link={secret}")


ROUTES = (
    me, people, invite_person, person, give_roles, let_person_go, reset_person, enrol, choose_password,
    make_recovery_codes, recover,
)  # fmt: skip
