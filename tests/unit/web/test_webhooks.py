"""Webhooks on the pages: who may manage them, what is shown once, and what became of each message."""

import re
from typing import Any

import pytest

from dongting.errors import Refused
from dongting.node.hooks.codes import OVERFLOW
from dongting.node.hooks.subscriptions import enqueue

HERE = "/settings/webhooks"
WISH = {"name": "lake", "url": "https://data.example.org/in", "about": "own", "format": "standard"}


@pytest.fixture
def developer(pages: Any) -> Any:
    """Somebody who may manage the interfaces of an organisation that no other test uses them at."""
    someone = pages.someone("env-bureau", "developer")
    for each in pages.app._site.hooks.all("env-bureau"):
        pages.app._site.hooks.remove("env-bureau", each.id, lambda _: None)
    return someone


def place_of(page: str) -> str:
    """The address of the first webhook that a page leads to."""
    found = re.search(rf'href="({HERE}/wh_[0-9a-f]+)"', page)
    assert found is not None
    return found[1]


def test_a_webhook_is_made_and_its_secret_is_shown_once(developer: Any) -> None:
    assert "Nothing is sent anywhere." in developer.get(HERE).text
    made = developer.post(HERE, **WISH, type=["sharing.negotiation"])
    assert made.status_code == 200
    secret = re.search(r"whsec_[A-Za-z0-9+/=]+", made.text)
    assert secret is not None
    page = developer.get(place_of(made.text)).text
    for said in ("lake", "https://data.example.org/in", "What this organisation did", "CloudEvents"):
        assert said in page, said
    assert secret[0] not in page
    assert secret[0] not in developer.get(HERE).text


def test_a_robot_has_no_secret_of_ours(developer: Any) -> None:
    made = developer.post(HERE, **{**WISH, "format": "wecom", "about": "notices"})
    assert made.status_code == 303
    page = developer.get(made.headers["location"]).text
    assert "Group robot of WeCom" in page
    assert "Replace the secret" not in page
    assert developer.post(f"{made.headers['location']}/rotate").status_code == 409


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "ftp://data.example.org"}, {"url": "https://data.example.org/ x"}, {"url": ""},
        {"url": "javascript:alert(1)"}, {"url": "http://127.0.0.1/"}, {"type": ["no.such"]},
        {"secret": "short"}, {"format": "wecom", "secret": "whsec_x"},
    ],
)  # fmt: skip
def test_what_is_malformed_is_refused_and_makes_nothing(developer: Any, wrong: dict[str, Any]) -> None:
    answer = developer.post(HERE, **{**WISH, **wrong})
    assert 400 <= answer.status_code < 500
    assert 'role="alert"' in answer.text
    assert "Nothing is sent anywhere." in developer.get(HERE).text


def test_messages_are_tried_out_given_up_and_sent_again(pages: Any, developer: Any) -> None:
    place = place_of(developer.post(HERE, **WISH).text)
    assert developer.post(f"{place}/test").headers["location"] == place
    assert "test-" in developer.get(f"{place}?state=waiting").text
    hooks = pages.app._site.hooks
    hook = hooks.one("env-bureau", place.rpartition("/")[2])
    with hooks.database.write() as connection:
        number = enqueue(connection, hook, "310-0", hooks.clock(), Refused(OVERFLOW, limit=10_000))
    dead = developer.get(f"{place}?state=dead").text
    assert "310-0" in dead
    assert "10000 messages wait already" in dead
    assert developer.post(f"{place}/deliveries/{number}/replay").status_code == 303
    assert "310-0" not in developer.get(f"{place}?state=dead").text
    assert "310-0" in developer.get(f"{place}?state=waiting").text
    assert developer.post(f"{place}/deliveries/{number + 1}/replay").status_code == 404
    assert developer.post(f"{place}/deliveries/x/replay").status_code == 404
    replayed = [line for line in pages.lines() if line["what"] == "webhook-replayed"]
    assert hook.id in str(replayed[-1])


def test_a_webhook_is_paused_opened_given_a_new_secret_and_removed(developer: Any) -> None:
    first = developer.post(HERE, **WISH).text
    place = place_of(first)
    assert developer.post(f"{place}/state", state="paused").status_code == 303
    assert "paused" in developer.get(HERE).text
    assert developer.post(f"{place}/state", state="active").status_code == 303
    assert "paused" not in developer.get(HERE).text
    again = developer.post(f"{place}/rotate").text
    assert "former secret" in again
    assert set(re.findall(r"whsec_\S+", again)).isdisjoint(re.findall(r"whsec_\S+", first))
    assert developer.post(f"{place}/remove").headers["location"] == HERE
    assert developer.get(place).status_code == 404


def test_another_organisation_and_another_role_reach_nothing(pages: Any, developer: Any) -> None:
    place = place_of(developer.post(HERE, **WISH).text)
    other = pages.someone("green-tech", "developer")
    assert "Nothing is sent anywhere." in other.get(HERE).text
    assert other.get(place).status_code == 404
    requester = pages.someone("env-bureau", "requester")
    assert requester.get(HERE).status_code == 403
    assert requester.get(place).status_code == 403
    assert requester.post(HERE, **WISH).status_code == 403
    for what in ("test", "state", "rotate", "remove", "deliveries/1/replay"):
        assert other.post(f"{place}/{what}").status_code == 404, what
        assert requester.post(f"{place}/{what}").status_code == 403, what
    assert developer.get(place).status_code == 200


def test_what_people_wrote_never_becomes_markup(developer: Any) -> None:
    name = "<script>alert(1)</script>"
    made = developer.post(HERE, **{**WISH, "name": name, "url": "https://a.example/<script>"}).text
    for page in (made, developer.get(HERE).text, developer.get(place_of(made)).text):
        assert "<script>alert" not in page
        assert "a.example/<script>" not in page
