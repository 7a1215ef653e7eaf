"""One structured field string is a key; nothing else is."""

import re

import pytest

from dongting.errors import Refused
from dongting.standards.idempotency_key import BAD_KEY, PATTERN, parse

GOOD = '"8e03978e-40d5-43dd-bc93-6894a57f9324"'
BAD = [
    "8e03978e-40d5-43dd-bc93-6894a57f9324", '"short"', '"' + "x" * 129 + '"', '"abcdefghij";a=1', "12345678",
    '"a bcdefghi"', ":YWJjZGVmZ2hpag==:", '"abcdefghij", "abcdefghij"',
    "", '"abcdefghi', '"中文键值键值键值"',
    '"abc\\"defghi"', "?1",
]  # fmt: skip


def test_a_string_is_the_key() -> None:
    assert parse(GOOD) == GOOD[1:-1]


@pytest.mark.parametrize("field", BAD)
def test_other_forms_are_refused(field: str) -> None:
    with pytest.raises(Refused) as refused:
        parse(field)
    assert refused.value.code is BAD_KEY


@pytest.mark.parametrize("field", [GOOD, *BAD])
def test_the_published_pattern_says_the_same(field: str) -> None:
    assert (re.search(PATTERN, field) is not None) == (field == GOOD)
