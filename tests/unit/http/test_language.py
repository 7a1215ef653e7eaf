"""Accept-Language decides between Chinese and English and never fails."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dongting.http.language import preferred


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (None, "en"),
        ("", "en"),
        ("zh", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-GB, zh;q=0.9", "en"),
        ("ZH-Hans-CN", "zh"),
        ("fr, zh;q=0.1", "zh"),
        ("en;q=0.2,zh;q=0.7", "zh"),
        ("zh;q=0", "en"),
        ("zh;q=0.5,en;q=0.5", "zh"),
        ("fr, *", "en"),
        ("zhx", "en"),
        ("zh;q=2, en", "en"),
    ],
)
def test_the_higher_weight_wins(field: str | None, expected: str) -> None:
    assert preferred(field) == expected


@given(st.text(max_size=600))
def test_any_field_gives_one_of_two(field: str) -> None:
    assert preferred(field) in ("zh", "en")
