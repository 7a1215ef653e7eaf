"""Validators and conditional requests (RFC 9110, sections 8.8.3 and 13): the same for pages and API."""

import hashlib
from collections.abc import Iterable

from dongting.errors import Refused
from dongting.http.codes import PRECONDITION_FAILED
from dongting.http.messages import Head, Reply

#: What a 304 repeats of the answer that it stands for (RFC 9110, section 15.4.5).
_REPEATED = frozenset({"cache-control", "content-location", "date", "etag", "expires", "vary"})


def entity_tag(content: bytes) -> str:
    """The strong validator of these bytes."""
    return f'"{hashlib.sha256(content).hexdigest()[:24]}"'


def conditional(reply: Reply, head: Head) -> Reply:
    """A successful reply to GET or HEAD with its validator, made from its bytes if it has none yet; 304 where
    the client has it already (If-None-Match, section 13.1.2)."""
    if reply.status != 200 or not isinstance(reply.body, bytes):
        return reply
    tag = next((value for name, value in reply.fields if name == "etag"), None)
    if tag is None:
        tag = entity_tag(reply.body)
        reply.fields.append(("etag", tag))
    if not _named(tag, head.get("if-none-match")):
        return reply
    return Reply(304, fields=[field for field in reply.fields if field[0] in _REPEATED])


def require_match(head: Head, tag: str) -> None:
    """Refuse a change to something that is no longer as the caller knows it (If-Match, section 13.1.1)."""
    wanted = head.get("if-match")
    if wanted is not None and wanted.strip() != "*" and tag not in _tags(wanted):
        raise Refused(PRECONDITION_FAILED, present=tag)


def _named(tag: str, field: str | None) -> bool:
    if field is None:
        return False
    return field.strip() == "*" or tag.removeprefix("W/") in (one.removeprefix("W/") for one in _tags(field))


def _tags(field: str) -> Iterable[str]:
    return [one.strip() for one in field.split(",")]
