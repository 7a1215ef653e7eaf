"""An evidence report for a court: what was recorded, when, by whom and how; how to check it; what it is not.

The last sections follow the Rules of Online Litigation of People's Courts (Supreme People's Court, Fa Shi
[2021] No. 12, in force since 1 August 2021), articles 16 to 19, on electronic data stored by blockchain.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dongting.node.exports.paper import Paper
from dongting.node.exports.proven import Proven
from dongting.node.stories import harmless
from dongting.sdk.story import FileCheck


@dataclass(frozen=True, slots=True)
class Compared:
    """A file that was compared with the story: its name, and what came out."""

    name: str
    check: FileCheck


def report(proven: Proven, compared: Iterable[Compared] = ()) -> bytes:
    """The report as PDF/A-3u with the proof file attached; `compared` are files that it is about."""
    say, teller, story = proven.say, proven.teller, proven.story
    title = say("Report on recorded electronic evidence", "电子数据存证报告")
    foot = f"{title} · {teller.text(story.title)} · {teller.moment(story.time)}"
    paper = Paper(title, story.network, proven.language, story.time, foot)
    paper.heading(title, say(
        "Made by the program Dongting from the proof file that is attached, after verifying it.",
        "由 Dongting 程序核验所附证明文件后据其生成。",
    ))  # fmt: skip
    paper.section(say("1. What this report rests on", "一、报告依据"))
    paper.paragraph(say(
        "This report states what the attached proof file proves, and nothing else. It is not the opinion of "
        "an expert, a notarial deed or legal advice. Whoever doubts a line checks the file (section 6).",
        "本报告仅陈述所附证明文件能够证明的事实，不是鉴定意见、公证文书或法律意见。对任何一行有疑问者，"
        "均可自行核验该文件（见第六部分）。",
    ))  # fmt: skip
    paper.facts(proven.anchors())
    _recorded(proven, paper)
    _files(proven, paper, list(compared))
    paper.section(say("4. How it stood at the checkpoint", "四、截至检查点时的状态"))
    for line in teller.standing():
        paper.paragraph(line.strip(), soft=line.startswith("    "))
    _methods(proven, paper)
    paper.section(say("6. How to check it without us", "六、如何不依赖我们进行核验"))
    proven.checking(paper)
    paper.section(say("7. What the ledger cannot prove", "七、账本不能证明的事项"))
    paper.items(_limits(proven))
    paper.section(say("8. The rules that apply", "八、有关审查规则"))
    _rules(proven, paper)
    proven.attach(paper)
    return paper.bytes()


def _recorded(proven: Proven, paper: Paper) -> None:
    say, teller = proven.say, proven.teller
    paper.section(say("2. What was recorded, when, and by whom", "二、记录了什么、何时记录、由谁记录"))
    for number, event in enumerate(proven.story.events, 1):
        paper.keep(50)
        paper.paragraph(f"({number}) {teller.sentence(event)}")
        paper.facts(proven.signature(event))
        for line in teller.parts(event):
            paper.paragraph(line.strip(), soft=True, indent=42)
        paper.ln(2)
    paper.paragraph(say("Signing keys:", "签名密钥："))
    for key in proven.story.keys.values():
        paper.paragraph(teller.key(key), soft=True)


def _files(proven: Proven, paper: Paper, compared: list[Compared]) -> None:
    say = proven.say
    paper.section(say("3. Contents and their digests", "三、内容及其摘要"))
    shown = False
    for opening in proven.story.openings.values():
        shown = True
        paper.facts(
            [
                (say("Commitment", "承诺值"), opening.commitment),
                (say(f"Digest, {proven.hash_name}", f"摘要，{proven.hash_name}"), opening.digest),
            ]
        )
    for one in compared:
        shown = True
        name = harmless(one.name)
        paper.paragraph(say(
            f"The file “{name}” has the digest {one.check.digest}. "
            + ("It is, byte for byte, the content committed to as " + ", ".join(one.check.commitments) + "."
               if one.check.commitments else "It is not a content that the proof file opens."),
            f"文件“{name}”的摘要为 {one.check.digest}。"
            + ("该文件与承诺值 " + "、".join(one.check.commitments) + " 所指内容逐字节一致。"
               if one.check.commitments else "该文件不是证明文件所开启的内容。"),
        ))  # fmt: skip
    if not shown:
        paper.paragraph(say(
            "The proof file opens no content. That the statements committed to what they name is proven.",
            "证明文件未开启任何内容；声明对其所指内容作出承诺这一点已得证。",
        ))  # fmt: skip


def _methods(proven: Proven, paper: Paper) -> None:
    say, hashed = proven.say, proven.hash_name
    paper.section(say("5. Methods", "五、所用方法"))
    paper.facts(
        [
            (say("Hash", "哈希算法"), hashed),
            (say("Statements", "签名声明"), say(
                "COSE_Sign1 (RFC 9052) with CWT claims (RFC 9597) over canonical JSON (RFC 8785); one byte "
                "form "
                "only. Each organisation signs with its own private key; the node does not have it unless it "
                "hosts the organisation.",
                "COSE_Sign1（RFC 9052），携带 CWT 声明（RFC 9597），负载为规范化 JSON（RFC 8785），仅有一种"
                "字节形式。"
                "各单位以自有私钥签名；除托管单位外，节点不持有该私钥。",
            )),
            (say("Log", "日志"), say(
                f"A Merkle tree that only grows (RFC 9162) over {hashed}. Each block ends with a leaf that "
                "holds "
                "its time and the root of all records.",
                f"只增不改的默克尔树（RFC 9162），哈希为 {hashed}。每个区块以一个叶结束，其中包含时间与全部"
                "记录的根。",
            )),
            (say("Checkpoint", "检查点"), say(
                "Size and root of the log, signed by the log keys named in the genesis document (C2SP signed "
                "note). Checkpoints of one log must extend each other: whoever kept one can compare.",
                "日志的条数与根，由创世文件所列日志密钥签名（C2SP 签名文本）。同一日志的检查点必须前后延续，"
                "任何留存过检查点的人都可以比对。",
            )),
            (say("Commitments", "承诺值"), say(
                f"{hashed} of the label “dongting/part/v1” with a zero byte, 32 random bytes of salt, and "
                "the "
                f"{hashed} digest of the content. Who has content and salt recomputes it; nobody else learns "
                "anything of the content.",
                f"对标签“dongting/part/v1”加零字节、32 字节随机盐值与内容的 {hashed} 摘要依次拼接后再取 "
                f"{hashed}。"
                "持有内容与盐值者可以重算，其他人无从得知内容。",
            )),
            (say("Receipts", "回执"), say(
                f"COSE Receipts (RFC 9942), {len(proven.story.receipts)} in the file.",
                f"COSE Receipts（RFC 9942），文件中有 {len(proven.story.receipts)} 份。",
            )),
        ]
    )  # fmt: skip


def _limits(proven: Proven) -> Iterator[str]:
    say = proven.say
    yield say(
        "Nothing about the time before recording. The ledger proves that a content existed at the latest "
        "when "
        "it was recorded and has not changed since. It does not prove that the content was true, complete or "
        "authentic before, where it came from, how it was generated, or who first made it.",
        "不能证明上链（入账）之前的情况。账本证明某一内容至迟在入账时已经存在且此后未被改动，"
        "不证明该内容此前真实、完整或未经篡改，也不证明其来源、生成机制以及最初由谁制作。",
    )
    yield say(
        "Not which person acted. A signature shows that a private key of the organisation was used. Who had "
        "access to it is a matter of that organisation’s own controls.",
        "不能证明具体由何人操作。签名表明使用了该单位的私钥；何人可以使用该私钥，取决于该单位自身的管理。",
    )
    yield say(
        "Time only as the log’s operators state it. A statement’s own date and the block’s time may differ "
        "by "
        "at most thirty seconds ahead and ten minutes behind; both clocks are those of the participants. "
        + _witnessed(proven)[0],
        "时间以日志运营方的记载为准。声明自述时间与区块时间之差受限（提前不超过三十秒，滞后不超过十分钟），"
        "两者均来自参与方的时钟。" + _witnessed(proven)[1],
    )
    yield say(
        "Nothing of contents that the file does not open: there, only the commitment is proven.",
        "对证明文件未开启的内容，仅能证明承诺值本身。",
    )
    yield say(
        "Nothing after the checkpoint: a record may have changed since.",
        "不能证明检查点之后的情况：此后记录可能已有变更。",
    )


def _witnessed(proven: Proven) -> tuple[str, str]:
    number = len(proven.story.witnesses)
    if number:
        return (
            f"{number} independent witnesses cosigned the checkpoint with times of their own.",
            f"检查点另有 {number} 个独立见证方以各自时间联署。",
        )
    return (
        "No independent witness cosigned this checkpoint; a time stamp of a third party or the checkpoints "
        "kept "
        "by other members can support it.",
        "本检查点没有独立见证方联署；可以第三方时间戳或其他成员留存的检查点佐证。",
    )


#: The articles in short, (English, Chinese) each: their number, and what they say.
_ARTICLES = (
    (("Article 16", "第十六条"), (
        "Electronic data stored by blockchain technology and found consistent by technical verification "
        "may be held not to have been altered after it was put on the chain, unless contrary evidence "
        "suffices to rebut this. Section 6 describes the verification.",
        "经区块链技术存储并经技术核验一致的电子数据，可以认定上链后未经篡改，但有相反证据足以推翻的除外。技"
        "术核验方法见第六部分。",
    )),
    (("Article 17", "第十七条"), (
        "Where authenticity after that point is disputed with reasonable grounds, the court looks at: "
        "whether the platform complies with the state’s provisions on blockchain evidence services; "
        "whether a party has an interest in the platform and used technical means to interfere improperly; "
        "whether the platform’s system meets national or industry standards of cleanness, security, "
        "reliability and availability; whether technology and process meet such standards of system "
        "environment, technical security, encryption, data transmission and verification. Whoever submits "
        "this report states these facts of its node; who signed the checkpoint stands in section 1, who "
        "signed the statements in section 2.",
        "当事人对上链后的真实性有合理理由提出异议的，人民法院结合以下因素判断：存证平台是否符合国家有关区块"
        "链存证服务的规定；当事人与存证平台是否存在利害关系并利用技术手段不当干预取证、存证过程；平台信息系"
        "统是否符合清洁性、安全性、可靠性、可用性的国家或行业标准；存证技术和过程是否符合有关系统环境、技术"
        "安全、加密方式、数据传输、信息验证等方面的国家或行业标准。上述事实由提交本报告的一方就其节点说明；"
        "检查点签署方见第一部分，声明签署方见第二部分。",
    )),
    (("Article 18", "第十八条"), (
        "Where it is said, with evidence or reasons, that data was not authentic before it was put on the "
        "chain, the court examines this and may require the party to prove authenticity before storage, "
        "considering source, generation, storage, notarisation, third-party witnesses and corroborating "
        "data; what can neither be proven or explained nor be corroborated by other evidence is not held "
        "authentic. The ledger does not help there (section 7, number 1).",
        "当事人提出数据上链前已不具备真实性并提供证据或说明理由的，人民法院应当审查，可以要求提交方证明上链"
        "前的真实性，并结合数据来源、生成机制、存储过程、公证、第三方见证、关联印证数据等综合判断；不能证明或"
        "合理说明、也无法与其他证据相互印证的，不予确认其真实性。账本对此不能提供证明（见第七部分第1项）。",
    )),
    (("Article 19", "第十九条"), (
        "A party may ask for a person with expert knowledge to give an opinion on the technology; the "
        "court may, on request or of its own motion, commission an appraisal or obtain other evidence for "
        "comparison.",
        "当事人可以申请有专门知识的人就相关技术问题提出意见；人民法院可以依申请或者依职权委托鉴定，或者调取"
        "其他证据核对。",
    )),
)  # fmt: skip


def _rules(proven: Proven, paper: Paper) -> None:
    say = proven.say
    paper.paragraph(say(
        "Rules of Online Litigation of People’s Courts, Supreme People’s Court, Fa Shi [2021] No. 12, in "
        "force "
        "since 1 August 2021. Summary, not the wording; the court decides.",
        "《人民法院在线诉讼规则》（最高人民法院，法释〔2021〕12号，自2021年8月1日起施行）。以下为要旨而非原"
        "文，"
        "是否采信由人民法院认定。",
    ))  # fmt: skip
    paper.facts([(say(*article), say(*told)) for article, told in _ARTICLES], width=26)
