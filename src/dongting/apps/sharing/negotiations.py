"""Coming to terms: request, counter-offer, acceptance, approval, refusal (DSP 2025-1, Contract Negotiation).

Kept throughout: an agreement comes into being only when provider and consumer have each signed the same
commitment to terms and the same public period.
"""

from typing import Annotated

from msgspec.structs import replace

from dongting.appkit.app import Record
from dongting.appkit.context import Context, find
from dongting.appkit.fields import Commitment, Period, part, says
from dongting.apps.sharing import codes
from dongting.apps.sharing.needs import Datasets, Organisations, WorkingDays
from dongting.apps.sharing.parties import require_consumer, require_provider, side
from dongting.apps.sharing.records import (
    NEGOTIATION,
    Agreement,
    DatasetReference,
    Moment,
    Negotiation,
    NegotiationId,
    Transfer,
    app,
    transfer_id,
)
from dongting.apps.sharing.terms import Reason, Terms
from dongting.errors import Refused, require


class Request(Record, frozen=True):
    """A consumer's request, with the terms under which it asks."""

    id: Annotated[NegotiationId, says("Request", "申请编号")]
    dataset: Annotated[DatasetReference, says("Dataset", "数据集")]
    terms: Annotated[str, part(Terms), says("Terms", "条款")]
    start: Annotated[Moment, says("From", "起始时间")]
    end: Annotated[Moment, says("Until", "截止时间")]


class NewTerms(Record, frozen=True):
    """Other terms, given whole."""

    id: Annotated[NegotiationId, says("Request", "申请编号")]
    terms: Annotated[str, part(Terms), says("Terms", "条款")]
    start: Annotated[Moment, says("From", "起始时间")]
    end: Annotated[Moment, says("Until", "截止时间")]


class SameTerms(Record, frozen=True):
    """The commitment to the terms that stand, signed by the other side too."""

    id: Annotated[NegotiationId, says("Request", "申请编号")]
    terms: Annotated[Commitment, says("Commitment to the terms", "条款承诺值")]


class Decline(Record, frozen=True):
    """The negotiation to end, and why."""

    id: Annotated[NegotiationId, says("Request", "申请编号")]
    reason: Annotated[str, part(Reason), says("Reason", "理由")]


@app.action(
    ("Request a dataset", "申请数据集"),
    about=Negotiation,
    says=(
        "{author} requested the dataset {dataset} from {start} until {end} (request {id}) "
        "under the terms committed to as {terms}.",
        "{author} 申请数据集 {dataset}，期限自 {start} 至 {end}（申请 {id}），条款承诺值为 {terms}。",
    ),
)
def request(ctx: Context, asked: Request) -> None:
    """Ask a dataset's publisher for it; the consumer's signature stands under the terms from here on.

    Purpose, legal basis and limits are in the terms, which only the two parties read (REQUESTED).
    """
    require(ctx.get(Negotiation, asked.id) is None, codes.ALREADY_REQUESTED, id=asked.id)
    provider = _requested_of(ctx, asked.dataset)
    _check_period(ctx, asked.start, asked.end)
    ctx.put(
        Negotiation(
            id=asked.id,
            consumer=ctx.author,
            provider=provider,
            dataset=asked.dataset,
            terms=asked.terms,
            start=asked.start,
            end=asked.end,
            state="REQUESTED",
            requested=ctx.time,
            due=_answer_due(ctx),
        )
    )


@app.action(
    ("Offer other terms", "提出新条款"),
    about=Negotiation,
    says=(
        "{author} answered request {id} with the terms committed to as {terms}, from {start} until {end}.",
        "{author} 对申请 {id} 提出新条款，承诺值为 {terms}，期限自 {start} 至 {end}。",
    ),
)
def offer(ctx: Context, asked: NewTerms) -> None:
    """Answer a request with changed terms, which bind the provider until the answer is due (OFFERED)."""
    negotiation = find(ctx, Negotiation, asked.id)
    require_provider(ctx, negotiation)
    _propose(ctx, negotiation, asked, "offer")


@app.action(
    ("Ask for other terms", "请求修改条款"),
    about=Negotiation,
    says=(
        "{author} answered the offer in {id} with the terms committed to as {terms}, "
        "from {start} until {end}.",
        "{author} 对 {id} 中的要约提出修改，条款承诺值为 {terms}，期限自 {start} 至 {end}。",
    ),
)
def counter(ctx: Context, asked: NewTerms) -> None:
    """Answer an offer, also a lapsed one, with terms of the consumer's own (back to REQUESTED)."""
    negotiation = find(ctx, Negotiation, asked.id)
    require_consumer(ctx, negotiation)
    _propose(ctx, negotiation, asked, "counter")


