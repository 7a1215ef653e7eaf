"""Every decoder of the wire: whatever arrives, it reads back exactly or is refused with a code.

Nothing but `Refused` comes out, whose code is one of the published table, and no input takes memory
beyond its own size by what it merely declares.
"""

import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import cbor2
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dongting.errors import Refused
from dongting.sdk.story import Story
from dongting.sdk.verify import verify
from dongting.testing import Ledger
from dongting.testing.stories import Share
from dongting.wire import (
    cbor,
    checkpoint,
    envelope,
    excerpt,
    genesis,
    jcs,
    keys,
    merkle,
    multiproof,
    note,
    part,
    proof,
    receipt,
    sealing,
    state,
    statement,
    stream,
    tiles,
)  # fmt: skip
from dongting.wire.blocks import BlockEnd
from dongting.wire.checkpoint import Checkpoint
from dongting.wire.keys import PrivateKey, from_base64
from dongting.wire.note import COSIGNATURE, VerifierKey
from dongting.wire.profile import INTERNATIONAL, PROFILES
from dongting.wire.sealing import METHODS, DecryptionKey
from dongting.wire.suites import ED25519, SUITES

KEY, WITNESS = PrivateKey.generate(ED25519), PrivateKey.generate(ED25519)
SEALING = {method.name: DecryptionKey.generate(method) for method in METHODS.values()}
DATA_KEY, PREFIX = bytes(range(32)), b"prefix7"
ENVELOPES = {
    profile.name: envelope.seal(
        "ab" * 32, "green-tech", DATA_KEY, SEALING[sealing.method_for(profile).name].public(), profile
    )
    for profile in PROFILES.values()
}


@dataclass(frozen=True)
class Decoder:
    """`read` takes bytes, `write` gives them back from the value; `seeds` are good inputs."""

    read: Callable[[bytes], Any]
    write: Callable[[Any], bytes]
    seeds: Callable[[], list[bytes]]


def a_statement(suite: Any = ED25519, **changes: Any) -> bytes:
    given = {
        "issuer": "a",
        "network": "ab" * 32,
        "action": "x/y",
        "subject": "x.z/1",
        "issued": 1_700_000_000,
        "nonce": bytes(16),
        "arguments": {"id": "é", "n": 3, "list": [1, None]},
    }
    return statement.build(PrivateKey.generate(suite), INTERNATIONAL, **{**given, **changes})


def spelt_statement(found: statement.Statement) -> bytes:
    """The bytes from the claims alone, by the plain encoder."""
    claims = {1: found.issuer, 2: found.subject, 3: found.network, 6: found.issued, 7: found.nonce,
              -65537: found.action}  # fmt: skip
    if found.expires is not None:
        claims[4] = found.expires
    header = cbor.encode({1: found.alg, 3: "application/json", 4: found.kid, 15: claims})
    payload = jcs.encode(jcs.decode(found.payload))
    return b"\xd2" + cbor.encode([header, {}, payload, found.data[-64:]])


def spelt_receipt(found: receipt.Receipt) -> bytes:
    subject = {} if found.subject is None else {2: found.subject}
    claims = {1: found.issuer, 6: found.time, -65538: found.proof.size, **subject}
    header = {1: found.algorithm, 4: found.kid, 15: claims, 395: found.structure}
    body = cbor.encode([found.proof.first, found.proof.second, list(found.proof.path)])
    return b"\xd2" + cbor.encode(
        [cbor.encode(header), {396: {found.proof.kind: [body]}}, None, found.signature]
    )


@cache
def story() -> tuple[bytes, str]:
    """The proof file of a real share, and the id of its network."""
    ledger = Ledger()
    return Share.play(ledger).proof(), ledger.machine.network


@cache
def truth() -> Story:
    """What that proof file tells."""
    return verify(*story())


