"""Consortia of four real validators, killed when the test, or the module that shares one, is over."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dongting.cli.consortium import Consortium, found
from dongting.node.keyfile import derivation
from dongting.testing.cables import Cables
from dongting.testing.validators import Validators


def _four(directory: Path) -> Consortium:
    return found(directory, 4, "international", 0, int(time.time()) - 60, derivation(1024, 1, 1))


@pytest.fixture
def validators(tmp_path: Path) -> Iterator[Validators]:
    """Four validators that run."""
    made = _four(tmp_path / "c")
    running = Validators(made.directory, made.nodes)
    running.start()
    yield running
    running.close()


@pytest.fixture(scope="module")
def cabled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Validators, Cables]]:
    """Four that run, each behind a cable; shared by a module, whose tests each leave them whole."""
    made = _four(tmp_path_factory.mktemp("c"))
    cables = Cables(made.directory, made.nodes)
    running = Validators(made.directory, made.nodes)
    running.start()
    yield running, cables
    running.close()
    cables.close()
