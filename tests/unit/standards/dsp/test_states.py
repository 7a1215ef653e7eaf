import pytest

from dongting.errors import Refused
from dongting.standards.dsp import (
    NEGOTIATION,
    NEGOTIATION_STATES,
    TRANSFER,
    TRANSFER_STATES,
    Machine,
    Party,
    follow,
)
from dongting.standards.dsp.states import NOT_POSSIBLE


def run(machine: Machine, steps: list[tuple[Party, str]]) -> list[str]:
    states: list[str] = []
    for by, message in steps:
        states.append(follow(machine, states[-1] if states else None, message, by))
    return states


def test_a_negotiation_with_changed_terms_reaches_its_end() -> None:
    steps: list[tuple[Party, str]] = [
        ("consumer", "ContractRequestMessage"),
        ("provider", "ContractOfferMessage"),
        ("consumer", "ContractNegotiationEventMessage:ACCEPTED"),
        ("provider", "ContractAgreementMessage"),
        ("consumer", "ContractAgreementVerificationMessage"),
        ("provider", "ContractNegotiationEventMessage:FINALIZED"),
    ]
    expected = ["REQUESTED", "OFFERED", "ACCEPTED", "AGREED", "VERIFIED", "FINALIZED"]
    assert run(NEGOTIATION, steps) == expected


def test_a_transfer_may_be_suspended_and_resumed() -> None:
    steps: list[tuple[Party, str]] = [
        ("consumer", "TransferRequestMessage"),
        ("provider", "TransferStartMessage"),
        ("provider", "TransferSuspensionMessage"),
        ("consumer", "TransferStartMessage"),
        ("consumer", "TransferCompletionMessage"),
    ]
    assert run(TRANSFER, steps) == ["REQUESTED", "STARTED", "SUSPENDED", "STARTED", "COMPLETED"]


@pytest.mark.parametrize(
    ("machine", "state", "message", "by"),
    [
        (NEGOTIATION, None, "ContractRequestMessage", "provider"),
        (NEGOTIATION, None, "ContractAgreementMessage", "provider"),
        (NEGOTIATION, "REQUESTED", "ContractAgreementMessage", "consumer"),
        (NEGOTIATION, "OFFERED", "ContractAgreementMessage", "provider"),
        (NEGOTIATION, "OFFERED", "ContractNegotiationEventMessage:FINALIZED", "consumer"),
        (NEGOTIATION, "FINALIZED", "ContractNegotiationTerminationMessage", "provider"),
        (TRANSFER, "REQUESTED", "TransferStartMessage", "consumer"),
        (TRANSFER, "COMPLETED", "TransferTerminationMessage", "provider"),
        (TRANSFER, "REQUESTED", "TransferCompletionMessage", "provider"),
        (TRANSFER, "NOWHERE", "TransferStartMessage", "provider"),
    ],
)
def test_a_message_out_of_turn_is_refused(machine: Machine, state: str, message: str, by: Party) -> None:
    with pytest.raises(Refused) as caught:
        follow(machine, state, message, by)
    assert caught.value.code is NOT_POSSIBLE
    assert caught.value.text("zh")


@pytest.mark.parametrize(
    ("machine", "states"), [(NEGOTIATION, NEGOTIATION_STATES), (TRANSFER, TRANSFER_STATES)]
)
def test_every_state_is_reached_and_only_terminal_ones_have_no_way_out(
    machine: Machine, states: tuple[str, ...]
) -> None:
    assert {transition.end for transition in machine.transitions} == set(states)
    left = {transition.start for transition in machine.transitions} - {None}
    assert set(states) - left == machine.terminal


@pytest.mark.parametrize("machine", [NEGOTIATION, TRANSFER])
def test_either_party_may_terminate_any_state_that_is_not_terminal(machine: Machine) -> None:
    ends = [transition for transition in machine.transitions if transition.end == "TERMINATED"]
    assert {transition.start for transition in ends} == {t.start for t in machine.transitions} - {None}
    assert all(transition.by == {"consumer", "provider"} for transition in ends)
