import msgspec
import pytest

from dongting.errors import Refused
from dongting.wire import part
from dongting.wire.part import Part
from dongting.wire.profile import INTERNATIONAL, NATIONAL, PROFILES, sha256, sm3

SALT = bytes(range(32))


def test_commitment_is_the_documented_hash_under_each_profile():
    content = b'{"purpose":"air quality"}'
    label = b"dongting/part/v1\0"
    assert Part(SALT, content).commitment(INTERNATIONAL) == sha256(label + SALT + sha256(content)).hex()
    assert Part(SALT, content).commitment(NATIONAL) == sm3(label + SALT + sm3(content)).hex()


def test_a_pinned_commitment_stays():
    assert [Part(SALT, b"{}").commitment(p) for p in (INTERNATIONAL, NATIONAL)] == [
        "839df1389d3bdcb29d203dd4194e95c449a6b574e237f64a426908c5b76d0d5c",
        "85ca1e763e3b11b74c6b329ff985d1c56d3ec5a74da446dbe506c2dc045b4afa",
    ]


def test_a_running_digest_commits_like_the_content():
    assert part.commit(SALT, sha256(b"long file"), INTERNATIONAL) == Part(SALT, b"long file").commitment(
        INTERNATIONAL
    )


def test_another_salt_or_content_has_another_commitment():
    seen = {
        Part(salt, content).commitment(INTERNATIONAL)
        for salt in (SALT, bytes(32))
        for content in (b"", b"a", b"b")
    }
    assert len(seen) == 6


def test_matching_refuses_other_content():
    commitment = Part(SALT, b"terms").commitment(INTERNATIONAL)
    assert part.matching(commitment, Part(SALT, b"terms"), INTERNATIONAL).content == b"terms"
    for other in (Part(SALT, b"Terms"), Part(bytes(32), b"terms")):
        with pytest.raises(Refused) as refused:
            part.matching(commitment, other, INTERNATIONAL)
        assert refused.value.code is part.PART_DIFFERS


@pytest.mark.parametrize("salt", [b"", bytes(31), bytes(33)])
def test_a_salt_of_another_size_is_refused(salt):
    with pytest.raises(Refused) as refused:
        Part(salt, b"x").commitment(INTERNATIONAL)
    assert refused.value.code is part.BAD_PART


def test_encoding_round_trips_and_a_short_one_is_refused():
    assert part.decode(Part(SALT, b"abc").encode()) == Part(SALT, b"abc")
    assert part.decode(SALT).content == b""
    with pytest.raises(Refused):
        part.decode(SALT[:31])


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_an_opening_verifies_without_the_content_and_covers_only_it(profile):
    opening = Part(SALT, b"terms").opening(profile)
    again = msgspec.json.decode(msgspec.json.encode(opening), type=part.Opening)
    assert again.verify(profile)
    assert again.covers(b"terms", profile)
    assert not again.covers(b"other", profile)
    assert not msgspec.structs.replace(opening, commitment="0" * 64).verify(profile)
    assert not msgspec.structs.replace(opening, digest="0" * 64).verify(profile)
    assert not msgspec.structs.replace(opening, salt="A" * 43).covers(b"terms", profile)


def test_a_part_never_prints_what_it_holds():
    assert "secret words" not in repr(Part(SALT, b"secret words"))
