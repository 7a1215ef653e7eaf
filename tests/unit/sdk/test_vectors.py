"""Proof files kept from an earlier day: they must prove the same for ever.

Running this file adds a case for each profile to the vectors; those that are there are never made anew.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from dongting.sdk.verify import verify
from dongting.testing import Ledger
from dongting.testing.stories import Share
from dongting.wire import proof
from dongting.wire.keys import from_base64, to_base64

FILE = Path(__file__).parents[2] / "vectors" / "proof.json"
VECTORS = json.loads(FILE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: str(case["profile"]))
def test_a_kept_proof_file_still_proves_what_it_proved(case: dict[str, Any]) -> None:
    data = from_base64(case["proof"])
    assert proof.decode(data).encode() == data
    story = verify(data, case["network"])
    found = {name: getattr(story, name) for name in ("profile", "network", "size", "root", "height", "time")}
    assert found == {name: case[name] for name in found}
    events = [{name: getattr(event, name) for name in case["events"][0]} for event in story.events]
    assert events == case["events"]
    assert {record.address: record.version for record in story.records} == case["records"]
    assert {commitment: story.openness(commitment) for commitment in story.openings} == case["openings"]
    assert sorted(story.erased) == case["erased"]


def made(profile: str) -> dict[str, Any]:
    """A case: a share whose content the publisher erased in the end."""
    share = Share.play(Ledger(profile))
    share.erase()
    data, network = share.proof(), share.ledger.machine.network
    story = verify(data, network)
    names = "index", "height", "time", "author", "action", "subject", "key"
    return {
        **{name: getattr(story, name) for name in ("profile", "network", "size", "root", "height", "time")},
        "events": [{name: getattr(event, name) for name in names} for event in story.events],
        "records": {record.address: record.version for record in story.records},
        "openings": {commitment: story.openness(commitment) for commitment in story.openings},
        "erased": sorted(story.erased),
        "proof": to_base64(data),
    }


if __name__ == "__main__":
    VECTORS["cases"] += [made("international"), made("national")]
    FILE.write_text(json.dumps(VECTORS, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
