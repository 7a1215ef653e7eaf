"""The description is valid OpenAPI 3.1, complete, with examples that are true; and the API keeps to it."""

from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from dongting.api.app import ROUTES
from dongting.api.routes import JSON, Route
from dongting.node.installed import APPS


@pytest.fixture(scope="module")
def description(site: Any) -> Any:
    return site.ask("GET", "/v1/openapi.json").json()


def test_it_is_valid(description: Any) -> None:
    assert list(OpenAPIV31SpecValidator(description).iter_errors()) == []


def test_it_names_every_route_and_no_other(description: Any) -> None:
    found = {(m.upper(), path) for path, methods in description["paths"].items() for m in methods}
    assert found == {(each.method, each.path.replace("...}", "}")) for each in ROUTES}


def test_operation_ids_are_unique() -> None:
    assert len({each.name for each in ROUTES}) == len(ROUTES)


def test_it_describes_every_record_type_and_action(description: Any) -> None:
    described = description["components"]["schemas"].values()
    assert {each["x-record-type"] for each in described if "x-record-type" in each} == {
        record.name for app in APPS for record in app.records.values()
    }
    assert {name for each in described for name in each.get("x-actions", [])} == {
        name for app in APPS for name in app.actions
    }


def test_every_operation_speaks_both_languages_and_names_its_refusals(description: Any) -> None:
    for methods in description["paths"].values():
        for operation in methods.values():
            assert any("\u4e00" <= c <= "\u9fff" for c in operation["summary"])
            assert operation["description"]
            assert {"default", "500", "503"} <= set(operation["responses"])
            if operation["security"]:
                assert {"401", "403", "429"} <= set(operation["responses"])


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_examples_are_of_their_declared_types(route: Route, description: Any) -> None:
    for content in (route.takes, route.gives):
        if content is None or content.media_type != JSON:
            continue
        assert content.example is not None, f"{route.name} has no example"
        msgspec.json.decode(msgspec.json.encode(content.example), type=content.type)


def test_examples_satisfy_the_schemas(description: Any) -> None:
    for path, methods in description["paths"].items():
        for operation in methods.values():
            answers = [answer for answer in operation["responses"].values() if "content" in answer]
            for holder in (operation.get("requestBody"), *answers):
                for media in (holder or {}).get("content", {}).values():
                    if "example" in media:
                        schema = {**media["schema"], "components": description["components"]}
                        errors = list(Draft202012Validator(schema).iter_errors(media["example"]))
                        assert not errors, (path, errors)


def test_patterns_are_portable(description: Any) -> None:
    assert "(?!" not in msgspec.json.encode(description).decode()


def test_actions_are_derived_from_the_declarations(site: Any) -> None:
    answer = site.ask("GET", "/v1/actions").json()
    assert {each["name"] for each in answer["actions"]} == {name for app in APPS for name in app.actions}
    publish = next(each for each in answer["actions"] if each["name"] == "catalogue/publish")
    assert publish["title"] == {"en": "Publish a dataset", "zh": "发布数据集"}
    assert publish["about"] == "catalogue.dataset"
    Draft202012Validator.check_schema(publish["arguments"])
    assert list(Draft202012Validator(publish["arguments"]).iter_errors(site.dataset())) == []
    assert list(Draft202012Validator(publish["arguments"]).iter_errors({"id": "x"})) != []
    request = next(each for each in answer["actions"] if each["name"] == "sharing/request")
    terms = request["arguments"]["$defs"]["Request"]["properties"]["terms"]
    assert (terms["x-kind"], terms["title"], terms["x-title-zh"]) == ("part", "Terms", "条款")
    assert terms["x-content"].rsplit("/", 1)[1] in request["arguments"]["$defs"]


def test_record_types_tell_how_they_are_listed(site: Any) -> None:
    types = {each["name"]: each for each in site.ask("GET", "/v1/actions").json()["records"]}
    assert set(types) == {record.name for app in APPS for record in app.records.values()}
    assert "publisher" in types["catalogue.dataset"]["indexed"]
    assert types["catalogue.dataset"]["states"]["OFFERED"]["zh"] == "已发布"
