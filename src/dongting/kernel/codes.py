"""Why the kernel refuses a statement; the numbers are stable for ever."""

from dongting.errors import Code

WRONG_NETWORK = Code(
    "kernel", 1, "wrong-network",
    "This statement was signed for another network ({given}); sign it for this one ({network}).",
    "此声明是为另一个网络（{given}）签署的；请为本网络（{network}）重新签署。",
)  # fmt: skip
AHEAD = Code(
    "kernel", 2, "dated-ahead",
    "This statement is dated {ahead} s ahead of the ledger's time; set the clock right and sign again.",
    "此声明的日期比账本时间超前 {ahead} 秒；请校准时钟后重新签署。",
)  # fmt: skip
EXPIRED = Code(
    "kernel", 3, "expired",
    "This statement could be accepted only until {until}; sign it again.",
    "此声明的有效期已于 {until} 结束；请重新签署。",
    status=409,
)  # fmt: skip
REPLAYED = Code(
    "kernel", 4, "replayed",
    "Another statement of {issuer} with the same cti is at position {index}; draw a new cti and sign again.",
    "{issuer} 已有一条相同 cti 的声明，位于第 {index} 位；请使用新的 cti 重新签署。",
    status=409,
)  # fmt: skip
UNKNOWN_ACTION = Code(
    "kernel", 5, "unknown-action",
    "No installed application has the action {action}; list the actions with `dongting actions`.",
    "已安装的应用中没有操作 {action}；可用 `dongting actions` 查看全部操作。",
)  # fmt: skip
WRONG_ROLE = Code(
    "kernel", 6, "wrong-role",
    "{action} is open to {needed}; {author} holds {held}.",
    "{action} 需要角色 {needed}；{author} 的角色为 {held}。",
    status=403,
)  # fmt: skip
MALFORMED_ARGUMENTS = Code(
    "kernel", 7, "malformed-arguments",
    "The arguments of {action} are not valid: {why}.",
    "{action} 的参数无效：{why}。",
)  # fmt: skip
WRONG_SUBJECT = Code(
    "kernel", 8, "wrong-subject",
    "The claim sub must name {expected}, the record that the action is about.",
    "sub 声明必须为 {expected}，即该操作所涉及的记录。",
)  # fmt: skip
NOT_COLLECTIVE = Code(
    "kernel", 9, "not-collective",
    "{action} is not an action that a proposal can carry; choose one that only the founders together may do.",
    "{action} 不是可由提案执行的操作；请选择须由发起方共同决定的操作。",
)  # fmt: skip
UNKNOWN_KEY = Code(
    "kernel", 10, "unknown-key",
    "No registered key has the thumbprint {kid}; register the key first, or sign with a registered one.",
    "没有指纹为 {kid} 的已登记密钥；请先登记该密钥，或使用已登记的密钥签名。",
    status=401,
)  # fmt: skip
MISSING_VERSION = Code(
    "kernel", 11, "missing-app-version",
    "From height {height} on this network runs {app} version {version} ({hash}), "
    "which this node does not have; install it and start again.",
    "自高度 {height} 起，本网络运行 {app} 第 {version} 版（{hash}），本节点尚未安装；请安装后重新启动。",
    status=503,
)  # fmt: skip
FOREIGN_GENESIS = Code(
    "kernel", 12, "foreign-genesis",
    "This ledger belongs to network {held}, not to {given}; give the directory that belongs to the genesis.",
    "此账本属于网络 {held}，而不是 {given}；请使用与创世文件对应的目录。",
    status=409,
)  # fmt: skip
BELOW_HEIGHT = Code(
    "kernel", 14, "height-not-reached",
    "The ledger stands at height {height}, you asked for at least {wanted}; ask again in a moment.",
    "账本当前高度为 {height}，尚未达到所需的 {wanted}；请稍后再试。",
    status=503,
)  # fmt: skip
NOT_REDACTABLE = Code(
    "kernel", 16, "not-redactable",
    "Leaf {index} cannot be redacted: only a statement of an earlier block can. Look up its index.",
    "第 {index} 位不能删除正文：只能删除先前区块中的声明。请核对声明的位置。",
    status=409,
)  # fmt: skip
REDACTED = Code(
    "kernel", 17, "redacted",
    "The text of leaf {index} was deleted by resolution of the founders; the record"
    " governance.redaction/{index} says on what ground. Proofs that it stood here stay valid.",
    "第 {index} 条的正文已依发起方决议删除，依据见记录 governance.redaction/{index}；其曾存在的证明仍有效。",
    status=410,
)  # fmt: skip
NO_SUCH_LEAF = Code(
    "kernel", 15, "no-such-leaf",
    "The log has {size} entries; there is none at position {index}.",
    "日志共有 {size} 条；第 {index} 位不存在。",
    status=404,
)  # fmt: skip
APPLICATION_FAILED = Code(
    "kernel", 18, "application-failed",
    "{action} met a case that its application does not foresee ({why}); nothing was changed. Report it to "
    "whoever keeps the application.",
    "{action} 遇到应用未预料的情况（{why}），未作任何更改。请告知该应用的维护者。",
    status=500,
)  # fmt: skip
