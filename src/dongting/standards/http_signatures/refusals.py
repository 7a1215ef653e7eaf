"""Why a signed HTTP message is refused (RFC 9421, section 3.2); one list, so that numbers stay unique."""

from dongting.errors import Code

BAD_FIELD = Code(
    "http-signatures", 1, "bad-field",
    "The field {field} is not well formed: {why}. Send it as RFC 9421 and RFC 9651 define it.",
    "字段 {field} 格式不正确：{why}。请按 RFC 9421 与 RFC 9651 的规定发送。",
    400,
)  # fmt: skip
UNSIGNED = Code(
    "http-signatures", 2, "unsigned",
    "The message has no signature; sign it (RFC 9421) and send it again.",
    "报文没有签名；请按 RFC 9421 签名后重新发送。",
    401,
)  # fmt: skip
BAD_COMPONENT = Code(
    "http-signatures", 3, "bad-component",
    "The signature covers {component}, which is not supported here: {why}.",
    "签名涵盖了 {component}，此处不支持：{why}。",
    400,
)  # fmt: skip
MISSING_COMPONENT = Code(
    "http-signatures", 4, "missing-component",
    "The signature covers {component}, but the message does not have it.",
    "签名涵盖了 {component}，但报文中没有该内容。",
    400,
)  # fmt: skip
NOT_COVERED = Code(
    "http-signatures", 5, "not-covered",
    "The signature must cover {component}; add it to the covered components and sign again.",
    "签名必须涵盖 {component}；请将其加入涵盖内容后重新签名。",
    401,
)  # fmt: skip
MISSING_PARAMETER = Code(
    "http-signatures", 6, "missing-parameter",
    "The signature must have the parameter {parameter}; add it and sign again.",
    "签名必须带有参数 {parameter}；请补充后重新签名。",
    401,
)  # fmt: skip
TOO_OLD = Code(
    "http-signatures", 7, "too-old",
    "The signature is {age} seconds old and at most {limit} are allowed; sign the message again.",
    "签名已有 {age} 秒，最多允许 {limit} 秒；请重新签名。",
    401,
)  # fmt: skip
DATED_AHEAD = Code(
    "http-signatures", 8, "dated-ahead",
    "The signature is dated {ahead} seconds ahead; set the clock of the sender.",
    "签名时间超前 {ahead} 秒；请校准发送方的时钟。",
    401,
)  # fmt: skip
EXPIRED = Code(
    "http-signatures", 9, "expired",
    "The signature has expired; sign the message again.",
    "签名已过期；请重新签名。",
    401,
)  # fmt: skip
BAD_SIGNATURE = Code(
    "http-signatures", 10, "bad-signature",
    "The signature does not verify under the key {keyid}; check the key and what was signed.",
    "用密钥 {keyid} 验证签名未通过；请检查密钥与被签内容。",
    401,
)  # fmt: skip
BAD_ALGORITHM = Code(
    "http-signatures", 11, "bad-algorithm",
    "The signature algorithm {algorithm} is not accepted here; use one of: {accepted}.",
    "此处不接受签名算法 {algorithm}；请使用其中之一：{accepted}。",
    401,
)  # fmt: skip
AMBIGUOUS = Code(
    "http-signatures", 12, "ambiguous",
    "The message has {count} signatures and one is expected; send exactly one.",
    "报文有 {count} 个签名，而此处只接受一个；请只发送一个。",
    400,
)  # fmt: skip
BAD_DIGEST = Code(
    "http-signatures", 13, "bad-digest",
    "The content does not match its Content-Digest; it was changed or cut off, send it again.",
    "内容与其 Content-Digest 不符；内容被更改或截断，请重新发送。",
    400,
)  # fmt: skip
