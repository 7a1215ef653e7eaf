"""Why governance refuses: numbers are stable for ever and never used twice."""

from dongting.errors import Code

TAKEN = Code(
    "governance", 1, "id-taken",
    "The id {id} is taken; choose another id.",
    "编号 {id} 已被使用；请另选编号。",
    status=409,
)  # fmt: skip
NOT_AN_OBJECT = Code(
    "governance", 2, "arguments-not-an-object",
    "The arguments of a proposal are one JSON object in canonical form (RFC 8785); write them again.",
    "提案的参数应为一个规范形式（RFC 8785）的 JSON 对象；请重新填写。",
)  # fmt: skip
VOTING_OVER = Code(
    "governance", 3, "voting-over",
    "The time to vote on {proposal} has passed without a decision; propose the matter again.",
    "提案 {proposal} 的表决期已过且未获决定；请重新提案。",
    status=409,
)  # fmt: skip
ALREADY_VOTED = Code(
    "governance", 4, "already-voted",
    "{founder} has voted so on {proposal} already; nothing needs to be done, or vote otherwise.",
    "{founder} 已对提案 {proposal} 作出同样表决；无需重复，或改投其他意见。",
    status=409,
)  # fmt: skip
NOT_THE_PROPOSER = Code(
    "governance", 5, "not-the-proposer",
    "Only {proposer}, which made the proposal, can withdraw it; vote against it instead.",
    "只有提案方 {proposer} 可以撤回提案；您可以投反对票。",
    status=403,
)  # fmt: skip
OUT_OF_BOUNDS = Code(
    "governance", 6, "out-of-bounds",
    "{name} must lie between {least} and {most}; choose another value.",
    "{name} 须在 {least} 与 {most} 之间；请另选数值。",
)  # fmt: skip
UNKNOWN_PARAMETER = Code(
    "governance", 7, "unknown-parameter",
    "There is no parameter {name}; the parameters are: {known}.",
    "没有名为 {name} 的参数；可用参数为：{known}。",
)  # fmt: skip
BAD_DAY = Code(
    "governance", 8, "bad-day",
    "There is no day {day}; correct the calendar.",
    "日期 {day} 不存在；请更正日历。",
)  # fmt: skip
UNORDERED_DAYS = Code(
    "governance", 9, "unordered-days",
    "The days of a calendar are listed once each, in ascending order; {day} is out of place.",
    "日历中的日期须按升序逐一列出且不重复；{day} 的位置有误。",
)  # fmt: skip
HOLIDAY_AND_WORKDAY = Code(
    "governance", 10, "holiday-and-workday",
    "{day} is listed as a holiday and as a workday; decide which it is.",
    "{day} 同时列为节假日和工作日；请确定其中之一。",
)  # fmt: skip
NO_WORKING_DAY = Code(
    "governance", 11, "no-working-day",
    "A week needs at least one working day; name at most six days of the weekend, each once.",
    "每周至少须有一个工作日；周末最多列六天，且每天只列一次。",
)  # fmt: skip
HEIGHT_PASSED = Code(
    "governance", 12, "height-passed",
    "The ledger stands at height {height}; name a height after it, late enough for all nodes to prepare.",
    "账本当前高度为 {height}；请指定其后的高度，并给各节点留出准备时间。",
    status=409,
)  # fmt: skip
NOT_NEWER = Code(
    "governance", 13, "not-newer",
    "{app} runs version {present} already; install a higher version.",
    "{app} 已在运行第 {present} 版；请安装更高版本。",
    status=409,
)  # fmt: skip
BAD_LOG_KEY = Code(
    "governance", 14, "bad-log-key",
    "The log key of {owner} must be an Ed25519 key that serves nothing else; "
    "make a new key pair for the log.",
    "{owner} 的日志密钥须为专用的 Ed25519 密钥；请为日志生成新的密钥对。",
)  # fmt: skip
NO_SUCH_MEMBER = Code(
    "governance", 15, "no-such-member",
    "{owner} is not an organisation in good standing; check the id, or have it admitted first.",
    "{owner} 不是有效成员组织；请检查编号，或先接纳该组织。",
)  # fmt: skip
NOT_ITS_LOG_KEY = Code(
    "governance", 16, "not-its-log-key",
    "{author} does not answer for the log key {key}; name a log key of your own that is in use.",
    "{author} 不是日志密钥 {key} 的责任方；请指定本组织正在使用的日志密钥。",
    status=403,
)  # fmt: skip
ALREADY_REDACTED = Code(
    "governance", 17, "already-redacted",
    "The leaf {leaf} was redacted before; nothing needs to be done.",
    "第 {leaf} 条记录此前已被删除正文；无需重复操作。",
    status=409,
)  # fmt: skip
NOTHING_CHANGES = Code(
    "governance", 18, "nothing-changes",
    "This would change nothing on record; look at the present state and check what you meant.",
    "此操作不会改变任何记录；请查看当前状态并核对意图。",
    status=409,
)  # fmt: skip
DUPLICATE_LOG_KEY = Code(
    "governance", 19, "duplicate-log-key",
    "The log key {key} is listed twice; give each member a key of its own.",
    "日志密钥 {key} 重复列出；请为每个成员使用各自的密钥。",
)  # fmt: skip
RESTORED_AHEAD = Code(
    "governance", 20, "restored-ahead",
    "A backup cannot be ahead of the ledger, which stands at height {height};"
    " check the height of the backup.",
    "备份不可能超前于账本（当前高度 {height}）；请核对备份的高度。",
)  # fmt: skip
BAD_GENESIS = Code(
    "governance", 21, "bad-genesis",
    "The genesis document cannot found a network: {why}; correct it.",
    "创世文件无法建立网络：{why}；请更正。",
)  # fmt: skip
NOT_A_CONSENSUS_KEY = Code(
    "governance", 22, "not-a-consensus-key",
    "{owner} needs a consensus key in a consortium, and none otherwise: an Ed25519 key that serves nothing "
    "else. `dongting node validator` makes it.",
    "联盟网络中 {owner} 须有共识密钥，其他网络则不得有：它是专用的 Ed25519 密钥，"
    "由 `dongting node validator` 生成。",
)  # fmt: skip
DUPLICATE_CONSENSUS_KEY = Code(
    "governance", 23, "duplicate-consensus-key",
    "The consensus key of {owner} is listed twice; give each validator a key of its own.",
    "{owner} 的共识密钥重复列出；请为每个验证者使用各自的密钥。",
)  # fmt: skip
TOO_MUCH_AT_ONCE = Code(
    "governance", 24, "too-much-at-once",
    "Of the power {power}, the keys that vote now would hold {kept}; it must be more than two thirds, or "
    "the consortium would stop until the new ones run. Change fewer at once, or give the others more power "
    "first.",
    "总权重 {power} 中，现有密钥仅占 {kept}；须超过三分之二，否则在新验证者运行之前联盟将停止。"
    "请分次变更，或先提高其他成员的权重。",
    status=409,
)  # fmt: skip
