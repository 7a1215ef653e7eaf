"""Audit of a whole node: its ledger derived anew, its checkpoint file, and the files beside the ledger.

Runs beside a running node, on a consistent copy that the ledger's process makes. Signatures of a large
ledger are verified on all processors.
"""

import asyncio
import multiprocessing
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from multiprocessing.pool import Pool
from pathlib import Path

import msgspec

from dongting.apps import catalogue
from dongting.errors import Code, Fault, Refused
from dongting.kernel.audit import Audit, Report, Signed, Verify, key_of, verify_here
from dongting.kernel.entries import decode_entry
from dongting.kernel.findings import STORE_DAMAGED, Finding, finding
from dongting.kernel.machine import Machine
from dongting.node.checkpoints import saved
from dongting.node.erasures import of_version, remains
from dongting.node.home import Home, copy_ledger
from dongting.node.installed import VERSION_TYPE
from dongting.node.link import LEDGER_AWAY, Link, remote
from dongting.node.restored import log_keys
from dongting.store.ledger import LedgerStore
from dongting.wire import checkpoint as checkpoints
from dongting.wire.statement import Statement

CHECKPOINT_AHEAD = Code(
    "audit", 30, "checkpoint-not-extended",
    "The checkpoint file names {issued} leaves with another root or more than the {size} of the log: "
    "leaves are lost or were replaced.",
    "检查点文件记录了 {issued} 条，日志（{size} 条）未能延续：日志有丢失或被替换。",
)  # fmt: skip
CHECKPOINT_DAMAGED = Code(
    "audit", 31, "checkpoint-damaged",
    "The checkpoint file {path} is damaged: {why}",
    "检查点文件 {path} 已损坏：{why}",
)  # fmt: skip
FILE_DAMAGED = Code(
    "audit", 32, "file-damaged",
    "{path} is damaged; put it back from a backup, or have its owner send it again.",
    "{path} 已损坏；请从备份恢复，或请其所有者重新发送。",
)  # fmt: skip
FILE_MISSING = Code(
    "audit", 33, "file-missing",
    "The {what_en} of {version} is missing here: {name}.",
    "此处缺少 {version} 的{what_zh}：{name}。",
)  # fmt: skip
NOT_ERASED = Code(
    "audit", 34, "not-erased",
    "{version} was erased on the ledger, but its {what_en} is still here: {name}. Start the node.",
    "{version} 已在账本上删除，但其{what_zh}仍在此处：{name}。请启动节点。",
)  # fmt: skip

LARGE = 200_000  # leaves from which verifying in several processes is worth starting them
_BATCH = 256  # statements that a process verifies at a time


@dataclass(slots=True)
class NodeReport:
    """What an audit of a node saw: the ledger's report, and how many files were hashed."""

    ledger: Report
    files: int = 0
    beside: list[Finding] = field(default_factory=list)

    @property
    def findings(self) -> list[Finding]:
        """All that does not hold."""
        return [*self.ledger.findings, *self.beside]

    @property
    def clean(self) -> bool:
        """Whether everything was derived and everything holds."""
        return self.ledger.clean and not self.beside


def audit(home: Home, progress: Callable[[int], None] = lambda _: None) -> NodeReport:
    """Audit the node in that home, whether it runs or not; `progress` is told the leaves derived."""
    try:
        return _audit(home, progress)
    except Fault as fault:  # a store too damaged to be opened, or to be read to its end
        return NodeReport(Report(findings=[finding(STORE_DAMAGED, why=str(fault))]))


def _audit(home: Home, progress: Callable[[int], None]) -> NodeReport:
    issued = saved(home.path / "checkpoint")  # before the copy, which must extend it
    with copied(home) as store, scratch(home) as derived, verifier(_size(store)) as verify:
        work = Audit(store, derived, home.rules(), home.genesis_bytes(), verify=verify, progress=progress)
        report = NodeReport(work.run())
        report.beside += _damaged(home, report)
        if report.ledger.complete:
            report.beside += _checkpoint(home, work.machine, issued)
            report.beside += _missing(home, store)
        return report


@contextmanager
def copied(home: Home, *, exclusive: bool = False) -> Iterator[LedgerStore]:
    """The ledger as of now for reading: itself when no node runs on it, else a copy that is then removed.

    `exclusive` keeps others from opening it for writing meanwhile.
    """
    copy = asyncio.run(_ask_copy(home))
    if copy is None and exclusive:
        with closing(home.ledger()) as held:
            copy = copy_ledger(home, held)
    store = LedgerStore(copy, read_only=True) if copy else home.ledger(read_only=True)
    try:
        yield store
    finally:
        store.close()
        if copy is not None:
            shutil.rmtree(copy, ignore_errors=True)


