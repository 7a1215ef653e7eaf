"""The page of an agreement: how it stands now, what happened, and nothing to do for a stranger to it."""

import re
import time
from typing import Any

import pytest

TERMS = "5" * 64
SOON = 3


def agreed(pages: Any, **period: int) -> str:
    """An agreement of env-bureau with green-tech; its id."""
    dataset, id, now = pages.publish(), str(pages.site.name("deal")), int(time.time())
    asked = {"id": id, "dataset": dataset, "terms": TERMS, "start": now, "end": now + 90 * 86_400, **period}
    pages.site.act("green-tech", "sharing/request", asked)
    pages.site.act("env-bureau", "sharing/agree", {"id": id, "terms": TERMS})
    return id


def main(answer: Any) -> str:
    assert answer.status_code == 200
    return str(answer.text).partition("<main")[2]


def test_it_tells_in_words_and_in_both_languages_what_happened(pages: Any) -> None:
    id = agreed(pages)
    pages.site.act("green-tech", "sharing/suspend", {"id": id, "reason": "6" * 64})
    someone = pages.someone("green-tech", "auditor")
    for language, state, told in (
        ("en", "suspended", ["Suspended", "Agreed", "Requested"]),
        ("zh", "已暂停", ["已暂停", "已订立", "已申请"]),
    ):
        page = main(someone.get(f"/records/sharing.agreement/{id}?lang={language}"))
        assert f'<span class="tag warn">{state}</span>' in page
        assert re.findall(r'<p><span class="tag[^"]*">([^<]+)</span> <bdi>', page) == told


def test_its_time_decides_how_it_stands(pages: Any) -> None:
    later = int(time.time()) + 5 * 86_400
    page = main(pages.someone("env-bureau").get(f"/records/sharing.agreement/{agreed(pages, start=later)}"))
    assert "begins later" in page
    id = agreed(pages, end=int(time.time()) + SOON)
    time.sleep(SOON)
    page = main(pages.someone("env-bureau").get(f"/records/sharing.agreement/{id}"))
    assert "its time is over" in page
    assert "Ended by time" in page
    assert "days left" not in page


@pytest.mark.parametrize(("organisation", "steps"), [("air-alliance", False), ("env-bureau", True)])
def test_what_can_be_done_is_for_the_two_sides_alone(pages: Any, organisation: str, steps: bool) -> None:
    page = main(pages.someone(organisation).get(f"/records/sharing.agreement/{agreed(pages)}"))
    assert ('href="/act/sharing/terminate' in page) == steps
    assert ('href="/act/sharing/cancel' in page) == steps
    assert "Only the two parties read the terms." in page
    assert TERMS in page


def test_papers_of_what_is_not_there_are_refused(pages: Any) -> None:
    someone = pages.someone("env-bureau")
    assert someone.get("/records/sharing.agreement/nothing").status_code == 404
    assert pages.stranger().get("/agreements/nothing/report.pdf").status_code == 303
