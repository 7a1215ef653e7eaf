"""Changes of validators that the founders decide in a consortium, and those that are refused."""

from typing import Any

import pytest

from dongting.apps.governance import codes, engine_members
from dongting.engines.cometbft.abci import ValidatorUpdate
from dongting.engines.cometbft.application import changes
from dongting.node.validators import members, voting
from dongting.testing import Ledger
from dongting.testing.ledger import FOUNDERS
from dongting.testing.members import enact
from dongting.wire.genesis import LogKey
from dongting.wire.keys import PrivateKey, from_base64, public_key, to_base64
from dongting.wire.suites import ED25519, ES256, Suite

ACTION = "governance/set-engine-members"
OWNERS = [id for id, *_ in FOUNDERS]


def key(suite: Suite = ED25519) -> str:
    return to_base64(PrivateKey.generate(suite).public().cose())


def raw(text: str) -> bytes:
    return public_key(from_base64(text)).raw


@pytest.fixture
def ledger() -> Ledger:
    """Four validators; the first founder has two of them."""
    return Ledger(log_keys=[LogKey(owner, key(), key()) for owner in [*OWNERS, OWNERS[0]]])


def present(ledger: Ledger) -> list[dict[str, Any]]:
    found = engine_members(ledger.machine.reader())
    return [{"owner": m.owner, "key": m.key, "consensus": m.consensus, "power": m.power} for m in found]


def decide(ledger: Ledger, given: list[dict[str, Any]], from_height: int = 0) -> str | None:
    return enact(ledger, ACTION, {"id": "engine", "members": given, "from_height": from_height}).refusal


def another(owner: str = OWNERS[1], power: int = 1) -> dict[str, Any]:
    return {"owner": owner, "key": key(), "consensus": key(), "power": power}


def test_validators_of_genesis_vote_with_one_each(ledger: Ledger) -> None:
    assert voting(ledger.machine) == dict(sorted((raw(each["consensus"]), 1) for each in present(ledger)))
    assert len(voting(ledger.machine)) == 4


def test_a_vote_counts_from_the_block_after_it(ledger: Ledger) -> None:
    before = voting(ledger.machine)
    new = another(power=2)
    assert decide(ledger, [*present(ledger)[1:], new]) is not None  # two of five are new
    assert decide(ledger, [*present(ledger), new]) == "governance/too-much-at-once"
    new["power"] = 1
    assert decide(ledger, [*present(ledger), new]) is None
    assert len(members(ledger.machine)) == 4  # the log keys of the block that decides are those before it
    assert changes(before, voting(ledger.machine)) == [ValidatorUpdate(raw(new["consensus"]), 1)]
    ledger.act(OWNERS[0], "membership/vouch", {"id": "any", "applicant": "nobody"})
    assert len(members(ledger.machine)) == 5


def test_cometbft_is_told_what_a_block_changes_before_it_is_written(ledger: Ledger) -> None:
    given = [*present(ledger)[:3]]
    seen = []
    execute = ledger.machine.execute

    def told(*arguments: Any) -> Any:
        block = execute(*arguments)
        seen.append(changes(voting(ledger.machine), voting(ledger.machine, block)))
        return block

    ledger.machine.execute = told  # type: ignore[method-assign]
    gone = raw(present(ledger)[3]["consensus"])
    assert decide(ledger, given) is None
    assert [each for each in seen if each] == [[ValidatorUpdate(gone, 0)]]


def test_a_change_for_a_later_height_waits_for_it(ledger: Ledger) -> None:
    height = ledger.machine.head.height + 10
    assert decide(ledger, present(ledger)[:3], height) is None
    number = 0
    while ledger.machine.head.height < height - 1:
        assert len(voting(ledger.machine)) == 4
        number += 1
        ledger.act(OWNERS[0], "membership/vouch", {"id": f"v{number}", "applicant": "nobody"})
    assert len(voting(ledger.machine)) == 3


def test_a_consortium_is_never_left_with_keys_that_cannot_vote(ledger: Ledger) -> None:
    first, second, third, fourth = present(ledger)
    without = {k: v for k, v in first.items() if k != "consensus"}
    signing = to_base64(ledger.keys[OWNERS[1]].public().cose())
    refused = {
        codes.NOT_A_CONSENSUS_KEY: [
            [without, second, third, fourth],
            [{**first, "consensus": key(ES256)}, second, third, fourth],
            [{**first, "consensus": second["key"]}, second, third, fourth],
            [
                {**first, "consensus": signing},
                second,
                third,
                fourth,
            ],
        ],
        codes.DUPLICATE_CONSENSUS_KEY: [[{**first, "consensus": second["consensus"]}, second, third, fourth]],
        codes.TOO_MUCH_AT_ONCE: [
            [another(), another(), third, fourth],
            [{**first, "consensus": key(), "power": 1_000_000}, second, third, fourth],
            [another()],
        ],
        codes.NOTHING_CHANGES: [[first, second, third, fourth]],
    }
    for code, sets in refused.items():
        for given in sets:
            assert decide(ledger, given) == str(code)
    assert present(ledger) == [first, second, third, fourth]


def test_power_beyond_bounds_and_an_empty_set_are_malformed(ledger: Ledger) -> None:
    first, *rest = present(ledger)
    for given in ([], [{**first, "power": 0}, *rest], [{**first, "power": 1_000_001}, *rest]):
        assert decide(ledger, given) == "kernel/malformed-arguments"


def test_one_node_that_orders_alone_has_no_consensus_key() -> None:
    ledger = Ledger()
    assert voting(ledger.machine) == {}
    given = [{"owner": OWNERS[0], "key": key(), "consensus": key(), "power": 1}]
    assert decide(ledger, given) == str(codes.NOT_A_CONSENSUS_KEY)
