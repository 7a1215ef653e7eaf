"""What the ledger's process refuses. Numbers are stable for ever; texts may become clearer."""

from dongting.errors import Code

NO_LOG_KEY = Code(
    "node", 42, "locked",
    "The node is locked: its log key is not unlocked, so it serves reads but signs nothing. "
    "Unlock it with `dongting keys unlock`, or give it a systemd credential.",
    "节点处于锁定状态：日志密钥尚未解锁，只能读取、不能签署。"
    "请用 `dongting keys unlock` 解锁，或配置 systemd 凭据。",
    status=503,
)  # fmt: skip
NOT_A_STATEMENT = Code(
    "node", 43, "not-a-statement",
    "Entry {index} of the log closes a block; receipts are for statements.",
    "日志第 {index} 条为区块结束标记；回执只针对声明。",
    status=404,
)  # fmt: skip
NO_RECORD = Code(
    "node", 44, "no-such-record",
    "There is no record {address}; check the type and the id.",
    "没有记录 {address}；请检查类型和编号。",
    status=404,
)  # fmt: skip
CATCHING_UP = Code(
    "follow", 8, "catching-up",
    "This node is taking over blocks just now and has no checkpoint of its present end; try again shortly.",
    "本节点正在获取区块，尚无当前末端的检查点；请稍后重试。",
    status=503,
)  # fmt: skip
NOT_THE_LOG_KEY = Code(
    "node", 47, "not-the-log-key",
    "The keystore's log key is not one of this network's; use the keystore that belongs to it.",
    "密钥库中的日志密钥不属于本网络；请使用与本网络对应的密钥库。",
    status=409,
)  # fmt: skip
NOT_ADMITTED = Code(
    "cometbft", 12, "not-admitted",
    "This node is no validator at present: it executes every block and can be read, but signs nothing and "
    "takes no statements. The founders admit it by governance/set-engine-members; one that they removed "
    "becomes a follower by engine.kind.",
    "本节点目前不是验证者：它执行每个区块并可供读取，但不签名、也不接收声明。发起方可通过 "
    "governance/set-engine-members 接纳它；已被移除的节点可将 engine.kind 改为 follow。",
    status=503,
)  # fmt: skip
