"""Proposals: one action that only the founders together may do, put to their vote, and carried out.

The vote that reaches the quorum carries the action out, in the same statement; a vote after which the
quorum is out of reach closes the proposal. Time alone changes nothing: an open proposal past its deadline
is still recorded as open and takes no more votes (`VOTING.overdue`).
"""

from typing import Annotated, Literal

import msgspec

from dongting.appkit.app import FOUNDER, Record
from dongting.appkit.context import Context, find
from dongting.appkit.fields import Instant, OrganisationId, Prose, Slug, kind, part, says
from dongting.appkit.workflow import State, Workflow
from dongting.apps.governance.codes import (
    ALREADY_VOTED,
    NOT_AN_OBJECT,
    NOT_THE_PROPOSER,
    TAKEN,
    VOTING_OVER,
)
from dongting.apps.governance.declaration import app
from dongting.apps.governance.needs import Founders
from dongting.apps.governance.parameters import quorum, votes_needed
from dongting.errors import require
from dongting.wire import jcs

DAY = 86_400  # seconds

Choice = Literal["for", "against"]
#: An action as `app/action`.
ActionName = Annotated[str, kind("action", pattern=r"^[a-z][a-z0-9-]{0,40}/[a-z][a-z0-9-]{0,60}$(?!\n)")]
#: The arguments of an action as canonical JSON (RFC 8785), one object.
Arguments = Annotated[str, kind("json", min_length=2, max_length=40_000)]

VOTING = Workflow(
    states={
        "open": State("open for votes", "表决中", due="deadline"),
        "passed": State("passed and carried out", "已通过并执行", final=True),
        "refused": State("passed, but could not be carried out", "已通过但无法执行", final=True),
        "rejected": State("rejected", "未通过", final=True),
        "withdrawn": State("withdrawn", "已撤回", final=True),
    },
    moves={
        "vote": (("open",), "open"),
        "pass": (("open",), "passed"),
        "refuse": (("open",), "refused"),
        "reject": (("open",), "rejected"),
        "withdraw": (("open",), "withdrawn"),
    },
)


class Motive(Record, frozen=True):
    """Why a proposal is made; it travels beside the ledger, for the founders only."""

    text: Annotated[Prose, says("Reasons", "理由")]


class Vote(Record, frozen=True):
    """One founder's vote, as it stands now."""

    founder: Annotated[OrganisationId, says("Founder", "发起方")]
    choice: Annotated[Choice, says("Vote", "表决")]
    cast: Annotated[Instant, says("Cast", "表决时间")]


@app.record(
    ("Proposal", "提案"),
    indexed=("action", "proposer", "state", "deadline"),
    searched=("id", "action"),
    parties=("proposer", "founders"),
    workflow=VOTING,
)
class Proposal(Record, frozen=True):
    """What is put to the vote. `founders` are those of the day it was made; those of the day it is decided
    count. `refusal` is the code (`module/name`) for which a passed proposal could not be carried out.
    """

    id: Annotated[Slug, says("Id", "编号")]
    action: Annotated[ActionName, says("Action", "操作")]
    arguments: Annotated[Arguments, says("Arguments", "参数")]
    motive: Annotated[Annotated[str, part(Motive)] | None, says("Reasons", "理由")]
    proposer: Annotated[OrganisationId, says("Proposer", "提案方")]
    founders: Annotated[tuple[OrganisationId, ...], says("Founders", "发起方")]
    proposed: Annotated[Instant, says("Proposed", "提案时间")]
    deadline: Annotated[Instant, says("Deadline", "表决截止")]
    votes: Annotated[tuple[Vote, ...], says("Votes", "表决")] = ()
    state: Annotated[str, says("State", "状态")] = "open"
    decided: Annotated[Instant | None, says("Decided", "决定时间")] = None
    refusal: Annotated[str | None, says("Why not carried out", "未执行原因")] = None


class Propose(Record, frozen=True):
    id: Annotated[Slug, says("Id", "编号")]
    action: Annotated[ActionName, says("Action", "操作")]
    arguments: Annotated[Arguments, says("Arguments", "参数")]
    motive: Annotated[Annotated[str, part(Motive)] | None, says("Reasons", "理由")] = None


class CastVote(Record, frozen=True):
    proposal: Annotated[Slug, says("Proposal", "提案编号")]
    choice: Annotated[Choice, says("Vote", "表决")]


