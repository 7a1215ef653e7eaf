"""The deterministic machine: checks statements, executes blocks, commits them, answers from the state.

State depends only on genesis and the ordered blocks (kernel rule 1). Signatures are verified before a
statement arrives here (`dongting.kernel.verify`); everything else about it is judged here. An executed
block changes nothing until it is committed, so an engine may drop it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from dongting.appkit.authority import Principal
from dongting.appkit.context import Reader
from dongting.errors import Fault, Refused, require
from dongting.kernel import codes
from dongting.kernel.context import Execution, Frame, State, Versioned, decode_arguments
from dongting.kernel.entries import (
    GENESIS_KEY,
    GENESIS_LEAF,
    HEAD_KEY,
    PLACE_KEY,
    BlockRecord,
    Head,
    block_key,
    decode_entry,
    encode_entry,
    leaf_key,
    record_key,
    version_key,
)
from dongting.kernel.log import Log, LogUpdate
from dongting.kernel.redaction import Removal, block_at, block_of, kept
from dongting.kernel.replay import Place, ReplayWindow
from dongting.kernel.rules import Rules, Verb
from dongting.kernel.store import Change, Store
from dongting.kernel.tree import Tree, TreeUpdate
from dongting.wire.blocks import BlockEnd
from dongting.wire.genesis import Genesis, network_id
from dongting.wire.genesis import decode as decode_genesis
from dongting.wire.profile import Profile, profile_named
from dongting.wire.state import KEY_DOMAIN, VALUE_DOMAIN
from dongting.wire.statement import MAX_AHEAD, Statement

_encode_record = msgspec.json.Encoder(order="sorted").encode


class Accepted(msgspec.Struct, frozen=True, gc=False):
    """A statement is in the log at `index`; `height` and `time` are those of its block."""

    index: int
    height: int
    time: int


Outcome = Accepted | Refused


class Written(msgspec.Struct, frozen=True, gc=False):
    """One new version of a record, as views take it."""

    address: str
    version: int
    leaf: int
    body: bytes


@dataclass(slots=True)
class Block:
    """An executed block: outcomes in order, and all that a commit will write."""

    head: Head
    outcomes: list[Outcome]
    changes: list[Change] = field(default_factory=list)
    drop: list[bytes] = field(default_factory=list)
    written: list[Written] = field(default_factory=list)
    records: dict[str, Versioned] = field(default_factory=dict)
    entries: dict[bytes, bytes] = field(default_factory=dict)
    hashes: dict[bytes, bytes] = field(default_factory=dict)
    pending: list[tuple[int, Mapping[str, Versioned]]] = field(default_factory=list)
    removals: list[Removal] = field(default_factory=list)
    log: LogUpdate | None = None
    tree: TreeUpdate | None = None


class Machine:
    """One ledger over one store, under the rules of one network."""

    def __init__(
        self, store: Store, rules: Rules, genesis: bytes, *, point: Callable[[int], None] = lambda _: None
    ) -> None:
        document = decode_genesis(genesis)
        self.store = store
        self.rules = rules
        self.genesis: Genesis = document
        self.profile: Profile = profile_named(document.profile)
        self.network = network_id(genesis, self.profile)
        self._point = point
        self._state = State(store, rules)
        self._replay = ReplayWindow(store)
        held = store.get(HEAD_KEY)
        if held is None:
            self._create(genesis)
        else:
            self._open(Head.decode(held), genesis)

    head: Head
    tree: Tree
    log: Log

    def _open(self, head: Head, genesis: bytes) -> None:
        if head.network != self.network or self.store.get(GENESIS_KEY) != genesis:
            raise Refused(codes.FOREIGN_GENESIS, held=head.network[:16], given=self.network[:16])
        self.head = head
        self.tree = Tree.open(self.store, self.profile)
        if self.tree.root != head.state:
            raise Fault(
                "the stored state does not have the state root of the last block: "
                "a state bucket was changed or lost; run `dongting audit` to find it"
            )
        self.log = Log(self.store, self.profile, head.size)
        if self.log.root != head.root:
            raise Fault("the stored log does not have the root of the last block; run `dongting audit`")

    def _create(self, genesis: bytes) -> None:
        self.tree = Tree.open(self.store, self.profile)
        self.log = Log(self.store, self.profile, 0)
        self.head = Head(self.network, 0, self.genesis.created, 0, self.log.root, self.tree.root)
        frame = Frame(self.network, self.profile.name, 0, self.head.time, {})
        block = Block(self.head, [])
        work = Execution(self._state, frame, block.records)
        work.begin(Principal("genesis", frozenset(["genesis"]), frozenset()))
        document = self.genesis.plain()
        for app in self.rules.apps:
            if app.genesis is not None:
                work.enter(app.name)
                app.genesis(work, document)
        block.pending.append((GENESIS_LEAF, work.finish()))
        self._settle(block)
        block.tree = self.tree.update(block.hashes)
        block.head = msgspec.structs.replace(self.head, state=block.tree.root)
        block.changes += [*block.tree.changes, (GENESIS_KEY, genesis), (HEAD_KEY, block.head.encode())]
        block.changes.append(self._block_record(block, 0))
        self._apply(block)

    # Checking and executing

    def reader(self, time: int | None = None) -> Reader:
        """Typed reads of the present state, at `time` or at that of the last block."""
        moment = self.head.time if time is None else max(time, self.head.time)
        return Execution(self._state, self._frame(self.head.height, moment), {})

    def _frame(self, height: int, time: int) -> Frame:
        frame = Frame(self.network, self.profile.name, height, time, {})
        frame.versions = self.rules.active(Execution(self._state, frame, {}))
        return frame

    def check(self, statement: Statement, time: int) -> None:
        """Refuse what could not be accepted in a block of that time; the present state is left alone."""
        frame = self._frame(self.head.height + 1, time)
        seen = self._replay.seen([statement], self._replay.keys([statement], time), time)[0]
        if seen is not None and seen[1] == statement.leaf:
            return
        work = Execution(self._state, frame, {})
        self._perform(work, statement, self._asked(statement), *self._admit(work, statement, seen))

    def execute(self, time: int, statements: Sequence[Statement]) -> Block:
        """Execute a block at `time` (never before the last block's) and give each statement its outcome.

        The statements' signatures must have been verified.
        """
        head = self.head
        time = max(time, head.time)
        height = head.height + 1
        frame = self._frame(height, time)
        keys = self._replay.keys(statements, time)
        seen = self._replay.seen(statements, keys, time)
        block = Block(head, [])
        work = self._execution(frame, block)
        work.expect([statement.subject for statement in statements])
        mine: dict[bytes, Place] = {}
        accepted: list[Statement] = []
        # In rounds, not statement by statement: a core that goes on doing the same has its code at hand.
        asked = [self._asked(statement) for statement in statements]
        for statement, arguments, key, before in zip(statements, asked, keys, seen, strict=True):
            before = before or mine.get(key)
            if before is not None and before[1] == statement.leaf:
                block.outcomes.append(self._again(before[0], height, time))
                continue
            index = head.size + len(accepted)
            try:
                self._effects(block, work, statement, arguments, before, index)
            except Refused as refusal:
                work.undo()
                block.outcomes.append(refusal)
                continue
            accepted.append(statement)
            mine[key] = (index, statement.leaf)
            block.outcomes.append(Accepted(index, height, time))
        if accepted:
            self._close(block, height, time, accepted, self._replay.records(mine))
        return block

    def _execution(self, frame: Frame, block: Block) -> Execution:
        return Execution(self._state, frame, block.records, lambda: self._settle(block))

    def _asked(self, statement: Statement) -> Any:
        """The typed arguments of a statement, or why they are refused; None when the action is not known."""
        verb = self.rules.actions.get(statement.action)
        try:
            return None if verb is None else decode_arguments(verb, statement.payload)
        except Refused as refusal:
            return refusal

    def _effects(
        self,
        block: Block,
        work: Execution,
        statement: Statement,
        arguments: Any,
        before: Place | None,
        index: int,
    ) -> None:
        """Run a statement and add what it did to the block."""
        self._perform(work, statement, arguments, *self._admit(work, statement, before))
        if work.removals:
            block.removals += work.removals
        block.pending.append((index, work.finish()))

    def _again(self, index: int, height: int, time: int) -> Accepted:
        """The first outcome of a statement whose same bytes came again."""
        if index >= self.head.size:
            return Accepted(index, height, time)
        end = self.block_of(index)
        return Accepted(index, end.height, end.time)

    def _admit(self, work: Execution, statement: Statement, before: Place | None) -> tuple[Principal, Verb]:
        """Judge all of a statement but its arguments: who acts, and what."""
        time = work.time
        if statement.network != self.network:
            raise Refused(codes.WRONG_NETWORK, given=statement.network[:16], network=self.network[:16])
        if statement.issued > time + MAX_AHEAD:
            raise Refused(codes.AHEAD, ahead=statement.issued - time)
        if statement.last_moment() < time:
            raise Refused(codes.EXPIRED, until=moment(statement.last_moment()))
        if before is not None:
            raise Refused(codes.REPLAYED, issuer=statement.issuer, index=before[0])
        return work.admit(statement.issuer, statement.kid, statement.action)

    def _perform(
        self, work: Execution, statement: Statement, arguments: Any, principal: Principal, verb: Verb
    ) -> None:
        if isinstance(arguments, Refused):
            raise arguments
        expected = verb.prefix + getattr(arguments, verb.declared.subject)
        if statement.subject != expected:
            raise Refused(codes.WRONG_SUBJECT, expected=expected)
        work.begin(principal)
        work.run(verb, arguments)

    def _settle(self, block: Block) -> list[Change]:
        """Add the records that are pending to what the block stores and to what its state tree takes."""
        rows = [(address, *new, leaf) for leaf, writes in block.pending for address, new in writes.items()]
        block.pending = []
        bodies = [_encode_record(record) for _, record, _, _ in rows]
        keys = [record_key(address) for address, _, _, _ in rows]
        entries = [
            encode_entry(body, leaf, version)
            for body, (_, _, version, leaf) in zip(bodies, rows, strict=True)
        ]
        for (address, _, version, leaf), body, key, entry in zip(rows, bodies, keys, entries, strict=True):
            self._keep(block, Written(address, version, leaf, body), key, entry)
        hash_ = self.profile.hash
        places = [hash_(KEY_DOMAIN + key[1:]) for key in keys]
        block.hashes.update(zip(places, [hash_(VALUE_DOMAIN + entry) for entry in entries], strict=True))
        return block.changes

    def _keep(self, block: Block, written: Written, key: bytes, entry: bytes) -> None:
        """Add one new version to what the block stores."""
        if written.version > 1:
            before = version_key(written.address, written.version - 1)
            block.changes.append((before, self._before(block, key)))
        block.changes.append((key, entry))
        block.entries[key] = entry
        block.written.append(written)

    def _before(self, block: Block, key: bytes) -> bytes:
        """The entry that a new version replaces, from this block or from the store."""
        stored = block.entries.get(key) or self.store.get(key)
        if stored is None:
            raise Fault(f"the store has lost the record {key[1:].decode('ascii', 'replace')}")
        return stored

    def _close(
        self, block: Block, height: int, time: int, accepted: Sequence[Statement], replay: Sequence[Change]
    ) -> None:
        """Add the leaves, the block end and what commits to all of it."""
        head = self.head
        self._settle(block)
        block.changes += [(leaf_key(n), statement.data) for n, statement in enumerate(accepted, head.size)]
        block.changes += replay
        block.tree = self.tree.update(block.hashes)
        end = BlockEnd(height, time, head.size, block.tree.root).encode()
        block.changes.append((leaf_key(head.size + len(accepted)), end))
        leaves = [statement.leaf for statement in accepted]
        block.log = self.log.append([*leaves, self.profile.hash(b"\x00" + end)])
        block.head = Head(self.network, height, time, block.log.size, block.log.root, block.tree.root)
        block.changes += block.tree.changes
        block.changes += block.log.changes
        block.drop = self._replay.expired(head.time, time)
        block.changes.append((HEAD_KEY, block.head.encode()))
        block.changes.append(self._block_record(block, head.size))

    def _block_record(self, block: Block, first: int) -> Change:
        head = block.head
        written = [(record.address, record.version) for record in block.written]
        return block_key(head.height), BlockRecord(head.height, head.time, first, head.size, written).encode()

    # Committing

    def commit(self, block: Block, place: bytes | None = None) -> None:
        """Write the block in one atomic, synced batch; a block in which nothing was accepted writes nothing.

        `place` is the engine's own: it joins the write, and is written alone beside an empty block. When the
        write fails the machine must be opened anew: the store alone knows whether it holds it.
        """
        if block.log is None:
            if place is not None:
                self.store.write([(PLACE_KEY, place)])
            return
        if block.head.height != self.head.height + 1:
            raise Fault("a block was committed that was executed on another state")
        if place is not None:
            block.changes.append((PLACE_KEY, place))
        self._apply(block)

    def place(self) -> bytes | None:
        """What the engine kept with the last commit that told one."""
        return self.store.get(PLACE_KEY)

    def _apply(self, block: Block) -> None:
        self._point(1)
        self.store.write(block.changes, block.drop)
        self._point(2)
        if block.tree is not None:
            self.tree.commit(block.tree)
        if block.log is not None:
            self.log.commit(block.log)
        self._state.remember(block.records)
        self.head = block.head
        self._point(3)

    # Answers

    def key(self, kid: str) -> bytes | None:
        """The COSE_Key bytes of the registered signing key with this thumbprint (64 hex digits)."""
        return self.rules.authority(self.reader()).key(kid)

    def find_statement(self, issuer: str, nonce: bytes) -> Place | None:
        """Index and leaf hash of the statement accepted under this issuer and cti in the replay window."""
        return self._replay.find(issuer, nonce, self.head.time)

    def accepted(self, statement: Statement) -> Accepted | None:
        """The first outcome of these bytes, if they were accepted in the replay window."""
        found = self.find_statement(statement.issuer, statement.nonce)
        if found is None or found[1] != statement.leaf:
            return None
        return self._again(found[0], self.head.height, self.head.time)

    def leaf(self, index: int) -> bytes:
        """The bytes of one leaf; refuses an index beyond the log, and a redacted leaf."""
        data = self._leaf(index)
        require(kept(data, self.network) is None, codes.REDACTED, index=index)
        return data

    def redacted(self, index: int) -> Statement | None:
        """What is kept of a redacted statement, without arguments; None where the leaf is whole."""
        return kept(self._leaf(index), self.network)

    def _leaf(self, index: int) -> bytes:
        require(0 <= index < self.head.size, codes.NO_SUCH_LEAF, size=self.head.size, index=index)
        data = self.store.get(leaf_key(index))
        if data is None:
            raise Fault(f"the store has lost leaf {index}; run `dongting audit`")
        return data

    def block(self, height: int) -> BlockRecord:
        """What the block at a height was (0 is genesis); refuses a height not reached."""
        require(0 <= height <= self.head.height, codes.BELOW_HEIGHT, height=self.head.height, wanted=height)
        return block_at(self.store.get, height)

    def block_of(self, index: int) -> BlockRecord:
        """The block to which a leaf belongs."""
        require(0 <= index < self.head.size, codes.NO_SUCH_LEAF, size=self.head.size, index=index)
        return block_of(self.store.get, self.head.height, index)

    def written(self, block: BlockRecord) -> list[Written]:
        """The record versions that a block made."""
        present = self.store.get_many([record_key(address) for address, _ in block.written])
        found = []
        for (address, version), data in zip(block.written, present, strict=True):
            entry = None if data is None else decode_entry(data)
            if entry is None or entry.version != version:
                data = self.store.get(version_key(address, version))
                if data is None:
                    raise Fault(f"the store has lost version {version} of {address}; run `dongting audit`")
                entry = decode_entry(data)
            found.append(Written(address, version, entry.leaf, bytes(entry.body)))
        return found


def moment(seconds: int) -> str:
    """A moment for people, in UTC (RFC 3339)."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
