"""The template of a catalogue import: an Excel workbook whose columns follow from the publish action."""

import io
from typing import Any

from dongting.appkit.shapes import Pair
from dongting.errors import Language
from dongting.node.imports.catalogue import COLUMNS
from dongting.node.imports.sheet import MOST_ROWS

_CHOICES: Pair = ("Choices", "可选项")
_ROWS: Pair = ("Datasets", "数据集")


def template(language: Language) -> bytes:
    """A workbook with a header in both languages, a list to choose from where there are choices, no rows."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    mine = 1 if language == "zh" else 0
    book = Workbook()
    page: Any = book.active
    page.title = _ROWS[mine]
    choices = book.create_sheet(_CHOICES[mine])
    page.freeze_panes = "B2"
    listed = 0
    for place, column in enumerate(COLUMNS, 1):
        letter = get_column_letter(place)
        head = page.cell(1, place, f"{column.label[1]} / {column.label[0]}{' *' if column.required else ''}")
        head.font, head.alignment = Font(bold=True), Alignment(wrap_text=True, vertical="top")
        page.column_dimensions[letter].width = 26
        if not column.names:
            continue
        listed += 1
        of = get_column_letter(listed)
        choices.cell(1, listed, column.label[mine]).font = Font(bold=True)
        for row, pair in enumerate(column.names.values(), 2):
            choices.cell(row, listed, pair[mine])
        source = f"'{choices.title}'!${of}$2:${of}${len(column.names) + 1}"
        rule = DataValidation(type="list", formula1=source, allow_blank=True)
        page.add_data_validation(rule)
        rule.add(f"{letter}2:{letter}{MOST_ROWS + 1}")
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()
