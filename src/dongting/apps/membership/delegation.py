"""Delegations: the founders let a registrar admit organisations of certain kinds or regions.

A delegation is on record from its beginning to its end, and every organisation names the one under
which it was admitted, so that a registrar's doings can be looked over and its power taken back.
"""

from typing import Annotated, Literal

import msgspec

from dongting.appkit.app import COLLECTIVE, Record
from dongting.appkit.context import Context, Reader, find
from dongting.appkit.fields import Instant, OrganisationId, Region, Slug, says
from dongting.apps.membership.codes import (
    DELEGATION_OVER,
    EMPTY_DELEGATION,
    NOT_ITS_DELEGATION,
    OUTSIDE_DELEGATION,
    TAKEN,
    TOO_MANY,
)
from dongting.apps.membership.declaration import app
from dongting.apps.membership.organisations import Kind, Organisation, member, with_role
from dongting.errors import require

MAX_DELEGATIONS = 32  # held at once by one registrar

Kinds = Annotated[tuple[Kind, ...], msgspec.Meta(max_length=9)]
Regions = Annotated[tuple[Region, ...], msgspec.Meta(max_length=200)]


@app.record(("Delegation", "授权"), indexed=("registrar", "state"), parties=("registrar",))
class Delegation(Record, frozen=True):
    """What a registrar may admit; no kinds or no regions mean no limit of that sort."""

    id: Annotated[Slug, says("Id", "编号")]
    registrar: Annotated[OrganisationId, says("Registrar", "登记方")]
    kinds: Annotated[Kinds, says("Kinds", "类型")]
    regions: Annotated[Regions, says("Regions", "行政区划")]
    until: Annotated[Instant | None, says("Until", "有效期至")]
    granted: Annotated[Instant, says("Granted", "授予时间")]
    state: Annotated[Literal["active", "revoked"], says("State", "状态")] = "active"


class Delegate(Record, frozen=True):
    id: Annotated[Slug, says("Id", "编号")]
    registrar: Annotated[OrganisationId, says("Registrar", "登记方")]
    kinds: Annotated[Kinds, says("Kinds", "类型")] = ()
    regions: Annotated[Regions, says("Regions", "行政区划")] = ()
    until: Annotated[Instant | None, says("Until", "有效期至")] = None


class Undelegate(Record, frozen=True):
    id: Annotated[Slug, says("Delegation", "授权编号")]


def lies_in(region: str, area: str) -> bool:
    """Whether a region is an area or part of it: codes are nested pairs, zeros stand for "all of it"."""
    if len(area) > 6:
        return region.startswith(area)
    while area.endswith("00"):
        area = area[:-2]
    return region.startswith(area)


def check_delegation(reader: Reader, id: str, registrar: str, kind: str, region: str | None) -> None:
    """Refuse an admission that this registrar's delegation does not cover at this moment."""
    delegation = find(reader, Delegation, id)
    require(
        delegation.registrar == registrar, NOT_ITS_DELEGATION,
        delegation=id, holder=delegation.registrar, registrar=registrar,
    )  # fmt: skip
    over = delegation.until is not None and reader.time >= delegation.until
    require(delegation.state == "active" and not over, DELEGATION_OVER, delegation=id)
    fits = not delegation.kinds or kind in delegation.kinds
    if delegation.regions:
        fits = fits and region is not None and any(lies_in(region, area) for area in delegation.regions)
    require(fits, OUTSIDE_DELEGATION, delegation=id, kind=kind, region=region or "-")


def end_delegation(ctx: Context, holder: Organisation, id: str) -> Organisation:
    """Mark a delegation as revoked; the holder without it, no longer registrar if it was the last."""
    ctx.put(msgspec.structs.replace(find(ctx, Delegation, id), state="revoked"))
    kept = tuple(other for other in holder.delegations if other != id)
    return with_role(msgspec.structs.replace(holder, delegations=kept), "registrar", bool(kept))


@app.action(
    ("Delegate admission", "授权接纳成员"), about=Delegation, by=COLLECTIVE,
    says=(
        "By resolution of the founders, {registrar} may admit organisations on their behalf,"
        " within the limits of the delegation {id}.",
        "经发起方决议，{registrar} 可在授权 {id} 的范围内代表发起方接纳成员。",
    ),
)  # fmt: skip
def delegate(ctx: Context, given: Delegate) -> None:
    """Let a registrar admit organisations of certain kinds or regions, until a day or until revoked."""
    require(ctx.get(Delegation, given.id) is None, TAKEN, id=given.id)
    require(given.kinds or given.regions, EMPTY_DELEGATION)
    passed = given.until is not None and given.until <= ctx.time
    require(not passed, DELEGATION_OVER, delegation=given.id)
    holder = member(ctx, given.registrar)
    require(
        len(holder.delegations) < MAX_DELEGATIONS, TOO_MANY, organisation=holder.id, limit=MAX_DELEGATIONS
    )
    ctx.put(
        Delegation(
            id=given.id, registrar=holder.id, kinds=given.kinds, regions=given.regions, until=given.until,
            granted=ctx.time,
        )
    )  # fmt: skip
    holder = msgspec.structs.replace(holder, delegations=(*holder.delegations, given.id))
    ctx.put(with_role(holder, "registrar", True))


@app.action(
    ("Revoke a delegation", "撤销授权"), about=Delegation, by=COLLECTIVE,
    says=(
        "By resolution of the founders, the delegation {id} ended; whom it admitted before remains a member.",
        "经发起方决议，授权 {id} 终止；此前据此接纳的成员资格不受影响。",
    ),
)  # fmt: skip
def undelegate(ctx: Context, ended: Undelegate) -> None:
    """Take a registrar's power to admit back; those admitted under it remain members."""
    delegation = find(ctx, Delegation, ended.id)
    require(delegation.state == "active", DELEGATION_OVER, delegation=ended.id)
    ctx.put(end_delegation(ctx, find(ctx, Organisation, delegation.registrar), ended.id))
