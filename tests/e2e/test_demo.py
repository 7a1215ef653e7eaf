"""`make run` tells the whole story by itself and leaves a node that answers."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

DEMO = [sys.executable, "-m", "dongting.cli.demo"]


def test_the_demonstration_tells_the_story_and_leaves_the_node_serving(tmp_path: Path) -> None:
    told = subprocess.run(
        [*DEMO, "--lang", "en"], cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
    )
    try:
        assert told.returncode == 0, told.stdout + told.stderr
        directory = tmp_path / "run" / "demo"
        assert (directory / "received.csv").read_bytes() == (directory / "readings.csv").read_bytes()
        assert "PROVEN: " in told.stdout
        assert "CLEAN: " in told.stdout
        address = (directory / "home" / "run" / "address").read_text().strip()
        with urllib.request.urlopen(f"{address}/v1/status", timeout=10) as answer:
            assert json.load(answer)["writing"] is True
        assert oct((directory / "passphrase").stat().st_mode & 0o777) == "0o600"
    finally:
        subprocess.run([*DEMO, "stop"], cwd=tmp_path, check=True, timeout=60)