@app.action(
    ("Accept the offer", "接受条款"),
    about=Negotiation,
    says=(
        "{author} accepted the terms committed to as {terms}; the agreement {id} stands.",
        "{author} 接受承诺值为 {terms} 的条款；协议 {id} 成立。",
    ),
)
def accept(ctx: Context, asked: SameTerms) -> None:
    """Sign the terms that the provider offered; with both signatures the agreement stands (FINALIZED)."""
    negotiation = find(ctx, Negotiation, asked.id)
    require_consumer(ctx, negotiation)
    state = NEGOTIATION.move(negotiation, "accept", asked.id)
    if NEGOTIATION.overdue(negotiation, ctx.time):
        last = ctx.supplied(WorkingDays).day((negotiation.due or ctx.time) - 1)
        raise Refused(codes.OFFER_LAPSED, id=asked.id, due=last)
    _conclude(ctx, negotiation, asked.terms, state)


@app.action(
    ("Approve the request", "同意申请"),
    about=Negotiation,
    says=(
        "{author} approved the terms committed to as {terms}; the agreement {id} stands.",
        "{author} 同意承诺值为 {terms} 的条款；协议 {id} 成立。",
    ),
)
def agree(ctx: Context, asked: SameTerms) -> None:
    """Sign the terms that the consumer requested; with both signatures the agreement stands (FINALIZED)."""
    negotiation = find(ctx, Negotiation, asked.id)
    require_provider(ctx, negotiation)
    state = NEGOTIATION.move(negotiation, "agree", asked.id)
    _conclude(ctx, negotiation, asked.terms, state)


@app.action(
    ("Decline", "拒绝或撤回"),
    about=Negotiation,
    says=(
        "{author} ended the request {id} without agreement, for a reason that only the parties read.",
        "{author} 终止了申请 {id}，未达成协议；理由仅双方可见。",
    ),
)
def decline(ctx: Context, asked: Decline) -> None:
    """End a negotiation: the provider declines, or the consumer takes its request back (TERMINATED)."""
    negotiation = find(ctx, Negotiation, asked.id)
    side(ctx, negotiation)
    state = NEGOTIATION.move(negotiation, "decline", asked.id)
    ctx.put(replace(negotiation, state=state, reason=asked.reason, due=None))


def _requested_of(ctx: Context, id: str) -> str:
    """The provider of a dataset that the author may request."""
    dataset = ctx.supplied(Datasets).dataset(id)
    require(dataset is not None, codes.NO_SUCH_DATASET, dataset=id)
    assert dataset is not None
    require(dataset.state == "OFFERED", codes.DATASET_WITHDRAWN, dataset=id)
    require(not ctx.acts_for(dataset.publisher), codes.OWN_DATASET, dataset=id)
    organisations = ctx.supplied(Organisations)
    provider = organisations.successor(dataset.publisher)
    if dataset.sharing == "not-shared":
        kinds = {organisations.kind(provider), organisations.kind(ctx.author)}
        require(kinds != {"government"}, codes.NOT_SHARED, dataset=id)  # between departments
    return provider


def _propose(ctx: Context, negotiation: Negotiation, asked: NewTerms, action: str) -> None:
    """Put other terms before the other side."""
    state = NEGOTIATION.move(negotiation, action, asked.id)
    _check_period(ctx, asked.start, asked.end)
    ctx.put(
        replace(
            negotiation,
            terms=asked.terms,
            start=asked.start,
            end=asked.end,
            state=state,
            due=_answer_due(ctx),
        )
    )


def _conclude(ctx: Context, negotiation: Negotiation, terms: str, state: str) -> None:
    """The second signature: the agreement comes into force, and its first delivery is asked for."""
    require(terms == negotiation.terms, codes.OTHER_TERMS, id=negotiation.id, terms=negotiation.terms)
    require(negotiation.end > ctx.time, codes.ENDS_TOO_SOON)
    dataset = ctx.supplied(Datasets).dataset(negotiation.dataset)
    require(
        dataset is not None and dataset.state == "OFFERED",
        codes.DATASET_WITHDRAWN,
        dataset=negotiation.dataset,
    )
    ctx.put(replace(negotiation, state=state, due=None))
    ctx.put(
        Agreement(
            id=negotiation.id,
            provider=negotiation.provider,
            consumer=negotiation.consumer,
            dataset=negotiation.dataset,
            terms=terms,
            start=negotiation.start,
            end=negotiation.end,
            state="ACTIVE",
            agreed=ctx.time,
            since=ctx.time,
            deliveries=1,
        )
    )
    days = ctx.supplied(WorkingDays)
    ctx.put(
        Transfer(
            id=transfer_id(negotiation.id, 1),
            agreement=negotiation.id,
            provider=negotiation.provider,
            consumer=negotiation.consumer,
            dataset=negotiation.dataset,
            state="REQUESTED",
            since=ctx.time,
            due=days.due(max(ctx.time, negotiation.start), days.delivery_days),
        )
    )


def _check_period(ctx: Context, start: int, end: int) -> None:
    Period(start, end).check("end")
    require(end > ctx.time, codes.ENDS_TOO_SOON)


def _answer_due(ctx: Context) -> int:
    days = ctx.supplied(WorkingDays)
    return days.due(ctx.time, days.answer_days)
