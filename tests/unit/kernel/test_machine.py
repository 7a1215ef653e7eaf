"""The machine accepts what the rules allow, refuses the rest without a trace, commits a block at once."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from dongting.errors import Fault, Refused
from dongting.kernel.audit import Audit
from dongting.kernel.entries import HEAD_KEY, decode_entry, leaf_key, record_key, version_key
from dongting.kernel.machine import Accepted, Machine
from dongting.kernel.replay import EPOCH
from dongting.testing import START, Ledger
from dongting.testing.members import enact
from dongting.testing.stores import FailingStore, MemoryStore
from dongting.wire import jcs, merkle, state
from dongting.wire.blocks import BlockEnd
from dongting.wire.keys import PrivateKey
from dongting.wire.statement import MAX_AHEAD, MAX_LIFETIME, decode
from dongting.wire.suites import ED25519


def stored(ledger: Ledger) -> dict[bytes, bytes]:
    """All that the store holds."""
    return dict(ledger.store.scan(b""))


def fill(ledger: Ledger, id: str = "a", author: str = "env-bureau", **changes: Any) -> bytes:
    return ledger.sign(author, "box/fill", {"id": id}, **changes)


def box(ledger: Ledger, id: str) -> Mapping[str, Any] | None:
    """The present version of a box."""
    data = ledger.store.get(record_key(f"box.box/{id}"))
    body: Mapping[str, Any] | None = None if data is None else msgspec.json.decode(decode_entry(data).body)
    return body


def code(outcome: Accepted | Refused) -> str:
    return outcome.code.name if isinstance(outcome, Refused) else "accepted"


# Kernel rule 2: refusals


def refused(ledger: Ledger, statement: bytes, expected: str) -> Refused:
    """The refusal of a statement, which must leave no trace in store or memory."""
    before, head = stored(ledger), ledger.machine.head
    outcome = ledger.submit(statement)[0]
    assert code(outcome) == expected
    assert isinstance(outcome, Refused)
    assert stored(ledger) == before
    assert ledger.machine.head == head
    with pytest.raises(Refused, match=expected):
        ledger.machine.check(decode(statement, ledger.profile), ledger.time)
    for language in ("en", "zh"):
        assert outcome.text(language)
    return outcome


def test_a_statement_for_another_network_is_refused(ledger: Ledger) -> None:
    refused(ledger, fill(ledger, network="0" * 64), "wrong-network")


def test_a_statement_is_accepted_from_thirty_seconds_before_its_date_on(ledger: Ledger) -> None:
    refused(ledger, fill(ledger, issued=ledger.time + MAX_AHEAD + 1), "dated-ahead")
    assert code(ledger.submit(fill(ledger, issued=ledger.time + MAX_AHEAD))[0]) == "accepted"


def test_a_statement_is_accepted_for_ten_minutes_after_its_date(ledger: Ledger) -> None:
    late, last = (fill(ledger, issued=ledger.time - MAX_LIFETIME - n) for n in (1, 0))
    refused(ledger, late, "expired")
    assert code(ledger.submit(last)[0]) == "accepted"


def test_a_statement_expires_sooner_when_it_says_so_and_never_later(ledger: Ledger) -> None:
    refused(ledger, fill(ledger, expires=ledger.time - 1), "expired")
    assert code(ledger.submit(fill(ledger, expires=ledger.time))[0]) == "accepted"
    long = fill(ledger, issued=ledger.time - MAX_LIFETIME - 1, expires=ledger.time + 1000)
    refused(ledger, long, "expired")


def test_an_unknown_action_is_refused(ledger: Ledger) -> None:
    refused(ledger, ledger.sign("env-bureau", "box/none", {}), "unknown-action")
    refused(ledger, ledger.sign("env-bureau", "none/fill", {}), "unknown-action")


def test_an_application_that_the_network_does_not_run_has_no_actions(ledger: Ledger) -> None:
    """Rule 11: what is installed here is not yet what the network agreed on."""
    listed = [app for app in ledger.genesis.apps if app.name != "box"]
    ledger.genesis = msgspec.structs.replace(ledger.genesis, apps=listed)
    ledger.machine = Machine(MemoryStore(), ledger.rules, ledger.genesis.encode())
    refused(ledger, ledger.sign("env-bureau", "box/fill", {"id": "a"}), "unknown-action")


def test_what_an_application_does_not_foresee_is_refused_and_the_ledger_goes_on(ledger: Ledger) -> None:
    before = stored(ledger)
    refused(ledger, ledger.sign("env-bureau", "box/stumble", {"id": "a"}), "application-failed")
    assert stored(ledger) == before
    assert code(ledger.submit(fill(ledger))[0]) == "accepted"


def test_an_author_without_the_role_is_refused(ledger: Ledger) -> None:
    refused(ledger, ledger.sign("env-bureau", "box/together", {"id": "a"}), "wrong-role")
    assert code(ledger.submit(ledger.sign("env-bureau", "box/found", {"id": "a"}))[0]) == "accepted"


@pytest.mark.parametrize(
    "arguments",
    [
        {}, {"id": "a", "more": 1}, {"id": 1}, {"id": "a", "times": "1"}, {"id": "a", "times": None},
        {"id": "Not A Slug"}, {"id": "../../etc"}, {"id": "a\n"}, {"id": ""}, {"id": "a" * 65}, {"times": 1},
    ],
)  # fmt: skip
def test_malformed_arguments_are_refused(ledger: Ledger, arguments: dict[str, Any]) -> None:
    statement = ledger.sign("env-bureau", "box/fill", arguments, subject="box.box/a")
    refused(ledger, statement, "malformed-arguments")


@pytest.mark.parametrize("subject", ["box.box/b", "box.box/", "evidence.evidence/a", "box/a", "a"])
def test_a_statement_about_another_record_than_it_says_is_refused(ledger: Ledger, subject: str) -> None:
    refused(ledger, fill(ledger, subject=subject), "wrong-subject")


def test_keys_that_are_unknown_or_anothers_are_refused(ledger: Ledger) -> None:
    refused(ledger, fill(ledger, key=PrivateKey.generate(ED25519)), "unknown-key")
    refused(ledger, fill(ledger, key=ledger.keys["green-tech"]), "not-its-key")
    refused(ledger, fill(ledger, author="nobody", key=ledger.keys["green-tech"]), "unknown-issuer")


def test_an_action_that_refuses_after_it_has_written_leaves_no_trace(ledger: Ledger) -> None:
    refused(ledger, ledger.sign("env-bureau", "box/break-", {"id": "a"}), "no-luck")
    good, bad, after = fill(ledger), ledger.sign("env-bureau", "box/break-", {"id": "a"}), fill(ledger)
    assert [code(one) for one in ledger.submit(good, bad, after)] == ["accepted", "no-luck", "accepted"]
    assert (box(ledger, "a") or {})["count"] == 2
    assert box(ledger, "a-more") is None


# Replays


def test_the_same_bytes_again_return_the_first_outcome_in_any_later_block(ledger: Ledger) -> None:
    first, again = fill(ledger), fill(ledger, id="b")
    outcomes = ledger.submit(first, again, first)
    assert outcomes[2] == outcomes[0] == Accepted(0, 1, ledger.time)
    ledger.advance(seconds=400)
    before = stored(ledger)
    assert ledger.submit(first, again) == outcomes[:2]
    assert stored(ledger) == before
    ledger.reopen()
    ledger.advance(seconds=EPOCH - 400)
    assert ledger.submit(first)[0] == outcomes[0]
    assert (box(ledger, "a") or {})["count"] == 1


def test_a_cti_used_again_for_other_bytes_is_refused(ledger: Ledger) -> None:
    nonce = b"0" * 16
    ledger.submit(fill(ledger, nonce=nonce))
    found = refused(ledger, fill(ledger, id="b", nonce=nonce), "replayed")
    assert found.facts == {"issuer": "env-bureau", "index": 0}
    assert code(ledger.submit(fill(ledger, author="green-tech", nonce=nonce))[0]) == "accepted"
    twins = [fill(ledger, id=id, nonce=b"1" * 16) for id in ("c", "d")]
    assert [code(one) for one in ledger.submit(*twins)] == ["accepted", "replayed"]


def test_a_refused_statement_may_be_sent_again_until_it_expires(ledger: Ledger) -> None:
    early = fill(ledger, issued=ledger.time + 200)
    refused(ledger, early, "dated-ahead")
    ledger.advance(seconds=200)
    assert code(ledger.submit(early)[0]) == "accepted"


def test_bytes_that_are_forgotten_by_the_window_are_expired(ledger: Ledger) -> None:
    first = fill(ledger)
    ledger.submit(first)
    ledger.advance(seconds=2 * EPOCH)
    ledger.submit(fill(ledger, id="b"))
    refused(ledger, first, "expired")


# Kernel rules 3, 4, 6 and 9: what a block is


def test_the_log_holds_the_exact_bytes_of_statements_then_the_end_of_their_block(ledger: Ledger) -> None:
    statements = [fill(ledger, id=id) for id in ("a", "b")]
    ledger.submit(*statements)
    ledger.advance(seconds=7)
    ledger.submit(fill(ledger, id="c"))
    machine = ledger.machine
    leaves = [machine.leaf(index) for index in range(machine.head.size)]
    assert leaves[:2] == statements
    assert BlockEnd.decode(leaves[2]) is not None
    assert BlockEnd.decode(leaves[4]) == BlockEnd(2, START + 7, 3, machine.tree.root)
    hashes = [ledger.profile.hash(b"\x00" + leaf) for leaf in leaves]
    assert machine.head.root == merkle.root(ledger.profile, hashes)
    assert [machine.block_of(index).height for index in range(5)] == [1, 1, 1, 2, 2]
    with pytest.raises(Refused, match="no-such-leaf"):
        machine.leaf(5)


def test_the_state_root_proves_each_current_record_and_absence(ledger: Ledger) -> None:
    ledger.submit(fill(ledger), fill(ledger, id="b"))
    ledger.submit(fill(ledger))
    tree, profile = ledger.machine.tree, ledger.profile
    for id in ("a", "b", "none"):
        address = f"box.box/{id}"
        entry = ledger.store.get(record_key(address))
        assert (entry is None) == (id == "none")
        state.verify(tree.root, address, entry, tree.prove(state.key_hash(address, profile)), profile)
    assert ledger.machine.head.state == tree.root


def test_every_version_points_to_the_statement_that_made_it(ledger: Ledger) -> None:
    first, second, other = fill(ledger), fill(ledger), fill(ledger, id="b")
    ledger.submit(first, other, second)
    ledger.submit(fill(ledger))
    entries = [ledger.store.get(version_key("box.box/a", n)) for n in (1, 2)]
    entries.append(ledger.store.get(record_key("box.box/a")))
    found = [decode_entry(entry or b"") for entry in entries]
    assert [(entry.version, entry.leaf) for entry in found] == [(1, 0), (2, 2), (3, 4)]
    written = ledger.machine.written(ledger.machine.block(1))
    assert [(one.address, one.version, one.leaf) for one in written] == [
        ("box.box/a", 1, 0), ("box.box/b", 1, 1), ("box.box/a", 2, 2),
    ]  # fmt: skip
    assert [msgspec.json.decode(one.body)["count"] for one in written] == [1, 1, 2]
    genesis = ledger.machine.written(ledger.machine.block(0))
    assert {one.leaf for one in genesis} == {-1}


def test_one_write_commits_log_state_tree_and_height() -> None:
    store = FailingStore(MemoryStore(), 0, "lost")
    ledger = Ledger(store=store)
    assert store.writes == 1
    ledger.submit(*(ledger.sign("env-bureau", "evidence/register", evidence(n)) for n in range(20)))
    assert store.writes == 2
    ledger.submit(ledger.sign("env-bureau", "evidence/register", evidence(0)))
    assert store.writes == 2


def evidence(number: int) -> dict[str, Any]:
    return {"id": f"e-{number}", "kind": "file", "content": f"{number:064x}"}


# Kernel rule 5: nothing happens in empty blocks, and time alone changes nothing


def test_a_block_in_which_nothing_is_accepted_changes_nothing(ledger: Ledger) -> None:
    ledger.submit(fill(ledger))
    before, head = stored(ledger), ledger.machine.head
    ledger.advance(days=30)
    for statements in ([], [fill(ledger, network="0" * 64)]):
        block = ledger.machine.execute(ledger.time, [decode(data, ledger.profile) for data in statements])
        assert block.log is None
        ledger.machine.commit(block)
        assert stored(ledger) == before
        assert ledger.machine.head == head


def test_a_block_that_is_executed_and_dropped_leaves_no_trace(ledger: Ledger) -> None:
    other = Ledger(rules=ledger.rules, store=MemoryStore())
    other.genesis, other.keys = ledger.genesis, ledger.keys
    other.store = MemoryStore()
    other.machine = Machine(other.store, other.rules, ledger.genesis.encode())
    kept = [fill(ledger, id="a"), fill(ledger, id="b")]
    dropped = [fill(ledger, id=f"box-{n}") for n in range(40)]
    before = stored(ledger)
    ledger.machine.execute(ledger.time + 99, [decode(data, ledger.profile) for data in dropped])
    assert stored(ledger) == before
    ledger.submit(*kept)
    other.submit(*kept)
    assert ledger.machine.head == other.machine.head
    assert stored(ledger) == stored(other)


def test_a_block_executed_on_another_state_is_not_committed(ledger: Ledger) -> None:
    stale = ledger.machine.execute(ledger.time, [decode(fill(ledger), ledger.profile)])
    ledger.submit(fill(ledger, id="b"))
    with pytest.raises(Fault, match="executed on another state"):
        ledger.machine.commit(stale)


def test_the_time_of_a_block_is_never_before_that_of_the_last(ledger: Ledger) -> None:
    ledger.advance(seconds=100)
    ledger.submit(fill(ledger))
    ledger.time -= 50
    assert ledger.submit(fill(ledger, id="b"))[0] == Accepted(2, 2, START + 100)


def test_a_reader_sees_the_time_that_it_is_given_but_never_the_past(ledger: Ledger) -> None:
    ledger.advance(seconds=100)
    ledger.submit(fill(ledger))
    machine = ledger.machine
    assert machine.reader().time == START + 100
    assert machine.reader(START + 500).time == START + 500
    assert machine.reader(START).time == START + 100
    assert machine.reader().height == 1


def test_a_check_refuses_what_a_block_would_and_changes_nothing(ledger: Ledger) -> None:
    before = stored(ledger)
    good = decode(fill(ledger), ledger.profile)
    ledger.machine.check(good, ledger.time)
    assert stored(ledger) == before
    ledger.submit(good.data)
    ledger.machine.check(good, ledger.time)


# Kernel rule 1: opening


def test_a_ledger_opened_again_goes_on_as_if_it_had_never_been_closed(ledger: Ledger) -> None:
    twin = MemoryStore()
    kept = Machine(twin, ledger.rules, ledger.genesis.encode())
    for number in range(5):
        statements = [fill(ledger, id=f"b-{n}") for n in range(number, number + 3)]
        ledger.submit(*statements)
        kept.commit(kept.execute(ledger.time, [decode(data, ledger.profile) for data in statements]))
        ledger.advance(seconds=200)
        ledger.reopen()
    assert kept.head == ledger.machine.head
    assert dict(twin.scan(b"")) == stored(ledger)


def test_a_ledger_of_another_network_does_not_open(ledger: Ledger) -> None:
    with pytest.raises(Refused, match="foreign-genesis"):
        Machine(ledger.store, ledger.rules, Ledger().genesis.encode())


def test_a_damaged_head_log_or_state_does_not_open(ledger: Ledger) -> None:
    ledger.submit(fill(ledger))
    for key in (HEAD_KEY, next(iter(ledger.store.scan(b"t")))[0], next(iter(ledger.store.scan(b"s")))[0]):
        value = ledger.store.get(key)
        assert value is not None
        ledger.store.write([(key, value[:-1] + bytes([value[-1] ^ 1]))])
        with pytest.raises(Fault):
            ledger.reopen()
        ledger.store.write([(key, value)])
    ledger.reopen()


def test_a_lost_leaf_block_or_version_is_a_fault_that_names_it(ledger: Ledger) -> None:
    ledger.submit(fill(ledger))
    ledger.submit(fill(ledger))
    block = ledger.machine.block(1)
    ledger.store.write([(key, None) for key in (leaf_key(0), b"b" + (1).to_bytes(8))])
    ledger.store.write([(version_key("box.box/a", 1), None), (record_key("box.box/a"), None)])
    with pytest.raises(Fault, match="lost leaf 0"):
        ledger.machine.leaf(0)
    with pytest.raises(Fault, match="record of block 1"):
        ledger.machine.block(1)
    with pytest.raises(Fault, match=r"version 1 of box\.box/a"):
        ledger.machine.written(block)


# Kernel rule 11: versions


def install(ledger: Ledger, version: int, source: str, height: int) -> None:
    arguments = {"id": "network", "app": "box", "version": version, "hash": source, "from_height": height}
    assert enact(ledger, "governance/install-app", arguments).state == "passed"


@pytest.fixture
def ahead(ledger: Ledger) -> tuple[Ledger, int]:
    """A ledger that agreed on version 2 of the boxes, and the height from which it counts."""
    height = ledger.machine.head.height + 6
    install(ledger, 2, "2" * 64, height)
    assert ledger.machine.head.height < height - 1
    return ledger, height


def test_a_version_counts_from_its_height_and_the_old_branch_stays(
    ahead: tuple[Ledger, int], newer: Any
) -> None:
    ledger, height = ahead
    ledger.rules = newer("2" * 64)
    ledger.reopen()
    while ledger.machine.head.height < height - 1:
        ledger.act("env-bureau", "box/fill", {"id": "a"})
    before = (box(ledger, "a") or {})["count"]
    ledger.act("env-bureau", "box/fill", {"id": "a"})
    assert ledger.machine.head.height == height
    assert (box(ledger, "a") or {})["count"] == before + 10


def test_a_node_without_the_version_stops_before_its_height_and_says_which(ahead: tuple[Ledger, int]) -> None:
    ledger, height = ahead
    while ledger.machine.head.height < height - 1:
        ledger.act("env-bureau", "box/fill", {"id": "a"})
    before = stored(ledger)
    with pytest.raises(Refused) as refusal:
        ledger.act("env-bureau", "box/fill", {"id": "a"})
    assert refusal.value.code.name == "missing-app-version"
    assert f"From height {height} on this network runs box version 2" in refusal.value.text()
    assert stored(ledger) == before
    ledger.reopen()


def test_another_source_of_the_same_version_stops_too(ahead: tuple[Ledger, int], newer: Any) -> None:
    ledger, height = ahead
    ledger.rules = newer("3" * 64)
    ledger.reopen()
    while ledger.machine.head.height < height - 1:
        ledger.act("env-bureau", "box/fill", {"id": "a"})
    with pytest.raises(Refused, match="missing-app-version"):
        ledger.act("env-bureau", "box/fill", {"id": "a"})


def test_a_ledger_that_lived_through_two_versions_replays_to_the_same_roots(
    ahead: tuple[Ledger, int], newer: Any
) -> None:
    ledger, height = ahead
    ledger.rules = newer("2" * 64)
    ledger.reopen()
    while ledger.machine.head.height < height + 2:
        ledger.act("env-bureau", "box/fill", {"id": "a"})
    report = Audit(ledger.store, MemoryStore(), ledger.rules, ledger.genesis.encode()).run()
    assert report.clean
    assert report.height == height + 2


def test_arguments_are_canonical_json_of_which_nothing_is_lost(ledger: Ledger) -> None:
    assert jcs.decode(decode(fill(ledger), ledger.profile).payload) == {"id": "a"}
