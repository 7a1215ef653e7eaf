"""The genesis document has one byte form, and what cannot be is refused before a network begins."""

import json
from typing import Any

import pytest

from dongting.errors import Refused
from dongting.wire import jcs
from dongting.wire.cbor import NOT_DETERMINISTIC
from dongting.wire.genesis import BAD_GENESIS, decode, network_id, origin
from dongting.wire.jcs import NOT_CANONICAL
from dongting.wire.keys import BAD_BASE64, BAD_KEY, PrivateKey, to_base64
from dongting.wire.profile import INTERNATIONAL, NATIONAL
from dongting.wire.sealing import X25519, DecryptionKey
from dongting.wire.suites import ED25519, ES256, SM2, WEAK_KEY

KEYS = [to_base64(PrivateKey.generate(ED25519).public().cose()) for _ in range(5)]


def document() -> dict[str, Any]:
    """A small genesis document with every field."""
    encryption = to_base64(DecryptionKey.generate(X25519).public().cose())
    founder = {"kind": "government", "name": {"en": "A"}, "encryption_key": encryption, "credit_code": None}
    return {
        "format": "dongting-genesis-1",
        "name": {"en": "Hunan", "zh": "湖南"},
        "profile": "international",
        "domain": "hunan.example",
        "created": 1_700_000_000,
        "zone": "+08:00",
        "founders": [
            {**founder, "id": "env-bureau", "signing_keys": [KEYS[0]], "region": "430000"},
            {**founder, "id": "green-tech", "signing_keys": [KEYS[1], KEYS[2]], "region": None},
        ],
        "log_keys": [{"owner": "env-bureau", "key": KEYS[3]}],
        "supervisor": None,
        "quorum": {"votes": "majority", "days": 7},
        "calendar": {"weekend": [6, 7], "holidays": ["2027-01-01"], "workdays": []},
        "parameters": {"replies": 3},
        "apps": [{"name": "catalogue", "version": 1, "hash": "ab" * 32}],
    }


def code_of(changed: dict[str, Any]) -> object:
    with pytest.raises(Refused) as refused:
        decode(jcs.encode(changed))
    return refused.value.code


def test_a_document_reads_back_and_names_its_network():
    data = jcs.encode(document())
    found = decode(data)
    assert found.encode() == data
    assert found.plain()["founders"][1]["id"] == "green-tech"
    assert network_id(data, INTERNATIONAL) == INTERNATIONAL.hash(data).hex()
    assert origin(found) == "hunan.example/" + network_id(data, INTERNATIONAL)[:16]


def test_the_profile_decides_the_hash_of_the_id():
    data = jcs.encode(document() | {"profile": "national"})
    assert origin(decode(data)) == "hunan.example/" + NATIONAL.hash(data).hex()[:16]


def test_every_other_byte_form_is_refused():
    for form in (
        json.dumps(document()).encode(),
        jcs.encode(document()) + b"\n",
        b" " + jcs.encode(document()),
    ):
        with pytest.raises(Refused) as refused:
            decode(form)
        assert refused.value.code is NOT_CANONICAL


@pytest.mark.parametrize("field", [*document()])
def test_no_field_may_be_left_out_not_even_one_with_a_default(field):
    changed = document()
    del changed[field]
    assert code_of(changed) is BAD_GENESIS


@pytest.mark.parametrize("part", ["quorum", "calendar", "founders", "log_keys", "apps"])
def test_no_field_within_a_part_may_be_left_out_or_added(part):
    for field in [*(document()[part][0] if type(document()[part]) is list else document()[part])]:
        changed = document()
        within = changed[part][0] if type(changed[part]) is list else changed[part]
        del within[field]
        assert code_of(changed) is BAD_GENESIS
        within[field] = None if field != "credit_code" else 1
        assert field == "region" or code_of(changed) is BAD_GENESIS
    changed = document()
    (changed[part][0] if type(changed[part]) is list else changed[part])["more"] = 1
    assert code_of(changed) is BAD_GENESIS


CHANGES: dict[str, dict[str, Any]] = {
    "another format": {"format": "dongting-genesis-2"},
    "unknown field": {"more": 1},
    "unknown profile": {"profile": "other"},
    "no founder": {"founders": []},
    "no log key": {"log_keys": []},
    "domain in capitals": {"domain": "Hunan.example"},
    "domain with slash": {"domain": "a/b"},
    "domain with newline": {"domain": "a\n"},
    "empty domain": {"domain": ""},
    "long domain": {"domain": "a" * 121},
    "created before 1970": {"created": -1},
    "created as text": {"created": "2027"},
    "zone by name": {"zone": "Asia/Shanghai"},
    "zone beyond": {"zone": "+15:00"},
    "unknown supervisor": {"supervisor": "nobody"},
    "supervisor with path": {"supervisor": "../env-bureau"},
    "quorum of no days": {"quorum": {"votes": "majority", "days": 0}},
    "day 8": {"calendar": {"weekend": [8], "holidays": [], "workdays": []}},
    "month 13": {"calendar": {"weekend": [], "holidays": ["2027-13-01"], "workdays": []}},
    "app version 0": {"apps": [{"name": "catalogue", "version": 0, "hash": "ab" * 32}]},
    "short app hash": {"apps": [{"name": "catalogue", "version": 1, "hash": "ab"}]},
    "log key of nobody": {"log_keys": [{"owner": "nobody", "key": KEYS[3]}]},
    "log key that also signs": {"log_keys": [{"owner": "env-bureau", "key": KEYS[0]}]},
    "parameter of text": {"parameters": {"replies": "3"}},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_cannot_be_is_refused(change):
    assert code_of(document() | change) is BAD_GENESIS


@pytest.mark.parametrize("id", ["", "-a", "a-", "A", "a b", "a/b", "..", "a\n", "a" * 65, "省", "a\0"])
def test_a_founder_has_an_id_of_plain_ascii(id):
    changed = document()
    changed["founders"][0]["id"] = id
    assert code_of(changed) is BAD_GENESIS


def test_two_founders_of_one_id_or_one_key_are_refused():
    changed = document()
    changed["founders"][1]["id"] = "env-bureau"
    assert code_of(changed) is BAD_GENESIS
    changed = document()
    changed["founders"][1]["signing_keys"] = [KEYS[0]]
    assert code_of(changed) is BAD_GENESIS


@pytest.mark.parametrize("suite", [ES256, SM2], ids=["ES256", "SM2"])
def test_a_log_key_of_another_suite_than_ed25519_is_refused(suite):
    changed = document()
    changed["log_keys"][0]["key"] = to_base64(PrivateKey.generate(suite).public().cose())
    assert code_of(changed) is BAD_GENESIS


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (to_base64(b"{}"), NOT_DETERMINISTIC),
        (KEYS[0] + "A", NOT_DETERMINISTIC),  # a byte behind the key
        (to_base64(b"\xa0"), BAD_KEY),
        (to_base64(bytes.fromhex("a3010120062158200" + "1" + "00" * 31)), WEAK_KEY),
        (KEYS[0][:-1] + "B", BAD_BASE64),  # bits that belong to no byte
    ],
    ids=["map", "longer", "empty", "weak", "spelling"],
)
def test_a_weak_key_a_broken_key_and_another_spelling_are_refused(key, code):
    changed = document()
    changed["founders"][0]["signing_keys"] = [key]
    assert code_of(changed) is code
