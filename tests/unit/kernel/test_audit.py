"""What stands in a store is derived again from its leaves, and every difference is found and named."""

from collections.abc import Sequence
from typing import Any

import pytest

from dongting.errors import Code
from dongting.kernel import findings
from dongting.kernel.audit import Audit, Report, Signed, verify_here
from dongting.kernel.entries import HEAD_KEY, leaf_key
from dongting.testing import Ledger
from dongting.testing.members import claim
from dongting.testing.stores import MemoryStore
from dongting.wire.blocks import BlockEnd
from dongting.wire.keys import PrivateKey
from dongting.wire.suites import ED25519

TABLES = "mltbrvsc"


def commitment(number: int) -> dict[str, Any]:
    return {"id": f"evidence-{number}", "kind": "file", "content": f"{number:064x}"}


@pytest.fixture
def ledger() -> Ledger:
    """Thirty blocks over more than two replay epochs, and a record with an earlier version."""
    ledger = Ledger()
    for number in range(29):
        ledger.act("env-bureau", "evidence/register", commitment(number))
        ledger.advance(50)
    propose = {"id": "p1", "action": "governance/set-parameter", "arguments": "{}"}
    ledger.submit(
        ledger.sign("env-bureau", "governance/propose", propose),
        ledger.sign("green-tech", "governance/vote", {"proposal": "p1", "choice": "for"}),
        ledger.sign("air-alliance", "governance/vote", {"proposal": "p1", "choice": "against"}),
    )
    return ledger


def audited(ledger: Ledger, **options: Any) -> Report:
    return Audit(ledger.store, MemoryStore(), ledger.rules, ledger.genesis.encode(), **options).run()


def told(report: Report) -> str:
    assert not report.clean
    return "\n".join(found.text("en") + found.text("zh") for found in report.findings)


def codes(report: Report) -> list[str]:
    return [found.code.name for found in report.findings]


