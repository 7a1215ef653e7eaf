"""Both profiles' hashes, against published digests and against each other in pieces."""

import hashlib
import json
from pathlib import Path

import pytest

from dongting.errors import Refused
from dongting.wire.profile import (
    INTERNATIONAL,
    NATIONAL,
    PROFILES,
    UNKNOWN_PROFILE,
    profile_named,
)

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "gm.json").read_text())


@pytest.mark.parametrize("vector", VECTORS["sm3"], ids=lambda vector: vector["digest"][:8])
def test_sm3_gives_the_digests_of_its_standard(vector):
    assert NATIONAL.hash(bytes.fromhex(vector["message"])).hex() == vector["digest"]


def test_sha_256_gives_the_digest_of_fips_180_4():
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert INTERNATIONAL.hash(b"abc").hex() == expected == hashlib.sha256(b"abc").hexdigest()


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_content_in_pieces_has_the_digest_of_the_whole(profile):
    whole = bytes(range(256)) * 40
    for size in (1, 63, 64, 65, 10_240):
        pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
        assert profile.hash_chunks(pieces) == profile.hash(whole)
    assert profile.hash_chunks([]) == profile.hash(b"")


@pytest.mark.parametrize("name", ["", "International", "national\n", "x" * 10_000, "国密"])
def test_an_unknown_profile_is_refused(name):
    with pytest.raises(Refused) as refused:
        profile_named(name)
    assert refused.value.code is UNKNOWN_PROFILE
    assert len(refused.value.text("zh")) < 120
