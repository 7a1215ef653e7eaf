"""The page that a printed document leads to: yes or no, since when, and nothing of the entry itself."""

from typing import Any

import pytest

from dongting.wire.merkle import leaf_hash


@pytest.fixture(scope="module")
def printed(pages: Any) -> tuple[int, str]:
    """Index and hash of an entry, as a document prints them."""
    dataset = pages.site.dataset(opening="not-open", title={"en": "Clandestine otters"})
    index = pages.site.act("env-bureau", "catalogue/publish", dataset)["index"]
    leaf = pages.site.run(pages.site.node.leaf(index))
    return index, leaf_hash(pages.site.profile, leaf).hex()


def test_an_entry_with_its_hash_is_confirmed_and_nothing_of_it_is_shown(pages: Any, printed: Any) -> None:
    index, hash = printed
    answer = pages.get(f"/verify/{index}.{hash}")
    assert answer.status_code == 200
    assert "Yes. Entry" in answer.text
    assert "<time" in answer.text
    for said in ("otters", "env-bureau", "catalogue/publish"):
        assert said not in answer.text
    assert "有。本日志" in pages.get(f"/verify/{index}.{hash}", accept_language="zh").text


def test_another_hash_or_place_is_denied(pages: Any, printed: Any) -> None:
    index, hash = printed
    for place in (f"{index}.{'0' * 64}", f"{index + 1}.{hash}", f"{10**14}.{hash}"):
        answer = pages.get(f"/verify/{place}")
        assert answer.status_code == 200
        assert "No. This log has no entry" in answer.text


@pytest.mark.parametrize(
    "place", ["x", "1", "1.ab", "-1." + "0" * 64, "1." + "G" * 64, "9" * 16 + "." + "0" * 64]
)
def test_what_is_no_entry_is_not_found(pages: Any, place: str) -> None:
    assert pages.get(f"/verify/{place}").status_code == 404
