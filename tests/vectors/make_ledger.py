"""Make `ledger.json`: one block log with fixed keys, and the head that each block leads to.

    python tests/vectors/make_ledger.py > tests/vectors/ledger.json

The genesis and the statements in the file are kept as bytes, so that a new run derives heads from them and
signs nothing; `--new` signs them again, for a change of the format. Signing keys are Ed25519 with the
private keys SHA-256("dongting vector <organisation>"), which sign the same bytes every time.
"""

import hashlib
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from nacl.bindings import crypto_sign_seed_keypair

from dongting.kernel.machine import Machine
from dongting.node.installed import APPS, installed_rules
from dongting.testing.ledger import FOUNDERS, START
from dongting.testing.stores import MemoryStore
from dongting.wire.genesis import FORMAT, AppVersion, Founder, Genesis, LogKey, Quorum, network_id
from dongting.wire.keys import PrivateKey, to_base64
from dongting.wire.profile import INTERNATIONAL
from dongting.wire.sealing import DecryptionKey, method_for
from dongting.wire.statement import build, decode
from dongting.wire.suites import ED25519

FILE = Path(__file__).parent / "ledger.json"
PROFILE = INTERNATIONAL
BLOCKS = 12


def secret(name: str) -> bytes:
    return hashlib.sha256(f"dongting vector {name}".encode()).digest()


def private(name: str) -> PrivateKey:
    """The fixed signing key of that name."""
    return PrivateKey(ED25519, crypto_sign_seed_keypair(secret(name))[1])


def genesis() -> bytes:
    """Three founders with fixed keys."""
    founders = [
        Founder(
            id, kind, {"en": en, "zh": zh},
            [to_base64(private(id).public().cose())],
            to_base64(DecryptionKey(method_for(PROFILE), secret(f"{id} encryption")).public().cose()),
            region="430100",
        )
        for id, kind, zh, en in FOUNDERS
    ]  # fmt: skip
    log_key = LogKey(FOUNDERS[0][0], to_base64(private("log").public().cose()))
    document = Genesis(
        FORMAT, {"en": "Vector", "zh": "向量"}, PROFILE.name, "vector.example", START, founders, [log_key],
        [AppVersion(app.name, 1, "0" * 64) for app in APPS], quorum=Quorum("majority", 7),
    )  # fmt: skip
    return document.encode()


def story(height: int, now: int) -> list[tuple[str, str, str, dict[str, Any]]]:
    """What is done in one block: author, action, record type and arguments; some of it is refused."""
    text = {"en": f"Air quality {height}", "zh": f"空气质量 {height}"}
    return [
        ("env-bureau", "catalogue/publish", "catalogue.dataset", {
            "id": f"air-{height}", "title": text, "description": text, "theme": "ENVI",
            "frequency": "HOURLY", "sharing": "unconditional", "opening": "unconditional",
            "grade": "general-1", "keywords": ["PM2.5"],
        }),
        ("green-tech", "sharing/request", "sharing.negotiation", {
            "id": f"request-{height}", "dataset": f"air-{height}", "terms": secret(f"terms {height}").hex(),
            "start": now, "end": now + 86_400 * 30,
        }),
        ("air-alliance", "evidence/register", "evidence.evidence", {
            "id": f"evidence-{height}", "kind": "file", "content": secret(f"content {height}").hex(),
        }),
        # The second time is refused, and leaves no trace.
        ("air-alliance", "evidence/register", "evidence.evidence", {
            "id": f"evidence-{height}", "kind": "file", "content": secret(f"content {height}").hex(),
        }),
    ]  # fmt: skip


def signed(network: str, height: int) -> tuple[int, list[bytes]]:
    """The time and the statements of one block."""
    now = START + 100 * height
    statements = [
        build(
            private(author), PROFILE, issuer=author, network=network, action=action,
            subject=f"{type}/{arguments['id']}", arguments=arguments, issued=now - 5,
            nonce=secret(f"{height} {number}")[:16],
        )
        for number, (author, action, type, arguments) in enumerate(story(height, now))
    ]  # fmt: skip
    return now, statements


def derived(genesis: bytes, blocks: list[dict[str, Any]]) -> dict[str, Any]:
    """The vector: what the blocks lead to from that genesis."""
    # The log outlives many revisions of the source, so its hash is not compared here.
    rules = replace(installed_rules(PROFILE), sources={})
    machine = Machine(MemoryStore(), rules, genesis)
    heads = [head(machine)]
    outcomes = []
    for block in blocks:
        statements = [decode(bytes.fromhex(data), PROFILE) for data in block["statements"]]
        executed = machine.execute(block["time"], statements)
        machine.commit(executed)
        outcomes.append([str(getattr(one, "code", "accepted")) for one in executed.outcomes])
        heads.append(head(machine))
    return {
        "description": "A block log and the heads that it leads to; made by tests/vectors/make_ledger.py.",
        "genesis": genesis.decode(),
        "blocks": [{**block, "outcomes": found} for block, found in zip(blocks, outcomes, strict=True)],
        "heads": heads,
    }


def head(machine: Machine) -> dict[str, Any]:
    found = machine.head
    return {
        "height": found.height, "time": found.time, "size": found.size,
        "root": found.root.hex(), "state": found.state.hex(),
    }  # fmt: skip


def made(new: bool = False) -> str:
    """The file's text."""
    if new:
        document = genesis()
        network = network_id(document, PROFILE)
        blocks = []
        for height in range(1, BLOCKS + 1):
            now, statements = signed(network, height)
            blocks.append({"time": now, "statements": [data.hex() for data in statements]})
    else:
        kept = json.loads(FILE.read_text("utf-8"))
        document = kept["genesis"].encode()
        blocks = [{name: block[name] for name in ("time", "statements")} for block in kept["blocks"]]
    return json.dumps(derived(document, blocks), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    text = made("--new" in sys.argv)
    sys.stdout.buffer.write(text.encode())
