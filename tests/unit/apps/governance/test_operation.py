"""What nodes act on: application versions, engine members, redactions, restores."""

from typing import Any

import pytest

from dongting.apps.governance import (
    EngineMembers,
    Redaction,
    RestoreNotice,
    codes,
    engine_members,
    members_at,
    schedule,
    versions,
)
from dongting.errors import Refused
from dongting.kernel import codes as kernel
from dongting.testing import Ledger
from dongting.testing.members import admit, enact, thumbprint
from dongting.wire.keys import PrivateKey, to_base64
from dongting.wire.suites import ED25519, ES256, Suite

HASH = "ab" * 32


def decide(ledger: Ledger, action: str, **arguments: Any) -> str | None:
    return enact(ledger, f"governance/{action}", arguments).refusal


def log_key(suite: Suite = ED25519) -> str:
    return to_base64(PrivateKey.generate(suite).public().cose())


def pass_blocks(ledger: Ledger, height: int) -> None:
    """Accept statements, a block each, until the ledger stands at that height."""
    number = 0
    while ledger.machine.head.height < height:
        number += 1
        ledger.act("green-tech", "membership/vouch", {"id": f"filler-{number}", "applicant": "nobody"})


# Versions


def install(ledger: Ledger, version: int, from_height: int, app: str = "evidence") -> str | None:
    return decide(
        ledger, "install-app", id="network", app=app, version=version, hash=HASH, from_height=from_height
    )


def test_a_network_begins_with_the_versions_of_its_genesis(ledger: Ledger) -> None:
    active = versions(ledger.machine.reader())
    assert active == {each.name: each.version for each in ledger.genesis.apps}
    assert {each.app: each.hash for each in schedule(ledger.machine.reader())} == {
        each.name: each.hash for each in ledger.genesis.apps
    }


def test_a_version_counts_from_its_height(ledger: Ledger) -> None:
    assert install(ledger, 2, 20, app="future") is None
    assert "future" not in versions(ledger.machine.reader())
    announced = schedule(ledger.machine.reader())[-1]
    assert (announced.app, announced.version, announced.hash, announced.from_height) == (
        "future", 2, HASH, 20,
    )  # fmt: skip


def test_an_announced_version_can_be_put_off(ledger: Ledger) -> None:
    install(ledger, 2, 20, app="future")
    assert install(ledger, 2, 40, app="future") is None
    announced = [each for each in schedule(ledger.machine.reader()) if each.app == "future"]
    assert [each.from_height for each in announced] == [40]


def test_a_version_counts_neither_from_the_past_nor_backwards(ledger: Ledger) -> None:
    assert install(ledger, 2, 3) == str(codes.HEIGHT_PASSED)
    assert install(ledger, 1, 1000) == str(codes.NOT_NEWER)


# Engine members


def members(ledger: Ledger, from_height: int, *keys: tuple[str, str]) -> str | None:
    given = [{"owner": owner, "key": key, "power": 1} for owner, key in keys]
    return decide(ledger, "set-engine-members", id="engine", members=given, from_height=from_height)


def test_the_log_keys_of_genesis_sign_from_the_beginning(ledger: Ledger) -> None:
    (only,) = engine_members(ledger.machine.reader())
    assert (only.owner, only.id, only.power) == ("env-bureau", thumbprint(ledger, ledger.log_key), 1)


def test_new_members_count_from_their_height_and_the_old_until_then(ledger: Ledger) -> None:
    key = log_key()
    assert members(ledger, 10, ("green-tech", key)) is None
    assert [each.owner for each in engine_members(ledger.machine.reader())] == ["env-bureau"]
    pass_blocks(ledger, 10)
    assert [each.owner for each in engine_members(ledger.machine.reader())] == ["green-tech"]
    record = ledger.get(EngineMembers, "engine")
    assert record is not None
    assert [each.owner for each in members_at(record, 9)] == ["env-bureau"]
    assert [each.key for each in members_at(record, 10)] == [key]


def test_a_change_that_does_not_count_yet_can_be_replaced(ledger: Ledger) -> None:
    members(ledger, 50, ("green-tech", log_key()))
    assert members(ledger, 60, ("air-alliance", log_key())) is None
    record = ledger.get(EngineMembers, "engine")
    assert record is not None
    assert [each.owner for each in record.before] == ["env-bureau"]
    assert [each.owner for each in record.members] == ["air-alliance"]


