"""Figures beside a file: only the file's own data key opens them, and another form of them is no obstacle."""

import secrets
from pathlib import Path

import pytest

from dongting.errors import Refused
from dongting.node.figures import FiguresKept, figures_of
from dongting.store.side import SideStore
from dongting.wire.profile import INTERNATIONAL, NATIONAL, Profile

ADDRESS = "a" * 64


@pytest.fixture
def table(tmp_path: Path) -> Path:
    made = tmp_path / "table.csv"
    made.write_text("城市,浓度\n长沙,35\n株洲,高\n", encoding="gb18030")
    return made


@pytest.mark.parametrize("profile", [INTERNATIONAL, NATIONAL], ids=["international", "national"])
def test_they_are_kept_sealed_under_the_files_key(tmp_path: Path, table: Path, profile: Profile) -> None:
    found = figures_of(table, [{"name": "浓度", "type": "decimal"}])
    assert (found.rows, found.wrong) == (2, 1)
    kept = FiguresKept(SideStore(tmp_path / "figures", reserve=0), profile)
    key = secrets.token_bytes(32)
    assert kept.get(ADDRESS, key) is None
    kept.put(ADDRESS, key, found)
    assert kept.get(ADDRESS, key) == found
    assert kept.get(ADDRESS, secrets.token_bytes(32)) is None
    stored = b"".join(path.read_bytes() for path in (tmp_path / "figures").rglob("*") if path.is_file())
    assert "长沙".encode() not in stored


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_bytes(b"\x00\x01\x02")
    with pytest.raises(Refused):
        figures_of(tmp_path / "table.csv", [])
