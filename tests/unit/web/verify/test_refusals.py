"""What the verifier in Python refuses, that of the browser refuses for the same reason."""

import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dongting.sdk.verify import verify
from dongting.testing.stories import Share
from dongting.wire import cbor, genesis, proof
from dongting.wire.keys import PrivateKey, to_base64
from dongting.wire.part import Part
from dongting.wire.proof import Opening
from dongting.wire.suites import ED25519, ES256, Suite

ROOT = Path(__file__).parents[4]
VECTORS = ROOT / "tests/vectors"
SOURCE = ROOT / "src/dongting/web/static/verify"
Run = Callable[..., dict[str, Any]]
Agree = Callable[[bytes, str | None], str]
#: Ed25519, a point of order 4.
WEAK_KEY = to_base64(b"\xa3\x01\x01\x20\x06\x21\x58\x20" + bytes(32))


def test_another_network_is_refused(agree: Agree, share: Share) -> None:
    assert agree(share.proof(), "ab" * 32) == "sdk/other-network"


def test_a_file_cut_short_anywhere_is_refused(agree: Agree, share: Share) -> None:
    data = share.proof()
    for size in [*range(40), *random.Random(2).sample(range(len(data)), 60), len(data) - 1]:
        assert agree(data[:size], share.ledger.machine.network) != "proven"
    assert agree(data + b"\0", share.ledger.machine.network) == "wire/cbor-not-deterministic"


def test_a_flipped_bit_anywhere_is_refused_for_the_same_reason_or_changes_nothing(
    agree: Agree, share: Share
) -> None:
    data, network, dice = share.proof(), share.ledger.machine.network, random.Random(3)
    proven = verify(data, network)
    for place in dice.sample(range(len(data)), 250):
        altered = bytearray(data)
        altered[place] ^= 1 << dice.randrange(8)
        if agree(bytes(altered), network) == "proven":
            assert verify(bytes(altered), network) == proven


def rebuilt(data: bytes, change: Callable[[dict[int, Any]], None]) -> bytes:
    """The same file with its CBOR map changed."""
    value = cbor.decode(data)
    change(value)
    return cbor.encode(value)


@pytest.mark.parametrize(
    "change",
    [
        lambda file: file.pop(8),
        lambda file: file.update({9: None}),
        lambda file: file.update({0: "dongting-proof-3"}),
        lambda file: file.update({3: []}),
        lambda file: file[3].reverse(),
        lambda file: file[3].pop(0),
        lambda file: file[3].pop(),
        lambda file: file[3].append([2**53 - 1, b""]),
        lambda file: file[3].append([True, b""]),
        lambda file: file.update({4: file[4][:-1]}),
        lambda file: file.update({4: file[4] + bytes(32)}),
        lambda file: file.update({4: b""}),
        lambda file: file.update({5: []}),
        lambda file: file[5].append(["zz/é", None]),
        lambda file: file[5].append(["zz/a/b", None]),
        lambda file: file[5].append(["zz", None]),
        lambda file: file[5].append(["zz.a/b", b"{}"]),
        lambda file: file.update({6: {}}),
        lambda file: file[6].append(b""),
        lambda file: file[6].pop(),
        lambda file: file[6].insert(0, [1, bytes(32)]),
        lambda file: file[6].insert(0, [2**64 - 1, b""]),
        lambda file: file[6].insert(0, [-1, b""]),
        lambda file: file.update({6: [[0, b""]] * 70}),
        lambda file: file.update({6: [b"\0" * 64]}),
        lambda file: file.update({6: [b"\0" * 63]}),
        lambda file: file.update({7: [[0, b"\xd2"]]}),
        lambda file: file[8].reverse(),
        lambda file: file[8][0].__setitem__(1, b"\x09" * 32),
        lambda file: file[8][0].__setitem__(3, b"other"),
        lambda file: file[8][0].__setitem__(2, b""),
        lambda file: file.update({8: [[bytes(32), bytes(32), bytes(32), None]]}),
    ],
)
def test_a_file_put_together_otherwise_is_refused_for_the_same_reason(
    agree: Agree, share: Share, change: Callable[[dict[int, Any]], None]
) -> None:
    assert agree(rebuilt(share.proof(), change), share.ledger.machine.network) != "proven"


def test_an_opening_that_nothing_commits_to_is_refused(agree: Agree, share: Share) -> None:
    stray = Opening.of(Part(b"\x05" * 32, b"elsewhere"), share.ledger.profile)
    data = proof.with_openings(share.closed(), [stray])
    assert agree(data, share.ledger.machine.network) == "sdk/stray-opening"


