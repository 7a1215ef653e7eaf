"""A ledger with one dataset of the environment bureau, and short names for what the parties do."""

from typing import Any

import pytest

from dongting.apps.catalogue import Dataset
from dongting.apps.sharing import Agreement, Negotiation, Objection, Transfer
from dongting.errors import Code, Refused
from dongting.testing import Ledger

PROVIDER, CONSUMER, STRANGER = "env-bureau", "green-tech", "air-alliance"
TERMS, OTHER_TERMS, REASON = "a" * 64, "b" * 64, "c" * 64
CONTENT, ADDRESS = "1" * 64, "2" * 64
DAY = 86_400


class Share:
    """The ledger, and each party's actions with the arguments that matter."""

    def __init__(self, **genesis: Any) -> None:
        self.ledger = Ledger(**genesis)
        self.start = self.ledger.time
        self.end = self.start + 365 * DAY
        self.publish("air")

    def publish(self, id: str, author: str = PROVIDER, **changes: Any) -> None:
        content = {"commitment": CONTENT, "size_class": 4, "media_type": "text/csv", "address": ADDRESS}
        description = {
            "id": id, "title": {"en": "Air"}, "description": {"en": "Air"}, "theme": "ENVI",
            "frequency": "HOURLY", "sharing": "unconditional", "opening": "not-open", "grade": "general-1",
            "content": content,
        }  # fmt: skip
        self.ledger.act(author, "catalogue/publish", {**description, **changes})

    def version(self, number: int, content: str, address: str | None = ADDRESS, id: str = "air") -> None:
        held = {"commitment": content, "size_class": 4, "media_type": "text/csv", "address": address}
        self.ledger.act(PROVIDER, "catalogue/add-version", {"id": id, "number": number, "content": held})

    def act(self, author: str, action: str, **arguments: Any) -> None:
        self.ledger.act(author, f"sharing/{action}", arguments)

    def request(self, id: str = "deal", author: str = CONSUMER, **changes: Any) -> None:
        asked = {"id": id, "dataset": "air", "terms": TERMS, "start": self.start, "end": self.end}
        self.act(author, "request", **{**asked, **changes})

    def offer(self, author: str = PROVIDER, action: str = "offer", **changes: Any) -> None:
        asked = {"id": "deal", "terms": OTHER_TERMS, "start": self.start, "end": self.end}
        self.act(author, action, **{**asked, **changes})

    def agree(self, **changes: Any) -> None:
        self.request(**changes)
        self.act(PROVIDER, "agree", id=changes.get("id", "deal"), terms=TERMS)

    def deliver(self, author: str = PROVIDER, **changes: Any) -> None:
        asked = {"id": "deal.1", "agreement": "deal", "version": 1, "content": CONTENT}
        self.act(author, "deliver", **{**asked, **changes})

    def delivered(self) -> None:
        self.agree()
        self.deliver()

    def merge(self, absorbed: str, absorbing: str) -> None:
        """The one ends and the other continues, both consenting."""
        names = {"id": "merger", "absorbed": absorbed, "absorbing": absorbing}
        self.ledger.act(absorbed, "membership/merge", names)
        self.ledger.act(absorbing, "membership/consent", {"id": "merger"})

    def refused(self, code: Code, author: str, action: str, **arguments: Any) -> Refused:
        """The action is refused for that reason, says so in both languages, and changes nothing."""
        height = self.ledger.machine.reader().height
        with pytest.raises(Refused) as caught:
            self.act(author, action, **arguments)
        assert caught.value.code is code
        assert caught.value.text("en")
        assert caught.value.text("zh")
        assert self.ledger.machine.reader().height == height
        return caught.value

    def negotiation(self, id: str = "deal") -> Negotiation:
        return self._there(Negotiation, id)

    def agreement(self, id: str = "deal") -> Agreement:
        return self._there(Agreement, id)

    def transfer(self, id: str = "deal.1") -> Transfer:
        return self._there(Transfer, id)

    def objection(self, id: str) -> Objection:
        return self._there(Objection, id)

    def dataset(self, id: str = "air") -> Dataset:
        return self._there(Dataset, id)

    def _there(self, record: Any, id: str) -> Any:
        found = self.ledger.get(record, id)
        assert found is not None
        return found


@pytest.fixture
def share() -> Share:
    return Share()
