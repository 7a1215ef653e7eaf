"""One block log gives the same roots in every process, whatever its hash seed, time zone and language."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

VECTORS = Path(__file__).parents[1] / "vectors"
GENERATOR = VECTORS / "make_ledger.py"
VECTOR = VECTORS / "ledger.json"

ENVIRONMENTS = [
    {"PYTHONHASHSEED": "1", "TZ": "Asia/Shanghai", "LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"},
    {"PYTHONHASHSEED": "4242", "TZ": "America/St_Johns", "LANG": "tr_TR.UTF-8", "LC_ALL": "C"},
]


def generated(environment: dict[str, str], *arguments: str) -> bytes:
    return subprocess.run(
        [sys.executable, str(GENERATOR), *arguments],
        env={**os.environ, **environment}, capture_output=True, check=True,
    ).stdout  # fmt: skip


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_block_log_leads_to_the_pinned_heads_in_any_environment(environment: dict[str, str]) -> None:
    assert generated(environment) == VECTOR.read_bytes()


def test_the_vector_is_what_its_generator_signs() -> None:
    assert generated(ENVIRONMENTS[0], "--new") == VECTOR.read_bytes()


def test_the_vector_holds_accepted_and_refused_statements_of_several_applications() -> None:
    vector = json.loads(VECTOR.read_bytes())
    assert [head["height"] for head in vector["heads"]] == list(range(len(vector["blocks"]) + 1))
    outcomes = {outcome for block in vector["blocks"] for outcome in block["outcomes"]}
    assert outcomes == {"accepted", "evidence/already-registered"}
    assert len({head["root"] for head in vector["heads"]}) == len(vector["heads"])
