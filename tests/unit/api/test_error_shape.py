"""Every refusal of every address has one shape, in both languages, and changes nothing."""

import re
from typing import Any

import pytest

from dongting.api.app import ROUTES
from dongting.api.routes import Route
from dongting.node.facade import Status
from dongting.standards import problem

HASH = "ab" * 32


def check(answer: Any, status: int | None = None, code: str | None = None) -> None:
    assert answer.headers["content-type"] == problem.MEDIA_TYPE
    details = problem.decode(answer.content)
    assert details.status == answer.status_code
    assert re.fullmatch(r"[a-z-]+/[a-z0-9-]+", details.code)
    assert details.number > 0
    assert details.title
    assert details.detail
    assert details.type == f"/problems/{details.code}"
    assert answer.headers["content-language"] in ("en", "zh")
    if status is not None:
        assert (answer.status_code, details.code) == (status, code)


def filled(route: Route) -> str:
    return re.sub(r"\{\w+(\.\.\.)?\}", "one", route.path)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
class TestEveryRoute:
    """Asked wrongly in every way that does not depend on what it does."""

    def test_another_method(self, site: Any, route: Route) -> None:
        answer = site.ask("PURGE", filled(route))
        check(answer, 405, "http/method-not-allowed")
        assert route.method in answer.headers["allow"].split(", ")

    def test_an_unknown_parameter(self, site: Any, route: Route) -> None:
        answer = site.ask(
            route.method, filled(route) + "?surprise=1", by="env-bureau" if route.signed else None
        )
        check(answer)
        assert answer.status_code in (400, 415)

    @pytest.mark.parametrize("query", ["a=1&a=2", "a=%00", "a=%zz%ff", "a", "&&", "=%0a", "a=" + "x" * 3000])
    def test_a_malformed_query(self, site: Any, route: Route, query: str) -> None:
        answer = site.ask(route.method, f"{filled(route)}?{query}", by="env-bureau" if route.signed else None)
        check(answer)
        assert answer.status_code in (400, 415)

    def test_both_languages(self, site: Any, route: Route) -> None:
        for language in ("en", "zh"):
            answer = site.ask("PURGE", filled(route), headers={"accept-language": language})
            chinese = any("\u4e00" <= c <= "\u9fff" for c in answer.json()["detail"])
            assert chinese == (language == "zh") == (answer.headers["content-language"] == "zh")


@pytest.mark.parametrize(
    "path",
    [
        "/v1/records/../genesis", "/v1/./status", "/v1//status", "/v1/status/", "//etc/passwd",
        "/v1/%2e%2e/x",
        "/v1/records/catalogue.dataset/a%2Fb", "/v1/records/catalogue.dataset/a%00b", "/v1/files/..%2f..%2fx",
        "/v1/status;x=1", "/v1/status\\x",
    ],
)  # fmt: skip
def test_path_tricks_are_refused(site: Any, path: str) -> None:
    async def ask() -> Any:
        events: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": b""}

        async def send(event: Any) -> None:
            events.append(event)

        scope = {
            "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"",
            "headers": [(b"host", b"localhost:8420")],
        }  # fmt: skip
        await site.app(scope, receive, send)
        return events

    events = site.run(ask())
    assert events[0]["status"] in (400, 404)
    assert (b"content-type", b"application/problem+json") in events[0]["headers"]


@pytest.mark.parametrize("path", ["/", "/v1", "/v2/status", "/v1/status/more", "/favicon.ico", "/v1/records"])
def test_unknown_addresses_are_not_found(site: Any, path: str) -> None:
    check(site.ask("GET", path), 404, "http/not-found")


def test_too_many_header_fields_are_refused(site: Any) -> None:
    check(
        site.ask("GET", "/v1/status", headers={f"x-{n}": "1" for n in range(100)}),
        431,
        "http/header-too-large",
    )
    check(site.ask("GET", "/v1/status", headers={"x": "y" * 40_000}), 431, "http/header-too-large")


def test_a_body_where_none_belongs_is_refused(site: Any) -> None:
    check(site.ask("GET", "/v1/status", content=b"x"), 400, "http/unexpected-body")


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b'{"addresses":[]}', b'{"addresses":["x"]}', b"\xff",
        b'{"addresses":["a.b/c"],"more":1}', b'{"addresses":' + b"[" * 2000,
    ],
)  # fmt: skip
def test_a_malformed_body_is_refused(site: Any, body: bytes) -> None:
    fields = {"content-type": "application/json"}
    check(site.ask("POST", "/v1/proofs", by="env-bureau", content=body, headers=fields), 400, "http/bad-body")


@pytest.mark.parametrize("media", ["text/plain", "application/json; charset=gbk", ""])
def test_another_media_type_is_refused(site: Any, media: str) -> None:
    answer = site.ask("POST", "/v1/proofs", by="env-bureau", content=b"{}", headers={"content-type": media})
    check(answer, 415, "http/wrong-media-type")


def test_a_compressed_body_is_refused(site: Any) -> None:
    fields = {"content-type": "application/json", "content-encoding": "gzip"}
    answer = site.ask("POST", "/v1/proofs", by="env-bureau", content=b"{}", headers=fields)
    check(answer, 415, "http/wrong-media-type")


class Broken:
    """A façade with a defect."""

    async def status(self) -> Status:
        raise ZeroDivisionError("the inner secret of the node")

    def __getattr__(self, name: str) -> Any:
        return self.status


def test_a_mistake_inside_is_numbered_and_hidden(new_site: Any, caplog: pytest.LogCaptureFixture) -> None:
    site = new_site(facade=Broken())
    answer = site.ask("GET", "/v1/status")
    check(answer, 500, "http/internal-error")
    assert "secret" not in answer.text
    number = answer.json()["instance"].rsplit(":", 1)[1]
    assert number in answer.json()["detail"]
    logged = [record for record in caplog.records if record.levelname == "ERROR"]
    assert [record.id for record in logged] == [number]  # type: ignore[attr-defined]
    assert "the inner secret" in str(logged[0].exc_info)
