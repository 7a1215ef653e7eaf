"""What is wrong in a consortium though this node may well be right, in plain words: for log, metrics, people.

Evidence is shown alike on every node; what is to follow from it, the founders decide by vote.
"""

from collections.abc import Iterator

from dongting.engines.cometbft.engine import CometBFT
from dongting.errors import Code, Refused
from dongting.kernel.machine import Machine
from dongting.node.validators import history
from dongting.wire.commit import address
from dongting.wire.keys import from_base64, public_key

DOUBLE_SIGNED = Code(
    "cometbft", 17, "double-signed",
    "The validator of {owner} signed two different things at CometBFT's height {height}; the blocks hold the "
    "evidence ({kind}). Its key runs in two places, or it deceives. Its operator stops both and makes a new "
    "key; the founders can remove it (`dongting network change-validators --remove {owner}`). Nothing that "
    "was accepted is in doubt while more than two thirds of the power are honest.",
    "{owner} 的验证者在 CometBFT 高度 {height} 签署了两份不同内容，区块中已有证据（{kind}）。"
    "其密钥可能在两处运行，或存在欺骗。其运营方应停止两处并更换密钥；"
    "发起方可将其移除（`dongting network change-validators --remove {owner}`）。"
    "只要超过三分之二的权重诚实，已接受的内容不受影响。",
)  # fmt: skip
OTHER_HISTORY = Code(
    "cometbft", 18, "other-history",
    "A log key of {owner} signed a checkpoint of {size} leaves that is of another history than this ledger: "
    "one of the two nodes was changed, or deceives. The signed note is kept in {file}. Run `dongting audit` "
    "on both, and show the note to the other founders.",
    "{owner} 的日志密钥签署了 {size} 条的检查点，与本账本的历史不同：两个节点之一已被改动或存在欺骗。"
    "已签名的检查点保存在 {file}。请在两个节点上运行 `dongting audit`，并向其他发起方出示该检查点。",
)  # fmt: skip
SILENT = Code(
    "cometbft", 19, "validator-silent",
    "The votes of {owner}'s validator are missing from the last {blocks} blocks: it is stopped, slow, cut "
    "off, or it has halted. Ask its operator to look at `dongting status` there. The others go on as "
    "long as they hold more than two thirds of the power.",
    "最近 {blocks} 个区块缺少 {owner} 验证者的表决：它已停止、缓慢、断网或自行停机。"
    "请其运营方在该节点查看 `dongting status`。其他验证者权重超过三分之二时继续运行。",
)  # fmt: skip
LAGGING = Code(
    "cometbft", 20, "lagging",
    "This node is {blocks} of CometBFT's blocks behind the others, so what it shows is old. It catches up by "
    "itself; if the number grows, look at its network, processor and disk.",
    "本节点落后其他节点 {blocks} 个 CometBFT 区块，所示内容可能陈旧。它会自动追上；"
    "若数字持续增大，请检查网络、处理器和磁盘。",
)  # fmt: skip

ALARMS = (DOUBLE_SIGNED, OTHER_HISTORY, SILENT, LAGGING)
BEHIND = 20  # blocks


def alarms(machine: Machine, engine: CometBFT, contradictions: Iterator[Refused]) -> list[Refused]:
    """What there is to be alarmed about, the worst first."""
    owners = owner_of(machine)
    found = [
        Refused(DOUBLE_SIGNED, owner=owners.get(each.address, each.address.hex()), height=each.height,
                kind=each.kind)
        for each in engine.misbehaved
    ]  # fmt: skip
    found += contradictions
    found += [
        Refused(SILENT, owner=owners.get(address, address.hex()), blocks=blocks)
        for address, blocks in sorted(engine.silent.items())
    ]
    if engine.behind > BEHIND:
        found.append(Refused(LAGGING, blocks=engine.behind))
    return found


def owner_of(machine: Machine) -> dict[bytes, str]:
    """Who answers for each validator's address, former ones too."""
    keys = {m.consensus: m.owner for record in history(machine) for m in record.members}
    return {address(public_key(from_base64(key)).raw): owner for key, owner in keys.items() if key}
