"""Uploads from browsers: bounded, each organisation's own, in order, under names that every disk takes."""

from pathlib import Path

import pytest

from dongting.errors import Code, Refused
from dongting.node.incoming import GONE, NO_FILE, TOO_LARGE, Incoming


def refused(code: Code) -> object:
    return pytest.raises(Refused, check=lambda found: found.code is code)


@pytest.fixture
def incoming(tmp_path: Path) -> Incoming:
    return Incoming(tmp_path, 100)


def test_pieces_are_put_together_in_order_and_a_repeated_one_counts_once(incoming: Incoming) -> None:
    id = incoming.begin("env-bureau", "air.csv", 6)
    assert incoming.append("env-bureau", id, 0, b"abc") == 3
    assert incoming.append("env-bureau", id, 0, b"abc") == 3
    assert incoming.append("env-bureau", id, 7, b"later") == 3
    assert incoming.append("env-bureau", id, 3, b"def") == 6
    path = incoming.path("env-bureau", id)
    assert (path.name, path.read_bytes()) == ("air.csv", b"abcdef")
    assert path.parent.stat().st_mode & 0o077 == 0


def test_nobody_reaches_the_files_of_another_organisation(incoming: Incoming) -> None:
    id = incoming.begin("env-bureau", "air.csv", 3)
    for organisation, wanted in (("green-tech", id), ("env-bureau", f"../incoming/{id}"), ("env-bureau", "")):
        with refused(GONE):
            incoming.path(organisation, wanted)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"), ("C:\\data\\air.csv", "air.csv"), (" .hidden. ", "hidden"),
        ("空" * 150 + ".csv", "空" * 65 + ".csv"), ("a\0b", "ab"),
    ],
)  # fmt: skip
def test_a_name_never_leads_elsewhere(incoming: Incoming, given: str, kept: str) -> None:
    id = incoming.begin("env-bureau", given, 1)
    assert incoming.path("env-bureau", id).name == kept


def test_what_is_too_large_or_nothing_is_refused_and_what_is_dropped_is_gone(incoming: Incoming) -> None:
    with refused(TOO_LARGE):
        incoming.begin("env-bureau", "air.csv", 101)
    with refused(NO_FILE):
        incoming.begin("env-bureau", " . ", 1)
    id = incoming.begin("env-bureau", "air.csv", 1)
    with refused(TOO_LARGE):
        incoming.append("env-bureau", id, 0, b"x" * 101)
    incoming.drop("env-bureau", id)
    with refused(GONE):
        incoming.path("env-bureau", id)
