"""What holds for every address because of what it is: validators, pages, keys, allowances, examples."""

import secrets
from typing import Any

import http_sf
import pytest
from jsonschema import Draft202012Validator

from dongting.api.app import ROUTES
from dongting.api.routes import JSON, Route

LISTS = [each for each in ROUTES if each.lists]
KEYED = [each for each in ROUTES if each.keyed]


def key() -> str:
    return f'"{secrets.token_urlsafe(16)}"'


def begin(site: Any, by: str, body: dict[str, Any], given: str) -> Any:
    return site.ask("POST", "/v1/uploads", by=by, json=body, headers={"idempotency-key": given})


def announced() -> dict[str, Any]:
    return {"size": 10, "digest": secrets.token_hex(32)}


def test_the_same_key_and_request_get_the_first_answer(site: Any) -> None:
    body, given = announced(), key()
    first = begin(site, "env-bureau", body, given)
    again = begin(site, "env-bureau", body, given)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content, "else a second upload was begun"
    assert begin(site, "env-bureau", body, key()).json()["upload"] != first.json()["upload"]


def test_the_same_key_with_another_body_is_refused(site: Any) -> None:
    given = key()
    begin(site, "env-bureau", announced(), given)
    other = begin(site, "env-bureau", announced(), given)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key/key-of-another-request")


def test_a_key_is_its_callers_own(site: Any) -> None:
    body, given = announced(), key()
    first = begin(site, "env-bureau", body, given)
    assert begin(site, "green-tech", body, given).json()["upload"] != first.json()["upload"]


def test_a_refusal_is_an_answer_too(site: Any) -> None:
    given = {"idempotency-key": key()}
    gone = f"/v1/uploads/{'0' * 32}-10-{'0' * 64}/finish"
    first = site.ask("POST", gone, by="env-bureau", headers=given)
    again = site.ask("POST", gone, by="env-bureau", headers={**given, "accept-language": "zh"})
    assert (first.status_code, again.status_code) == (404, 404)
    assert again.content == first.content


