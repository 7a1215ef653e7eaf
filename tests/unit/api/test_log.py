"""Status, genesis, checkpoint, tiles, leaves, receipts, proof files."""

from typing import Any

import pytest

from dongting.wire import proof as proofs
from dongting.wire.keys import from_base64


def test_the_status_is_public(site: Any) -> None:
    status = site.ask("GET", "/v1/status").json()
    head = site.node.machine.head
    assert (status["network"], status["size"], status["writing"]) == (head.network, head.size, True)


def test_the_genesis_document_is_served_as_it_is(site: Any) -> None:
    answer = site.ask("GET", "/v1/genesis")
    assert answer.content == site.genesis.encode()
    assert site.profile.hash(answer.content).hex() == site.node.machine.network


def test_checkpoint_tiles_and_consistency_are_public(site: Any) -> None:
    site.act("env-bureau", "catalogue/publish", site.dataset())
    first = site.node.machine.head.size
    site.act("env-bureau", "catalogue/publish", site.dataset())
    second = site.node.machine.head.size
    note = site.ask("GET", "/log/checkpoint")
    assert note.headers["content-type"].startswith("text/plain")
    assert note.text.splitlines()[:2] == [site.node.origin, str(second)]
    width = min(second, 255)
    tile = site.ask("GET", f"/log/tile/0/000.p/{width}")
    assert (tile.status_code, len(tile.content)) == (200, 32 * width)
    path = site.ask("GET", f"/log/proof/consistency?first={first}&second={second}").json()["path"]
    assert [from_base64(each) for each in path] == site.node.machine.log.consistency(first, second)


def test_entries_leaves_and_receipts_are_for_members(site: Any) -> None:
    done = site.act("env-bureau", "catalogue/publish", site.dataset())
    index = done["index"]
    leaf = site.ask("GET", f"/v1/leaves/{index}", by="air-alliance")
    assert leaf.content == site.node.machine.leaf(index)
    receipt = site.ask("GET", f"/v1/receipts/{index}", by="green-tech")
    assert (receipt.status_code, receipt.headers["content-type"]) == (200, "application/cose")
    bundle = site.ask("GET", "/log/tile/entries/000.p/2", by="green-tech")
    assert site.node.machine.leaf(0) in bundle.content
    assert site.ask("GET", "/log/tile/entries/000.p/2").status_code == 401


def test_a_redacted_leaf_is_gone_and_its_receipt_is_not(site: Any) -> None:
    dataset = {**site.dataset(), "title": {"en": "Unlawful-7f3a words"}}
    index = site.act("env-bureau", "catalogue/publish", dataset)["index"]
    assert "7f3a" in site.ask("GET", "/v1/search?q=7f3a", by="air-alliance").text
    arguments = f'{{"ground":"court-order","id":"{index}"}}'
    proposal = {"id": f"redact-{index}", "action": "governance/redact", "arguments": arguments}
    site.act("env-bureau", "governance/propose", proposal)
    for founder in ("env-bureau", "green-tech"):
        site.act(founder, "governance/vote", {"proposal": proposal["id"], "choice": "for"})
    gone = site.ask("GET", f"/v1/leaves/{index}", by="air-alliance")
    assert (gone.status_code, gone.json()["code"]) == (410, "kernel/redacted")
    assert site.ask("GET", f"/v1/receipts/{index}", by="green-tech").status_code == 200
    place = f"/v1/records/catalogue.dataset/{dataset['id']}"
    for target in (place, f"{place}/versions", "/v1/search?q=7f3a"):
        answer = site.ask("GET", target, by="air-alliance")
        assert (answer.status_code, "7f3a" in answer.text) == (200, False)


def test_a_proof_file_can_be_read(site: Any) -> None:
    dataset = site.dataset()
    site.act("env-bureau", "catalogue/publish", dataset)
    body = {"addresses": [f"catalogue.dataset/{dataset['id']}"]}
    answer = site.ask("POST", "/v1/proofs", by="green-tech", json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/cbor")
    assert proofs.decode(answer.content)


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/log/tile/0/0", 404),
        ("/log/tile/0/x000/000", 404),
        ("/log/tile/64/000", 404),
        ("/log/tile/0/999", 404),
        ("/log/tile/0/000.p/0", 404),
        ("/log/tile/0/000.p/256", 404),
        ("/log/tile/entries/999", 404),
        ("/log/proof/consistency?first=5&second=1", 404),
        ("/log/proof/consistency?first=0&second=99999999", 404),
        ("/log/proof/consistency?first=-1&second=1", 400),
        ("/log/proof/consistency", 400),
        ("/v1/leaves/99999999", 404),
        ("/v1/leaves/-1", 400),
        ("/v1/leaves/18446744073709551616", 400),
        ("/v1/leaves/one", 400),
        ("/v1/receipts/99999999", 404),
    ],
)
def test_places_outside_the_log_are_refused(site: Any, target: str, status: int) -> None:
    assert site.ask("GET", target, by="env-bureau").status_code == status


def test_the_entry_that_ends_a_block_has_no_receipt(site: Any) -> None:
    done = site.act("env-bureau", "catalogue/publish", site.dataset())
    answer = site.ask("GET", f"/v1/receipts/{done['index'] + 1}", by="env-bureau")
    assert (answer.status_code, answer.json()["code"]) == (404, "node/not-a-statement")
