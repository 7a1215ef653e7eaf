"""Dataspace Protocol 2025-1 (Eclipse Dataspace Working Group): states, transitions, status documents.

The two state machines are data, so that an application, a diagram and a test read the same table.
Where the diagram of a state machine and its text differ, the text holds: either party may terminate a
negotiation in any state that is not terminal (Contract Negotiation Termination Message).
"""

from dongting.standards.dsp.documents import (
    CONTEXT,
    Status,
    contract_negotiation,
    error,
    read_status,
    transfer_process,
)
from dongting.standards.dsp.states import (
    NEGOTIATION,
    NEGOTIATION_STATES,
    TRANSFER,
    TRANSFER_STATES,
    Machine,
    NegotiationState,
    Party,
    TransferState,
    Transition,
    follow,
)

__all__ = [
    "CONTEXT",
    "NEGOTIATION",
    "NEGOTIATION_STATES",
    "TRANSFER",
    "TRANSFER_STATES",
    "Machine",
    "NegotiationState",
    "Party",
    "Status",
    "TransferState",
    "Transition",
    "contract_negotiation",
    "error",
    "follow",
    "read_status",
    "transfer_process",
]
