"""A statement has one byte form: everything else is refused with a stable code, by name."""

from typing import Any

import cbor2
import pytest

from dongting.errors import Refused
from dongting.wire import cbor, jcs, statement
from dongting.wire.jcs import NOT_CANONICAL
from dongting.wire.keys import PrivateKey
from dongting.wire.profile import INTERNATIONAL, NATIONAL, PROFILES
from dongting.wire.statement import MALFORMED, MAX_LIFETIME, MAX_STATEMENT, TOO_LARGE, build, decode
from dongting.wire.suites import ED25519, ES256, SM2, SUITES

KEY = PrivateKey.generate(ED25519)
TIME = 1_700_000_000
GIVEN: dict[str, Any] = {
    "issuer": "env-bureau", "network": "ab" * 32, "action": "catalogue/publish",
    "subject": "catalogue.dataset/pm25", "arguments": {"id": "pm25", "rows": 3}, "issued": TIME,
    "nonce": bytes(range(16)),
}  # fmt: skip
DATA = build(KEY, INTERNATIONAL, **GIVEN)
CLAIMS = {1: "env-bureau", 2: "catalogue.dataset/pm25", 3: "ab" * 32, 6: TIME, 7: bytes(range(16)),
          -65537: "catalogue/publish"}  # fmt: skip
HEADER = {1: -8, 3: "application/json", 4: KEY.public().thumbprint(INTERNATIONAL), 15: CLAIMS}


def code_of(data: bytes) -> object:
    with pytest.raises(Refused) as refused:
        decode(data, INTERNATIONAL)
    assert refused.value.text("en")
    assert refused.value.text("zh")
    return refused.value.code


def framed(header: bytes, payload: bytes = b"{}", *, signature: bytes = bytes(64)) -> bytes:
    """A statement of these parts; what `decode` says of it does not depend on its signature."""
    return b"\xd2\x84" + cbor.encode(header) + b"\xa0" + cbor.encode(payload) + cbor.encode(signature)


def with_claims(**changes: Any) -> bytes:
    """A statement with some claims set or, for None, left out; labels as `c<number>` or `x<number>`."""
    claims = dict(CLAIMS)
    for name, value in changes.items():
        label = int(name[1:]) * (-1 if name[0] == "x" else 1)
        if value is None:
            del claims[label]
        else:
            claims[label] = value
    return framed(cbor.encode({**HEADER, 15: claims}))


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)
@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
@pytest.mark.parametrize("expires", [None, TIME + 60])
def test_what_is_built_reads_back_and_verifies(suite, profile, expires):
    key = PrivateKey.generate(suite)
    found = decode(build(key, profile, **GIVEN, expires=expires), profile)
    assert (found.issuer, found.subject, found.network, found.action) == (
        "env-bureau", "catalogue.dataset/pm25", "ab" * 32, "catalogue/publish"
    )  # fmt: skip
    assert (found.issued, found.expires, found.nonce, found.alg) == (
        TIME,
        expires,
        bytes(range(16)),
        suite.alg,
    )
    assert jcs.decode(found.payload) == {"id": "pm25", "rows": 3}
    assert found.kid == key.public().thumbprint(profile)
    assert found.leaf == profile.hash(b"\x00" + found.data)
    assert found.verify(key.public())
    assert not found.verify(PrivateKey.generate(suite).public())


def test_a_built_header_is_that_of_the_specification():
    assert decode(framed(cbor.encode(HEADER)), INTERNATIONAL).kid == HEADER[4]
    assert DATA[:-66].endswith(cbor.encode(jcs.encode(GIVEN["arguments"])))


@pytest.mark.parametrize("cut", range(0, len(DATA), 3))
def test_a_truncated_statement_is_refused(cut):
    assert code_of(DATA[:cut]) is MALFORMED


@pytest.mark.parametrize("tail", [b"\x00", b"\xf6", DATA, bytes(64)])
def test_bytes_behind_a_statement_are_refused(tail):
    assert code_of(DATA + tail) is MALFORMED


