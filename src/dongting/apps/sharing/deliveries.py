"""Handing over: deliver, acknowledge, dispute, deliver again (DSP 2025-1, Transfer Process).

Kept: what is delivered is what the catalogue committed to, and what is acknowledged is what was delivered.
Every version of the dataset can be delivered under one agreement, without a new request.
"""

from typing import Annotated

from msgspec.structs import replace

from dongting.appkit.app import Record
from dongting.appkit.context import Context, find
from dongting.appkit.fields import Commitment, Slug, part, says
from dongting.apps.sharing import codes
from dongting.apps.sharing.agreements import standing
from dongting.apps.sharing.needs import Datasets, WorkingDays
from dongting.apps.sharing.parties import require_consumer, require_provider, side
from dongting.apps.sharing.records import (
    TRANSFER,
    Agreement,
    AgreementReference,
    DeliveryKind,
    DestructionOutcome,
    Transfer,
    VersionNumber,
    app,
    transfer_id,
)
from dongting.apps.sharing.terms import Locator, Observation, Reason
from dongting.errors import Refused, require


class RequestDelivery(Record, frozen=True):
    """A delivery to be made: `<agreement>.<number>`, the next number."""

    id: Annotated[Slug, says("Delivery", "交付编号")]
    agreement: Annotated[AgreementReference, says("Agreement", "协议")]


class Deliver(Record, frozen=True, kw_only=True):
    """What is handed over. `content` is the commitment under which the catalogue has this version."""

    id: Annotated[Slug, says("Delivery", "交付编号")]
    agreement: Annotated[AgreementReference, says("Agreement", "协议")]
    version: Annotated[VersionNumber, says("Version", "版本号")]
    content: Annotated[Commitment, says("Commitment to the content", "内容承诺值")]
    kind: Annotated[DeliveryKind, says("Kind", "交付方式")] = "file"
    locator: Annotated[
        Annotated[str, part(Locator)] | None, says("Where it is handed over, if external", "外部交付位置")
    ] = None


class Redeliver(Record, frozen=True, kw_only=True):
    """What is handed over in answer to a dispute."""

    id: Annotated[Slug, says("Delivery", "交付编号")]
    version: Annotated[VersionNumber, says("Version", "版本号")]
    content: Annotated[Commitment, says("Commitment to the content", "内容承诺值")]
    kind: Annotated[DeliveryKind, says("Kind", "交付方式")] = "file"
    locator: Annotated[
        Annotated[str, part(Locator)] | None, says("Where it is handed over, if external", "外部交付位置")
    ] = None
    answer: Annotated[Annotated[str, part(Reason)] | None, says("Answer", "答复")] = None


class Acknowledge(Record, frozen=True):
    """The commitment that the consumer recomputed from what it received."""

    id: Annotated[Slug, says("Delivery", "交付编号")]
    content: Annotated[Commitment, says("Commitment to the content", "内容承诺值")]


class Dispute(Record, frozen=True):
    """What the consumer received instead."""

    id: Annotated[Slug, says("Delivery", "交付编号")]
    observed: Annotated[str, part(Observation), says("What was received", "实收情况")]


class Cancel(Record, frozen=True):
    """The delivery that is not to be made, or not to be pursued, and why."""

    id: Annotated[Slug, says("Delivery", "交付编号")]
    reason: Annotated[str, part(Reason), says("Reason", "理由")]


class AttestDestruction(Record, frozen=True):
    """Whether the consumer destroyed its copy; if it cannot, why."""

    id: Annotated[Slug, says("Delivery", "交付编号")]
    outcome: Annotated[DestructionOutcome, says("Outcome", "结果")]
    reason: Annotated[Annotated[str, part(Reason)] | None, says("Why not", "未能销毁的理由")] = None


@app.action(
    ("Ask for a delivery", "申请交付"),
    about=Transfer,
    says=(
        "{author} asked for the delivery {id} under the agreement {agreement}.",
        "{author} 在协议 {agreement} 下申请交付 {id}。",
    ),
)
def request_delivery(ctx: Context, asked: RequestDelivery) -> None:
    """Ask for one more delivery under an agreement, such as a later version (REQUESTED)."""
    agreement = find(ctx, Agreement, asked.agreement)
    require_consumer(ctx, agreement)
    _require_in_force(ctx, agreement)
    last = find(ctx, Transfer, transfer_id(agreement.id, agreement.deliveries))
    require(last.state != "REQUESTED", codes.DELIVERY_OPEN, delivery=last.id)
    transfer = _next(ctx, agreement, asked.id)
    days = ctx.supplied(WorkingDays)
    ctx.put(replace(transfer, due=days.due(ctx.time, days.delivery_days)))


