"""A consortium of four whose network is in two parts; each story ends with equal roots and a clean audit."""

import asyncio
import os

from dongting.testing.cables import Cables
from dongting.testing.load import Load, ends_well, halted
from dongting.testing.validators import Validators

#: Seconds for which the halves stay apart: with `make soak` so long that CometBFT hardly dials by itself.
CUT = 450 if os.environ.get("DONGTING_SOAK") else 0


def test_three_go_on_without_the_one_that_is_cut_off_which_acknowledges_nothing_until_it_is_back(
    cabled: tuple[Validators, Cables],
) -> None:
    validators, cables = cabled

    async def story() -> None:
        async with Load(validators, 0, 1) as load:
            await load.grows()
            cables.split(3)
            alone = asyncio.create_task(validators.submit(3, validators.evidence(author=3)))
            await load.grows(60)
            assert not alone.done()
            assert (await validators.status(3)).size < (await validators.status(0)).size - 60
            cables.heal()
            (fate,) = await alone
            assert fate.state == "accepted", fate
            await load.grows()
        await ends_well(validators, load)

    asyncio.run(story())


def test_two_against_two_nobody_acknowledges_anything_until_the_cables_are_back(
    cabled: tuple[Validators, Cables],
) -> None:
    validators, cables = cabled

    async def story() -> None:
        async with Load(validators, 0, 2) as load:
            await load.grows()
            cables.split(2, 3)
            size = await halted(validators, 0, 1, 2, 3)
            told = len(load.told)
            waiting = [
                asyncio.create_task(validators.submit(n, validators.evidence(author=n))) for n in (1, 3)
            ]
            await asyncio.wait(waiting, timeout=3)
            assert not any(task.done() for task in waiting)
            await asyncio.sleep(CUT)
            assert (len(load.told), await halted(validators, 0, 1, 2, 3)) == (told, size)
            cables.heal()
            for (fate,) in await asyncio.gather(*waiting):
                assert fate.state == "accepted" or CUT, fate
            await load.grows()
        await ends_well(validators, load)

    asyncio.run(story())
