"""The rules that the founders agree on: quorum, parameters, calendar, and how a network begins with them."""

from typing import Any

import pytest

from dongting.appkit.calendar import due
from dongting.apps.governance import (
    Calendar,
    Parameter,
    Proposal,
    Quorum,
    codes,
    parameters,
    working_days,
)
from dongting.apps.governance.genesis import offset
from dongting.errors import Refused
from dongting.testing import Ledger
from dongting.testing.members import enact
from dongting.wire import genesis

CHINA = 8 * 3600


def decide(ledger: Ledger, action: str, **arguments: Any) -> str | None:
    return enact(ledger, f"governance/{action}", arguments).refusal


def calendar(**changes: Any) -> dict[str, Any]:
    return {"id": "calendar", "weekend": [6, 7], "holidays": [], "workdays": [], **changes}


def test_a_network_begins_with_the_rules_of_its_genesis() -> None:
    ledger = Ledger(
        quorum=genesis.Quorum("two-thirds", 3),
        parameters={"delivery-days": 5},
        calendar=genesis.Calendar((5, 6), ("2026-10-01",), ("2026-10-10",)),
        zone="-03:30",
    )
    assert ledger.get(Quorum, "quorum") == Quorum(id="quorum", votes="two-thirds", days=3)
    assert ledger.get(Parameter, "delivery-days") == Parameter(id="delivery-days", value=5)
    assert ledger.get(Parameter, "answer-days") == Parameter(id="answer-days", value=10)
    assert ledger.get(Calendar, "calendar") == Calendar(
        id="calendar", zone=-12_600, weekend=(5, 6), holidays=("2026-10-01",), workdays=("2026-10-10",)
    )


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"quorum": genesis.Quorum("unanimous", 7)}, codes.BAD_GENESIS),
        ({"parameters": {"fee": 1}}, codes.UNKNOWN_PARAMETER),
        ({"parameters": {"answer-days": 0}}, codes.OUT_OF_BOUNDS),
        ({"calendar": genesis.Calendar((1, 2, 3, 4, 5, 6, 7))}, codes.BAD_GENESIS),
        ({"calendar": genesis.Calendar((6, 6))}, codes.NO_WORKING_DAY),
        ({"calendar": genesis.Calendar(holidays=("2026-02-30",))}, codes.BAD_DAY),
    ],
)
def test_a_network_does_not_begin_with_rules_that_cannot_be(changes: dict[str, Any], code: object) -> None:
    with pytest.raises(Refused) as refused:
        Ledger(**changes)
    assert refused.value.code is code


@pytest.mark.parametrize(
    ("zone", "seconds"), [("+08:00", CHINA), ("-03:30", -12_600), ("+00:00", 0), ("+14:00", 50_400)]
)
def test_a_zone_is_a_fixed_offset(zone: str, seconds: int) -> None:
    assert offset(zone) == seconds


def test_the_quorum_is_changed_and_counts_for_open_proposals(ledger: Ledger) -> None:
    open_ = {"id": "p", "action": "governance/set-parameter", "arguments": '{"id":"answer-days","value":3}'}
    ledger.act("env-bureau", "governance/propose", open_)
    enact(ledger, "membership/suspend", {"id": "air-alliance"})
    enact(ledger, "membership/readmit", {"id": "air-alliance"})
    assert decide(ledger, "set-quorum", id="quorum", votes="two-thirds", days=30) is None
    ledger.act("env-bureau", "governance/propose", {**open_, "id": "later"})
    later = ledger.get(Proposal, "later")
    assert later is not None
    assert later.deadline == ledger.time + 30 * 86_400
    unchanged = decide(ledger, "set-quorum", id="quorum", votes="two-thirds", days=30)
    assert unchanged == str(codes.NOTHING_CHANGES)


@pytest.mark.parametrize("days", [0, 366])
def test_a_vote_lasts_between_a_day_and_a_year(ledger: Ledger, days: int) -> None:
    assert decide(ledger, "set-quorum", id="quorum", votes="majority", days=days) == str(codes.OUT_OF_BOUNDS)


def test_a_parameter_is_changed_for_what_begins_from_then_on(ledger: Ledger) -> None:
    known = working_days(ledger.machine.reader())
    assert (known.answer_days, known.delivery_days) == (10, 20)
    assert decide(ledger, "set-parameter", id="delivery-days", value=7) is None
    assert working_days(ledger.machine.reader()).delivery_days == 7
    assert parameters(ledger.machine.reader()).value("delivery-days") == 7
    assert decide(ledger, "set-parameter", id="delivery-days", value=7) == str(codes.NOTHING_CHANGES)
    assert decide(ledger, "set-parameter", id="delivery-days", value=251) == str(codes.OUT_OF_BOUNDS)


def test_a_calendar_moves_the_deadlines_that_are_set_from_then_on(ledger: Ledger) -> None:
    before = working_days(ledger.machine.reader())
    start = ledger.time
    plain = before.due(start, 1)
    assert before.day(start) == "2026-01-01"
    assert decide(ledger, "set-calendar", **calendar(holidays=["2026-01-02"])) is None
    after = working_days(ledger.machine.reader())
    # 1 January 2026 is a Thursday: without the Friday, the next working day is Monday.
    assert plain == start - CHINA + 2 * 86_400
    assert after.due(start, 1) == start - CHINA + 5 * 86_400
    assert after.due(start, 1) == due(after.calendar, start, 1, CHINA)
    unchanged = decide(ledger, "set-calendar", **calendar(holidays=["2026-01-02"]))
    assert unchanged == str(codes.NOTHING_CHANGES)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"holidays": ["2026-02-29"]}, codes.BAD_DAY),
        ({"workdays": ["2026-04-31"]}, codes.BAD_DAY),
        ({"holidays": ["2026-05-02", "2026-05-01"]}, codes.UNORDERED_DAYS),
        ({"holidays": ["2026-05-01", "2026-05-01"]}, codes.UNORDERED_DAYS),
        ({"holidays": ["2026-05-01"], "workdays": ["2026-05-01"]}, codes.HOLIDAY_AND_WORKDAY),
        ({"weekend": [7, 7]}, codes.NO_WORKING_DAY),
    ],
)
def test_a_calendar_that_cannot_be_is_refused(ledger: Ledger, changes: dict[str, Any], code: object) -> None:
    assert decide(ledger, "set-calendar", **calendar(**changes)) == str(code)
