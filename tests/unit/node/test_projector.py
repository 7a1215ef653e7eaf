"""How the projector shares the machine with those who write."""

from dongting.node.projector import LATE, LONGEST, PAUSE, REST, pause


def test_views_that_are_up_to_date_look_again_soon() -> None:
    assert pause(3.0, 0, True, 0.0) == PAUSE
    assert pause(3.0, -7, False, 0.0) == PAUSE, "a ledger that was restored from before"


def test_while_others_write_views_leave_them_most_of_the_machine() -> None:
    assert pause(0.2, 9, True, 2.0) == REST * 0.2
    assert pause(5.0, 9, True, 2.0) == LONGEST
    assert pause(0.001, 1, True, 0.0) == PAUSE, "small blocks share a transaction"


def test_views_catch_up_at_once_when_nobody_writes_or_they_lag_too_far() -> None:
    assert pause(0.5, 9, False, 2.0) == 0
    assert pause(0.5, 9, True, LATE) == 0
