"""The founders change the validators by vote while statements go on, with real processes."""

import asyncio
import time
from typing import Any

import msgspec
import pytest

from dongting.cli.consortium import Consortium, NewValidator, add_node
from dongting.engines.cometbft.directory import next_key
from dongting.engines.cometbft.rpc import Rpc
from dongting.node.keyfile import derivation
from dongting.node.keystore import Keystore
from dongting.testing.load import Load, ends_well
from dongting.testing.validators import Validators
from dongting.wire import possession
from dongting.wire.keys import from_base64, public_key, to_base64

ENGINE = "governance/set-engine-members"
NEWCOMER = "lake-institute"


async def present(validators: Validators, number: int = 0) -> list[dict[str, Any]]:
    """The members on record."""
    async with validators.facade(number) as node:
        record = await node.record("governance.engine-members", "engine", 0)
    members: list[dict[str, Any]] = msgspec.json.decode(record.body)["members"]
    return [{k: each[k] for k in ("owner", "key", "consensus", "power")} for each in members]


async def change(validators: Validators, members: list[dict[str, Any]]) -> None:
    """Let the founders set these members, and wait until CometBFT votes by them on every node."""
    told = {"id": "engine", "members": members, "from_height": 0}
    decided = await validators.decide(0, ENGINE, told)
    assert decided["state"] == "passed", decided
    wanted = {public_key(from_base64(each["consensus"])).raw: each["power"] for each in members}
    async with asyncio.timeout(60):
        while await voting(validators, 0) != wanted:
            await asyncio.sleep(0.2)


async def voting(validators: Validators, number: int) -> dict[bytes, int]:
    """Whose votes CometBFT counts at its newest height, by public key."""
    rpc = Rpc(validators.home(number).path / "run" / "rpc.sock")
    try:
        found = (await rpc.call("validators"))["validators"]
    finally:
        await rpc.close()
    return {
        msgspec.convert(each["pub_key"]["value"], bytes, strict=False): int(each["voting_power"])
        for each in found
    }


async def writes(validators: Validators, number: int, does: bool = True) -> None:
    """Wait until a node takes statements, or takes none."""
    async with asyncio.timeout(60):
        while (await validators.status(number)).writing is not does:
            await asyncio.sleep(0.2)


async def admit(validators: Validators, id: str) -> None:
    """Let the founders admit an organisation whose node's home is there."""
    keystore = Keystore.open(validators.directory / id / "keys" / id / "keystore.json")
    keystore.unlock((validators.directory / "passphrase").read_bytes())
    key = keystore.signing_key(f"{id}/signing")
    proof = possession.prove(key, validators.profile, validators.network, id)
    applicant = {
        "id": id, "kind": "research", "name": {"en": id}, "credit_code": "91350100M000100Y43",
        "signing_keys": [{"key": to_base64(key.public().cose()), "possession": to_base64(proof)}],
        "encryption_key": next(e.public for e in keystore.entries() if e.purpose == "encryption"),
    }  # fmt: skip
    assert (await validators.decide(0, "membership/admit", applicant))["state"] == "passed"


def newcomer(validators: Validators) -> tuple[int, NewValidator]:
    """A fifth node with a home of its own, that does not run yet."""
    made = Consortium(validators.directory)
    told = add_node(made, NEWCOMER, int(time.time()), derivation=derivation(1024, 1, 1))
    return validators.add(NEWCOMER), told


def test_a_vote_admits_re_weights_rotates_and_removes_validators_while_statements_go_on(
    validators: Validators,
) -> None:
    fifth, told = newcomer(validators)

    async def story() -> None:
        async with Load(validators, 0, 1) as load:
            await admit(validators, NEWCOMER)
            validators.start(fifth)
            await writes(validators, fifth, False)
            members = [*await present(validators), msgspec.to_builtins(told)]
            await change(validators, members)
            await writes(validators, fifth)
            await load.grows()
            members[0]["power"] = 3
            await change(validators, members)
            await load.grows()
            members[1]["consensus"] = next_key(validators.home(1).path / "cometbft")
            await change(validators, members)
            del members[3]
            await change(validators, members)
            await writes(validators, 3, False)
            await load.grows()
            # 6 of power are left; without the first, which has 3, nothing goes on, without another it does.
            validators.kill(2)
            await load.grows()
            validators.start(2)
            await load.grows()
        await ends_well(validators, load)

    asyncio.run(story())


@pytest.mark.parametrize("key", ["log", "consensus"])
def test_what_would_stop_the_consortium_is_refused(validators: Validators, key: str) -> None:
    async def story() -> None:
        members = await present(validators)
        if key == "consensus":
            for number in (0, 1):  # two of four would not be there
                members[number]["consensus"] = next_key(validators.home(number).path / "cometbft")
            code = "governance/too-much-at-once"
        else:
            del members[0]["consensus"]
            code = "governance/not-a-consensus-key"
        told = {"id": "engine", "members": members, "from_height": 0}
        decided = await validators.decide(0, ENGINE, told)
        assert (decided["state"], decided["refusal"]) == ("refused", code)
        assert len(await voting(validators, 0)) == 4

    asyncio.run(story())


def test_a_key_that_runs_in_two_places_is_seen_by_all_and_its_validator_voted_out(
    validators: Validators,
) -> None:
    twin, _ = newcomer(validators)
    keys = [validators.home(n).path / "cometbft" / "config" / "priv_validator_key.json" for n in (3, twin)]
    keys[1].write_bytes(keys[0].read_bytes())
    owner = validators.nodes[3]

    async def story() -> None:
        async with Load(validators, 0, 1) as load:
            await load.grows()
            validators.start(twin)
            for number in (0, 1, 2):
                await alarmed(validators, number, "cometbft/double-signed", owner)
            validators.kill(twin)
            members = [each for each in await present(validators) if each["owner"] != owner]
            await change(validators, members)
            await asyncio.to_thread(validators.stop, 0)
            validators.start(0)
            await alarmed(validators, 0, "cometbft/double-signed", owner)  # it is not forgotten
            places = [await evidence(validators, number) for number in (0, 1, 2)]
            assert places[0] == places[1] == places[2] != []
            await load.grows()
        validators.nodes.pop()
        await ends_well(validators, load)

    asyncio.run(story())


def test_a_validator_that_is_away_is_named(validators: Validators) -> None:
    async def story() -> None:
        async with Load(validators, 0, 1) as load:
            await load.grows()
            validators.kill(3)
            await alarmed(validators, 0, "cometbft/validator-silent", validators.nodes[3])
            validators.start(3)
            async with asyncio.timeout(90):
                while (await validators.status(0)).alarms:
                    await asyncio.sleep(0.5)
        await ends_well(validators, load)

    asyncio.run(story())


async def alarmed(validators: Validators, number: int, code: str, owner: str) -> None:
    """Wait until a node raises this alarm about an organisation's validator."""
    async with asyncio.timeout(180):
        while not [
            alarm for alarm in (await validators.status(number)).alarms
            if alarm.code == code and owner in alarm.en and owner in alarm.zh
        ]:  # fmt: skip
            await asyncio.sleep(0.5)


async def evidence(validators: Validators, number: int) -> list[str]:
    """What a node says of those who signed twice."""
    told = (await validators.status(number)).alarms
    return [alarm.en for alarm in told if alarm.code == "cometbft/double-signed"]
