"""All commands, by section: where each lies and its one line of help. Nothing here imports them.

The commands of an application's actions are not listed: they follow from its declaration.
"""

from typing import NamedTuple

from dongting.cli.language import Pair


class Entry(NamedTuple):
    """Where a command lies (`module:attribute`) and what it does, in English and Chinese."""

    place: str
    text: Pair


_HERE = "dongting.cli.commands"

SECTIONS: tuple[tuple[Pair, dict[str, Entry]], ...] = (
    (
        ("The network and its node", "网络与节点"),
        {
            "network": Entry(
                f"{_HERE}.network:network", ("Create a network, or join one.", "创建或加入网络。")
            ),
            "node": Entry(
                f"{_HERE}.node:node",
                ("A node of your own that follows another.", "自有节点：跟随另一节点。"),
            ),
            "bundle": Entry(
                f"{_HERE}.bundle:bundle", ("Carry blocks and files by disk.", "以离线介质传递区块和文件。")
            ),
            "serve": Entry(f"{_HERE}.serve:serve", ("Run the node.", "运行节点。")),
            "status": Entry(
                f"{_HERE}.status:status", ("Show where the ledger stands.", "查看账本当前状态。")
            ),
            "keys": Entry(f"{_HERE}.keys:keys", ("Manage keys and keystores.", "管理密钥和密钥库。")),
            "people": Entry(
                f"{_HERE}.people:people", ("Links by which people come in.", "人员进入节点的链接。")
            ),
            "config": Entry(
                f"{_HERE}.config:config", ("Explain and check the settings.", "说明并检查设置。")
            ),
        },
    ),
    (
        ("Data: offer, find, share", "数据：发布、查找、共享"),
        {
            "dataset": Entry(
                f"{_HERE}.dataset:dataset",
                ("Publish a file as a dataset; versions, erasure.", "将文件发布为数据集；版本与删除。"),
            ),
            "search": Entry(
                f"{_HERE}.read:search",
                ("Find datasets and organisations by words.", "按关键词查找数据集和组织。"),
            ),
            "request": Entry(
                f"{_HERE}.agree:request", ("Request a dataset under terms.", "按条款申请数据集。")
            ),
            "offer": Entry(
                f"{_HERE}.agree:offer", ("Answer a request with other terms.", "对申请提出新条款。")
            ),
            "counter": Entry(
                f"{_HERE}.agree:counter", ("Answer an offer with terms of your own.", "对要约提出修改条款。")
            ),
            "accept": Entry(
                f"{_HERE}.agree:accept", ("Accept an offer; the agreement stands.", "接受要约，协议成立。")
            ),
            "agree": Entry(
                f"{_HERE}.agree:agree", ("Approve a request; the agreement stands.", "同意申请，协议成立。")
            ),
            "decline": Entry(
                f"{_HERE}.agree:decline",
                ("Decline or take back a request, with a reason.", "拒绝或撤回申请并说明理由。"),
            ),
            "deliver": Entry(
                f"{_HERE}.hand:deliver", ("Deliver data under an agreement.", "在协议下交付数据。")
            ),
            "redeliver": Entry(
                f"{_HERE}.hand:redeliver", ("Deliver again, in answer to a dispute.", "针对异议重新交付。")
            ),
            "download": Entry(
                f"{_HERE}.receive:download", ("Download what was delivered.", "下载已交付的数据。")
            ),
            "acknowledge": Entry(
                f"{_HERE}.receive:acknowledge",
                ("Compare what arrived and acknowledge it, or dispute it.", "比对所收数据，确认或提出异议。"),
            ),
            "dispute": Entry(
                f"{_HERE}.receive:dispute",
                ("Say that what arrived is not what was announced.", "说明所收数据与约定不符。"),
            ),
            "suspend": Entry(
                f"{_HERE}.agree:suspend", ("Suspend an agreement, with a reason.", "暂停协议并说明理由。")
            ),
            "resume": Entry(f"{_HERE}.agree:resume", ("Resume an agreement.", "恢复协议。")),
            "renew": Entry(f"{_HERE}.agree:renew", ("Give an agreement a later end.", "续期协议。")),
            "terminate": Entry(
                f"{_HERE}.agree:terminate", ("End an agreement, with a reason.", "终止协议并说明理由。")
            ),
            "destroyed": Entry(
                f"{_HERE}.receive:destroyed",
                ("Answer on record that a copy was destroyed, or why not.", "登记答复副本已销毁或无法销毁。"),
            ),
            "agreement": Entry(f"{_HERE}.papers:agreement", ("Agreements on paper.", "协议文本。")),
            "evidence": Entry(
                f"{_HERE}.evidence:evidence",
                ("Prove that a file existed at a time, unchanged.", "证明文件在某时已存在且未改动。"),
            ),
        },
    ),
    (
        ("Look and prove", "查看与证明"),
        {
            "inbox": Entry(f"{_HERE}.read:inbox", ("What waits for you, and by when.", "待办事项及期限。")),
            "list": Entry(f"{_HERE}.read:list_records", ("List records of a type.", "列出某类记录。")),
            "show": Entry(
                f"{_HERE}.read:show", ("Show one record and its history.", "查看一条记录及其历史。")
            ),
            "read": Entry(
                f"{_HERE}.read:read_part",
                ("Read a part that is meant for you, such as terms.", "读取发给本单位的内容，如条款。"),
            ),
            "fate": Entry(f"{_HERE}.status:fate", ("What became of a statement.", "查询声明的处理结果。")),
            "prove": Entry(
                f"{_HERE}.prove:prove", ("Write your proof file of a story.", "生成某一过程的证明文件。")
            ),
            "verify": Entry(
                "dongting.cli.verify:verify", ("Verify a proof file offline.", "离线验证证明文件。")
            ),
            "audit-log": Entry(
                f"{_HERE}.audit_log:audit_log",
                ("What people did at the node; verify an export.", "人员操作记录；验证其导出文件。"),
            ),
            "audit": Entry(
                f"{_HERE}.audit:audit",
                ("Derive the whole ledger again from its bytes.", "从存储字节重新推导整个账本。"),
            ),
        },
    ),
    (
        ("Operate", "运维"),
        {
            "backup": Entry(f"{_HERE}.backup:backup", ("Back up a running node.", "备份运行中的节点。")),
            "restore": Entry(
                f"{_HERE}.backup:restore", ("Restore a node from a backup.", "从备份恢复节点。")
            ),
            "confirm-restore": Entry(
                f"{_HERE}.backup:confirm_restore",
                ("Let a restored node go on, on record.", "确认恢复并记录，使节点继续运行。"),
            ),
            "erasures": Entry(
                f"{_HERE}.backup:erasures",
                ("Write the list of all erasures for a restore.", "导出删除清单，供恢复时使用。"),
            ),
            "migrate": Entry(
                f"{_HERE}.rebuild:migrate",
                ("Bring a ledger store to the present format.", "将账本存储升级到当前格式。"),
            ),
            "rebuild-views": Entry(
                f"{_HERE}.rebuild:rebuild_views",
                ("Build the views anew from the ledger.", "根据账本重建视图。"),
            ),
            "actions": Entry(
                f"{_HERE}.actions:actions",
                ("All actions of the installed applications.", "已安装应用的全部操作。"),
            ),
        },
    ),
)

