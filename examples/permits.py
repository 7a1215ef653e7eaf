"""Permits: an organisation asks an authority for a permit, which grants or refuses it.

Kept throughout: a permit is granted or refused by the authority that was asked, once. What it is for,
and why it was refused or revoked, is read by applicant and authority alone.
"""

from typing import Annotated, Protocol

from msgspec.structs import replace

from dongting.appkit.app import SUPERVISOR, App, Record
from dongting.appkit.context import Context, find
from dongting.appkit.fields import (
    Commitment,
    Instant,
    OrganisationId,
    Prose,
    Slug,
    StateName,
    Text,
    part,
    says,
)
from dongting.appkit.workflow import State, Workflow
from dongting.errors import Code, require

app = App("permits", 1, Text(en="Permits", zh="许可"))

ALREADY_ASKED = Code(
    "permits", 1, "already-asked",
    "A permit called {id} exists already; choose another id.",
    "编号为 {id} 的许可已存在；请换一个编号。",
    status=409,
)  # fmt: skip
NOT_AN_AUTHORITY = Code(
    "permits", 2, "not-an-authority",
    "{authority} is not a government organisation in good standing; ask one that is.",
    "{authority} 不是状态正常的政府机构；请向政府机构申请。",
)  # fmt: skip
NOT_THE_AUTHORITY = Code(
    "permits", 3, "not-the-authority",
    "Only {authority} can decide on {id}.",
    "只有 {authority} 可以对 {id} 作出决定。",
    status=403,
)  # fmt: skip
ENDS_TOO_SOON = Code(
    "permits", 4, "ends-too-soon",
    "The permit would end before it begins, or has ended already; give a later end.",
    "许可的结束时间早于开始时间或已经过去；请填写更晚的结束时间。",
)  # fmt: skip


class Purpose(Record, frozen=True):
    """What a permit is for: a part, read by applicant and authority alone."""

    text: Annotated[Prose, says("Purpose", "用途")]


class Reason(Record, frozen=True):
    """Why a permit was refused or revoked: a part as well."""

    text: Annotated[Prose, says("Reason", "理由")]


PERMIT = Workflow(
    states={
        "ASKED": State("asked for", "待决定", next="authority", due="due"),
        "GRANTED": State("granted", "已准予"),
        "REFUSED": State("refused", "不予许可", final=True),
        "REVOKED": State("revoked", "已撤销", final=True),
    },
    moves={
        "grant": (("ASKED",), "GRANTED"),
        "refuse": (("ASKED",), "REFUSED"),
        "revoke": (("GRANTED",), "REVOKED"),
    },
)


@app.record(
    ("Permit", "许可"),
    indexed=("applicant", "authority", "state", "due", "end"),
    parties=("applicant", "authority"),
    workflow=PERMIT,
)
class Permit(Record, frozen=True, kw_only=True):
    """A permit, from the request on."""

    id: Annotated[Slug, says("Permit", "许可编号")]
    applicant: Annotated[OrganisationId, says("Applicant", "申请单位")]
    authority: Annotated[OrganisationId, says("Authority", "审批单位")]
    purpose: Annotated[Commitment, says("Commitment to the purpose", "用途承诺值")]
    start: Annotated[Instant, says("From", "起始时间")]
    end: Annotated[Instant, says("Until", "截止时间")]
    state: Annotated[StateName, says("State", "状态")]
    due: Annotated[Instant | None, says("Decision due", "决定期限")] = None
    reason: Annotated[Commitment | None, says("Commitment to the reason", "理由承诺值")] = None


class Organisations(Protocol):
    """What is asked of membership."""

    def kind(self, id: str) -> str | None: ...

    def in_good_standing(self, id: str) -> bool: ...


class WorkingDays(Protocol):
    """What is asked of governance."""

    @property
    def answer_days(self) -> int: ...

    def due(self, start: int, days: int) -> int: ...


