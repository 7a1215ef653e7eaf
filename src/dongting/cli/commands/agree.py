"""Coming to an agreement: request, offer, counter, accept, agree, decline; suspend, resume, renew, terminate.

Whoever signs terms reads them first: they are fetched, checked against their commitment and the public
period, and shown before anything is signed.
"""

from typing import Any

import msgspec

from dongting.apps.sharing import Terms, check_terms
from dongting.cli.acting import ACTIONS, Draft, converted
from dongting.cli.derived import derive
from dongting.cli.language import Command, Option
from dongting.cli.moments import seconds_of, today
from dongting.cli.preview import Words
from dongting.cli.session import Session
from dongting.sdk.client import Client

NEGOTIATION, AGREEMENT = "sharing.negotiation", "sharing.agreement"


def _terms(client: Client, commitment: str) -> dict[str, Any]:
    body: dict[str, Any] = msgspec.json.decode(client.parts.get(commitment).content)
    return body


def _show(told: Session, client: Client, draft: Draft, commitment: str, start: int, end: int) -> None:
    """Put the terms before the person, after checking that they are what was signed."""
    body = _terms(client, commitment)
    check_terms(converted(draft.action, body, Terms), start, end)
    words = Words(told.language, client.network.genesis.zone)
    for label, value in (("start", start), ("end", end)):
        named = told.text(*{"start": ("From", "起始时间"), "end": ("Until", "截止时间")}[label])
        draft.notes.append((named, words.value(_INSTANT, value)))
    draft.notes += list(words.fields(Terms, body))


def _new_terms(told: Session, client: Client, draft: Draft, given: dict[str, Any]) -> None:
    zone = client.network.genesis.zone
    if given.get("until"):
        draft.arguments["end"] = seconds_of(given["until"], zone, closes=True)
    if given.get("since"):
        draft.arguments["start"] = seconds_of(given["since"], zone)
    before = None
    if draft.action.name != "sharing/request":
        before = client.records.get(NEGOTIATION, given["subject"]).record
        draft.arguments.setdefault("start", before["start"])
        draft.arguments.setdefault("end", before["end"])
        draft.parts["terms"] = _merged(_terms(client, before["terms"]), draft.parts.get("terms", {}))
    else:
        draft.arguments.setdefault("start", today(zone))
    terms, start, end = draft.parts.get("terms"), draft.arguments.get("start"), draft.arguments.get("end")
    if terms is not None and start is not None and end is not None:
        check_terms(converted(draft.action, terms, Terms), start, end)


def _merged(before: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """The terms that stood, with what is changed; their own period gives way to the public one."""
    kept = {name: value for name, value in before.items() if name not in ("start", "end")}
    return {**kept, **changes}


def _request(told: Session, client: Client, draft: Draft, given: dict[str, Any]) -> None:
    draft.arguments["dataset"] = given["dataset"]
    _new_terms(told, client, draft, given)


def _same_terms(told: Session, client: Client, draft: Draft, given: dict[str, Any]) -> None:
    found = client.records.get(NEGOTIATION, given["subject"]).record
    draft.arguments["terms"] = found["terms"]
    _show(told, client, draft, found["terms"], found["start"], found["end"])


def _renew(told: Session, client: Client, draft: Draft, given: dict[str, Any]) -> None:
    found = client.records.get(AGREEMENT, given["subject"]).record
    if given.get("until"):
        draft.arguments["end"] = seconds_of(given["until"], client.network.genesis.zone, closes=True)
    elif found.get("renewal_end"):
        draft.arguments.setdefault("end", found["renewal_end"])
    draft.arguments["terms"] = found["terms"]
    draft.notes += list(
        Words(told.language, client.network.genesis.zone).fields(Terms, _terms(client, found["terms"]))
    )


_UNTIL = Option(["--until"], metavar="DAY", text=(
    "The last day (same as --end)", "最后一日（同 --end）"
))  # fmt: skip
_SINCE = Option(["--since"], metavar="DAY", text=(
    "The first day; today unless given (same as --start)", "起始日，默认今日（同 --start）"
))  # fmt: skip
_INSTANT = next(f.type for f in msgspec.structs.fields(Terms) if f.name == "end")


def _simple(action: str, en: str, zh: str) -> Command:
    return derive(ACTIONS[f"sharing/{action}"], subject=True, text=(en, zh))


def _terms_command(action: str, en: str, zh: str) -> Command:
    return derive(
        ACTIONS[f"sharing/{action}"], subject=True, text=(en, zh), extra=[_UNTIL, _SINCE], prepare=_new_terms
    )


def _signing(action: str, en: str, zh: str) -> Command:
    return derive(
        ACTIONS[f"sharing/{action}"], subject=True, text=(en, zh), hidden=("terms",), prepare=_same_terms
    )


request = derive(
    ACTIONS["sharing/request"],
    text=(
        "Request the DATASET under terms that only the parties read: purpose, legal basis, limits.",
        "按条款申请 DATASET；用途、依据和限制仅双方可见。",
    ),
    hidden=("dataset",),
    extra=[_UNTIL, _SINCE],
    words=("dataset",),
    prepare=_request,
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
    prepare=_renew,
)
