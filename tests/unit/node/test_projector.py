"""How the projector shares the machine with those who write."""

from typing import Any

import pytest

from dongting.node.projector import GATHER, LATE, LONGEST, PAUSE, REST, Projector, pause
from dongting.store.schema import LAYOUT


def test_views_that_are_up_to_date_look_again_soon() -> None:
    assert pause(3.0, 0, True, 0.0) == PAUSE
    assert pause(3.0, -7, False, 0.0) == PAUSE, "a ledger that was restored from before"


def test_while_others_write_views_leave_them_most_of_the_machine() -> None:
    assert pause(0.2, 9, True, 2.0) == REST * 0.2
    assert pause(5.0, 9, True, 2.0) == LONGEST
    assert pause(0.001, 1, True, 0.0) == GATHER, "small blocks share a transaction"


def test_views_catch_up_at_once_when_nobody_writes_or_they_lag_too_far() -> None:
    assert pause(0.5, 9, False, 2.0) == 0
    assert pause(0.5, 9, True, LATE) == 0


def test_views_of_an_older_program_are_built_anew(new_site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    site = new_site()
    dataset = site.dataset()
    site.act("env-bureau", "catalogue/publish", dataset)
    monkeypatch.setattr("dongting.store.views.LAYOUT", LAYOUT + 1)
    home, views = site.home, site.home.views()
    projector = Projector(site.node, views, home.files(), home.parts(), home.envelopes())
    try:
        assert views.outdated
        site.run(projector.renew())
        assert not views.outdated
        assert views.height == site.node.machine.head.height
        assert views.get("catalogue.dataset", dataset["id"]) is not None
    finally:
        views.close()
