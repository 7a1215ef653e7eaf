"""The browser's decoders and signatures, against vectors and against those of the node."""

import hashlib
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nacl import bindings as sodium

from dongting.errors import Refused
from dongting.wire import cbor, jcs
from dongting.wire.keys import PrivateKey, PublicKey, public_key, to_base64
from dongting.wire.suites import ED25519, ES256, SM2

ROOT = Path(__file__).parents[4]
VECTORS = ROOT / "tests/vectors"
SOURCE = ROOT / "src/dongting/web/static/verify"
Run = Callable[..., dict[str, Any]]
Agree = Callable[[bytes, str | None], str]


def test_sha256_of_any_pieces_is_that_of_the_standard_library(run: Run) -> None:
    dice = random.Random(5)
    for size in [*range(130), 1000, 65_537]:
        data = dice.randbytes(size)
        cut = dice.randrange(size + 1)
        pieces = [data[:cut], data[cut : cut + 7], data[cut + 7 :]]
        assert run("sha256", pieces=pieces)["digest"] == hashlib.sha256(data).hexdigest()


def test_cbor_is_accepted_and_refused_alike(run: Run) -> None:
    vectors = json.loads((VECTORS / "cbor.json").read_text(encoding="utf-8"))
    known = [bytes.fromhex(case["hex"]) for case in [*vectors["accepted"], *vectors["refused"]]]
    dice = random.Random(6)
    spoiled = [dice.randbytes(dice.randrange(12)) for _ in range(400)]
    for data in known * 8:
        altered = bytearray(data)
        altered[dice.randrange(len(altered))] ^= 1 << dice.randrange(8)
        spoiled.append(bytes(altered))
    deep = [b"\x81" * depth + b"\x00" for depth in (15, 16, 17, 5000)]
    for data in [*known, *spoiled, *deep]:
        assert accepted(run, "cbor", data) == readable(cbor.decode, data), data.hex()


def test_json_is_accepted_and_refused_alike(run: Run) -> None:
    vectors = json.loads((VECTORS / "jcs.json").read_text(encoding="utf-8"))
    texts = [json.dumps(case).encode() for case in vectors["canonical"]]
    texts += [
        jcs.encode(case) for case in ([], {}, {"a": [1, -1, None, True]}, "é\u2028\x7f\n\u0001", 2**53 - 1)
    ]
    texts += [
        b'{"__proto__":{"a":1},"a":2}',
        b'{"10":1,"9":2}',
        b'{"9":1,"10":2}',
        b'"\\ud800"',
        b'"\xed\xa0\x80"',
    ]
    texts += [
        b"-0",
        b"1.0",
        b"1e2",
        b"9007199254740992",
        b"01",
        b" 1",
        b"1 ",
        b"\xef\xbb\xbf1",
        b'"\\u00e9"',
        b"",
    ]
    texts += ['{"\U0001f600":1,"\ufb33":2}'.encode(), '{"\ufb33":2,"\U0001f600":1}'.encode()]
    texts += [b"[" * depth + b"]" * depth for depth in (64, 65, 5000)]
    texts += [
        b'"\\/"',
        b'"\\u001f"',
        b'"\\u001F"',
        b'"\\b\\t\\n\\f\\r"',
        b'"\x7f"',
        b"tru",
        b"nul",
        b'{"a":1,}',
    ]
    for data in texts:
        assert accepted(run, "json", data) == readable(jcs.decode, data), data


def accepted(run: Run, task: str, data: bytes) -> bool:
    return "refused" not in run(task, data=data)


def readable(decode: Callable[[bytes], Any], data: bytes) -> bool:
    try:
        decode(data)
    except Refused:
        return False
    return True


def test_signatures_are_judged_alike(run: Run) -> None:
    edwards = json.loads((VECTORS / "ed25519.json").read_text(encoding="utf-8"))
    cases = [(ED25519, case["public"], case["message"], case["signature"]) for case in edwards["rfc8032"]]
    cases += [
        (ED25519, group["public"], case["msg"], case["sig"])
        for group in [edwards["wycheproof"]]
        for case in group["tests"]
    ]
    nist = json.loads((VECTORS / "es256.json").read_text(encoding="utf-8"))["tests"]
    cases += [(ES256, case["public"], case["msg"], case["sig"]) for case in nist]
    verdicts = set()
    for suite, raw, message, signature in cases:
        key = public_key(PublicKey(suite, bytes.fromhex(raw)).cose())
        given = bytes.fromhex(signature), bytes.fromhex(message)
        answer = run("signed", key=to_base64(key.cose()), signature=given[0], message=given[1])
        assert answer == {"valid": key.verify(*given)}, (suite.name, signature)
        verdicts.add((suite.name, answer["valid"]))
    assert len(verdicts) == 4


#: Points of edwards25519 of order 1, 2, 4 and 8, other spellings of them, and bytes that are no point.
ODD_POINTS = (
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0200000000000000000000000000000000000000000000000000000000000000",
)


def test_weak_keys_and_signatures_are_refused_alike(run: Run) -> None:
    secret = sodium.crypto_core_ed25519_scalar_reduce(bytes(range(64)))
    public = sodium.crypto_scalarmult_ed25519_base_noclamp(secret)
    order_8 = bytes.fromhex(ODD_POINTS[4])
    points = [bytes.fromhex(point) for point in ODD_POINTS]
    for raw in [*points, sodium.crypto_core_ed25519_add(public, order_8), b"\xff" * 32]:
        assert not ED25519.sound(raw)
        answer = run("key", key=to_base64(PublicKey(ED25519, raw).cose()))
        assert answer["refused"] == "wire/weak-key"
    message = b"signed"
    blind = sodium.crypto_core_ed25519_scalar_reduce(bytes(range(64, 128)))
    place = sodium.crypto_scalarmult_ed25519_base_noclamp(blind)
    shifted = sodium.crypto_core_ed25519_add(place, order_8)
    key = PublicKey(ED25519, public)
    verdicts = []
    for r, scalar in [(place, blind), (shifted, blind), *[(point, bytes(32)) for point in points]]:
        challenge = sodium.crypto_core_ed25519_scalar_reduce(hashlib.sha512(r + public + message).digest())
        s = sodium.crypto_core_ed25519_scalar_add(
            scalar, sodium.crypto_core_ed25519_scalar_mul(challenge, secret)
        )
        answer = run("signed", key=to_base64(key.cose()), signature=r + s, message=message)
        assert answer["valid"] == key.verify(r + s, message), r.hex()
        verdicts.append(answer["valid"])
    assert verdicts == [True] + [False] * 11


def test_points_beside_their_curve_are_refused_alike(run: Run) -> None:
    dice = random.Random(7)
    for suite in (ES256, SM2):
        raw = PrivateKey.generate(suite).public().raw
        assert run("key", key=to_base64(PublicKey(suite, raw).cose())) == {"suite": suite.name}
        for spoiled in (
            bytes(64),
            b"\xff" * 64,
            raw[32:] + raw[:32],
            raw[:-1] + bytes([raw[-1] ^ 1]),
            dice.randbytes(64),
        ):
            assert not suite.sound(spoiled)
            answer = run("key", key=to_base64(PublicKey(suite, spoiled).cose()))
            assert answer["refused"] == "wire/weak-key"
