"""The worked examples of `docs/wire.md`, made by the code; run it to write them anew.

    .venv/bin/python docs/wire_examples.py

An example is a fenced block whose first line is ` ```example NAME `. A test compares what is there with this.
Keys are those of RFC 8032 and of fixed bytes, so that every byte of every example stays the same.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from nacl.bindings import crypto_sign_seed_keypair

from dongting.wire import (
    cbor,
    checkpoint,
    envelope,
    jcs,
    merkle,
    note,
    possession,
    proof,
    receipt,
    state,
    tiles,
)
from dongting.wire.blocks import BlockEnd
from dongting.wire.checkpoint import Checkpoint
from dongting.wire.genesis import AppVersion, Founder, Genesis, LogKey, network_id, origin
from dongting.wire.keys import PrivateKey, to_base64
from dongting.wire.note import VerifierKey
from dongting.wire.part import Part
from dongting.wire.profile import INTERNATIONAL, NATIONAL
from dongting.wire.sealing import METHODS, DecryptionKey
from dongting.wire.statement import build, to_be_signed
from dongting.wire.stream import begin, encrypt
from dongting.wire.suites import ED25519, ES256, SM2

PAGE = Path(__file__).parent / "wire.md"
#: RFC 8032, section 7.1: TEST 1 signs for the organisation, TEST 2 for the log, TEST 3 as a witness.
SEEDS = (
    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
)
ORGANISATION, LOG, WITNESS = (
    PrivateKey(ED25519, crypto_sign_seed_keypair(bytes.fromhex(seed))[1]) for seed in SEEDS
)
#: RFC 7748, section 6.1: Alice's private key.
READER = DecryptionKey(
    METHODS["X25519"], bytes.fromhex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")
)
#: GB/T 32918.5-2017, Annex A.2: public and private key of its signature example.
SM2_KEY = PrivateKey(
    SM2,
    bytes.fromhex(
        "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
        "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
        "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"
    ),
)
P256_KEY = PrivateKey(ES256, (1).to_bytes(32))
CREATED = 1_800_000_000
SALT, DATA_KEY, PREFIX = bytes(range(32)), bytes(range(32, 64)), b"prefix7"


@cache
def genesis() -> Genesis:
    """A network of one founder."""
    return Genesis(
        format="dongting-genesis-1",
        name={"en": "Example", "zh": "示例"},
        profile="international",
        domain="log.example",
        created=CREATED,
        founders=[
            Founder(
                id="env-bureau",
                kind="government",
                name={"en": "Environment Bureau", "zh": "环境局"},
                signing_keys=[to_base64(ORGANISATION.public().cose())],
                encryption_key=to_base64(READER.public().cose()),
            )
        ],
        log_keys=[LogKey("env-bureau", to_base64(LOG.public().cose()))],
        apps=[AppVersion("evidence", 1, "00" * 32)],
    )


def network() -> str:
    """Its id."""
    return network_id(genesis().encode(), INTERNATIONAL)


@cache
def statement() -> bytes:
    """One statement of its founder."""
    return build(
        ORGANISATION, INTERNATIONAL, issuer="env-bureau", network=network(), action="evidence/register",
        subject=RECORD, arguments={"commitment": part().commitment(INTERNATIONAL),
        "id": "report-7"}, issued=CREATED + 60, nonce=bytes(range(16)),
    )  # fmt: skip


def part() -> Part:
    """A part with a salt that nobody should use."""
    return Part(SALT, jcs.encode({"purpose": "Research"}))


RECORD = "evidence.evidence/report-7"


def records() -> dict[str, bytes]:
    """The network's records by address, as the state tree commits to them."""
    id, key = ORGANISATION.public().thumbprint(INTERNATIONAL).hex(), to_base64(ORGANISATION.public().cose())
    signing_key = {"added": CREATED, "id": id, "key": key, "owner": "env-bureau"}
    return {
        RECORD: b'{"body":{"id":"report-7"},"leaf":0,"version":1}',
        f"membership.signing-key/{id}": b'{"body":%b,"leaf":-1,"version":1}' % jcs.encode(signing_key),
    }


def bucket() -> bytes:
    """The bucket that holds them."""
    return b"".join(
        sorted(
            state.key_hash(address, INTERNATIONAL) + state.value_hash(entry, INTERNATIONAL)
            for address, entry in records().items()
        )
    )


def state_root() -> bytes:
    """The root over these records: as few as they are, one bucket is the whole tree."""
    return state.bucket_hash(bucket(), INTERNATIONAL)


def block_end() -> BlockEnd:
    """What closes the block of that one statement."""
    return BlockEnd(1, CREATED + 61, 0, state_root())


def leaves() -> list[bytes]:
    """The leaf hashes of the log: the statement and its block end."""
    return [merkle.leaf_hash(INTERNATIONAL, leaf) for leaf in (statement(), block_end().encode())]


