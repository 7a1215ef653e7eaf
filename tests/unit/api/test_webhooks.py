"""Webhooks over the API: one's own only, changed by whoever knows the present state, never to the inside."""

import secrets
from typing import Any

import pytest

from dongting.standards.webhooks import key_of, secret

URL = "https://data.example.org/in"


def make(site: Any, by: str = "env-bureau", **changes: Any) -> Any:
    return site.ask("POST", "/v1/webhooks", by=by, json={"url": URL, **changes})


@pytest.fixture
def hook(site: Any) -> Any:
    made = make(site).json()["webhook"]
    yield made
    site.ask("DELETE", f"/v1/webhooks/{made['id']}", by="env-bureau")


def test_a_webhook_is_made_listed_and_removed(site: Any) -> None:
    made = make(site, types=["sharing.negotiation"], name="湖")
    assert made.status_code == 201
    shown = made.json()["webhook"]
    assert key_of(made.json()["secret"]) is not None
    assert (shown["format"], shown["about"], shown["state"]) == ("standard", "own", "active")
    target = f"/v1/webhooks/{shown['id']}"
    assert site.ask("GET", target, by="env-bureau").json() == shown
    assert shown in site.ask("GET", "/v1/webhooks", by="env-bureau").json()["webhooks"]
    assert made.json()["secret"] not in site.ask("GET", "/v1/webhooks", by="env-bureau").text
    assert site.ask("DELETE", target, by="env-bureau").status_code == 204
    assert site.ask("GET", target, by="env-bureau").json()["code"] == "hooks/no-such-webhook"


def test_nobody_reaches_anothers(site: Any, hook: Any) -> None:
    target = f"/v1/webhooks/{hook['id']}"
    number = site.ask("POST", f"{target}/test", by="env-bureau").json()["delivery"]
    for method, more, body in (
        ("GET", "", None), ("PATCH", "", {"name": "x"}), ("DELETE", "", None), ("POST", "/rotate", None),
        ("POST", "/test", None), ("GET", "/deliveries", None), ("POST", f"/deliveries/{number}/replay", None),
    ):  # fmt: skip
        answer = site.ask(method, target + more, by="green-tech", json=body)
        assert (answer.status_code, answer.json()["code"]) == (404, "hooks/no-such-webhook"), (method, more)
    assert site.ask("GET", "/v1/webhooks", by="green-tech").json() == {"webhooks": []}
    assert site.ask("GET", target, by="env-bureau").json() == hook


def test_a_change_needs_the_present_state(site: Any, hook: Any) -> None:
    target = f"/v1/webhooks/{hook['id']}"
    tag = site.ask("GET", target, by="env-bureau").headers["etag"]
    fields = {"if-match": tag}
    changed = site.ask("PATCH", target, by="env-bureau", json={"name": "new"}, headers=fields)
    assert changed.json() == {**hook, "name": "new"}
    late = site.ask("PATCH", target, by="env-bureau", json={"name": "late"}, headers=fields)
    assert (late.status_code, late.json()["code"]) == (412, "http/precondition-failed")
    assert site.ask("DELETE", target, by="env-bureau", headers=fields).status_code == 412
    now = site.ask("GET", target, by="env-bureau")
    assert now.json()["name"] == "new"
    paused = site.ask(
        "PATCH", target, by="env-bureau", json={"state": "paused"}, headers={"if-match": now.headers["etag"]}
    )
    assert paused.json()["state"] == "paused"
    assert site.ask("PATCH", target, by="env-bureau", json={"state": "active"}).json()["state"] == "active"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"url": "http://data.example.org/"}, "hooks/bad-address"),
        ({"url": "https://user@data.example.org/"}, "hooks/bad-address"),
        ({"url": "https://127.0.0.1/"}, "hooks/private-address"),
        ({"url": "https://[::1]:8420/v1/status"}, "hooks/private-address"),
        ({"url": "https://169.254.169.254/latest/meta-data"}, "hooks/private-address"),
        ({"url": "javascript:alert(1)"}, "http/bad-body"),
        ({"url": "https://example.org/\r\nX: y"}, "http/bad-body"),
        ({"types": ["no.such"]}, "hooks/unknown-type-or-action"),
        ({"actions": ["no/such"]}, "hooks/unknown-type-or-action"),
        ({"secret": "whsec_short"}, "hooks/bad-secret"),
        ({"secret": secret(bytes(32)), "format": "wecom"}, "hooks/bad-secret"),
        ({"secret": secret(bytes(32)), "format": "dingtalk"}, "hooks/bad-secret"),
        ({"format": "pigeon"}, "http/bad-body"),
        ({"surprise": 1}, "http/bad-body"),
    ],
)
def test_what_is_wrong_is_refused_and_makes_nothing(site: Any, changes: Any, code: str) -> None:
    before = site.ask("GET", "/v1/webhooks", by="env-bureau").json()
    assert make(site, **changes).json()["code"] == code
    assert site.ask("GET", "/v1/webhooks", by="env-bureau").json() == before