def receipts() -> list[bytes]:
    leaves = [merkle.leaf_hash(INTERNATIONAL, bytes([n])) for n in range(5)]

    def at(level: int, index: int) -> bytes:
        return merkle.root(INTERNATIONAL, leaves[index << level : index + 1 << level])

    root = merkle.root(INTERNATIONAL, leaves)
    path = merkle.inclusion_path(INTERNATIONAL, 2, 5, at)
    later = merkle.consistency_path(INTERNATIONAL, 3, 5, at)
    return [receipt.inclusion(INTERNATIONAL, KEY, "log.example/1", "x.z/1", 7, 2, 5, path, root),
            receipt.consistency(INTERNATIONAL, KEY, "log.example/1", 7, 3, 5, later, root)]  # fmt: skip


def notes() -> list[bytes]:
    signed = checkpoint.sign(Checkpoint("log.example/1", 12, bytes(32)), [KEY])
    return [signed, checkpoint.add(signed, [checkpoint.cosign(signed, "witness", WITNESS, 7)])]


def excerpts() -> list[bytes]:
    found = proof.decode(story()[0])
    return [cbor.encode(excerpt.plain(found.state))]


DECODERS: dict[str, Decoder] = {
    "cbor": Decoder(
        cbor.decode, cbor.encode, lambda: [cbor.encode({1: [b"x", "y", None, -7], "z": {}}), *receipts()]
    ),
    "json": Decoder(
        jcs.decode, jcs.encode, lambda: [jcs.encode({"a": [1, "é", None], "\U0001f600": {"b": 2**53 - 1}})]
    ),
    "statement": Decoder(
        lambda data: statement.decode(data, INTERNATIONAL),
        spelt_statement,
        lambda: [a_statement(suite) for suite in SUITES.values()] + [a_statement(expires=1_700_000_060)],
    ),
    "signing key": Decoder(
        keys.public_key,
        lambda key: key.cose(),
        lambda: [PrivateKey.generate(suite).public().cose() for suite in SUITES.values()],
    ),
    "encryption key": Decoder(
        sealing.encryption_key,
        lambda key: key.cose(),
        lambda: [key.public().cose() for key in SEALING.values()],
    ),
    "genesis": Decoder(
        genesis.decode, lambda found: found.encode(), lambda: [proof.decode(story()[0]).genesis]
    ),
    "note": Decoder(note.decode, lambda found: found.encode(), notes),
    "checkpoint": Decoder(
        lambda data: checkpoint.read(data.decode("latin-1")),
        lambda found: found.text().encode("latin-1"),
        lambda: [Checkpoint("log.example/1", n, bytes(32)).text().encode() for n in (0, 12)],
    ),
    "verifier key": Decoder(
        lambda data: note.verifier_key(data.decode("latin-1")),
        lambda key: key.encode().encode("latin-1"),
        lambda: [
            VerifierKey("log", KEY.public()).encode().encode(),
            VerifierKey("w", WITNESS.public(), COSIGNATURE).encode().encode(),
        ],
    ),
    "receipt": Decoder(receipt.decode, spelt_receipt, receipts),
    "tile path": Decoder(
        lambda data: tiles.tile_named(data.decode("latin-1")),
        lambda tile: tile.path().encode("ascii"),
        lambda: [b"tile/0/x001/234", b"tile/entries/000.p/17", b"tile/63/x999/x000/001.p/255"],
    ),
    "entry bundle": Decoder(
        lambda data: tiles.decode_bundle(data, 3),
        tiles.encode_bundle,
        lambda: [tiles.encode_bundle([b"", b"a", b"bc" * 300])],
    ),
    "block end": Decoder(
        lambda data: refuse_none(BlockEnd.decode(data)),
        lambda end: end.encode(),
        lambda: [BlockEnd(1, 1_700_000_000, 0, bytes(32)).encode()],
    ),
    "state proof": Decoder(
        lambda data: state.state_proof(cbor.decode(data)),
        lambda found: cbor.encode(found.plain()),
        lambda: [cbor.encode([[[5, bytes(64)], [0, b""]], bytes(64)])],
    ),
    "excerpt": Decoder(
        lambda data: excerpt.excerpt(cbor.decode(data)),
        lambda found: cbor.encode(excerpt.plain(found)),
        excerpts,
    ),
    "part": Decoder(
        part.decode, lambda found: found.encode(), lambda: [part.Part(bytes(32), b"content").encode()]
    ),
    "proof file": Decoder(proof.decode, lambda found: found.encode(), lambda: [story()[0]]),
}
SEEDS: dict[str, list[bytes]] = {}
every = pytest.mark.parametrize("name", DECODERS)


