"""The wire specification shows what the code does: each of its examples, and each of its numbers."""

import importlib.util
import re
from functools import cache
from pathlib import Path
from types import ModuleType

import cbor2
import pytest

from dongting.sdk.verify import verify
from dongting.wire import cbor, genesis, jcs, note, proof, receipt, statement, stream
from dongting.wire.keys import PublicKey, public_key
from dongting.wire.profile import INTERNATIONAL, NATIONAL
from dongting.wire.receipt import DATA_STRUCTURES
from dongting.wire.sealing import encryption_key
from dongting.wire.suites import SUITES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "wire.md").read_text("utf-8")


@cache
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("wire_examples", ROOT / "docs" / "wire_examples.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def example(name: str) -> str:
    """The body of an example as it stands on the page."""
    found = re.search(rf"^```example {name}\n(.*?)^```$", PAGE, re.M | re.S)
    assert found, f"the page has no example {name}"
    return found[1]


def data(name: str) -> bytes:
    return bytes.fromhex(example(name))


@pytest.mark.parametrize("name", script().EXAMPLES)
def test_an_example_is_what_the_code_makes(name: str) -> None:
    assert example(name) == script().shown(name), "run: .venv/bin/python docs/wire_examples.py"


def test_the_page_shows_every_example_once() -> None:
    assert sorted(script().names(PAGE)) == sorted(script().EXAMPLES)


def test_the_examples_read_back() -> None:
    assert jcs.encode(jcs.decode(example("json").strip().encode())) == example("json").strip().encode()
    assert cbor.decode(data("cbor")) == {10: "é", 100: b"\x01", -1: [False, None], "b": 1}
    for name in ("key-ed25519", "key-es256", "key-sm2"):
        assert public_key(data(name)).cose() == data(name)
    assert encryption_key(data("key-x25519")).cose() == data("key-x25519")
    found = genesis.decode(example("genesis").strip().encode())
    assert genesis.origin(found) == example("origin").strip()
    assert genesis.network_id(found.encode(), INTERNATIONAL) == example("network").strip()
    assert note.verifier_key(example("vkey").strip()).encode() == example("vkey").strip()


def test_the_statement_of_the_page_verifies_with_the_key_of_the_page() -> None:
    found = statement.decode(data("statement"), INTERNATIONAL)
    assert found.verify(public_key(data("key-ed25519")))
    assert found.leaf == data("leaf")
    # The same by the standard's own words, without our statement module.
    protected, _, payload, signature = cbor2.loads(data("statement")).value
    message = cbor2.dumps(["Signature1", protected, b"", payload])
    assert message == data("to-be-signed")
    assert public_key(data("key-ed25519")).verify(signature, message)


def test_the_proof_file_of_the_page_verifies_and_holds_the_other_examples() -> None:
    network = example("network").strip()
    story = verify(data("proof"), network)
    assert [event.subject for event in story.events] == ["evidence.evidence/report-7"]
    held = proof.decode(data("proof"))
    assert held.genesis == example("genesis").strip().encode()
    assert held.checkpoint == example("checkpoint").encode()
    assert held.leaves == ((0, data("statement")), (1, data("block-end")))
    assert dict(held.records)["evidence.evidence/report-7"] == example("entry").strip().encode()
    assert held.receipts == ((0, data("receipt")),)
    assert held.openings[0].commitment.hex() == example("commitment-international").strip()
    log_key = public_key(genesis.from_base64(genesis.decode(held.genesis).log_keys[0].key))
    receipt.verify_inclusion(
        INTERNATIONAL, data("receipt"), data("statement"), log_key, example("origin").strip(),
        "evidence.evidence/report-7",
    )  # fmt: skip


def test_the_streams_of_the_page_open_with_the_key_of_the_page() -> None:
    key = bytes(range(0x20, 0x40))
    for profile, name in ((INTERNATIONAL, "stream-international"), (NATIONAL, "stream-national")):
        assert b"".join(stream.decrypt([data(name)], key, profile)) == b"content"


def test_the_tables_name_the_numbers_of_the_code() -> None:
    minus = PAGE.replace("−", "-")
    for suite in SUITES.values():
        row = next(line for line in minus.splitlines() if line.startswith(f"| {suite.name} "))
        assert all(re.search(rf"(?<![\d-]){alg}(?!\d)", row) for alg in suite.accepted)
    for number in (statement.ACTION, receipt.SIZE, *DATA_STRUCTURES.values()):
        assert str(number) in minus
    assert f"{statement.MAX_STATEMENT:,} bytes" in PAGE
    assert f"iat − {statement.MAX_AHEAD} ≤ t ≤ iat + {statement.MAX_LIFETIME}" in PAGE
    assert f"nest at most {jcs.MAX_DEPTH} deep" in PAGE


def test_every_member_of_genesis_is_on_the_page() -> None:
    described = PAGE[PAGE.index("## Genesis") : PAGE.index("## Statement")]
    for struct in (genesis.Genesis, genesis.Founder, genesis.LogKey, genesis.Quorum, genesis.Calendar):
        assert all(f"`{field}`" in described for field in struct.__struct_fields__)


def test_the_keys_of_the_page_are_those_of_the_standards_that_it_names() -> None:
    ed, sm = public_key(data("key-ed25519")), public_key(data("key-sm2"))
    assert ed.raw.hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert sm.raw.hex().startswith("09f9df311e5421a1")
    x = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"
    assert encryption_key(data("key-x25519")).raw.hex() == x
    assert isinstance(ed, PublicKey)