@pytest.mark.parametrize(
    "alter",
    [
        lambda text: text.replace(b"\n\n", b"\n"),
        lambda text: text[:-1],
        lambda text: text + b"\n",
        lambda text: text.replace("— ".encode(), b"- "),
        lambda text: text.replace(b"\n", b"\r\n"),
        lambda text: b"\xff" + text,
        lambda text: re.sub(rb"\n(\d)", rb"\n0\1", text, count=1),
        lambda text: re.sub(rb"\n(\d)", rb"\n-\1", text, count=1),
        lambda text: text.replace(b"=\n\n", b"=\nextension\n\n"),
        lambda text: text.replace(b"=\n\n", b"\n\n"),
        lambda text: text.replace(b"test.example", b"other.example"),
        lambda text: text + "— other.example/log AAAA\n".encode(),
        lambda text: text + "— other log AAAAAAAA\n".encode(),
        lambda text: text + "— other\u00a0log AAAAAAAA\n".encode(),
        lambda text: text * 2,
        lambda text: text + "— other AAAAAAAA\n".encode() * 100,
        lambda text: b"",
    ],
)
def test_a_checkpoint_in_another_form_is_refused_for_the_same_reason(
    agree: Agree, share: Share, alter: Callable[[bytes], bytes]
) -> None:
    whole = proof.decode(share.closed())
    data = msgspec.structs.replace(whole, checkpoint=alter(whole.checkpoint)).encode()
    assert agree(data, share.ledger.machine.network) != "proven"


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace('"days":7', '"days":0'),
        lambda text: text.replace('"days":7', '"days":true'),
        lambda text: text.replace('"created":1767225600', '"created":1099511627777'),
        lambda text: text.replace('"created":1767225600', '"created":-1'),
        lambda text: text.replace('"supervisor":null', '"supervisor":"nobody"'),
        lambda text: text.replace(',"supervisor":null', ""),
        lambda text: text.replace('"zone":', '"zonf":'),
        lambda text: text.replace("+08:00", "+15:00"),
        lambda text: text.replace('"id":"green-tech"', '"id":"env-bureau"'),
        lambda text: text.replace('"id":"green-tech"', '"id":"Green-tech"'),
        lambda text: text.replace('"profile":"international"', '"profile":"other"'),
        lambda text: text.replace('"parameters":{}', '"parameters":{"a":"1"}'),
        lambda text: text.replace('"parameters":{}', '"parameters":{"a":1.5}'),
        lambda text: text.replace('"weekend":[6,7]', '"weekend":[8]'),
        lambda text: text.replace("genesis-1", "genesis-2"),
        lambda text: text.replace('"owEBIAYhWC', '"owEBIAYhWD'),
        lambda text: re.sub(r'"signing_keys":\["\w{14}', '"signing_keys":["owEBIAYhWCAAAA', text),
        lambda text: re.sub(r'(?<="signing_keys":\[")[\w-]+', WEAK_KEY, text, count=1),
        lambda text: text + " ",
        lambda text: "[]",
    ],
)  # fmt: skip
def test_a_genesis_that_cannot_be_is_refused_for_the_same_reason(
    agree: Agree, share: Share, change: Callable[[str], str]
) -> None:
    whole = proof.decode(share.closed())
    text = whole.genesis.decode()
    assert change(text) != text
    data = msgspec.structs.replace(whole, genesis=change(text).encode()).encode()
    assert agree(data, None) not in ("proven", "wire/note-unsigned")


@pytest.mark.parametrize(
    ("suite", "times", "sound"),
    [(ED25519, 1, True), (ES256, 1, False), (ED25519, 2, False)],
    ids=["a key that votes", "of another suite", "that stands there twice"],
)
def test_a_genesis_of_a_consortium_is_read_alike(
    agree: Agree, share: Share, suite: Suite, times: int, sound: bool
) -> None:
    whole = proof.decode(share.closed())
    found = genesis.decode(whole.genesis)
    voting = to_base64(PrivateKey.generate(suite).public().cose())
    log_keys = [msgspec.structs.replace(found.log_keys[0], consensus=voting)] * times
    document = msgspec.json.encode(msgspec.structs.replace(found, log_keys=log_keys), order="sorted")
    reason = agree(msgspec.structs.replace(whole, genesis=document).encode(), None)
    # A sound one is that of another network, whose log signed nothing here.
    assert (reason != "wire/bad-genesis") is sound
    assert reason != "proven"
