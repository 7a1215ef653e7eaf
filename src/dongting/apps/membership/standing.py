"""Standing and office: what the founders together decide about a member.

Suspension and expulsion end nothing that was agreed: they take away the right to act until the founders
readmit. A founder in good standing always remains, else nobody could decide anything any more.
"""

from typing import Annotated, Literal

import msgspec

from dongting.appkit.app import COLLECTIVE, Record
from dongting.appkit.context import Context, find
from dongting.appkit.fields import OrganisationId, Region, Text, reference, says
from dongting.apps.membership.codes import CODE_OR_VOUCH, NOTHING_CHANGES, SAME_ORGANISATION
from dongting.apps.membership.declaration import app
from dongting.apps.membership.delegation import end_delegation
from dongting.apps.membership.keys import itself
from dongting.apps.membership.organisations import (
    STANDING,
    CreditCodeText,
    Kind,
    Organisation,
    claim_credit_code,
    keep_a_founder,
    member,
    offices,
    seat_founder,
    with_role,
)
from dongting.apps.membership.vouching import Vouch, use_vouch
from dongting.errors import require
from dongting.standards import uscc


class Suspend(Record, frozen=True):
    id: Annotated[OrganisationId, says("Organisation", "组织")]


class Readmit(Record, frozen=True):
    id: Annotated[OrganisationId, says("Organisation", "组织")]
    vouch: Annotated[
        Annotated[str, reference("membership.vouch")] | None, says("Vouched for under", "担保编号")
    ] = None


class Expel(Record, frozen=True):
    id: Annotated[OrganisationId, says("Organisation", "组织")]


class Appoint(Record, frozen=True):
    id: Annotated[OrganisationId, says("Organisation", "组织")]
    office: Annotated[Literal["founder", "supervisor"], says("Office", "职务")]


class Dismiss(Record, frozen=True):
    id: Annotated[OrganisationId, says("Organisation", "组织")]
    office: Annotated[Literal["founder", "supervisor"], says("Office", "职务")]


class Rename(Record, frozen=True):
    id: Annotated[OrganisationId, says("Organisation", "组织")]
    name: Annotated[Text, says("New name", "新名称")]


class Correct(Record, frozen=True):
    """What changes; a field that is left out stays as it is."""

    id: Annotated[OrganisationId, says("Organisation", "组织")]
    kind: Annotated[Kind | None, says("Kind", "类型")] = None
    credit_code: Annotated[CreditCodeText | None, says("Unified social credit code", "统一社会信用代码")] = (
        None
    )
    region: Annotated[Region | None, says("Region", "行政区划")] = None
    parent: Annotated[OrganisationId | None, says("Parent body", "上级组织")] = None


@app.action(
    ("Suspend an organisation", "暂停成员资格"), about=Organisation, by=COLLECTIVE,
    says=(
        "By resolution of the founders, {id} was suspended: it may not act in the network until readmitted.",
        "经发起方决议，暂停 {id} 的成员资格：恢复之前不得在网络中行事。",
    ),
)  # fmt: skip
def suspend(ctx: Context, change: Suspend) -> None:
    """Take away an organisation's right to act for a time; its offices and delegations rest."""
    organisation = find(ctx, Organisation, change.id)
    standing = STANDING.move(organisation, "suspend", organisation.id)
    keep_a_founder(ctx, organisation.id)
    ctx.put(msgspec.structs.replace(organisation, standing=standing))


@app.action(
    ("Readmit an organisation", "恢复成员资格"), about=Organisation, by=COLLECTIVE,
    says=(
        "By resolution of the founders, {id} is a member in good standing again.",
        "经发起方决议，{id} 恢复正常成员资格。",
    ),
)  # fmt: skip
def readmit(ctx: Context, change: Readmit) -> None:
    """Restore a suspended or expelled organisation; one whose voucher withdrew needs a new vouch."""
    organisation = find(ctx, Organisation, change.id)
    standing = STANDING.move(organisation, "readmit", organisation.id)
    vouch = organisation.vouch
    if change.vouch is not None:
        require(organisation.credit_code is None, CODE_OR_VOUCH)
        use_vouch(ctx, change.vouch, organisation.id)
        vouch = change.vouch
    elif vouch is not None and organisation.credit_code is None:
        require(find(ctx, Vouch, vouch).state != "withdrawn", CODE_OR_VOUCH)
    ctx.put(msgspec.structs.replace(organisation, standing=standing, vouch=vouch))


