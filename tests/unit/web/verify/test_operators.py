"""An operator's inventions deceive neither the verifier of the browser nor the one in Python."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dongting.sdk.verify import verify
from dongting.testing import Ledger
from dongting.testing.members import claim, thumbprint
from dongting.testing.operators import Operator, on_record
from dongting.testing.stories import CONSUMER, PUBLISHER
from dongting.wire.keys import PrivateKey, to_base64
from dongting.wire.suites import ED25519, SM2

ROOT = Path(__file__).parents[4]
VECTORS = ROOT / "tests/vectors"
SOURCE = ROOT / "src/dongting/web/static/verify"
Run = Callable[..., dict[str, Any]]
Agree = Callable[[bytes, str | None], str]


def key_record(ledger: Ledger, signing: PrivateKey, **changes: Any) -> dict[str, dict[str, Any]]:
    """The record of a key that an operator put on record as the publisher's."""
    id = thumbprint(ledger, signing)
    body = {"id": id, "owner": PUBLISHER, "key": to_base64(signing.public().cose()), "added": ledger.time}
    return {f"membership.signing-key/{id}": {**body, **changes}}


def test_keys_that_an_operator_invents_are_refused(agree: Agree, ledger: Ledger) -> None:
    own, key = ledger.keys[PUBLISHER], PrivateKey.generate(ED25519)
    adding = {"organisation": PUBLISHER, "key": claim(ledger, PUBLISHER, key)}
    added = ledger.sign(PUBLISHER, "membership/add-key", adding)
    itself = ledger.sign(PUBLISHER, "membership/add-key", adding, key=key)
    honest = on_record(ledger, PUBLISHER, CONSUMER)
    now = ledger.time
    both = {**honest, **key_record(ledger, key)}
    outcomes = []
    for records, leaves in (
        (honest, [{}]),
        (honest, [{"key": ledger.keys[CONSUMER]}]),
        (honest, [{"key": key}]),
        (on_record(ledger, CONSUMER), [{}]),
        (key_record(ledger, key), [{"key": key}]),
        (key_record(ledger, key), [itself]),
        (both, [added, {"key": key}]),
        (both, [{"key": key}, added]),
        ({**honest, **key_record(ledger, key, added=now - 1)}, [added, {"key": key}]),
        ({**honest, **key_record(ledger, key, added=now + 1)}, [added, {"key": key}]),
        ({**honest, **key_record(ledger, key, owner=CONSUMER)}, [added, {"key": key}]),
        ({**honest, **key_record(ledger, key, key="owEB")}, [added, {"key": key}]),
        ({**honest, **key_record(ledger, key, key="o!EB")}, [added, {"key": key}]),
        ({**honest, **key_record(ledger, key, key=to_base64(own.public().cose()))}, [added, {"key": key}]),
        (key_record(ledger, own, revoked=now), [{}]),
        (key_record(ledger, own, revoked=now - 1), [{}]),
        (key_record(ledger, own, revoked=None, reason=None), [{}]),
        (key_record(ledger, own, revoked="x"), [{}]),
        (key_record(ledger, own, added=None), [{}]),
        (key_record(ledger, own, reason=1), [{}]),
        ({**honest, "membership.organisation/lab": {}}, [{}]),
        ({**honest, "membership.organisation/lab": {"name": {"zh": "室"}}}, [{}]),
        (
            {**honest, "a.b/c": {"state": "ERASED", "x": {"commitment": "ab"}, "y": [{"commitment": "cd"}]}},
            [{}],
        ),
        (honest, [{"network": "ab" * 32}]),
    ):
        operator = Operator(ledger, records)
        made = [leaf if isinstance(leaf, bytes) else operator.statement(PUBLISHER, **leaf) for leaf in leaves]
        outcomes.append(agree(operator.prove(*made, operator.end(1, 0)), None))
    good = [place for place, outcome in enumerate(outcomes) if outcome == "proven"]
    assert good == [0, 6, 14, 16, 21, 22]


