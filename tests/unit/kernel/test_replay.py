"""The replay window holds the last two epochs, and forgets the others without needing a statement."""

from dongting.kernel.replay import EPOCH, Place, ReplayWindow
from dongting.kernel.store import Change
from dongting.testing import Ledger
from dongting.testing.stores import MemoryStore
from dongting.wire.statement import MAX_AHEAD, MAX_LIFETIME, Statement


def statement(nonce: int, issuer: str = "env-bureau") -> Statement:
    name = b"%016d" % nonce
    return Statement(b"", b"h" * 32, issuer, "", "", "", 0, None, name, b"", -8, b"")


def recorded(window: ReplayWindow, nonce: int, index: int, time: int) -> list[Change]:
    (key,) = window.keys([statement(nonce)], time)
    return window.records({key: (index, statement(nonce).leaf)})


def seen(window: ReplayWindow, statements: list[Statement], time: int) -> list[Place | None]:
    return window.seen(statements, window.keys(statements, time), time)


def test_an_epoch_is_as_long_as_a_statement_can_be_accepted() -> None:
    assert EPOCH == MAX_AHEAD + MAX_LIFETIME


def test_what_was_recorded_is_seen_in_its_epoch_and_the_next_and_forgotten_after() -> None:
    store = MemoryStore()
    window = ReplayWindow(store)
    start = 100 * EPOCH
    store.write([*recorded(window, 1, 7, start), *recorded(window, 2, 8, start + EPOCH - 1)])
    for time in (start, start + EPOCH - 1, start + EPOCH, start + 2 * EPOCH - 1):
        assert seen(window, [statement(1), statement(2), statement(3)], time) == [
            (7, b"h" * 32), (8, b"h" * 32), None,
        ]  # fmt: skip
        assert window.find("env-bureau", statement(1).nonce, time) == (7, b"h" * 32)
    assert seen(window, [statement(1)], start + 2 * EPOCH) == [None]


def test_the_same_nonce_of_another_issuer_is_another_statement() -> None:
    store = MemoryStore()
    window = ReplayWindow(store)
    store.write(recorded(window, 1, 7, 0))
    assert seen(window, [statement(1, "green-tech")], 0) == [None]


def test_only_the_first_block_of_an_epoch_prunes_and_only_older_epochs() -> None:
    store = MemoryStore()
    window = ReplayWindow(store)
    store.write([change for n in range(2, 5) for change in recorded(window, n, n, n * EPOCH)])
    assert not window.expired(4 * EPOCH, 4 * EPOCH + 1)
    store.write([], window.expired(3 * EPOCH, 4 * EPOCH))
    assert [int.from_bytes(key[1:6]) for key, _ in store.scan(b"c")] == [3, 4]


def test_a_long_ledger_keeps_two_epochs_only() -> None:
    ledger = Ledger()
    for number in range(12):
        arguments = {"id": f"e-{number}", "kind": "file", "content": f"{number:064x}"}
        ledger.act("env-bureau", "evidence/register", arguments)
        ledger.advance(seconds=EPOCH // 3)
    epochs = {int.from_bytes(key[1:6]) for key, _ in ledger.store.scan(b"c")}
    assert epochs == {ledger.machine.head.time // EPOCH - 1, ledger.machine.head.time // EPOCH}
