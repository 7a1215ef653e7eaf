"""Events: every version of every record once, in order, with what made it; live, filtered, resumable."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from dongting.api import events as api
from dongting.api.events import EACH


def page(site: Any, query: str = "", by: str = "green-tech") -> Any:
    answer = site.ask("GET", f"/v1/events?{query}" if query else "/v1/events", by=by)
    assert answer.status_code == 200, answer.text
    return answer.json()


def now(site: Any) -> str:
    return str(site.ask("GET", "/v1/status").json()["height"])


def publish(site: Any, by: str = "env-bureau") -> str:
    dataset = site.dataset()
    site.act(by, "catalogue/publish", dataset)
    return str(dataset["id"])


def test_an_event_tells_the_version_and_the_act_that_made_it(site: Any) -> None:
    after = now(site)
    id = publish(site)
    (event,) = page(site, f"after={after}")["events"]
    record = site.ask("GET", f"/v1/records/catalogue.dataset/{id}", by="green-tech").json()
    assert event["data"] == record
    assert event["id"] == f"{record['height']}-0"
    assert event["source"] == f"urn:dongting:{site.node.machine.network}"
    assert event["type"] == "dongting.catalogue.dataset"
    assert event["subject"] == f"catalogue.dataset/{id}"
    assert (event["action"], event["author"]) == ("catalogue/publish", "env-bureau")
    assert event["time"].endswith("Z")


def test_pages_give_every_event_once_from_genesis_on(site: Any) -> None:
    for _ in range(3):
        publish(site)
    found, query = [], "limit=2"
    while True:
        got = page(site, query)
        if not got["events"]:
            break
        found += [event["id"] for event in got["events"]]
        assert got["after"] != query
        query = f"limit=2&after={got['after']}"
    assert len(found) == len(set(found))
    assert found[0] == "0-0", "genesis made the first records"
    assert [*found] == sorted(found, key=lambda id: [int(part) for part in id.split("-")])
    assert len(found) == len(page(site, "limit=200")["events"])
    assert "action" not in page(site, "limit=1")["events"][0]


def test_each_page_is_linked_with_the_next(site: Any) -> None:
    publish(site)
    answer = site.ask("GET", "/v1/events?limit=1&type=catalogue.dataset", by="green-tech")
    assert answer.links["next"]["url"].endswith(f"&after={answer.json()['after']}")
    following = site.ask("GET", answer.links["next"]["url"], by="green-tech")
    assert following.json()["after"] != answer.json()["after"]


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("", 2), ("type=catalogue.dataset", 2), ("type=sharing.agreement", 0),
        ("type=sharing.agreement,catalogue.dataset", 2), ("action=catalogue/publish", 2),
        ("action=catalogue/withdraw", 0), ("party=env-bureau", 1), ("party=air-alliance", 1),
        ("party=green-tech", 0), ("subject=catalogue.dataset/{id}", 1), ("subject=sharing.agreement/{id}", 0),
        ("party=env-bureau&type=catalogue.dataset&action=catalogue/publish", 1),
    ],
)  # fmt: skip
def test_filters(site: Any, query: str, number: int) -> None:
    after = now(site)
    publish(site, "air-alliance")
    id = publish(site)
    asked = f"after={after}&{query.format(id=id)}".replace("/", "%2F").rstrip("&")
    got = page(site, asked)
    assert len(got["events"]) == number
    assert int(got["after"].split("-")[0]) == int(now(site)), "what was looked through is not looked at again"


@pytest.mark.parametrize(
    "query",
    [
        "after=x",
        "after=-1",
        "after=1-",
        "after=1-2-3",
        "after=01",
        "type=dataset",
        "type=",
        "limit=0",
        "subject=a",
    ],
)
def test_what_is_malformed_is_refused(site: Any, query: str) -> None:
    answer = site.ask("GET", f"/v1/events?{query}", by="green-tech")
    assert answer.status_code == 400


def test_nobody_reads_events_without_a_signature(site: Any) -> None:
    assert site.ask("GET", "/v1/events").status_code == 401
    stream = {"accept": "text/event-stream"}
    assert site.ask("GET", "/v1/events", headers=stream).status_code == 401


class Listener:
    """One connection that follows events, over ASGI."""

    def __init__(self, site: Any, query: str = "", by: str = "green-tech", **fields: str) -> None:
        target = "/v1/events" + (f"?{query}" if query else "")
        given = {"host": "localhost:8420", "accept": "text/event-stream", **fields}
        given |= site.signature(by, "GET", target)
        self.scope = {
            "type": "http", "method": "GET", "path": "/v1/events", "raw_path": b"/v1/events",
            "query_string": query.encode(),
            "headers": [(key.replace("_", "-").encode(), value.encode()) for key, value in given.items()],
        }  # fmt: skip
        self.app = site.app
        self.status = 0
        self.text = ""
        self.grown = asyncio.Event()
        self.hung_up = asyncio.Event()

    async def __aenter__(self) -> "Listener":
        self.task = asyncio.create_task(self.app(self.scope, self._receive, self._send))
        return self

    async def __aexit__(self, *_: object) -> None:
        self.hung_up.set()
        await asyncio.wait_for(self.task, 5)

    async def _receive(self) -> dict[str, Any]:
        if not hasattr(self, "asked"):
            self.asked = True
            return {"type": "http.request", "body": b""}
        await self.hung_up.wait()
        return {"type": "http.disconnect"}

    async def _send(self, event: Any) -> None:
        if event["type"] == "http.response.start":
            self.status = event["status"]
            self.fields = dict(event["headers"])
        else:
            self.text += event["body"].decode()
        self.grown.set()

    async def until(self, holds: Callable[["Listener"], bool]) -> None:
        async with asyncio.timeout(5):
            while not holds(self):
                self.grown.clear()
                await self.grown.wait()

    @property
    def events(self) -> list[Any]:
        lines = self.text.split("\n")
        return [json.loads(line[6:]) for line in lines if line.startswith("data: ")]

    @property
    def last(self) -> str:
        return [line[4:] for line in self.text.split("\n") if line.startswith("id: ")][-1]


def listening(site: Any, scene: Callable[[], Awaitable[Any]]) -> Any:
    return site.run(scene())


async def submit(site: Any, *ids: str, by: str = "env-bureau") -> None:
    told = await site.node.submit(
        [site.statement(by, "catalogue/publish", site.dataset(id=id)) for id in ids]
    )
    assert all(fate.state == "accepted" for fate in told.fates)


def test_a_stream_tells_each_event_once_committed(site: Any) -> None:
    one, two, three = (site.name("live") for _ in range(3))

    async def scene() -> Listener:
        async with Listener(site) as listener:
            await listener.until(lambda it: "id: " in it.text)
            await submit(site, one, two)
            await listener.until(lambda it: len(it.events) == 2)
            await submit(site, three)
            await listener.until(lambda it: len(it.events) == 3)
            return listener

    listener = listening(site, scene)
    assert listener.status == 200
    assert listener.fields[b"content-type"] == b"text/event-stream"
    assert listener.fields[b"cache-control"] == b"no-store"
    assert listener.text.startswith("retry: 2000\n\n")
    assert [each["subject"].split("/")[1] for each in listener.events] == [one, two, three]
    assert listener.last == listener.events[-1]["id"]
    assert page(site, f"after={listener.events[1]['id']}")["events"][0] == listener.events[2]


def test_a_stream_goes_on_where_it_broke_off(site: Any) -> None:
    ids = [site.name("live") for _ in range(4)]

    async def scene() -> tuple[Listener, Listener]:
        async with Listener(site) as first:
            await first.until(lambda it: "id: " in it.text)
            await submit(site, *ids[:3])
            await first.until(lambda it: len(it.events) == 3)
        middle = first.events[0]["id"]
        await submit(site, ids[3])
        async with Listener(site, "after=0", last_event_id=middle) as second:
            await second.until(lambda it: len(it.events) == 3)
        return first, second

    first, second = listening(site, scene)
    assert [each["subject"].split("/")[1] for each in second.events] == ids[1:]
    assert second.events[:2] == first.events[1:]


def test_who_is_far_behind_catches_up_and_goes_on_live(site: Any) -> None:
    publish(site)
    everything = site.ask("GET", "/v1/events?limit=200", by="green-tech").json()["events"]
    old = [each for each in everything if each["data"]["height"] > 0]
    new = site.name("live")

    async def scene() -> Listener:
        async with Listener(site, "after=0") as listener:
            await listener.until(lambda it: len(it.events) == len(old))
            await submit(site, new)
            await listener.until(lambda it: len(it.events) > len(old))
            return listener

    listener = listening(site, scene)
    assert listener.events[:-1] == old
    assert listener.events[-1]["subject"].endswith(new)


def test_a_silent_stream_lives_and_moves_on(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "HEARTBEAT", 0.05)

    async def scene() -> Listener:
        async with Listener(site, "type=sharing.agreement") as listener:
            await listener.until(lambda it: "id: " in it.text)
            await submit(site, site.name("live"))
            height = site.node.machine.head.height
            await listener.until(lambda it: it.last == str(height))
            await listener.until(lambda it: it.text.count(f"id: {height}\n") > 2)
            return listener

    assert listening(site, scene).events == []


def test_a_stream_ends_after_its_time(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "LASTS", 0.2)
    monkeypatch.setattr(api, "HEARTBEAT", 0.05)

    async def scene() -> None:
        listener = Listener(site)
        await asyncio.wait_for(listener.app(listener.scope, listener._receive, listener._send), 5)
        assert listener.status == 200

    listening(site, scene)


def test_a_caller_has_so_many_streams_and_places_are_given_back(site: Any) -> None:
    async def scene() -> list[int]:
        listeners = [Listener(site) for _ in range(EACH)]
        for each in listeners:
            await each.__aenter__()
            await each.until(lambda it: "id: " in it.text)
        more, other = Listener(site), Listener(site, by="air-alliance")
        async with more, other:
            await more.until(lambda it: it.status != 0)
            await other.until(lambda it: it.status != 0)
        for each in listeners:
            await each.__aexit__()
        async with Listener(site) as again:
            await again.until(lambda it: it.status != 0)
        assert more.fields[b"retry-after"] == b"15"
        assert json.loads(more.text)["code"] == "events/too-many-streams"
        return [more.status, other.status, again.status]

    assert listening(site, scene) == [429, 200, 200]
    assert not site.app._service.streams


def test_following_ends_with_the_last_listener(site: Any) -> None:
    async def scene() -> None:
        feed = site.app._service.feed
        async with Listener(site) as one, Listener(site) as two:
            await one.until(lambda it: "id: " in it.text)
            await two.until(lambda it: "id: " in it.text)
            assert feed._task is not None
        assert feed._task is None

    listening(site, scene)


def test_streams_end_at_once_when_the_server_does(new_site: Any) -> None:
    site = new_site()

    async def scene() -> None:
        listener = Listener(site)
        task = asyncio.create_task(site.app(listener.scope, listener._receive, listener._send))
        await listener.until(lambda it: "id: " in it.text)
        await site.app.end()
        await asyncio.wait_for(task, 1)

    listening(site, scene)
