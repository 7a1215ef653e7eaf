"""The whole story of one share, with real parts: what the parties prove, and what others never see."""

import base64
import hashlib
from typing import Any

import msgspec
import pytest

from dongting.appkit.fields import Text
from dongting.apps.catalogue import DatasetVersion, size_class
from dongting.apps.sharing import Agreement, Negotiation, Reason, Terms, Transfer, may_download, notices
from dongting.apps.sharing.terms import check_terms
from dongting.errors import Refused
from dongting.standards.odrl import Price, Words
from dongting.testing import Ledger
from dongting.wire import jcs
from dongting.wire.part import Part, matching

DAY = 86_400
CSV = b"hour,pm2.5\n0,129\n1,148\n"
WORDS = ("health research", "cleaner air for all", "breach of the limits", "123456789")


class Story:
    """A ledger, and the parts as the parties' nodes keep them: by commitment, each with its own salt."""

    def __init__(self, profile: str) -> None:
        self.ledger = Ledger(profile)
        self.parts: dict[str, Part] = {}
        self.period = {"start": self.ledger.time, "end": self.ledger.time + 90 * DAY}

    def part(self, content: Any) -> str:
        data = content if isinstance(content, bytes) else jcs.encode(msgspec.to_builtins(content))
        part = Part(hashlib.sha256(b"salt %d" % len(self.parts)).digest(), data)
        commitment = part.commitment(self.ledger.profile)
        self.parts[commitment] = part
        return commitment

    def content(self, data: bytes) -> dict[str, Any]:
        address = self.ledger.profile.hash(b"encrypted " + data).hex()
        return {
            "commitment": self.part(data), "size_class": size_class(len(data)), "media_type": "text/csv",
            "address": address,
        }  # fmt: skip

    def bureau(self, action: str, **arguments: Any) -> None:
        self.ledger.act("env-bureau", action, arguments)

    def tech(self, action: str, **arguments: Any) -> None:
        self.ledger.act("green-tech", action, arguments)

    def terms(self, purpose: str) -> Terms:
        return Terms(
            purpose=Words(en=purpose), recipients=("green-tech",), destroy_within_days=30,
            price=Price(123_456_789), **self.period,
        )  # fmt: skip

    def get(self, record: Any, id: str) -> Any:
        found = self.ledger.get(record, id)
        assert found is not None
        return found

    def asked(self) -> list[str]:
        reader = self.ledger.machine.reader()
        return [notice.kind for notice in notices(reader, self.get(Transfer, "deal.1")) if notice.asks]

    def stored(self) -> bytes:
        """All that a member holds: every key and value of the ledger."""
        return b"\n".join(key + b"\0" + value for key, value in self.ledger.store.scan(b""))


def publish(story: Story) -> dict[str, Any]:
    content = story.content(CSV)
    story.bureau(
        "catalogue/publish", id="air", title={"zh": "空气", "en": "Air"}, description={"zh": "逐时"},
        theme="ENVI", frequency="HOURLY", sharing="conditional", legal_basis={"zh": "条例"},
        opening="conditional", grade="general-1", content=content,
    )  # fmt: skip
    return content


def come_to_terms(story: Story) -> str:
    """Request, other terms, acceptance; the commitment that both signed."""
    first = story.part(story.terms(WORDS[0]))
    story.tech("sharing/request", id="deal", dataset="air", terms=first, **story.period)
    story.ledger.advance(days=1)
    narrower = msgspec.structs.replace(story.terms(WORDS[1]), count=10)
    both = story.part(narrower)
    story.bureau("sharing/offer", id="deal", terms=both, **story.period)
    check_terms(narrower, **story.period)
    story.tech("sharing/accept", id="deal", terms=both)
    return both


def hand_over(story: Story, content: dict[str, Any]) -> None:
    """Delivery, download, the consumer's own check, acknowledgement; then a later version."""
    commitment = content["commitment"]
    story.bureau("sharing/deliver", id="deal.1", agreement="deal", version=1, content=commitment)
    may_download(story.ledger.machine.reader(), "deal.1", "green-tech")
    announced = story.get(DatasetVersion, "air.1").content.commitment
    assert matching(announced, Part(story.parts[commitment].salt, CSV), story.ledger.profile)
    story.tech("sharing/acknowledge", id="deal.1", content=commitment)
    later = story.content(CSV + b"2,159\n")
    story.bureau("catalogue/add-version", id="air", number=2, content=later)
    story.bureau("sharing/deliver", id="deal.2", agreement="deal", version=2, content=later["commitment"])


def end(story: Story) -> None:
    """Termination, refusal of a download, erasure, and the consumer's answer."""
    story.bureau("sharing/terminate", id="deal", reason=story.part(Reason(Text(en=WORDS[2]))))
    with pytest.raises(Refused) as caught:
        may_download(story.ledger.machine.reader(), "deal.2", "green-tech")
    assert "was terminated on 2026-01-02" in caught.value.text("en")
    story.bureau("catalogue/erase", id="air", number=1)
    assert story.asked() == ["erased", "ended"]
    story.tech("sharing/attest-destruction", id="deal.1", outcome="done")
    assert story.asked() == []


@pytest.mark.parametrize("profile", ["international", "national"])
def test_one_share_from_the_catalogue_to_the_answer_about_destruction(profile: str) -> None:
    story = Story(profile)
    content = publish(story)
    both = come_to_terms(story)
    assert story.get(Agreement, "deal").terms == story.get(Negotiation, "deal").terms == both
    hand_over(story, content)
    end(story)
    assert story.get(DatasetVersion, "air.1").content.commitment == content["commitment"]


@pytest.mark.parametrize("profile", ["international", "national"])
def test_who_reads_every_stored_byte_finds_no_word_salt_or_digest_of_the_parties(profile: str) -> None:
    story = Story(profile)
    content = publish(story)
    come_to_terms(story)
    hand_over(story, content)
    end(story)
    stored = story.stored()
    assert content["commitment"].encode() in stored, "the search would find what is there"
    for word in WORDS:
        assert word.encode() not in stored
    for part in story.parts.values():
        for secret in (part.salt, story.ledger.profile.hash(part.content)):
            plain = base64.urlsafe_b64encode(secret).rstrip(b"=")
            for form in (secret, secret.hex().encode(), plain):
                assert form not in stored
