import json
from pathlib import Path
from typing import Any

import pytest

from dongting.errors import Refused
from dongting.standards.dsp import contract_negotiation, error, read_status, transfer_process
from dongting.standards.dsp.documents import BAD_STATUS

VECTORS = json.loads((Path(__file__).parents[3] / "vectors" / "dsp-2025-1.json").read_text())
CONSUMER = "urn:uuid:32541fe6-c580-409e-85a8-8a9a32fbe833"
PROVIDER = "urn:uuid:a343fcbf-99fc-4ce8-8e9b-148c97605aab"


def test_documents_are_those_of_the_specification() -> None:
    assert contract_negotiation(CONSUMER, PROVIDER, "REQUESTED") == VECTORS["contract-negotiation"]
    assert transfer_process(CONSUMER, PROVIDER, "REQUESTED") == VECTORS["transfer-process"]
    reasons = ["Catalog not provisioned for this requester."]
    written = error("ContractNegotiation", CONSUMER, PROVIDER, "99", reasons)
    assert written == VECTORS["contract-negotiation-error"]


@pytest.mark.parametrize("name", ["contract-negotiation", "transfer-process"])
def test_a_status_is_read_back(name: str) -> None:
    status = read_status(VECTORS[name])
    assert (status.consumer_pid, status.provider_pid, status.state) == (CONSUMER, PROVIDER, "REQUESTED")


@pytest.mark.parametrize(
    "change",
    [
        {"@context": ["https://w3id.org/dspace/2024/1/context.json"]},
        {"@context": None},
        {"@type": "TransferProcess", "state": "OFFERED"},
        {"@type": "Catalog"},
        {"@type": ["ContractNegotiation"]},
        {"state": "requested"},
        {"consumerPid": 7},
    ],
)
def test_a_status_of_another_kind_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(Refused) as caught:
        read_status(VECTORS["contract-negotiation"] | change)
    assert caught.value.code is BAD_STATUS


@pytest.mark.parametrize("document", [None, [], "x", {}, {"@context": "x"}])
def test_what_is_no_document_is_refused(document: Any) -> None:
    with pytest.raises(Refused):
        read_status(document)
