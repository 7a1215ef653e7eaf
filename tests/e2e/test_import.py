"""A catalogue comes in from a spreadsheet by the real command line against a real node."""

import io
from pathlib import Path

from openpyxl import load_workbook

from dongting.node.imports.catalogue import COLUMNS

from .conftest import Home  # type: ignore[import-not-found]

ROW = {
    "title.zh": "水位", "description.zh": "每日水位", "theme": "ENVI", "frequency": "DAILY",
    "sharing": "unconditional", "opening": "unconditional", "grade": "general-1",
}  # fmt: skip


def fill(path: Path, *rows: dict[str, str]) -> None:
    book = load_workbook(io.BytesIO(path.read_bytes()))
    for number, row in enumerate(rows, 2):
        for place, column in enumerate(COLUMNS, 1):
            book.worksheets[0].cell(number, place, row.get(column.path))
    book.save(path)


def test_all_rows_are_published_or_none_and_a_second_import_has_nothing_to_do(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.found("international")
    home.serve()
    try:
        home.do("catalogue", "template", "-o", "rows.xlsx", author="env-bureau")
        fill(home.directory / "rows.xlsx", {**ROW, "id": "a-1"}, {**ROW, "id": "a-2", "theme": "nonsense"})
        refused = home.run("catalogue", "import", "rows.xlsx", "--yes", author="env-bureau", lang="en")
        assert refused.code == 1
        assert "3: Theme" in refused.out + refused.err
        assert home.run("catalogue", "import", "rows.xlsx", "--check", author="env-bureau").code == 1
        assert home.do("list", "dataset", author="env-bureau")["records"] == []
        fill(home.directory / "rows.xlsx", {**ROW, "id": "a-1"}, {**ROW, "id": "a-2"})
        assert home.do("catalogue", "import", "rows.xlsx", "--yes", author="env-bureau")["published"] == 2
        assert home.do("catalogue", "import", "rows.xlsx", "--yes", author="env-bureau")["published"] == 0
        assert len(home.do("list", "dataset", author="env-bureau")["records"]) == 2
    finally:
        home.stop()
