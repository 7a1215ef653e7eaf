"""Members' own nodes: registered by their organisation, asking on its behalf, and no further."""

import secrets
from typing import Any

import pytest

from dongting.wire.keys import PrivateKey, to_base64
from dongting.wire.suites import ED25519

TECH, BUREAU = "green-tech", "env-bureau"


class Node:
    """A node's key, and requests that it signs on behalf of an organisation."""

    def __init__(self, site: Any) -> None:
        self.site = site
        self.key = PrivateKey.generate(ED25519)
        self.kid = self.key.public().thumbprint(site.profile).hex()
        self.text = to_base64(self.key.public().cose())

    def admitted(self, by: str, key: str | None = None) -> Any:
        return self.site.ask("PUT", f"/v1/nodes/{self.kid}", by=by, json={"key": key or self.text})

    def ask(self, method: str, target: str, organisation: str, **more: Any) -> Any:
        fields = self.site.signature("", method, target, key=self.key, keyid=f"{self.kid}@{organisation}")
        return self.site.ask(method, target, headers=fields, **more)


@pytest.fixture
def node(site: Any) -> Node:
    return Node(site)


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_registered_node_asks_for_its_organisation_until_it_is_dismissed(site: Any, node: Node) -> None:
    assert code(node.ask("GET", "/v1/exchange", TECH)) == (401, "follow/node-not-registered")
    assert node.admitted(TECH).status_code == 204
    assert node.admitted(TECH).status_code == 204
    assert node.ask("GET", "/v1/exchange", TECH).status_code == 200
    assert node.kid in site.ask("GET", "/v1/nodes", by=TECH).json()["nodes"]
    assert code(node.ask("GET", "/v1/exchange", BUREAU)) == (401, "follow/node-not-registered")
    assert site.ask("DELETE", f"/v1/nodes/{node.kid}", by=TECH).status_code == 204
    assert code(site.ask("DELETE", f"/v1/nodes/{node.kid}", by=TECH)) == (401, "follow/node-not-registered")
    assert node.kid not in site.ask("GET", "/v1/nodes", by=TECH).json()["nodes"]


def test_a_node_registers_no_other_node_and_no_foreign_key(site: Any, node: Node) -> None:
    node.admitted(TECH)
    other = Node(site)
    fields = {"content-type": "application/json"}
    content = b'{"key":"%b"}' % other.text.encode()
    target = f"/v1/nodes/{other.kid}"
    signed = site.signature("", "PUT", target, content, key=node.key, keyid=f"{node.kid}@{TECH}")
    assert code(site.ask("PUT", target, content=content, headers=fields | signed)) == (
        403, "follow/only-the-organisation-itself",
    )  # fmt: skip
    assert code(other.admitted(TECH, node.text)) == (422, "follow/node-key-differs")
    assert other.admitted(TECH, "AAAA").status_code in (400, 401, 422)
    assert code(other.ask("GET", "/v1/exchange", TECH)) == (401, "follow/node-not-registered")


def test_a_node_is_told_what_became_readable_by_its_organisation_only(site: Any, node: Node) -> None:
    node.admitted(TECH)
    before = node.ask("GET", "/v1/exchange", TECH).json()["items"]
    after = before[-1]["number"] if before else 0
    name = secrets.token_hex(32)
    blob = site.profile.hash(b"sealed").hex()
    envelopes = [{"blob": blob, "reader": r, "key": "ab" * 32, "sealed": "c2VhbGVk"} for r in (BUREAU, TECH)]
    body = {"blob": to_base64(b"sealed"), "envelopes": envelopes, "about": "sharing.negotiation/one"}
    for _ in range(2):  # the second time nothing changes
        assert site.ask("PUT", f"/v1/parts/{name}", by=BUREAU, json=body).status_code == 204
    items = node.ask("GET", f"/v1/exchange?after={after}", TECH).json()["items"]
    assert [(item["kind"], item["name"]) for item in items] == [("part", name)]
    part = node.ask("GET", f"/v1/parts/{name}", TECH).json()
    assert (part["about"], part["owner"]) == ("sharing.negotiation/one", BUREAU)
    hidden = secrets.token_hex(32)
    site.ask("PUT", f"/v1/parts/{hidden}", by=BUREAU, json={**body, "envelopes": envelopes[:1]})
    assert node.ask("GET", f"/v1/exchange?after={items[-1]['number']}", TECH).json()["items"] == []
    assert code(node.ask("GET", f"/v1/parts/{hidden}", TECH)) == (403, "api/no-envelope")


def test_a_follower_fetches_only_the_new_end_of_an_entry_bundle(site: Any, node: Node) -> None:
    node.admitted(TECH)
    size = site.ask("GET", "/v1/status").json()["size"]
    if size < 2:
        site.act(BUREAU, "evidence/register", {"id": site.name("e"), "kind": "file", "content": "ab" * 32})
        size = site.ask("GET", "/v1/status").json()["size"]
    index, width = divmod(size - 1, 256)
    path = f"/log/tile/entries/{index:03d}" + (f".p/{width + 1}" if width < 255 else "")
    whole = node.ask("GET", path, TECH)
    fields = site.signature("", "GET", path, key=node.key, keyid=f"{node.kid}@{TECH}")
    part = site.ask("GET", path, headers=fields | {"range": "bytes=5-"})
    assert (part.status_code, part.content) == (206, whole.content[5:])


def test_a_checkpoint_that_is_waited_for_comes_at_once_when_there_is_more(site: Any) -> None:
    size = site.ask("GET", "/v1/status").json()["size"]
    answer = site.ask("GET", f"/log/checkpoint?above={max(size - 1, 0)}&wait=20")
    assert answer.status_code == 200
    assert site.ask("GET", "/log/checkpoint?above=0&wait=26").status_code == 400
