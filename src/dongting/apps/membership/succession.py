"""Succession: an organisation merges into another, or splits and names who takes over its agreements.

Both sides consent, or the founders decide. From then on the successor acts for its predecessor, and for
all whom that one succeeded; the predecessor itself acts no more. Its seat as a founder lapses: whether the
successor takes one is for the founders to decide.
"""

from typing import Annotated, Literal

import msgspec

from dongting.appkit.app import COLLECTIVE, Record
from dongting.appkit.context import Context, find
from dongting.appkit.fields import Instant, OrganisationId, Slug, says
from dongting.appkit.workflow import State, Workflow
from dongting.apps.membership.codes import (
    BAD_SPLIT,
    HOLDS_OFFICE,
    NOT_A_PARTY,
    NOT_AWAITED,
    NOT_ITSELF,
    SAME_ORGANISATION,
    TAKEN,
    TOO_MANY_PREDECESSORS,
)
from dongting.apps.membership.declaration import app
from dongting.apps.membership.keys import itself
from dongting.apps.membership.organisations import STANDING, Organisation, member
from dongting.apps.membership.standing import without_offices
from dongting.errors import require

MAX_PREDECESSORS = 64

SUCCESSION = Workflow(
    states={
        "proposed": State("waiting for consent", "待同意", next="awaited"),
        "completed": State("completed", "已完成", final=True),
        "declined": State("declined", "已拒绝", final=True),
        "withdrawn": State("withdrawn", "已撤回", final=True),
    },
    moves={
        "consent": (("proposed",), "completed"),
        "decline": (("proposed",), "declined"),
        "withdraw-succession": (("proposed",), "withdrawn"),
    },
)


@app.record(
    ("Succession", "承继"),
    indexed=("predecessor", "successor", "awaited", "state"),
    parties=("predecessor", "successor"),
    workflow=SUCCESSION,
)
class Succession(Record, frozen=True):
    """Who takes the place of whom; `bodies` are all that came out of a split, `awaited` who must consent."""

    id: Annotated[Slug, says("Id", "编号")]
    kind: Annotated[Literal["merger", "split"], says("Kind", "方式")]
    predecessor: Annotated[OrganisationId, says("Predecessor", "被承继方")]
    successor: Annotated[OrganisationId, says("Successor", "承继方")]
    bodies: Annotated[tuple[OrganisationId, ...], says("Bodies after the split", "分立后的组织")]
    proposer: Annotated[OrganisationId, says("Proposed by", "提出方")]
    awaited: Annotated[OrganisationId, says("Consent awaited from", "待同意方")]
    proposed: Annotated[Instant, says("Proposed", "提出时间")]
    state: Annotated[str, says("State", "状态")] = "proposed"


class Merge(Record, frozen=True):
    id: Annotated[Slug, says("Id", "编号")]
    absorbed: Annotated[OrganisationId, says("Organisation that ends", "被合并方")]
    absorbing: Annotated[OrganisationId, says("Organisation that continues", "存续方")]


class Split(Record, frozen=True):
    id: Annotated[Slug, says("Id", "编号")]
    organisation: Annotated[OrganisationId, says("Organisation that ends", "被分立方")]
    bodies: Annotated[
        tuple[OrganisationId, ...],
        msgspec.Meta(min_length=2, max_length=16),
        says("Bodies after the split", "分立后的组织"),
    ]
    successor: Annotated[OrganisationId, says("Successor for the agreements", "协议承继方")]


class Consent(Record, frozen=True):
    id: Annotated[Slug, says("Succession", "承继编号")]


class Decline(Record, frozen=True):
    id: Annotated[Slug, says("Succession", "承继编号")]


class WithdrawSuccession(Record, frozen=True):
    id: Annotated[Slug, says("Succession", "承继编号")]


class Succeed(Record, frozen=True):
    id: Annotated[Slug, says("Id", "编号")]
    predecessor: Annotated[OrganisationId, says("Predecessor", "被承继方")]
    successor: Annotated[OrganisationId, says("Successor", "承继方")]


@app.action(
    ("Propose a merger", "提出合并"), about=Succession,
    says=(
        "{author} proposed that {absorbed} merges into {absorbing}, which takes over its rights and duties.",
        "{author} 提出 {absorbed} 并入 {absorbing}，由后者承继其权利和义务。",
    ),
)  # fmt: skip
def merge(ctx: Context, asked: Merge) -> None:
    """Propose a merger to the other side; it takes effect with that side's consent."""
    sides = (asked.absorbed, asked.absorbing)
    require(ctx.author in sides, NOT_A_PARTY, first=asked.absorbed, second=asked.absorbing)
    _check_sides(ctx, asked.id, *sides)
    _propose(ctx, asked.id, "merger", *sides, ())


