"""The embedded engine orders, commits and answers; real worker processes verify the signatures."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from dongting.engines.embedded import BUSY, HALTED, MAX_WAITING, MAX_WAITING_BYTES, Embedded
from dongting.engines.verifiers import UNKNOWN_KEY
from dongting.errors import Refused
from dongting.kernel.machine import Accepted
from dongting.testing import Ledger
from dongting.testing.stores import FailingStore, MemoryStore
from dongting.wire.keys import PrivateKey
from dongting.wire.statement import BAD_SIGNATURE, MALFORMED
from dongting.wire.suites import ED25519


def publication(number: int) -> dict[str, Any]:
    return {
        "id": f"d{number}",
        "title": {"en": "Air"},
        "description": {"en": "Readings"},
        "theme": "ENVI",
        "frequency": "HOURLY",
        "sharing": "unconditional",
        "opening": "unconditional",
        "grade": "general-1",
    }


def publish(ledger: Ledger, number: int, **changes: Any) -> bytes:
    return ledger.sign("env-bureau", "catalogue/publish", publication(number), **changes)


def run(ledger: Ledger, use: Callable[[Embedded], Awaitable[Any]], **options: Any) -> Any:
    async def main() -> Any:
        engine = Embedded(ledger.machine, lambda: ledger.time, workers=2, **options)
        await engine.start()
        try:
            return await use(engine)
        finally:
            await engine.stop()

    return asyncio.run(main())


def codes(outcomes: Sequence[Any]) -> list[Any]:
    return [outcome.code if isinstance(outcome, Refused) else "accepted" for outcome in outcomes]


def test_a_batch_is_answered_in_its_order_after_the_commit() -> None:
    ledger = Ledger()
    batch = [publish(ledger, n) for n in range(300)]
    outcomes = run(ledger, lambda engine: engine.submit(batch))
    assert [outcome.index for outcome in outcomes if isinstance(outcome, Accepted)] == sorted(
        outcome.index for outcome in outcomes
    )
    assert [ledger.machine.leaf(outcome.index) for outcome in outcomes] == batch


def test_bad_statements_are_refused_and_their_neighbours_accepted() -> None:
    ledger = Ledger()
    forged = bytearray(publish(ledger, 1))
    forged[-1] ^= 1
    stranger = publish(ledger, 2, key=PrivateKey.generate(ED25519))
    batch = [publish(ledger, 0), bytes(forged), stranger, b"\x00", publish(ledger, 3)]
    outcomes = run(ledger, lambda engine: engine.submit(batch))
    assert codes(outcomes) == ["accepted", BAD_SIGNATURE, UNKNOWN_KEY, MALFORMED, "accepted"]
    assert ledger.machine.head.size == 3


def test_statements_that_arrive_together_share_a_block() -> None:
    ledger = Ledger()

    async def use(engine: Embedded) -> list[list[Any]]:
        return await asyncio.gather(*(engine.submit([publish(ledger, n)]) for n in range(50)))

    outcomes = [outcome for answer in run(ledger, use) for outcome in answer]
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    assert ledger.machine.head.height < 50


def test_a_block_holds_at_most_so_many_statements() -> None:
    ledger = Ledger()
    batch = [publish(ledger, n) for n in range(400)]
    run(ledger, lambda engine: engine.submit(batch), max_statements=128)
    sizes = [ledger.machine.block(h).size - ledger.machine.block(h).first for h in range(1, 5)]
    assert max(sizes) <= 129  # the statements and the block end


def test_the_same_bytes_again_return_the_first_outcome() -> None:
    ledger = Ledger()
    data = publish(ledger, 0)

    async def use(engine: Embedded) -> tuple[list[Any], list[Any]]:
        return await engine.submit([data, data]), await engine.submit([data])

    first, again = run(ledger, use)
    assert first[0] == first[1] == again[0]
    assert ledger.machine.head.height == 1


def test_a_full_queue_refuses_the_whole_batch() -> None:
    ledger = Ledger()

    async def use(engine: Embedded) -> None:
        with pytest.raises(Refused) as refusal:
            await engine.submit([b"\x00"] * (MAX_WAITING + 1))
        assert refusal.value.code is BUSY

    run(ledger, use)
    assert ledger.machine.head.height == 0


def test_a_queue_full_of_long_statements_refuses_too() -> None:
    ledger = Ledger()
    many = [bytes(60_000)] * (MAX_WAITING_BYTES // 60_000 + 1)
    with pytest.raises(Refused) as caught:
        run(ledger, lambda engine: engine.submit(many))
    assert caught.value.code is BUSY


@pytest.mark.parametrize("form", ["lost", "reported"])
def test_a_failed_write_halts_the_engine_and_answers_nobody_falsely(form: str) -> None:
    store = MemoryStore()
    ledger = Ledger(store=store)
    failing = FailingStore(store, 2, form)  # type: ignore[arg-type]
    ledger.store = failing
    ledger.reopen()
    first = publish(ledger, 0)

    async def use(engine: Embedded) -> None:
        outcomes = await engine.submit([first])
        assert codes(outcomes) == ["accepted"]
        for number in (1, 2):
            with pytest.raises(Refused) as refusal:
                await engine.submit([publish(ledger, number)])
            assert refusal.value.code is HALTED

    run(ledger, use)
    ledger.store = store
    machine = ledger.reopen()
    assert machine.leaf(0) == first
    assert machine.head.height == (2 if form == "reported" else 1)
