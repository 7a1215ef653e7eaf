"""Assemble proof files from an open ledger: all paths lead to its newest checkpoint.

What belongs to a story is not known here: it follows from the references and the related addresses that
record types declare.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec

from dongting.appkit.fields import extras
from dongting.apps import governance, membership
from dongting.errors import Code, Fault, Refused, require
from dongting.kernel.entries import BlockRecord, decode_entry, record_key, version_key
from dongting.kernel.machine import Machine
from dongting.node.redactions import REDACTION
from dongting.wire import checkpoint as checkpoints
from dongting.wire import excerpt
from dongting.wire.proof import Proof
from dongting.wire.state import key_hash
from dongting.wire.statement import Statement, opened

MAX_RECORDS = 2_000
MAX_STATEMENTS = 10_000
MAX_BYTES = 32 * 2**20  # of statements, and of the versions of one record
_READ = 64  # versions read at a time

TOO_MUCH = Code(
    "node", 60, "story-too-large",
    "This story has more than {limit} {what}; ask for a proof of fewer records.",
    "该过程包含的{what}超过 {limit}；请减少需要证明的记录。",
    status=413,
)  # fmt: skip
NOTHING_YET = Code(
    "node", 61, "nothing-to-prove-yet",
    "The newest signed checkpoint does not cover the newest block; unlock the node, or ask again later.",
    "最新签署的检查点尚未覆盖最新区块；请解锁节点，或稍后再试。",
    status=503,
)  # fmt: skip
NO_ADDRESSES = Code(
    "node", 62, "no-addresses",
    "Name at least one record, as app.type/id.",
    "请至少给出一条记录的地址，格式为 app.type/id。",
    status=400,
)  # fmt: skip

KEY_REDACTED = Code(
    "node", 63, "key-registration-redacted",
    "This cannot be proven offline: the statement that registered the key {key} was redacted. "
    "Ask for a proof of other records, or for receipts of single statements.",
    "无法离线证明：登记密钥 {key} 的声明已被删除正文。请改为证明其他记录，或索取单条声明的回执。",
    status=410,
)  # fmt: skip

ORGANISATION = membership.app.records[membership.Organisation].name
SIGNING_KEY = membership.app.records[membership.SigningKey].name
_COUNTED = re.compile(r"\{1\.\.(\w+)\}")


def assemble(machine: Machine, genesis: bytes, note: bytes, addresses: Sequence[str]) -> Proof:
    """The proof file over these records: their statements, those behind the keys, and all present states.

    `note` is the checkpoint of the present head. An address without a record is proven to be absent.
    """
    require(addresses, NO_ADDRESSES)
    head = machine.head
    require(head.size and checkpoints.decode(note).size == head.size, NOTHING_YET)
    story = _Story(machine)
    for address in addresses:
        story.take(address)
    story.take_signers()
    leaves = story.leaves()
    records = sorted(story.entries.items())
    profile = machine.profile
    keys = [key_hash(address, profile) for address, _ in records]
    return Proof(
        genesis=genesis,
        checkpoint=note,
        leaves=tuple(leaves),
        path=tuple(machine.log.inclusion_of([index for index, _ in leaves])),
        records=tuple(records),
        state=tuple(excerpt.merge({key: machine.tree.prove(key) for key in keys})),
    )


def follow(machine: Machine, addresses: Sequence[str]) -> list[str]:
    """These records and all that belong to their story, as the declarations of their types say.

    References and related addresses of every version count; those without a record are left out,
    except where asked for.
    """
    found = dict.fromkeys(addresses)
    waiting = list(found)
    while waiting:
        for address in _named(machine, waiting.pop()):
            if address not in found and machine.store.get(record_key(address)) is not None:
                found[address] = None
                waiting.append(address)
                require(len(found) <= MAX_RECORDS, TOO_MUCH, limit=MAX_RECORDS, what="records")
    return list(found)


def _named(machine: Machine, address: str) -> Iterator[str]:
    """The addresses that the versions of a record name."""
    typed = machine.rules.by_name.get(address.partition("/")[0])
    if typed is None:
        return
    declared = typed.declared
    references = _references(declared.struct)
    for place, entry in enumerate(_versions(machine, address)):
        body = msgspec.json.decode(decode_entry(entry).body)
        for name, record in references.items():
            values = body.get(name)
            for value in values if isinstance(values, list) else [values]:
                if isinstance(value, str):
                    yield f"{record}/{value}"
        for template in declared.related:
            if place == 0 or not _COUNTED.search(template):  # a count grows, so the present one has all
                yield from _addresses(template, body)


@cache
def _references(struct: type[msgspec.Struct]) -> Mapping[str, str]:
    """The fields of a record type that hold ids of other records, and of which type these are."""
    found = {}
    for field in msgspec.structs.fields(struct):
        for extra in extras(field.type):
            if extra.get("kind") == "reference":
                found[field.encode_name] = extra["record"]
    return found


def _addresses(template: str, body: Mapping[str, Any]) -> Iterator[str]:
    """The addresses that a related template gives for a record; none where a field is not set."""
    counted = _COUNTED.search(template)
    numbers: Sequence[object] = [""]
    if counted is not None:
        numbers = range(1, int(body[counted[1]]) + 1)
        template = _COUNTED.sub("{_n}", template)
    for number in numbers:
        values = {**body, "_n": number}
        if all(values[name] is not None for name in re.findall(r"\{(\w+)\}", template)):
            yield template.format(**values)


def _versions(machine: Machine, address: str) -> list[bytes]:
    """The stored entries of a record, the present one first; none when there is no such record."""
    present = machine.store.get(record_key(address)) if address.isascii() else None
    if present is None:
        return []
    count = decode_entry(present).version
    require(count <= MAX_STATEMENTS, TOO_MUCH, limit=MAX_STATEMENTS, what="statements")
    found, size = [present], 0
    for start in range(1, count, _READ):
        for entry in machine.store.get_many(
            [version_key(address, n) for n in range(start, min(start + _READ, count))]
        ):
            if entry is None:
                raise Fault(f"the store has lost a version of {address}; run `dongting audit`")
            found.append(entry)
            size += len(entry)
        require(size <= MAX_BYTES, TOO_MUCH, limit=MAX_BYTES, what="bytes")
    return found


class _Story:
    """What goes into one file, collected step by step."""

    def __init__(self, machine: Machine) -> None:
        self.entries: dict[str, bytes | None] = {}
        self._machine = machine
        self._statements: dict[int, Statement] = {}
        self._waiting: list[int] = []
        self._bytes = 0

    def take(self, address: str) -> None:
        """A record as it stands, and the statements that made its versions."""
        if address in self.entries:
            return
        versions = _versions(self._machine, address)
        self._note(address, versions[0] if versions else None)
        for entry in versions:
            self._take_leaf(decode_entry(entry).leaf)

    def take_signers(self) -> None:
        """For every statement its key, the statements behind that key, and its author's present record."""
        while self._waiting:
            statement = self._statements[self._waiting.pop()]
            self._take_present(f"{ORGANISATION}/{statement.issuer}")
            key = f"{SIGNING_KEY}/{statement.kid.hex()}"
            if key not in self.entries:
                self.take(key)
                self._take_decisions(key)
                self._check_registration(key)

    def _check_registration(self, key: str) -> None:
        """Refuse what nobody could verify: a key whose registration is not in the file."""
        first = _versions(self._machine, key)[-1]
        public = msgspec.json.decode(decode_entry(first).body)["key"].encode()
        named = any(public in statement.payload for statement in self._statements.values())
        require(named or decode_entry(first).leaf < 0, KEY_REDACTED, key=key.partition("/")[2][:16])

    def leaves(self) -> list[tuple[int, bytes]]:
        """The statements and the ends of their blocks, ascending, and the end of the newest block."""
        machine = self._machine
        ends = {machine.head.size - 1}
        block: BlockRecord | None = None
        for index in sorted(self._statements):
            if block is None or not block.first <= index < block.size:
                block = machine.block_of(index)
                ends.add(block.size - 1)
        found = {index: statement.data for index, statement in self._statements.items()}
        found.update((index, machine.leaf(index)) for index in ends)
        return sorted(found.items())

    def _take_decisions(self, key: str) -> None:
        """Where a key came by a decision of the founders, the whole proposal."""
        for entry in _versions(self._machine, key):
            statement = self._statements.get(decode_entry(entry).leaf)
            if statement is not None and statement.action.startswith(governance.app.name + "/"):
                self.take(statement.subject)

    def _take_present(self, address: str) -> None:
        if address not in self.entries:
            self._note(address, self._machine.store.get(record_key(address)))

    def _take_leaf(self, index: int) -> None:
        if index < 0 or index in self._statements:
            return
        if self._machine.redacted(index) is not None:
            self._take_present(f"{REDACTION}/{index}")  # the file proves that the text had to go
            return
        self._statements[index] = opened(self._machine.leaf(index), self._machine.profile)
        self._bytes += len(self._statements[index].data)
        self._waiting.append(index)
        require(len(self._statements) <= MAX_STATEMENTS, TOO_MUCH, limit=MAX_STATEMENTS, what="statements")
        require(self._bytes <= MAX_BYTES, TOO_MUCH, limit=MAX_BYTES, what="bytes")

    def _note(self, address: str, entry: bytes | None) -> None:
        well_formed = address.isascii() and address.count("/") == 1 and len(address) <= 160
        if not well_formed:
            raise Refused(NO_ADDRESSES)
        self.entries[address] = entry
        require(len(self.entries) <= MAX_RECORDS, TOO_MUCH, limit=MAX_RECORDS, what="records")
