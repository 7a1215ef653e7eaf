"""What an audit can find, in words for people: each finding says where, and what does not hold.

Numbers are stable for ever. A finding about a key of the store names its table and the key in plain words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dongting.errors import Code, Language, Refused
from dongting.kernel.replay import EPOCH
from dongting.wire.tiles import Tile

OTHER_GENESIS = Code(
    "audit", 1, "other-genesis",
    "The stored genesis document is not the one of this network.",
    "存储的创世文件不是本网络的创世文件。",
)  # fmt: skip
LEAF_MISSING = Code(
    "audit", 2, "leaf-missing",
    "Leaf {index} is missing: after leaf {before} the store goes on with leaf {found}.",
    "缺少第 {index} 条：第 {before} 条之后存储的是第 {found} 条。",
)  # fmt: skip
LEAF_DAMAGED = Code(
    "audit", 3, "leaf-damaged",
    "Leaf {index} (block {height}) is neither a statement nor a block end: {why}",
    "第 {index} 条（区块 {height}）既不是声明也不是区块结束标记：{why}",
)  # fmt: skip
SIGNATURE_WRONG = Code(
    "audit", 4, "signature-wrong",
    "Leaf {index} (block {height}): the signature by key {kid} does not belong to these bytes.",
    "第 {index} 条（区块 {height}）：密钥 {kid} 的签名与内容不符。",
)  # fmt: skip
KEY_UNKNOWN = Code(
    "audit", 5, "key-unknown",
    "Leaf {index} (block {height}) is signed with key {kid}, which was not registered at that point.",
    "第 {index} 条（区块 {height}）由密钥 {kid} 签名，而该密钥当时尚未登记。",
)  # fmt: skip
NOT_ACCEPTED = Code(
    "audit", 6, "not-accepted",
    "Leaf {index} (block {height}) holds a statement that is not accepted there: {why}",
    "第 {index} 条（区块 {height}）的声明在该处不应被接受：{why}",
)  # fmt: skip
BLOCK_END_DIFFERS = Code(
    "audit", 7, "block-end-differs",
    "Leaf {index} closes block {height} with {stored}; derived: {derived}.",
    "第 {index} 条为区块 {height} 的结束标记，内容为 {stored}；推导结果为：{derived}。",
)  # fmt: skip
KEY_MISSING = Code(
    "audit", 8, "entry-missing",
    "{table_en}: {where} is missing.",
    "{table_zh}：缺少 {where}。",
)  # fmt: skip
KEY_EXTRA = Code(
    "audit", 9, "entry-extra",
    "{table_en}: {where} is stored, but nothing in the log leads to it.",
    "{table_zh}：存有 {where}，但日志中没有其来源。",
)  # fmt: skip
VALUE_DIFFERS = Code(
    "audit", 10, "entry-differs",
    "{table_en}: {where} is stored with other bytes than the log leads to.",
    "{table_zh}：{where} 的存储内容与日志推导结果不一致。",
)  # fmt: skip
SUFFIX_LOST = Code(
    "audit", 11, "suffix-lost",
    "The head of the ledger stands at block {height} with {size} leaves; the log ends with leaf {last}.",
    "账本头部为区块 {height}、共 {size} 条；而日志止于第 {last} 条。",
)  # fmt: skip
BLOCK_OPEN = Code(
    "audit", 12, "block-not-closed",
    "The log ends with leaf {index}, a statement; the end of its block is missing.",
    "日志止于声明（第 {index} 条）；缺少其区块的结束标记。",
)  # fmt: skip
HEAD_DAMAGED = Code(
    "audit", 13, "head-damaged",
    "The head of the ledger is missing or damaged: {why}",
    "账本头部缺失或损坏：{why}",
)  # fmt: skip
HASH_DIFFERS = Code(
    "audit", 14, "hash-differs",
    "Leaf {index} does not have the hash that the log keeps for it in {tile}.",
    "第 {index} 条的散列与日志在 {tile} 中的记录不符。",
)  # fmt: skip
NOT_DERIVED = Code(
    "audit", 15, "not-derived",
    "Nothing after block {height} could be derived, so records and state were not compared.",
    "区块 {height} 之后无法推导，因此未比对记录和状态。",
)  # fmt: skip
CANNOT_EXECUTE = Code(
    "audit", 16, "cannot-execute",
    "Block {height} cannot be executed here: {why}",
    "本机无法执行区块 {height}：{why}",
)  # fmt: skip
STORE_DAMAGED = Code(
    "audit", 17, "store-damaged",
    "The store cannot be read: {why}",
    "存储无法读取：{why}",
)  # fmt: skip
MORE = Code(
    "audit", 18, "and-more",
    "{table_en}: {count} more differences.",
    "{table_zh}：另有 {count} 处差异。",
)  # fmt: skip

STORED_WRONG = Code(
    "audit", 19, "stored-version-wrong",
    "The stored version of {address} cannot be what a redacted statement left: {why}.",
    "所存的 {address} 版本不可能来自已删除正文的声明：{why}。",
)  # fmt: skip
MARKER_UNFOUNDED = Code(
    "audit", 20, "marker-unfounded",
    "{table_en}: {where} was replaced by the marker of a redaction, but no resolution decided one.",
    "{table_zh}：{where} 已被替换为删除标记，但没有相应的决议。",
)  # fmt: skip
NOT_REMOVED = Code(
    "audit", 21, "not-removed",
    "{table_en}: the text of {where} was redacted by resolution, but is still here. Start the node.",
    "{table_zh}：{where} 的正文已依决议删除，但仍在此处。请启动节点。",
)  # fmt: skip

#: Tables of the store by the first byte of their keys.
TABLES: Mapping[bytes, tuple[str, str]] = {
    b"m": ("Head and genesis", "头部与创世"),
    b"l": ("Log", "日志"),
    b"t": ("Tiles of the log", "日志瓦片"),
    b"b": ("Blocks", "区块"),
    b"r": ("Records", "记录"),
    b"v": ("Earlier versions", "历史版本"),
    b"s": ("State tree", "状态树"),
    b"c": ("Replay window", "防重放窗口"),
}
UNKNOWN_TABLE = ("Unknown table", "未知的表")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not hold; `facts` fill the text of its code."""

    code: Code
    facts: Mapping[str, Any]

    def text(self, language: Language = "en") -> str:
        """What does not hold and where, for people."""
        facts = {
            name: value.text(language) if isinstance(value, Refused) else value
            for name, value in self.facts.items()
        }
        return (self.code.zh if language == "zh" else self.code.en).format(**facts)


