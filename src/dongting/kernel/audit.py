"""Audit: everything in a ledger's store derived anew from its leaves, and compared key by key.

Nothing stored is believed but the bytes of the leaves and the genesis document that the caller gives: each
statement is decoded, its signature verified with the key registered at that point, and executed at its
block's time on a scratch store; then both stores must hold the same keys and values (kernel rules 1 to 6
and 9). Where a text was redacted, what the store keeps in its place stands in (`kernel.rederiving`).
When a block cannot be derived, what follows it cannot either: then the leaves are compared with
the log's own hashes, so that every damaged leaf is named.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from dongting.errors import Fault, Refused
from dongting.kernel import findings
from dongting.kernel.entries import GENESIS_KEY, HEAD_KEY, PLACE_KEY, Head
from dongting.kernel.findings import TABLES, Finding, finding, place
from dongting.kernel.log import tile_key
from dongting.kernel.machine import Block, Machine
from dongting.kernel.redaction import Removal, is_statement, kept
from dongting.kernel.rederiving import Rederiving
from dongting.kernel.rules import Rules
from dongting.kernel.store import LEAVES, Store
from dongting.wire.blocks import BlockEnd
from dongting.wire.keys import public_key
from dongting.wire.merkle import HASH_SIZE
from dongting.wire.statement import Statement, decode
from dongting.wire.tiles import WIDTH, Tile

#: Statements with the COSE_Key bytes that should have signed them.
Signed = Sequence[tuple[Statement, bytes]]
#: Begins to verify; what it returns waits for the verdicts, in order.
Verify = Callable[[Signed], Callable[[], Sequence[bool]]]

WINDOW = 4096  # statements whose signatures are verified while those before are executed
SHOWN = 5  # differences told of one table

#: The key in COSE_Key bytes; checking a key costs as much as a signature, and few keys sign much.
key_of = lru_cache(maxsize=10_000)(public_key)


def verify_here(signed: Signed) -> Callable[[], Sequence[bool]]:
    """Verify in this process, when the verdicts are asked for."""
    return lambda: [statement.verify(key_of(key)) for statement, key in signed]


@dataclass(slots=True)
class Report:
    """What an audit saw: how far it derived (`height`, `size` leaves, `statements`), and what does not hold.

    `complete` says that every stored key was compared. `redacted` are the leaves whose text was removed by
    resolution; `taken` counts later statements that had read such text and whose effects were taken as
    stored, held by the state root alone.
    """

    height: int = 0
    size: int = 0
    statements: int = 0
    redacted: list[int] = field(default_factory=list)
    taken: int = 0
    complete: bool = False
    findings: list[Finding] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether everything was derived and everything holds."""
        return self.complete and not self.findings


@dataclass(frozen=True, slots=True)
class _Block:
    """The leaves of one block: statements from index `first` on, then its end, whose bytes are `data`."""

    first: int
    statements: list[Statement]
    end: BlockEnd
    data: bytes

    @property
    def signed(self) -> list[Statement]:
        """The statements that are whole; a redacted one has lost its signature with its arguments."""
        return [statement for statement in self.statements if statement.payload]


