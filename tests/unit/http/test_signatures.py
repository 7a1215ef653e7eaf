"""Signed requests: a key is asked for seldom, a nonce counts once, and memory is bounded."""

import asyncio
import itertools
from typing import Any

import pytest

from dongting.errors import Refused
from dongting.http.limits import Limits
from dongting.http.messages import Head
from dongting.http.signatures import Callers
from dongting.kernel.codes import UNKNOWN_KEY
from dongting.node.facade import Signer
from dongting.standards.http_signatures import request, sign
from dongting.wire.keys import PrivateKey
from dongting.wire.profile import profile_named
from dongting.wire.suites import ED25519, ES256, SM2, Suite

NOW = 1_767_225_600
NONCES = (f"nonce-{number:05d}" for number in itertools.count())
COVERED = ("@method", "@authority", "@path", "@query")


class Ledger:
    """One member with one key, and how often it was asked for it."""

    def __init__(self, suite: Suite = ED25519, roles: tuple[str, ...] = ("member",)) -> None:
        self.profile = profile_named("international")
        self.renew(suite)
        self.roles = roles
        self.asked = 0
        self.ticks = 0.0
        self.callers = Callers(
            self.find,
            "http",
            frozenset({"node.test"}),
            Limits(rate=5, burst=20),
            lambda: NOW,
            lambda: self.ticks,
        )

    def renew(self, suite: Suite = ED25519) -> None:
        """Give the member another key."""
        self.key = PrivateKey.generate(suite)
        self.kid = self.key.public().thumbprint(self.profile).hex()

    async def find(self, kid: str) -> Signer:
        self.asked += 1
        if kid != self.kid:
            raise Refused(UNKNOWN_KEY, kid=kid)
        return Signer("env-bureau", list(self.roles), ["env-bureau", "old-bureau"], self.key.public().cose())

    def head(self, **changes: Any) -> Head:
        parameters = {"created": NOW, "keyid": self.kid, "nonce": next(NONCES), **changes}
        message = request("GET", "http://node.test/v1/x?a=1")
        fields = sign(message, COVERED, parameters, self.key.sign)
        lower = tuple((key.lower(), value) for key, value in fields)
        return Head("GET", "/v1/x", "a=1", {"a": "1"}, (("host", "NODE.test"), *lower))

    def ask(self, head: Head) -> Any:
        return asyncio.run(self.callers.caller(head))


@pytest.mark.parametrize("suite", [ED25519, ES256, SM2], ids=lambda suite: suite.name)
def test_every_suite_signs_requests(suite: Suite) -> None:
    ledger = Ledger(suite)
    caller = ledger.ask(ledger.head())
    assert (caller.organisation, caller.roles) == ("env-bureau", {"member"})
    assert caller.is_or_succeeds("old-bureau")
    assert not caller.is_or_succeeds("green-tech")


def test_a_key_is_asked_for_again_after_two_seconds() -> None:
    ledger = Ledger()
    for _ in range(3):
        ledger.ask(ledger.head())
    assert ledger.asked == 1
    ledger.ticks = 2.0
    ledger.ask(ledger.head())
    assert ledger.asked == 2


def test_a_member_that_lost_its_roles_is_refused_once_the_cache_is_old() -> None:
    ledger = Ledger()
    ledger.ask(ledger.head())
    ledger.roles, ledger.ticks = (), 2.0
    with pytest.raises(Refused) as refused:
        ledger.ask(ledger.head())
    assert str(refused.value.code) == "http/no-standing"


def test_a_nonce_counts_once_for_ten_minutes_at_least() -> None:
    ledger = Ledger()
    head = ledger.head()
    ledger.ask(head)
    for ledger.ticks in (1.0, 300.0, 599.0, 610.0, 1199.0):
        with pytest.raises(Refused) as refused:
            ledger.ask(head)
        assert str(refused.value.code) == "http/replayed-request"


def test_a_refused_signature_uses_up_no_nonce() -> None:
    ledger = Ledger()
    head = ledger.head()
    changed = Head("GET", "/v1/y", head.query, head.asked, head.fields)
    with pytest.raises(Refused):
        ledger.ask(changed)
    assert ledger.ask(head).organisation == "env-bureau"


def test_a_key_that_asks_too_often_is_told_to_wait() -> None:
    ledger = Ledger()
    for _ in range(20):
        ledger.ask(ledger.head())
    with pytest.raises(Refused) as refused:
        ledger.ask(ledger.head())
    assert str(refused.value.code) == "http/too-many-requests"


def test_further_keys_let_nobody_ask_more_often() -> None:
    ledger = Ledger()
    for _ in range(20):
        ledger.ask(ledger.head())
    ledger.renew()
    with pytest.raises(Refused) as refused:
        ledger.ask(ledger.head())
    assert str(refused.value.code) == "http/too-many-requests"


def test_one_request_too_many_is_not_remembered() -> None:
    ledger = Ledger()
    for _ in range(20):
        ledger.ask(ledger.head())
    late = ledger.head()
    with pytest.raises(Refused):
        ledger.ask(late)
    ledger.ticks = 1.0
    assert ledger.ask(late).organisation == "env-bureau"


def test_a_repeated_request_costs_its_signer_nothing() -> None:
    ledger = Ledger()
    captured = ledger.head()
    ledger.ask(captured)
    for _ in range(100):
        with pytest.raises(Refused):
            ledger.ask(captured)
    assert ledger.ask(ledger.head()).organisation == "env-bureau"


@pytest.mark.parametrize("keyid", ["", "x", "AB" * 32, "ab" * 31, "ab" * 33, "../" * 20])
def test_a_malformed_key_id_is_not_asked_for(keyid: str) -> None:
    ledger = Ledger()
    with pytest.raises(Refused) as refused:
        ledger.ask(ledger.head(keyid=keyid))
    assert str(refused.value.code) == "kernel/unknown-key"
    assert ledger.asked == 0