@app.action(
    ("Propose a split", "提出分立"), about=Succession,
    says=(
        "{organisation} declared that it splits up, and named {successor} to take over its agreements.",
        "{organisation} 声明分立，并指定由 {successor} 承继其协议。",
    ),
)  # fmt: skip
def split(ctx: Context, asked: Split) -> None:
    """Split the author into members and name the one that takes over its agreements, if it consents."""
    itself(ctx, asked.organisation)
    different = len(set(asked.bodies)) == len(asked.bodies) and asked.organisation not in asked.bodies
    require(different and asked.successor in asked.bodies, BAD_SPLIT)
    for body in asked.bodies:
        member(ctx, body)
    _check_sides(ctx, asked.id, asked.organisation, asked.successor)
    _propose(ctx, asked.id, "split", asked.organisation, asked.successor, asked.bodies)


@app.action(
    ("Consent to a succession", "同意承继"), about=Succession,
    says=(
        "{author} consented to the succession {id}, which took effect with this consent.",
        "{author} 同意承继 {id}，承继自此生效。",
    ),
)  # fmt: skip
def consent(ctx: Context, answer: Consent) -> None:
    """Consent to a merger or split that waits for the author; it takes effect at once."""
    _carry_out(ctx, _settle(ctx, _awaited(ctx, answer.id), "consent"))


@app.action(
    ("Decline a succession", "拒绝承继"), about=Succession,
    says=("{author} declined the succession {id}.", "{author} 拒绝承继 {id}。"),
)  # fmt: skip
def decline(ctx: Context, answer: Decline) -> None:
    """Decline a merger or split that waits for the author; nothing changes."""
    _settle(ctx, _awaited(ctx, answer.id), "decline")


@app.action(
    ("Withdraw a proposed succession", "撤回承继提议"), about=Succession,
    says=("{author} withdrew the proposed succession {id}.", "{author} 撤回了承继提议 {id}。"),
)  # fmt: skip
def withdraw_succession(ctx: Context, answer: WithdrawSuccession) -> None:
    """Withdraw one's own proposal of a merger or split before the other side answered."""
    succession = find(ctx, Succession, answer.id)
    require(ctx.acts_for(succession.proposer), NOT_ITSELF, organisation=succession.proposer)
    _settle(ctx, succession, "withdraw-succession")


@app.action(
    ("Name a successor", "指定承继方"), about=Succession, by=COLLECTIVE,
    says=(
        "By resolution of the founders, {successor} takes the place of {predecessor}.",
        "经发起方决议，由 {successor} 承继 {predecessor}。",
    ),
)  # fmt: skip
def succeed(ctx: Context, asked: Succeed) -> None:
    """Let the founders decide a succession, for example after a reform of government bodies."""
    _check_sides(ctx, asked.id, asked.predecessor, asked.successor)
    succession = Succession(
        id=asked.id, kind="merger", predecessor=asked.predecessor, successor=asked.successor, bodies=(),
        proposer=asked.predecessor, awaited=asked.successor, proposed=ctx.time,
    )  # fmt: skip
    _carry_out(ctx, _settle(ctx, succession, "consent"))


def _check_sides(ctx: Context, id: str, predecessor: str, successor: str) -> None:
    require(ctx.get(Succession, id) is None, TAKEN, id=id)
    require(predecessor != successor, SAME_ORGANISATION, organisation=predecessor)
    find(ctx, Organisation, predecessor)
    member(ctx, successor)


def _propose(
    ctx: Context, id: str, kind: Literal["merger", "split"], predecessor: str, successor: str,
    bodies: tuple[str, ...],
) -> None:  # fmt: skip
    awaited = successor if ctx.author == predecessor else predecessor
    ctx.put(
        Succession(
            id=id, kind=kind, predecessor=predecessor, successor=successor, bodies=bodies,
            proposer=ctx.author, awaited=awaited, proposed=ctx.time,
        )
    )  # fmt: skip


def _awaited(ctx: Context, id: str) -> Succession:
    succession = find(ctx, Succession, id)
    require(ctx.author == succession.awaited, NOT_AWAITED, organisation=succession.awaited)
    return succession


def _settle(ctx: Context, succession: Succession, answer: str) -> Succession:
    settled = msgspec.structs.replace(succession, state=SUCCESSION.move(succession, answer, succession.id))
    ctx.put(settled)
    return settled


def _carry_out(ctx: Context, succession: Succession) -> None:
    """End the predecessor and let the successor act for it and for all whom it succeeded."""
    old = find(ctx, Organisation, succession.predecessor)
    new = member(ctx, succession.successor)
    standing = STANDING.move(old, "merge" if succession.kind == "merger" else "split", old.id)
    require("supervisor" not in old.roles, HOLDS_OFFICE, organisation=old.id)
    succeeded = (*new.predecessors, old.id, *old.predecessors)
    require(
        len(succeeded) <= MAX_PREDECESSORS, TOO_MANY_PREDECESSORS, organisation=new.id, limit=MAX_PREDECESSORS
    )
    ended = without_offices(ctx, old)
    ctx.put(msgspec.structs.replace(ended, standing=standing, successor=new.id))
    ctx.put(msgspec.structs.replace(new, predecessors=succeeded))
