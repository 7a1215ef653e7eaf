"""Beginning a validator anew from the others: its ledger is set aside, and executed again block by block.

What it signed is never set aside: a validator that forgets that may sign twice. Keys, files and parts stay.
"""

import shutil
from pathlib import Path

from dongting.errors import Code, require
from dongting.node.home import Home

NOT_A_VALIDATOR = Code(
    "cometbft", 10, "not-a-validator",
    "The node in {home} is no validator of a consortium, so nobody has its blocks. Restore a "
    "backup with `dongting restore`.",
    "{home} 中的节点不是联盟验证者，无法从其他节点重新同步。请用 `dongting restore` 恢复备份。",
    status=409,
)  # fmt: skip

STILL_RUNS = Code(
    "cometbft", 11, "still-runs",
    "The node in {home} still runs; stop it first. If it was killed, remove run/address there.",
    "{home} 中的节点仍在运行，请先停止。若其已被强行终止，请删除其中的 run/address。",
    status=409,
)  # fmt: skip

_LEDGER = ("ledger", "checkpoint", "redacted", "views.sqlite", "views.sqlite-wal", "views.sqlite-shm")
_SIGNED = "priv_validator_state.json"


def set_aside(home: Home, name: str) -> Path:
    """Move the ledger and CometBFT's blocks of a stopped validator into a directory `name` of its home."""
    require(home.config.engine.kind == "cometbft", NOT_A_VALIDATOR, home=home.path)
    place = home.path / name
    place.mkdir(mode=0o700)
    data = home.path / "cometbft" / "data"
    moved = [home.path / each for each in _LEDGER] + [p for p in data.iterdir() if p.name != _SIGNED]
    for path in moved:
        if path.exists():
            shutil.move(path, place / path.name)
    return place
