"""Parameters: how the founders decide, and the numbers that all members keep to.

Bounds are part of this application, so that no vote can set a value that would break the network.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from dongting.appkit.app import COLLECTIVE, Record
from dongting.appkit.context import Context, Reader
from dongting.appkit.fields import Count, Text, says
from dongting.apps.governance.codes import NOTHING_CHANGES, OUT_OF_BOUNDS
from dongting.apps.governance.declaration import app
from dongting.errors import Fault, require

Rule = Literal["majority", "two-thirds"]
ParameterName = Literal["answer-days", "delivery-days"]

QUORUM: Literal["quorum"] = "quorum"  # the id of the one record
LONGEST_VOTE = 365  # days


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a parameter means, the value it begins with, and the least and the most it may be."""

    title: Text
    begin: int
    least: int
    most: int


PARAMETERS: Mapping[str, Bounds] = {
    "answer-days": Bounds(Text(en="Working days to answer a request", zh="答复申请的工作日数"), 10, 1, 250),
    "delivery-days": Bounds(Text(en="Working days to deliver", zh="交付数据的工作日数"), 20, 1, 250),
}


@app.record(("Quorum", "表决规则"))
class Quorum(Record, frozen=True):
    """Which share of the founders in good standing decides, and within how many days of 24 hours."""

    id: Annotated[Literal["quorum"], says("Id", "编号")]
    votes: Annotated[Rule, says("Votes needed", "所需票数")]
    days: Annotated[Count, says("Days to vote", "表决天数")]


@app.record(("Parameter", "参数"))
class Parameter(Record, frozen=True):
    """One number that all members keep to."""

    id: Annotated[ParameterName, says("Parameter", "参数")]
    value: Annotated[Count, says("Value", "数值")]


class SetQuorum(Record, frozen=True):
    id: Annotated[Literal["quorum"], says("Id", "编号")]
    votes: Annotated[Rule, says("Votes needed", "所需票数")]
    days: Annotated[Count, says("Days to vote", "表决天数")]


class SetParameter(Record, frozen=True):
    id: Annotated[ParameterName, says("Parameter", "参数")]
    value: Annotated[Count, says("Value", "数值")]


def votes_needed(rule: Rule, founders: int) -> int:
    """How many of so many founders must vote the same way: more than half, or two thirds or more."""
    return founders // 2 + 1 if rule == "majority" else (2 * founders + 2) // 3


def quorum(reader: Reader) -> Quorum:
    """The rule in force; genesis writes it."""
    found = reader.get(Quorum, QUORUM)
    if found is None:
        raise Fault("the ledger has no quorum: its genesis was not built")
    return found


def parameter(reader: Reader, name: ParameterName) -> int:
    """The value in force."""
    found = reader.get(Parameter, name)
    return PARAMETERS[name].begin if found is None else found.value


def check_days(days: int) -> None:
    """Refuse a time to vote that is no time, or longer than a year."""
    require(1 <= days <= LONGEST_VOTE, OUT_OF_BOUNDS, name="days", least=1, most=LONGEST_VOTE)


def check_value(name: str, value: int) -> None:
    """Refuse a value outside the bounds of its parameter."""
    bounds = PARAMETERS[name]
    fits = bounds.least <= value <= bounds.most
    require(fits, OUT_OF_BOUNDS, name=name, least=bounds.least, most=bounds.most)


@app.action(
    ("Set the quorum", "设定表决规则"), about=Quorum, by=COLLECTIVE,
    says=(
        "By resolution of the founders, decisions need {votes} of the founders within {days} days.",
        "经发起方决议，此后的决议须在 {days} 天内获得发起方的 {votes} 票数"
        "（majority 为过半数，two-thirds 为三分之二以上）。",
    ),
)  # fmt: skip
def set_quorum(ctx: Context, change: SetQuorum) -> None:
    """Change how the founders decide; proposals that are open are counted by the new rule."""
    check_days(change.days)
    changed = Quorum(id=QUORUM, votes=change.votes, days=change.days)
    require(changed != quorum(ctx), NOTHING_CHANGES)
    ctx.put(changed)


@app.action(
    ("Set a parameter", "设定参数"), about=Parameter, by=COLLECTIVE,
    says=(
        "By resolution of the founders, {id} is {value} from now on; deadlines set before stay as they are.",
        "经发起方决议，{id} 自此为 {value}；此前确定的期限不变。",
    ),
)  # fmt: skip
def set_parameter(ctx: Context, change: SetParameter) -> None:
    """Change a number that all members keep to, for what begins from now on."""
    check_value(change.id, change.value)
    require(parameter(ctx, change.id) != change.value, NOTHING_CHANGES)
    ctx.put(Parameter(id=change.id, value=change.value))
