"""Statements, receipts and keys as others read them: COSE (RFC 9052, 9053, 9679, 9942) by veraison/go-cose,
deterministic CBOR (RFC 8949) by fxamacker/cbor."""

import base64
import random
from typing import Any

import cbor2
import pytest

from dongting.errors import Refused
from dongting.testing import Ledger
from dongting.testing.stories import Share
from dongting.wire import cbor, receipt
from dongting.wire.genesis import origin
from dongting.wire.keys import PrivateKey, PublicKey, public_key
from dongting.wire.profile import INTERNATIONAL
from dongting.wire.statement import build, decode
from dongting.wire.suites import ED25519, ES256, Suite

SUITES = [ED25519, ES256]
NETWORK = "ab" * 32
ARGUMENTS = {"id": "air", "title": {"zh": "空气质量监测", "en": "Air"}, "count": 2**53 - 1}


def statement(key: PrivateKey, **changes: Any) -> bytes:
    given: dict[str, Any] = {
        "issuer": "env-bureau",
        "network": NETWORK,
        "action": "catalogue/publish",
        "subject": "catalogue.dataset/air",
        "arguments": ARGUMENTS,
        "issued": 1_800_000_000,
        "nonce": bytes(range(16)),
    }
    return build(key, INTERNATIONAL, **{**given, **changes})


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_a_statement_is_verified_elsewhere(go: Any, suite: Suite) -> None:
    key = PrivateKey.generate(suite)
    data = statement(key, expires=1_800_000_300)
    answer = go("sign1", Message=data, Key=key.public().cose())
    assert "error" not in answer, answer
    assert answer["Algorithm"] == suite.alg
    assert answer["ContentType"] == "application/json"
    assert base64.b64decode(answer["KeyID"]) == key.public().thumbprint(INTERNATIONAL)
    assert (answer["Issuer"], answer["Subject"], answer["Audience"]) == (
        "env-bureau", "catalogue.dataset/air", NETWORK,
    )  # fmt: skip
    assert base64.b64decode(answer["Payload"]) == decode(data, INTERNATIONAL).payload


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_a_changed_statement_is_refused_elsewhere(go: Any, suite: Suite) -> None:
    key = PrivateKey.generate(suite)
    data = statement(key)
    changed = data.replace(b'"air"', b'"sea"')
    assert changed != data
    assert "error" in go("sign1", Message=changed, Key=key.public().cose())
    assert "error" in go("sign1", Message=data, Key=PrivateKey.generate(suite).public().cose())


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_a_statement_signed_elsewhere_is_accepted(go: Any, suite: Suite) -> None:
    key = PrivateKey.generate(suite)
    ours = statement(key)
    protected, _, payload, _ = cbor.decode(ours[1:])
    answer = go(
        "make-sign1",
        Suite=suite.name,
        Private=key.raw[:32],
        Protected=cbor.encode(protected),
        Payload=payload,
    )
    assert "error" not in answer, answer
    theirs = base64.b64decode(answer["Message"])
    assert theirs[:-64] == ours[:-64]
    assert decode(theirs, INTERNATIONAL).verify(key.public())


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    ledger = Ledger()
    Share.play(ledger)
    return ledger


def receipts(ledger: Ledger) -> list[tuple[bytes, bytes, int]]:
    machine, found = ledger.machine, []
    head = machine.head
    for index in range(head.size):
        block = machine.block_of(index)
        if index == block.size - 1:
            continue
        entry = machine.leaf(index)
        subject = decode(entry, ledger.profile).subject
        data = receipt.inclusion(
            ledger.profile, ledger.log_key, origin(ledger.genesis), subject, block.time,
            index, head.size, machine.log.inclusion(index), head.root,
        )  # fmt: skip
        found.append((data, entry, index))
    return found


def test_receipts_are_verified_elsewhere(go: Any, ledger: Ledger) -> None:
    made = receipts(ledger)
    assert len(made) >= 5
    key = ledger.log_key.public().cose()
    for data, entry, index in made:
        answer = go("receipt", Receipt=data, Key=key, Entry=entry)
        assert "error" not in answer, answer
        assert (answer["Size"], answer["Index"]) == (ledger.machine.head.size, index)
        assert base64.b64decode(answer["Root"]) == ledger.machine.head.root
        assert answer["Issuer"] == origin(ledger.genesis)
        assert answer["Subject"] == decode(entry, ledger.profile).subject


def test_a_receipt_of_another_entry_is_refused_elsewhere(go: Any, ledger: Ledger) -> None:
    (data, _, _), (_, entry, _) = receipts(ledger)[:2]
    assert "error" in go("receipt", Receipt=data, Key=ledger.log_key.public().cose(), Entry=entry)


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_thumbprints_agree(go: Any, suite: Suite) -> None:
    key = PrivateKey.generate(suite).public()
    answer = go("thumbprint", Key=key.cose())
    assert base64.b64decode(answer["Thumbprint"]) == key.thumbprint(INTERNATIONAL)


