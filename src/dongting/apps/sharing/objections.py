"""Objections to data: a consumer found it wrong, the provider corrects it or says why not.

The duty to check and correct shared government data within a number of working days stands behind it
(State Council Decree 809, 2025).
"""

from typing import Annotated

from msgspec.structs import replace

from dongting.appkit.app import Record
from dongting.appkit.context import Context, find
from dongting.appkit.fields import Slug, part, says
from dongting.apps.sharing import codes
from dongting.apps.sharing.needs import Datasets, WorkingDays
from dongting.apps.sharing.parties import require_consumer, require_provider
from dongting.apps.sharing.records import (
    OBJECTION,
    Objection,
    Transfer,
    TransferReference,
    VersionNumber,
    app,
)
from dongting.apps.sharing.terms import Reason
from dongting.errors import require


class Object(Record, frozen=True):
    """The delivery whose data is wrong, and in what."""

    id: Annotated[Slug, says("Objection", "异议编号")]
    transfer: Annotated[TransferReference, says("Delivery", "交付")]
    reason: Annotated[str, part(Reason), says("What is wrong", "问题说明")]


class Correct(Record, frozen=True):
    """The later version in which the data is right."""

    id: Annotated[Slug, says("Objection", "异议编号")]
    version: Annotated[VersionNumber, says("Corrected by version", "更正版本号")]


class Reject(Record, frozen=True):
    """Why the data stays as it is."""

    id: Annotated[Slug, says("Objection", "异议编号")]
    reason: Annotated[str, part(Reason), says("Reason", "理由")]


@app.action(
    ("Object to data", "提出数据异议"),
    about=Objection,
    says=(
        "{author} objected to the data of the delivery {transfer} (objection {id}).",
        "{author} 对交付 {transfer} 的数据提出异议（异议 {id}）。",
    ),
)
def object_to(ctx: Context, asked: Object) -> None:
    """Tell the provider that delivered data is wrong, and ask for a correction (OPEN)."""
    require(ctx.get(Objection, asked.id) is None, codes.ALREADY_OBJECTED, id=asked.id)
    transfer = find(ctx, Transfer, asked.transfer)
    require_consumer(ctx, transfer)
    require(transfer.version is not None, codes.NOTHING_HELD, transfer=asked.transfer)
    assert transfer.version is not None
    days = ctx.supplied(WorkingDays)
    ctx.put(
        Objection(
            id=asked.id,
            transfer=transfer.id,
            consumer=transfer.consumer,
            provider=transfer.provider,
            dataset=transfer.dataset,
            version=transfer.version,
            state="OPEN",
            raised=ctx.time,
            reason=asked.reason,
            due=days.due(ctx.time, days.answer_days),
        )
    )


@app.action(
    ("Correct the data", "更正数据"),
    about=Objection,
    says=(
        "{author} answered the objection {id}: version {version} corrects the data.",
        "{author} 答复异议 {id}：第 {version} 版已更正数据。",
    ),
)
def correct(ctx: Context, asked: Correct) -> None:
    """Answer an objection by naming the later version in which the data is right (CORRECTED)."""
    objection = find(ctx, Objection, asked.id)
    require_provider(ctx, objection)
    state = OBJECTION.move(objection, "correct", asked.id)
    later = asked.version > objection.version
    version = ctx.supplied(Datasets).version(objection.dataset, asked.version) if later else None
    require(version is not None, codes.NOT_A_CORRECTION, version=objection.version)
    ctx.put(replace(objection, state=state, due=None, corrected_by=asked.version))


@app.action(
    ("Reject an objection", "不予更正"),
    about=Objection,
    says=(
        "{author} rejected the objection {id}, for a reason that only the parties read.",
        "{author} 对异议 {id} 不予更正；理由仅双方可见。",
    ),
)
def reject(ctx: Context, asked: Reject) -> None:
    """Answer an objection by saying why the data stays as it is (REJECTED)."""
    objection = find(ctx, Objection, asked.id)
    require_provider(ctx, objection)
    state = OBJECTION.move(objection, "reject", asked.id)
    ctx.put(replace(objection, state=state, due=None, answer=asked.reason))
