"""Stories are told alike by the verifier of the browser and by the one in Python."""

import hashlib
import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dongting.testing import Ledger
from dongting.testing.members import admit, claim, new_key, thumbprint
from dongting.testing.stories import AGREEMENT, CONSUMER, DATA, DESCRIPTION, PUBLISHER, Share, note
from dongting.testing.stories import prove as prove_records
from dongting.wire import checkpoint, proof, receipt
from dongting.wire.checkpoint import Checkpoint
from dongting.wire.genesis import LogKey, origin
from dongting.wire.keys import PrivateKey, from_base64, to_base64
from dongting.wire.proof import Opening
from dongting.wire.suites import ED25519, ES256

ROOT = Path(__file__).parents[4]
VECTORS = ROOT / "tests/vectors"
SOURCE = ROOT / "src/dongting/web/static/verify"
Run = Callable[..., dict[str, Any]]
Agree = Callable[[bytes, str | None], str]


def test_the_kept_proof_files_prove_in_a_browser_what_they_prove_here(run: Run, agree: Agree) -> None:
    for case in json.loads((VECTORS / "proof.json").read_text(encoding="utf-8"))["cases"]:
        data = from_base64(case["proof"])
        if case["profile"] == "international":
            assert agree(data, case["network"]) == "proven"
        else:
            assert run("verify", proof=data, network=case["network"])["refused"] == "browser/national-profile"


def test_the_proof_file_of_the_specification_is_proven(agree: Agree) -> None:
    page = (ROOT / "docs/wire.md").read_text(encoding="utf-8")
    example = dict(re.findall(r"```example ([\w-]+)\n(.*?)```", page, re.DOTALL))
    assert agree(bytes.fromhex(example["proof"]), example["network"].strip()) == "proven"


def test_a_share_is_proven_with_and_without_its_openings(agree: Agree, share: Share) -> None:
    network = share.ledger.machine.network
    whole = Opening.of(share.content, share.ledger.profile)
    for data in (share.proof(), share.closed(), proof.with_openings(share.closed(), [whole])):
        assert agree(data, network) == "proven"
        assert agree(data, None) == "proven"


def test_erased_content_is_told_apart(run: Run, agree: Agree, ledger: Ledger) -> None:
    share = Share.play(ledger)
    share.erase()
    assert agree(share.closed(), ledger.machine.network) == "proven"
    story = run("verify", proof=share.closed(), network=ledger.machine.network)["story"]
    assert share.content.commitment(ledger.profile) in story["erased"]


def test_keys_that_were_rotated_and_members_admitted_later_are_traced(agree: Agree, ledger: Ledger) -> None:
    share = Share.play(ledger)
    old, fresh = thumbprint(ledger, ledger.keys[CONSUMER]), new_key(ledger)
    rotated = {"organisation": CONSUMER, "replaces": old, "key": claim(ledger, CONSUMER, fresh)}
    ledger.act(CONSUMER, "membership/rotate-key", rotated)
    ledger.keys[CONSUMER] = fresh
    ledger.advance(seconds=60)
    ledger.act(CONSUMER, "sharing/terminate", {"id": AGREEMENT, "reason": "cd" * 32})
    assert agree(share.closed(), ledger.machine.network) == "proven"
    admit(ledger, "new-lab", credit_code="91350100M000100Y43")
    ledger.advance(seconds=60)
    ledger.act("new-lab", "catalogue/publish", {"id": "soil", **DESCRIPTION})
    data = prove_records(ledger, "catalogue.dataset/soil", "evidence.evidence/none")
    assert agree(data, ledger.machine.network) == "proven"


@pytest.mark.parametrize("seed", range(24))
def test_stories_of_all_sizes_are_told_alike(agree: Agree, seed: int) -> None:
    dice = random.Random(seed)
    ledger = Ledger()
    if seed % 3 == 0:
        fresh = PrivateKey.generate(ES256)
        old = thumbprint(ledger, ledger.keys[PUBLISHER])
        key = {"organisation": PUBLISHER, "replaces": old, "key": claim(ledger, PUBLISHER, fresh)}
        ledger.act(PUBLISHER, "membership/rotate-key", key)
        ledger.keys[PUBLISHER] = fresh
    share = Share.play(ledger, dice.randbytes(dice.randrange(5000)))
    for number in range(dice.randrange(40)):
        author = dice.choice(list(ledger.keys))
        arguments = {"id": f"e{number}", "kind": "file", "content": dice.randbytes(32).hex()}
        ledger.act(author, "evidence/register", arguments)
        ledger.advance(seconds=dice.randrange(3))
    if seed % 4 == 0:
        share.erase()
    shown = [f"evidence.evidence/e{number}" for number in dice.sample(range(60), dice.randrange(1, 20))]
    network = ledger.machine.network
    assert agree(share.proof(), network) == "proven"
    assert agree(prove_records(ledger, *shown), network) == "proven"