def refuse_none(found: Any) -> Any:
    """A block end is read as None where it is none: here that counts as a refusal."""
    if found is None:
        raise Refused(cbor.NOT_DETERMINISTIC, why="no block end")
    return found


def seeds_of(name: str) -> list[bytes]:
    if name not in SEEDS:
        SEEDS[name] = DECODERS[name].seeds()
    return SEEDS[name]


def accepted(name: str, data: bytes) -> bool:
    """Whether the decoder reads these bytes; then it writes them back, else it refuses them properly."""
    decoder = DECODERS[name]
    try:
        value = decoder.read(data)
    except Refused as refusal:
        check_texts(refusal)
        return False
    assert decoder.write(value) == data
    return True


def check_texts(refusal: Refused) -> None:
    """The facts fill both texts, and both can be sent."""
    assert refusal.text("en").encode()
    assert refusal.text("zh").encode()


def mutated(data: st.DataObject, seed: bytes, others: list[bytes]) -> bytes:
    """The seed after one to four small accidents or tricks."""
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(seed)))
        trick = data.draw(
            st.sampled_from(["flip", "cut", "drop", "add", "splice", "repeat", "head", "number"])
        )
        if trick == "flip" and at < len(seed):
            seed = seed[:at] + bytes([seed[at] ^ 1 << data.draw(st.integers(0, 7))]) + seed[at + 1 :]
        elif trick == "cut":
            seed = seed[:at]
        elif trick == "drop":
            seed = seed[:at] + seed[at + data.draw(st.integers(1, 8)) :]
        elif trick == "add":
            seed = seed[:at] + data.draw(st.binary(min_size=1, max_size=8)) + seed[at:]
        elif trick == "splice":
            other = data.draw(st.sampled_from(others))
            seed = seed[:at] + other[data.draw(st.integers(0, len(other))) :]
        elif trick == "repeat":
            seed = seed[:at] + seed[max(0, at - data.draw(st.integers(1, 40))) :]
        elif trick == "head" and at < len(seed):
            # A byte as the head of a CBOR item: the same kind with a huge or indefinite length.
            major = seed[at] & 0xE0
            form = data.draw(
                st.sampled_from(
                    [b"\x18", b"\x19\x00", b"\x1a\xff\xff\xff\xff", b"\x1b" + b"\xff" * 8, b"\x1f"]
                )
            )
            seed = seed[:at] + bytes([major | form[0]]) + form[1:] + seed[at:]
        elif trick == "number":
            numbers = [
                b"0",
                b"-0",
                b"1.0",
                b"1e9",
                b"9" * 17,
                b"\x1b" + b"\xff" * 8,
                b"\xf9\x3c\x00",
                b"\xf5",
                b"\xf7",
                b"\xc2\x41\x01",
            ]
            seed = seed[:at] + data.draw(st.sampled_from(numbers)) + seed[at + 1 :]
    return seed


@every
def test_a_good_input_is_read_and_written_back(name: str) -> None:
    assert seeds_of(name)
    for seed in seeds_of(name):
        assert accepted(name, seed)


@every
@given(data=st.data())
def test_arbitrary_bytes_are_read_exactly_or_refused(name: str, data: st.DataObject) -> None:
    head = data.draw(st.sampled_from(seeds_of(name)))
    kept = data.draw(st.integers(0, min(8, len(head))))
    accepted(name, head[:kept] + data.draw(st.binary(max_size=200)))


