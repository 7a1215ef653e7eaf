"""Standard Webhooks 1.0.0 (symmetric signatures, version identifier `v1`): what a sender puts beside a body.

The signed content is `id.timestamp.body` under HMAC-SHA256; while a secret is being replaced, both sign. A
secret is written `whsec_` and base64, and has 24 to 64 bytes.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

PREFIX = "whsec_"
SHORTEST, LONGEST = 24, 64  # bytes of a secret


def secret(key: bytes) -> str:
    """A secret as sender and receiver write it."""
    return PREFIX + base64.b64encode(key).decode("ascii")


def key_of(secret: str) -> bytes | None:
    """The bytes of a written secret; None for what is none."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if secret.startswith(PREFIX) and SHORTEST <= len(key) <= LONGEST else None


def fields(id: str, timestamp: int, body: bytes, keys: Sequence[bytes]) -> list[tuple[str, str]]:
    """The three request fields; `id` is the same in every attempt, `timestamp` (seconds since 1970) is that
    of this one."""
    content = b"%b.%d.%b" % (id.encode("ascii"), timestamp, body)
    signatures = (base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()) for key in keys)
    return [
        ("webhook-id", id),
        ("webhook-timestamp", str(timestamp)),
        ("webhook-signature", " ".join(f"v1,{each.decode('ascii')}" for each in signatures)),
    ]
