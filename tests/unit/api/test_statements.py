"""POST /v1/statements: batches, single statements, fates, and everything malformed."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dongting.api.statements import cut
from dongting.errors import Refused
from dongting.wire import cbor
from dongting.wire.keys import PrivateKey
from dongting.wire.suites import ED25519


def test_a_batch_is_answered_in_its_order_with_a_checkpoint(site: Any) -> None:
    good = [site.statement("env-bureau", "catalogue/publish", site.dataset()) for _ in range(3)]
    bad = site.statement("env-bureau", "catalogue/publish", site.dataset(grade="core"))
    answer = site.submit(good[0], bad, *good[1:])
    assert answer.status_code == 200
    outcomes = answer.json()["statements"]
    assert [each["state"] for each in outcomes] == ["accepted", "refused", "accepted", "accepted"]
    assert outcomes[1]["problem"]["code"] == "catalogue/core-data"
    assert [each["id"] for each in outcomes] == [
        site.profile.hash(b"\0" + data).hex() for data in (good[0], bad, *good[1:])
    ]
    assert answer.json()["checkpoint"].startswith(site.node.origin + "\n")


def test_the_same_bytes_again_get_the_same_answer(site: Any) -> None:
    data = site.statement("env-bureau", "catalogue/publish", site.dataset())
    first, second = site.submit(data).json(), site.submit(data).json()
    assert first["statements"] == second["statements"]
    assert first["statements"][0]["state"] == "accepted"


def test_one_statement_alone_is_refused_with_its_own_status(site: Any) -> None:
    data = site.statement("green-tech", "catalogue/withdraw", {"id": "not-there"})
    answer = site.ask("POST", "/v1/statements", content=data, headers={"content-type": "application/cose"})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json()["code"] == "appkit/not-found"


def test_one_statement_alone_is_accepted(site: Any) -> None:
    data = site.statement("green-tech", "catalogue/publish", site.dataset())
    answer = site.ask("POST", "/v1/statements", content=data, headers={"content-type": "application/cose"})
    assert answer.json()["statements"][0]["state"] == "accepted"


def test_refusals_speak_the_readers_language(site: Any) -> None:
    data = site.statement("env-bureau", "catalogue/publish", site.dataset(grade="core"))
    answer = site.ask(
        "POST", "/v1/statements", content=cbor.encode([data]),
        headers={"content-type": "application/cbor", "accept-language": "zh-CN,en;q=0.5"},
    )  # fmt: skip
    assert any("\u4e00" <= c <= "\u9fff" for c in answer.json()["statements"][0]["problem"]["detail"])


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"network": "0" * 64}, "kernel/wrong-network"),
        ({"issued": 1_000_000_000}, "kernel/expired"),
        ({"issued": 4_000_000_000}, "kernel/dated-ahead"),
        ({"subject": "catalogue.dataset/other"}, "kernel/wrong-subject"),
        ({"key": PrivateKey.generate(ED25519)}, "engine/unknown-key"),
    ],
)
def test_statements_of_another_network_time_subject_or_key_are_refused(
    site: Any, changes: dict[str, Any], code: str
) -> None:
    before = site.node.machine.head.size
    data = site.statement("env-bureau", "catalogue/publish", site.dataset(), **changes)
    assert site.submit(data).json()["statements"][0]["problem"]["code"] == code
    assert site.node.machine.head.size == before


def test_a_fate_can_be_asked_for(site: Any) -> None:
    nonce = b"n" * 16
    data = site.statement("env-bureau", "catalogue/publish", site.dataset(), nonce=nonce)
    accepted = site.submit(data).json()["statements"][0]
    target = f"/v1/statements/{accepted['id']}?iss=env-bureau&cti={nonce.hex()}"
    assert site.ask("GET", target).json() == accepted
    unknown = site.ask("GET", f"/v1/statements/{'0' * 64}?iss=env-bureau&cti={'0' * 32}").json()
    assert unknown == {"id": "0" * 64, "state": "unknown"}


@pytest.mark.parametrize(
    "query", ["", "?iss=env-bureau", "?iss=a&cti=xyz", "?iss=a&cti=" + "0" * 32 + "&more=1", "?iss=a&iss=b"]
)
def test_a_malformed_question_for_a_fate_is_refused(site: Any, query: str) -> None:
    assert site.ask("GET", f"/v1/statements/{'0' * 64}{query}").status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x80",
        b"\x81",
        b"\x9f\x41a\xff",
        b"\x82\x41a",
        b"\x81\x41a\x00",
        b"\x81\x58\x01a",
        b"\x81\x59\x00\x41" + b"a" * 65,
        b"\x98\x01\x41a",
        b"\x99\x03\xe9" + b"\x40" * 1001,
        b"\x81\x61a",
        b"\x81\x5f\x41a\xff",
        b"\xa1\x41a\x41a",
        b"\x81\x81\x41a",
        b"\x9b" + b"\xff" * 8,
        b"{}",
    ],
)
def test_a_malformed_batch_is_refused(site: Any, body: bytes) -> None:
    answer = site.ask("POST", "/v1/statements", content=body, headers={"content-type": "application/cbor"})
    assert (answer.status_code, answer.json()["code"]) == (400, "api/bad-batch")


@pytest.mark.parametrize("head", [b"\x81\x5a\x00\x01\x00\x00", b"\x81\x59\xf0\x01"])
def test_a_statement_too_large_is_refused_before_it_is_copied(site: Any, head: bytes) -> None:
    answer = site.ask(
        "POST", "/v1/statements", content=head + b"a" * 65536, headers={"content-type": "application/cbor"}
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "wire/statement-too-large")


def test_a_body_over_the_limit_is_refused(site: Any) -> None:
    answer = site.ask(
        "POST", "/v1/statements", content=bytes(4 * 2**20 + 1), headers={"content-type": "application/cbor"}
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "http/body-too-large")


@pytest.mark.parametrize("media", ["", "application/json", "text/plain", "application/cbor-seq"])
def test_another_media_type_is_refused(site: Any, media: str) -> None:
    answer = site.ask("POST", "/v1/statements", content=b"\x81\x41a", headers={"content-type": media})
    assert answer.status_code == 415


def test_a_locked_node_says_how_to_unlock_and_still_reads(new_site: Any) -> None:
    site = new_site(locked=True)
    answer = site.submit(site.statement("env-bureau", "catalogue/publish", site.dataset()))
    assert (answer.status_code, answer.json()["code"]) == (503, "node/locked")
    assert int(answer.headers["retry-after"]) > 0
    assert (
        site.ask("GET", "/v1/records/membership.organisation/env-bureau", by="env-bureau").status_code == 200
    )
    assert site.ask("GET", "/health/ready").json()["code"] == "http/not-ready"


@given(st.lists(st.binary(max_size=400), min_size=1, max_size=300))
def test_cut_takes_what_deterministic_cbor_writes(statements: list[bytes]) -> None:
    assert cut(cbor.encode(statements)) == statements


@given(st.binary(max_size=200).map(lambda tail: b"\x82" + tail) | st.binary(max_size=300))
def test_cut_takes_nothing_else(body: bytes) -> None:
    try:
        found = cut(body)
    except Refused:
        return
    assert cbor.encode(found) == body


def test_outcomes_are_plain_json(site: Any) -> None:
    data = site.statement("env-bureau", "catalogue/publish", site.dataset())
    assert set(msgspec.json.decode(site.submit(data).content)) == {"checkpoint", "statements"}


def test_an_organisation_that_signs_too_much_waits_and_the_others_do_not(new_site: Any) -> None:
    site = new_site(settings="[http]\nstatements_per_second = 1\n")
    good = [site.statement("env-bureau", "catalogue/publish", site.dataset()) for _ in range(15)]
    forged = site.statement("green-tech", "catalogue/publish", site.dataset())[:-64] + bytes(64)
    assert site.submit(*[forged] * 15).json()["statements"][0]["problem"]["code"] == "wire/bad-signature"
    assert {each["state"] for each in site.submit(*good[:12]).json()["statements"]} == {"accepted"}
    refused = site.submit(*good[12:])
    assert (refused.status_code, refused.json()["code"]) == (429, "api/too-many-statements")
    other = site.statement("green-tech", "catalogue/publish", site.dataset())
    assert site.submit(other).json()["statements"][0]["state"] == "accepted"
    assert site.submit(other, good[12]).status_code == 429
