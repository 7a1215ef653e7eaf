"""Four validators order together: every node has every block, answers come after the durable write."""

import asyncio
import time

from dongting.sdk.verify import verify
from dongting.testing.validators import Validators


def test_statements_sent_through_different_nodes_stand_in_one_log(validators: Validators) -> None:
    async def story() -> None:
        batches = [[validators.evidence(n, author) for n in range(40)] for author in range(4)]
        told = await asyncio.gather(*(validators.submit(n, *batch) for n, batch in enumerate(batches)))
        fates = [fate for fates in told for fate in fates]
        assert {fate.state for fate in fates} == {"accepted"}
        head = await validators.level()
        places = {fate.index: fate.id for fate in fates}
        assert len(places) == 160
        for number in range(4):
            async with validators.facade(number) as node:
                for index, id in places.items():
                    assert index is not None
                    leaf = await node.leaf(index)
                    assert validators.profile.hash(b"\0" + leaf).hex() == id
        assert head.size == 160 + head.height
        again = await validators.submit(3, *batches[0])
        assert [fate.index for fate in again] == [fate.index for fate in told[0]]
        assert (await validators.level()).size == head.size

    asyncio.run(story())
    validators.audit()


def test_the_first_statement_after_a_silence_is_accepted_and_not_dated_before_it_was_made(
    validators: Validators,
) -> None:
    async def story() -> None:
        await validators.submit(0, validators.evidence(1))
        await asyncio.sleep(4)
        made = int(time.time())
        fate = (await validators.submit(2, validators.evidence(2, 2, issued=made)))[0]
        assert fate.state == "accepted"
        assert fate.time is not None
        assert made <= fate.time <= time.time()

    asyncio.run(story())
    validators.audit()


def test_a_proof_bears_the_decision_of_more_than_two_thirds(validators: Validators) -> None:
    async def story() -> bytes:
        await validators.submit(0, validators.evidence(1))
        await validators.level()
        async with validators.facade(2) as node:
            return await node.prove(["evidence.evidence/evidence-env-bureau-1"])

    told = verify(asyncio.run(story()), validators.network)
    assert told.decided is not None
    assert (told.decided.power, told.decided.of) == (3, 4)
    assert told.compared
