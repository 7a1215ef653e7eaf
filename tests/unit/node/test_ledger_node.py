"""A node's ledger behind its façade, in process and over the unix socket."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from dongting.errors import Code, Refused
from dongting.kernel.codes import BELOW_HEIGHT, WRONG_ROLE
from dongting.node import ledger as module
from dongting.node.codes import NO_LOG_KEY, NO_RECORD, NOT_A_STATEMENT, NOT_THE_LOG_KEY
from dongting.node.facade import Facade
from dongting.node.ledger import LedgerNode
from dongting.node.link import LEDGER_AWAY, Link, LinkServer, remote
from dongting.store.ledger import LedgerStore
from dongting.testing import Ledger
from dongting.wire import checkpoint as checkpoints
from dongting.wire import receipt as receipts
from dongting.wire.keys import PrivateKey
from dongting.wire.note import VerifierKey
from dongting.wire.statement import decode
from dongting.wire.suites import ED25519
from dongting.wire.tiles import BAD_TILE_PATH, decode_bundle

PUBLICATION: dict[str, Any] = {
    "id": "air",
    "title": {"en": "Air"},
    "description": {"en": "Readings"},
    "theme": "ENVI",
    "frequency": "HOURLY",
    "sharing": "unconditional",
    "opening": "unconditional",
    "grade": "general-1",
}


def publish(ledger: Ledger, id: str = "air", author: str = "env-bureau") -> bytes:
    return ledger.sign(author, "catalogue/publish", {**PUBLICATION, "id": id})


def open_node(ledger: Ledger, directory: Path, **options: Any) -> LedgerNode:
    key = options.pop("log_key", ledger.log_key)
    store = LedgerStore(directory / "ledger")
    try:
        return LedgerNode(
            store, ledger.genesis.encode(), directory, lambda: ledger.time, log_key=key, **options
        )
    except BaseException:
        store.close()
        raise


def with_node(
    ledger: Ledger, directory: Path, use: Callable[[Facade], Awaitable[Any]], **options: Any
) -> Any:
    """Use the façade over a real socket, so that every call crosses processes' boundary in its bytes."""

    async def main() -> Any:
        node = open_node(ledger, directory, **options)
        await node.start()
        server = LinkServer(node, directory / "ledger.sock")
        await server.start()
        link = Link(directory / "ledger.sock")
        try:
            return await use(remote(link))
        finally:
            await link.close()
            await server.stop()
            await node.stop()

    return asyncio.run(main())


async def refused(call: Awaitable[Any]) -> Code:
    with pytest.raises(Refused) as refusal:
        await call
    return refusal.value.code


def test_blocks_come_in_answers_of_bounded_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Ledger()
    monkeypatch.setattr(module, "BLOCKS_BYTES", 500)

    async def use(facade: Facade) -> None:
        for number in range(5):
            await facade.submit([publish(ledger, f"air-{number}")])
        heights = []
        while blocks := await facade.blocks(heights[-1] if heights else 0, 200):
            assert len(blocks) < 5
            heights += [block.height for block in blocks]
        assert heights == [1, 2, 3, 4, 5]

    with_node(ledger, tmp_path, use)


def test_a_statement_is_answered_with_its_place_and_a_checkpoint_that_covers_it(tmp_path: Path) -> None:
    ledger = Ledger()
    data = publish(ledger)

    async def use(facade: Facade) -> None:
        answer = await facade.submit([data])
        fate = answer.fates[0]
        assert (fate.state, fate.index, fate.height) == ("accepted", 0, 1)
        status = await facade.status()
        key = VerifierKey(status.origin, ledger.log_key.public())
        verified = checkpoints.verify(answer.checkpoint.encode(), [key])
        assert verified.checkpoint.size == status.size == 2
        statement = decode(data, ledger.profile)
        assert await facade.fate(fate.id, statement.issuer, statement.nonce.hex()) == fate
        receipt = await facade.receipt(0)
        receipts.verify_inclusion(
            ledger.profile, receipt, data, ledger.log_key.public(), status.origin, statement.subject
        )
        assert await refused(facade.receipt(1)) == NOT_A_STATEMENT
        assert await facade.leaf(0) == data

    with_node(ledger, tmp_path, use)