def test_signatures_agree_both_ways(go: Any) -> None:
    keys = [PrivateKey.generate(ED25519) for _ in range(20)]
    messages = [bytes([number]) * (17 * number) for number in range(20)]
    cases = [
        {"Key": key.public().raw, "Message": message, "Signature": key.sign(message)}
        for key, message in zip(keys, messages, strict=True)
    ]
    wrong = {**cases[3], "Signature": cases[4]["Signature"]}
    answer = go("ed25519", Signatures=[*cases, wrong], Seed=b"\x05" * 32, Message=b"message")
    assert answer["Accepted"] == [True] * 20 + [False]
    key = PublicKey(ED25519, base64.b64decode(answer["Key"]))
    assert public_key(key.cose()) == key
    assert key.verify(base64.b64decode(answer["Signature"]), b"message")


class Samples:
    """Random values of the subset, and spoiled encodings of them; the same ones every time."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def value(self, depth: int = 0) -> Any:
        kind = self.random.randrange(9 if depth < 4 else 6)
        if kind == 0:
            return self.random.choice([None, True, False])
        if kind in (1, 2):
            return self.integer()
        if kind == 3:
            return self.random.randbytes(self.random.choice([0, 1, 23, 24, 255, 256]))
        if kind in (4, 5):
            return self.text()
        if kind == 6:
            return [self.value(depth + 1) for _ in range(self.random.choice([0, 1, 3, 24]))]
        if kind == 7:
            return {self.label(): self.value(depth + 1) for _ in range(self.random.choice([0, 2, 5]))}
        return cbor2.CBORTag(self.random.choice([18, 98, 1000, 70_000]), self.value(depth + 1))

    def integer(self) -> int:
        bits = self.random.choice([5, 8, 16, 32, 53, 63, 64])
        number = self.random.randrange(2**bits)
        return number if self.random.random() < 0.6 else -1 - number

    def label(self) -> Any:
        # The outside library takes no negative label beyond 64 bits with sign.
        return max(self.integer(), -(2**63)) if self.random.random() < 0.7 else self.text()

    def text(self) -> str:
        return "".join(self.random.choices("abc 空气𝒳é\x00", k=self.random.choice([0, 2, 23, 24])))

    def spoiled(self, data: bytes) -> bytes:
        place = self.random.randrange(len(data))
        change = self.random.randrange(5)
        if change == 0:
            return data[:place]
        if change == 1:
            return data + self.random.randbytes(1)
        if change == 2:
            return data[:place] + self.random.randbytes(1) + data[place:]
        if change == 3:
            return data[:place] + data[place + 1 :]
        return data[:place] + bytes([data[place] ^ 1 << self.random.randrange(8)]) + data[place + 1 :]


#: One rule broken each: RFC 8949, sections 4.2.1 and 5.6.
BROKEN = {
    "a label twice": "a2 01 02 01 03",
    "labels in the older order, shorter ones first": "a2 20 00 18 64 00",
    "labels out of order": "a2 02 00 01 00",
    "an array of indefinite length": "9f 01 ff",
    "a map of indefinite length": "bf 01 02 ff",
    "a byte string of indefinite length": "5f 41 00 ff",
    "an integer longer than needed": "18 17",
    "a length longer than needed": "58 01 00",
    "a big number": "c2 49 01 00 00 00 00 00 00 00 00",
    "a small number as a big one": "c2 41 01",
    "a float": "f9 3c 00",
    "undefined": "f7",
    "invalid UTF-8": "61 ff",
    "something behind": "01 01",
    "nothing": "",
    "seventeen arrays within each other": "81" * 17 + "01",
    "a reserved length": "1c",
}


def accepted(data: bytes) -> bool:
    try:
        cbor.decode(data)
    except Refused:
        return False
    return True


@pytest.mark.parametrize("broken", BROKEN, ids=str)
def test_both_refuse(go: Any, broken: str) -> None:
    data = bytes.fromhex(BROKEN[broken])
    assert not accepted(data)
    assert go("cbor", Samples=[data])["Accepted"] == [False]


def test_both_judge_the_same_encodings_to_be_deterministic(go: Any) -> None:
    samples = Samples(8949)
    sound = [cbor.encode(samples.value()) for _ in range(1500)]
    spoiled = [samples.spoiled(data) for data in sound for _ in range(4)]
    # The outside library turns tags 0 and 1 into moments, so that it cannot say how they were encoded.
    cases = [data for data in sound + spoiled if not {0xC0, 0xC1} & set(data)]
    answer = go("cbor", Samples=cases)
    here = [accepted(data) for data in cases]
    differing = [
        (data.hex(), mine, why)
        for data, mine, theirs, why in zip(cases, here, answer["Accepted"], answer["Why"], strict=True)
        if mine != theirs
    ]
    assert differing == []
    assert 1000 < sum(here) < len(cases) - 1000


def test_what_a_ledger_stores_is_deterministic(go: Any, ledger: Ledger) -> None:
    leaves = [ledger.machine.leaf(index) for index in range(ledger.machine.head.size)]
    stored = leaves + [data for data, *_ in receipts(ledger)] + [ledger.log_key.public().cose()]
    assert set(go("cbor", Samples=stored)["Accepted"]) == {True}
