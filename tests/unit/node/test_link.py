"""Calls over the ledger's socket: answers, refusals and mistakes all come back."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from dongting.errors import Code, Refused
from dongting.node.link import LEDGER_AWAY, LEDGER_FAILED, SHUTTING_DOWN, Link, LinkServer, remote

NO = Code("test", 1, "no", "No {what}.", "没有 {what}。", status=404)


class Facade:
    """Answers, refuses and fails."""

    async def checkpoint(self) -> str:
        return "a checkpoint"

    async def leaf(self, index: int) -> bytes:
        raise Refused(NO, what=index)

    async def genesis(self) -> bytes:
        raise ZeroDivisionError

    async def consistency(self, first: int, second: int) -> list[bytes]:
        """Takes `second` tenths of a second."""
        await asyncio.sleep(second / 10)
        return [b"done"]


async def _with_link(path: Path, use: Any) -> Any:
    server: Any = LinkServer(Facade(), path)  # type: ignore[arg-type]
    await server.start()
    link = Link(path)
    try:
        return await asyncio.wait_for(use(remote(link)), 10)
    finally:
        await link.close()
        await server.stop()


def test_answers_come_back(tmp_path: Path) -> None:
    assert asyncio.run(_with_link(tmp_path / "s", lambda facade: facade.checkpoint())) == "a checkpoint"


def test_refusals_come_back_as_they_are(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        asyncio.run(_with_link(tmp_path / "s", lambda facade: facade.leaf(7)))
    assert (refused.value.code, refused.value.facts) == (NO, {"what": 7})


def test_a_mistake_is_answered_and_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(Refused) as refused:
        asyncio.run(_with_link(tmp_path / "s", lambda facade: facade.genesis()))
    assert refused.value.code == LEDGER_FAILED
    assert "ZeroDivisionError" in str(caplog.records[-1].exc_info)


def test_a_ledger_that_is_not_there_is_away(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        asyncio.run(remote(Link(tmp_path / "nobody")).checkpoint())
    assert refused.value.code == LEDGER_AWAY


@pytest.mark.parametrize(("tenths", "ends"), [(3, True), (600, False)])
def test_a_stop_lets_calls_end_then_refuses_them_and_every_new_one(
    tmp_path: Path, tenths: int, ends: bool
) -> None:
    async def use() -> None:
        server: Any = LinkServer(Facade(), tmp_path / "s")  # type: ignore[arg-type]
        await server.start()
        link = Link(tmp_path / "s")
        under_way = asyncio.create_task(remote(link).consistency(0, tenths))
        await asyncio.sleep(0.1)
        stop = asyncio.create_task(server.stop(grace=1))
        await asyncio.sleep(0.1)
        with pytest.raises(Refused) as new:
            await asyncio.wait_for(remote(link).checkpoint(), 1)
        assert new.value.code == SHUTTING_DOWN
        await asyncio.wait_for(stop, 2)
        outcome = (await asyncio.wait_for(asyncio.gather(under_way, return_exceptions=True), 1))[0]
        assert outcome == [b"done"] if ends else outcome.code == SHUTTING_DOWN
        await link.close()

    asyncio.run(use())
