"""What the README tells to type works as it stands, from founding a network to the audit."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def typed() -> str:
    """The shell blocks of the part that is done by hand, in their order."""
    page = (ROOT / "README.md").read_text("utf-8")
    part = page.split("\n## The same by hand\n")[1].split("\n## ")[0]
    blocks = re.findall(r"^```sh\n(.*?)^```$", part, re.M | re.S)
    script = "\n".join(blocks)
    assert ". .venv/bin/activate\n" in script
    assert "--port 8421" in script
    return script.replace(". .venv/bin/activate\n", "").replace("--port 8421", "--port 0")


def test_the_readme_by_hand_shares_proves_ends_and_audits(tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    # Whatever ends the script early, the node must end with it.
    script = "set -eu\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n" + typed()
    done = subprocess.run(
        ["/bin/bash", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PATH": path, "LANG": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    said = done.stdout
    assert done.returncode == 0, said + done.stderr
    shown = (ROOT / "README.md").read_text("utf-8").split("```text\n")[1].split("```")[0]
    assert shown in said
    assert (tmp_path / "run" / "received.csv").read_bytes() == (
        ROOT / "examples/air-quality.csv"
    ).read_bytes()
    assert not (tmp_path / "run" / "again.csv").exists()
    assert "[sharing/download-terminated]" in done.stderr
    assert "the content was erased, on record" in said
    assert said.count("PROVEN: ") == 2
    assert "NOT PROVEN" not in said
    assert "CLEAN: " in said.splitlines()[-1]
