"""The Idempotency-Key HTTP header field (draft-ietf-httpapi-idempotency-key-header-07, 15 October 2025).

One structured field item, a string (RFC 9651, section 3.3.3). Which requests take it, for how long a key
counts and what makes two requests the same is the resource's to publish (sections 2.3 to 2.5).
"""

from typing import Any

import http_sf

from dongting.errors import Code, Refused, require

LONGEST = 128  # characters
PATTERN = f'^"[A-Za-z0-9._~:@/+=-]{{8,{LONGEST}}}"$'

BAD_KEY = Code(
    "idempotency-key", 1, "bad-idempotency-key",
    'Idempotency-Key is one string in double quotes, such as "8e03978e-40d5-43dd-bc93-6894a57f9324", of 8 to '
    "{longest} letters, digits and . _ ~ : @ / + = -",
    'Idempotency-Key 须为带双引号的字符串，例如 "8e03978e-40d5-43dd-bc93-6894a57f9324"，'
    "由 8 至 {longest} 个字母、数字或 . _ ~ : @ / + = - 组成。",
    status=400,
)  # fmt: skip
OTHER_REQUEST = Code(
    "idempotency-key", 2, "key-of-another-request",
    "This Idempotency-Key was used for another request; draw a new key for a new request.",
    "该 Idempotency-Key 已用于另一个请求；新请求请使用新的键。",
    status=422,
)  # fmt: skip
IN_PROGRESS = Code(
    "idempotency-key", 3, "request-in-progress",
    "The request with this Idempotency-Key is still being worked on; ask again in a moment.",
    "使用该 Idempotency-Key 的请求仍在处理中；请稍后再试。",
    status=409,
)  # fmt: skip
TOO_MANY_KEYS = Code(
    "idempotency-key", 4, "too-many-keys",
    "You have {limit} Idempotency-Keys that still count; the oldest expires in {wait} seconds. Leave the "
    "field out where a request may safely be repeated.",
    "贵单位有效的 Idempotency-Key 已达 {limit} 个；最早的将在 {wait} 秒后失效。"
    "可安全重复的请求请不要使用该字段。",
    status=429,
)  # fmt: skip

_ALLOWED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._~:@/+=-")


def parse(field: str) -> str:
    """The key in the field's value; refuses every other form (section 2.1)."""
    try:
        parsed: Any = http_sf.parse(field.encode("ascii"), tltype="item")
    except (ValueError, UnicodeEncodeError):
        raise Refused(BAD_KEY, longest=LONGEST) from None
    value, parameters = parsed
    key = value if type(value) is str and not parameters else ""
    require(8 <= len(key) <= LONGEST and _ALLOWED.issuperset(key), BAD_KEY, longest=LONGEST)
    return key