class Ask(Record, frozen=True):
    """The permit that an organisation asks for."""

    id: Annotated[Slug, says("Permit", "许可编号")]
    authority: Annotated[OrganisationId, says("Authority", "审批单位")]
    purpose: Annotated[str, part(Purpose), says("Purpose", "用途")]
    start: Annotated[Instant, says("From", "起始时间")]
    end: Annotated[Instant, says("Until", "截止时间")]


@app.action(
    ("Ask for a permit", "申请许可"),
    about=Permit,
    says=(
        "{author} asked {authority} for the permit {id}, from {start} until {end}.",
        "{author} 向 {authority} 申请许可 {id}，期限自 {start} 至 {end}。",
    ),
)
def ask(ctx: Context, asked: Ask) -> None:
    """Ask a government organisation for a permit; it answers within the network's working days."""
    require(ctx.get(Permit, asked.id) is None, ALREADY_ASKED, id=asked.id)
    require(asked.end > max(asked.start, ctx.time), ENDS_TOO_SOON)
    members = ctx.supplied(Organisations)
    able = members.kind(asked.authority) == "government" and members.in_good_standing(asked.authority)
    require(able, NOT_AN_AUTHORITY, authority=asked.authority)
    days = ctx.supplied(WorkingDays)
    ctx.put(
        Permit(
            id=asked.id,
            applicant=ctx.author,
            authority=asked.authority,
            purpose=asked.purpose,
            start=asked.start,
            end=asked.end,
            state="ASKED",
            due=days.due(ctx.time, days.answer_days),
        )
    )


class Grant(Record, frozen=True):
    """The permit to grant."""

    id: Annotated[Slug, says("Permit", "许可编号")]


class Decision(Record, frozen=True):
    """The permit to refuse or to revoke, and why."""

    id: Annotated[Slug, says("Permit", "许可编号")]
    reason: Annotated[str, part(Reason), says("Reason", "理由")]


@app.action(
    ("Grant a permit", "准予许可"),
    about=Permit,
    says=("{author} granted the permit {id}.", "{author} 准予了许可 {id}。"),
)
def grant(ctx: Context, asked: Grant) -> None:
    """Grant a permit as it was asked for."""
    permit = _of_the_authority(ctx, asked.id)
    ctx.put(replace(permit, state=PERMIT.move(permit, "grant", permit.id), due=None))


@app.action(
    ("Refuse a permit", "不予许可"),
    about=Permit,
    says=(
        "{author} refused the permit {id}, for a reason that only the parties read.",
        "{author} 对许可 {id} 不予许可；理由仅双方可见。",
    ),
)
def refuse(ctx: Context, asked: Decision) -> None:
    """Refuse a permit and say why."""
    permit = _of_the_authority(ctx, asked.id)
    state = PERMIT.move(permit, "refuse", permit.id)
    ctx.put(replace(permit, state=state, due=None, reason=asked.reason))


@app.action(
    ("Revoke a permit", "撤销许可"),
    about=Permit,
    by=SUPERVISOR,
    says=(
        "The supervisor {author} revoked the permit {id}.",
        "监督单位 {author} 撤销了许可 {id}。",
    ),
)
def revoke(ctx: Context, asked: Decision) -> None:
    """Take back a permit that was granted."""
    permit = find(ctx, Permit, asked.id)
    state = PERMIT.move(permit, "revoke", permit.id)
    ctx.put(replace(permit, state=state, reason=asked.reason))


def in_force(permit: Permit, time: int) -> bool:
    """Whether a permit holds at a moment; time changes no state, so everyone asks this of the record."""
    return permit.state == "GRANTED" and permit.start <= time < permit.end


def _of_the_authority(ctx: Context, id: str) -> Permit:
    permit = find(ctx, Permit, id)
    require(ctx.acts_for(permit.authority), NOT_THE_AUTHORITY, id=id, authority=permit.authority)
    return permit
