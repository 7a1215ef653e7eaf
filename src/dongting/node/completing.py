"""Completing drafts: what follows from the ledger is filled in, so that people give only what they decide.

Whoever signs terms reads them first: they are fetched, checked against their commitment and the public
period, and shown. What is delivered is made readable to its consumer before the statement is sent.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from dongting.appkit.fields import Text
from dongting.apps.sharing import Terms, check_terms
from dongting.errors import Code, Refused
from dongting.node.drafting import Draft, Note, converted
from dongting.node.moments import today
from dongting.sdk.client import Client

NEGOTIATION, AGREEMENT, TRANSFER = "sharing.negotiation", "sharing.agreement", "sharing.transfer"
DATASET, VERSION = "catalogue.dataset", "catalogue.dataset-version"

_PERIOD = {"start": Text(en="From", zh="起始时间"), "end": Text(en="Until", zh="截止时间")}
_INSTANT = next(f.type for f in msgspec.structs.fields(Terms) if f.name == "end")
_COMPARED = Text(en="Fetched and compared", zh="已取回并比对")
_DIGEST = Text(en="Digest", zh="摘要")
NOTHING_TO_COMPARE = Code(
    "acting", 8, "nothing-to-compare",
    "The delivery {transfer} brought no file here. Compare what you received and give its commitment.",
    "交付 {transfer} 未向本节点交付文件。请比对所收内容，并给出其承诺值。",
)  # fmt: skip
_FOR_GOOD = Note(
    Text(en="This cannot be undone", zh="此操作不可撤销"),
    {
        "en": "the content, its data key and its salt are destroyed; proofs stay valid; holders are asked to "
        "destroy their copies",
        "zh": "内容、数据密钥和盐值将被销毁；证明仍然有效；持有方将被要求销毁副本",
    },
    Text,
)


def complete(client: Client, draft: Draft) -> None:
    """Fill in what follows from the ledger, and note what the person should see."""
    step = _STEPS.get(draft.action.name)
    if step is not None:
        step(client, draft)


def terms_of(client: Client, commitment: str) -> dict[str, Any]:
    """The terms behind a commitment, for a party to them."""
    body: dict[str, Any] = msgspec.json.decode(client.parts.get(commitment).content)
    return body


def _new_terms(client: Client, draft: Draft) -> None:
    arguments = draft.arguments
    if draft.action.name == "sharing/request":
        arguments.setdefault("start", today(client.network.genesis.zone))
    else:
        before = client.records.get(NEGOTIATION, str(arguments.get("id"))).record
        arguments.setdefault("start", before["start"])
        arguments.setdefault("end", before["end"])
        if not draft.whole:
            draft.parts["terms"] = _merged(terms_of(client, before["terms"]), draft.parts.get("terms", {}))
    terms, start, end = draft.parts.get("terms"), arguments.get("start"), arguments.get("end")
    if terms is not None and isinstance(start, int) and isinstance(end, int):
        check_terms(converted(draft.action, terms, Terms), start, end)


def _merged(before: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The terms that stood, with what is changed; their own period gives way to the public one."""
    kept = {name: value for name, value in before.items() if name not in ("start", "end")}
    return {**kept, **changes}


def _same_terms(client: Client, draft: Draft) -> None:
    found = client.records.get(NEGOTIATION, str(draft.arguments.get("id"))).record
    draft.arguments.setdefault("terms", found["terms"])
    body = terms_of(client, found["terms"])
    check_terms(converted(draft.action, body, Terms), found["start"], found["end"])
    draft.notes += [Note(label, found[name], _INSTANT) for name, label in _PERIOD.items()]
    _show_terms(draft, body)


def _renewal(client: Client, draft: Draft) -> None:
    found = client.records.get(AGREEMENT, str(draft.arguments.get("id"))).record
    if found.get("renewal_end"):
        draft.arguments.setdefault("end", found["renewal_end"])
    draft.arguments.setdefault("terms", found["terms"])
    _show_terms(draft, terms_of(client, found["terms"]))


def _show_terms(draft: Draft, body: Mapping[str, Any]) -> None:
    draft.notes.append(Note(Text(en="Terms", zh="条款"), dict(body), Terms))


