"""`dongting network up` starts a consortium of whole nodes, and a story is told on it across nodes."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
DEPARTMENT, ENTERPRISE, ASSOCIATION = "env-bureau", "green-tech", "air-alliance"
COLUMNS = ROOT / "examples" / "air-quality.csv"


def dongting(*arguments: str, code: int = 0, passphrase: Path | None = None) -> Any:
    """Run the command as a person would; its answer."""
    call = [sys.executable, "-m", "dongting.cli.main", "--json"]
    if passphrase is None:
        done = subprocess.run([*call, *arguments], capture_output=True, text=True, timeout=180, cwd=ROOT)
    else:
        with passphrase.open("rb") as secret:
            done = subprocess.run(
                [*call, "--passphrase-fd", str(secret.fileno()), *arguments],
                capture_output=True, text=True, timeout=180, cwd=ROOT, pass_fds=[secret.fileno()],
            )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1]) if done.stdout.startswith("{") else done.stdout


@pytest.fixture
def consortium(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "consortium"
    try:
        yield place
    finally:
        dongting("network", "down", "--home", str(place))


def test_a_share_is_told_on_the_nodes_of_its_parties(consortium: Path, tmp_path: Path) -> None:
    home = ("--home", str(consortium))
    told = dongting("network", "up", "--validators", "4", "--port", "0", *home)
    nodes = {each["node"]: each for each in told["nodes"]}
    assert len(nodes) == 4
    assert len({each["address"] for each in nodes.values()}) == 4
    assert (
        dongting("network", "up", "--validators", "3", *home, code=1)["problem"]["code"]
        == "cometbft/other-size"
    )

    def act(organisation: str, node: str, *arguments: str, code: int = 0) -> Any:
        where = ("--home", str(consortium / organisation), "--url", nodes[node]["address"])
        return dongting(
            *where, "--as", organisation, *arguments, passphrase=consortium / "passphrase", code=code
        )

    act(
        DEPARTMENT, DEPARTMENT, "dataset", "publish", str(COLUMNS), "--id", "air", "--yes",
        "--title-zh", "空气质量监测", "--title-en", "Air quality readings",
        "--description-zh", "每小时浓度", "--description-en", "Hourly concentrations",
        "--theme", "ENVI", "--frequency", "HOURLY", "--grade", "general-1",
        "--sharing", "unconditional", "--opening", "unconditional",
    )  # fmt: skip
    found = act(ENTERPRISE, ENTERPRISE, "search", "空气")
    assert found["records"][0]["id"] == "air"
    # Files and parts lie with the department's node: whoever needs them asks that one.
    act(
        ENTERPRISE, DEPARTMENT, "request", "air", "--id", "air-2026", "--until", "2035-12-31",
        "--onward", "none", "--yes", "--purpose-zh", "研究", "--purpose-en", "Research",
    )  # fmt: skip
    act(DEPARTMENT, DEPARTMENT, "agree", "air-2026", "--yes")
    act(DEPARTMENT, DEPARTMENT, "deliver", "air-2026", "--yes")
    received = tmp_path / "received.csv"
    act(ENTERPRISE, DEPARTMENT, "download", "air-2026.1", "--out", str(received))
    act(ENTERPRISE, DEPARTMENT, "acknowledge", "air-2026.1", str(received), "--yes")
    assert received.read_bytes() == COLUMNS.read_bytes()
    proof = tmp_path / "green-tech.proof"
    act(ENTERPRISE, DEPARTMENT, "prove", "agreement/air-2026", "--out", str(proof))
    genesis = str(consortium / ASSOCIATION / "genesis.json")
    verified = dongting("verify", str(proof), "--genesis", genesis, "--file", str(received))
    assert verified
    reweigh(act)
    states = dongting("network", "status", *home)["nodes"]
    assert all(each["writing"] for each in states)
    assert "env-bureau" in dongting("network", "logs", DEPARTMENT, *home)
    dongting("network", "down", *home)
    for node in nodes:
        where = ("--home", str(consortium / node))
        assert dongting(*where, "audit")["clean"]
    assert not any(Path(f"/proc/{pid}").exists() for pid in leftover(consortium))


def reweigh(act: Any) -> None:
    """Give the department's validator more power, by vote of three of four."""
    act(DEPARTMENT, DEPARTMENT, "network", "change-validators", "more", "--power", "env-bureau=2", "--yes")
    for founder in (DEPARTMENT, ENTERPRISE, ASSOCIATION):
        act(founder, founder, "governance", "vote", "--proposal", "more", "--choice", "for", "--yes")
    told = act(ASSOCIATION, ASSOCIATION, "network", "validators")
    assert [each["power"] for each in told["next"]["members"] if told["next"]] == [2, 1, 1, 1]


def leftover(consortium: Path) -> list[int]:
    """Processes that still work in the consortium's directory."""
    found = []
    for each in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if str(consortium) in os.readlink(each):
                found.append(int(each.parent.name))
        except OSError:
            continue
    return found
