import pytest

from dongting.errors import Code, Refused
from dongting.node import prove
from dongting.node.prove import assemble, follow
from dongting.node.redactions import mark
from dongting.sdk.verify import verify
from dongting.testing import Ledger
from dongting.testing.members import enact
from dongting.testing.scale import ten_million
from dongting.testing.stories import AGREEMENT, DATASET, DESCRIPTION, PUBLISHER, Share, note

THE_STORY = {
    f"sharing.agreement/{AGREEMENT}",
    f"sharing.negotiation/{AGREEMENT}",
    f"sharing.transfer/{AGREEMENT}.1",
    f"catalogue.dataset/{DATASET}",
    f"catalogue.dataset-version/{DATASET}.1",
}


@pytest.fixture
def share() -> Share:
    return Share.play(Ledger())


def refused(ledger: Ledger, addresses: list[str], signed: bytes) -> Code:
    with pytest.raises(Refused) as refusal:
        assemble(ledger.machine, ledger.genesis.encode(), signed, addresses)
    return refusal.value.code


@pytest.mark.parametrize("start", sorted(a for a in THE_STORY if a.startswith("sharing.")))
def test_the_story_of_an_agreement_is_followed_from_any_of_its_records(share: Share, start: str) -> None:
    found = follow(share.ledger.machine, [start])
    assert found[0] == start
    assert set(found) == THE_STORY


def test_deliveries_of_every_version_belong_to_the_story(share: Share) -> None:
    ledger = share.ledger
    content = {"commitment": "ef" * 32, "size_class": 5, "media_type": "text/csv", "address": "cd" * 32}
    ledger.act(PUBLISHER, "catalogue/add-version", {"id": DATASET, "number": 2, "content": content})
    second = {"id": f"{AGREEMENT}.2", "agreement": AGREEMENT, "version": 2, "content": "ef" * 32}
    ledger.act(PUBLISHER, "sharing/deliver", second)
    found = set(follow(ledger.machine, [f"sharing.agreement/{AGREEMENT}"]))
    more = {f"sharing.transfer/{AGREEMENT}.2", f"catalogue.dataset-version/{DATASET}.2"}
    assert found == THE_STORY | more


def test_an_address_without_a_record_stays_where_it_was_asked_for(share: Share) -> None:
    assert follow(share.ledger.machine, ["sharing.agreement/none", "no.type/x"]) == [
        "sharing.agreement/none",
        "no.type/x",
    ]


def test_every_version_of_a_record_brings_its_statement(share: Share) -> None:
    ledger = share.ledger
    for n in range(3):
        ledger.act(PUBLISHER, "catalogue/revise", {"id": DATASET, **DESCRIPTION, "keywords": [f"k{n}"]})
    address = f"catalogue.dataset/{DATASET}"
    data = assemble(ledger.machine, ledger.genesis.encode(), note(ledger), [address]).encode()
    story = verify(data, ledger.machine.network)
    assert [event.action for event in story.events] == ["catalogue/publish", *["catalogue/revise"] * 3]
    record = story.record(address)
    assert record is not None
    assert record.version == 4


def test_a_statement_whose_text_was_redacted_is_left_out_and_the_redaction_proven(share: Share) -> None:
    ledger = share.ledger
    assert enact(ledger, "governance/redact", {"id": "0", "ground": "court-order"}).refusal is None
    mark(ledger.machine)
    story = verify(share.closed(), ledger.machine.network)
    assert story.events[0].action == "sharing/request"
    assert story.record("governance.redaction/0") is not None


def test_a_checkpoint_that_lags_behind_proves_nothing(share: Share) -> None:
    early = note(share.ledger)
    share.erase()
    assert refused(share.ledger, ["a.b/c"], early) == prove.NOTHING_YET


def test_a_ledger_without_blocks_has_nothing_to_prove() -> None:
    ledger = Ledger()
    assert refused(ledger, ["a.b/c"], note(ledger)) == prove.NOTHING_YET


@pytest.mark.parametrize(
    "addresses", [[], [""], ["no-slash"], ["a.b/c/d"], ["a.b/数据"], ["a.b/" + "x" * 200]]
)
def test_addresses_that_no_record_can_have_are_refused(share: Share, addresses: list[str]) -> None:
    assert refused(share.ledger, addresses, note(share.ledger)) == prove.NO_ADDRESSES


def test_a_story_beyond_the_limit_is_refused(share: Share, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prove, "MAX_STATEMENTS", 4)
    assert refused(share.ledger, sorted(THE_STORY), note(share.ledger)) == prove.TOO_MUCH
    monkeypatch.setattr(prove, "MAX_RECORDS", 3)
    with pytest.raises(Refused) as refusal:
        follow(share.ledger.machine, [f"sharing.agreement/{AGREEMENT}"])
    assert refusal.value.code == prove.TOO_MUCH


def test_a_story_of_too_many_bytes_is_refused_before_they_are_read(
    share: Share, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prove, "MAX_BYTES", 1000)
    assert refused(share.ledger, sorted(THE_STORY), note(share.ledger)) == prove.TOO_MUCH
    for number in range(4):
        revised = {"id": DATASET, **DESCRIPTION, "keywords": [str(number)]}
        share.ledger.act(PUBLISHER, "catalogue/revise", revised)
    with pytest.raises(Refused) as refusal:
        follow(share.ledger.machine, [f"catalogue.dataset/{DATASET}"])
    assert refusal.value.code == prove.TOO_MUCH


# Size


@pytest.mark.parametrize("profile", ["international", "national"])
def test_a_record_among_ten_million_is_proven_in_five_kilobytes(profile: str) -> None:
    ledger = Share.play(Ledger(profile)).ledger
    address = f"sharing.agreement/{AGREEMENT}"
    held = dict(assemble(ledger.machine, ledger.genesis.encode(), note(ledger), [address]).records)
    entry = held[address]
    assert entry is not None
    file = ten_million(ledger, address, entry, None)
    story = verify(file.encode(), ledger.machine.network)
    record = story.record(address)
    assert record is not None
    assert record.body is not None
    assert len(file.encode()) - len(file.genesis) <= 5_000
