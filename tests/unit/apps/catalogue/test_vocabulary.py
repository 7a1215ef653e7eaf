"""The closed vocabularies: every code has its names, and none but the declared ones."""

from collections.abc import Mapping
from typing import Any, get_args

import pytest

from dongting.appkit.fields import Text
from dongting.apps.catalogue import vocabulary

PAIRS = [
    (vocabulary.Frequency, vocabulary.FREQUENCIES),
    (vocabulary.Theme, vocabulary.THEMES),
    (vocabulary.Sharing, vocabulary.SHARING_ATTRIBUTES),
    (vocabulary.Opening, vocabulary.OPENING_ATTRIBUTES),
    (vocabulary.Grade, vocabulary.GRADES),
    (vocabulary.ColumnType, vocabulary.COLUMN_TYPES),
    (vocabulary.DistributionKind, vocabulary.DISTRIBUTIONS),
]


@pytest.mark.parametrize(("kind", "names"), PAIRS)
def test_codes_and_names_are_the_same_set_in_the_same_order(kind: Any, names: Mapping[str, Text]) -> None:
    literal, meta = get_args(kind)
    assert list(get_args(literal)) == list(names)
    assert meta.extra["names"] is names
    assert all(text.en and text.zh for text in names.values())