def test_61440_bytes_are_accepted_and_one_more_refused():
    room = MAX_STATEMENT - len(build(KEY, INTERNATIONAL, **{**GIVEN, "arguments": {"x": "y" * 60_000}}))
    largest = {**GIVEN, "arguments": {"x": "y" * (60_000 + room)}}
    assert len(build(KEY, INTERNATIONAL, **largest)) == MAX_STATEMENT == 61_440
    largest["arguments"] = {"x": "y" * (60_001 + room)}
    with pytest.raises(Refused) as refused:
        build(KEY, INTERNATIONAL, **largest)
    assert refused.value.code is TOO_LARGE
    assert code_of(bytes(MAX_STATEMENT + 1)) is TOO_LARGE
    assert code_of(bytes(MAX_STATEMENT)) is MALFORMED


@pytest.mark.parametrize(
    "opening",
    [
        b"\x84",
        b"\xd1\x84",
        b"\xd8\x12\x84",
        b"\xd9\x00\x12\x84",
        b"\xd2\xd2\x84",
        b"\xd2\x98\x04",
        b"\xd2\x9f",
        b"\xd2\x85",
        b"\xd2\x83",
        b"\xd2\xa4",
        b"\xd8\x62\x84",
        b"\xd9\xd9\xf7\xd2\x84",
    ],
    ids=lambda opening: opening.hex(),
)
def test_another_tag_or_another_form_of_it_is_refused(opening):
    assert code_of(opening + DATA[2:]) is MALFORMED


@pytest.mark.parametrize("unprotected", ["a10126", "a10401", "40", "f6", "80", "bfff", "b800", "a1044101"])
def test_an_unprotected_header_that_is_not_empty_is_refused(unprotected):
    end = 2 + len(cbor.encode(cbor.encode(HEADER)))
    assert DATA[end : end + 1] == b"\xa0"
    assert code_of(DATA[:end] + bytes.fromhex(unprotected) + DATA[end + 1 :]) is MALFORMED


@pytest.mark.parametrize("payload", ["f6", "f7", "627b7d", "a0", "5f427b7dff", "58027b7d", "5900027b7d"])
def test_a_detached_payload_or_another_form_of_it_is_refused(payload):
    head = b"\xd2\x84" + cbor.encode(cbor.encode(HEADER)) + b"\xa0"
    assert decode(head + b"\x42{}" + b"\x58\x40" + bytes(64), INTERNATIONAL).payload == b"{}"
    assert code_of(head + bytes.fromhex(payload) + b"\x58\x40" + bytes(64)) is MALFORMED


@pytest.mark.parametrize("size", [0, 63, 65, 96, 4096])
def test_a_signature_of_any_other_length_is_refused(size):
    assert code_of(framed(cbor.encode(HEADER), signature=bytes(size))) is MALFORMED


@pytest.mark.parametrize("head", ["590040", "5a00000040", "5b0000000000000040", "7840", "9840", "5f5840"])
def test_a_signature_in_another_form_is_refused(head):
    assert code_of(DATA[:-66] + bytes.fromhex(head) + DATA[-64:]) is MALFORMED


@pytest.mark.parametrize("size", [23, 24, 255, 256, 300])
def test_a_payload_length_has_its_shortest_form_at_every_step(size):
    payload = b'{"x":"' + b"y" * (size - 8) + b'"}'
    good = framed(cbor.encode(HEADER), payload)
    assert decode(good, INTERNATIONAL).payload == payload
    head, shortest = good[: good.index(payload)], cbor.encode(payload)[: -len(payload)]
    start = head[: -len(shortest)]
    for form in (b"\x58" + size.to_bytes(2)[-1:], b"\x59" + size.to_bytes(2), b"\x5a" + size.to_bytes(4)):
        if form != shortest:
            assert code_of(start + form + payload + good[-66:]) is MALFORMED


@pytest.mark.parametrize(
    "payload",
    [
        b'{"a":1,"a":1}',
        b'{"a":1,"a":2}',
        b'{"b":1,"a":1}',
        b'{"a": 1}',
        b'{"a":1.0}',
        b'{"a":1.5}',
        b'{"a":1e3}',
        b'{"a":-0}',
        b'{"a":01}',
        b'{"a":9007199254740992}',
        b'{"a":-9007199254740992}',
        b'{"a":18446744073709551616}',
        b'{"a":"\\u0061"}',
        b'{"a":"\xff"}',
        b'{"a":"\\ud800"}',
        b"\xef\xbb\xbf{}",
        b"{}\n",
        b"{}{}",
        b"",
        b'{"a":' * 65 + b"1" + b"}" * 65,
    ],
    ids=lambda payload: repr(payload[:30]),
)
def test_a_payload_that_is_not_canonical_is_refused(payload):
    assert code_of(framed(cbor.encode(HEADER), payload)) is NOT_CANONICAL


