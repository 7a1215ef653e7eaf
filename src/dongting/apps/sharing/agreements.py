"""Agreements in force: suspend, resume, terminate, renew; and how one stands at a given moment.

Kept: a renewal, like the agreement itself, carries both signatures, under the same terms.
"""

from typing import Annotated, Literal

from msgspec.structs import replace

from dongting.appkit.app import Record
from dongting.appkit.context import Context, find
from dongting.appkit.fields import Commitment, part, says
from dongting.appkit.workflow import WRONG_STATE
from dongting.apps.sharing import codes
from dongting.apps.sharing.needs import WorkingDays
from dongting.apps.sharing.parties import other, side
from dongting.apps.sharing.records import (
    AGREEMENT,
    TRANSFER,
    Agreement,
    Moment,
    NegotiationId,
    Transfer,
    app,
    transfer_id,
)
from dongting.apps.sharing.terms import Reason
from dongting.errors import Refused, require

Standing = Literal["PENDING", "ACTIVE", "SUSPENDED", "EXPIRED", "TERMINATED"]


class WithReason(Record, frozen=True):
    """An agreement, and why."""

    id: Annotated[NegotiationId, says("Agreement", "协议编号")]
    reason: Annotated[str, part(Reason), says("Reason", "理由")]


class Renew(Record, frozen=True):
    """The new end; the terms stay those that both signed."""

    id: Annotated[NegotiationId, says("Agreement", "协议编号")]
    end: Annotated[Moment, says("New end", "续期至")]
    terms: Annotated[Commitment, says("Commitment to the terms", "条款承诺值")]


def standing(agreement: Agreement, time: int) -> Standing:
    """How an agreement stands at `time` (seconds since 1970): its state, and what time makes of it.

    EXPIRED from its end on, PENDING before its start; an end by a party counts before either.
    """
    if agreement.state == "TERMINATED":
        return "TERMINATED"
    if time >= agreement.end:
        return "EXPIRED"
    if agreement.state == "SUSPENDED":
        return "SUSPENDED"
    return "PENDING" if time < agreement.start else "ACTIVE"


@app.action(
    ("Suspend the agreement", "暂停协议"),
    about=Agreement,
    says=(
        "{author} suspended the agreement {id}, for a reason that only the parties read.",
        "{author} 暂停了协议 {id}；理由仅双方可见。",
    ),
)
def suspend(ctx: Context, asked: WithReason) -> None:
    """Stop deliveries and downloads for the time being; either side may."""
    agreement = find(ctx, Agreement, asked.id)
    party = side(ctx, agreement)
    state = AGREEMENT.move(agreement, "suspend", asked.id)
    ctx.put(replace(agreement, state=state, since=ctx.time, suspended_by=party, reason=asked.reason))


@app.action(
    ("Resume the agreement", "恢复协议"),
    about=Agreement,
    says=(
        "{author} resumed the agreement {id}, for a reason that only the parties read.",
        "{author} 恢复了协议 {id}；理由仅双方可见。",
    ),
)
def resume(ctx: Context, asked: WithReason) -> None:
    """End a suspension; only the side that suspended can, or a suspension would mean nothing."""
    agreement = find(ctx, Agreement, asked.id)
    side(ctx, agreement)
    state = AGREEMENT.move(agreement, "resume", asked.id)
    suspended_by = agreement.suspended_by or agreement.provider
    require(
        ctx.acts_for(suspended_by), codes.NOT_WHO_SUSPENDED, id=asked.id, suspended_by=suspended_by
    )  # fmt: skip
    ctx.put(replace(agreement, state=state, since=ctx.time, suspended_by=None, reason=asked.reason))


@app.action(
    ("Terminate the agreement", "终止协议"),
    about=Agreement,
    says=(
        "{author} terminated the agreement {id}, for a reason that only the parties read.",
        "{author} 终止了协议 {id}；理由仅双方可见。",
    ),
)
def terminate(ctx: Context, asked: WithReason) -> None:
    """End the agreement for good; either side may. A delivery that was still to be made falls away."""
    agreement = find(ctx, Agreement, asked.id)
    side(ctx, agreement)
    state = AGREEMENT.move(agreement, "terminate", asked.id)
    ctx.put(
        replace(
            agreement,
            state=state,
            since=ctx.time,
            suspended_by=None,
            reason=asked.reason,
            renewal_end=None,
            renewal_awaits=None,
        )
    )
    last = find(ctx, Transfer, transfer_id(agreement.id, agreement.deliveries))
    if last.state == "REQUESTED":
        ended = TRANSFER.move(last, "cancel", last.id)
        ctx.put(replace(last, state=ended, since=ctx.time, due=None, reason=asked.reason))


@app.action(
    ("Renew the agreement", "续期"),
    about=Agreement,
    says=(
        "{author} signed that the agreement {id} shall run until {end} under the same terms, "
        "committed to as {terms}.",
        "{author} 签署协议 {id} 续期至 {end}，条款不变，承诺值为 {terms}。",
    ),
)
def renew(ctx: Context, asked: Renew) -> None:
    """Give the agreement a later end: one step each. Either side proposes; the other's same step confirms.

    An expired agreement can be renewed, a terminated one cannot. Another end than the proposed one is a
    new proposal. The end that both signed here goes before the one in the terms.
    """
    agreement = find(ctx, Agreement, asked.id)
    party = side(ctx, agreement)
    if agreement.state == "TERMINATED":
        raise Refused(
            WRONG_STATE, record=asked.id, state="TERMINATED", action="renew", allowed="ACTIVE, SUSPENDED"
        )
    require(asked.terms == agreement.terms, codes.OTHER_TERMS, id=asked.id, terms=agreement.terms)
    if asked.end <= agreement.end:
        raise Refused(codes.NOT_LONGER, end=ctx.supplied(WorkingDays).day(agreement.end - 1))
    require(asked.end > ctx.time, codes.ENDS_TOO_SOON)
    if agreement.renewal_end != asked.end:
        awaits = other(agreement, party)
        ctx.put(replace(agreement, renewal_end=asked.end, renewal_awaits=awaits))
        return
    awaited = agreement.renewal_awaits or ""
    require(ctx.acts_for(awaited), codes.AWAITED_FROM_OTHER, other=awaited)
    ctx.put(replace(agreement, end=asked.end, renewal_end=None, renewal_awaits=None))
