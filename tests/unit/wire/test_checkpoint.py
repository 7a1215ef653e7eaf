"""C2SP checkpoints: three lines, signed by log keys under the origin, cosigned by witnesses."""

import json
from pathlib import Path

import pytest

from dongting.errors import Refused
from dongting.wire import checkpoint, note
from dongting.wire.checkpoint import Checkpoint
from dongting.wire.keys import PrivateKey
from dongting.wire.note import COSIGNATURE, VerifierKey
from dongting.wire.suites import ED25519

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "note.json").read_text())
HEAD = Checkpoint("hunan.example/0123456789abcdef", 17, bytes(range(32)))
LOG, OTHER, WITNESS = (PrivateKey.generate(ED25519) for _ in range(3))
LOG_KEY = VerifierKey(HEAD.origin, LOG.public())
OTHER_KEY = VerifierKey(HEAD.origin, OTHER.public())
WITNESS_KEY = VerifierKey("witness.example/1", WITNESS.public(), COSIGNATURE)


def test_the_published_checkpoint_reads_back() -> None:
    found = checkpoint.decode(VECTORS["checkpoint"].encode())
    assert (found.origin, found.size) == ("example.com/behind-the-sofa", 20852163)
    assert VECTORS["checkpoint"].startswith(found.text() + "\n— ")


@pytest.mark.parametrize(
    "text",
    [
        "", "\n", "o\n1\n", "\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "o\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "o\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nextension\n",
        "o\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n",
        "o\n01\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "o\n+1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "o\n-1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "o\n1_0\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "o\n 1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "o\n١\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "o\n\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "o\n9223372036854775808\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "o\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=\n",
        "o\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
        "o\n1\nAAAA\n",
        "o\n1\n \n",
    ],
)  # fmt: skip
def test_what_is_not_a_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refusal:
        checkpoint.read(text)
    assert refusal.value.code is checkpoint.BAD_CHECKPOINT


@pytest.mark.parametrize("size", [0, 1, 2**63 - 1])
def test_every_size_has_one_spelling(size: int) -> None:
    head = Checkpoint("o", size, bytes(32))
    assert checkpoint.read(head.text()) == head


def test_several_log_keys_sign_under_one_origin() -> None:
    data = checkpoint.sign(HEAD, [LOG, OTHER])
    assert checkpoint.verify(data, [OTHER_KEY, LOG_KEY]).log_keys == (LOG_KEY, OTHER_KEY)
    assert checkpoint.verify(data, [LOG_KEY]).log_keys == (LOG_KEY,)


def test_a_repeated_signature_counts_once() -> None:
    data = checkpoint.sign(HEAD, [LOG, LOG])
    assert checkpoint.verify(data, [LOG_KEY]).log_keys == (LOG_KEY,)


def test_a_witness_adds_its_line_once() -> None:
    data = checkpoint.sign(HEAD, [LOG])
    line = checkpoint.cosign(data, "witness.example/1", WITNESS, 1_700_000_000)
    cosigned = checkpoint.add(data, [line, line])
    assert checkpoint.add(cosigned, [line]) == cosigned
    found = checkpoint.verify(cosigned, [LOG_KEY, WITNESS_KEY])
    assert found.checkpoint == HEAD
    assert found.witnesses == (checkpoint.Cosigned(WITNESS_KEY, 1_700_000_000),)


def test_a_witness_does_not_stand_in_for_the_log() -> None:
    data = checkpoint.sign(HEAD, [LOG])
    cosigned = checkpoint.add(data, [checkpoint.cosign(data, "witness.example/1", WITNESS, 1)])
    with pytest.raises(Refused) as refusal:
        checkpoint.verify(cosigned, [WITNESS_KEY])
    assert refusal.value.code is note.NOTE_UNSIGNED


def test_a_log_key_under_another_name_is_not_the_logs() -> None:
    text = HEAD.text()
    data = note.compose(text, [note.sign(text, "other.example/1", LOG)])
    with pytest.raises(Refused) as refusal:
        checkpoint.verify(data, [VerifierKey("other.example/1", LOG.public())])
    assert refusal.value.code is note.NOTE_UNSIGNED


def test_a_forged_cosignature_spoils_the_checkpoint() -> None:
    data = checkpoint.sign(HEAD, [LOG])
    line = checkpoint.cosign(data, "witness.example/1", WITNESS, 1)
    forged = note.Signature(line.name, line.id, line.value[:-1] + bytes([line.value[-1] ^ 1]))
    with pytest.raises(Refused) as refusal:
        checkpoint.verify(checkpoint.add(data, [forged]), [LOG_KEY, WITNESS_KEY])
    assert refusal.value.code is note.NOTE_FORGED


def test_every_flipped_byte_of_a_cosigned_checkpoint_is_refused() -> None:
    data = checkpoint.sign(HEAD, [LOG])
    data = checkpoint.add(data, [checkpoint.cosign(data, "witness.example/1", WITNESS, 1)])
    whole = checkpoint.verify(data, [LOG_KEY, WITNESS_KEY])
    for place in range(len(data)):
        spoilt = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        try:
            found = checkpoint.verify(spoilt, [LOG_KEY, WITNESS_KEY])
        except Refused:
            continue
        # Only the name or id of the witness's line can change without a refusal, and then nobody cosigned.
        assert (found.checkpoint, found.log_keys, found.witnesses) == (HEAD, whole.log_keys, ())


def test_a_checkpoint_that_would_not_read_back_is_not_signed() -> None:
    for head in [Checkpoint("", 1, bytes(32)), Checkpoint("o", -1, bytes(32)), Checkpoint("o", 1, bytes(31))]:
        with pytest.raises(Refused) as refusal:
            checkpoint.sign(head, [LOG])
        assert refusal.value.code is checkpoint.BAD_CHECKPOINT


def test_only_checkpoints_are_cosigned() -> None:
    data = note.compose("anything\n", [note.sign("anything\n", HEAD.origin, LOG)])
    with pytest.raises(Refused) as refusal:
        checkpoint.cosign(data, "witness.example/1", WITNESS, 1)
    assert refusal.value.code is checkpoint.BAD_CHECKPOINT