@pytest.mark.parametrize("payload", [b"[]", b"null", b"1", b'"x"', b"true"])
def test_a_payload_that_is_no_object_is_refused(payload):
    assert code_of(framed(cbor.encode(HEADER), payload)) is MALFORMED


CHANGES: dict[str, dict[str, Any]] = {
    "no iss": {"c1": None},
    "empty iss": {"c1": ""},
    "long iss": {"c1": "x" * 65},
    "iss of bytes": {"c1": b"x"},
    "iss not ascii": {"c1": "省"},
    "iss with newline": {"c1": "a\n"},
    "iss with nul": {"c1": "a\0"},
    "iss with del": {"c1": "a\x7f"},
    "no sub": {"c2": None},
    "long sub": {"c2": "x" * 161},
    "no aud": {"c3": None},
    "aud as list": {"c3": ["ab" * 32]},
    "long aud": {"c3": "a" * 65},
    "no iat": {"c6": None},
    "iat as text": {"c6": "1"},
    "negative iat": {"c6": -1},
    "iat beyond 2^53-1": {"c6": 2**53},
    "iat of 64 bits": {"c6": 2**64 - 1},
    "negative exp": {"c4": -1},
    "exp beyond 2^53-1": {"c4": 2**53},
    "nbf": {"c5": 1},
    "no cti": {"c7": None},
    "short cti": {"c7": bytes(15)},
    "long cti": {"c7": bytes(17)},
    "cti as text": {"c7": "x" * 16},
    "no action": {"x65537": None},
    "long action": {"x65537": "x" * 81},
    "empty action": {"x65537": ""},
    "unknown claim": {"c8": 1},
    "unknown private claim": {"x65538": 1},
    "claim 39": {"c39": "x"},
}


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
def test_missing_unknown_and_malformed_claims_are_refused(changes):
    assert code_of(with_claims(**changes)) is MALFORMED


def test_the_limits_of_each_claim_are_accepted():
    found = decode(
        with_claims(c1="x" * 64, c2="y" * 160, c4=2**53 - 1, c6=2**53 - 1, x65537="a" * 80), INTERNATIONAL
    )
    assert (len(found.issuer), len(found.subject), len(found.action)) == (64, 160, 80)
    assert found.issued == found.expires == 2**53 - 1


@pytest.mark.parametrize("iat", [0, 23, 24, 255, 256, 65535, 65536, 2**32 - 1, 2**32])
def test_a_time_has_its_shortest_form_at_every_step(iat):
    assert decode(with_claims(c6=iat), INTERNATIONAL).issued == iat
    shortest = cbor.encode(iat)
    for size, head in ((1, 0x18), (2, 0x19), (4, 0x1A), (8, 0x1B)):
        if iat < 1 << 8 * size:
            form = bytes([head]) + iat.to_bytes(size)
            claims = cbor.encode(CLAIMS | {6: iat})
            spelt = claims.replace(b"\x06" + shortest + b"\x07", b"\x06" + form + b"\x07")
            head_bytes = cbor.encode(HEADER).replace(cbor.encode(CLAIMS), spelt)
            if form != shortest:
                assert code_of(framed(head_bytes)) is MALFORMED
            else:
                assert decode(framed(head_bytes), INTERNATIONAL).issued == iat


def test_every_other_order_of_header_and_claims_is_refused():
    # cbor2 writes maps in the order in which they were made.
    swapped = dict(reversed(list(HEADER.items())))
    assert code_of(framed(cbor2.dumps(swapped))) is MALFORMED
    for label in CLAIMS:
        moved = {key: value for key, value in CLAIMS.items() if key != label} | {label: CLAIMS[label]}
        if list(moved) != list(CLAIMS):
            assert code_of(framed(cbor2.dumps({**HEADER, 15: moved}))) is MALFORMED
    lengths_first = cbor2.dumps(HEADER, canonical=True)
    assert lengths_first == cbor.encode(HEADER)  # the same here, so nothing else would notice


