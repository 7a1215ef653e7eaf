"""Handing over: `dongting deliver` and `dongting redeliver`.

`dongting.node.completing` makes what is delivered readable to the consumer, before the statement.
"""

from typing import Any

from dongting.cli.acting import ACTIONS, Draft
from dongting.cli.derived import derive
from dongting.cli.language import Option
from dongting.cli.session import Session
from dongting.errors import Code, require
from dongting.sdk.client import Client

SAY_WHERE = Code(
    "cli", 13, "say-where",
    "An external delivery needs --locator: where the data is handed over, for the consumer only.",
    "外部交付需要 --locator：说明数据的交付位置，仅需求方可见。",
)  # fmt: skip


def _handing_over(told: Session, client: Client, draft: Draft, given: dict[str, Any]) -> None:
    if "agreement" in given:
        draft.arguments["agreement"] = given["agreement"]
    if given["external"]:
        draft.arguments["kind"] = "external"
        require("locator" in draft.parts, SAY_WHERE)


_EXTERNAL = [
    Option(["--external"], is_flag=True, text=("The data moves outside", "数据在外部交付")),
]

deliver = derive(
    ACTIONS["sharing/deliver"],
    text=(
        "Deliver the latest version (or --version) under the AGREEMENT, also without a new request.",
        "在协议 AGREEMENT 下交付最新版本（或 --version 指定的版本），无需新的申请。",
    ),
    hidden=("id", "agreement", "content", "kind"),
    extra=_EXTERNAL,
    words=("agreement",),
    prepare=_handing_over,
)
redeliver = derive(
    ACTIONS["sharing/redeliver"],
    text=("Deliver again, in answer to the dispute about the delivery ID.", "针对交付 ID 的异议重新交付。"),
    subject=True,
    hidden=("content", "kind"),
    extra=_EXTERNAL,
    prepare=_handing_over,
)