def _delivery(client: Client, draft: Draft) -> None:
    agreement = client.records.get(AGREEMENT, str(draft.arguments.get("agreement")))
    number = agreement.record["deliveries"]
    last = client.records.get(TRANSFER, f"{agreement.id}.{number}")
    waits = last.record["state"] == "REQUESTED"
    draft.arguments.setdefault("id", last.id if waits else f"{agreement.id}.{number + 1}")
    _hand_over(client, draft, agreement.record)


def _redelivery(client: Client, draft: Draft) -> None:
    _hand_over(client, draft, client.records.get(TRANSFER, str(draft.arguments.get("id"))).record)


def _hand_over(client: Client, draft: Draft, about: Mapping[str, Any]) -> None:
    """The version that is handed over, made readable to the consumer once the person agreed."""
    dataset, consumer = about["dataset"], about["consumer"]
    latest = client.records.get(DATASET, dataset).record["latest"]
    number = draft.arguments.setdefault("version", latest)
    version = client.records.get(VERSION, f"{dataset}.{number}")
    content = version.record["content"]
    draft.arguments.setdefault("content", content["commitment"])
    external = draft.arguments.get("kind") == "external"
    address = None if external else content.get("address")
    draft.before.append(
        lambda: client.contents.share(content["commitment"], address, [consumer], version.address)
    )


def _receipt(client: Client, draft: Draft) -> None:
    """What was delivered is fetched and compared here: only what was compared is acknowledged."""
    if "content" in draft.arguments:
        return
    id = str(draft.arguments.get("id"))
    transfer = client.records.get(TRANSFER, id).record
    commitment, address = transfer.get("content"), transfer.get("address")
    if commitment is None or address is None:
        raise Refused(NOTHING_TO_COMPARE, transfer=id)
    client.private.mkdir(mode=0o700, parents=True, exist_ok=True)
    with TemporaryDirectory(dir=client.private) as directory:
        _, facts = client.contents.download(commitment, address, id, Path(directory) / "received")
    draft.arguments["content"] = commitment
    draft.notes += [Note(_COMPARED, facts.name), Note(_DIGEST, facts.digest)]


def _next_delivery(client: Client, draft: Draft) -> None:
    agreement = client.records.get(AGREEMENT, str(draft.arguments.get("agreement")))
    draft.arguments.setdefault("id", f"{agreement.id}.{agreement.record['deliveries'] + 1}")


def _next_version(client: Client, draft: Draft) -> None:
    dataset = client.records.get(DATASET, str(draft.arguments.get("id")))
    draft.arguments.setdefault("number", dataset.record["latest"] + 1)


def _erasure(client: Client, draft: Draft) -> None:
    dataset = client.records.get(DATASET, str(draft.arguments.get("id")))
    draft.arguments.setdefault("number", dataset.record["latest"])
    draft.notes.append(_FOR_GOOD)


#: Arguments that follow from the ledger, so that nobody is asked for them.
FILLED: Mapping[str, frozenset[str]] = {
    "catalogue/add-version": frozenset({"number"}),
    "catalogue/erase": frozenset(),
    "sharing/accept": frozenset({"terms"}),
    "sharing/agree": frozenset({"terms"}),
    "sharing/renew": frozenset({"terms"}),
    "sharing/request-delivery": frozenset({"id"}),
    "sharing/deliver": frozenset({"id", "content"}),
    "sharing/redeliver": frozenset({"content"}),
    "sharing/acknowledge": frozenset({"content"}),
}

_STEPS: dict[str, Callable[[Client, Draft], None]] = {
    "catalogue/add-version": _next_version,
    "catalogue/erase": _erasure,
    "sharing/request": _new_terms,
    "sharing/offer": _new_terms,
    "sharing/counter": _new_terms,
    "sharing/accept": _same_terms,
    "sharing/agree": _same_terms,
    "sharing/renew": _renewal,
    "sharing/request-delivery": _next_delivery,
    "sharing/deliver": _delivery,
    "sharing/redeliver": _redelivery,
    "sharing/acknowledge": _receipt,
}