def test_a_receipt_in_a_file_is_verified_with_it(agree: Agree, share: Share) -> None:
    ledger, machine = share.ledger, share.ledger.machine
    whole = proof.decode(share.closed())

    def inclusion(index: int, subject: str, key: PrivateKey, name: str) -> bytes:
        path = machine.log.inclusion(index)
        return receipt.inclusion(
            ledger.profile,
            key,
            name,
            subject,
            1_767_225_600,
            index,
            machine.head.size,
            path,
            machine.head.root,
        )

    negotiation, name = f"sharing.negotiation/{AGREEMENT}", origin(ledger.genesis)
    good = inclusion(2, negotiation, ledger.log_key, name)
    for made, index, outcome in (
        (good, 2, "proven"),
        (good, 4, "wire/receipt-proves-nothing"),
        (good, 1, "sdk/time-not-proven"),
        (good[:-1] + bytes([good[-1] ^ 1]), 2, "wire/receipt-proves-nothing"),
        (good[1:], 2, "wire/bad-receipt"),
        (inclusion(2, "a.b/c", ledger.log_key, name), 2, "wire/receipt-proves-nothing"),
        (inclusion(2, negotiation, ledger.log_key, "other.example/log"), 2, "wire/receipt-proves-nothing"),
        (inclusion(2, negotiation, PrivateKey.generate(ED25519), name), 2, "sdk/unknown-log-key"),
    ):
        data = msgspec.structs.replace(whole, receipts=((index, made),)).encode()
        assert agree(data, machine.network) == outcome


def test_more_than_a_third_of_the_log_keys_must_have_signed_and_witnesses_do_no_harm(agree: Agree) -> None:
    others = [PrivateKey.generate(ED25519) for _ in range(3)]
    first = Ledger()
    keys = [LogKey(PUBLISHER, to_base64(key.public().cose())) for key in [first.log_key, *others]]
    ledger = Ledger(log_keys=keys)
    closed = proof.decode(Share.play(ledger).closed())
    head = ledger.machine.head
    at = Checkpoint(origin(ledger.genesis), head.size, head.root)
    outcomes = []
    for signing in (
        [],
        others[:1],
        others[:2],
        others[1:],
        [*others, others[0]],
        [PrivateKey.generate(ED25519)],
    ):
        signed = checkpoint.sign(at, signing) if signing else note(ledger)
        line = checkpoint.cosign(signed, "witness.example", others[0], 1_767_300_000)
        for bytes_ in (signed, checkpoint.add(signed, [line])):
            data = msgspec.structs.replace(closed, checkpoint=bytes_).encode()
            outcomes.append(agree(data, ledger.machine.network))
    few, unsigned = "sdk/too-few-signatures", "wire/note-unsigned"
    assert outcomes == [unsigned] * 2 + [few] * 2 + ["proven"] * 6 + [unsigned] * 2


def test_a_data_file_is_compared_in_pieces(run: Run, share: Share, tmp_path: Path) -> None:
    network, content = share.ledger.machine.network, share.content.commitment(share.ledger.profile)
    proven = {"proof": share.proof(), "network": network}
    same = run("check", file=DATA, **proven)
    assert same == {"digest": hashlib.sha256(DATA).hexdigest(), "commitments": [content], "told": [len(DATA)]}
    assert run("check", file=DATA + b"\n", **proven)["commitments"] == []
    large = random.Random(1).randbytes(9_000_001)
    (tmp_path / "large").write_bytes(large)
    answer = run("check", path=str(tmp_path / "large"), **proven)
    assert answer["digest"] == hashlib.sha256(large).hexdigest()
    assert answer["told"] == [4 * 2**20, 8 * 2**20, 9_000_001]


def test_the_verifier_fetches_nothing_and_stays_small() -> None:
    sources = {path.name: path.read_text(encoding="utf-8") for path in SOURCE.glob("*.js")}
    for name, text in sources.items():
        assert not re.search(r"\bfetch\b|XMLHttpRequest|WebSocket|sendBeacon|\beval\b|new Function", text), (
            name
        )
        assert set(re.findall(r'from "([^"]+)"', text)) <= {f"./{other}" for other in sources}, name
