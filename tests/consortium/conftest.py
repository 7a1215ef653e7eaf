"""A consortium of four real validators for each test, killed when the test is over."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dongting.cli.consortium import found
from dongting.node.keyfile import derivation
from dongting.testing.validators import Validators


@pytest.fixture
def validators(tmp_path: Path) -> Iterator[Validators]:
    """Four validators that run."""
    made = found(tmp_path / "c", 4, "international", 0, int(time.time()) - 60, derivation(1024, 1, 1))
    running = Validators(made.directory, made.nodes)
    running.start()
    yield running
    running.close()
