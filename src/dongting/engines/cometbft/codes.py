"""What the consortium engine refuses."""

from dongting.errors import Code

NO_BINARY = Code(
    "cometbft", 1, "no-binary",
    "There is no CometBFT {version} here ({why}). Run `make engine` in the checkout, which installs it with "
    "the Go toolchain, put cometbft on the PATH, or name it as engine.binary.",
    "未找到 CometBFT {version}（{why}）。请在源码目录运行 `make engine`（用 Go 工具链安装），"
    "或将 cometbft 放入 PATH，或用 engine.binary 指明其路径。",
    status=503,
)  # fmt: skip
WRONG_CHAIN = Code(
    "cometbft", 2, "wrong-chain",
    "CometBFT has the chain {given}, this network's is {expected}, or it begins anew below this ledger: "
    "its directory belongs elsewhere. Restore the directory {directory} that belongs to this ledger.",
    "CometBFT 的链为 {given}，而本网络的链为 {expected}，或它从头开始而本账本已有区块："
    "其目录不属于本账本。请恢复与本账本对应的 {directory} 目录。",
    status=503,
)  # fmt: skip
NO_VALIDATORS = Code(
    "cometbft", 3, "no-validators",
    "The genesis document names no consensus keys, so no consortium can order this network. Found it with "
    "`dongting network up`, or set engine.kind to embedded.",
    "创世文件未列出共识密钥，无法由联盟为本网络排序。请用 `dongting network up` 创建，"
    "或将 engine.kind 设为 embedded。",
    status=503,
)  # fmt: skip
DIVERGED = Code(
    "cometbft", 4, "diverged",
    "Consensus stopped on this node: {why}. Its ledger does not agree with the other validators, or its disk "
    "is damaged. Run `dongting audit`, then begin this node anew from the others.",
    "本节点的共识已停止：{why}。其账本与其他验证者不一致，或磁盘已损坏。"
    "请运行 `dongting audit`，然后从其他节点重新同步本节点。",
    status=503,
)  # fmt: skip
STALLED = Code(
    "cometbft", 5, "stalled",
    "No block for {seconds} seconds while statements wait: of {validators} validators, {peers} others are "
    "connected, and more than two thirds must agree. Waiting statements are kept and sent again until they "
    "expire.",
    "已 {seconds} 秒没有新区块，且有声明等待：共 {validators} 个验证者，已连接其他 {peers} 个，"
    "须超过三分之二达成一致。等待中的声明会保留并重发，直至过期。",
    status=503,
)  # fmt: skip
NO_ROOM = Code(
    "cometbft", 30, "no-room",
    "No room is left for CometBFT on this node's disk: {why}. The other validators go on. Free some space, "
    "then start the node again; it fetches what it missed.",
    "本节点磁盘上已没有 CometBFT 可用的空间：{why}。其他验证者不受影响。请清理空间后重新启动本节点，"
    "它会自行补齐缺失的区块。",
    status=507,
)  # fmt: skip
