"""Admission: the founders, or a registrar within its delegation, admit an organisation.

A legal person shows its unified social credit code (GB 32100-2015); a body without one is vouched for by
a member. Everyone admitted has proven possession of its signing keys.
"""

from typing import Annotated

from dongting.appkit.app import COLLECTIVE, REGISTRAR, Record
from dongting.appkit.context import Context
from dongting.appkit.fields import Base64, OrganisationId, Region, Slug, Text, reference, says
from dongting.apps.membership.codes import CODE_OR_VOUCH, TAKEN
from dongting.apps.membership.declaration import app
from dongting.apps.membership.delegation import check_delegation
from dongting.apps.membership.keys import NewKeys, check_encryption_key, check_possession, register_key
from dongting.apps.membership.organisations import (
    CreditCodeText,
    Kind,
    Organisation,
    claim_credit_code,
    member,
)
from dongting.apps.membership.vouching import use_vouch
from dongting.errors import require
from dongting.standards import uscc


class Admit(Record, frozen=True, kw_only=True):
    id: Annotated[OrganisationId, says("Id", "编号")]
    kind: Annotated[Kind, says("Kind", "类型")]
    name: Annotated[Text, says("Name", "名称")]
    credit_code: Annotated[CreditCodeText | None, says("Unified social credit code", "统一社会信用代码")] = (
        None
    )
    vouch: Annotated[
        Annotated[str, reference("membership.vouch")] | None, says("Vouched for under", "担保编号")
    ] = None
    region: Annotated[Region | None, says("Region", "行政区划")] = None
    parent: Annotated[OrganisationId | None, says("Parent body", "上级组织")] = None
    signing_keys: Annotated[NewKeys, says("Signing keys", "签名密钥")]
    encryption_key: Annotated[Base64, says("Encryption key", "加密公钥")]


class Register(Admit, frozen=True, kw_only=True):
    delegation: Annotated[Slug, says("Delegation", "授权编号")]


@app.action(
    ("Admit an organisation", "接纳成员"), about=Organisation, by=COLLECTIVE,
    says=(
        "By resolution of the founders, {id} was admitted to the network.",
        "经发起方决议，{id} 被接纳为网络成员。",
    ),
)  # fmt: skip
def admit(ctx: Context, applicant: Admit) -> None:
    """Admit an organisation by a passed proposal of the founders."""
    _enter(ctx, applicant, None)


@app.action(
    ("Register an organisation", "登记成员"), about=Organisation, by=REGISTRAR,
    says=(
        "{author} admitted {id} to the network under the delegation {delegation} of the founders.",
        "{author} 依据发起方授权 {delegation} 接纳 {id} 为网络成员。",
    ),
)  # fmt: skip
def register(ctx: Context, applicant: Register) -> None:
    """Admit an organisation whose kind and region lie within the registrar's delegation."""
    check_delegation(ctx, applicant.delegation, ctx.author, applicant.kind, applicant.region)
    _enter(ctx, applicant, applicant.delegation)


def _enter(ctx: Context, applicant: Admit, delegation: str | None) -> None:
    require(ctx.get(Organisation, applicant.id) is None, TAKEN, id=applicant.id)
    applicant.name.check("name")
    require((applicant.credit_code is None) != (applicant.vouch is None), CODE_OR_VOUCH)
    if applicant.credit_code is not None:
        claim_credit_code(ctx, uscc.check(applicant.credit_code).code, applicant.id)
    if applicant.vouch is not None:
        use_vouch(ctx, applicant.vouch, applicant.id)
    if applicant.parent is not None:
        member(ctx, applicant.parent)
    keys = tuple(
        register_key(ctx, applicant.id, check_possession(ctx, applicant.id, new), applicant.encryption_key)
        for new in applicant.signing_keys
    )
    check_encryption_key(ctx, applicant.encryption_key)
    ctx.put(
        Organisation(
            id=applicant.id, kind=applicant.kind, name=applicant.name, credit_code=applicant.credit_code,
            vouch=applicant.vouch, region=applicant.region, parent=applicant.parent, standing="active",
            roles=(), signing_keys=keys, encryption_key=applicant.encryption_key, admitted=ctx.time,
            admitted_under=delegation,
        )
    )  # fmt: skip
