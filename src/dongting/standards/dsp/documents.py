"""The documents that tell a process's state or an error (Dataspace Protocol 2025-1, "Response Types").

Decoding accepts documents of the pinned revision only, named by its context.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from dongting.errors import Code, Refused
from dongting.standards.dsp.states import (
    NEGOTIATION_STATES,
    TRANSFER_STATES,
    NegotiationState,
    TransferState,
)

CONTEXT = "https://w3id.org/dspace/2025/1/context.jsonld"

_STATES: dict[str, tuple[str, ...]] = {
    "ContractNegotiation": NEGOTIATION_STATES,
    "TransferProcess": TRANSFER_STATES,
}

BAD_STATUS = Code(
    "dsp", 2, "bad-status",
    "The document is not a status of the Dataspace Protocol 2025-1: {why}.",
    "该文档不是数据空间协议 2025-1 的状态文档：{why}。",
    400,
)  # fmt: skip


class Status(msgspec.Struct, frozen=True):
    """The state of one process; the two ids are IRIs, one chosen by each side."""

    type: str
    consumer_pid: str
    provider_pid: str
    state: str


def contract_negotiation(consumer_pid: str, provider_pid: str, state: NegotiationState) -> dict[str, Any]:
    """The ContractNegotiation document."""
    return _status("ContractNegotiation", consumer_pid, provider_pid, state)


def transfer_process(consumer_pid: str, provider_pid: str, state: TransferState) -> dict[str, Any]:
    """The TransferProcess document."""
    return _status("TransferProcess", consumer_pid, provider_pid, state)


def _status(kind: str, consumer_pid: str, provider_pid: str, state: str) -> dict[str, Any]:
    assert state in _STATES[kind], f"{kind} has no state {state}"
    return _document(kind, consumer_pid, provider_pid) | {"state": state}


def error(
    kind: str, consumer_pid: str, provider_pid: str, code: str, reasons: Sequence[str]
) -> dict[str, Any]:
    """The error document for a `kind` of ContractNegotiation or TransferProcess; it changes no state."""
    name = {"ContractNegotiation": "ContractNegotiationError", "TransferProcess": "TransferError"}[kind]
    return _document(name, consumer_pid, provider_pid) | {"code": code, "reason": list(reasons)}


def _document(kind: str, consumer_pid: str, provider_pid: str) -> dict[str, Any]:
    return {
        "@context": [CONTEXT],
        "@type": kind,
        "providerPid": provider_pid,
        "consumerPid": consumer_pid,
    }


def read_status(document: Any) -> Status:
    """The status in a decoded document; refuses another type, revision or state."""
    if not isinstance(document, dict):
        raise Refused(BAD_STATUS, why="not an object")
    context = document.get("@context")
    if CONTEXT not in (context if isinstance(context, list) else [context]):
        raise Refused(BAD_STATUS, why=f"the context {CONTEXT} is missing")
    try:
        status = msgspec.convert(
            {
                "type": document["@type"],
                "consumer_pid": document["consumerPid"],
                "provider_pid": document["providerPid"],
                "state": document["state"],
            },
            Status,
        )
    except (KeyError, msgspec.ValidationError) as problem:
        raise Refused(BAD_STATUS, why=str(problem)[:200]) from None
    if status.state not in _STATES.get(status.type, ()):
        raise Refused(BAD_STATUS, why=f"{status.type[:40]} has no state {status.state[:40]}")
    return status