@app.action(
    ("Expel an organisation", "除名"), about=Organisation, by=COLLECTIVE,
    says=(
        "By resolution of the founders, {id} was expelled; what it signed before still stands.",
        "经发起方决议，{id} 被除名；其此前签署的内容依然有效。",
    ),
)  # fmt: skip
def expel(ctx: Context, change: Expel) -> None:
    """End a membership, with all offices and delegations; only the founders can readmit."""
    organisation = find(ctx, Organisation, change.id)
    standing = STANDING.move(organisation, "expel", organisation.id)
    ctx.put(msgspec.structs.replace(without_offices(ctx, organisation), standing=standing))


@app.action(
    ("Appoint to an office", "任命职务"), about=Organisation, by=COLLECTIVE,
    says=(
        "By resolution of the founders, {id} was appointed {office} of the network.",
        "经发起方决议，{id} 被任命为本网络的 {office}（founder 为发起方，supervisor 为监督方）。",
    ),
)  # fmt: skip
def appoint(ctx: Context, change: Appoint) -> None:
    """Make a member a founder, or the supervisor in place of the present one.

    What was encrypted before a supervisor came is not opened to it; what comes after is.
    """
    organisation = member(ctx, change.id)
    require(change.office not in organisation.roles, NOTHING_CHANGES)
    if change.office == "founder":
        seat_founder(ctx, organisation.id, True)
    else:
        present = offices(ctx)
        if present.supervisor is not None:
            ctx.put(with_role(find(ctx, Organisation, present.supervisor), "supervisor", False))
        ctx.put(msgspec.structs.replace(present, supervisor=organisation.id))
    ctx.put(with_role(organisation, change.office, True))


@app.action(
    ("Dismiss from an office", "免去职务"), about=Organisation, by=COLLECTIVE,
    says=(
        "By resolution of the founders, {id} is no longer {office} of the network.",
        "经发起方决议，{id} 不再担任本网络的 {office}（founder 为发起方，supervisor 为监督方）。",
    ),
)  # fmt: skip
def dismiss(ctx: Context, change: Dismiss) -> None:
    """Take an office away; the organisation remains a member."""
    organisation = find(ctx, Organisation, change.id)
    require(change.office in organisation.roles, NOTHING_CHANGES)
    if change.office == "founder":
        keep_a_founder(ctx, organisation.id)
        seat_founder(ctx, organisation.id, False)
    else:
        ctx.put(msgspec.structs.replace(offices(ctx), supervisor=None))
    ctx.put(with_role(organisation, change.office, False))


@app.action(
    ("Rename", "更名"), about=Organisation,
    says=(
        "{id} declared a new name; its id, keys, rights and duties are the same as before.",
        "{id} 声明更名；其编号、密钥、权利和义务均不变。",
    ),
)  # fmt: skip
def rename(ctx: Context, change: Rename) -> None:
    """Take a new name; the record keeps every name that the organisation ever had."""
    organisation = itself(ctx, change.id)
    change.name.check("name")
    require(change.name != organisation.name, NOTHING_CHANGES)
    ctx.put(msgspec.structs.replace(organisation, name=change.name))


@app.action(
    ("Correct an entry", "更正登记信息"), about=Organisation, by=COLLECTIVE,
    says=(
        "By resolution of the founders, the entry of {id} was corrected.",
        "经发起方决议，更正了 {id} 的登记信息。",
    ),
)  # fmt: skip
def correct(ctx: Context, change: Correct) -> None:
    """Correct the kind, credit code, region or parent body of an organisation."""
    organisation = find(ctx, Organisation, change.id)
    if change.credit_code is not None:
        claim_credit_code(ctx, uscc.check(change.credit_code).code, organisation.id)
    if change.parent is not None:
        require(change.parent != organisation.id, SAME_ORGANISATION, organisation=organisation.id)
        member(ctx, change.parent)
    corrected = msgspec.structs.replace(
        organisation,
        kind=change.kind or organisation.kind,
        credit_code=change.credit_code or organisation.credit_code,
        region=change.region or organisation.region,
        parent=change.parent or organisation.parent,
    )
    require(corrected != organisation, NOTHING_CHANGES)
    ctx.put(corrected)


def without_offices(ctx: Context, organisation: Organisation) -> Organisation:
    """The organisation without offices and delegations; refuses to lose the last founder."""
    keep_a_founder(ctx, organisation.id)
    if "founder" in organisation.roles:
        seat_founder(ctx, organisation.id, False)
    if "supervisor" in organisation.roles:
        ctx.put(msgspec.structs.replace(offices(ctx), supervisor=None))
    for id in organisation.delegations:
        organisation = end_delegation(ctx, organisation, id)
    return msgspec.structs.replace(organisation, roles=())
