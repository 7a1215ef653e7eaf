"""Why membership refuses: numbers are stable for ever and never used twice."""

from dongting.errors import Code

UNKNOWN_ISSUER = Code(
    "membership", 1, "unknown-issuer",
    "No organisation {issuer} belongs to this network; check the issuer, or ask to be admitted.",
    "本网络中没有组织 {issuer}；请检查签发者，或申请加入。",
    status=401,
)  # fmt: skip
UNKNOWN_KEY = Code(
    "membership", 2, "unknown-key",
    "No key with the thumbprint {key} is registered; sign with a registered key, or add this one first.",
    "指纹为 {key} 的密钥尚未登记；请用已登记的密钥签名，或先登记此密钥。",
    status=401,
)  # fmt: skip
NOT_ITS_KEY = Code(
    "membership", 3, "not-its-key",
    "The key {key} is not a key of {issuer}; sign with a key of that organisation.",
    "密钥 {key} 不属于 {issuer}；请用该组织自己的密钥签名。",
    status=401,
)  # fmt: skip
KEY_REVOKED = Code(
    "membership", 4, "key-revoked",
    "The key {key} is revoked; sign with another key of the organisation,"
    " or ask the founders to recover its keys.",
    "密钥 {key} 已被撤销；请使用该组织的其他密钥，或请发起方为其恢复密钥。",
    status=401,
)  # fmt: skip
TAKEN = Code(
    "membership", 5, "id-taken",
    "The id {id} is taken; choose another id.",
    "编号 {id} 已被使用；请另选编号。",
    status=409,
)  # fmt: skip
CREDIT_CODE_TAKEN = Code(
    "membership", 6, "credit-code-taken",
    "The unified social credit code {credit_code} belongs to {holder} already;"
    " readmit or correct that one instead.",
    "统一社会信用代码 {credit_code} 已属于 {holder}；请恢复或更正该组织。",
    status=409,
)  # fmt: skip
CODE_OR_VOUCH = Code(
    "membership", 7, "code-or-vouch",
    "Give either a unified social credit code or the id of a vouch by a member: one of them, not both.",
    "请提供统一社会信用代码，或某成员的担保编号：二者必居其一，不可兼有。",
)  # fmt: skip
NO_POSSESSION = Code(
    "membership", 8, "no-possession",
    "The holder of the key {key} has not proven possession for {organisation} in this network;"
    " sign the possession message with that key.",
    "未能证明 {organisation} 在本网络持有密钥 {key}；请用该密钥签署持有证明。",
)  # fmt: skip
KEY_EXISTS = Code(
    "membership", 9, "key-exists",
    "The key {key} was registered before; a key serves one organisation once: make a new key pair.",
    "密钥 {key} 曾被登记；一个密钥只能由一个组织使用一次：请生成新的密钥对。",
    status=409,
)  # fmt: skip
LAST_KEY = Code(
    "membership", 10, "last-key",
    "The key {key} is the last one in use; rotate it,"
    " or ask the founders to recover the organisation's keys.",
    "密钥 {key} 是最后一个有效密钥；请轮换该密钥，或请发起方恢复该组织的密钥。",
    status=409,
)  # fmt: skip
NOT_ITSELF = Code(
    "membership", 11, "not-itself",
    "Only {organisation} itself may do this; sign as that organisation.",
    "只有 {organisation} 本身可以执行此操作；请以该组织身份签名。",
    status=403,
)  # fmt: skip
TOO_MANY_KEYS = Code(
    "membership", 12, "too-many-keys",
    "An organisation has at most {limit} keys in use; revoke one first.",
    "一个组织最多同时使用 {limit} 个密钥；请先撤销一个。",
    status=409,
)  # fmt: skip
KEYS_APART = Code(
    "membership", 13, "keys-apart",
    "The key {key} is used for the other purpose; signing and encryption need different keys:"
    " make a new pair.",
    "密钥 {key} 已用于另一用途；签名与加密须使用不同密钥：请生成新的密钥对。",
    status=409,
)  # fmt: skip
NOT_ITS_DELEGATION = Code(
    "membership", 14, "not-its-delegation",
    "The delegation {delegation} was given to {holder}, not to {registrar}; name a delegation of your own.",
    "授权 {delegation} 授予的是 {holder}，而不是 {registrar}；请使用本组织所持的授权。",
    status=403,
)  # fmt: skip
OUTSIDE_DELEGATION = Code(
    "membership", 15, "outside-delegation",
    "The delegation {delegation} does not reach an organisation of kind {kind} in region {region};"
    " propose its admission to the founders.",
    "授权 {delegation} 不包括地区 {region} 的 {kind} 类组织；请向发起方提议接纳。",
    status=403,
)  # fmt: skip
EMPTY_DELEGATION = Code(
    "membership", 16, "empty-delegation",
    "A delegation must be limited by kinds, by regions or by both; name at least one.",
    "授权必须按类型、地区或两者加以限定；请至少指定一项。",
)  # fmt: skip
NO_SUCH_MEMBER = Code(
    "membership", 17, "no-such-member",
    "{organisation} is not an organisation in good standing; check the id.",
    "{organisation} 不是有效成员组织；请检查编号。",
)  # fmt: skip
LAST_FOUNDER = Code(
    "membership", 18, "last-founder",
    "{organisation} is the last founder in good standing; appoint another founder first.",
    "{organisation} 是最后一个有效的发起方；请先任命另一发起方。",
    status=409,
)  # fmt: skip
WRONG_VOUCH = Code(
    "membership", 19, "vouch-for-another",
    "The vouch {vouch} was given for {applicant}, not for {organisation}; ask a member to vouch for it.",
    "担保 {vouch} 是为 {applicant} 而非 {organisation} 出具的；请让一个成员为其出具担保。",
)  # fmt: skip
NOT_AWAITED = Code(
    "membership", 20, "not-awaited",
    "The answer must come from {organisation}; sign as that organisation.",
    "须由 {organisation} 答复；请以该组织身份签名。",
    status=403,
)  # fmt: skip
NOT_A_PARTY = Code(
    "membership", 21, "not-a-party",
    "Only {first} or {second} may propose this; sign as one of them.",
    "只有 {first} 或 {second} 可以提出此项；请以其中之一的身份签名。",
    status=403,
)  # fmt: skip
SAME_ORGANISATION = Code(
    "membership", 22, "same-organisation",
    "{organisation} cannot stand on both sides; name two different organisations.",
    "{organisation} 不能同时处于两方；请指定两个不同的组织。",
)  # fmt: skip
BAD_SPLIT = Code(
    "membership", 23, "bad-split",
    "A split names at least two different new bodies, and the successor is one of them.",
    "分立须列明至少两个不同的新组织，且承继方为其中之一。",
)  # fmt: skip
TOO_MANY_PREDECESSORS = Code(
    "membership", 24, "too-many-predecessors",
    "{organisation} would succeed more than {limit} organisations; name another successor.",
    "{organisation} 将承继超过 {limit} 个组织；请指定其他承继方。",
    status=409,
)  # fmt: skip
HOLDS_OFFICE = Code(
    "membership", 25, "holds-office",
    "{organisation} is the supervisor; the founders must appoint another or dismiss it first.",
    "{organisation} 是监督方；须先由发起方另行任命或免去其职务。",
    status=409,
)  # fmt: skip
NOTHING_CHANGES = Code(
    "membership", 26, "nothing-changes",
    "This would change nothing on record; look at the present state and check what you meant.",
    "此操作不会改变任何记录；请查看当前状态并核对意图。",
    status=409,
)  # fmt: skip
TOO_MANY = Code(
    "membership", 27, "too-many",
    "{organisation} would have more than {limit} of these; give some up first.",
    "{organisation} 的此类项目将超过 {limit} 个；请先减少。",
    status=409,
)  # fmt: skip
BAD_GENESIS = Code(
    "membership", 28, "bad-genesis",
    "The genesis document cannot found a network: {why}; correct it.",
    "创世文件无法建立网络：{why}；请更正。",
)  # fmt: skip
DELEGATION_OVER = Code(
    "membership", 29, "delegation-over",
    "The delegation {delegation} is over: its time has passed or the founders took it back;"
    " ask them for a new one.",
    "授权 {delegation} 已终止（到期或被发起方撤销）；请向发起方申请新的授权。",
    status=403,
)  # fmt: skip
VOUCH_SPENT = Code(
    "membership", 30, "vouch-spent",
    "The vouch {vouch} was used or withdrawn before; ask a member for a new one.",
    "担保 {vouch} 已被采用或撤回；请让一个成员另行出具。",
    status=409,
)  # fmt: skip