def test_a_refusal_crosses_the_socket_with_its_code_and_facts(tmp_path: Path) -> None:
    ledger = Ledger()
    data = ledger.sign(
        "env-bureau",
        "membership/suspend",
        {"id": "green-tech"},
    )

    async def use(facade: Facade) -> None:
        fate = (await facade.submit([data])).fates[0]
        assert fate.state == "refused"
        assert fate.code == WRONG_ROLE
        assert fate.facts["author"] == "env-bureau"
        statement = decode(data, ledger.profile)
        assert (await facade.fate(fate.id, "env-bureau", statement.nonce.hex())) == fate
        assert (await facade.status()).height == 0

    with_node(ledger, tmp_path, use)


def test_records_tiles_and_blocks_are_read_as_they_were_written(tmp_path: Path) -> None:
    ledger = Ledger()

    async def use(facade: Facade) -> None:
        await facade.submit([publish(ledger, f"d{n}") for n in range(3)])
        record = await facade.record("catalogue.dataset", "d1", 1)
        assert (record.version, record.leaf, record.height) == (1, 1, 1)
        assert await refused(facade.record("catalogue.dataset", "d1", 2)) == BELOW_HEIGHT
        assert await refused(facade.record("catalogue.dataset", "d9", 0)) == NO_RECORD
        assert await refused(facade.record("no.such", "../etc", 0)) == NO_RECORD
        bundle = await facade.tile("tile/entries/000.p/4")
        assert len(decode_bundle(bundle, 4)) == 4
        assert len(await facade.tile("tile/0/000.p/4")) == 4 * 32
        for path in ("tile/0/000", "tile/0/001.p/1", "tile/../x", "tile/0/000.p/5"):
            assert await refused(facade.tile(path)) == BAD_TILE_PATH
        blocks = await facade.blocks(-1, 10)
        assert [block.height for block in blocks] == [0, 1]
        assert {change.id for change in blocks[1].changes} == {"d0", "d1", "d2"}
        signer = await facade.signer(ledger.keys["env-bureau"].public().thumbprint(ledger.profile).hex())
        assert (signer.organisation, "founder" in signer.roles) == ("env-bureau", True)

    with_node(ledger, tmp_path, use)


def test_a_locked_node_reads_but_does_not_write_until_it_is_unlocked(tmp_path: Path) -> None:
    ledger = Ledger()

    async def use(facade: Facade) -> None:
        status = await facade.status()
        assert not status.writing
        assert "unlock" in (status.reason or "")
        assert await refused(facade.submit([publish(ledger)])) == NO_LOG_KEY
        assert await refused(facade.checkpoint()) == NO_LOG_KEY
        assert (await facade.record("membership.organisation", "env-bureau", 0)).version == 1
        await facade.unlock(b"a passphrase")
        assert (await facade.submit([publish(ledger)])).fates[0].state == "accepted"

    with_node(ledger, tmp_path, use, log_key=None, unlock=lambda passphrase: ledger.log_key)


def test_a_log_key_of_another_network_is_refused(tmp_path: Path) -> None:
    ledger = Ledger()
    with pytest.raises(Refused) as refusal:
        open_node(ledger, tmp_path, log_key=PrivateKey.generate(ED25519))
    assert refusal.value.code is NOT_THE_LOG_KEY


def test_a_ledger_process_that_is_away_is_said_plainly(tmp_path: Path) -> None:
    async def use() -> None:
        assert await refused(remote(Link(tmp_path / "none.sock")).status()) == LEDGER_AWAY

    asyncio.run(use())