@every
@given(data=st.data())
def test_mutated_input_is_read_exactly_or_refused(name: str, data: st.DataObject) -> None:
    seeds = seeds_of(name)
    accepted(name, mutated(data, data.draw(st.sampled_from(seeds)), seeds))


HOSTILE = {
    "arrays without end": b"\x81" * 50_000,
    "open arrays": b"\x9f" * 50_000,
    "maps without end": b"\xa1\x00" * 25_000,
    "tags without end": b"\xc6" * 50_000,
    "statement in statement": b"\xd2\x84" * 25_000,
    "JSON arrays": b"[" * 50_000,
    "JSON objects": b'{"a":' * 10_000,
    "spaces": b" " * 50_000,
    "zeros": bytes(50_000),
    "newlines": b"\n" * 50_000,
    "signature lines": b"a\n\n" + ("— a AAAAAAA=\n" * 3000).encode(),
    "huge array": b"\x9b" + b"\xff" * 8,
    "huge map": b"\xbb" + b"\xff" * 8,
    "huge string": b"\x5b\x7f" + b"\xff" * 7,
    "nested huge arrays": b"\x9b\x00\x00\x00\xff\xff\xff\xff\xff" * 5000,
    "digits": b"9" * 50_000,
    "references": b"\x89"
    + b"\xd8\x1c\x98\x32"
    + bytes(50)
    + b"".join(b"\xd8\x1c\x98\x32" + (b"\xd8\x1d" + bytes([n])) * 50 for n in range(8)),
}


@every
def test_hostile_input_takes_no_memory_beyond_its_size(name: str) -> None:
    seed = seeds_of(name)[0]
    for hostile in HOSTILE.values():
        for data in (hostile, seed[:2] + hostile, seed + hostile):
            tracemalloc.start()
            accepted(name, data)
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert peak < 20_000_000 + 50 * len(data)


@given(st.data())
def test_no_mutation_of_a_proof_file_changes_what_it_proves(data: st.DataObject) -> None:
    good, network = story()
    plain = cbor.decode(good)
    label = data.draw(st.sampled_from([1, 2, 3, 4, 5, 6, 7, 8]))
    changed = {**plain, label: spoilt(data, plain[label])}
    try:
        found = verify(cbor.encode(changed), network)
    except Refused as refusal:
        check_texts(refusal)
        return
    # Some parts may be left out (records that no other part needs, receipts, openings): what is told is less.
    told = truth()
    assert all(event in told.events for event in found.events)
    assert all(record in told.records for record in found.records)
    assert all(told.openings[name] == opened for name, opened in found.openings.items())
    assert all(told.keys[name] == key for name, key in found.keys.items())
    assert (found.root, found.time, found.signers) == (told.root, told.time, told.signers)


def spoilt(data: st.DataObject, value: Any) -> Any:
    """The value with one thing in it changed, wherever it lies."""
    match value:
        case bytes() if value and data.draw(st.booleans()):
            at = data.draw(st.integers(0, len(value) - 1))
            return value[:at] + bytes([value[at] ^ 1 << data.draw(st.integers(0, 7))]) + value[at + 1 :]
        case bytes():
            return mutated(data, value, [value, b""])
        case list() if value:
            at = data.draw(st.integers(0, len(value) - 1))
            kind = data.draw(st.sampled_from(["into", "into", "into", "drop", "repeat"]))
            if kind == "into":
                return [*value[:at], spoilt(data, value[at]), *value[at + 1 :]]
            return value[:at] + [value[at]] * (0 if kind == "drop" else 2) + value[at + 1 :]
        case int() if not isinstance(value, bool):
            return value + data.draw(st.sampled_from([-1, 1, 256, 2**62]))
        case str():
            return value + data.draw(st.sampled_from(["x", "/", "", "é", "\0"]))
    return data.draw(st.sampled_from([None, 0, b"", "", [], {}, True]))


