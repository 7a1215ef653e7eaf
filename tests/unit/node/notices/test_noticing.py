"""Who is told what follows from workflows, parties and deadlines, once; nobody is told of own acts."""

import json
from typing import Any

from dongting.node.hooks.subscriptions import Wish
from dongting.node.messenger import assembled
from dongting.node.notices.noticing import EVERY
from dongting.node.notices.words import Words
from dongting.node.people.accounts import open_accounts

from .conftest import DAY  # type: ignore[import-not-found]


def kinds(desk: Any, organisation: str) -> list[tuple[str, str]]:
    return [(each.kind, each.subject) for each in desk.told(organisation)]


def test_a_request_waits_for_the_provider_and_nobody_else(desk: Any) -> None:
    id = desk.request()
    desk.go()
    assert kinds(desk, "env-bureau") == [("waiting", f"sharing.negotiation/{id}")]
    assert kinds(desk, "green-tech") == [], "its own act"
    (notice,) = desk.told("env-bureau")
    assert (notice.facts["author"], notice.facts["action"]) == ("green-tech", "sharing/request")
    assert desk.told("air-alliance") == []


def test_each_is_given_once_also_after_a_restart(desk: Any) -> None:
    desk.request()
    desk.go()
    before = desk.told("env-bureau")
    desk.use(None)
    desk.now += EVERY
    desk.go()
    assert desk.told("env-bureau") == before


def test_a_deadline_is_near_then_missed(desk: Any) -> None:
    id = desk.request(60)
    desk.go()
    due = desk.told("env-bureau")[0].facts["due"]
    desk.now = due - DAY
    desk.go()
    desk.now += EVERY
    desk.go()
    assert kinds(desk, "env-bureau")[:-1] == [("due", f"sharing.negotiation/{id}")]
    desk.now = due + 1
    desk.go()
    assert kinds(desk, "env-bureau")[0] == ("overdue", f"sharing.negotiation/{id}")
    assert len(desk.told("env-bureau")) == 3


def test_an_agreement_that_runs_out_is_told_to_both_by_steps(desk: Any) -> None:
    short, long = desk.agreement(20), desk.agreement(200)
    desk.go()
    desk.now += EVERY
    desk.go()
    for days in (20, 7, 6, 1):
        end = desk.site.views.get("sharing.agreement", short)
        desk.now = json.loads(end.body)["end"] - days * DAY
        desk.go()
    for organisation in ("env-bureau", "green-tech"):
        ending = [n for n in desk.told(organisation) if n.kind == "ending"]
        assert [n.subject for n in ending] == [f"sharing.agreement/{short}"] * 3
        assert [n.facts["days"] for n in ending] == [1, 7, 20]
    desk.now += 2 * DAY
    desk.go()
    assert long not in str([n.subject for n in desk.told("env-bureau") if n.kind == "ending"])
    assert [n.facts["days"] for n in desk.told("env-bureau") if n.kind == "ending"] == [1, 7, 20], "ended"


def test_partners_are_told_and_users_of_a_dataset(desk: Any) -> None:
    id = desk.agreement()
    desk.site.act("env-bureau", "catalogue/withdraw", {"id": desk.dataset})
    desk.go()
    told = kinds(desk, "green-tech")
    assert ("changed", f"sharing.agreement/{id}") in told
    assert ("dataset", f"catalogue.dataset/{desk.dataset}") in told
    assert not [kind for kind, _ in kinds(desk, "env-bureau") if kind == "dataset"]


def test_the_operator_is_told_when_the_ledger_does_not_write(new_site: Any) -> None:
    from .conftest import Desk

    desk = Desk(new_site(locked=True))
    try:
        desk.noticer._operator = "env-bureau"
        desk.go()
        (notice,) = [n for n in desk.told("env-bureau") if n.kind == "node"]
        words: Words = desk.mailer._words
        assert "locked" in (words.says(notice).en or "")
    finally:
        desk.accounts.close()


def test_every_notice_says_something_in_both_languages(desk: Any) -> None:
    desk.agreement()
    desk.site.act("env-bureau", "catalogue/withdraw", {"id": desk.dataset})
    desk.go()
    desk.now += 4 * DAY
    desk.go()
    words: Words = desk.mailer._words
    for organisation in ("env-bureau", "green-tech"):
        for notice in desk.told(organisation):
            said = words.says(notice)
            for text in (said.en, said.zh):
                assert text
                assert "{" not in text
            assert any("\u4e00" <= c <= "\u9fff" for c in said.zh or "")
            assert words.address(notice) == f"/records/{notice.subject}"


def test_a_webhook_about_notices_gets_them(desk: Any) -> None:
    hooks = desk.dispatcher._hooks
    wish = Wish("", "https://x.example/", "standard", "en", "notices", (), (), None)
    hook, _ = hooks.add("air-alliance", wish, 0)
    own, _ = hooks.add("env-bureau", wish, 0)
    id = desk.request()
    desk.go()
    assert hooks.deliveries("air-alliance", hook.id, None, None, 10) == []
    (delivery,) = hooks.deliveries("env-bureau", own.id, None, None, 10)
    message = desk.site.run(desk.dispatcher._teller.message(delivery.message, desk.now))
    assert message.event.type == "dongting.notice.waiting"
    assert message.event.subject == f"sharing.negotiation/{id}"
    assert message.link.endswith(f"/records/sharing.negotiation/{id}")


def test_reading_counts_down(desk: Any) -> None:
    desk.request()
    desk.request()
    desk.go()
    person = desk.people["env-bureau"]
    assert desk.book.unread(person, "env-bureau") == 2
    newest = desk.told("env-bureau")[0].number
    desk.book.change(person, "env-bureau", seen=newest - 1)
    assert desk.book.unread(person, "env-bureau") == 1
    desk.book.change(person, "env-bureau", seen=newest)
    assert desk.book.unread(person, "env-bureau") == 0


def test_where_nobody_reads_notices_no_block_is_looked_at(new_site: Any) -> None:
    site, now = new_site(), [1_800_000_000]
    accounts = open_accounts(site.home, lambda: now[0])
    noticer = assembled(site.home, site.node, site.views, accounts.register).noticer
    site.host("env-bureau")
    try:
        site.run(noticer.step())
        noticer._hosted = lambda: ()
        site.act("env-bureau", "catalogue/publish", site.dataset())
        before = noticer._height()
        assert not site.run(noticer.step())
        assert noticer._height() == before, "not noted with every block"
        now[0] += EVERY
        site.run(noticer.step())
        assert noticer._height() == before + 1, "whoever comes later is not told of what was before"
    finally:
        accounts.close()
