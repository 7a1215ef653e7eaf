"""C2SP signed notes against the published vectors of the Go checksum database and of the specification."""

import json
from base64 import b64decode
from pathlib import Path

import nacl.bindings as sodium
import pytest

from dongting.errors import Code, Fault, Refused
from dongting.wire import note
from dongting.wire.keys import PrivateKey, PublicKey
from dongting.wire.note import COSIGNATURE, VerifierKey
from dongting.wire.suites import ED25519, ES256

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "note.json").read_text())
TEXT = VECTORS["text"]
PETER, ENOCH = VECTORS["peter"], VECTORS["enoch"]
PETER_KEY, ENOCH_KEY = note.verifier_key(PETER["vkey"]), note.verifier_key(ENOCH["vkey"])


def private(skey: str) -> PrivateKey:
    """The Ed25519 key of a Go note signer (PRIVATE+KEY+name+id+base64 of type and seed)."""
    return PrivateKey(ED25519, sodium.crypto_sign_seed_keypair(b64decode(skey.split("+", 4)[4])[1:])[1])


def refused(data: bytes, *keys: VerifierKey) -> Code:
    with pytest.raises(Refused) as refusal:
        note.decode(data).signed_by(keys)
    return refusal.value.code


def test_a_published_signer_makes_the_published_note() -> None:
    line = note.sign(TEXT, "PeterNeumann", private(PETER["skey"]))
    assert note.compose(TEXT, [line]).decode() == TEXT + "\n" + PETER["line"]


@pytest.mark.parametrize("vkey", [PETER["vkey"], ENOCH["vkey"], VECTORS["cosigner"]])
def test_a_verifier_key_reads_back(vkey: str) -> None:
    assert note.verifier_key(vkey).encode() == vkey


def test_every_mangled_verifier_key_is_refused() -> None:
    vkey = PETER["vkey"]
    mangled = [vkey[i:j] for i in range(len(vkey) + 1) for j in range(i, len(vkey) + 1) if j - i < len(vkey)]
    mangled += [vkey[:i] + chr(ord(vkey[i]) + 1) + vkey[i + 1 :] for i in range(len(vkey))]
    mangled += [vkey.replace("c74f20a3", "C74F20A3"), vkey + "\n", vkey + "=", *VECTORS["bad_keys"]]
    for text in mangled:
        with pytest.raises(Refused) as refusal:
            note.verifier_key(text)
        assert refusal.value.code is note.BAD_NOTE_KEY, text


def test_a_weak_key_is_refused_even_with_its_right_id() -> None:
    vkey = VerifierKey("weak", PublicKey(ED25519, bytes(32))).encode()
    with pytest.raises(Refused) as refusal:
        note.verifier_key(vkey)
    assert refusal.value.code is note.BAD_NOTE_KEY


def test_only_ed25519_signs_notes() -> None:
    with pytest.raises(Fault):
        note.sign(TEXT, "name", PrivateKey.generate(ES256))


def test_the_lines_of_unknown_keys_are_ignored() -> None:
    data = (TEXT + "\n" + PETER["line"] + ENOCH["line"]).encode()
    found = note.decode(data)
    assert [key for key, _ in found.signed_by([PETER_KEY])] == [PETER_KEY]
    assert [key for key, _ in found.signed_by([ENOCH_KEY, PETER_KEY])] == [PETER_KEY, ENOCH_KEY]
    assert found.encode() == data


def test_a_note_that_no_known_key_signed_is_refused() -> None:
    data = (TEXT + "\n" + PETER["line"]).encode()
    assert refused(data) is note.NOTE_UNSIGNED
    assert refused(data, ENOCH_KEY) is note.NOTE_UNSIGNED


def test_a_wrong_line_of_a_known_key_spoils_the_note_beside_right_ones() -> None:
    wrong = note.Signature("PeterNeumann", PETER_KEY.id, bytes(64)).line()
    data = (TEXT + "\n" + ENOCH["line"] + wrong).encode()
    assert refused(data, PETER_KEY, ENOCH_KEY) is note.NOTE_FORGED


def test_a_key_id_under_another_name_is_another_key() -> None:
    data = (TEXT + "\n" + PETER["line"].replace("PeterNeumann", "CarmenSandiego")).encode()
    assert refused(data, PETER_KEY) is note.NOTE_UNSIGNED


