"""What a signature worker judges, and in which order: strangers' bytes must stay cheap."""

import asyncio
import sys

import pytest

from dongting.engines.verifiers import Verifiers, judge
from dongting.errors import Fault, Refused
from dongting.testing import Ledger
from dongting.wire.jcs import NOT_CANONICAL
from dongting.wire.keys import PrivateKey
from dongting.wire.statement import BAD_SIGNATURE, Statement, to_be_signed
from dongting.wire.suites import ED25519


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


def disordered(ledger: Ledger, key: PrivateKey | None = None) -> bytes:
    """A statement whose arguments are not in canonical form, signed anew by `key` if there is one."""
    data = ledger.sign("env-bureau", "evidence/register", {"id": "one", "kind": "file"})
    changed = data.replace(b'{"id":"one","kind":"file"}', b'{"kind":"file","id":"one"}')
    assert changed != data
    return changed if key is None else changed[:-64] + key.sign(to_be_signed(changed))


def judged(ledger: Ledger, data: bytes, *keys: PrivateKey) -> Statement | Refused | bytes:
    known = {key.public().thumbprint(ledger.profile): key.public() for key in keys}
    return judge([data], known, ledger.profile)[0]


def test_arguments_are_looked_at_only_under_a_good_signature(ledger: Ledger) -> None:
    key = ledger.keys["env-bureau"]
    forged = judged(ledger, disordered(ledger), key)
    assert isinstance(forged, Refused)
    assert forged.code is BAD_SIGNATURE
    signed = judged(ledger, disordered(ledger, key), key)
    assert isinstance(signed, Refused)
    assert signed.code is NOT_CANONICAL


def test_an_unknown_key_is_asked_for_before_anything_else_is_done(ledger: Ledger) -> None:
    asked = judged(ledger, disordered(ledger), PrivateKey.generate(ED25519))
    assert asked == ledger.keys["env-bureau"].public().thumbprint(ledger.profile)


def test_a_worker_that_cannot_judge_is_met_at_the_start(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")

    async def main() -> None:
        verifiers = Verifiers(ledger.profile, ledger.machine.key, 1)
        try:
            with pytest.raises((Fault, ConnectionError)):
                await asyncio.wait_for(verifiers.start(), 20)
        finally:
            await verifiers.stop()
            await asyncio.sleep(0.01)  # the transports tell that they are closed

    asyncio.run(main())
