"""The state machines of contract negotiation and transfer process (Contract Negotiation Protocol and
Transfer Process Protocol, sections "States" and "State Machine").

A message is legal only if the table has a row for the present state, the message and its sender.
"""

from dataclasses import dataclass
from typing import Literal, get_args

from dongting.errors import Code, Refused

Party = Literal["consumer", "provider"]
NegotiationState = Literal[
    "REQUESTED", "OFFERED", "ACCEPTED", "AGREED", "VERIFIED", "FINALIZED", "TERMINATED"
]
TransferState = Literal["REQUESTED", "STARTED", "COMPLETED", "SUSPENDED", "TERMINATED"]

NEGOTIATION_STATES: tuple[NegotiationState, ...] = get_args(NegotiationState)
TRANSFER_STATES: tuple[TransferState, ...] = get_args(TransferState)

NOT_POSSIBLE = Code(
    "dsp", 1, "not-possible",
    "A {party} cannot send {message} when the state is {state}; possible then: {possible}.",
    "状态为 {state} 时，{party} 不能发送 {message}；此时可以：{possible}。",
    409,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Transition:
    """From `start` (None: before the beginning) to `end`, by a message that one of `by` sends.

    `message` is the type's name; an event message carries its `eventType` after a colon.
    """

    start: str | None
    message: str
    end: str
    by: frozenset[Party]


@dataclass(frozen=True, slots=True)
class Machine:
    """One state machine; `terminal` are the states that nothing leaves."""

    name: str
    transitions: tuple[Transition, ...]
    terminal: frozenset[str]


_CONSUMER: frozenset[Party] = frozenset({"consumer"})
_PROVIDER: frozenset[Party] = frozenset({"provider"})
_EITHER = _CONSUMER | _PROVIDER

NEGOTIATION = Machine(
    "ContractNegotiation",
    (
        Transition(None, "ContractRequestMessage", "REQUESTED", _CONSUMER),
        Transition(None, "ContractOfferMessage", "OFFERED", _PROVIDER),
        Transition("REQUESTED", "ContractOfferMessage", "OFFERED", _PROVIDER),
        Transition("REQUESTED", "ContractAgreementMessage", "AGREED", _PROVIDER),
        Transition("OFFERED", "ContractRequestMessage", "REQUESTED", _CONSUMER),
        Transition("OFFERED", "ContractNegotiationEventMessage:ACCEPTED", "ACCEPTED", _CONSUMER),
        Transition("ACCEPTED", "ContractAgreementMessage", "AGREED", _PROVIDER),
        Transition("AGREED", "ContractAgreementVerificationMessage", "VERIFIED", _CONSUMER),
        Transition("VERIFIED", "ContractNegotiationEventMessage:FINALIZED", "FINALIZED", _PROVIDER),
        *(
            Transition(state, "ContractNegotiationTerminationMessage", "TERMINATED", _EITHER)
            for state in NEGOTIATION_STATES[:5]
        ),
    ),
    frozenset({"FINALIZED", "TERMINATED"}),
)

TRANSFER = Machine(
    "TransferProcess",
    (
        Transition(None, "TransferRequestMessage", "REQUESTED", _CONSUMER),
        Transition("REQUESTED", "TransferStartMessage", "STARTED", _PROVIDER),
        Transition("STARTED", "TransferCompletionMessage", "COMPLETED", _EITHER),
        Transition("STARTED", "TransferSuspensionMessage", "SUSPENDED", _EITHER),
        Transition("SUSPENDED", "TransferStartMessage", "STARTED", _EITHER),
        *(
            Transition(state, "TransferTerminationMessage", "TERMINATED", _EITHER)
            for state in ("REQUESTED", "STARTED", "SUSPENDED")
        ),
    ),
    frozenset({"COMPLETED", "TERMINATED"}),
)


def follow(machine: Machine, state: str | None, message: str, by: Party) -> str:
    """The state after the message; refuses one that is not possible in this state from this party."""
    here = [transition for transition in machine.transitions if transition.start == state]
    for transition in here:
        if transition.message == message and by in transition.by:
            return transition.end
    possible = ", ".join(transition.message for transition in here if by in transition.by) or "-"
    raise Refused(NOT_POSSIBLE, party=by, message=message[:80], state=state or "-", possible=possible)
