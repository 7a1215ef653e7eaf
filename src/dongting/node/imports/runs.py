"""Imports under way: who runs one writes a sign of life, so that any worker's page can tell how it stands.

How many rows are on record the ledger tells; here stands only whether somebody is at it, and why it stopped.
"""

import time
from pathlib import Path
from typing import Literal

import msgspec

from dongting.errors import Refused
from dongting.store.disk import private_directory, replace_file

SILENT = 30  # seconds without a sign of life, after which a run counts as broken off


class Run(msgspec.Struct, frozen=True):
    """How a run stands: `at` is when it last said so; `why` it stopped, in both languages."""

    state: Literal["running", "stopped", "done"]
    at: int
    why: dict[str, str] = {}


class Runs:
    """The runs of one organisation, in a private directory; each is named by its upload (hexadecimal)."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def running(self, id: str) -> bool:
        """Whether somebody is at it now."""
        run = self.get(id)
        return run is not None and run.state == "running"

    def get(self, id: str) -> Run | None:
        """How a run stands; None where none was begun. One that fell silent counts as stopped."""
        try:
            run = msgspec.json.decode((self._directory / f"{id}.json").read_bytes(), type=Run)
        except (FileNotFoundError, msgspec.DecodeError):
            return None
        if run.state == "running" and run.at < time.time() - SILENT:
            return Run("stopped", run.at)
        return run

    def alive(self, id: str) -> None:
        """Say that it is under way."""
        self._put(id, Run("running", int(time.time())))

    def ended(self, id: str, refused: Refused | None) -> None:
        """Say that it is over, or why it stopped."""
        why = {} if refused is None else {"en": refused.text("en"), "zh": refused.text("zh")}
        self._put(id, Run("done" if refused is None else "stopped", int(time.time()), why))

    def _put(self, id: str, run: Run) -> None:
        private_directory(self._directory)
        replace_file(self._directory / f"{id}.json", msgspec.json.encode(run))
