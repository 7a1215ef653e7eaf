"""What a validator says of others that deceive, contradict it or stay away, and that it goes on saying it."""

import asyncio
from pathlib import Path

from dongting.engines.cometbft import abci
from dongting.engines.cometbft.abci import Misbehavior
from dongting.engines.cometbft.attendance import BLOCKS, SECONDS, Attendance
from dongting.engines.cometbft.place import Place, place_of
from dongting.node.alarms import OTHER_HISTORY, owner_of
from dongting.node.comparing import Comparing
from dongting.testing import Ledger
from dongting.wire import checkpoint as checkpoints
from dongting.wire import protobuf
from dongting.wire.checkpoint import Checkpoint
from dongting.wire.commit import address
from dongting.wire.genesis import LogKey, origin
from dongting.wire.keys import PrivateKey, to_base64
from dongting.wire.suites import ED25519

A, B = b"a" * 20, b"b" * 20
TWICE = Misbehavior("duplicate-vote", A, 7, 1)


def test_evidence_and_missing_votes_are_read_from_a_block() -> None:
    validator = protobuf.data(1, A) + protobuf.number(3, 1)
    away = protobuf.data(1, protobuf.data(1, B)) + protobuf.number(3, 1)
    came = protobuf.data(1, validator) + protobuf.number(3, 2)
    commit = protobuf.number(1, 4) + protobuf.item(2, came) + protobuf.item(2, away)
    twice = protobuf.number(1, 1) + protobuf.data(2, validator) + protobuf.number(3, 7)
    found = abci.proposal(protobuf.data(2, commit) + protobuf.item(3, twice) + protobuf.number(5, 9))
    assert found.voted == ((A, True), (B, False))
    assert found.misbehavior == (TWICE,)
    assert found.height == 9


def test_evidence_is_kept_with_the_place_once_and_the_oldest_goes() -> None:
    ledger = Ledger()
    place = Place().after(9, b"h", [TWICE]).after(10, b"i", [TWICE])
    ledger.machine.commit(ledger.machine.execute(ledger.time, []), place.encode())
    assert place_of(ledger.machine) == Place(10, b"i", (TWICE,))
    many = [Misbehavior("duplicate-vote", B, height, 1) for height in range(200)]
    kept = place.after(11, b"j", many).misbehaved
    assert len(kept) == 100
    assert kept[-1] == many[-1]


def test_a_place_that_was_written_before_there_was_evidence_is_read() -> None:
    ledger = Ledger()
    ledger.machine.commit(ledger.machine.execute(ledger.time, []), b"\x92\x07\xc4\x01h")
    assert place_of(ledger.machine) == Place(7, b"h")


def test_a_validator_is_silent_after_many_blocks_and_a_while_and_speaks_again() -> None:
    now = 0.0
    attendance = Attendance(lambda: now)
    for _ in range(BLOCKS):
        attendance.see([(A, True), (B, False)])
    assert attendance.silent() == {}  # many blocks in a moment prove nothing
    now = SECONDS
    assert attendance.silent() == {B: BLOCKS}
    attendance.see([(A, True), (B, True)])
    assert attendance.silent() == {}


def test_a_validator_is_known_by_the_address_of_its_consensus_key() -> None:
    key = PrivateKey.generate(ED25519)
    text = to_base64(key.public().cose())
    log = to_base64(PrivateKey.generate(ED25519).public().cose())
    ledger = Ledger(log_keys=[LogKey("env-bureau", log, text)])
    assert owner_of(ledger.machine) == {address(key.public().raw): "env-bureau"}


def test_a_note_of_another_history_is_an_alarm_and_kept_as_evidence(tmp_path: Path) -> None:
    ledger = Ledger()
    ledger.act("env-bureau", "membership/vouch", {"id": "any", "applicant": "nobody"})
    name, size = origin(ledger.genesis), ledger.machine.head.size
    note = checkpoints.sign(Checkpoint(name, size, bytes(32)), [ledger.log_key])

    told = []

    async def tell(note: bytes) -> None:
        told.append(note)

    def comparing() -> Comparing:
        return Comparing(ledger.machine, name, lambda: b"own", tell, tmp_path / "contradicted", lambda: 0.0)

    async def story() -> None:
        first, right = comparing(), Checkpoint(name, size, ledger.machine.head.root)
        assert first.speaker(note) == ledger.log_key.public().raw.hex()
        assert first.speaker(b"anything") is first.speaker(note.replace(b"A", b"B", 1)) is None
        await first.heard(checkpoints.sign(right, [ledger.log_key]))
        assert (list(first.contradictions()), told) == ([], [])
        await first.heard(note)
        await first.heard(note)
        assert told == [b"own"]
        again = comparing()
        for each in (first, again):
            (alarm,) = each.contradictions()
            assert alarm.code is OTHER_HISTORY
            assert alarm.facts["owner"] == "env-bureau"
            assert alarm.facts["size"] == size

    asyncio.run(story())