def test_statements_in_another_form_or_time_are_refused(agree: Agree, ledger: Ledger) -> None:
    operator = Operator(ledger)
    good = operator.statement(PUBLISHER)
    dice = random.Random(4)
    for place in dice.sample(range(len(good)), 150):
        altered = bytearray(good)
        altered[place] ^= 1 << dice.randrange(8)
        assert agree(operator.prove(bytes(altered), operator.end(1, 0)), None) != "proven"
    for data in (good[1:], good + b"\0", b"\xd2\x85" + good[2:], b"", bytes(70_000), good[:-1]):
        assert agree(operator.prove(data, operator.end(1, 0)), None) != "proven"
    for shift, outcome in (
        (-31, "sdk/out-of-time"),
        (-30, "proven"),
        (600, "proven"),
        (601, "sdk/out-of-time"),
    ):
        data = operator.prove(good, operator.end(1, 0, ledger.time + shift))
        assert agree(data, None) == outcome
    expiring = operator.statement(PUBLISHER, expires=ledger.time + 5)
    for shift, outcome in ((5, "proven"), (6, "sdk/out-of-time")):
        data = operator.prove(expiring, operator.end(1, 0, ledger.time + shift))
        assert agree(data, None) == outcome


@pytest.mark.parametrize(
    ("height", "first", "time"),
    [(2, 2, 0), (3, 3, 0), (1, 2, 0), (2, 1, 0), (2, 3, 0), (2, 2, -1), (0, 2, 0), (2, 4, 0), (9, 0, 0)],
)
def test_block_ends_are_held_against_each_other_alike(
    agree: Agree, ledger: Ledger, height: int, first: int, time: int
) -> None:
    operator = Operator(ledger)
    leaves = (
        operator.statement(PUBLISHER),
        operator.end(1, 0),
        operator.statement(CONSUMER),
        operator.end(height, first, ledger.time + time),
    )
    assert (agree(operator.prove(*leaves), None) == "proven") == ((height, first, time) == (2, 2, 0))
    for left_out in ([0], [1], [3], [0, 1], [2]):
        agree(operator.prove(*leaves, left_out=left_out), None)


@pytest.mark.parametrize(
    "entry",
    [
        b"[]",
        b'{"body":{},"leaf":0,"version":1}',
        b'{"body":{},"leaf":0,"version":1,"x":1}',
        b'{"body":[],"leaf":0,"version":1}',
        b'{"body":{},"leaf":"0","version":1}',
        b'{"body":{},"leaf":0}',
        b'{"body":{}, "leaf":0,"version":1}',
        b'{"body":{"a":1,"a":2},"leaf":0,"version":1}',
        b'{"body":' + b"[" * 3000 + b"]" * 3000 + b',"leaf":0,"version":1}',
        b"",
        b"\xff",
    ],
)
def test_records_in_another_form_are_refused_for_the_same_reason(
    agree: Agree, ledger: Ledger, entry: bytes
) -> None:
    operator = Operator(ledger)
    operator.keep({**operator.entries, "a.b/c": entry})
    good = entry == b'{"body":{},"leaf":0,"version":1}'
    outcome = agree(operator.prove(operator.statement(PUBLISHER), operator.end(1, 0)), None)
    assert (outcome == "proven") == good


def test_a_signature_with_sm2_is_said_to_be_beyond_the_browser(run: Run, ledger: Ledger) -> None:
    key = PrivateKey.generate(SM2)
    adding = {"organisation": PUBLISHER, "key": claim(ledger, PUBLISHER, key)}
    operator = Operator(ledger, {**on_record(ledger, PUBLISHER), **key_record(ledger, key)})
    added = ledger.sign(PUBLISHER, "membership/add-key", adding)
    data = operator.prove(added, operator.statement(PUBLISHER, key=key), operator.end(1, 0))
    assert verify(data, None).keys[thumbprint(ledger, key)].suite == "SM2"
    assert run("verify", proof=data, network=None)["refused"] == "browser/no-such-cipher"
