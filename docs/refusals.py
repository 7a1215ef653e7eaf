"""Every refusal of the package: `docs/refusals.md`, and `tests/vectors/refusals.json`, which pins them.

    .venv/bin/python docs/refusals.py

Module and number of a refusal are hashed and may be compared by programs, so a pair once published keeps
its name and its HTTP status for ever: new ones are added here, a changed one is an error.
"""

import importlib
import json
import pkgutil
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import dongting
from dongting.errors import Code

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "refusals.md"
TABLE = ROOT / "tests" / "vectors" / "refusals.json"
#: Importing it would run the demonstration.
NOT_IMPORTED = {"dongting.cli.demo"}

HEAD = """# Refusals

<!-- Written by docs/refusals.py from the code; change the code, then run it. -->

A refusal says that input was not accepted and that nothing changed. Programs tell refusals apart by module
and number, or by `module/name`; both stay the same for ever. The texts are for people and may be reworded;
words in braces are filled in. The API answers with the status given here and names the refusal in its
problem details (RFC 9457).

拒绝表示输入未被接受且没有任何改变。程序按模块和编号（或 `module/name`）区分拒绝，二者永不改变；文字供人阅读，
可以改写，花括号中的词由具体情况填入。API 以此处所列状态码回应，并在问题详情（RFC 9457）中给出拒绝的名称。
"""


def codes() -> list[Code]:
    """Every code of the package, by module and number."""
    found: dict[int, Code] = {}
    for module in pkgutil.walk_packages(dongting.__path__, "dongting."):
        if module.name not in NOT_IMPORTED:
            values = vars(importlib.import_module(module.name)).values()
            found |= {id(value): value for value in values if isinstance(value, Code)}
    return sorted(found.values(), key=lambda code: (code.module, code.number))


def table() -> list[list[object]]:
    """What must never change: module, number, name and status."""
    return [[code.module, code.number, code.name, code.status] for code in codes()]


def page() -> str:
    """The page, in the order of the table."""
    return HEAD + "".join(_sections())


def _sections() -> Iterator[str]:
    for module, group in groupby(codes(), key=lambda code: code.module):
        yield f"\n## {module}\n\n| No. | Name | Status | Text | 文字 |\n| ---: | --- | ---: | --- | --- |\n"
        for code in group:
            yield f"| {code.number} | `{code.name}` | {code.status} | {_cell(code.en)} | {_cell(code.zh)} |\n"


def _cell(text: str) -> str:
    """The text as it stands, safe within a table."""
    return text.replace("|", "\\|").replace("<", "&lt;")


def write() -> None:
    """Write the page, and add to the table what is new."""
    known = [tuple(row) for row in json.loads(TABLE.read_text("utf-8"))] if TABLE.exists() else []
    present = [tuple(row) for row in table()]
    if changed := [row for row in known if row not in present]:
        raise SystemExit(f"these refusals were published and must not change or go: {changed}")
    rows = ",\n".join(json.dumps(row) for row in present)
    TABLE.write_text(f"[\n{rows}\n]\n", "utf-8")
    PAGE.write_text(page(), "utf-8")


if __name__ == "__main__":
    write()