def root() -> bytes:
    """The root over both."""
    return merkle.root(INTERNATIONAL, leaves())


def signed_checkpoint() -> bytes:
    """The checkpoint of that log, signed and cosigned."""
    signed = checkpoint.sign(Checkpoint(origin(genesis()), 2, root()), [LOG])
    return checkpoint.add(signed, [checkpoint.cosign(signed, "witness.example", WITNESS, CREATED + 62)])


def the_receipt() -> bytes:
    """The receipt of the statement."""
    return receipt.inclusion(
        INTERNATIONAL, LOG, origin(genesis()), RECORD, CREATED + 61, 0, 2, leaves()[1:], root()
    )


def proof_file() -> bytes:
    """The proof file of these records, with the opening of the part."""
    return proof.Proof(
        genesis().encode(), signed_checkpoint(), ((0, statement()), (1, block_end().encode())), (),
        tuple(sorted(records().items())), (bucket(),), ((0, the_receipt()),),
        (proof.Opening.of(part(), INTERNATIONAL),),
    ).encode()  # fmt: skip


def info() -> bytes:
    """What an envelope's sealing is bound to."""
    thumbprint = READER.public().thumbprint(INTERNATIONAL)
    return cbor.encode([envelope._LABEL, "international", bytes.fromhex("ab" * 32), "green-tech", thumbprint])


def _stream(profile: object, content: bytes) -> bytes:
    return b"".join(encrypt(begin(DATA_KEY, PREFIX, profile, 4096), [content]))  # type: ignore[arg-type]


EXAMPLES: dict[str, Callable[[], bytes | str]] = {
    "json": lambda: jcs.encode(
        {"\ufb33": 1, "\U0001f600": [2**53 - 1, None, True], "a": "€\n\x0f/"}
    ).decode(),
    "cbor": lambda: cbor.encode({"b": 1, -1: [False, None], 100: b"\x01", 10: "é"}),
    "key-ed25519": ORGANISATION.public().cose,
    "key-es256": P256_KEY.public().cose,
    "key-sm2": SM2_KEY.public().cose,
    "key-x25519": READER.public().cose,
    "thumbprint-international": lambda: ORGANISATION.public().thumbprint(INTERNATIONAL),
    "thumbprint-national": lambda: SM2_KEY.public().thumbprint(NATIONAL),
    "possession": lambda: possession.message(
        network(), "env-bureau", ORGANISATION.public().thumbprint(INTERNATIONAL)
    ),
    "genesis": lambda: genesis().encode().decode(),
    "network": network,
    "origin": lambda: origin(genesis()),
    "to-be-signed": lambda: to_be_signed(statement()),
    "statement": statement,
    "commitment-international": lambda: part().commitment(INTERNATIONAL),
    "commitment-national": lambda: part().commitment(NATIONAL),
    "leaf": lambda: leaves()[0],
    "block-end": lambda: block_end().encode(),
    "root": root,
    "tile-path": lambda: tiles.Tile(0, 1_234_067).path(),
    "checkpoint": lambda: signed_checkpoint().decode(),
    "vkey": lambda: VerifierKey(origin(genesis()), LOG.public()).encode(),
    "cosigned": lambda: note.cosigned_message(
        Checkpoint(origin(genesis()), 2, root()).text(), CREATED + 62
    ).decode(),
    "receipt": the_receipt,
    "entry": lambda: records()[RECORD].decode(),
    "key-hash": lambda: state.key_hash(RECORD, INTERNATIONAL),
    "value-hash": lambda: state.value_hash(records()[RECORD], INTERNATIONAL),
    "state-root": state_root,
    "state-empty": lambda: state.empty_hash(INTERNATIONAL),
    "info": info,
    "stream-international": lambda: _stream(INTERNATIONAL, b"content"),
    "stream-national": lambda: _stream(NATIONAL, b"content"),
    "proof": proof_file,
}
_BLOCK = re.compile(r"^(```example ([a-z0-9-]+)\n)(.*?)(^```$)", re.M | re.S)


def shown(name: str) -> str:
    """The example as it stands on the page: text as it is, bytes as hexadecimal digits, 32 bytes a line."""
    value = EXAMPLES[name]()
    if isinstance(value, str):
        return value.removesuffix("\n") + "\n"
    digits = value.hex()
    return "".join(digits[at : at + 64] + "\n" for at in range(0, len(digits), 64))


def names(text: str) -> Iterator[str]:
    """The examples that a page shows."""
    return (match[2] for match in _BLOCK.finditer(text))


def updated(text: str) -> str:
    """The page with every example as the code gives it now."""
    return _BLOCK.sub(lambda match: match[1] + shown(match[2]) + match[4], text)


if __name__ == "__main__":
    PAGE.write_text(updated(PAGE.read_text("utf-8")), "utf-8")
