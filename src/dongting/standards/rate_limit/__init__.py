"""RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers-10, 27 September 2025).

Both are lists of structured field items (RFC 9651), one for each policy; quotas count requests, windows
and resets are whole seconds.
"""

from dataclasses import dataclass
from typing import Any

import http_sf


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one caller may still ask: `quota` requests in `window` seconds, of which `remaining` are left;
    in `reset` seconds all of them are there again."""

    quota: int
    window: int
    remaining: int
    reset: int


def fields(policy: str, allowance: Allowance) -> list[tuple[str, str]]:
    """The two response fields for one policy (sections 3 and 4)."""
    declared: Any = [(policy, {"q": allowance.quota, "w": allowance.window})]
    left: Any = [(policy, {"r": allowance.remaining, "t": allowance.reset})]
    return [("ratelimit-policy", http_sf.ser(declared)), ("ratelimit", http_sf.ser(left))]
