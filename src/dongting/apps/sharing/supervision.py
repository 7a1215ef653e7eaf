"""What the supervisor says on record: it urges whoever is overdue, and proposes how to settle a dispute.

Neither changes what the two parties agreed or owe. What it says is a part that the parties read; on record is
that it spoke, to whom and about what. Kept: it urges only where a deadline has passed, proposes only while
something is disputed, and never in a matter of its own.
"""

from typing import Annotated

from dongting.appkit.app import SUPERVISOR, Record
from dongting.appkit.context import Context, find
from dongting.appkit.fields import Commitment, Instant, OrganisationId, Slug, part, reference, says
from dongting.appkit.workflow import Workflow
from dongting.apps.sharing import codes
from dongting.apps.sharing.records import (
    NEGOTIATION,
    OBJECTION,
    TRANSFER,
    Negotiation,
    Objection,
    SupervisionKind,
    Transfer,
    TransferReference,
    app,
)
from dongting.apps.sharing.terms import Reason, Resolution
from dongting.errors import Refused, require

NegotiationReference = Annotated[str, reference("sharing.negotiation")]
ObjectionReference = Annotated[str, reference("sharing.objection")]


@app.record(
    ("Word of the supervisor", "监督意见"),
    indexed=("kind", "provider", "consumer", "addressee", "negotiation", "transfer", "objection", "given"),
    parties=("provider", "consumer"),
)
class Supervision(Record, frozen=True, kw_only=True):
    """One thing that the supervisor said about a request, a delivery or an objection between two parties."""

    id: Annotated[Slug, says("Number", "编号")]
    kind: Annotated[SupervisionKind, says("Kind", "类别")]
    supervisor: Annotated[OrganisationId, says("Supervisor", "监督方")]
    provider: Annotated[OrganisationId, says("Provider", "提供方")]
    consumer: Annotated[OrganisationId, says("Consumer", "需求方")]
    addressee: Annotated[OrganisationId | None, says("Who is to act", "办理方")] = None
    negotiation: Annotated[NegotiationReference | None, says("Request", "申请")] = None
    transfer: Annotated[TransferReference | None, says("Delivery", "交付")] = None
    objection: Annotated[ObjectionReference | None, says("Objection", "异议")] = None
    text: Annotated[Commitment | None, says("Commitment to what was said", "意见内容承诺值")] = None
    given: Annotated[Instant, says("Given", "作出时间")]


class Urge(Record, frozen=True, kw_only=True):
    """What is overdue, one thing; and a word about it if there is one."""

    id: Annotated[Slug, says("Number", "编号")]
    negotiation: Annotated[NegotiationReference | None, says("Request", "申请")] = None
    transfer: Annotated[TransferReference | None, says("Delivery", "交付")] = None
    objection: Annotated[ObjectionReference | None, says("Objection", "异议")] = None
    text: Annotated[Annotated[str, part(Reason)] | None, says("What the supervisor says", "督办意见")] = None


class Mediate(Record, frozen=True, kw_only=True):
    """What is disputed, one thing; and how it could be settled."""

    id: Annotated[Slug, says("Number", "编号")]
    transfer: Annotated[TransferReference | None, says("Disputed delivery", "有争议的交付")] = None
    objection: Annotated[ObjectionReference | None, says("Open objection", "待处理的异议")] = None
    text: Annotated[str, part(Resolution), says("Proposed resolution", "调解方案")]


@app.action(
    ("Urge", "督办"),
    about=Supervision,
    by=SUPERVISOR,
    says=(
        "{author}, as supervisor, urged whoever is overdue to act (word {id}).",
        "{author} 作为监督方督促逾期一方办理（监督意见 {id}）。",
    ),
)
def urge(ctx: Context, asked: Urge) -> None:
    """Tell the side for which something waits beyond its deadline that it is to act now."""
    record, flow = _matter(ctx, asked.id, asked.negotiation, asked.transfer, asked.objection)
    awaited = flow.waits_for(record)
    if awaited is None or not flow.overdue(record, ctx.time):
        raise Refused(codes.NOT_OVERDUE, record=record.id)
    ctx.put(
        Supervision(
            id=asked.id, kind="urge", supervisor=ctx.author, provider=record.provider, given=ctx.time,
            consumer=record.consumer, addressee=awaited, negotiation=asked.negotiation,
            transfer=asked.transfer, objection=asked.objection, text=asked.text,
        )
    )  # fmt: skip


@app.action(
    ("Mediate", "调解"),
    about=Supervision,
    by=SUPERVISOR,
    says=(
        "{author}, as supervisor, proposed to both sides how to settle their dispute (word {id}).",
        "{author} 作为监督方就双方争议提出调解方案（监督意见 {id}）。",
    ),
)
def mediate(ctx: Context, asked: Mediate) -> None:
    """Propose to both sides how a disputed delivery or an open objection could be settled."""
    record, _ = _matter(ctx, asked.id, None, asked.transfer, asked.objection)
    disputed = record.state == ("SUSPENDED" if asked.transfer is not None else "OPEN")
    require(disputed, codes.NOT_DISPUTED, record=record.id)
    ctx.put(
        Supervision(
            id=asked.id, kind="mediate", supervisor=ctx.author, provider=record.provider, given=ctx.time,
            consumer=record.consumer, transfer=asked.transfer, objection=asked.objection, text=asked.text,
        )
    )  # fmt: skip


def _matter(
    ctx: Context, id: str, negotiation: str | None, transfer: str | None, objection: str | None
) -> tuple[Negotiation | Transfer | Objection, Workflow]:
    """The one record that is named, and its workflow; refuses a taken id, and a matter of one's own."""
    require(ctx.get(Supervision, id) is None, codes.ALREADY_SAID, id=id)
    named = [one for one in (negotiation, transfer, objection) if one is not None]
    require(len(named) == 1, codes.ONE_MATTER)
    record: Negotiation | Transfer | Objection
    if negotiation is not None:
        record, flow = find(ctx, Negotiation, negotiation), NEGOTIATION
    elif transfer is not None:
        record, flow = find(ctx, Transfer, transfer), TRANSFER
    else:
        record, flow = find(ctx, Objection, named[0]), OBJECTION
    own = ctx.acts_for(record.provider) or ctx.acts_for(record.consumer)
    require(not own, codes.OWN_MATTER, record=record.id)
    return record, flow
