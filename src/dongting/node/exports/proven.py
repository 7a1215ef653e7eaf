"""What every document that tells a proven story shares: who, when, the methods, and how to check it.

A document is made from a proof file and from nothing else, after that has been verified: it says what the
file proves, holds the file, and is the same for the same file.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import msgspec

from dongting.errors import Code, Language, Refused
from dongting.node.exports.paper import Paper
from dongting.node.installed import APPS
from dongting.node.stories import Teller
from dongting.node.words import Words
from dongting.sdk.story import Event, RecordNow, Story
from dongting.sdk.verify import verify
from dongting.wire.merkle import leaf_hash
from dongting.wire.profile import Profile, profile_named, sha256

NOT_PROVEN_HERE = Code(
    "exports", 2, "not-in-the-proof",
    "The proof file does not tell of {address}; make one that does: dongting prove {address}.",
    "证明文件中没有 {address}；请用 dongting prove {address} 重新生成。",
    status=400,
)  # fmt: skip

ORGANISATION = "membership.organisation/"
ATTACHED = "proof.dongting"
PROOF_TYPE = "application/cbor"
_KINDS = {"SM2": "SM2 / SM3 (GB/T 32918.2—2016)", "ES256": "ECDSA P-256 / SHA-256 (FIPS 186-5)"}
_HASHES = {"sha-256": "SHA-256 (FIPS 180-4)", "sm3": "SM3 (GB/T 32905—2016)"}


@dataclass(frozen=True)
class Proven:
    """A verified proof file, told in one language. `url` is the address of a node that answers for it."""

    proof: bytes
    story: Story
    language: Language
    url: str

    @classmethod
    def read(cls, proof: bytes, network: str, language: Language, url: str) -> "Proven":
        """Verify a proof file against the network's id; refuses what does not prove all that it holds."""
        return cls(proof, verify(proof, network), language, url.rstrip("/"))

    @cached_property
    def teller(self) -> Teller:
        """Tells the story."""
        return Teller(self.story, self.language, APPS)

    @cached_property
    def words(self) -> Words:
        """Tells declared values."""
        return Words(self.language, self.story.zone)

    @property
    def profile(self) -> Profile:
        """The network's profile."""
        return profile_named(self.story.profile)

    @property
    def hash_name(self) -> str:
        """The network's hash with its standard."""
        return _HASHES[self.profile.hash_name]

    def say(self, en: str, zh: str) -> str:
        """The one that is in this language."""
        return zh if self.language == "zh" else en

    def record(self, address: str) -> RecordNow:
        """A record of the story; refuses one that the file does not tell of."""
        found = self.story.record(address)
        if found is None or found.body is None:
            raise Refused(NOT_PROVEN_HERE, address=address[:120])
        return found

    def organisation(self, id: str) -> str:
        """Name, id, and credit code as far as the file proves them."""
        told = self.teller.name(id)
        found = self.story.record(ORGANISATION + id)
        code = (found.body or {}).get("credit_code") if found is not None else None
        if code:
            told += self.say(f", unified social credit code {code}", f"，统一社会信用代码 {code}")
        return told

    def entry(self, event: Event) -> str:
        """The hash of a statement as a leaf of the log."""
        return leaf_hash(self.profile, event.statement).hex()

    def signature(self, event: Event) -> Iterator[tuple[str, str]]:
        """Who signed a statement with what, and where it stands."""
        key = self.story.keys[event.key]
        yield self.say("Signed by", "签署单位"), self.organisation(event.author)
        yield self.say("Recorded at", "入账时间"), self.teller.moment(event.time)
        yield (
            self.say("Date given by the signer", "签署方自述时间"),
            self.teller.moment(event.issued),
        )
        yield self.say("Signature", "签名算法"), _KINDS.get(key.suite, f"{key.suite} (RFC 8032)")
        yield self.say("Key thumbprint (RFC 9679)", "公钥指纹（RFC 9679）"), event.key
        place = self.say(
            f"entry {event.index}, block {event.height}", f"第 {event.index} 条，区块 {event.height}"
        )
        yield self.say("Place in the log", "日志位置"), place
        yield self.say("Hash of the statement", "声明哈希"), self.entry(event)

    def opened(self, commitment: str, content: type[msgspec.Struct]) -> list[tuple[str, str]]:
        """Labels and values of a part that the file opens; empty where it does not."""
        opening = self.story.openings.get(commitment)
        if opening is None or opening.content is None:
            return []
        try:
            body = msgspec.json.decode(opening.content)
            msgspec.convert(body, content)
        except msgspec.MsgspecError:
            return [("", opening.content[:2000].decode("utf-8", "replace"))]
        return list(self.words.fields(content, body))

    def anchors(self) -> Iterator[tuple[str, str]]:
        """The network, its log and the checkpoint under which everything is proven."""
        story = self.story
        yield self.say("Network", "网络"), self.teller.text(story.title)
        yield self.say("Network id", "网络标识"), story.network
        yield self.say("Log", "日志"), story.origin
        yield self.say("Root of the log", "日志根哈希"), story.root
        yield (
            self.say("State of the log", "日志状态"),
            self.say(
                f"{story.size} entries, {story.height} blocks", f"{story.size} 条、{story.height} 个区块"
            ),
        )
        yield (
            self.say("As of", "截至"),
            f"{self.teller.moment(story.time)} (UTC{story.zone})",
        )
        signers = self.say(", ", "、").join(self.organisation(owner) for owner in story.signers)
        yield self.say("Checkpoint signed by", "检查点签署方"), signers
        for witness in story.witnesses:
            yield self.say("Cosigned by", "见证方联署"), f"{witness.name}, {self.teller.moment(witness.time)}"
        yield self.say("SHA-256 of the proof file", "证明文件 SHA-256"), sha256(self.proof).hex()

    def checking(self, paper: Paper) -> None:
        """How to check the document without whoever gave it."""
        paper.items(
            [
                self.say(
                    f"Take the attached file {ATTACHED} out of this PDF (any PDF reader lists attachments). "
                    "It holds the signed statements, the keys, the paths to the signed root of the log and "
                    "the present records. Nothing printed here counts unless that file proves it.",
                    f"从本 PDF 中取出附件 {ATTACHED}（任何 PDF 阅读器均可列出附件）。该文件包含签名声明、密"
                    "钥、"
                    "至日志已签名根的路径以及记录的现状。此处所印内容，均以该文件能够证明者为准。",
                ),
                self.say(
                    "Check it on any computer without a network connection with the open-source program "
                    "Dongting, and compare the network id with one that you have from another source:",
                    "在任何一台无网络连接的计算机上用开源程序 Dongting 核验，并将网络标识与您从其他渠道获得"
                    "者比对：",
                ),
            ]
        )
        paper.code(f"dongting verify {ATTACHED} --network {self.story.network}")
        paper.items(
            [
                self.say(
                    "Or open the page /verify of any node of the network, disconnect, and drop the file "
                    "there: a second, independent implementation checks it inside the browser.",
                    "或打开网络中任一节点的 /verify 页面，断开网络后将文件拖入：另一套独立实现将在浏览器内"
                    "完成核验。",
                ),
                self.say(
                    "The formats are public standards, for which other programs exist: statements are "
                    "COSE_Sign1 (RFC 9052), the log is a Merkle tree (RFC 9162), receipts are COSE Receipts "
                    "(RFC 9942), checkpoints are C2SP signed notes. docs/wire.md of the program gives every "
                    "byte.",
                    "所用格式均为公开标准，另有其他程序可读：声明为 COSE_Sign1（RFC 9052），日志为默克尔树"
                    "（RFC 9162），回执为 COSE Receipts（RFC 9942），检查点为 C2SP 签名文本。"
                    "程序文档 docs/wire.md 说明每一个字节。",
                ),
            ],
            first=3,
        )

    def attach(self, paper: Paper) -> None:
        """Put the proof file into the document."""
        said = self.say("Proof file: verify it with dongting verify", "证明文件：可用 dongting verify 核验")
        paper.attach(ATTACHED, self.proof, PROOF_TYPE, said)
