"""Every wanted event arrives at least once, signed; what does not is set aside and can be replayed."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from standardwebhooks.webhooks import Webhook

from dongting.node.home import Home
from dongting.node.hooks import dispatch, subscriptions
from dongting.node.hooks.dispatch import DELAYS, Dispatcher
from dongting.node.hooks.subscriptions import Hook, Hooks, Wish
from dongting.node.messenger import assembled
from dongting.node.people.accounts import open_accounts
from dongting.node.sending import HooksSettings

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
DOWN = b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"


class Post:
    """A post office with one receiver over a real socket, and a clock that the test turns."""

    def __init__(self, site: Any) -> None:
        self.site = site
        self.now = int(time.time())
        self.got: list[tuple[dict[str, str], bytes, str]] = []
        self.answer = OK
        self.more: list[asyncio.Server] = []
        config = msgspec.structs.replace(site.home.config, hooks=HooksSettings(private_addresses=True))
        self.home = Home(config)
        self.accounts = open_accounts(self.home, lambda: self.now)
        self.dispatcher = self.fresh()
        self.hooks: Hooks = self.dispatcher._hooks
        self.server = site.run(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = self.server.sockets[0].getsockname()[1]

    def fresh(self) -> Dispatcher:
        """A dispatcher as after a restart."""
        made = self.assembled()
        made._jitter = lambda: 1.0
        return made

    def assembled(self) -> Dispatcher:
        return assembled(self.home, self.site.node, self.site.views, self.accounts.register).dispatcher

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        body = await reader.readexactly(int(fields["content-length"]))
        self.got.append((fields, body, first.split()[1]))
        writer.write(self.answer)
        await writer.drain()
        writer.close()

    def hook(self, by: str = "env-bureau", path: str = "/in", **changes: Any) -> tuple[Hook, str | None]:
        wish = Wish(
            **{
                "name": "", "url": f"http://127.0.0.1:{self.port}{path}", "format": "standard",
                "language": "en", "about": "own", "types": (), "actions": (), "secret": None, **changes,
            }
        )  # fmt: skip
        return self.hooks.add(by, wish, self.site.node.machine.head.height)

    def go(self) -> None:
        """Look for events and make all attempts that are due."""

        async def scene() -> None:
            while await self.dispatcher.look():
                pass
            while await self.dispatcher.send():
                await self.dispatcher.settle()

        self.site.run(scene())

    def deliveries(self, hook: Hook, state: str | None = None) -> list[Any]:
        return self.hooks.deliveries(hook.organisation, hook.id, state, None, 100)


@pytest.fixture
def post(new_site: Any) -> Iterator[Post]:
    made = Post(new_site())
    yield made
    for server in (made.server, *made.more):
        server.close()
    made.accounts.close()


def publish(post: Post, by: str = "env-bureau") -> str:
    dataset = post.site.dataset()
    post.site.act(by, "catalogue/publish", dataset)
    return str(dataset["id"])


def test_an_event_arrives_once_signed_and_verifies(post: Post) -> None:
    hook, secret = post.hook()
    id = publish(post)
    post.go()
    post.go()
    ((fields, body, _),) = post.got
    event = Webhook(secret).verify(body, fields)
    assert event["subject"] == f"catalogue.dataset/{id}"
    assert fields["webhook-id"] == event["id"]
    assert fields["content-type"] == "application/cloudevents+json"
    (delivered,) = post.deliveries(hook)
    assert (delivered.state, delivered.attempts, delivered.status) == ("delivered", 1, 200)


def test_only_what_is_wanted_arrives(post: Post) -> None:
    publish(post)
    _, _ = post.hook(by="green-tech", path="/own")
    post.hook(by="green-tech", path="/all", about="all")
    post.hook(by="green-tech", path="/type", about="all", types=("sharing.agreement",))
    post.hook(by="green-tech", path="/action", about="all", actions=("catalogue/withdraw",))
    post.hook(by="env-bureau", path="/mine")
    post.hook(by="env-bureau", path="/notices", about="notices")
    id = publish(post)
    post.site.act("env-bureau", "catalogue/withdraw", {"id": id})
    post.go()
    assert sorted(path for _, _, path in post.got) == ["/action", "/all", "/all", "/mine", "/mine"]


def test_a_failed_attempt_is_repeated_later_and_later_then_set_aside(post: Post) -> None:
    hook, _ = post.hook()
    post.answer = DOWN
    publish(post)
    waits = []
    for _ in range(len(DELAYS)):
        post.go()
        (waiting,) = post.deliveries(hook, "waiting")
        waits.append(waiting.due - post.now)
        post.now = waiting.due - 1
        post.go()
        assert post.deliveries(hook)[0].attempts == waiting.attempts, "not before it is due"
        post.now += 1
    post.go()
    assert tuple(waits) == DELAYS
    (dead,) = post.deliveries(hook, "dead")
    assert (dead.attempts, dead.status, dead.code) == (len(DELAYS) + 1, 500, "receiver-refused")
    assert len({fields["webhook-id"] for fields, _, _ in post.got}) == 1
    assert len({fields["webhook-timestamp"] for fields, _, _ in post.got}) == len(DELAYS) + 1
    post.answer = OK
    post.hooks.replay("env-bureau", hook.id, dead.number)
    post.go()
    assert post.deliveries(hook)[0].state == "delivered"
    assert post.got[-1][0]["webhook-id"] == post.got[0][0]["webhook-id"]


def test_delays_differ_by_chance(post: Post) -> None:
    waits = {post.assembled()._wait(3, None) for _ in range(50)}
    assert len(waits) > 10
    assert all(0.8 * DELAYS[2] <= each <= 1.2 * DELAYS[2] for each in waits)


@pytest.mark.parametrize(("asked", "wait"), [("600", 600), ("1", 5), ("soon", 5), ("9999999", 86_400)])
def test_a_receiver_may_ask_for_time(post: Post, asked: str, wait: int) -> None:
    hook, _ = post.hook()
    post.answer = f"HTTP/1.1 429 No\r\nRetry-After: {asked}\r\nContent-Length: 0\r\n\r\n".encode()
    publish(post)
    post.go()
    assert post.deliveries(hook)[0].due == post.now + wait


def test_what_is_in_line_survives_a_restart(post: Post) -> None:
    hook, _ = post.hook()
    post.answer = DOWN
    publish(post)
    post.go()
    publish(post)
    post.dispatcher = post.fresh()
    post.answer = OK
    post.now += 5
    post.go()
    assert [each.state for each in post.deliveries(hook)] == ["delivered", "delivered"]
    assert len(post.got) == 3


def test_an_attempt_that_was_cut_off_is_made_again(post: Post) -> None:
    hook, _ = post.hook()
    publish(post)

    async def killed() -> None:
        while await post.dispatcher.look():
            pass
        await post.dispatcher.send()
        for task in post.dispatcher._under_way.values():
            task.cancel()

    post.site.run(killed())
    post.dispatcher = post.fresh()
    post.go()
    assert post.deliveries(hook)[0].state == "delivered"


def test_gone_closes_a_webhook_and_opening_it_begins_anew(post: Post) -> None:
    hook, _ = post.hook()
    post.answer = b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n"
    publish(post)
    post.go()
    assert post.hooks.one("env-bureau", hook.id).state == "gone"
    assert post.deliveries(hook)[0].state == "dead"
    post.answer = OK
    publish(post)
    post.go()
    assert len(post.got) == 1
    wish = Wish("", hook.url, "standard", "en", "own", (), (), None)
    height = post.site.node.machine.head.height
    post.hooks.change("env-bureau", hook.id, wish, "active", height, lambda _: None)
    id = publish(post)
    post.go()
    assert json.loads(post.got[-1][1])["subject"].endswith(id)
    assert len(post.got) == 2


def test_a_redirect_is_a_failure(post: Post) -> None:
    hook, _ = post.hook()
    post.answer = b"HTTP/1.1 307 T\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    publish(post)
    post.go()
    assert post.deliveries(hook)[0].code == "redirected"


def test_for_a_day_both_secrets_sign(post: Post) -> None:
    hook, old = post.hook()
    new = post.hooks.rotate("env-bureau", hook.id)
    publish(post)
    post.go()
    fields, body, _ = post.got[-1]
    for secret in (old, new):
        assert Webhook(secret).verify(body, fields)["id"] == fields["webhook-id"]
    post.now += subscriptions.OVERLAP
    publish(post)
    post.go()
    assert post.got[-1][0]["webhook-signature"].count("v1,") == 1


def test_a_full_line_sets_aside(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "WAITING", 2)
    hook, _ = post.hook()
    post.answer = DOWN
    for _ in range(4):
        publish(post)
    post.go()
    assert [each.state for each in post.deliveries(hook)] == ["dead", "dead", "waiting", "waiting"]
    assert post.deliveries(hook, "dead")[0].facts == {"limit": 2}


def test_nobody_elses_receiver_waits_for_a_slow_one(post: Post) -> None:
    slow, _ = post.hook(url=f"http://127.0.0.1:{silent(post)}/")
    quick, _ = post.hook()
    for _ in range(3):
        publish(post)

    async def scene() -> None:
        while await post.dispatcher.look():
            pass
        async with asyncio.timeout(5):
            while any(each.state == "waiting" for each in post.deliveries(quick)):
                await post.dispatcher.send()
                await asyncio.sleep(0.01)
        for task in post.dispatcher._under_way.values():
            task.cancel()
        await asyncio.gather(*post.dispatcher._under_way.values(), return_exceptions=True)

    post.site.run(scene())
    assert {each.state for each in post.deliveries(quick)} == {"delivered"}
    assert {each.state for each in post.deliveries(slow)} == {"waiting"}


def silent(post: Post) -> int:
    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = post.site.run(asyncio.start_server(never, "127.0.0.1", 0))
    post.more.append(server)
    return int(server.sockets[0].getsockname()[1])


def test_a_test_message(post: Post) -> None:
    hook, secret = post.hook()
    post.hooks.test("env-bureau", hook.id)
    post.go()
    fields, body, _ = post.got[-1]
    assert Webhook(secret).verify(body, fields)["type"] == "dongting.test"


def test_a_wecom_robot_gets_markdown_and_its_errcode_counts(post: Post) -> None:
    hook, secret = post.hook(format="wecom", language="zh", path="/cgi-bin/webhook/send?key=x")
    assert secret is None
    post.answer = b'HTTP/1.1 200 OK\r\nContent-Length: 38\r\n\r\n{"errcode":93000,"errmsg":"invalid x"}'
    id = publish(post)
    post.go()
    (waiting,) = post.deliveries(hook)
    assert (waiting.state, waiting.code) == ("waiting", "robot-refused")
    post.answer = b'HTTP/1.1 200 OK\r\nContent-Length: 27\r\n\r\n{"errcode":0,"errmsg":"ok"}'
    post.now = waiting.due
    post.go()
    assert post.deliveries(hook)[0].state == "delivered"
    told = json.loads(post.got[-1][1])
    assert told["msgtype"] == "markdown"
    assert told["markdown"]["content"].startswith("### 发布数据集\n")
    assert id in told["markdown"]["content"]
    assert "webhook-signature" not in post.got[-1][0]


def test_a_dingtalk_robot_gets_markdown_under_a_signed_address(post: Post) -> None:
    post.answer = b'HTTP/1.1 200 OK\r\nContent-Length: 27\r\n\r\n{"errcode":0,"errmsg":"ok"}'
    hook, _ = post.hook(format="dingtalk", path="/robot/send?access_token=x", secret="SEC0123abc")
    publish(post)
    post.go()
    assert post.deliveries(hook)[0].state == "delivered"
    asked = parse_qs(urlsplit(post.got[-1][2]).query)
    moment = asked["timestamp"][0]
    assert int(moment) == post.now * 1000
    expected = hmac.new(b"SEC0123abc", f"{moment}\nSEC0123abc".encode(), hashlib.sha256).digest()
    assert base64.b64decode(asked["sign"][0]) == expected
    assert asked["access_token"] == ["x"]
    told = json.loads(post.got[-1][1])["markdown"]
    assert told["title"] == "Publish a dataset"
    assert told["text"].startswith("### Publish a dataset")
