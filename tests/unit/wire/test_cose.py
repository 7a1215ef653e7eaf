"""COSE as others write it: Sig_structure, COSE_Sign1, CWT claims and thumbprints byte for byte."""

import json
from pathlib import Path

import cbor2
import pytest

from dongting.wire import cbor, statement
from dongting.wire.keys import PrivateKey, PublicKey, public_key
from dongting.wire.profile import INTERNATIONAL, NATIONAL, sm3
from dongting.wire.suites import ED25519, ES256, SUITES

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "cose.json").read_text())


def signed(data: bytes, external: bytes, protected: bytes) -> tuple[bytes, bytes]:
    """What is signed and the signature of a COSE_Sign1 (RFC 9052, section 4.4)."""
    _, _, payload, signature = cbor2.loads(data).value
    return cbor.encode(["Signature1", protected, external, payload]), signature


@pytest.mark.parametrize("vector", VECTORS["sign1"], ids=lambda vector: vector["name"])
def test_a_published_cose_sign1_is_signed_over_the_bytes_that_we_would_sign(vector):
    message, signature = signed(
        bytes.fromhex(vector["cbor"]), bytes.fromhex(vector["external"]), bytes.fromhex(vector["protected"])
    )
    assert message.hex() == vector["to_be_signed"]
    key = PublicKey(ES256, bytes.fromhex(vector["public"]))
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    s = int.from_bytes(signature[32:])
    lower = signature[:32] + min(s, order - s).to_bytes(32)
    assert key.verify(lower, message)
    assert key.verify(signature, message) is (signature == lower)


def test_the_bytes_to_be_signed_under_eddsa_are_the_published_ones():
    vector = VECTORS["eddsa_to_be_signed"]
    message = ["Signature1", bytes.fromhex(vector["protected"]), b"", bytes.fromhex(vector["payload"])]
    assert cbor.encode(message).hex() == vector["to_be_signed"]
    # The hand-made path of `statement` gives the same bytes for the same header and payload.
    head, payload = bytes.fromhex(vector["protected"]), bytes.fromhex(vector["payload"])
    frame = b"\xd2\x84" + cbor.encode(head) + b"\xa0" + cbor.encode(payload) + b"\x58\x40" + bytes(64)
    assert statement.to_be_signed(frame).hex() == vector["to_be_signed"]


def test_a_published_cwt_has_its_claims_and_signature():
    vector = VECTORS["cwt"]
    data = bytes.fromhex(vector["signed"])
    protected, _, payload, signature = cbor2.loads(data).value
    assert payload.hex() == vector["claims"]
    claims = cbor.decode(payload)
    assert cbor.encode(claims) == payload
    assert claims[statement.ISS] == "coap://as.example.com"
    assert claims[statement.SUB] == "erikw"
    assert claims[statement.AUD] == "coap://light.example.com"
    assert (claims[statement.EXP], claims[statement.IAT]) == (1444064944, 1443944944)
    assert claims[statement.CTI] == bytes.fromhex("0b71")
    key = PublicKey(ES256, bytes.fromhex(vector["public"]))
    message = cbor.encode(["Signature1", protected, b"", payload])
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    s = int.from_bytes(signature[32:])
    assert key.verify(signature[:32] + min(s, order - s).to_bytes(32), message)


def test_the_published_thumbprint_is_ours():
    vector = VECTORS["thumbprint"]
    cose = bytes.fromhex(vector["cose"])
    key = PublicKey(ES256, cose[8:40] + cose[43:])
    assert key.cose() == cose
    assert key.thumbprint(INTERNATIONAL).hex() == vector["sha256"]
    assert key.thumbprint(NATIONAL) == sm3(cose)


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)
def test_a_statement_is_a_cose_sign1_for_any_reader(suite):
    key = PrivateKey.generate(suite)
    data = statement.build(
        key, INTERNATIONAL, issuer="env-bureau", network="ab" * 32, action="catalogue/publish",
        subject="catalogue.dataset/pm25", arguments={"id": "pm25"}, issued=1_700_000_000, nonce=bytes(16),
        expires=1_700_000_300,
    )  # fmt: skip
    message = cbor2.loads(data)
    protected, unprotected, payload, signature = message.value
    header = cbor2.loads(protected)
    assert (message.tag, dict(unprotected), payload) == (18, {}, b'{"id":"pm25"}')
    assert header == {
        1: suite.alg,
        3: "application/json",
        4: key.public().thumbprint(INTERNATIONAL),
        15: {
            1: "env-bureau", 2: "catalogue.dataset/pm25", 3: "ab" * 32, 4: 1_700_000_300, 6: 1_700_000_000,
            7: bytes(16), -65537: "catalogue/publish",
        },
    }  # fmt: skip
    assert cbor.encode(header) == protected
    assert key.public().verify(signature, cbor2.dumps(["Signature1", protected, b"", payload]))


def test_a_key_with_optional_parameters_is_another_byte_form_and_refused():
    key = PrivateKey.generate(ED25519).public()
    assert public_key(key.cose()) == key
    for more in ({2: b"kid"}, {3: -8}, {4: [2]}, {-4: bytes(32)}, {"x": 1}):
        with pytest.raises(statement.Refused):
            public_key(cbor.encode({1: 1, -1: 6, -2: key.raw, **more}))
