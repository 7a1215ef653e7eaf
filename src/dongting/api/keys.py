"""API keys of people: made, listed and revoked."""

import asyncio
from typing import Annotated

import msgspec
from msgspec import Meta

from dongting.api.routes import JSON, Call, Content, Nothing, json_reply, route
from dongting.api.service import Service
from dongting.http.messages import Reply
from dongting.node.people import codes
from dongting.node.people.access import ADMINISTER, DEVELOP
from dongting.node.people.keys import LONGEST, ApiKey


class NewKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a new key is for: at most the scopes that the person has, for at most a year."""

    name: Annotated[str, Meta(min_length=1, max_length=80)]
    scopes: Annotated[list[str], Meta(min_length=1, max_length=10)]
    days: Annotated[int, Meta(ge=1, le=LONGEST)] = 90


class MadeKey(msgspec.Struct, frozen=True):
    """The key itself, which is told here only, and what is known of it."""

    secret: str
    key: ApiKey


class AskKey(msgspec.Struct, frozen=True):
    """One key."""

    id: Annotated[str, Meta(pattern=r"^[0-9a-f]{12}$(?!\n)", examples=["0f1e2d3c4b5a"])]


_KEY = ApiKey(
    "0f1e2d3c4b5a", "0f1e2d3c4b5a6978", "韦明", "Nightly import", ("read", "publish"), 1_767_225_600,
    1_775_001_600, None,
)  # fmt: skip
_MADE = MadeKey("dt_2Q1FjVAT2pk0kKw_uO3KrSqLd8iKf43KywUk8pWReD0", _KEY)


@route(
    "GET", "/v1/keys", ("API keys", "API 密钥列表"), tag="keys", local=True, needs=(DEVELOP, ADMINISTER),
    gives=Content(JSON, list[ApiKey], [_KEY]),
)  # fmt: skip
async def keys(service: Service, call: Call, asked: Nothing) -> Reply:
    """The person's own keys, the newest first; for administrators all of the organisation. Times in seconds
    since 1970."""
    caller = call.member
    return json_reply(await asyncio.to_thread(service.accounts.keys.list, caller.actor, caller.organisation))


@route(
    "POST", "/v1/keys", ("Make an API key", "创建 API 密钥"), tag="keys", local=True, secret=True, status=201,
    needs=(DEVELOP,), refuses=(codes.NEEDS_PERSON, codes.BAD_NAME, codes.BAD_SCOPES, codes.BAD_LIFETIME),
    takes=Content(JSON, NewKey, NewKey("Nightly import", ["read", "publish"], 90)),
    gives=Content(JSON, MadeKey, _MADE),
)  # fmt: skip
async def make_key(service: Service, call: Call, asked: Nothing) -> Reply:
    """A key of the person that asks; it never does more than the person may at that moment."""
    given: NewKey = call.data
    secret, key = await asyncio.to_thread(
        service.accounts.keys.make,
        call.person,
        call.member.organisation,
        given.name,
        given.scopes,
        given.days,
    )
    return json_reply(MadeKey(secret, key), status=201)


@route(
    "DELETE", "/v1/keys/{id}", ("Revoke an API key", "撤销 API 密钥"), tag="keys", local=True, status=204,
    needs=(DEVELOP, ADMINISTER), refuses=(codes.NO_SUCH_KEY,),
)  # fmt: skip
async def revoke_key(service: Service, call: Call, asked: AskKey) -> Reply:
    """The key works no more from now on."""
    caller = call.member
    await asyncio.to_thread(service.accounts.keys.revoke, caller.actor, caller.organisation, asked.id)
    return Reply(204)


ROUTES = (keys, make_key, revoke_key)