def finding(code: Code, **facts: Any) -> Finding:
    """A finding with these facts."""
    return Finding(code, facts)


def place(key: bytes) -> dict[str, str]:
    """The table and the key in plain words, as facts of a finding."""
    table_en, table_zh = TABLES.get(key[:1], UNKNOWN_TABLE)
    return {"table_en": table_en, "table_zh": table_zh, "where": _where(key[:1], key[1:])}


def _where(table: bytes, rest: bytes) -> str:
    if table == b"l" and len(rest) == 8:
        return f"leaf {int.from_bytes(rest)}"
    if table == b"t" and len(rest) == 9:
        return Tile(rest[0], int.from_bytes(rest[1:])).path()
    if table == b"b" and len(rest) == 8:
        return f"block {int.from_bytes(rest)}"
    if table == b"v" and rest[-9:-8] == b"\x00":
        return f"{_ascii(rest[:-9])} version {int.from_bytes(rest[-8:])}"
    if table == b"s":
        return f"bucket {_ascii(rest) or '(root)'}"
    if table == b"c" and len(rest) > 21:
        epoch = int.from_bytes(rest[:5])
        return f"cti {rest[5:21].hex()} of {_ascii(rest[21:])} (from {epoch * EPOCH} s on)"
    return _ascii(rest) if table in TABLES else _ascii(table + rest)


def _ascii(data: bytes) -> str:
    return data.decode("ascii", "backslashreplace")[:200]
