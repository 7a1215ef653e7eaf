"""The parts of the consortium engine that need no CometBFT: transactions, proposals, its files."""

import base64
import hashlib
import json
import stat
from pathlib import Path

import pytest

from dongting.engines.cometbft import abci
from dongting.engines.cometbft.abci import Proposal
from dongting.engines.cometbft.binary import find_binary
from dongting.engines.cometbft.budget import AGE, Budget
from dongting.engines.cometbft.codes import NO_BINARY, NO_VALIDATORS
from dongting.engines.cometbft.directory import genesis_file, make_keys, next_key, use_next_key
from dongting.engines.cometbft.proposing import pick
from dongting.engines.cometbft.transactions import MAX_STATEMENTS, Transaction, pack, pack_message, unpack
from dongting.errors import Fault, Refused
from dongting.testing import Ledger
from dongting.wire import protobuf
from dongting.wire.commit import chain_id
from dongting.wire.genesis import BAD_GENESIS, LogKey, decode
from dongting.wire.keys import PrivateKey, from_base64, public_key, to_base64
from dongting.wire.statement import Statement
from dongting.wire.statement import decode as decode_statement
from dongting.wire.suites import ED25519

SALT = bytes(8)


@pytest.mark.parametrize("value", [0, 1, 127, 128, 300, 2**32, 2**63 - 1, -1, -(2**63)])
def test_numbers_are_read_as_they_were_written(value: int) -> None:
    found, end = protobuf.read_varint(protobuf.varint(value), 0)
    assert protobuf.signed(found) == value
    assert end == len(protobuf.varint(value))
    assert end <= 10


@pytest.mark.parametrize("data", [b"\x0a\x05abc", b"\x0a", b"\x80", b"\x0b", b"\x08" + b"\xff" * 11])
def test_broken_messages_are_a_fault(data: bytes) -> None:
    with pytest.raises(Fault):
        list(protobuf.fields(data))


def test_a_transaction_gives_back_its_statements() -> None:
    statements = [b"one", b"", b"x" * 60_000]
    assert unpack(pack(statements, SALT)) == Transaction(statements)
    assert unpack(pack_message(b"told", SALT)) == Transaction([], b"told")


@pytest.mark.parametrize(
    "tx",
    [
        b"",
        b"kvstore=1",
        pack([], SALT),
        pack([b"one"], b"short"),
        pack([b"one"], SALT) + protobuf.item(2, SALT),
        pack([b"one"], SALT) + protobuf.item(3, b"more"),
        pack([b"one"], SALT) + protobuf.item(4, b"more"),
        pack_message(b"x" * 8193, SALT),
        pack([b"one"], SALT) + protobuf.number(1, 7),
        pack([b"one"], SALT)[:-1],
        pack([b"x" * 61_441], SALT),
        pack([b"x" * 60_000] * 9, SALT),
        pack([b""] * (MAX_STATEMENTS + 1), SALT),
    ],
    ids=lambda tx: f"{tx[:6].hex()}-{len(tx)}",
)
def test_other_bytes_are_no_transaction(tx: bytes) -> None:
    assert unpack(tx) is None


def evidence(ledger: Ledger, number: int, author: str = "env-bureau", ahead: int = 0) -> Statement:
    arguments = {"id": f"{author}-{number}", "kind": "file", "content": hashlib.sha256(b"x").hexdigest()}
    data = ledger.sign(author, "evidence/register", arguments, issued=ledger.time + ahead)
    return decode_statement(data, ledger.profile)


def offered(
    ledger: Ledger, *txs: list[Statement], most: int = 10**6
) -> tuple[Proposal, dict[bytes, list[Statement]]]:
    known = {pack([s.data for s in tx], SALT): tx for tx in txs}
    return Proposal(tuple(known), 5, ledger.time, (), most), known


def test_a_proposer_holds_back_what_is_dated_after_its_block() -> None:
    ledger = Ledger()
    proposal, known = offered(ledger, [evidence(ledger, 1, ahead=1)], [evidence(ledger, 2)])
    assert pick(proposal, known.__getitem__, 1000) == [proposal.txs[1]]


def test_whoever_fills_the_mempool_delays_itself() -> None:
    ledger = Ledger()
    flood = [[evidence(ledger, n)] for n in range(20)]
    late = [[evidence(ledger, n, "green-tech")] for n in range(2)]
    proposal, known = offered(ledger, *flood, *late)
    picked = pick(proposal, known.__getitem__, 4)
    assert [known[tx][0].issuer for tx in picked] == ["env-bureau", "env-bureau", "green-tech", "green-tech"]


def test_of_one_sender_no_more_waits_than_its_budget_until_a_block_takes_it_or_it_is_old() -> None:
    now = 0.0
    budget = Budget(lambda: now)
    assert [budget.take("one", tx, 2) for tx in (b"a", b"b", b"c", b"a")] == [True, True, False, True]
    assert budget.take("other", b"c", 2)
    budget.settle([b"a", b"unknown"])
    assert [budget.take("one", tx, 2) for tx in (b"d", b"e")] == [True, False]
    now = AGE + 1
    assert [budget.take("one", tx, 2) for tx in (b"e", b"f", b"g")] == [True, True, False]


