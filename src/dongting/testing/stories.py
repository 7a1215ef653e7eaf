"""One share between two organisations, from publication to acknowledgement, and its proof file."""

from dataclasses import dataclass
from typing import Any

from dongting.node.prove import assemble, follow
from dongting.testing.ledger import Ledger
from dongting.wire import checkpoint, jcs
from dongting.wire.checkpoint import Checkpoint
from dongting.wire.genesis import origin
from dongting.wire.part import Part
from dongting.wire.proof import Opening, with_openings

PUBLISHER, CONSUMER = "env-bureau", "green-tech"
DATASET, AGREEMENT = "air-quality", "air-2026"
DATA = b"time,pm25\n2026-01-01T00:00,35\n"
TERMS = {
    "purpose": {"zh": "大气污染研究", "en": "Research on air pollution"},
    "legal_basis": {"zh": "政务数据共享条例", "en": "Regulations on Government Data Sharing"},
    "recipients": ["air-alliance"],
    "onward": "within-organisation",
    "destroy_within_days": 30,
    "price": {"minor": 120050, "currency": "CNY"},
}
DESCRIPTION: dict[str, Any] = {
    "title": {"zh": "空气质量监测", "en": "Air quality"},
    "description": {"zh": "每小时浓度", "en": "Hourly readings"},
    "theme": "ENVI",
    "frequency": "HOURLY",
    "sharing": "unconditional",
    "opening": "unconditional",
    "grade": "general-1",
}


def note(ledger: Ledger) -> bytes:
    """The ledger's present checkpoint, signed by its log key."""
    head = ledger.machine.head
    return checkpoint.sign(Checkpoint(origin(ledger.genesis), head.size, head.root), [ledger.log_key])


def prove(ledger: Ledger, *addresses: str) -> bytes:
    """A proof file over these records and all that belong to their story."""
    found = follow(ledger.machine, addresses)
    return assemble(ledger.machine, ledger.genesis.encode(), note(ledger), found).encode()


@dataclass(frozen=True)
class Share:
    """What two organisations did on a ledger, and the parts that only they have."""

    ledger: Ledger
    content: Part
    terms: Part

    @classmethod
    def play(cls, ledger: Ledger, data: bytes = DATA) -> "Share":
        """Publish, request, agree, deliver and acknowledge, a minute apart."""
        profile = ledger.profile
        share = cls(ledger, Part(b"\x01" * 32, data), Part(b"\x02" * 32, jcs.encode(TERMS)))
        content, terms = share.content.commitment(profile), share.terms.commitment(profile)
        file = {"commitment": content, "size_class": 5, "media_type": "text/csv", "address": "ab" * 32}
        period = {"start": ledger.time, "end": ledger.time + 86_400 * 90}
        delivery = f"{AGREEMENT}.1"
        for author, action, arguments in (
            (PUBLISHER, "catalogue/publish", {"id": DATASET, **DESCRIPTION, "content": file}),
            (CONSUMER, "sharing/request", {"id": AGREEMENT, "dataset": DATASET, "terms": terms, **period}),
            (PUBLISHER, "sharing/agree", {"id": AGREEMENT, "terms": terms}),
            (
                PUBLISHER,
                "sharing/deliver",
                {"id": delivery, "agreement": AGREEMENT, "version": 1, "content": content},
            ),
            (CONSUMER, "sharing/acknowledge", {"id": delivery, "content": content}),
        ):
            ledger.act(author, action, arguments)
            ledger.advance(seconds=60)
        return share

    def erase(self) -> None:
        """The publisher erases what it shared."""
        self.ledger.act(PUBLISHER, "catalogue/erase", {"id": DATASET, "number": 1})

    def closed(self) -> bytes:
        """The proof file of the agreement without any opening."""
        return prove(self.ledger, f"sharing.agreement/{AGREEMENT}")

    def proof(self) -> bytes:
        """The same file with the terms, and with the digest of the content."""
        profile = self.ledger.profile
        content = Opening.of(self.content, profile, content=False)
        return with_openings(self.closed(), [content, Opening.of(self.terms, profile)])
