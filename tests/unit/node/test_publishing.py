"""What a file's rows say of its columns, however long it is."""

from pathlib import Path

import pytest

from dongting.node import publishing


@pytest.mark.parametrize("row", ['1,"空气"', '1,"空\n气"'])
def test_columns_of_a_long_file_come_from_its_first_whole_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, row: str
) -> None:
    monkeypatch.setattr(publishing, "_READ", 61)
    monkeypatch.setattr(publishing, "LOOKED_AT", 61 * 7)
    path = tmp_path / "air.csv"
    path.write_text("hour,place\n" + f"{row}\n" * 200 + "not a number,x\n", "utf-8")
    columns = [("hour", "integer"), ("place", "string")]
    assert [(one["name"], one["type"]) for one in publishing.inferred_columns(path)] == columns
    monkeypatch.setattr(publishing, "LOOKED_AT", 10**6)
    columns[0] = ("hour", "string")
    assert [(one["name"], one["type"]) for one in publishing.inferred_columns(path)] == columns
