"""Requests that have their effect once, whatever the network loses: what an Idempotency-Key promises.

Keys are the caller's own and count for a day in all workers of a node. A refusal is an answer as well; what
the node could not do for the moment is none, and may be sent again under the same key.
"""

import asyncio
import hashlib
from typing import Any

from dongting.api.routes import Call, Route
from dongting.api.service import Service
from dongting.errors import Fault, Refused
from dongting.http.messages import Reply
from dongting.http.problems import refusal
from dongting.store.answers import Answer

_PASSING = frozenset({"connection", "date"})  # fields that speak of one connection or moment


async def answered(service: Service, route: Route, call: Call, asked: Any, body: bytes, key: str) -> Reply:
    """The reply to the first request of this caller under `key`; refuses the key of another request."""
    answers, member = service.answers, call.member
    caller = f"{member.organisation}/{member.actor.person}" if member.actor else member.organisation
    mark = fingerprint(route, call, body)
    kept = await asyncio.to_thread(answers.begin, caller, key, mark, int(service.clock()))
    if kept is not None:
        return Reply(kept.status, kept.body, kept.media_type, [(name, value) for name, value in kept.fields])
    try:
        reply = await _first(service, route, call, asked)
    except BaseException:
        await asyncio.to_thread(answers.release, caller, key)
        raise
    if not isinstance(reply.body, bytes):
        raise Fault(f"{route.name} has its effect once and answers in a stream")
    fields = [field for field in reply.fields if field[0] not in _PASSING]
    await asyncio.to_thread(
        answers.keep, caller, key, Answer(reply.status, reply.media_type, fields, reply.body)
    )
    return reply


async def _first(service: Service, route: Route, call: Call, asked: Any) -> Reply:
    try:
        return await route.run(service, call, asked)
    except Refused as refused:
        if refused.code.status in (408, 429) or refused.code.status >= 500:
            raise
        return refusal(refused, call.head.language)


def fingerprint(route: Route, call: Call, body: bytes) -> bytes:
    """What makes two requests the same: method, target, the fields that the route reads, and content."""
    head = call.head
    fields = [head.get(each.name.lower()) or "" for each in route.reads]
    parts = (head.method, head.path, head.query, head.get("content-type") or "", *fields)
    digest = hashlib.sha256("\0".join(parts).encode())
    digest.update(b"\0" + body)
    return digest.digest()