@app.action(
    ("Deliver", "交付"),
    about=Transfer,
    says=(
        "{author} delivered version {version} of the dataset under the agreement {agreement} "
        "(delivery {id}); its content is committed to as {content}.",
        "{author} 在协议 {agreement} 下交付数据集第 {version} 版（交付 {id}），内容承诺值为 {content}。",
    ),
)
def deliver(ctx: Context, asked: Deliver) -> None:
    """Hand over a version of the dataset, here as a file or outside (STARTED).

    Answers the delivery that waits, or is the next one: a later version needs no new request.
    """
    agreement = find(ctx, Agreement, asked.agreement)
    require_provider(ctx, agreement)
    _require_in_force(ctx, agreement)
    transfer = find(ctx, Transfer, transfer_id(agreement.id, agreement.deliveries))
    if transfer.state == "REQUESTED":
        require(
            asked.id == transfer.id,
            codes.NOT_THE_NEXT_DELIVERY,
            agreement=agreement.id,
            expected=transfer.id,
        )
    else:
        transfer = _next(ctx, agreement, asked.id)
    state = TRANSFER.move(transfer, "deliver", transfer.id)
    ctx.put(_handed_over(ctx, transfer, asked, state))


@app.action(
    ("Acknowledge a delivery", "确认收到"),
    about=Transfer,
    says=(
        "{author} acknowledged having received, in the delivery {id}, the content committed to as {content}.",
        "{author} 确认已收到交付 {id}，内容承诺值为 {content}。",
    ),
)
def acknowledge(ctx: Context, asked: Acknowledge) -> None:
    """Confirm that what was received is what was announced; also takes a dispute back (COMPLETED)."""
    transfer = find(ctx, Transfer, asked.id)
    require_consumer(ctx, transfer)
    state = TRANSFER.move(transfer, "acknowledge", asked.id)
    require(
        asked.content == transfer.content,
        codes.CONTENT_DIFFERS,
        subject=asked.id,
        expected=transfer.content,
        given=asked.content,
    )
    ctx.put(replace(transfer, state=state, since=ctx.time, due=None))


@app.action(
    ("Dispute a delivery", "对交付提出异议"),
    about=Transfer,
    says=(
        "{author} disputed the delivery {id}: what it received is not what was announced. "
        "What it saw is committed to as {observed}.",
        "{author} 对交付 {id} 提出异议：收到的内容与约定不符。实收情况承诺值为 {observed}。",
    ),
)
def dispute(ctx: Context, asked: Dispute) -> None:
    """Put on record that what was received differs from what was announced (SUSPENDED)."""
    transfer = find(ctx, Transfer, asked.id)
    require_consumer(ctx, transfer)
    state = TRANSFER.move(transfer, "dispute", asked.id)
    days = ctx.supplied(WorkingDays)
    ctx.put(
        replace(
            transfer,
            state=state,
            since=ctx.time,
            due=days.due(ctx.time, days.answer_days),
            observed=asked.observed,
        )
    )


@app.action(
    ("Deliver again", "重新交付"),
    about=Transfer,
    says=(
        "{author} answered the dispute about {id} by delivering version {version}, "
        "whose content is committed to as {content}.",
        "{author} 就交付 {id} 的异议重新交付第 {version} 版，内容承诺值为 {content}。",
    ),
)
def redeliver(ctx: Context, asked: Redeliver) -> None:
    """Answer a dispute with another handing-over, of the same or of a corrected version (STARTED)."""
    transfer = find(ctx, Transfer, asked.id)
    require_provider(ctx, transfer)
    _require_in_force(ctx, find(ctx, Agreement, transfer.agreement))
    state = TRANSFER.move(transfer, "redeliver", asked.id)
    ctx.put(replace(_handed_over(ctx, transfer, asked, state), reason=asked.answer))