class Audit:
    """One audit of `store`; `scratch` is an empty store that it fills with what it derives.

    `progress` is told how many leaves are derived. `machine` is the derived ledger.
    """

    def __init__(
        self,
        store: Store,
        scratch: Store,
        rules: Rules,
        genesis: bytes,
        *,
        verify: Verify = verify_here,
        progress: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._scratch = scratch
        self._verify = verify
        self._progress = progress
        self._genesis = genesis
        self._keys: dict[bytes, bytes] = {}
        self._rederiving = Rederiving(scratch, rules, genesis, store)
        self.machine: Machine = self._rederiving
        self.report = Report()

    def run(self) -> Report:
        """Derive and compare everything; a store that cannot be read is a finding, too."""
        report = self.report
        try:
            if self._store.get(GENESIS_KEY) != self._genesis:
                report.findings.append(finding(findings.OTHER_GENESIS))
            derived = self._derive()
            if derived:
                self._check_markers()
                self._compare()
                report.complete = True
            else:
                self._check_hashes()
                report.findings.append(finding(findings.NOT_DERIVED, height=self.machine.head.height))
        except Fault as fault:
            report.findings.append(finding(findings.STORE_DAMAGED, why=str(fault)))
        report.height, report.size = self.machine.head.height, self.machine.head.size
        return report

    # Deriving

    def _derive(self) -> bool:
        """Execute every block on the scratch store; whether all that the head names was derived."""
        ready: list[tuple[_Block | Finding, Callable[[], Sequence[bool]]]] = []
        for window in self._windows():
            following = [(block, self._begin(block)) for block in window]
            if not self._execute(ready):
                return False
            ready = following
        return self._execute(ready) and self._reaches_head()

    def _windows(self) -> Iterator[list[_Block | Finding]]:
        window: list[_Block | Finding] = []
        count = 0
        for block in self._blocks():
            window.append(block)
            count += len(block.statements) if isinstance(block, _Block) else 0
            if count >= WINDOW:
                yield window
                window, count = [], 0
        yield window

    def _blocks(self) -> Iterator[_Block | Finding]:
        """The blocks in the leaves; a finding where they stop making sense, which ends them."""
        first, height, statements = 0, 1, []
        expected = 0
        for key, data in self._store.scan(LEAVES):
            index = int.from_bytes(key[1:])
            if len(key) != 9 or index != expected:
                yield finding(findings.LEAF_MISSING, index=expected, before=expected - 1, found=index)
                return
            expected += 1
            if is_statement(data):
                try:
                    statements.append(self._statement(data))
                except (Refused, Fault) as error:
                    yield finding(findings.LEAF_DAMAGED, index=index, height=height, why=error)
                    return
                continue
            end = BlockEnd.decode(data)
            if end is None:
                yield finding(findings.LEAF_DAMAGED, index=index, height=height, why="-")
                return
            yield _Block(first, statements, end, data)
            first, height, statements = expected, height + 1, []
        if statements:
            yield finding(findings.BLOCK_OPEN, index=expected - 1)

    def _statement(self, data: bytes) -> Statement:
        """The statement in a leaf; from a marker without arguments and signature."""
        redacted = kept(data, self.machine.network)
        return decode(data, self.machine.profile) if redacted is None else redacted

    def _begin(self, block: _Block | Finding) -> Callable[[], Sequence[bool]]:
        """Begin to verify the statements whose keys are known by now; the others wait for their turn."""
        if not isinstance(block, _Block):
            return list
        whole = block.signed
        known = [(s, key) for s in whole if (key := self._key(s.kid)) is not None]
        if len(known) < len(whole):
            return lambda: self._late(block)
        return self._verify(known)

    def _late(self, block: _Block) -> Sequence[bool]:
        """Verdicts once the blocks before are executed; False for a key that is still unknown."""
        keys = [(s, self._key(s.kid)) for s in block.signed]
        verdicts = iter(self._verify([(s, key) for s, key in keys if key is not None])())
        return [key is not None and next(verdicts) for _, key in keys]

    def _key(self, kid: bytes) -> bytes | None:
        known = self._keys.get(kid)
        if known is None:
            known = self.machine.key(kid.hex())
            if known is not None:
                self._keys[kid] = known
        return known

    def _execute(self, blocks: Sequence[tuple[_Block | Finding, Callable[[], Sequence[bool]]]]) -> bool:
        for block, verdicts in blocks:
            try:
                problem = block if isinstance(block, Finding) else self._block(block, verdicts())
            except Refused as refusal:
                height = self.machine.head.height + 1
                problem = finding(findings.CANNOT_EXECUTE, height=height, why=refusal)
            if problem is not None:
                self.report.findings.append(problem)
                return False
        self._progress(self.machine.head.size)
        return True

    def _block(self, block: _Block, verdicts: Sequence[bool]) -> Finding | None:
        """Execute one block as it stands in the log; what does not hold, if anything."""
        machine, statements = self.machine, block.statements
        height = machine.head.height + 1
        verdict = iter(verdicts)
        for index, statement in enumerate(statements, block.first):
            if statement.payload and not next(verdict):
                known = self._key(statement.kid) is not None
                code = findings.SIGNATURE_WRONG if known else findings.KEY_UNKNOWN
                return finding(code, index=index, height=height, kid=statement.kid.hex())
        executed = machine.execute(block.end.time, statements)
        for index, outcome in enumerate(executed.outcomes, block.first):
            if isinstance(outcome, Refused):
                return finding(findings.NOT_ACCEPTED, index=index, height=height, why=outcome)
            if outcome.index != index:
                why = f"the same bytes as leaf {outcome.index}"
                return finding(findings.NOT_ACCEPTED, index=index, height=height, why=why)
        end = BlockEnd(height, executed.head.time, block.first, executed.head.state)
        if end.encode() != block.data or not statements:
            facts = {"stored": _described(block.end), "derived": _described(end) if statements else "-"}
            at = block.first + len(statements)
            return finding(findings.BLOCK_END_DIFFERS, index=at, height=height, **facts)
        machine.commit(executed)
        self.report.statements += len(statements)
        self._note_removals(executed)
        return None

    def _note_removals(self, block: Block) -> None:
        """What the redactions of a block had to remove, and what of it is still there."""
        for removal in block.removals:
            self._note_removal(removal)

    def _note_removal(self, removal: Removal) -> None:
        self.report.redacted.append(removal.leaf)
        for key, marker in removal.changes:
            if self.machine.store.get(key) != marker:
                self.report.findings.append(finding(findings.NOT_REMOVED, **place(key)))
            self._rederiving.markers.pop(key, None)

    def _reaches_head(self) -> bool:
        """Whether the log goes as far as the stored head says."""
        stored = self._store.get(HEAD_KEY)
        try:
            head = Head.decode(stored or b"")
        except Fault as fault:
            self.report.findings.append(finding(findings.HEAD_DAMAGED, why=str(fault)))
            return True
        last = self.machine.head.size - 1
        if head.size > self.machine.head.size:
            self.report.findings.append(
                finding(findings.SUFFIX_LOST, height=head.height, size=head.size, last=last)
            )
            return False
        return True

    # Comparing

    def _compare(self) -> None:
        """Both stores, every table, key by key; the first differences of each table are told."""
        for table in sorted({*TABLES, *(bytes([byte]) for byte in range(256))}):
            stored = (pair for pair in self._store.scan(table) if pair[0] != PLACE_KEY)
            differences = _differences(stored, self._scratch.scan(table))
            shown = [found for _, found in zip(range(SHOWN), differences, strict=False)]
            self.report.findings += shown
            rest = sum(1 for _ in differences)
            if rest:
                facts = {n: v for n, v in place(table).items() if n != "where"}
                self.report.findings.append(finding(findings.MORE, count=rest, **facts))

    def _check_markers(self) -> None:
        """Every marker that was met must follow from a redaction on record."""
        self.report.taken = self._rederiving.diverged
        for key, index in list(self._rederiving.markers.items()):
            if key[:1] == LEAVES and (removal := self._rederiving.founded(index)) is not None:
                self._note_removal(removal)
        self.report.redacted.sort()
        for key in self._rederiving.markers:
            self.report.findings.append(finding(findings.MARKER_UNFOUNDED, **place(key)))

    def _check_hashes(self) -> None:
        """Every leaf against the hash that the log's lowest tiles keep for it."""
        index, told, tile = -1, 0, b""
        for key, data in self._store.scan(LEAVES):
            before, index = index, int.from_bytes(key[1:])
            number, offset = divmod(index, WIDTH)
            if number != before // WIDTH or before < 0:
                tile = self._store.get(tile_key(Tile(0, number))) or b""
            there = tile[offset * HASH_SIZE : (offset + 1) * HASH_SIZE]
            if there != self._leaf_hash(data) and told < SHOWN:
                told += 1
                path = Tile(0, number).path()
                self.report.findings.append(finding(findings.HASH_DIFFERS, index=index, tile=path))

    def _leaf_hash(self, data: bytes) -> bytes:
        try:
            redacted = kept(data, self.machine.network)
        except Fault:
            redacted = None
        return self.machine.profile.hash(b"\x00" + data) if redacted is None else redacted.leaf


Pairs = Iterator[tuple[bytes, bytes]]


def _differences(stored: Pairs, derived: Pairs) -> Iterator[Finding]:
    """Where two ordered runs of keys and values differ."""
    have, want = next(stored, None), next(derived, None)
    while have is not None or want is not None:
        if want is None or (have is not None and have[0] < want[0]):
            assert have is not None
            yield finding(findings.KEY_EXTRA, **place(have[0]))
            have = next(stored, None)
        elif have is None or want[0] < have[0]:
            yield finding(findings.KEY_MISSING, **place(want[0]))
            want = next(derived, None)
        else:
            if have[1] != want[1]:
                yield finding(findings.VALUE_DIFFERS, **place(have[0]))
            have, want = next(stored, None), next(derived, None)


def _described(end: BlockEnd) -> str:
    return f"height {end.height}, time {end.time}, first leaf {end.first}, state {end.state.hex()[:16]}"