def test_a_failure_inside_is_no_answer(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    body, given = announced(), key()
    with monkeypatch.context() as broken:
        broken.setattr(type(site.home.files()), "begin", lambda *_: 1 // 0)
        assert begin(site, "env-bureau", body, given).status_code == 500
    assert begin(site, "env-bureau", body, given).status_code == 201


@pytest.mark.parametrize("given", ["bare-key-without-quotes", '"short"', "1", '"a b c d e f"'])
def test_a_malformed_key_is_refused(site: Any, given: str) -> None:
    refused = begin(site, "env-bureau", announced(), given)
    assert (refused.status_code, refused.json()["code"]) == (400, "idempotency-key/bad-idempotency-key")


def test_fields_that_a_route_reads_make_another_request(site: Any) -> None:
    given = key()
    begun = site.ask("POST", "/v1/uploads", by="env-bureau", json=announced())
    target = f"/v1/uploads/{begun.json()['upload']}"
    fields = {"content-type": "application/octet-stream", "idempotency-key": given}
    for offset, status in (("0", 200), ("0", 200), ("5", 422)):
        sent = {**fields, "upload-offset": offset}
        assert (
            site.ask("PATCH", target, by="env-bureau", content=b"12345", headers=sent).status_code == status
        )


def test_what_may_be_repeated_takes_no_key() -> None:
    unsafe = [each for each in ROUTES if each.method in ("POST", "PATCH") and not each.safe]
    kept_nowhere = {each.name for each in unsafe if each.secret or not each.signed}
    assert {each.name for each in unsafe if not each.keyed} == kept_nowhere
    assert "submit-statements" in kept_nowhere, "the same bytes get the same answer"
    assert {"begin-upload", "finish-upload", "act", "make-webhook"} <= {each.name for each in KEYED}


def test_a_lists_pages_are_linked(site: Any) -> None:
    for _ in range(3):
        site.act("env-bureau", "catalogue/publish", site.dataset())
    target = "/v1/records/catalogue.dataset?limit=2&publisher=env-bureau"
    first = site.ask("GET", target, by="green-tech")
    assert first.links["first"]["url"] == target
    following = site.ask("GET", first.links["next"]["url"], by="green-tech")
    assert first.json()["cursor"] in following.request.url.params["cursor"]
    assert following.json()["records"]
    assert first.json()["records"][-1]["height"] >= following.json()["records"][0]["height"]
    assert following.links["first"]["url"] == target


@pytest.mark.parametrize("route", LISTS, ids=lambda route: route.name)
def test_every_list_is_linked_to_its_first_page(site: Any, route: Route) -> None:
    id = "nothing"
    if "/webhooks/" in route.path:
        made = site.ask("POST", "/v1/webhooks", by="env-bureau", json={"url": "https://data.example.org/"})
        id = made.json()["webhook"]["id"]
    path = route.path.replace("{type}", "catalogue.dataset").replace("{id}", id)
    needs = "?q=quality" if route.name == "search" else ""
    answer = site.ask("GET", path + needs, by="env-bureau" if route.signed else None)
    assert answer.status_code == 200, answer.text
    assert not {"cursor", "after"}.isdisjoint(answer.json())
    assert answer.links["first"]["url"] == path + needs


@pytest.mark.parametrize(
    "path", ["/v1/status", "/v1/genesis", "/v1/actions", "/v1/openapi.json", "/v1/records/catalogue.dataset"]
)
def test_what_has_not_changed_is_not_sent_again(site: Any, path: str) -> None:
    first = site.ask("GET", path, by="env-bureau")
    assert "no-store" not in first.headers["cache-control"]
    same = site.ask("GET", path, by="env-bureau", headers={"if-none-match": f'"x", {first.headers["etag"]}'})
    assert (same.status_code, same.content) == (304, b"")
    assert same.headers["etag"] == first.headers["etag"]
    other = site.ask("GET", path, by="env-bureau", headers={"if-none-match": '"x"'})
    assert (other.status_code, other.content) == (200, first.content)


def test_a_changed_record_has_another_validator(site: Any) -> None:
    dataset = site.dataset()
    site.act("env-bureau", "catalogue/publish", dataset)
    target = f"/v1/records/catalogue.dataset/{dataset['id']}"
    tag = site.ask("GET", target, by="green-tech").headers["etag"]
    site.act("env-bureau", "catalogue/withdraw", {"id": dataset["id"]})
    answer = site.ask("GET", target, by="green-tech", headers={"if-none-match": tag})
    assert (answer.status_code, answer.json()["version"]) == (200, 2)


def test_a_signed_request_tells_what_remains(site: Any) -> None:
    answer = site.ask("GET", "/v1/waiting", by="air-alliance")
    ((policy, left),) = http_sf.parse(answer.headers["ratelimit"].encode(), tltype="list")
    assert policy == "organisation"
    assert 9_000 < left["r"] <= 10_000
    assert answer.headers["ratelimit-policy"] == '"organisation";q=10000;w=1'
    assert "ratelimit" not in site.ask("GET", "/v1/status").headers


def test_every_parameter_and_field_has_an_example_that_holds(site: Any) -> None:
    description = site.ask("GET", "/v1/openapi.json").json()
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            for parameter in operation["parameters"]:
                schema = {**parameter["schema"], "components": description["components"]}
                known = schema.get("examples", [])
                assert known or schema.get("type") == "boolean", (path, method, parameter["name"])
                for example in known:
                    errors = list(Draft202012Validator(schema).iter_errors(example))
                    assert not errors, (path, method, parameter["name"], errors)


def test_every_json_body_has_an_example(site: Any) -> None:
    description = site.ask("GET", "/v1/openapi.json").json()
    for methods in description["paths"].values():
        for operation in methods.values():
            bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
            for body in bodies:
                for media, content in body.get("content", {}).items():
                    assert "example" in content or media not in (JSON, "application/problem+json")
