"""Finding CometBFT: the one version that this engine drives, never part of this project."""

import shutil
import subprocess
import sys
from pathlib import Path

from dongting.engines.cometbft.codes import NO_BINARY
from dongting.errors import Refused

VERSION = "0.38.25"


def find_binary(named: str = "") -> Path:
    """The binary that is named, else on the PATH or beside this interpreter; refuses another version."""
    if named:
        return _checked(named)
    beside, there = str(Path(sys.executable).parent / "cometbft"), shutil.which("cometbft")
    try:
        return _checked(there or beside)
    except Refused:
        return _checked(beside)


def _checked(found: str) -> Path:
    try:
        told = subprocess.run([found, "version"], capture_output=True, text=True, timeout=20, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Refused(NO_BINARY, version=VERSION, why=f"{found}: {type(error).__name__}") from None
    given = told.stdout.strip().removeprefix("v").partition("+")[0]
    if given != VERSION:
        raise Refused(NO_BINARY, version=VERSION, why=f"{found}: {given[:40] or 'no version'}")
    return Path(found).absolute()
