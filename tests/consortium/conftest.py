"""Consortia of four real validators, killed when the test, or the module that shares one, is over."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dongting.cli.consortium import Consortium, found
from dongting.node.keyfile import derivation
from dongting.testing.cables import Cables
from dongting.testing.nursery import Nursery
from dongting.testing.validators import PROGRAM, Validators


def _four(directory: Path) -> Consortium:
    return found(directory, 4, "international", 0, int(time.time()) - 60, derivation(1024, 1, 1))


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """What all nodes are forked from."""
    made = Nursery(PROGRAM)
    yield made
    made.close()


@pytest.fixture
def validators(tmp_path: Path, nursery: Nursery) -> Iterator[Validators]:
    """Four validators that run."""
    made = _four(tmp_path / "c")
    running = Validators(made.directory, made.nodes, nursery)
    running.start()
    yield running
    running.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, nursery: Nursery) -> Iterator[Validators]:
    """Four validators that run, shared by a module, whose tests each leave them whole."""
    made = _four(tmp_path_factory.mktemp("c"))
    running = Validators(made.directory, made.nodes, nursery)
    running.start()
    yield running
    running.close()


@pytest.fixture(scope="module")
def cabled(tmp_path_factory: pytest.TempPathFactory, nursery: Nursery) -> Iterator[tuple[Validators, Cables]]:
    """Four that run, each behind a cable; shared by a module, whose tests each leave them whole."""
    made = _four(tmp_path_factory.mktemp("c"))
    cables = Cables(made.directory, made.nodes)
    running = Validators(made.directory, made.nodes, nursery)
    running.start()
    yield running, cables
    running.close()
    cables.close()
