"""Vouching: a member answers for a body that has no unified social credit code of its own.

The voucher consents by a statement of its own before the admission. When it withdraws afterwards, the
body is suspended, since nobody answers for it, until the founders readmit it under another vouch.
"""

from typing import Annotated

import msgspec

from dongting.appkit.app import Record
from dongting.appkit.context import Context, find
from dongting.appkit.fields import Instant, OrganisationId, Slug, says
from dongting.appkit.workflow import State, Workflow
from dongting.apps.membership.codes import NOT_ITSELF, SAME_ORGANISATION, TAKEN, VOUCH_SPENT, WRONG_VOUCH
from dongting.apps.membership.declaration import app
from dongting.apps.membership.organisations import STANDING, Organisation, keep_a_founder, member
from dongting.errors import require

VOUCHING = Workflow(
    states={
        "open": State("given", "已出具"),
        "used": State("relied on", "已采用"),
        "withdrawn": State("withdrawn", "已撤回", final=True),
    },
    moves={
        "use": (("open",), "used"),
        "withdraw-vouch": (("open", "used"), "withdrawn"),
    },
)


@app.record(
    ("Vouch", "担保"),
    indexed=("voucher", "applicant", "state"),
    parties=("voucher", "applicant"),
    workflow=VOUCHING,
)
class Vouch(Record, frozen=True):
    """A member's word for one applicant, usable once."""

    id: Annotated[Slug, says("Id", "编号")]
    voucher: Annotated[OrganisationId, says("Vouching member", "担保成员")]
    applicant: Annotated[OrganisationId, says("Applicant", "申请方")]
    given: Annotated[Instant, says("Given", "出具时间")]
    state: Annotated[str, says("State", "状态")] = "open"


class GiveVouch(Record, frozen=True):
    id: Annotated[Slug, says("Id", "编号")]
    applicant: Annotated[OrganisationId, says("Applicant", "申请方")]


class WithdrawVouch(Record, frozen=True):
    id: Annotated[Slug, says("Vouch", "担保编号")]


def use_vouch(ctx: Context, id: str, applicant: str) -> None:
    """Rely on a vouch; refuses one for another, a spent one, and one of a voucher out of standing."""
    vouch = find(ctx, Vouch, id)
    require(
        vouch.applicant == applicant, WRONG_VOUCH, vouch=id, applicant=vouch.applicant, organisation=applicant
    )
    require(vouch.state == "open", VOUCH_SPENT, vouch=id)
    member(ctx, vouch.voucher)
    ctx.put(msgspec.structs.replace(vouch, state=VOUCHING.move(vouch, "use", id)))


@app.action(
    ("Vouch", "出具担保"), about=Vouch,
    says=(
        "{author} vouched for {applicant}, so that it can be admitted without a credit code of its own.",
        "{author} 为 {applicant} 出具担保，使其在没有统一社会信用代码的情况下可被接纳。",
    ),
)  # fmt: skip
def vouch(ctx: Context, given: GiveVouch) -> None:
    """Answer for a body without a unified social credit code, before it is admitted or readmitted."""
    require(ctx.get(Vouch, given.id) is None, TAKEN, id=given.id)
    require(given.applicant != ctx.author, SAME_ORGANISATION, organisation=ctx.author)
    ctx.put(Vouch(id=given.id, voucher=ctx.author, applicant=given.applicant, given=ctx.time))


@app.action(
    ("Withdraw a vouch", "撤回担保"), about=Vouch,
    says=(
        "{author} withdrew its vouch {id}; an organisation that was admitted under it is suspended.",
        "{author} 撤回担保 {id}；据此接纳的组织随即暂停资格。",
    ),
)  # fmt: skip
def withdraw_vouch(ctx: Context, withdrawn: WithdrawVouch) -> None:
    """Answer no longer for a body; if it was admitted under this vouch, it is suspended."""
    present = find(ctx, Vouch, withdrawn.id)
    require(ctx.acts_for(present.voucher), NOT_ITSELF, organisation=present.voucher)
    ctx.put(msgspec.structs.replace(present, state=VOUCHING.move(present, "withdraw-vouch", present.id)))
    body = ctx.get(Organisation, present.applicant)
    if (
        present.state == "used"
        and body is not None
        and body.vouch == present.id
        and body.standing == "active"
    ):
        keep_a_founder(ctx, body.id)
        ctx.put(msgspec.structs.replace(body, standing=STANDING.move(body, "suspend", body.id)))
