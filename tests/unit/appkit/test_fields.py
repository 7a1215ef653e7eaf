"""Field kinds: what each accepts, and that no second form of a value gets in."""

from typing import Any, get_args

import msgspec
import pytest

from dongting.appkit import fields

SAMPLES: dict[str, tuple[str, ...]] = {
    "Slug": ("a", "air-quality.2010", "a" * 64),
    "OrganisationId": ("env-bureau",),
    "Line": ("one line", "一行"),
    "Address": ("https://example.org/a",),
    "Day": ("2027-01-31",),
    "Region": ("110000", "430102001"),
    "Commitment": ("0" * 64,),
    "Digest": ("f" * 64,),
    "Base64": ("", "abc-_"),
    "StateName": ("OFFERED",),
}


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, vs in SAMPLES.items() for v in vs])
def test_a_kind_takes_its_samples_and_none_of_them_with_a_line_feed_behind(name: str, value: str) -> None:
    kind: Any = getattr(fields, name)
    assert msgspec.convert(value, kind) == value
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(value + "\n", kind)


def test_every_kind_of_text_with_a_pattern_closes_it_against_a_last_line_feed() -> None:
    for name in dir(fields):
        for meta in get_args(getattr(fields, name))[1:]:
            if getattr(meta, "pattern", None):
                assert meta.pattern.endswith(r"$(?!\n)"), name


@pytest.mark.parametrize("meta", [fields.reference("catalogue.dataset"), fields.part(fields.Text)])
def test_a_reference_or_a_part_closes_its_pattern_too(meta: msgspec.Meta) -> None:
    assert meta.pattern is not None
    assert meta.pattern.endswith(r"$(?!\n)")