def keys(ledger: Ledger, table: str) -> list[bytes]:
    """The first, a middle and the last key of a table."""
    found = [key for key, _ in ledger.store.scan(table.encode())]
    return sorted({found[0], found[len(found) // 2], found[-1]})


def test_an_untouched_ledger_is_clean_to_its_last_leaf(ledger: Ledger) -> None:
    seen: list[int] = []
    report = audited(ledger, progress=seen.append)
    assert report.clean
    assert (report.height, report.size) == (30, ledger.machine.head.size)
    assert report.statements == 32
    assert seen[-1] == report.size


def test_a_fresh_ledger_is_clean() -> None:
    assert audited(Ledger()).clean


@pytest.mark.parametrize("profile", ["international", "national"])
def test_both_profiles_are_audited(profile: str) -> None:
    ledger = Ledger(profile)
    ledger.act("env-bureau", "evidence/register", commitment(1))
    assert audited(ledger).clean


@pytest.mark.parametrize("table", TABLES)
def test_a_flipped_bit_in_any_table_is_found_and_its_table_named(ledger: Ledger, table: str) -> None:
    for key in keys(ledger, table):
        kept = ledger.store.get(key)
        assert kept is not None
        for at in {0, len(kept) // 2, len(kept) - 1}:
            value = bytearray(kept)
            value[at] ^= 1
            ledger.store.write([(key, bytes(value))])
            report = audited(ledger)
            assert not report.clean, (key, at)
            if table == "l":
                assert f"eaf {int.from_bytes(key[1:])} " in told(report), (key, at)
            elif table != "m":
                assert report.findings[0].facts["where"] in told(report)
                assert codes(report) == ["entry-differs"], (key, at)
            ledger.store.write([(key, kept)])
    assert audited(ledger).clean


@pytest.mark.parametrize("table", TABLES)
def test_a_lost_key_of_any_table_is_found(ledger: Ledger, table: str) -> None:
    for key in keys(ledger, table):
        kept = ledger.store.get(key)
        ledger.store.write([(key, None)])
        assert not audited(ledger).clean, key
        ledger.store.write([(key, kept)])


@pytest.mark.parametrize("table", [*TABLES, "z"])
def test_a_key_that_nothing_leads_to_is_found_in_any_table(ledger: Ledger, table: str) -> None:
    ledger.store.write([(table.encode() + b"\x7f" * 8, b"more")])
    report = audited(ledger)
    assert ("leaf-missing" if table == "l" else "entry-extra") in codes(report)


def test_a_gap_in_the_log_says_where(ledger: Ledger) -> None:
    ledger.store.write([(leaf_key(7), None)])
    assert "Leaf 7 is missing: after leaf 6 the store goes on with leaf 8" in told(audited(ledger))


def test_a_lost_suffix_is_told_from_the_head(ledger: Ledger) -> None:
    size = ledger.machine.head.size
    ledger.store.write([(leaf_key(index), None) for index in range(size - 4, size)])
    report = audited(ledger)
    assert codes(report)[0] == "suffix-lost"
    assert f"with {size} leaves; the log ends with leaf {size - 5}" in told(report)
    ledger.store.write([(HEAD_KEY, None)])
    assert "head-damaged" in codes(audited(ledger))


def test_a_block_without_its_end_is_found(ledger: Ledger) -> None:
    ledger.store.write([(leaf_key(ledger.machine.head.size - 1), None)])
    assert codes(audited(ledger))[0] == "block-not-closed"


def test_every_damaged_leaf_is_named_although_derivation_stops_at_the_first(ledger: Ledger) -> None:
    for index in (5, 20, 41):
        data = bytearray(ledger.machine.leaf(index))
        data[-1] ^= 1
        ledger.store.write([(leaf_key(index), bytes(data))])
    report = audited(ledger)
    assert not report.complete
    text = told(report)
    assert all(f"Leaf {index} does not have the hash" in text for index in (5, 20, 41))
    assert "Nothing after block 2 could be derived" in text


def test_a_changed_block_end_is_found_with_what_it_should_be(ledger: Ledger) -> None:
    machine = ledger.machine
    end = BlockEnd(1, machine.block(1).time + 1, 0, machine.head.state)
    ledger.store.write([(leaf_key(1), end.encode())])
    report = audited(ledger)
    assert codes(report)[0] == "block-end-differs"
    assert f"Leaf 1 closes block 1 with height 1, time {end.time}" in told(report)


def test_a_statement_that_no_key_of_the_ledger_signed_is_found(ledger: Ledger) -> None:
    forged = ledger.sign(
        "env-bureau", "evidence/register", commitment(99), key=PrivateKey.generate(ED25519), issued=1
    )
    ledger.store.write([(leaf_key(0), forged)])
    assert codes(audited(ledger))[0] == "key-unknown"


def test_a_wrong_signature_is_found(ledger: Ledger) -> None:
    data = bytearray(ledger.machine.leaf(2))
    data[-10] ^= 1
    ledger.store.write([(leaf_key(2), bytes(data))])
    assert "Leaf 2 (block 2): the signature by key" in told(audited(ledger))


def test_a_signed_statement_that_would_be_refused_is_found(ledger: Ledger) -> None:
    late = ledger.sign("env-bureau", "evidence/register", commitment(99), issued=1)
    ledger.store.write([(leaf_key(0), late)])
    report = audited(ledger)
    assert codes(report)[0] == "not-accepted"
    assert "could be accepted only until" in told(report)
    assert "有效期" in report.findings[0].text("zh")


def test_the_same_statement_twice_in_a_log_is_found(ledger: Ledger) -> None:
    ledger.store.write([(leaf_key(2), ledger.machine.leaf(0))])
    assert "the same bytes as leaf 0" in told(audited(ledger))


def test_another_genesis_is_found(ledger: Ledger) -> None:
    other = Ledger()
    report = Audit(ledger.store, MemoryStore(), ledger.rules, other.genesis.encode()).run()
    assert codes(report)[0] == "other-genesis"


def test_many_differences_of_a_table_are_counted(ledger: Ledger) -> None:
    ledger.store.write([(b"z%d" % n, b"") for n in range(9)])
    report = audited(ledger)
    assert codes(report) == ["entry-extra"] * 5 + ["and-more"]
    assert report.findings[-1].facts["count"] == 4


def test_the_same_verdicts_come_from_a_verifier_of_the_callers(ledger: Ledger) -> None:
    batches: list[Signed] = []

    def verify(signed: Signed) -> Any:
        batches.append(signed)
        return verify_here(signed)

    def refuse(signed: Signed) -> Any:
        return lambda: [False] * len(signed)

    assert audited(ledger, verify=verify).clean
    assert sum(len(batch) for batch in batches) == 32
    assert codes(audited(ledger, verify=refuse))[0] == "signature-wrong"


def test_a_key_registered_in_the_log_verifies_what_it_signs_later(ledger: Ledger) -> None:
    new = PrivateKey.generate(ED25519)
    arguments = {"organisation": "env-bureau", "key": claim(ledger, "env-bureau", new)}
    ledger.act("env-bureau", "membership/add-key", arguments)
    ledger.act("env-bureau", "evidence/register", commitment(50), key=new)
    assert audited(ledger).clean


def test_numbers_and_names_of_findings_are_unique() -> None:
    found: Sequence[Code] = [value for value in vars(findings).values() if isinstance(value, Code)]
    assert len({code.number for code in found}) == len({code.name for code in found}) == len(found) == 21