def test_an_announced_change_can_be_called_off(ledger: Ledger) -> None:
    present = ledger.genesis.log_keys[0].key
    members(ledger, 50, ("green-tech", log_key()))
    assert members(ledger, 50, ("env-bureau", present)) is None
    record = ledger.get(EngineMembers, "engine")
    assert record is not None
    assert [each.owner for each in record.members] == ["env-bureau"]


def test_members_that_cannot_be_are_refused(ledger: Ledger) -> None:
    key = log_key()
    signing = to_base64(ledger.keys["green-tech"].public().cose())
    assert members(ledger, 2, ("green-tech", key)) == str(codes.HEIGHT_PASSED)
    assert members(ledger, 99, ("nobody", key)) == str(codes.NO_SUCH_MEMBER)
    assert members(ledger, 99, ("green-tech", log_key(ES256))) == str(codes.BAD_LOG_KEY)
    assert members(ledger, 99, ("green-tech", signing)) == str(codes.BAD_LOG_KEY)
    assert members(ledger, 99, ("green-tech", key), ("air-alliance", key)) == str(codes.DUPLICATE_LOG_KEY)
    same = ("env-bureau", ledger.genesis.log_keys[0].key)
    assert members(ledger, 99, same) == str(codes.NOTHING_CHANGES)


# Redaction


def test_a_redaction_says_which_leaf_on_what_ground_and_when(ledger: Ledger) -> None:
    pass_blocks(ledger, 1)
    assert decide(ledger, "redact", id="0", ground="unlawful-content") is None
    found = ledger.get(Redaction, "0")
    assert found is not None
    height = ledger.machine.head.height
    expected = Redaction(
        id="0", ground="unlawful-content", height=height, decided=ledger.time, kept=found.kept
    )
    assert found == expected
    assert decide(ledger, "redact", id="0", ground="court-order") == str(codes.ALREADY_REDACTED)


def test_only_a_statement_of_an_earlier_block_is_redacted(ledger: Ledger) -> None:
    pass_blocks(ledger, 1)
    decision = 2 + 4  # a proposal, a vote and the vote that decides, each with the end of its block
    for leaf in (decision, 1, 10**14):
        assert decide(ledger, "redact", id=str(leaf), ground="court-order") == str(kernel.NOT_REDACTABLE)
        assert ledger.get(Redaction, str(leaf)) is None


@pytest.mark.parametrize("leaf", ["01", "-1", "one", "1\n", ""])
def test_a_leaf_is_named_by_its_index_in_one_spelling(ledger: Ledger, leaf: str) -> None:
    assert decide(ledger, "redact", id=leaf, ground="court-order") == str(kernel.MALFORMED_ARGUMENTS)


# Restores


def notice(ledger: Ledger, **changes: Any) -> dict[str, Any]:
    key = thumbprint(ledger, ledger.log_key)
    return {"id": "restore-1", "log_key": key, "backup_height": 0, **changes}


def refusal(ledger: Ledger, author: str, arguments: dict[str, Any]) -> object:
    with pytest.raises(Refused) as refused:
        ledger.act(author, "governance/record-restore", arguments)
    return refused.value.code


def test_who_answers_for_a_log_key_records_a_restore(ledger: Ledger) -> None:
    ledger.act("env-bureau", "governance/record-restore", notice(ledger))
    found = ledger.get(RestoreNotice, "restore-1")
    assert found is not None
    assert (found.owner, found.backup_height, found.recorded) == ("env-bureau", 0, ledger.time)
    assert refusal(ledger, "env-bureau", notice(ledger)) is codes.TAKEN


def test_nobody_records_a_restore_of_anothers_node(ledger: Ledger) -> None:
    assert refusal(ledger, "green-tech", notice(ledger)) is codes.NOT_ITS_LOG_KEY
    unknown = notice(ledger, log_key="0" * 64)
    assert refusal(ledger, "env-bureau", unknown) is codes.NOT_ITS_LOG_KEY


def test_the_successor_of_an_operator_answers_for_its_log_key(ledger: Ledger) -> None:
    admit(ledger, "new")
    ledger.act("new", "membership/merge", {"id": "m", "absorbed": "env-bureau", "absorbing": "new"})
    ledger.act("env-bureau", "membership/consent", {"id": "m"})
    ledger.act("new", "governance/record-restore", notice(ledger))
    assert ledger.get(RestoreNotice, "restore-1") is not None


def test_a_backup_is_never_ahead_of_the_ledger(ledger: Ledger) -> None:
    assert refusal(ledger, "env-bureau", notice(ledger, backup_height=99)) is codes.RESTORED_AHEAD