def test_every_flipped_byte_of_a_note_is_refused() -> None:
    data = (TEXT + "\n" + PETER["line"]).encode()
    codes = set()
    for place in range(len(data)):
        for bit in (1, 32, 128):
            codes.add(refused(data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :], PETER_KEY))
    assert codes == {note.BAD_NOTE, note.NOTE_FORGED, note.NOTE_UNSIGNED}


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\n", b"\n\n", TEXT.encode(), (TEXT + "\n").encode(), (TEXT + "\n\n").encode(),
        (TEXT + "\n" + PETER["line"][:-1]).encode(),
        (TEXT + "\n" + PETER["line"] + "\n").encode(),
        (TEXT + "\n" + PETER["line"] + "Unexpected line.\n").encode(),
        ("\x01" + TEXT + "\n" + PETER["line"]).encode(),
        (TEXT + "\n" + PETER["line"]).replace("\n", "\r\n").encode(),
        b"\xff" + (TEXT + "\n" + PETER["line"]).encode(),
        (TEXT + "\n" + PETER["line"].replace("PeterNeumann", "Peter Neumann")).encode(),
        (TEXT + "\n" + PETER["line"].replace("PeterNeumann", "Peter+Neumann")).encode(),
        (TEXT + "\n" + PETER["line"].replace("PeterNeumann", "Peter\u3000Neumann")).encode(),
        (TEXT + "\n" + PETER["line"].replace("PeterNeumann", "")).encode(),
        (TEXT + "\n" + PETER["line"].replace("—", "-")).encode(),
        (TEXT + "\n" + PETER["line"].replace("AM=", "AN=")).encode(),
        (TEXT + "\n" + PETER["line"].replace("AM=", "AM")).encode(),
        (TEXT + "\n— PeterNeumann x08gow==\n").encode(),
        (TEXT + "\n" + PETER["line"] * 101).encode(),
        ("x" * 1_000_000 + TEXT + "\n" + PETER["line"]).encode(),
    ],
)  # fmt: skip
def test_what_is_not_a_note_is_refused(data: bytes) -> None:
    with pytest.raises(Refused) as refusal:
        note.decode(data)
    assert refusal.value.code is note.BAD_NOTE


def test_sixteen_signatures_are_accepted() -> None:
    keys = [PrivateKey.generate(ED25519) for _ in range(16)]
    data = note.compose(TEXT, [note.sign(TEXT, "log.example/1", key) for key in keys])
    known = [VerifierKey("log.example/1", key.public()) for key in keys]
    assert [key for key, _ in note.decode(data).signed_by(known)] == known


def test_a_text_may_hold_empty_lines() -> None:
    found = note.decode(VECTORS["multiline"].encode())
    assert found.text.endswith("sole:\n\ned è subito sera.\n")
    assert found.signatures[0].name == "quasimodo.example/salvatore"


@pytest.mark.parametrize("text", ["no newline", "control\x07\n", "carriage\r\n"])
def test_a_text_that_would_not_read_back_is_not_signed(text: str) -> None:
    with pytest.raises(Refused) as refusal:
        note.compose(text, [note.sign(text, "name", private(PETER["skey"]))])
    assert refusal.value.code is note.BAD_NOTE


def test_a_cosigned_message_is_the_published_one() -> None:
    text = note.decode(VECTORS["checkpoint"].encode()).text
    assert note.cosigned_message(text, 1679315147).decode() == VECTORS["cosigned"]


def test_the_time_of_a_cosignature_is_read() -> None:
    data = b64decode(VECTORS["timestamped"]["value"])
    assert note.Signature("witness", data[:4], data[4:]).time == VECTORS["timestamped"]["time"]


def test_a_cosignature_is_no_signature_and_a_signature_no_cosignature() -> None:
    key = PrivateKey.generate(ED25519)
    log, witness = VerifierKey("same", key.public()), VerifierKey("same", key.public(), COSIGNATURE)
    assert log.id != witness.id
    assert witness.verify(TEXT, note.cosign(TEXT, "same", key, 7).value)
    assert not log.verify(TEXT, note.cosign(TEXT, "same", key, 7).value)
    assert not witness.verify(TEXT, note.sign(TEXT, "same", key).value)


def test_every_flipped_bit_of_a_cosignature_is_refused() -> None:
    key = PrivateKey.generate(ED25519)
    witness = VerifierKey("w", key.public(), COSIGNATURE)
    value = note.cosign(TEXT, "w", key, 1_700_000_000).value
    for bit in range(len(value) * 8):
        wrong = (int.from_bytes(value) ^ 1 << bit).to_bytes(len(value))
        assert not witness.verify(TEXT, wrong)


def test_a_cosignature_beyond_the_last_time_is_not_made() -> None:
    key = PrivateKey.generate(ED25519)
    for time in (-1, 2**63):
        with pytest.raises(Fault):
            note.cosign(TEXT, "w", key, time)