COMMANDS: dict[str, Entry] = {name: entry for _, entries in SECTIONS for name, entry in entries.items()}

#: Commands of an application beside those of its actions.
BESIDE: dict[str, dict[str, str]] = {
    "catalogue": {
        "import": f"{_HERE}.catalogue:import_catalogue",
        "template": f"{_HERE}.catalogue:template",
    },
}

#: Actions whose own command is friendlier than the derived one.
FRIENDLY: dict[str, str] = {
    "catalogue/publish": f"{_HERE}.dataset:publish",
    "catalogue/add-version": f"{_HERE}.dataset:add_version",
    "catalogue/erase": f"{_HERE}.dataset:erase",
    "evidence/register": f"{_HERE}.evidence:register",
    "sharing/request": f"{_HERE}.agree:request",
    "sharing/offer": f"{_HERE}.agree:offer",
    "sharing/counter": f"{_HERE}.agree:counter",
    "sharing/accept": f"{_HERE}.agree:accept",
    "sharing/agree": f"{_HERE}.agree:agree",
    "sharing/renew": f"{_HERE}.agree:renew",
    "sharing/deliver": f"{_HERE}.hand:deliver",
    "sharing/redeliver": f"{_HERE}.hand:redeliver",
    "sharing/acknowledge": f"{_HERE}.receive:acknowledge",
    "sharing/dispute": f"{_HERE}.receive:dispute",
}
