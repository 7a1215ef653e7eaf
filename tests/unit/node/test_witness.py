"""Witnesses: the exact answers of C2SP tlog-witness, and a log that has its checkpoints cosigned."""

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from dongting.errors import Refused
from dongting.node import witness as module
from dongting.node.config import WitnessSettings
from dongting.node.witness import Witness, asked, vkey_of
from dongting.sdk.verify import Policy
from dongting.sdk.verify import verify as verified
from dongting.testing.homes import NodeHome
from dongting.wire import checkpoint as checkpoints
from dongting.wire import merkle, witness
from dongting.wire.checkpoint import Checkpoint
from dongting.wire.genesis import origin as origin_of
from dongting.wire.keys import PrivateKey
from dongting.wire.note import COSIGNATURE, VerifierKey, verifier_key
from dongting.wire.profile import INTERNATIONAL
from dongting.wire.suites import ED25519
from dongting.wire.witness import AddCheckpoint

ORIGIN, NAME = "log.example/one", "witness.example/w"


class Log:
    """A log of numbered leaves with a key."""

    def __init__(self) -> None:
        self.key = PrivateKey.generate(ED25519)
        self.vkey = VerifierKey(ORIGIN, self.key.public())

    def leaves(self, size: int, fork: str = "") -> list[bytes]:
        return [merkle.leaf_hash(INTERNATIONAL, f"{n}{fork}".encode()) for n in range(size)]

    def note(self, size: int, fork: str = "", key: Any = None, origin: str = ORIGIN) -> bytes:
        root = merkle.root(INTERNATIONAL, self.leaves(size, fork))
        return checkpoints.sign(Checkpoint(origin, size, root), [key or self.key])

    def asks(self, old: int, size: int, fork: str = "", **changes: Any) -> bytes:
        leaves = self.leaves(size, fork)

        def hash_at(level: int, index: int) -> bytes:
            return merkle.root(INTERNATIONAL, leaves[index << level : (index + 1) << level])

        proof = merkle.consistency_path(INTERNATIONAL, old, size, hash_at) if old <= size else []
        return AddCheckpoint(old, tuple(proof), self.note(size, fork, **changes)).encode()


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def own(log: Log, tmp_path: Path) -> Witness:
    keys = module.trusted(log.vkey.encode(), "own", INTERNATIONAL, list)
    return Witness(NAME, tmp_path, keys, lambda: 1_800_000_000)


KEY = PrivateKey.generate(ED25519)


def code(own: Witness, body: bytes) -> int:
    with pytest.raises(Refused) as refused:
        own.add_checkpoint(body, KEY)
    return refused.value.code.status


def test_a_log_that_grows_is_cosigned_each_time(own: Witness, log: Log) -> None:
    for old, size in ((0, 3), (3, 3), (3, 8), (8, 21)):
        answer = own.add_checkpoint(log.asks(old, size), KEY)
        assert answer.status == 200
        note = log.note(size)
        (line,) = witness.signature_lines(answer.body, note.partition(b"\n\n")[0].decode() + "\n")
        found = checkpoints.verify(
            checkpoints.add(note, [line]), [log.vkey, verifier_key(vkey_of(NAME, KEY))]
        )
        assert [(each.key.name, each.time) for each in found.witnesses] == [(NAME, 1_800_000_000)]


def test_another_old_size_is_answered_with_the_right_one(own: Witness, log: Log) -> None:
    assert own.add_checkpoint(log.asks(2, 3), KEY).status == 409
    own.add_checkpoint(log.asks(0, 5), KEY)
    for old in (0, 4):
        answer = own.add_checkpoint(log.asks(old, 9), KEY)
        assert (answer.status, answer.body) == (409, b"5\n")


def test_a_second_history_is_never_cosigned(own: Witness, log: Log) -> None:
    own.add_checkpoint(log.asks(0, 5), KEY)
    assert code(own, log.asks(5, 9, "other")) == 422
    assert own.add_checkpoint(log.asks(5, 5, "other"), KEY).status == 409
    assert own.add_checkpoint(log.asks(5, 6), KEY).status == 200


def test_what_was_cosigned_survives_a_restart(own: Witness, log: Log, tmp_path: Path) -> None:
    own.add_checkpoint(log.asks(0, 5), KEY)
    again = Witness(NAME, tmp_path, own._keys, lambda: 1_800_000_001)
    assert again.add_checkpoint(log.asks(0, 9), KEY).body == b"5\n"


def test_the_unknown_the_unsigned_and_the_malformed_are_told_apart(own: Witness, log: Log) -> None:
    assert code(own, log.asks(0, 3, origin="other.example")) == 404
    assert code(own, log.asks(0, 3, key=PrivateKey.generate(ED25519))) == 403
    assert code(own, log.asks(4, 3)) == 400
    good = log.asks(0, 3)
    for bad in (
        b"", b"old 0\n", good.replace(b"old 0", b"old 00"), good.replace(b"old 0", b"old -1"),
        good.replace(b"old 0", b"old 1 "), good.replace(b"old 0", b"old 0\nAAAA"), b"old 0" + good, good[:-1],
        good.replace(b"old 0\n", b"old 0\n" + 64 * (b"A" * 43 + b"=\n")),
    ):  # fmt: skip
        assert code(own, bad) == 400, bad


class Served:
    """A witness behind a real address."""

    def __init__(self, own: Witness, key: PrivateKey) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                answer = own.add_checkpoint(body, key)
                self.send_response(answer.status)
                self.send_header("content-length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, *_: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def made(tmp_path: Path) -> NodeHome:
    return NodeHome(tmp_path / "node")


@pytest.fixture
def served(made: NodeHome, tmp_path: Path) -> Iterator[Served]:
    origin = origin_of(made.home.genesis())
    keys = module.trusted(VerifierKey(origin, made.log_key.public()).encode(), "", INTERNATIONAL, list)
    served = Served(Witness(NAME, tmp_path / "witnessed", keys, lambda: 1_800_000_000), KEY)
    yield served
    served.server.shutdown()
    served.server.server_close()


def test_a_proof_bears_the_cosignatures_and_a_policy_counts_them(made: NodeHome, served: Served) -> None:
    async def run() -> bytes:
        ask = f"{vkey_of(NAME, KEY)} {served.url}"
        node = made.node(witnessing=WitnessSettings(ask=ask))
        await node.start()
        for n in range(3):
            await node.submit([made.evidence(n)])
        proof = await node.prove(["evidence.evidence/evidence-1"])
        assert NAME in await node.checkpoint()
        await node.stop()
        return proof

    proof = asyncio.run(run())
    trusted = (vkey_of(NAME, KEY),)
    assert verified(proof, made.network, Policy(trusted, 1)).witnesses
    stranger = vkey_of("other.example", PrivateKey.generate(ED25519))
    with pytest.raises(Refused):
        verified(proof, made.network, Policy((stranger,), 1))


@pytest.mark.parametrize("setting", ["nonsense", "a+b+c http://x", "vkey"])
def test_a_setting_that_names_no_witness_is_refused(setting: str) -> None:
    with pytest.raises(Refused) as refused:
        asked(setting)
    assert refused.value.code is module.BAD_WITNESS
    key = VerifierKey("log.example", KEY.public()).encode()  # a log's key is no witness's
    with pytest.raises(Refused):
        asked(f"{key} http://localhost")
    assert asked(f"{vkey_of(NAME, KEY)} http://localhost/") == [
        module.Asked(VerifierKey(NAME, KEY.public(), COSIGNATURE), "http://localhost")
    ]
