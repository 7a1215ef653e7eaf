"""What an action sees and may do: a Context and nothing else (kernel rule 8)."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from dongting.errors import Fault
from dongting.kernel.entries import decode_entry, record_key
from dongting.testing import START, Ledger


def box(ledger: Ledger, id: str) -> Mapping[str, Any]:
    entry = ledger.store.get(record_key(f"box.box/{id}"))
    assert entry is not None
    found: Mapping[str, Any] = msgspec.json.decode(decode_entry(entry).body)
    return found


def test_an_action_knows_author_time_height_and_roles(ledger: Ledger) -> None:
    ledger.advance(seconds=3)
    ledger.act("env-bureau", "box/fill", {"id": "a"})
    assert box(ledger, "a")["seen"] == f"env-bureau {START + 3} 1 founder,member"


def test_one_statement_makes_one_version_however_often_it_writes(ledger: Ledger) -> None:
    ledger.act("env-bureau", "box/fill", {"id": "a", "times": 7})
    entry = decode_entry(ledger.store.get(record_key("box.box/a")) or b"")
    assert entry.version == 1
    assert box(ledger, "a")["count"] == 7


def test_a_later_statement_of_a_block_reads_what_an_earlier_one_wrote(ledger: Ledger) -> None:
    ledger.submit(*(ledger.sign("env-bureau", "box/fill", {"id": "a"}) for _ in range(5)))
    assert box(ledger, "a")["count"] == 5
    ledger.reopen()
    ledger.act("env-bureau", "box/fill", {"id": "a"})
    assert box(ledger, "a")["count"] == 6


def test_an_application_that_writes_anothers_record_is_a_fault(ledger: Ledger) -> None:
    with pytest.raises(Fault, match=r"box must not write governance\.parameter"):
        ledger.act("env-bureau", "box/trespass", {"id": "a"})


def test_an_attempt_runs_collective_actions_only_and_its_refusal_undoes_what_it_wrote(ledger: Ledger) -> None:
    ledger.act("env-bureau", "box/try-", {"id": "a"})
    assert ledger.store.get(record_key("box.box/bad")) is None
    assert ledger.store.get(record_key("box.box/other")) is None
    assert box(ledger, "good") == {"id": "good", "count": 1000, "seen": "governance"}
    assert box(ledger, "a") == {
        "id": "a",
        "count": 2,
        "seen": "env-bureau box/no-luck kernel/not-collective kernel/unknown-action None",
    }