def test_a_webhook_is_not_led_inside_by_a_change(site: Any, hook: Any) -> None:
    answer = site.ask(
        "PATCH", f"/v1/webhooks/{hook['id']}", by="env-bureau", json={"url": "https://10.0.0.1/"}
    )
    assert answer.json()["code"] == "hooks/private-address"


def test_an_organisation_has_so_many_at_most(site: Any) -> None:
    answers = [make(site, by="air-alliance") for _ in range(21)]
    assert [each.status_code for each in answers] == [201] * 20 + [409]


def test_a_repeated_request_makes_one_webhook(site: Any) -> None:
    given = {"idempotency-key": f'"{secrets.token_hex(16)}"'}
    body = {"url": "https://once.example.org/"}
    first, again = (
        site.ask("POST", "/v1/webhooks", by="green-tech", json=body, headers=given) for _ in range(2)
    )
    assert first.json() == again.json()
    made = [
        w for w in site.ask("GET", "/v1/webhooks", by="green-tech").json()["webhooks"] if "once" in w["url"]
    ]
    assert len(made) == 1
    site.ask("DELETE", f"/v1/webhooks/{made[0]['id']}", by="green-tech")


def test_a_replaced_secret_is_shown_once(site: Any, hook: Any) -> None:
    target = f"/v1/webhooks/{hook['id']}"
    fresh = site.ask("POST", f"{target}/rotate", by="env-bureau").json()["secret"]
    assert key_of(fresh) is not None
    shown = site.ask("GET", target, by="env-bureau")
    assert fresh not in shown.text
    assert shown.json()["former_secret_until"] is not None
    robot = make(site, format="wecom", url="https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=x").json()
    assert robot["secret"] is None
    id = robot["webhook"]["id"]
    assert site.ask("POST", f"/v1/webhooks/{id}/rotate", by="env-bureau").status_code == 409
    site.ask("DELETE", f"/v1/webhooks/{id}", by="env-bureau")


def test_deliveries_are_paged_and_replayed(site: Any, hook: Any) -> None:
    target = f"/v1/webhooks/{hook['id']}"
    numbers = [site.ask("POST", f"{target}/test", by="env-bureau").json()["delivery"] for _ in range(3)]
    first = site.ask("GET", f"{target}/deliveries?limit=2&state=waiting", by="env-bureau")
    assert [each["number"] for each in first.json()["deliveries"]] == numbers[:0:-1]
    following = site.ask("GET", first.links["next"]["url"], by="env-bureau").json()
    assert [each["number"] for each in following["deliveries"]] == numbers[:1]
    assert following["cursor"] is None
    assert site.ask("POST", f"{target}/deliveries/{numbers[0]}/replay", by="env-bureau").status_code == 200
    missing = site.ask("POST", f"{target}/deliveries/99999999/replay", by="env-bureau")
    assert missing.json()["code"] == "hooks/no-such-delivery"
