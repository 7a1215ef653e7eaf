"""Who may ask: every member's route refuses the unsigned, the unknown, the changed, the old, the repeated."""

import re
import time
from typing import Any

import pytest

from dongting.api.app import ROUTES
from dongting.api.routes import BYTES, JSON, Route
from dongting.wire.keys import PrivateKey
from dongting.wire.suites import ED25519

SIGNED = [each for each in ROUTES if each.signed]
HASH = "ab" * 32
FILLED = {
    "type": "catalogue.dataset", "id": "one", "path": "000", "index": "0", "address": HASH,
    "commitment": HASH, "kid": HASH, "app": "evidence", "action": "register", "number": "1",
}  # fmt: skip


def target(route: Route) -> str:
    """An address of the route."""
    filled = FILLED | ({"id": f"{'0' * 32}-1-{HASH}"} if "/uploads/" in route.path else {})
    path = re.sub(r"\{(\w+)(\.\.\.)?\}", lambda match: filled[match[1]], route.path)
    return path + ("?q=air" if route.name == "search" else "")


def sent(route: Route) -> tuple[bytes, dict[str, str]]:
    """A body of the right type, and its fields."""
    if route.takes is None:
        return b"", {}
    return b"{}", {"content-type": JSON if route.takes.media_type == JSON else BYTES}


@pytest.mark.parametrize("route", SIGNED, ids=lambda route: route.name)
class TestEveryRouteForMembers:
    """Each is asked in a way that only the signature can be refused first."""

    def test_refuses_the_unsigned(self, site: Any, route: Route) -> None:
        body, fields = sent(route)
        answer = site.ask(route.method, target(route), content=body, headers=fields)
        assert (answer.status_code, answer.json()["code"]) == (401, "http-signatures/unsigned")
        assert "accept-signature" in answer.headers
        assert "www-authenticate" in answer.headers

    def test_refuses_a_key_that_no_member_has(self, site: Any, route: Route) -> None:
        body, fields = sent(route)
        signed = site.signature("", route.method, target(route), body, key=PrivateKey.generate(ED25519))
        answer = site.ask(route.method, target(route), content=body, headers=fields | signed)
        assert (answer.status_code, answer.json()["code"]) == (401, "kernel/unknown-key")

    def test_refuses_a_signature_for_another_address(self, site: Any, route: Route) -> None:
        body, fields = sent(route)
        signed = site.signature("env-bureau", route.method, "/v1/other", body)
        answer = site.ask(route.method, target(route), content=body, headers=fields | signed)
        assert (answer.status_code, answer.json()["code"]) == (401, "http-signatures/bad-signature")

    def test_refuses_a_signature_of_yesterday_and_of_tomorrow(self, site: Any, route: Route) -> None:
        body, fields = sent(route)
        for moment, code in ((-301, "too-old"), (60, "dated-ahead")):
            signed = site.signature(
                "env-bureau", route.method, target(route), body, created=int(time.time()) + moment
            )
            answer = site.ask(route.method, target(route), content=body, headers=fields | signed)
            assert (answer.status_code, answer.json()["code"]) == (401, f"http-signatures/{code}")

    def test_refuses_the_same_request_again(self, site: Any, route: Route) -> None:
        body, fields = sent(route)
        fields |= site.signature("env-bureau", route.method, target(route), body)
        first = site.ask(route.method, target(route), content=body, headers=fields)
        assert first.json()["code"] != "http/replayed-request" if first.status_code >= 400 else True
        again = site.ask(route.method, target(route), content=body, headers=fields)
        assert (again.status_code, again.json()["code"]) == (401, "http/replayed-request")


@pytest.mark.parametrize(
    "covered", [("@method",), ("@method", "@path"), ("@authority", "@path", "@query"), ()]
)
def test_a_signature_that_covers_too_little_is_refused(site: Any, covered: tuple[str, ...]) -> None:
    signed = site.signature("env-bureau", "GET", "/v1/waiting", covered=covered)
    assert site.ask("GET", "/v1/waiting", headers=signed).json()["code"] == "http-signatures/not-covered"


def test_method_and_target_uri_cover_enough(site: Any) -> None:
    signed = site.signature("env-bureau", "GET", "/v1/waiting?limit=3", covered=("@method", "@target-uri"))
    assert site.ask("GET", "/v1/waiting?limit=3", headers=signed).status_code == 200


def test_a_body_that_no_signature_covers_is_refused(site: Any) -> None:
    body = b'{"addresses":["catalogue.dataset/one"]}'
    signed = site.signature(
        "env-bureau", "POST", "/v1/proofs", body, covered=("@method", "@authority", "@path", "@query")
    )
    fields = signed | {"content-type": "application/json"}
    answer = site.ask("POST", "/v1/proofs", content=body, headers=fields)
    assert answer.json()["code"] == "http-signatures/not-covered"


def test_a_body_that_was_changed_is_refused(site: Any) -> None:
    body = b'{"addresses":["catalogue.dataset/one"]}'
    fields = site.signature("env-bureau", "POST", "/v1/proofs", body) | {"content-type": "application/json"}
    answer = site.ask("POST", "/v1/proofs", content=body.replace(b"one", b"two"), headers=fields)
    assert answer.json()["code"] == "http-signatures/bad-digest"


def test_a_signature_for_another_node_is_refused(site: Any) -> None:
    signed = site.signature("env-bureau", "GET", "/v1/waiting")
    answer = site.ask("GET", "/v1/waiting", headers=signed | {"host": "elsewhere.example"})
    assert (answer.status_code, answer.json()["code"]) == (421, "http/wrong-authority")


@pytest.mark.parametrize("nonce", ["", "short", "x" * 65])
def test_a_nonce_of_the_wrong_length_is_refused(site: Any, nonce: str) -> None:
    signed = site.signature("env-bureau", "GET", "/v1/waiting", nonce=nonce)
    assert site.ask("GET", "/v1/waiting", headers=signed).json()["code"] == "http-signatures/bad-field"


def test_a_suspended_member_is_refused(new_site: Any) -> None:
    site = new_site()
    asked = '{"id":"air-alliance"}'
    proposal = {"id": "p1", "action": "membership/suspend", "arguments": asked}
    site.act("env-bureau", "governance/propose", proposal)
    for voter in ("env-bureau", "green-tech"):
        site.act(voter, "governance/vote", {"proposal": "p1", "choice": "for"})
    standing = site.ask("GET", "/v1/records/membership.organisation/air-alliance", by="env-bureau").json()
    assert standing["record"]["standing"] == "suspended"
    answer = site.ask("GET", "/v1/waiting", by="air-alliance")
    assert (answer.status_code, answer.json()["code"]) == (403, "http/no-standing")
