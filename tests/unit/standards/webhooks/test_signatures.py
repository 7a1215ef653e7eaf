"""The published library of Standard Webhooks verifies what we sign, and nothing else."""

import time

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from dongting.standards.webhooks import fields, key_of, secret

KEYS = [bytes(range(32)), bytes(range(1, 33))]


@pytest.mark.parametrize("key", KEYS)
def test_the_library_verifies_under_each_secret(key: bytes) -> None:
    sent = dict(fields("310-2", int(time.time()), b'{"a":1}', KEYS))
    assert Webhook(secret(key)).verify(b'{"a":1}', sent) == {"a": 1}


def test_it_refuses_another_body_another_secret_and_an_old_message() -> None:
    now = int(time.time())
    sent = dict(fields("310-2", now, b'{"a":1}', KEYS[:1]))
    old = dict(fields("310-2", now - 3600, b'{"a":1}', KEYS[:1]))
    for key, body, given in (
        (KEYS[0], b'{"a":2}', sent),
        (KEYS[1], b'{"a":1}', sent),
        (KEYS[0], b'{"a":1}', old),
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret(key)).verify(body, given)


@pytest.mark.parametrize(
    "written",
    ["", "whsec_", "whsec_!!!!", "whsec_" + "QUJD", secret(bytes(65)), secret(bytes(32))[6:], "SEC123"],
)
def test_what_is_no_secret(written: str) -> None:
    assert key_of(written) is None
    assert key_of(secret(bytes(24))) == bytes(24)