@app.action(
    ("Cancel a delivery", "取消交付"),
    about=Transfer,
    says=(
        "{author} cancelled the delivery {id}, for a reason that only the parties read.",
        "{author} 取消了交付 {id}；理由仅双方可见。",
    ),
)
def cancel(ctx: Context, asked: Cancel) -> None:
    """End a delivery that was not acknowledged; either side may. The agreement goes on (TERMINATED)."""
    transfer = find(ctx, Transfer, asked.id)
    side(ctx, transfer)
    state = TRANSFER.move(transfer, "cancel", asked.id)
    ctx.put(replace(transfer, state=state, since=ctx.time, due=None, reason=asked.reason))


@app.action(
    ("Answer about destruction", "答复销毁情况"),
    about=Transfer,
    says=(
        "{author} answered about its copy of what the delivery {id} brought: {outcome}.",
        "{author} 就交付 {id} 所得副本的销毁作出答复：{outcome}。",
    ),
)
def attest_destruction(ctx: Context, asked: AttestDestruction) -> None:
    """Say on record that the copy was destroyed, or that it cannot be and why.

    A consumer is asked when the publisher erased the content or the agreement ended, and may say so at
    any time. After `cannot`, `done` may follow; `done` stands.
    """
    transfer = find(ctx, Transfer, asked.id)
    require_consumer(ctx, transfer)
    require(transfer.delivered is not None, codes.NOTHING_HELD, transfer=asked.id)
    require(transfer.destruction != "done", codes.ALREADY_DESTROYED, transfer=asked.id)
    require(asked.outcome == "done" or asked.reason is not None, codes.REASON_MISSING)
    ctx.put(
        replace(
            transfer,
            destruction=asked.outcome,
            destruction_reason=asked.reason,
            destruction_said=ctx.time,
        )
    )


def _require_in_force(ctx: Context, agreement: Agreement) -> None:
    stands = standing(agreement, ctx.time)
    require(
        stands in ("ACTIVE", "PENDING"),
        codes.AGREEMENT_NOT_IN_FORCE,
        agreement=agreement.id,
        standing=stands,
    )


def _next(ctx: Context, agreement: Agreement, id: str) -> Transfer:
    """The next delivery under an agreement, counted in it; its id follows from the agreement's."""
    number = agreement.deliveries + 1
    expected = transfer_id(agreement.id, number)
    require(id == expected, codes.NOT_THE_NEXT_DELIVERY, agreement=agreement.id, expected=expected)
    ctx.put(replace(agreement, deliveries=number))
    return Transfer(
        id=expected,
        agreement=agreement.id,
        provider=agreement.provider,
        consumer=agreement.consumer,
        dataset=agreement.dataset,
        state="REQUESTED",
        since=ctx.time,
    )


def _handed_over(ctx: Context, transfer: Transfer, asked: Deliver | Redeliver, state: str) -> Transfer:
    """The delivery with its content, which must be what the catalogue has under that version."""
    version = ctx.supplied(Datasets).version(transfer.dataset, asked.version)
    require(version is not None, codes.NO_SUCH_VERSION, dataset=transfer.dataset, version=asked.version)
    assert version is not None
    days = ctx.supplied(WorkingDays)
    if version.erased is not None:
        raise Refused(codes.DOWNLOAD_ERASED, day=days.day(version.erased))
    require(
        asked.content == version.content.commitment,
        codes.CONTENT_DIFFERS,
        subject=f"{transfer.dataset}.{asked.version}",
        expected=version.content.commitment,
        given=asked.content,
    )
    if asked.kind == "external":
        require(asked.locator is not None, codes.LOCATOR_MISSING)
    else:
        require(asked.locator is None, codes.LOCATOR_UNNEEDED)
        require(
            version.content.address is not None,
            codes.NO_FILE,
            dataset=transfer.dataset,
            version=asked.version,
        )
    return replace(
        transfer,
        state=state,
        since=ctx.time,
        delivered=ctx.time,
        due=days.due(ctx.time, days.delivery_days),
        version=asked.version,
        kind=asked.kind,
        content=asked.content,
        address=version.content.address if asked.kind == "file" else None,
        locator=asked.locator,
    )
