import hashlib
import hmac
import json
from pathlib import Path

import gmssl_pyx
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dongting.errors import Refused
from dongting.wire import stream
from dongting.wire.profile import INTERNATIONAL, NATIONAL, PROFILES, sm3
from dongting.wire.stream import HEADER_SIZE, TAG_SIZE

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "sm4.json").read_text())
KEY, PREFIX, SMALL = bytes(range(32)), b"prefix7", 4096
SEALED = SMALL + TAG_SIZE
both = pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)


def sealed(content, profile=INTERNATIONAL, segment_size=SMALL):
    return b"".join(stream.encrypt(stream.begin(KEY, PREFIX, profile, segment_size), [content]))


def opened(ciphertext, profile=INTERNATIONAL, key=KEY):
    return b"".join(stream.decrypt([ciphertext], key, profile))


def content_of(size):
    return hashlib.shake_128(b"content").digest(size)


def refusal(ciphertext, profile=INTERNATIONAL, key=KEY):
    with pytest.raises(Refused) as refused:
        opened(ciphertext, profile, key)
    return refused.value.code


def test_sm4_gives_the_example_of_gb_t_32907():
    v = {name: bytes.fromhex(value) for name, value in VECTORS["block"].items() if name != "source"}
    encryptor = Cipher(algorithms.SM4(v["key"]), modes.ECB()).encryptor()
    assert encryptor.update(v["plaintext"]) + encryptor.finalize() == v["ciphertext"]


def test_segments_are_sm4_gcm_of_rfc_8998():
    v = {name: bytes.fromhex(value) for name, value in VECTORS["gcm"].items() if name != "source"}
    seal, unseal = stream._sm4(v["key"])
    assert seal(v["nonce"], v["plaintext"], v["aad"]) == v["ciphertext"] + v["tag"]
    assert unseal(v["nonce"], v["ciphertext"] + v["tag"], v["aad"]) == v["plaintext"]


def hkdf(hash_of, block, key, salt, info, size):
    """RFC 5869, written again here so that the format has a second implementation."""

    def mac(k, m):
        k = hash_of(k) if len(k) > block else k
        k = k.ljust(block, b"\0")
        return hash_of(bytes(b ^ 0x5C for b in k) + hash_of(bytes(b ^ 0x36 for b in k) + m))

    extracted, okm, t, n = mac(salt, key), b"", b"", 1
    while len(okm) < size:
        t = mac(extracted, t + info + bytes([n]))
        okm, n = okm + t, n + 1
    return okm[:size]


def test_the_format_is_what_the_documents_say_international():
    ciphertext = sealed(content_of(SMALL + 5))
    parameters = b"DTST\x01\x01\x0c" + PREFIX + b"\0\0"
    okm = hkdf(lambda m: hashlib.sha256(m).digest(), 64, KEY, parameters, b"dongting/stream/v1", 64)
    assert hmac.compare_digest(ciphertext[:HEADER_SIZE], parameters + okm[:32])
    aead, header = AESGCM(okm[32:]), parameters + okm[:32]
    first = aead.encrypt(PREFIX + bytes(5), content_of(SMALL + 5)[:SMALL], header)
    second = aead.encrypt(PREFIX + b"\0\0\0\x01\x01", content_of(SMALL + 5)[SMALL:], header)
    assert ciphertext == header + first + second


def test_the_format_is_what_the_documents_say_national():
    ciphertext = sealed(b"content", NATIONAL)
    parameters = b"DTST\x01\x02\x0c" + PREFIX + b"\0\0"
    okm = hkdf(sm3, 64, KEY, parameters, b"dongting/stream/v1", 48)
    body, tag = gmssl_pyx.sm4_gcm_encrypt(
        okm[32:], PREFIX + b"\0\0\0\0\x01", parameters + okm[:32], b"content"
    )
    assert ciphertext == parameters + okm[:32] + body + tag


@both
def test_pinned_streams_stay(profile):
    pinned = {
        "international": "094c4b0d73167b149bcaff2505b544d61145848a2ccc9c4ff33dcdc7ae50e855",
        "national": "24becbf6a157ccea718f1f55841cc8cb462e31766ae3ac6ef7334e2b3db805e3",
    }
    assert hashlib.sha256(sealed(content_of(10_000), profile)).hexdigest() == pinned[profile.name]


@both
@pytest.mark.parametrize("size", [0, 1, SMALL - 1, SMALL, SMALL + 1, 3 * SMALL])
def test_contents_of_every_shape_come_back(profile, size):
    ciphertext = sealed(content_of(size), profile)
    assert len(ciphertext) == stream.ciphertext_size(size, SMALL)
    assert stream.content_size(len(ciphertext), SMALL) == size
    assert opened(ciphertext, profile) == content_of(size)


@both
def test_a_change_of_any_byte_is_refused(profile):
    ciphertext = sealed(content_of(20), profile)
    for i in range(len(ciphertext)):
        refusal(ciphertext[:i] + bytes([ciphertext[i] ^ 0x80]) + ciphertext[i + 1 :], profile)


