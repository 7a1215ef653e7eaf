"""Requests made from the description, right and wrong ones, signed: the API keeps to what it describes."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.generation.modes import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from dongting.api.app import ROUTES
from dongting.api.routes import CBOR

CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
BASE = "http://localhost:8420"
#: Statements have property tests of their own: no generator of JSON can make them.
DESCRIBED = [each for each in ROUTES if each.takes is None or each.takes.media_type != CBOR]


@pytest.fixture(scope="module")
def schema(site: Any) -> Any:
    return schemathesis.openapi.from_dict(site.ask("GET", "/v1/openapi.json").json())


RIGHT, WRONG = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
CASES = [
    pytest.param(each, mode, id=f"{each.name}-{'right' if mode is RIGHT else 'wrong'}")
    for each in DESCRIBED
    for mode in (RIGHT, WRONG)
    if mode is RIGHT or each.asks.__struct_fields__ or each.takes  # else nothing can be wrong
]


@pytest.mark.parametrize(("route", "mode"), CASES)
def test_answers_are_as_described(site: Any, schema: Any, route: Any, mode: GenerationMode) -> None:
    operation = schema[route.path.replace("...}", "}")][route.method]

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=3 if route.name == "put-part" else 10, deadline=None, database=None,
        phases=[Phase.generate], derandomize=True, suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def answers_are_as_described(case: Any) -> None:
        asked = case.as_transport_kwargs(base_url=BASE)
        response = send(site, asked, "env-bureau" if route.signed else None)
        assert response.status_code != 500
        case.validate_response(response, checks=CHECKS)

    answers_are_as_described()


def send(site: Any, asked: dict[str, Any], by: str | None) -> Any:
    """The request, signed when `by` names who asks."""
    request = site.client.build_request(
        asked["method"], asked["url"], params=asked.get("params"), json=asked.get("json"),
        content=asked.get("data"),
        headers=[(k.encode(), v.encode("latin-1")) for k, v in (asked.get("headers") or {}).items()],
    )  # fmt: skip
    target = request.url.raw_path.decode()
    content = request.content
    fields = {k: v for k, v in request.headers.items() if k not in ("host", "content-length")}
    return site.ask(request.method, target, by=by, content=content, headers=fields)