@given(data=st.data(), profile=st.sampled_from(list(PROFILES.values())))
def test_an_envelope_opens_to_its_key_or_is_refused(data: st.DataObject, profile: Any) -> None:
    private = SEALING[sealing.method_for(profile).name]
    good = ENVELOPES[profile.name]
    sealed = mutated(data, from_base64(good.sealed), [from_base64(good.sealed), b"\x30\x80", bytes(48)])
    given = msgspec.structs.replace(good, sealed=keys.to_base64(sealed))
    try:
        found = given.open(private, profile)
    except Refused as refusal:
        check_texts(refusal)
    else:
        assert (given, found) == (good, DATA_KEY)


@given(data=st.data(), profile=st.sampled_from(list(PROFILES.values())))
def test_a_stream_opens_to_its_content_or_is_refused(data: st.DataObject, profile: Any) -> None:
    content = bytes(range(250)) * 40
    good = b"".join(stream.encrypt(stream.begin(DATA_KEY, PREFIX, profile, 4096), [content]))
    given = mutated(data, good, [good])
    try:
        found = b"".join(stream.decrypt([given], DATA_KEY, profile))
    except Refused as refusal:
        check_texts(refusal)
    else:
        assert (given, found) == (good, content)


@given(
    leaves=st.lists(st.tuples(st.integers(-2, 40), st.binary(min_size=31, max_size=33)), max_size=6),
    size=st.integers(-2, 40) | st.sampled_from([2**62, 2**63 - 1, 2**63]),
    path=st.lists(st.binary(min_size=32, max_size=32) | st.binary(max_size=3), max_size=70),
)
def test_any_merkle_path_leads_somewhere_or_is_refused(leaves: Any, size: int, path: Any) -> None:
    codes = set()
    for attempt in (
        lambda: multiproof.multi_root(INTERNATIONAL, leaves, size, path),
        lambda: merkle.inclusion_root(INTERNATIONAL, bytes(32), leaves[0][0] if leaves else 0, size, path),
        lambda: merkle.consistency_root(INTERNATIONAL, leaves[0][0] if leaves else 1, bytes(32), size, path),
    ):
        try:
            root = attempt()
        except Refused as refusal:
            codes.add(refusal.code)
        else:
            assert len(root) == 32
    assert codes <= {merkle.BAD_PATH}


@given(st.data())
def test_any_state_proof_proves_or_is_refused(data: st.DataObject) -> None:
    branches = st.lists(
        st.tuples(st.integers(-1, 2**16), st.integers(0, 17).map(lambda n: bytes(32 * n))), max_size=70
    )
    rows = [state.ProofBranch(*row) for row in data.draw(branches)]
    bucket = b"".join(data.draw(st.lists(st.binary(min_size=64, max_size=64), max_size=18).map(sorted)))
    entry = data.draw(st.sampled_from([None, b"entry"]))
    with pytest.raises(Refused) as refused:
        state.verify(bytes(32), "a.b/c", entry, state.StateProof(tuple(rows), bucket), INTERNATIONAL)
    assert refused.value.code.number in range(130, 140)
    with pytest.raises(Refused):
        excerpt.verify(bytes(32), {"a.b/c": entry, "a.b/d": None}, [*rows, bucket], INTERNATIONAL)


SHAPES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 300) | st.binary(max_size=70) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.integers(-3, 16), inner, max_size=4),
    max_leaves=14,
)


@given(SHAPES)
def test_well_formed_cbor_of_another_shape_is_refused_by_every_decoder_of_cbor(value: Any) -> None:
    data = cbor.encode(value)
    for name in ("signing key", "encryption key", "state proof", "excerpt", "proof file", "block end"):
        accepted(name, data)
    accepted("receipt", b"\xd2" + data)
    accepted("receipt", b"\xd2" + cbor.encode([data, {396: {-1: [data]}}, None, bytes(64)]))
    accepted("statement", b"\xd2" + cbor.encode([data, {}, b"{}", bytes(64)]))
    accepted("block end", cbor.encode(cbor2.CBORTag(1_146_048_071, value)))
