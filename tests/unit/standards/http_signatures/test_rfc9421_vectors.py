"""The published examples of RFC 9421, appendix B.2, with their own keys."""

import base64
import hashlib
import hmac
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from nacl.signing import SigningKey, VerifyKey

from dongting.standards.http_signatures import (
    Policy,
    Response,
    matches_digest,
    request,
    sign,
    signature_base,
    verify,
)
from dongting.standards.http_signatures.fields import parse_signatures
from dongting.standards.http_signatures.message import Message

VECTORS = json.loads((Path(__file__).parents[3] / "vectors" / "rfc9421.json").read_text())
KEYS = VECTORS["keys"]


def signed(name: str) -> Message:
    case = VECTORS[name]
    added = (("Signature-Input", case["signature_input"]), ("Signature", case["signature"]))
    if name == "B.2.4":
        response = VECTORS["response"]
        return Response(response["status"], (*map(tuple, response["fields"]), *added))
    sent = VECTORS["request"]
    return request(sent["method"], sent["uri"], [*map(tuple, sent["fields"]), *added])


def check(keyid: str, base: bytes, signature: bytes) -> bool:
    if keyid == "test-key-ed25519":
        VerifyKey(bytes.fromhex(KEYS[keyid]["public"])).verify(base, signature)
    elif keyid == "test-shared-secret":
        secret = base64.b64decode(KEYS[keyid])
        return hmac.compare_digest(hmac.new(secret, base, "sha256").digest(), signature)
    else:
        x, y = (int.from_bytes(base64.urlsafe_b64decode(KEYS[keyid][c] + "="), "big") for c in "xy")
        key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        key.verify(encode_dss_signature(r, s), base, ec.ECDSA(hashes.SHA256()))
    return True


@pytest.mark.parametrize("name", ["B.2.4", "B.2.5", "B.2.6"])
def test_the_signature_base_is_that_of_the_standard(name: str) -> None:
    message = signed(name)
    [signature] = parse_signatures(message.fields)
    assert signature_base(message, signature.input) == VECTORS[name]["base"].encode()


@pytest.mark.parametrize("name", ["B.2.4", "B.2.5", "B.2.6"])
def test_the_signature_of_the_standard_verifies(name: str) -> None:
    signature = verify(signed(name), Policy(components=()), 1618884473, check)
    assert signature.label == "sig-" + name.lower().replace(".", "")


def test_signing_with_the_ed25519_key_gives_the_signature_of_the_standard() -> None:
    sent = VECTORS["request"]
    unsigned = request(sent["method"], sent["uri"], map(tuple, sent["fields"]))
    key = SigningKey(bytes.fromhex(KEYS["test-key-ed25519"]["private"]))
    fields = sign(
        unsigned,
        ("date", "@method", "@path", "@authority", "content-type", "content-length"),
        {"created": 1618884473, "keyid": "test-key-ed25519"},
        lambda base: key.sign(base).signature,
        label="sig-b26",
    )
    case = VECTORS["B.2.6"]
    assert fields == (("Signature-Input", case["signature_input"]), ("Signature", case["signature"]))


@pytest.mark.parametrize("name", ["request", "response"])
def test_the_content_matches_the_digest_of_the_standard(name: str) -> None:
    message = VECTORS[name]
    content = message["content"].encode()
    [digest] = [value for field, value in message["fields"] if field == "Content-Digest"]
    matches_digest(digest, content)
    assert base64.b64encode(hashlib.sha512(content).digest()).decode() in digest
