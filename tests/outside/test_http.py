"""Signed requests and canonical JSON as others make them: HTTP Message Signatures (RFC 9421) by npm
http-message-signatures, RFC 8785 by npm canonicalize."""

import base64
import json
import secrets
import time
from typing import Any

import httpx
import pytest

from dongting.sdk.transport import Signature
from dongting.standards.http_signatures import Policy, content_digest, request, verify
from dongting.testing.stories import DESCRIPTION, TERMS
from dongting.wire import jcs
from dongting.wire.keys import PrivateKey
from dongting.wire.profile import INTERNATIONAL
from dongting.wire.suites import ED25519

BODY = '{"query":"空气"}'.encode()
PARTS = ["@method", "@authority", "@path", "@query"]
TARGETS = ["/", "/v1/records/catalogue.dataset?order=title&limit=10", "/v1/search?q=%E7%A9%BA%E6%B0%94"]


def signed_by_us(key: PrivateKey, url: str, content: bytes = b"") -> dict[str, Any]:
    """A request as the client sends it."""
    plain = httpx.Request("POST" if content else "GET", url, content=content or None)
    sent = next(Signature(key, INTERNATIONAL).auth_flow(plain))
    return {"method": sent.method, "url": url, "headers": dict(sent.headers)}


@pytest.mark.parametrize("base", ["http://localhost:8420", "https://hunan.example", "http://Hunan.Example"])
@pytest.mark.parametrize("content", [b"", BODY], ids=["without", "with content"])
def test_what_the_client_signs_is_verified_elsewhere(node: Any, base: str, content: bytes) -> None:
    key = PrivateKey.generate(ED25519)
    keyid = key.public().thumbprint(INTERNATIONAL).hex()
    requests = [signed_by_us(key, base + target, content) for target in TARGETS]
    spoiled = {**requests[1], "url": requests[1]["url"] + "0"}
    required = [*PARTS, "content-digest"] if content else PARTS
    answer = node(
        "verify", requests=[*requests, spoiled], key=key.public().raw, keyid=keyid, required=required
    )
    assert answer == {"verdicts": [True] * len(TARGETS) + [False]}


def signed_elsewhere(node: Any, key: PrivateKey, url: str, fields: list[str], content: bytes = b"") -> Any:
    headers = {"content-digest": content_digest(content)} if content else {}
    asked = {"method": "POST" if content else "GET", "url": url, "headers": headers}
    answer = node(
        "sign",
        request=asked,
        seed=key.raw[:32],
        keyid=key.public().thumbprint(INTERNATIONAL).hex(),
        nonce=secrets.token_urlsafe(12),
        created=int(time.time()),
        fields=[*fields, *headers],
    )
    assert "error" not in answer, answer
    return answer["headers"]


@pytest.mark.parametrize("fields", [PARTS, ["@method", "@target-uri"]], ids=["parts", "uri"])
@pytest.mark.parametrize("content", [b"", BODY], ids=["without", "with content"])
def test_what_is_signed_elsewhere_is_verified_here(node: Any, fields: list[str], content: bytes) -> None:
    key = PrivateKey.generate(ED25519)
    url = "https://hunan.example" + TARGETS[2]
    headers = signed_elsewhere(node, key, url, fields, content)
    message = request("POST" if content else "GET", url, headers.items())
    found = verify(
        message,
        Policy(tuple(fields), parameters=("keyid", "nonce"), algorithms=frozenset({"ed25519"})),
        int(time.time()),
        lambda _, base, signature: key.public().verify(signature, base),
        content=bool(content),
    )
    assert found.input.text("alg") == "ed25519"


@pytest.mark.parametrize("fields", [PARTS, ["@method", "@target-uri"]], ids=["parts", "uri"])
def test_a_running_node_answers_who_signs_elsewhere(node: Any, served: Any, fields: list[str]) -> None:
    served.register(1)
    url = f"{served.url}/v1/leaves/0"
    headers = signed_elsewhere(node, served.keys["green-tech"], url, fields)
    with httpx.Client(trust_env=False) as client:
        assert client.get(url).status_code == 401
        answer = client.get(url, headers=headers)
        assert (answer.status_code, answer.content) == (200, served.run(served.node.leaf(0)))
        again = client.get(url, headers=headers)
    assert again.json()["code"] == "http/replayed-request", "one signature counts once"


VALUES: list[Any] = [
    DESCRIPTION,
    TERMS,
    {"": 0, "a": -1, "A": 1, "ä": 2, "空": 3, "𝒳": 4, "\ue000": 5, "\uffff": 6, "10": 7, "9": 8},
    [
        '"',
        "\\",
        "/",
        "\b\f\n\r\t",
        "\x00\x1f\x7f\x80\u2028\u2029",
        '€$\u000f\nA\'B"\\"/',
        "<>&",
        "😀",
        "é",
        "e\u0301",
    ],
    [2**53 - 1, -(2**53) + 1, 0, 9007199254740990, 10**15],
    {"deep": [[[[{"a": [{}, [], None, True, False]}]]]]},
]


def canonical_elsewhere(node: Any, values: list[Any]) -> list[bytes]:
    texts = [json.dumps(value).encode() for value in values]
    return [base64.b64decode(text) for text in node("jcs", texts=texts)["texts"]]


def test_canonical_json_agrees(node: Any) -> None:
    ours = [jcs.encode(value) for value in VALUES]
    assert canonical_elsewhere(node, VALUES) == ours
    assert [jcs.decode(data) for data in ours] == VALUES


def test_canonical_json_of_many_texts_agrees(node: Any) -> None:
    # Every character of the planes in use, alone and as a key beside others.
    codes = [*range(0xD800), *range(0xE000, 0x10000), *range(0x1F300, 0x1F600), 0x10FFFF]
    rows = [
        {chr(code) + key: chr(code) for key in "a空𝒳" for code in codes[at : at + 64]}
        for at in range(0, len(codes), 64)
    ]
    assert canonical_elsewhere(node, rows) == [jcs.encode(row) for row in rows]
