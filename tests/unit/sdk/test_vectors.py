"""Proof files kept from an earlier day: they must prove the same for ever."""

import json
from pathlib import Path
from typing import Any

import pytest

from dongting.sdk.verify import verify
from dongting.wire import proof
from dongting.wire.keys import from_base64

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "proof.json").read_text(encoding="utf-8"))


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