def test_a_block_takes_no_more_bytes_than_it_has() -> None:
    ledger = Ledger()
    proposal, known = offered(ledger, *([evidence(ledger, n)] for n in range(20)), most=3000)
    picked = pick(proposal, known.__getitem__, 1000)
    assert picked == list(proposal.txs[: len(picked)])
    assert (
        0
        < sum(len(tx) + 8 for tx in picked)
        <= 3000
        < sum(len(tx) + 8 for tx in proposal.txs[: len(picked) + 1])
    )


def test_another_program_is_not_taken_for_cometbft(tmp_path: Path) -> None:
    other = tmp_path / "cometbft"
    other.write_text("#!/bin/sh\necho 0.37.2\n")
    other.chmod(0o755)
    with pytest.raises(Refused) as refused:
        find_binary(str(other))
    assert refused.value.code is NO_BINARY
    assert "make engine" in refused.value.text("en")
    with pytest.raises(Refused) as missing:
        find_binary(str(tmp_path / "nothing"))
    assert missing.value.code is NO_BINARY


def test_keys_are_made_once_and_open_to_their_owner_only(tmp_path: Path) -> None:
    made = make_keys(tmp_path / "cometbft")
    assert make_keys(tmp_path / "cometbft") == made
    consensus, node = made
    held = json.loads((tmp_path / "cometbft/config/priv_validator_key.json").read_text())
    public = public_key(from_base64(consensus)).raw
    assert base64.b64decode(held["pub_key"]["value"]) == public
    assert held["address"] == hashlib.sha256(public).hexdigest()[:40].upper()
    assert len(node) == 40
    for path in (tmp_path / "cometbft").rglob("*.json"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def consensus_key() -> str:
    return to_base64(PrivateKey.generate(ED25519).public().cose())


def test_the_genesis_of_cometbft_follows_from_that_of_the_network() -> None:
    plain = Ledger()
    with pytest.raises(Refused) as refused:
        genesis_file(plain.genesis)
    assert refused.value.code is NO_VALIDATORS
    key = consensus_key()
    log_key = to_base64(PrivateKey.generate(ED25519).public().cose())
    ledger = Ledger(log_keys=[LogKey("env-bureau", log_key, key)])
    made = genesis_file(decode(ledger.genesis.encode()))
    assert made["chain_id"] == chain_id(ledger.machine.network)
    assert len(made["chain_id"]) <= 50
    assert base64.b64decode(made["validators"][0]["pub_key"]["value"]) == public_key(from_base64(key)).raw


def test_a_genesis_names_a_consensus_key_for_every_log_key_or_for_none() -> None:
    first, second = (to_base64(PrivateKey.generate(ED25519).public().cose()) for _ in range(2))
    half = Ledger().genesis.__class__(
        **{
            **{name: getattr(Ledger().genesis, name) for name in Ledger().genesis.__struct_fields__},
            "log_keys": [LogKey("env-bureau", first, consensus_key()), LogKey("green-tech", second)],
        }
    )
    with pytest.raises(Refused) as refused:
        decode(half.encode())
    assert refused.value.code is BAD_GENESIS


def test_answers_have_the_published_field_numbers() -> None:
    # tendermint.abci.Response: info = 4 (version 2, last_block_height 4, last_block_app_hash 5),
    # finalize_block = 21 (tx_results 2, app_hash 5), commit = 12, prepare_proposal = 17.
    assert abci.info(7, b"h", "v") == b"\x22\x08\x12\x01v\x20\x07\x2a\x01h"
    assert abci.finalized([0, 1], b"h") == b"\xaa\x01\x09\x12\x00\x12\x02\x08\x01\x2a\x01h"
    assert abci.committed() == b"\x62\x00"
    assert abci.prepared([b"t"]) == b"\x8a\x01\x03\x0a\x01t"
    assert abci.processed(True) == b"\x92\x01\x02\x08\x01"


def test_the_next_consensus_key_takes_its_place_when_it_votes_and_what_was_signed_stays(
    tmp_path: Path,
) -> None:
    old, node = make_keys(tmp_path)
    new = next_key(tmp_path)
    assert next_key(tmp_path) == new != old
    state = tmp_path / "data" / "priv_validator_state.json"
    state.write_text('{"height": "7", "round": 0, "step": 3}')
    votes = {public_key(from_base64(old)).raw}
    assert not use_next_key(tmp_path, votes)
    assert make_keys(tmp_path)[0] == old
    assert use_next_key(tmp_path, {public_key(from_base64(new)).raw})
    assert make_keys(tmp_path) == (new, node)
    assert not use_next_key(tmp_path, {public_key(from_base64(new)).raw})
    assert json.loads(state.read_bytes())["height"] == "7"
