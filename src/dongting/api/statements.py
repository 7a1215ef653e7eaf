"""POST /v1/statements and what became of a statement.

The light path: a body is cut into statements by hand (RFC 8949, shortest lengths only, so that nothing
is built from bytes that are refused), the façade is asked once, the answer is encoded once.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Annotated

import msgspec
from msgspec import Meta

from dongting.api import samples
from dongting.api.kinds import HEX32, HEX64, Organisation
from dongting.api.routes import CBOR, COSE, JSON, Call, Content, Nothing, json_reply, route
from dongting.api.service import Service
from dongting.errors import Code, Fault, Language, Refused, require
from dongting.http.codes import WRONG_MEDIA_TYPE
from dongting.http.limits import Buckets
from dongting.http.messages import Head, Receive, Reply, read_body
from dongting.node.facade import Fate
from dongting.standards.problem import Problem, from_refused
from dongting.wire.statement import MAX_STATEMENT, TOO_LARGE, claimed_issuer

BAD_BATCH = Code(
    "api", 3, "bad-batch",
    "A batch is one CBOR array of 1 to {limit} byte strings, in shortest form, and nothing else: {why}.",
    "一个批次是由 1 至 {limit} 个字节串组成的 CBOR 数组，须为最短编码且不含其他内容：{why}。",
    status=400,
)  # fmt: skip

TOO_MANY_STATEMENTS = Code(
    "api", 40, "too-many-statements",
    "{organisation} signs more than {rate} statements a second; wait {wait} seconds.",
    "{organisation} 每秒签署的声明超过 {rate} 条；请等待 {wait} 秒。",
    status=429,
)  # fmt: skip

MAX_BATCH = 1000
PATH = "/v1/statements"
_encode = msgspec.json.Encoder().encode
#: Modules that refuse a statement before its signature was found to hold.
_UNSIGNED = frozenset({"wire", "engine"})


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one statement; `id` is its leaf hash. Accepted: with index, height and block time;
    refused: with the problem; pending; unknown: not in the log, and it can be sent again while valid."""

    id: Annotated[str, HEX64]
    state: Annotated[str, Meta(pattern="^(accepted|refused|pending|unknown)$")]
    index: int | None = None
    height: int | None = None
    time: int | None = None
    problem: Problem | None = None


class Outcomes(msgspec.Struct, frozen=True):
    """The outcomes in the order of the batch, and a signed checkpoint that covers the accepted ones."""

    checkpoint: str
    statements: list[Outcome]


def cut(body: bytes) -> list[bytes]:
    """The statements in a batch; refuses every other byte form."""
    if not body:
        raise _bad("the body is empty")
    size = len(body)
    head = body[0]
    if 0x81 <= head <= 0x97:
        count, at = head - 0x80, 1
    elif head == 0x98 and size > 1 and body[1] >= 24:
        count, at = body[1], 2
    elif head == 0x99 and size > 2 and body[1]:
        count, at = body[1] << 8 | body[2], 3
    else:
        raise _bad("it does not begin with an array of fixed length that is not empty")
    if count > MAX_BATCH:
        raise _bad(f"it announces {count} statements")
    found: list[bytes] = []
    try:
        for _ in range(count):
            head = body[at]
            if head == 0x59 and body[at + 1]:
                start = at + 3
                at = start + (body[at + 1] << 8 | body[at + 2])
            elif head == 0x58 and body[at + 1] >= 24:
                start = at + 2
                at = start + body[at + 1]
            elif 0x40 <= head <= 0x57:
                start = at + 1
                at = start + head - 0x40
            elif head == 0x5A and body[at + 1 : at + 3] != b"\0\0":
                raise Refused(TOO_LARGE, size=int.from_bytes(body[at + 1 : at + 5]))
            else:
                raise _bad(f"item {len(found)} is not a byte string in its shortest form")
            if at - start > MAX_STATEMENT:
                raise Refused(TOO_LARGE, size=at - start)
            found.append(body[start:at])
    except IndexError:
        raise _bad("it is cut short") from None
    if at != size:
        raise _bad("it is cut short" if at > size else "something follows the array")
    return found


def _bad(why: str) -> Refused:
    return Refused(BAD_BATCH, limit=MAX_BATCH, why=why)


