"""Organisations: the members of a network, what they are and how they stand.

Ids never change and no organisation is ever removed: one that leaves, merges or is expelled keeps its
record, so that every statement that it signed still has its signer.
"""

from typing import Annotated, Literal

import msgspec

from dongting.appkit.app import Record
from dongting.appkit.context import Context, Reader
from dongting.appkit.fields import Base64, Instant, OrganisationId, Region, Text, kind, reference, says
from dongting.appkit.workflow import State, Workflow
from dongting.apps.membership.codes import CREDIT_CODE_TAKEN, LAST_FOUNDER, NO_SUCH_MEMBER, TOO_MANY
from dongting.apps.membership.declaration import app
from dongting.errors import Fault, require

#: What an organisation is; `association` is an industry body, `team` a group that a member vouches for.
Kind = Literal[
    "government",
    "enterprise",
    "association",
    "university",
    "research",
    "investor",
    "park",
    "provider",
    "team",
]
Standing = Literal["active", "suspended", "expelled", "merged", "split"]
Office = Literal["founder", "supervisor", "registrar"]
#: The thumbprint of a COSE_Key under the profile's hash (RFC 9679), 64 lower-case hexadecimal digits.
Thumbprint = Annotated[str, kind("thumbprint", pattern=r"^[0-9a-f]{64}$(?!\n)")]
#: A unified social credit code (GB 32100-2015): 18 digits and capital letters, the last one a check.
CreditCodeText = Annotated[str, kind("credit-code", pattern=r"^[0-9A-Z]{18}$(?!\n)")]

MAX_FOUNDERS = 50
OFFICES: Literal["network"] = "network"  # the id of the one record of offices

STANDING = Workflow(
    states={
        "active": State("in good standing", "正常"),
        "suspended": State("suspended", "暂停"),
        "expelled": State("expelled", "除名"),
        "merged": State("merged into another", "已合并", final=True),
        "split": State("split up", "已分立", final=True),
    },
    moves={
        "suspend": (("active",), "suspended"),
        "readmit": (("suspended", "expelled"), "active"),
        "expel": (("active", "suspended"), "expelled"),
        "merge": (("active", "suspended"), "merged"),
        "split": (("active", "suspended"), "split"),
    },
    field="standing",
)


@app.record(
    ("Organisation", "组织"),
    indexed=("kind", "region", "standing", "parent"),
    searched=("id", "name"),
    parties=("id",),
    workflow=STANDING,
)
class Organisation(Record, frozen=True):
    """One member. `signing_keys` are those in use, `predecessors` all whom it succeeded, near and far."""

    id: Annotated[OrganisationId, says("Id", "编号")]
    kind: Annotated[Kind, says("Kind", "类型")]
    name: Annotated[Text, says("Name", "名称")]
    credit_code: Annotated[CreditCodeText | None, says("Unified social credit code", "统一社会信用代码")]
    vouch: Annotated[
        Annotated[str, reference("membership.vouch")] | None, says("Vouched for under", "担保编号")
    ]
    region: Annotated[Region | None, says("Region", "行政区划")]
    parent: Annotated[OrganisationId | None, says("Parent body", "上级组织")]
    standing: Annotated[Standing, says("Standing", "状态")]
    roles: Annotated[tuple[Office, ...], says("Roles", "角色")]
    signing_keys: Annotated[tuple[Thumbprint, ...], says("Signing keys in use", "有效签名密钥")]
    encryption_key: Annotated[Base64, says("Encryption key", "加密公钥")]
    admitted: Annotated[Instant, says("Admitted", "加入时间")]
    admitted_under: Annotated[
        Annotated[str, reference("membership.delegation")] | None,
        says("Admitted under the delegation", "接纳所依授权"),
    ] = None
    delegations: Annotated[tuple[str, ...], says("Delegations held", "所持授权")] = ()
    successor: Annotated[OrganisationId | None, says("Successor", "承继方")] = None
    predecessors: Annotated[tuple[OrganisationId, ...], says("Predecessors", "被承继方")] = ()


@app.record(("Unified social credit code", "统一社会信用代码"), parties=("organisation",))
class CreditCode(Record, frozen=True):
    """Which organisation has a credit code, so that no legal person is registered twice."""

    id: Annotated[CreditCodeText, says("Code", "代码")]
    organisation: Annotated[OrganisationId, says("Organisation", "组织")]


@app.record(("Offices", "职务"))
class Offices(Record, frozen=True):
    """The one record of who holds which office of the network."""

    id: Annotated[Literal["network"], says("Network", "网络")]
    founders: Annotated[tuple[OrganisationId, ...], says("Founders", "发起方")]
    supervisor: Annotated[OrganisationId | None, says("Supervisor", "监督方")]


def member(reader: Reader, id: str) -> Organisation:
    """An organisation in good standing; refuses any other."""
    found = reader.get(Organisation, id)
    require(found is not None and found.standing == "active", NO_SUCH_MEMBER, organisation=id[:64])
    assert found is not None
    return found


def offices(reader: Reader) -> Offices:
    """Who holds which office; genesis writes the record."""
    found = reader.get(Offices, OFFICES)
    if found is None:
        raise Fault("the ledger has no record of offices: its genesis was not built")
    return found


def active_founders(reader: Reader) -> tuple[str, ...]:
    """The founders in good standing, in the order in which they took office."""
    seats = [(id, reader.get(Organisation, id)) for id in offices(reader).founders]
    return tuple(id for id, found in seats if found is not None and found.standing == "active")


def keep_a_founder(reader: Reader, id: str) -> None:
    """Refuse if without this organisation no founder in good standing would remain to decide anything."""
    require(active_founders(reader) != (id,), LAST_FOUNDER, organisation=id)


def claim_credit_code(ctx: Context, code: str, organisation: str) -> None:
    """Put on record whose credit code it is; refuses one that is another's."""
    holder = ctx.get(CreditCode, code)
    require(
        holder is None or holder.organisation == organisation, CREDIT_CODE_TAKEN,
        credit_code=code, holder=holder.organisation if holder else "",
    )  # fmt: skip
    if holder is None:
        ctx.put(CreditCode(id=code, organisation=organisation))


def with_role(organisation: Organisation, role: Office, held: bool) -> Organisation:
    """The organisation with the role added or taken away."""
    others = tuple(other for other in organisation.roles if other != role)
    return msgspec.structs.replace(organisation, roles=(*others, role) if held else others)


def seat_founder(ctx: Context, id: str, seated: bool) -> None:
    """Give or take a founder's seat in the record of offices (the role goes with the organisation)."""
    present = offices(ctx)
    others = tuple(other for other in present.founders if other != id)
    founders = (*others, id) if seated else others
    require(len(founders) <= MAX_FOUNDERS, TOO_MANY, organisation="network", limit=MAX_FOUNDERS)
    ctx.put(msgspec.structs.replace(present, founders=founders))
