"""Acting by arguments at a real node: it drafts, shows, signs with the keys that it holds, and submits."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dongting.errors import Refused
from dongting.node.keystore import Keystore
from dongting.sdk.transport import Transport
from dongting.wire.profile import INTERNATIONAL

from .conftest import PASSPHRASE, Home  # type: ignore[import-not-found]

BUREAU, TECH = "env-bureau", "green-tech"
END = int(time.time()) + 90 * 86_400
TERMS = {"purpose": {"zh": "大气污染研究", "en": "Research on air pollution"}, "onward": "none"}
DATASET = {
    "id": "air", "title": {"en": "Air"}, "description": {"en": "Hourly"}, "theme": "ENVI",
    "frequency": "HOURLY", "sharing": "unconditional", "opening": "unconditional", "grade": "general-1",
}  # fmt: skip


class Node:
    """A node that hosts all founders of its network, asked as any of them over HTTP."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self._asking: dict[str, Transport] = {}

    def act(self, by: str, action: str, **body: Any) -> Any:
        """Do it; what the node answers."""
        return self._transport(by).json("POST", f"/v1/act/{action}", body=body)

    def preview(self, by: str, action: str, **body: Any) -> Any:
        """What doing it would say."""
        return self._transport(by).json("POST", f"/v1/act/{action}/preview", body=body)

    def record(self, address: str) -> Any:
        """The present record at an address."""
        return self._transport(BUREAU).json("GET", f"/v1/records/{address}")["record"]

    def refused(self, by: str, action: str, **body: Any) -> str:
        """The code with which it is refused; the ledger is then as it was."""
        before = self._size()
        with pytest.raises(Refused) as refusal:
            self.act(by, action, **body)
        assert self._size() == before
        return str(refusal.value.code)

    def use(self, by: str, passphrase: bytes) -> Keystore:
        """Ask with the keys in a keystore of another passphrase; the keystore, unlocked."""
        store = Keystore.open(self.home.home / "keys" / by / "keystore.json")
        store.unlock(passphrase)
        self._asking[by] = Transport(self.home.url, store.signing_key(f"{by}/signing"), INTERNATIONAL)
        return store

    def close(self) -> None:
        """Hang up."""
        for transport in self._asking.values():
            transport.close()
        self._asking.clear()

    def _size(self) -> int:
        size: int = self._transport(BUREAU).json("GET", "/v1/status")["size"]
        return size

    def _transport(self, by: str) -> Transport:
        if by not in self._asking:
            self.use(by, PASSPHRASE)
        return self._asking[by]


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node with a dataset and a request for it."""
    home = Home(tmp_path_factory.mktemp("acting"))
    made = Node(home)
    try:
        home.found("international")
        home.serve()
        made.act(BUREAU, "catalogue/publish", arguments=DATASET)
        asked = {"id": "air-1", "dataset": "air", "end": END}
        made.act(TECH, "sharing/request", arguments=asked, parts={"terms": TERMS})
        yield made
    finally:
        made.close()
        home.stop()


def test_a_preview_says_in_both_languages_what_would_be_signed_and_who_reads_it(node: Node) -> None:
    before = node.record("catalogue.dataset/air")
    seen = node.preview(
        TECH, "sharing/request", arguments={"id": "air-2", "dataset": "air", "end": END},
        parts={"terms": TERMS},
    )  # fmt: skip
    assert seen["subject"] == "sharing.negotiation/air-2"
    assert seen["en"]["sentence"].startswith("green-tech requested the dataset air from ")
    assert seen["zh"]["sentence"].startswith("green-tech 申请数据集 air")
    private = seen["zh"]["private"][0]
    assert private["readers"] == [BUREAU]
    assert {"label": "用途", "value": "大气污染研究"} in private["says"]
    assert node.record("catalogue.dataset/air") == before
    assert node.refused(TECH, "sharing/accept", arguments={"id": "air-2"}) == "node/no-such-record"


def test_what_follows_from_the_ledger_need_not_be_given(node: Node) -> None:
    """The terms that stand are fetched, shown and signed; the next delivery has its number."""
    seen = node.preview(BUREAU, "sharing/agree", arguments={"id": "air-1"})
    assert {"label": "Purpose", "value": "Research on air pollution"} in seen["en"]["notes"]
    done = node.act(BUREAU, "sharing/agree", arguments={"id": "air-1"})
    assert done["subject"] == "sharing.negotiation/air-1"
    assert node.record("sharing.agreement/air-1")["state"] == "ACTIVE"


def test_a_wrong_side_malformed_arguments_and_unknown_actions_are_refused(node: Node) -> None:
    assert node.refused(BUREAU, "sharing/accept", arguments={"id": "air-1"}).startswith("sharing/")
    assert node.refused(BUREAU, "catalogue/publish", arguments={"id": "x"}) == "cli/bad-arguments"
    assert node.refused(BUREAU, "catalogue/publish", parts={"id": {}}) == "cli/bad-arguments"
    assert node.refused(BUREAU, "catalogue/explode") == "acting/unknown-action"


def test_what_founders_decide_together_is_proposed_and_voted_on(node: Node) -> None:
    arguments = {"id": "calendar", "weekend": [6, 7], "holidays": [], "workdays": []}
    assert node.refused(BUREAU, "governance/set-calendar", arguments=arguments) == "acting/proposal-needed"
    proposal = {"id": "p-1", "motive": "New holidays"}
    done = node.act(BUREAU, "governance/set-calendar", arguments=arguments, proposal=proposal)
    assert done["subject"] == "governance.proposal/p-1"


def test_locked_keys_sign_nothing_until_their_operator_unlocks_them(node: Node) -> None:
    node.home.stop()
    other = Path(node.home.home) / "keys" / TECH / "keystore.json"
    store = Keystore.open(other)
    store.unlock(PASSPHRASE)
    store.change_passphrase(b"a passphrase of its own")
    node.home.serve()
    node.close()
    store = node.use(TECH, b"a passphrase of its own")
    arguments = {"id": "air-3", "dataset": "air", "end": END}
    body: dict[str, Any] = {"arguments": arguments, "parts": {"terms": TERMS}}
    assert node.refused(TECH, "sharing/request", **body) == "custodian/keys-locked"
    store.change_passphrase(PASSPHRASE)
    assert node.home.do("keys", "unlock", author=TECH) == {"unlocked": True}
    node.act(TECH, "sharing/request", **body)
    assert node.record("sharing.negotiation/air-3")["state"] == "REQUESTED"
