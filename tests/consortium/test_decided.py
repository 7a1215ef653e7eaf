"""A proof file bears the validators' decision, and is verified offline from the genesis alone."""

import asyncio

import msgspec
import pytest

from dongting.engines.cometbft.directory import next_key
from dongting.errors import Refused
from dongting.sdk.verify import NO_DECISION, Policy, verify
from dongting.testing.validators import Validators
from dongting.wire import proof as proofs
from dongting.wire.commit import NOT_DECIDED

RECORD = "evidence.evidence/evidence-env-bureau-{}"


async def register(validators: Validators, number: int) -> None:
    """A statement that is accepted; the proof about it comes from another node."""
    await validators.accepted(0, validators.evidence(number))
    await validators.level()


async def set_member(validators: Validators, number: int, **changes: object) -> None:
    """Let the founders change one validator."""
    async with validators.facade(0) as node:
        record = await node.record("governance.engine-members", "engine", 0)
    members = msgspec.json.decode(record.body)["members"]
    for each in members:
        del each["id"]
    members[number] |= changes
    told = {"id": "engine", "members": members, "from_height": 0}
    decided = await validators.decide(0, "governance/set-engine-members", told)
    assert decided["state"] == "passed", decided


async def prove(validators: Validators, number: int, node: int) -> bytes:
    async with validators.facade(node) as facade:
        return await facade.prove([RECORD.format(number)])


def test_a_decision_is_followed_from_genesis_through_changes_of_validators(validators: Validators) -> None:
    async def story() -> list[bytes]:
        await register(validators, 1)
        first = await prove(validators, 1, 2)
        await set_member(validators, 0, power=2)
        await register(validators, 2)
        second = await prove(validators, 2, 1)
        await set_member(validators, 1, consensus=next_key(validators.home(1).path / "cometbft"))
        await register(validators, 3)
        return [first, second, await prove(validators, 3, 3)]

    files = asyncio.run(story())
    stories = [verify(data, validators.network) for data in files]
    decided = [story.decided for story in stories if story.decided is not None]
    assert [len(proofs.decode(data).steps) for data in files] == [1, 2, 3]
    assert [each.of for each in decided] == [4, 5, 5]
    assert all(3 * each.power > 2 * each.of for each in decided)
    steps = [sum(len(bytes(str(step), "ascii")) for step in proofs.decode(data).steps) for data in files]
    assert max(steps) < 12_000
    # A later set may be trusted in place of genesis, and only what follows from it is believed.
    later = verify(files[2], validators.network, Policy(validators=decided[1].validators))
    assert later.decided == decided[2]
    for trusted in (decided[2].validators, "ab" * 32):
        with pytest.raises(Refused) as refused:
            verify(files[1], validators.network, Policy(validators=trusted))
        assert refused.value.code is NOT_DECIDED
    # The decision of one moment does not stand for another.
    first, second = (proofs.decode(data) for data in files[:2])
    for steps in (first.steps, second.steps[1:], second.steps[:1]):
        with pytest.raises(Refused) as refused:
            verify(msgspec.structs.replace(second, steps=steps).encode(), validators.network)
        assert refused.value.code is NOT_DECIDED
    plain = msgspec.structs.replace(second, steps=()).encode()
    with pytest.raises(Refused) as refused:
        verify(plain, validators.network, Policy(validators=decided[1].validators))
    assert refused.value.code is NO_DECISION