async def submit(service: Service, head: Head, receive: Receive) -> Reply:
    """Take a batch or one statement; one that stands alone is refused with its own status."""
    media = (head.get("content-type") or "").partition(";")[0].strip().lower()
    single = media == COSE
    if not (single or media == CBOR) or head.get("content-encoding"):
        raise Refused(WRONG_MEDIA_TYPE, wanted=f"{CBOR}, {COSE}", given=media[:60] or "-")
    body = await read_body(head, receive, service.config.http.max_body, service.limits)
    if single:
        require(len(body) <= MAX_STATEMENT, TOO_LARGE, size=len(body))
    batch = [body] if single else cut(body)
    issuers = [claimed_issuer(data) for data in batch] if service.senders else []
    for issuer in {*issuers} - {None}:
        _admit(service.senders, issuer)
    submitted = await service.facade.submit(batch)
    _charge(service.senders, issuers, submitted.fates)
    language = head.language
    first = submitted.fates[0]
    if single and first.code is not None:
        raise Refused(first.code, **first.facts)
    outcomes = [outcome(fate, language) for fate in submitted.fates]
    refused = [fate.code for fate in submitted.fates if fate.code is not None]
    service.metrics.statements.labels("accepted").inc(len(outcomes) - len(refused))
    for code in refused:
        service.metrics.statements.labels("refused").inc()
        service.metrics.refusals.labels(str(code)).inc()
    answer = _encode(Outcomes(submitted.checkpoint, outcomes))
    return Reply(200, answer, JSON, [("cache-control", "no-store")])


def _admit(senders: Buckets | None, issuer: str | None) -> None:
    """Refuse for an organisation that has sent too much already."""
    if senders is not None and issuer is not None:
        wait = senders.lacking(issuer)
        require(not wait, TOO_MANY_STATEMENTS, organisation=issuer, rate=senders.rate, wait=wait)


def _charge(senders: Buckets | None, issuers: Iterable[str | None], fates: Iterable[Fate]) -> None:
    """Count the statements whose signatures held: nobody pays for what others send in its name."""
    if senders is None:
        return
    signed = Counter(
        issuer
        for issuer, fate in zip(issuers, fates, strict=True)
        if issuer and (fate.code is None or fate.code.module not in _UNSIGNED)
    )
    for issuer, count in signed.items():
        senders.charge(issuer, count)


def outcome(fate: Fate, language: Language) -> Outcome:
    """A fate in the reader's language."""
    if fate.code is None:
        return Outcome(fate.id, fate.state, fate.index, fate.height, fate.time)
    problem = from_refused(Refused(fate.code, **fate.facts), language)
    return Outcome(fate.id, fate.state, problem=problem)


@route(
    "POST", PATH, ("Submit statements", "提交声明"),
    tag="statements", signed=False, refuses=(BAD_BATCH, TOO_LARGE, TOO_MANY_STATEMENTS),
    takes=Content(CBOR, bytes, samples.BATCH), or_takes=Content(COSE),
    gives=Content(JSON, Outcomes, samples.OUTCOMES),
)  # fmt: skip
async def submit_statements(service: Service, call: Call, asked: Nothing) -> Reply:
    """Submit 1 to 1,000 statements as one CBOR array of byte strings, or one statement as
    application/cose. The answer comes after the durable write; the same bytes again get the same answer.
    Statements are signed themselves, so the request need not be."""
    raise Fault("the door hands this route to `submit`")


class AskFate(msgspec.Struct, frozen=True):
    """A statement by its leaf hash, its issuer and its cti."""

    id: Annotated[str, HEX64]
    iss: Organisation
    cti: Annotated[str, HEX32]


@route(
    "GET", "/v1/statements/{id}", ("What became of a statement", "查询声明的处理结果"),
    tag="statements", signed=False, gives=Content(JSON, Outcome, samples.OUTCOME),
)  # fmt: skip
async def statement_fate(service: Service, call: Call, asked: AskFate) -> Reply:
    """Its state; a refusal is final only when the statement's time is up."""
    fate = await service.facade.fate(asked.id, asked.iss, asked.cti)
    return json_reply(outcome(fate, call.head.language))


ROUTES = (submit_statements, statement_fate)
