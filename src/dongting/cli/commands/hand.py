"""Handing over: `dongting deliver` and `dongting redeliver`.

A delivery seals the file's data key and the opening of its commitment to the consumer, before the statement.
"""

from typing import Any

from dongting.cli.acting import ACTIONS, Draft
from dongting.cli.commands.dataset import DATASET, VERSION
from dongting.cli.derived import derive
from dongting.cli.language import Option
from dongting.cli.session import Session
from dongting.errors import Code, require
from dongting.sdk.client import Client

AGREEMENT, TRANSFER = "sharing.agreement", "sharing.transfer"
SAY_WHERE = Code(
    "cli", 13, "say-where",
    "An external delivery needs --locator: where the data is handed over, for the consumer only.",
    "外部交付需要 --locator：说明数据的交付位置，仅需求方可见。",
)  # fmt: skip


def _content(client: Client, draft: Draft, given: dict[str, Any], dataset: str, consumer: str) -> None:
    """The version that is handed over, made readable to the consumer once the person agreed."""
    latest = client.records.get(DATASET, dataset).record["latest"]
    number = draft.arguments.setdefault("version", latest)
    version = client.records.get(VERSION, f"{dataset}.{number}")
    content = version.record["content"]
    draft.arguments["content"] = content["commitment"]
    address = None if given["external"] else content.get("address")
    draft.before.append(
        lambda: client.contents.share(content["commitment"], address, [consumer], version.address)
    )
    if given["external"]:
        draft.arguments["kind"] = "external"
        require("locator" in draft.parts, SAY_WHERE)


def _deliver(told: Session, client: Client, draft: Draft, given: dict[str, Any]) -> None:
    agreement = client.records.get(AGREEMENT, given["agreement"])
    number = agreement.record["deliveries"]
    last = client.records.get(TRANSFER, f"{agreement.id}.{number}")
    waits = last.record["state"] == "REQUESTED"
    draft.arguments["agreement"] = agreement.id
    draft.arguments["id"] = last.id if waits else f"{agreement.id}.{number + 1}"
    _content(client, draft, given, agreement.record["dataset"], agreement.record["consumer"])


def _redeliver(told: Session, client: Client, draft: Draft, given: dict[str, Any]) -> None:
    transfer = client.records.get(TRANSFER, given["subject"]).record
    _content(client, draft, given, transfer["dataset"], transfer["consumer"])


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
    prepare=_deliver,
)
redeliver = derive(
    ACTIONS["sharing/redeliver"],
    text=("Deliver again, in answer to the dispute about the delivery ID.", "针对交付 ID 的异议重新交付。"),
    subject=True,
    hidden=("content", "kind"),
    extra=_EXTERNAL,
    prepare=_redeliver,
)
