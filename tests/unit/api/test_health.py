"""Alive, ready, and what is counted."""

from typing import Any

from dongting.api.exposition import Exposition
from dongting.errors import Refused
from dongting.node.link import LEDGER_AWAY


def test_a_worker_lives(site: Any) -> None:
    assert site.ask("GET", "/health/live").json() == {"status": "ok"}


def test_a_node_is_ready_with_its_heights(site: Any) -> None:
    site.act("env-bureau", "catalogue/publish", site.dataset())
    height = site.node.machine.head.height
    assert site.ask("GET", "/health/ready").json() == {"status": "ok", "height": height, "views": height}


class Away:
    """A façade whose ledger does not answer."""

    def __getattr__(self, name: str) -> Any:
        async def call(*_: Any) -> Any:
            raise Refused(LEDGER_AWAY)

        return call


def test_a_ledger_that_is_away_is_told_plainly(new_site: Any) -> None:
    site = new_site(facade=Away())
    answer = site.ask("GET", "/health/ready")
    assert (answer.status_code, answer.json()["code"]) == (503, "node/ledger-away")
    assert answer.headers["retry-after"]
    assert site.ask("GET", "/health/live").status_code == 200
    assert site.submit(b"x").status_code == 503


def exposed(site: Any, path: str = "/metrics", method: str = "GET", facade: Any = None) -> list[Any]:
    events: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    async def send(event: Any) -> None:
        events.append(event)

    application = Exposition(site.app._service.metrics, site.app._service.views, facade or site.node)
    scope = {"type": "http", "method": method, "path": path, "headers": []}
    site.run(application(scope, receive, send))
    return events


def test_requests_and_heights_are_counted(site: Any) -> None:
    site.ask("GET", "/v1/status")
    site.ask("GET", "/v1/nothing")
    text = exposed(site)[1]["body"].decode()
    assert 'dongting_http_requests_total{route="status",status="2xx"}' in text
    assert 'dongting_http_requests_total{route="none",status="4xx"}' in text
    assert f"dongting_height {site.node.machine.head.height}.0" in text


def test_metrics_are_served_while_the_ledger_is_away(site: Any) -> None:
    assert exposed(site, facade=Away())[0]["status"] == 200


def test_only_metrics_are_served_at_their_address(site: Any) -> None:
    assert exposed(site, "/v1/status")[0]["status"] == 404
    assert exposed(site, method="POST")[0]["status"] == 405
