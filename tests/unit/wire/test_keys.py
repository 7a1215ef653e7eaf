import msgspec
import pytest

from dongting.errors import Refused
from dongting.wire import cbor, genesis
from dongting.wire.keys import BAD_BASE64, BAD_KEY, PrivateKey, PublicKey, from_base64, public_key, to_base64
from dongting.wire.profile import INTERNATIONAL, NATIONAL
from dongting.wire.sealing import METHODS, DecryptionKey, encryption_key
from dongting.wire.suites import ES256, SM2, SUITES, WEAK_KEY


@pytest.mark.parametrize("kty", [[1], {1: 1}, b"\x01", "1", None, 3])
def test_a_key_type_of_any_other_kind_is_refused_not_a_fault(kty):
    with pytest.raises(Refused) as refused:
        public_key(cbor.encode({1: kty, -1: 6, -2: bytes(32)}))
    assert refused.value.code is BAD_KEY


@pytest.mark.parametrize(
    ("kind", "value"),
    [(genesis._Id, "env-bureau"), (genesis._Day, "2027-01-01"), (genesis._Key, "AAAA")],
)
def test_a_line_feed_behind_a_field_of_genesis_is_no_second_form_of_it(kind, value):
    assert msgspec.convert(value, kind) == value
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(value + "\n", kind)


SUITE_KEYS = [PrivateKey.generate(suite).public() for suite in SUITES.values()]
METHOD_KEYS = [DecryptionKey.generate(method).public() for method in METHODS.values()]
signing = pytest.mark.parametrize("key", SUITE_KEYS, ids=SUITES)
sealing = pytest.mark.parametrize("key", METHOD_KEYS, ids=METHODS)


def code_of(read, cose):
    with pytest.raises(Refused) as refused:
        read(cose)
    return refused.value.code


@signing
def test_a_signing_key_reads_back(key):
    assert public_key(key.cose()) == key
    assert from_base64(to_base64(key.cose())) == key.cose()


@sealing
def test_an_encryption_key_reads_back(key):
    assert encryption_key(key.cose()) == key


def test_the_map_of_each_key_is_that_of_the_specification():
    ed, es, sm = [cbor.decode(key.cose()) for key in SUITE_KEYS]
    x, sm_sealing = [cbor.decode(key.cose()) for key in METHOD_KEYS]
    assert {n: ed[n] for n in (1, -1)} == {1: 1, -1: 6}
    assert {n: es[n] for n in (1, -1)} == {1: 2, -1: 1}
    assert {n: sm[n] for n in (1, -1)} == {1: 2, -1: -65601} == {n: sm_sealing[n] for n in (1, -1)}
    assert {n: x[n] for n in (1, -1)} == {1: 1, -1: 4}
    assert (list(ed), list(es), list(sm)) == ([1, -1, -2], [1, -1, -2, -3], [1, -1, -2, -3])


@pytest.mark.parametrize("read", [public_key, encryption_key])
@pytest.mark.parametrize(
    "value", [None, [], "key", b"", 1, {}, {1: 1}, {"kty": "OKP"}, {1: 1, -1: 6}], ids=repr
)
def test_what_is_no_key_is_refused(read, value):
    assert code_of(read, cbor.encode(value)) is BAD_KEY


@pytest.mark.parametrize("key", [*SUITE_KEYS, *METHOD_KEYS], ids=[*SUITES, *METHODS])
def test_a_label_true_is_no_second_form_of_a_key(key):
    read = public_key if key in SUITE_KEYS else encryption_key
    parts = cbor.decode(key.cose())
    kty = parts.pop(1)
    # The same parameters; `true` (f5) equals 1 in Python and comes last in the order of bytes.
    rest = b"".join(cbor.encode(label) + cbor.encode(value) for label, value in parts.items())
    spelt = bytes([0xA1 + len(parts)]) + rest + b"\xf5" + cbor.encode(kty)
    assert code_of(read, spelt) is cbor.NOT_DETERMINISTIC


@pytest.mark.parametrize("key", [*SUITE_KEYS, *METHOD_KEYS], ids=[*SUITES, *METHODS])
def test_more_parameters_fewer_and_other_sizes_are_refused(key):
    read = public_key if key in SUITE_KEYS else encryption_key
    parts = cbor.decode(key.cose())
    for more in ({2: b"kid"}, {3: -8}, {4: [2]}, {-4: bytes(32)}, {"use": "sig"}):
        assert code_of(read, cbor.encode({**parts, **more})) is BAD_KEY
    for missing in parts:
        assert code_of(read, cbor.encode({k: v for k, v in parts.items() if k != missing})) is BAD_KEY
    for other in (b"", bytes(31), bytes(33), "x" * 32, True, None, 1):
        assert code_of(read, cbor.encode({**parts, -2: other})) is BAD_KEY


def test_a_compressed_point_is_refused():
    parts = cbor.decode(SUITE_KEYS[1].cose())
    assert code_of(public_key, cbor.encode({**parts, -3: True})) is BAD_KEY  # RFC 9053, section 7.1.1


@signing
def test_a_signing_key_of_zeros_is_weak(key):
    parts = cbor.decode(key.cose())
    parts.update({label: bytes(32) for label in parts if label in (-2, -3)})
    assert code_of(public_key, cbor.encode(parts)) is WEAK_KEY


@pytest.mark.parametrize("point", [0, 1, 2**255 - 18, 2**255 - 19, 2**255 - 20, 2**255, 2**256 - 1])
def test_an_x25519_key_of_small_order_or_not_reduced_is_weak(point):
    cose = cbor.encode({1: 1, -1: 4, -2: point.to_bytes(32, "little")})
    assert code_of(encryption_key, cose) is WEAK_KEY


@pytest.mark.parametrize(
    "text", ["=", "A", "AA==", "AB", "A A", "AA\n", "+w", "/w", "_x", "é", "\ud800", "AAAAA"]
)
def test_base64_has_one_spelling(text):
    with pytest.raises(Refused) as refused:
        from_base64(text)
    assert refused.value.code is BAD_BASE64


@pytest.mark.parametrize("data", [b"", b"\x00", b"\xff\xfe", bytes(range(256))])
def test_base64_reads_back(data):
    assert from_base64(to_base64(data)) == data


def test_keys_of_two_suites_never_share_an_id():
    raw = SUITE_KEYS[1].raw
    ids = {PublicKey(suite, raw).thumbprint(INTERNATIONAL) for suite in (ES256, SM2)}
    assert len(ids | {key.thumbprint(NATIONAL) for key in SUITE_KEYS}) == 5