@pytest.mark.parametrize(
    ("old", "new"),
    [("a4012703", "b8040127 03"), ("a4012703", "bf012703"), ("a40127", "a4180127"), ("a40127", "a4013807"),
     ("0370", "037810"), ("0370", "037f70"), ("045820", "04590020"), ("045820", "047820"), ("0fa6", "0fb806"),
     ("0fa6", "0fbf"), ("0fa6", "180fa6"), ("016a", "01780a"), ("0750", "075810"),
     ("3a00010000", "3b0000000000010000"), ("3a00010000", "3a00010001"), ("0fa6", "0fa5"), ("0fa6", "0fa7"),
     ("a401", "a501"), ("a401", "a301")],
)  # fmt: skip
def test_every_other_spelling_of_the_header_is_refused(old, new):
    header, before, after = cbor.encode(HEADER), bytes.fromhex(old), bytes.fromhex(new)
    spelt = header.replace(before, after, 1)
    assert spelt != header, "a spelling that does not occur tests nothing"
    assert code_of(framed(spelt)) is MALFORMED


@pytest.mark.parametrize("alg", [-8, -19, -7, -9, -65601])
def test_all_accepted_algorithm_numbers_are_read(alg):
    assert decode(framed(cbor.encode({**HEADER, 1: alg})), INTERNATIONAL).alg == alg


@pytest.mark.parametrize("alg", [0, 5, -6, -35, -36, -37, -47, -257, -65600, -65602, "EdDSA", None, b"\x27"])
def test_an_unknown_algorithm_is_refused(alg):
    assert code_of(framed(cbor.encode({**HEADER, 1: alg}))) is MALFORMED


@pytest.mark.parametrize("change", [{3: "text/plain"}, {3: 50}, {4: bytes(31)}, {4: bytes(33)}, {4: "x" * 32},
                                    {2: [1]}, {15: []}, {5: b"iv"}, {16: "x"}, {33: b"x"}])  # fmt: skip
def test_another_header_is_refused(change):
    assert code_of(framed(cbor.encode({**HEADER, **change}))) is MALFORMED


@pytest.mark.parametrize("missing", [1, 3, 4, 15])
def test_a_header_without_one_of_its_parameters_is_refused(missing):
    assert code_of(framed(cbor.encode({k: v for k, v in HEADER.items() if k != missing}))) is MALFORMED


def test_an_algorithm_that_is_not_that_of_the_key_never_verifies():
    for suite in (ED25519, ES256, SM2):
        key = PrivateKey.generate(suite)
        for alg in (-8, -19, -7, -9, -65601):
            header = {**HEADER, 1: alg, 4: key.public().thumbprint(INTERNATIONAL)}
            unsigned = framed(cbor.encode(header))
            signed = unsigned[:-64] + key.sign(statement.to_be_signed(unsigned))
            assert decode(signed, INTERNATIONAL).verify(key.public()) is (alg in suite.accepted)


def test_the_signature_covers_header_and_payload_and_nothing_else_could_change():
    found = decode(DATA, INTERNATIONAL)
    assert found.verify(KEY.public())
    for at in range(0, len(DATA) * 8, 5):
        flipped = bytearray(DATA)
        flipped[at // 8] ^= 1 << at % 8
        try:
            changed = decode(bytes(flipped), INTERNATIONAL)
        except Refused:
            continue
        assert not changed.verify(KEY.public())


def test_the_key_id_of_one_profile_is_not_that_of_the_other():
    assert decode(build(KEY, NATIONAL, **GIVEN), NATIONAL).kid != decode(DATA, INTERNATIONAL).kid


@pytest.mark.parametrize(
    "change",
    [{"issuer": ""}, {"issuer": "x" * 65}, {"subject": "y" * 161}, {"nonce": bytes(15)}, {"issued": -1},
     {"issued": 2**53}, {"action": "省"}, {"network": "a" * 65}, {"arguments": []}],
    ids=repr,
)  # fmt: skip
def test_what_would_not_be_read_is_not_built(change):
    with pytest.raises(Refused) as refused:
        build(KEY, INTERNATIONAL, **{**GIVEN, **change})
    assert refused.value.code is MALFORMED


def test_a_statement_lives_ten_minutes_or_until_it_expires_if_sooner():
    assert decode(DATA, INTERNATIONAL).last_moment() == TIME + MAX_LIFETIME
    for expires, last in ((TIME + 60, TIME + 60), (TIME + 10_000, TIME + MAX_LIFETIME), (0, 0)):
        data = build(KEY, INTERNATIONAL, **GIVEN, expires=expires)
        assert decode(data, INTERNATIONAL).last_moment() == last