def test_cut_off_anywhere_it_is_refused():
    ciphertext = sealed(content_of(2 * SMALL + 10))
    ends = {HEADER_SIZE, HEADER_SIZE + SEALED, HEADER_SIZE + 2 * SEALED, len(ciphertext) - 1, 0, 5}
    for end in ends | set(range(0, len(ciphertext), 997)):
        refusal(ciphertext[:end])


def test_segments_reordered_repeated_dropped_or_added_are_refused():
    ciphertext = sealed(content_of(4 * SMALL))
    header = ciphertext[:HEADER_SIZE]
    a, b, c, d = (ciphertext[HEADER_SIZE + i * SEALED :][:SEALED] for i in range(4))
    for order in ((b, a, c, d), (a, a, c, d), (a, b, c, c, d), (a, c, d), (b, c, d), (a, b, d), (a, b, c)):
        assert refusal(header + b"".join(order)) is stream.STREAM_DAMAGED
    for tail in (b"\0", d, bytes(SEALED), bytes(TAG_SIZE)):
        assert refusal(ciphertext + tail) is stream.STREAM_DAMAGED


def test_an_empty_segment_after_a_full_one_is_no_second_form_of_the_same_content():
    s = stream.begin(KEY, PREFIX, INTERNATIONAL, SMALL)
    forged = s.header + s.seal(0, False, content_of(SMALL)) + s.seal(1, True, b"")
    assert refusal(forged) is stream.STREAM_DAMAGED


def test_segments_of_another_stream_are_refused():
    one = sealed(content_of(2 * SMALL))
    other = b"".join(
        stream.encrypt(stream.begin(KEY, b"another", INTERNATIONAL, SMALL), [content_of(2 * SMALL)])
    )
    assert refusal(one[: HEADER_SIZE + SEALED] + other[HEADER_SIZE + SEALED :]) is stream.STREAM_DAMAGED


def test_a_wrong_key_is_told_from_damage_and_from_a_foreign_format():
    ciphertext = sealed(b"content")
    assert refusal(ciphertext, key=bytes(32)) is stream.WRONG_DATA_KEY
    assert refusal(ciphertext, key=KEY[:16]) is stream.WRONG_DATA_KEY
    assert refusal(ciphertext, NATIONAL) is stream.BAD_STREAM
    assert refusal(b"PK\x03\x04" + bytes(60)) is stream.BAD_STREAM
    assert refusal(b"DTST\x02" + ciphertext[5:]) is stream.BAD_STREAM
    assert refusal(ciphertext[:6] + b"\x3f" + ciphertext[7:]) is stream.BAD_STREAM


def test_a_range_decrypts_from_its_window_alone():
    content = content_of(5 * SMALL + 100)
    ciphertext = sealed(content)
    s = stream.resume(ciphertext[:HEADER_SIZE], KEY, INTERNATIONAL)
    where = stream.window(SMALL + 10, 3 * SMALL, len(content), SMALL)
    assert (where.first, where.start, where.stop, where.last) == (
        1, HEADER_SIZE + SEALED, HEADER_SIZE + 3 * SEALED, False,
    )  # fmt: skip
    got = b"".join(stream.decrypt_window(s, [ciphertext[where.start : where.stop]], where))
    assert got == content[SMALL + 10 : 3 * SMALL]


def test_a_window_cut_off_or_continued_or_shifted_is_refused():
    content = content_of(5 * SMALL)
    ciphertext = sealed(content)
    s = stream.resume(ciphertext[:HEADER_SIZE], KEY, INTERNATIONAL)
    where = stream.window(SMALL, 3 * SMALL, len(content), SMALL)
    for shift in ((0, -1), (0, -SEALED), (0, 1), (0, SEALED), (SEALED, SEALED), (-SEALED, -SEALED)):
        data = ciphertext[where.start + shift[0] : where.stop + shift[1]]
        with pytest.raises(Refused) as refused:
            list(stream.decrypt_window(s, [data], where))
        assert refused.value.code is stream.STREAM_DAMAGED


@pytest.mark.parametrize(("start", "stop"), [(-1, 5), (5, 4), (0, 101), (101, 101)])
def test_a_range_outside_the_content_is_refused(start, stop):
    with pytest.raises(Refused) as refused:
        stream.window(start, stop, 100)
    assert refused.value.code is stream.BAD_RANGE


@pytest.mark.parametrize("size", [0, HEADER_SIZE, HEADER_SIZE + 15, HEADER_SIZE + SEALED + TAG_SIZE])
def test_sizes_that_no_ciphertext_has_are_refused(size):
    with pytest.raises(Refused) as refused:
        stream.content_size(size, SMALL)
    assert refused.value.code is stream.BAD_STREAM


def test_a_stream_never_prints_its_key():
    assert repr(KEY) not in repr(stream.begin(KEY, PREFIX, INTERNATIONAL))
