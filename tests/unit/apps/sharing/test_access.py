"""Who may download at a given moment, why not, and what a holder has to know."""

from typing import Any

import pytest

from dongting.appkit.context import NOT_FOUND
from dongting.apps.sharing import codes, may_download, notices
from dongting.errors import Code, Refused

PROVIDER, CONSUMER, STRANGER = "env-bureau", "green-tech", "air-alliance"
CONTENT, LATER, REASON, TERMS = "1" * 64, "3" * 64, "c" * 64, "a" * 64
DAY = 86_400


class At:
    """A reader of the present state at another moment than the last block's."""

    def __init__(self, reader: Any, time: int) -> None:
        self._reader = reader
        self.time = time

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)


def reader(share: Any) -> Any:
    return At(share.ledger.machine.reader(), share.ledger.time)


def download(share: Any, organisation: str = CONSUMER, transfer: str = "deal.1") -> None:
    may_download(reader(share), transfer, organisation)


def no_download(share: Any, code: Code, organisation: str = CONSUMER) -> str:
    with pytest.raises(Refused) as caught:
        download(share, organisation)
    assert caught.value.code is code
    assert caught.value.text("zh")
    return caught.value.text("en")


def kinds(share: Any, transfer: str = "deal.1") -> list[str]:
    return [notice.kind for notice in notices(reader(share), share.transfer(transfer))]


@pytest.mark.parametrize("organisation", [PROVIDER, CONSUMER])
def test_both_parties_may_download_what_was_delivered(share: Any, organisation: str) -> None:
    share.delivered()
    download(share, organisation)
    share.act(CONSUMER, "dispute", id="deal.1", observed=REASON)
    download(share, organisation)
    share.act(CONSUMER, "acknowledge", id="deal.1", content=CONTENT)
    download(share, organisation)


def test_a_member_that_is_no_party_may_not(share: Any) -> None:
    share.delivered()
    assert STRANGER in no_download(share, codes.DOWNLOAD_NOT_A_PARTY, STRANGER)
    no_download(share, codes.DOWNLOAD_NOT_A_PARTY, "nobody")


def test_the_successor_of_a_party_may_and_the_one_it_succeeded_may_not(share: Any) -> None:
    share.delivered()
    share.merge(CONSUMER, STRANGER)
    download(share, STRANGER)
    no_download(share, codes.DOWNLOAD_NOT_IN_GOOD_STANDING, CONSUMER)


def test_nothing_is_downloaded_before_it_is_delivered(share: Any) -> None:
    with pytest.raises(Refused) as caught:
        download(share)
    assert caught.value.code is NOT_FOUND
    share.agree()
    assert PROVIDER in no_download(share, codes.DOWNLOAD_NOT_DELIVERED)


def test_nothing_is_downloaded_before_the_agreement_begins(share: Any) -> None:
    share.agree(start=share.start + 40 * DAY)
    share.deliver()
    assert "2026-02-10" in no_download(share, codes.DOWNLOAD_NOT_YET)
    share.ledger.advance(days=40)
    download(share)


def test_a_suspension_stops_downloads_until_it_ends(share: Any) -> None:
    share.delivered()
    share.act(PROVIDER, "suspend", id="deal", reason=REASON)
    said = no_download(share, codes.DOWNLOAD_SUSPENDED)
    assert PROVIDER in said
    assert "2026-01-01" in said
    share.act(PROVIDER, "resume", id="deal", reason=REASON)
    download(share)


def test_a_termination_stops_downloads_for_good(share: Any) -> None:
    share.delivered()
    share.ledger.advance(days=3)
    share.act(CONSUMER, "terminate", id="deal", reason=REASON)
    assert "2026-01-04" in no_download(share, codes.DOWNLOAD_TERMINATED)


def test_time_alone_stops_downloads_and_a_renewal_allows_them_again(share: Any) -> None:
    share.delivered()
    share.ledger.time = share.end - 1
    download(share)
    share.ledger.time = share.end
    assert "renew it" in no_download(share, codes.DOWNLOAD_EXPIRED)
    for author in (PROVIDER, CONSUMER):
        share.act(author, "renew", id="deal", end=share.end + DAY, terms=TERMS)
    download(share)


def test_an_erased_content_is_gone(share: Any) -> None:
    share.delivered()
    share.ledger.act(PROVIDER, "catalogue/erase", {"id": "air", "number": 1})
    assert "Destroy your copy" in no_download(share, codes.DOWNLOAD_ERASED)


def test_a_cancelled_delivery_is_not_downloaded(share: Any) -> None:
    share.delivered()
    share.act(PROVIDER, "cancel", id="deal.1", reason=REASON)
    no_download(share, codes.DOWNLOAD_CANCELLED)


def test_an_external_delivery_is_fetched_outside(share: Any) -> None:
    share.agree()
    share.deliver(kind="external", locator=REASON)
    assert "locator" in no_download(share, codes.DOWNLOAD_EXTERNAL)


def test_a_holder_has_nothing_to_know_while_nothing_changes(share: Any) -> None:
    share.agree()
    assert kinds(share) == []
    share.deliver()
    assert kinds(share) == []


def test_a_holder_sees_a_change_a_later_version_and_a_withdrawal(share: Any) -> None:
    share.delivered()
    share.ledger.advance(days=1)
    revised = {
        "id": "air", "title": {"en": "Air 2"}, "description": {"en": "Air"}, "theme": "ENVI",
        "frequency": "DAILY", "sharing": "unconditional", "opening": "not-open", "grade": "general-1",
    }  # fmt: skip
    share.ledger.act(PROVIDER, "catalogue/revise", revised)
    assert kinds(share) == ["changed"]
    share.version(2, LATER)
    assert kinds(share) == ["changed", "new-version"]
    share.ledger.act(PROVIDER, "catalogue/withdraw", {"id": "air"})
    assert kinds(share) == ["withdrawn", "changed", "new-version"]
    share.ledger.advance(days=1)
    share.deliver(id="deal.2", version=2, content=LATER)
    assert kinds(share) == ["withdrawn", "changed"], "the later version has been delivered"
    assert kinds(share, "deal.2") == ["withdrawn"]


def test_a_holder_is_asked_to_destroy_erased_data_until_it_answered(share: Any) -> None:
    share.delivered()
    share.ledger.act(PROVIDER, "catalogue/erase", {"id": "air", "number": 1})
    (notice,) = notices(reader(share), share.transfer())
    assert (notice.kind, notice.since, notice.asks) == ("erased", share.ledger.time, True)
    share.act(CONSUMER, "attest-destruction", id="deal.1", outcome="done")
    (notice,) = notices(reader(share), share.transfer())
    assert not notice.asks


def test_a_holder_is_reminded_of_its_copy_when_the_agreement_ends(share: Any) -> None:
    share.delivered()
    share.ledger.time = share.end
    (notice,) = notices(reader(share), share.transfer())
    assert (notice.kind, notice.since, notice.asks) == ("ended", share.end, True)
