"""A large ledger is audited with its signatures verified in processes of their own."""

import asyncio
from pathlib import Path

import pytest

import dongting.node.audit
from dongting.kernel.entries import leaf_key
from dongting.node.audit import audit
from dongting.testing.homes import NodeHome


@pytest.mark.parametrize("profile", ["international", "national"])
def test_processes_give_the_same_verdicts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, profile: str
) -> None:
    made = NodeHome(tmp_path, profile)

    async def fill() -> None:
        node = made.node()
        await node.start()
        for first in range(0, 30, 10):
            await node.submit([made.evidence(number, "green-tech") for number in range(first, first + 10)])
        await node.stop()

    asyncio.run(fill())
    monkeypatch.setattr(dongting.node.audit, "LARGE", 0)
    monkeypatch.setattr(dongting.node.audit, "_BATCH", 7)
    report = audit(made.home)
    assert report.clean, [found.text() for found in report.findings]
    assert report.ledger.statements == 30
    store = made.home.ledger()
    data = bytearray(store.get(leaf_key(12)) or b"")
    data[-1] ^= 1
    store.write([(leaf_key(12), bytes(data))])
    store.close()
    assert "Leaf 12 (block 2): the signature by key" in audit(made.home).findings[0].text()
