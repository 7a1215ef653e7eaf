"""Every numbered kernel rule names tests, and each of them exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "kernel-rules.md").read_text("utf-8")
RULES = re.findall(r"^## (\d+)\. [^\n]+\n(.*?)(?=^## |^# |\Z)", TEXT, re.M | re.S)


def test_the_rules_are_numbered_one_to_twelve() -> None:
    assert [int(number) for number, _ in RULES] == list(range(1, 13))


@pytest.mark.parametrize(("number", "body"), RULES, ids=[f"rule {number}" for number, _ in RULES])
def test_a_rule_cites_tests_that_exist(number: str, body: str) -> None:
    cited = re.findall(r"^- `(tests/[^:`]+)(?:::(\w+))?`$", body, re.M)
    assert cited, f"rule {number} cites no test"
    assert len(cited) == body.count("\n- ") + body.startswith("- ")
    for path, name in cited:
        source = (ROOT / path).read_text("utf-8")
        assert not name or f"\ndef {name}(" in source, f"{path} has no {name}"
