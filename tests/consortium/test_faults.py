"""What a consortium of four survives, with real processes; each ends with equal roots and a clean audit."""

import asyncio
import signal

from dongting.node.resync import set_aside
from dongting.testing.load import Load, ends_well, halted
from dongting.testing.validators import Validators


def test_one_of_four_dies_and_comes_back_and_two_of_four_halt_the_others_until_they_do(
    validators: Validators,
) -> None:
    async def story() -> None:
        async with Load(validators, 0, 1) as load:
            await load.grows()
            validators.kill(3)
            await load.grows()
            validators.kill(2)
            before = await halted(validators, 0, 1)
            assert len(load.told) <= before
            validators.start(2)
            await load.grows()
            validators.start(3)
            await load.grows()
        await ends_well(validators, load)

    asyncio.run(story())


def test_a_node_that_was_paused_for_a_while_catches_up(validators: Validators) -> None:
    async def story() -> None:
        async with Load(validators, 0, 1) as load:
            await load.grows()
            validators.signal(2, signal.SIGSTOP)
            await load.grows(60)
            validators.signal(2, signal.SIGCONT)
            await load.grows()
        await ends_well(validators, load)

    asyncio.run(story())


def test_a_node_killed_at_each_point_around_finalize_and_commit_loses_nothing(validators: Validators) -> None:
    async def story() -> None:
        async with Load(validators, 0, 1) as load:
            await asyncio.to_thread(validators.stop, 1)
            for point in (1, 2, 4, 6, 7):
                # Before and behind the write, the checkpoint, the answers (docs/kernel-rules.md). A start
                # issues a checkpoint, too: the third time is amid blocks.
                validators.start(1, point=point, times=3)
                assert await asyncio.to_thread(validators.wait, 1) == -signal.SIGKILL
            validators.start(1)
            await load.grows()
        await ends_well(validators, load)

    asyncio.run(story())


def test_every_node_is_restarted_in_turn_while_statements_come(validators: Validators) -> None:
    async def story() -> None:
        async with Load(validators, 0, 2) as load:
            await load.grows()
            for number in range(4):
                await asyncio.to_thread(validators.stop, number)
                validators.start(number)
                await validators.status(number)
                await load.grows(10)
        await ends_well(validators, load)

    asyncio.run(story())


def test_a_clock_that_is_minutes_off_stops_nobody_else(validators: Validators) -> None:
    async def story() -> None:
        for number, skew in ((3, 240), (2, -240)):
            await asyncio.to_thread(validators.stop, number)
            validators.start(number, skew=skew)
        async with Load(validators, 0, 1) as load:
            await load.grows(40)
        fates = await validators.submit(2, validators.evidence(10_001, 2))
        assert fates[0].state == "refused"
        assert str(fates[0].code) == "kernel/dated-ahead"
        await ends_well(validators, load)

    asyncio.run(story())


def test_whoever_floods_waits_behind_itself_and_others_are_served(validators: Validators) -> None:
    async def story() -> None:
        async with Load(validators, 0) as load:
            await load.grows()
            flood = [validators.evidence(n, 1) for n in range(20_000, 24_000)]
            flooding = [
                asyncio.create_task(validators.submit(1, *flood[start : start + 1000]))
                for start in range(0, len(flood), 1000)
            ]
            await load.grows(30)
            for fates in await asyncio.gather(*flooding):
                assert {fate.state for fate in fates} == {"accepted"}
        await ends_well(validators, load)

    asyncio.run(story())


def test_a_validator_whose_state_was_changed_says_so_and_begins_anew_from_the_others(
    validators: Validators,
) -> None:
    async def story() -> None:
        async with Load(validators, 0) as load:
            await load.grows()
            await asyncio.to_thread(validators.stop, 2)
            home = validators.home(2)
            store = home.ledger()
            key, value = next(iter(store.scan(b"s")))
            store.write([(key, bytes([value[0] ^ 1]) + value[1:])])
            store.close()
            validators.start(2)
            assert await asyncio.to_thread(validators.wait, 2) != 0
            assert "does not have the state root" in (home.path / "node.log").read_text()
            signed = (home.path / "cometbft" / "data" / "priv_validator_state.json").read_bytes()
            set_aside(home, "set-aside")
            assert (home.path / "cometbft" / "data" / "priv_validator_state.json").read_bytes() == signed
            validators.start(2)
            await load.grows()
        await ends_well(validators, load)

    asyncio.run(story())
