import json
from pathlib import Path
from typing import Any

import pytest

from dongting.errors import Refused
from dongting.standards.uscc import check
from dongting.standards.uscc.code import CHARACTERS, WEIGHTS

VECTORS = json.loads((Path(__file__).parents[3] / "vectors" / "gb32100.json").read_text())


@pytest.mark.parametrize("case", VECTORS["valid"], ids=lambda case: case["code"])
def test_a_published_code_passes_and_is_taken_apart(case: dict[str, Any]) -> None:
    code = check(case["code"])
    assert (code.organisation, code.region) == (case["organisation"], case["region"])
    assert code.authority + code.category == case["code"][:2]


@pytest.mark.parametrize("case", VECTORS["invalid"], ids=lambda case: case["why"])
def test_a_wrong_code_is_refused_for_its_reason(case: dict[str, Any]) -> None:
    with pytest.raises(Refused) as caught:
        check(case["code"])
    assert caught.value.code.name == case["name"]
    assert caught.value.text("en")
    assert caught.value.text("zh")


@pytest.mark.parametrize("position", range(18))
def test_any_one_changed_character_is_found(position: int) -> None:
    code = VECTORS["valid"][0]["code"]
    for other in set(CHARACTERS) - {code[position]}:
        with pytest.raises(Refused):
            check(code[:position] + other + code[position + 1 :])


def test_the_weights_are_the_powers_of_three() -> None:
    assert tuple(3**i % 31 for i in range(17)) == WEIGHTS
