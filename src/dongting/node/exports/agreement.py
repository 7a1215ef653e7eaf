"""An agreement on paper: parties, terms in words, both signatures, how it stands, and its proof."""

from collections.abc import Iterator
from typing import Any

from dongting.apps.sharing.terms import Terms
from dongting.node.exports.paper import Paper, square
from dongting.node.exports.proven import Proven
from dongting.sdk.story import Event


def agreement(proven: Proven, id: str) -> bytes:
    """The agreement as PDF/A-3u; refuses a proof file that does not tell of it.

    Terms stand in it as far as the file opens them: whoever may read them is who made the file.
    """
    say, teller = proven.say, proven.teller
    found = proven.record(f"sharing.agreement/{id}")
    body: dict[str, Any] = found.body or {}
    title = say(f"Data sharing agreement {id}", f"数据共享协议 {id}")
    foot = f"{title} · {teller.text(proven.story.title)} · {teller.moment(proven.story.time)}"
    paper = Paper(title, found.address, proven.language, proven.story.time, foot)
    paper.heading(title, say(
        "Made from the proof file that is attached; what counts is that file.",
        "依据所附证明文件生成；以该文件为准。",
    ))  # fmt: skip
    paper.section(say("Parties", "协议双方"))
    paper.facts(
        [
            (say("Provider", "提供方"), proven.organisation(body["provider"])),
            (say("Consumer", "需求方"), proven.organisation(body["consumer"])),
        ]
    )
    paper.section(say("What is shared, and until when", "共享内容与期限"))
    paper.facts(_subject(proven, body))
    paper.section(say("Terms", "条款"))
    _terms(proven, paper, body["terms"])
    paper.section(say("Signatures", "签署"))
    signed = list(_signatures(proven, id, body["terms"]))
    for event in signed:
        paper.keep(50)
        paper.paragraph(teller.sentence(event))
        paper.facts(proven.signature(event))
        paper.ln(2)
    paper.section(say("What happened since the beginning", "全部经过"))
    for event in proven.story.events:
        paper.facts([(teller.moment(event.time), teller.sentence(event))])
    paper.section(say("How to check this", "如何核验"))
    paper.facts(proven.anchors())
    proven.checking(paper)
    if signed:
        address = f"{proven.url}/verify/{signed[-1].index}.{proven.entry(signed[-1])}"
        paper.code_square(square(address), address, say(
            "This page of the network shows, without any content, whether the last signature stands in the "
            "log as printed here.",
            "网络的此页面在不显示任何内容的前提下，说明最后一项签署是否如本文所印存在于日志中。",
        ))  # fmt: skip
    proven.attach(paper)
    return paper.bytes()


def _subject(proven: Proven, body: dict[str, Any]) -> Iterator[tuple[str, str]]:
    say, teller = proven.say, proven.teller
    dataset = proven.story.record(f"catalogue.dataset/{body['dataset']}")
    named = f"{teller.text(dataset.body['title'])} " if dataset is not None and dataset.body else ""
    yield say("Dataset", "数据集"), f"{named}({body['dataset']})"
    yield say("From", "起始时间"), teller.moment(body["start"])
    yield say("Until", "截止时间"), teller.moment(body["end"])
    yield say("Agreed", "订立时间"), teller.moment(body["agreed"])
    yield say("State", "状态"), _state(proven, body)
    yield say("Deliveries", "交付次数"), str(body["deliveries"])


def _state(proven: Proven, body: dict[str, Any]) -> str:
    """The state on record; that its time is over is a function of the record and the checkpoint's time."""
    shown = {"ACTIVE": ("in force", "有效"), "SUSPENDED": ("suspended", "已暂停")}
    ended = ("terminated", "已终止")
    told = proven.say(*shown.get(body["state"], ended))
    if body["state"] == "ACTIVE" and body["end"] <= proven.story.time:
        told += proven.say("; its time was over at the checkpoint", "；至检查点时期限已满")
    since = proven.teller.moment(body["since"])
    return told + proven.say(f", since {since}", f"，自 {since} 起")


def _terms(proven: Proven, paper: Paper, commitment: str) -> None:
    say = proven.say
    opened = proven.opened(commitment, Terms)
    if opened:
        paper.facts(opened)
    else:
        paper.paragraph(say(
            "The proof file does not open the terms: only the two parties read them. What stands on record "
            "is "
            "a commitment to them, which both signed.",
            "证明文件未开启条款：条款仅协议双方可读。账本所载为双方共同签署的条款承诺值。",
        ))  # fmt: skip
    pairs = [(say("Commitment to the terms", "条款承诺值"), commitment)]
    opening = proven.story.openings.get(commitment)
    if opening is not None:
        label = say(f"Digest of the terms, {proven.hash_name}", f"条款摘要，{proven.hash_name}")
        pairs.append((label, opening.digest))
    paper.facts(pairs)


def _signatures(proven: Proven, id: str, terms: str) -> Iterator[Event]:
    """The statements by which the two sides signed these very terms."""
    for event in proven.story.events:
        same = event.arguments.get("terms") == terms and event.subject.partition("/")[2] == id
        if same and event.action.startswith("sharing/"):
            yield event
