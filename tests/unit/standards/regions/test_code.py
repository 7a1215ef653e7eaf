import pytest

from dongting.errors import Refused
from dongting.standards.regions import (
    BAD_REGION,
    NATION,
    PROVINCES,
    check,
    is_within,
    level,
    parent,
    path,
    province,
)


@pytest.mark.parametrize(
    ("code", "its_level", "its_parent"),
    [
        ("100000", "nation", None),
        ("430000", "province", "100000"),
        ("430100", "prefecture", "430000"),
        ("430102", "county", "430100"),
        ("430102001", "township", "430102"),
        ("430102001001", "village", "430102001"),
        ("429004", "county", "429000"),
        ("500230", "county", "500200"),
        ("810000", "province", "100000"),
        ("441900003", "township", "441900"),
    ],
)
def test_each_level_has_its_parent(code: str, its_level: str, its_parent: str | None) -> None:
    assert (level(code), parent(code)) == (its_level, its_parent)


@pytest.mark.parametrize(
    ("code", "short"),
    [
        ("430000000000", "430000"),
        ("430100000", "430100"),
        ("430102001000", "430102001"),
        ("430102", "430102"),
        ("430102001001", "430102001001"),
        ("100000000", "100000"),
    ],
)
def test_padding_with_zeros_names_the_same_region(code: str, short: str) -> None:
    assert check(code) == short
    assert is_within(code, short)
    assert is_within(short, code)


@pytest.mark.parametrize(
    "code",
    [
        "", "43", "4301", "43010", "4301020", "000000", "990000", "430002", "430002001", "430000001",
        "430102000001",         "43010a", "４30102", "-43010", "430102001001001",
    ],
)  # fmt: skip
def test_a_code_of_another_form_is_refused(code: str) -> None:
    with pytest.raises(Refused) as caught:
        check(code)
    assert caught.value.code is BAD_REGION
    assert caught.value.text("zh")


def test_a_region_lies_within_itself_and_what_is_above_it() -> None:
    assert all(is_within("430102001", above) for above in ("430102001", "430102", "430100", "430000", NATION))


@pytest.mark.parametrize("other", ["430103", "430200", "440000", "430102002", "430102001001"])
def test_a_region_does_not_lie_within_a_neighbour_or_a_part(other: str) -> None:
    assert not is_within("430102001", other)


def test_the_path_leads_from_the_province_to_the_region() -> None:
    assert path("430102001") == ("430000", "430100", "430102", "430102001")
    assert path(NATION) == ()


def test_there_are_thirty_four_provinces_each_named_twice() -> None:
    assert len(PROVINCES) == 34
    assert all(name.zh and name.en for name in PROVINCES.values())
    found = province("430102")
    assert found is not None
    assert (found.zh, found.en) == ("湖南省", "Hunan")
    assert province(NATION) is None
