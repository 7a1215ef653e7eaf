"""Coming to an agreement: request, offer, counter, accept, agree, decline; suspend, resume, renew, terminate.

Whoever signs terms reads them first: `dongting.node.completing` fetches and checks them.
"""

from typing import Any

from dongting.cli.acting import ACTIONS, Draft
from dongting.cli.derived import derive
from dongting.cli.language import Command, Option
from dongting.cli.session import Session
from dongting.node.moments import seconds_of
from dongting.sdk.client import Client


def _period(told: Session, client: Client, draft: Draft, given: dict[str, Any]) -> None:
    """The public period, as the person gave it; the rest follows from the ledger."""
    zone = client.network.genesis.zone
    if given.get("until"):
        draft.arguments["end"] = seconds_of(given["until"], zone, closes=True)
    if given.get("since"):
        draft.arguments["start"] = seconds_of(given["since"], zone)
    if "dataset" in given:
        draft.arguments["dataset"] = given["dataset"]


_UNTIL = Option(["--until"], metavar="DAY", text=(
    "The last day (same as --end)", "最后一日（同 --end）"
))  # fmt: skip
_SINCE = Option(["--since"], metavar="DAY", text=(
    "The first day; today unless given (same as --start)", "起始日，默认今日（同 --start）"
))  # fmt: skip


def _simple(action: str, en: str, zh: str) -> Command:
    return derive(ACTIONS[f"sharing/{action}"], subject=True, text=(en, zh))


def _terms_command(action: str, en: str, zh: str) -> Command:
    return derive(
        ACTIONS[f"sharing/{action}"], subject=True, text=(en, zh), extra=[_UNTIL, _SINCE], prepare=_period
    )


def _signing(action: str, en: str, zh: str) -> Command:
    return derive(ACTIONS[f"sharing/{action}"], subject=True, text=(en, zh), hidden=("terms",))


request = derive(
    ACTIONS["sharing/request"],
    text=(
        "Request the DATASET under terms that only the parties read: purpose, legal basis, limits.",
        "按条款申请 DATASET；用途、依据和限制仅双方可见。",
    ),
    hidden=("dataset",),
    extra=[_UNTIL, _SINCE],
    words=("dataset",),
    prepare=_period,
)
offer = _terms_command(
    "offer",
    "Answer the request ID with changed terms; what you leave out stays as requested.",
    "对申请 ID 提出修改后的条款；未给出的部分保持不变。",
)
counter = _terms_command(
    "counter",
    "Answer the offer in ID with changed terms; what you leave out stays as offered.",
    "对 ID 中的要约提出修改后的条款；未给出的部分保持不变。",
)
accept = _signing(
    "accept",
    "Accept the offer in the request ID: its terms are shown, then signed.",
    "接受申请 ID 中的要约：先显示条款，再签署。",
)
agree = _signing(
    "agree",
    "Approve the request ID as it stands: its terms are shown, then signed.",
    "按原条款同意申请 ID：先显示条款，再签署。",
)
decline = _simple(
    "decline",
    "Decline the request ID, or take it back, with a reason that only the parties read.",
    "拒绝或撤回申请 ID，理由仅双方可见。",
)
suspend = _simple("suspend", "Suspend the agreement ID, with a reason.", "暂停协议 ID 并说明理由。")
resume = _simple("resume", "Resume the agreement ID that you suspended.", "恢复由本单位暂停的协议 ID。")
terminate = _simple("terminate", "End the agreement ID for good, with a reason.", "终止协议 ID 并说明理由。")
renew = derive(
    ACTIONS["sharing/renew"],
    subject=True,
    text=(
        "Give the agreement ID a later end. The other side confirms by the same command, without a day.",
        "为协议 ID 续期。对方以同一命令确认，无需再给出日期。",
    ),
    hidden=("terms",),
    extra=[_UNTIL],
    prepare=_period,
)