async def _ask_copy(home: Home) -> Path | None:
    link = Link(home.socket)
    try:
        return Path(await remote(link).copy())
    except Refused as refusal:
        if refusal.code != LEDGER_AWAY:
            raise
        return None
    finally:
        await link.close()


@contextmanager
def scratch(home: Home) -> Iterator[LedgerStore]:
    """An empty ledger store on the disk of the home, removed in the end."""
    home.prepare()
    directory = Path(tempfile.mkdtemp(prefix="audit-", dir=home.path / "run"))
    store = LedgerStore(directory / "ledger", synced=False)
    try:
        yield store
    finally:
        store.close()
        shutil.rmtree(directory, ignore_errors=True)


def _size(store: LedgerStore) -> int:
    last = next(store.scan_back(b"l"), None)
    return 0 if last is None else int.from_bytes(last[0][1:])


# Signatures in several processes


@contextmanager
def verifier(size: int) -> Iterator[Verify]:
    """Verifies in this process, or on all processors when the log has at least `LARGE` leaves."""
    if size < LARGE:
        yield verify_here
        return
    with multiprocessing.get_context("spawn").Pool(os.cpu_count()) as pool:
        yield lambda signed: _verify_in(pool, signed)


def _verify_in(pool: Pool, signed: Signed) -> Callable[[], Sequence[bool]]:
    batches = [signed[at : at + _BATCH] for at in range(0, len(signed), _BATCH)]
    pending = pool.map_async(_judge, [[(s.data, s.alg, key) for s, key in batch] for batch in batches])
    return lambda: [verdict for batch in pending.get() for verdict in batch]


def _judge(batch: Sequence[tuple[bytes, int, bytes]]) -> list[bool]:
    return [_unsigned(data, alg).verify(key_of(key)) for data, alg, key in batch]


def _unsigned(data: bytes, alg: int) -> Statement:
    """Only what `Statement.verify` looks at; the statement was decoded in the process that asks."""
    return Statement(data, b"", "", "", "", "", 0, None, b"", b"", alg, b"")


# Beside the ledger


def _checkpoint(home: Home, machine: Machine, saved: tuple[bytes | None, bool]) -> Iterator[Finding]:
    path = home.path / "checkpoint"
    issued, damaged = saved
    if damaged:
        yield finding(CHECKPOINT_DAMAGED, path=path, why="one of its two places does not hold a whole note")
    if issued is None:
        return
    try:
        checkpoints.verify(issued, log_keys(machine))
    except Refused as refusal:
        yield finding(CHECKPOINT_DAMAGED, path=path, why=refusal)
        return
    found = checkpoints.decode(issued)
    if found.size > machine.head.size or machine.log.root_at(found.size) != found.root:
        yield finding(CHECKPOINT_AHEAD, issued=found.size, size=machine.head.size)


def _damaged(home: Home, report: NodeReport) -> Iterator[Finding]:
    files = home.files()
    report.files = sum(1 for _ in files.addresses())
    for store in (files, home.parts(), home.envelopes()):
        for damage in store.check():
            yield finding(FILE_DAMAGED, path=damage.path)


def _missing(home: Home, store: LedgerStore) -> Iterator[Finding]:
    """What the versions of datasets on the ledger need here, and what of erased ones is still here."""
    files, parts, envelopes = home.files(), home.parts(), home.envelopes()
    for _, data in store.scan(b"r" + VERSION_TYPE.encode() + b"/"):
        version = msgspec.json.decode(decode_entry(data).body, type=catalogue.DatasetVersion)
        address = version.content.address
        elsewhere = home.config.organisations and version.publisher not in home.config.organisations
        if address is None or elsewhere:
            continue
        commitment, gone = version.content.commitment, version.erased is not None
        left = remains(of_version(version), files, parts, envelopes) if gone else None
        there = [
            ("encrypted file", "加密文件", address, left.file if left else files.has(address)),
            ("envelopes", "数字信封", address, left.envelopes if left else envelopes.has(address)),
            ("salt", "盐值", commitment, left.salt if left else parts.has(commitment)),
        ]
        for what_en, what_zh, name, held in there:
            facts = {"version": version.id, "what_en": what_en, "what_zh": what_zh, "name": name}
            if held is gone:
                yield finding(NOT_ERASED if gone else FILE_MISSING, **facts)