class Withdraw(Record, frozen=True):
    proposal: Annotated[Slug, says("Proposal", "提案编号")]


@app.action(
    ("Propose", "提出提案"), about=Proposal, by=FOUNDER,
    says=(
        "{author} put {action} to the vote of the founders as proposal {id}.",
        "{author} 将 {action} 作为提案 {id} 提交发起方表决。",
    ),
)  # fmt: skip
def propose(ctx: Context, made: Propose) -> None:
    """Put an action to the vote; the proposer votes like the others, by a vote of its own."""
    require(ctx.get(Proposal, made.id) is None, TAKEN, id=made.id)
    require(isinstance(jcs.decode(made.arguments.encode()), dict), NOT_AN_OBJECT)
    ctx.put(
        Proposal(
            id=made.id, action=made.action, arguments=made.arguments, motive=made.motive, proposer=ctx.author,
            founders=ctx.supplied(Founders).founders(), proposed=ctx.time,
            deadline=ctx.time + quorum(ctx).days * DAY,
        )
    )  # fmt: skip


@app.action(
    ("Vote", "表决"), about=Proposal, subject="proposal", by=FOUNDER,
    says=(
        "{author} voted {choice} the proposal {proposal}.",
        "{author} 对提案 {proposal} 投票：{choice}（for 为赞成，against 为反对）。",
    ),
)  # fmt: skip
def vote(ctx: Context, cast: CastVote) -> None:
    """Vote for or against, or change one's vote; the vote that reaches the quorum carries the action out."""
    proposal = find(ctx, Proposal, cast.proposal)
    VOTING.move(proposal, "vote", proposal.id)
    require(not VOTING.overdue(proposal, ctx.time), VOTING_OVER, proposal=proposal.id)
    others = tuple(vote for vote in proposal.votes if vote.founder != ctx.author)
    votes = (*others, Vote(founder=ctx.author, choice=cast.choice, cast=ctx.time))
    decision = _decision(ctx, votes)
    again = any(vote.founder == ctx.author and vote.choice == cast.choice for vote in proposal.votes)
    # The same vote again decides when meanwhile a founder left: so nobody has to vote otherwise first.
    require(decision or not again, ALREADY_VOTED, founder=ctx.author, proposal=proposal.id)
    proposal = msgspec.structs.replace(proposal, votes=votes)
    ctx.put(_decide(ctx, proposal, decision) if decision else proposal)


@app.action(
    ("Withdraw a proposal", "撤回提案"), about=Proposal, subject="proposal", by=FOUNDER,
    says=("{author} withdrew its proposal {proposal}.", "{author} 撤回了提案 {proposal}。"),
)  # fmt: skip
def withdraw(ctx: Context, withdrawn: Withdraw) -> None:
    """Withdraw one's own proposal before it is decided."""
    proposal = find(ctx, Proposal, withdrawn.proposal)
    require(ctx.acts_for(proposal.proposer), NOT_THE_PROPOSER, proposer=proposal.proposer)
    state = VOTING.move(proposal, "withdraw", proposal.id)
    require(not VOTING.overdue(proposal, ctx.time), VOTING_OVER, proposal=proposal.id)
    ctx.put(msgspec.structs.replace(proposal, state=state, decided=ctx.time))


def _decision(ctx: Context, votes: tuple[Vote, ...]) -> Literal["pass", "reject"] | None:
    """What these votes decide; only those of founders in good standing count."""
    founders = ctx.supplied(Founders).founders()
    needed = votes_needed(quorum(ctx).votes, len(founders))
    count = {"for": 0, "against": 0}
    for vote in votes:
        if vote.founder in founders:
            count[vote.choice] += 1
    if count["for"] >= needed:
        return "pass"
    return "reject" if len(founders) - count["against"] < needed else None


def _decide(ctx: Context, proposal: Proposal, decision: str) -> Proposal:
    """The decided proposal, after its action was carried out or tried."""
    refusal = None
    if decision == "pass":
        refusal = ctx.attempt(proposal.action, proposal.arguments.encode())
        decision = "pass" if refusal is None else "refuse"
    return msgspec.structs.replace(
        proposal,
        state=VOTING.move(proposal, decision, proposal.id),
        decided=ctx.time,
        refusal=None if refusal is None else str(refusal),
    )
