"""Redactions here: the bytes of redacted statements, and the texts that they wrote, leave this node's disk.

Driven by the records of redactions, after the commit and again whenever the ledger is opened, so that a
kill at any moment only delays it: first the markers (`dongting.kernel.redaction`) take the place of the
texts in one write, then the store purges what it still held, then a file notes that this is done.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from itertools import groupby
from pathlib import Path

import msgspec

from dongting.apps import governance
from dongting.errors import Fault
from dongting.kernel.crossing import Crossing, Standing
from dongting.kernel.entries import BlockRecord, decode_entry, record_key, version_key
from dongting.kernel.machine import Machine
from dongting.kernel.redaction import Removal, removal
from dongting.kernel.rules import Rules
from dongting.kernel.store import LEAVES, RECORDS, VERSIONS, Store
from dongting.node.facade import Effects, Version
from dongting.store.disk import replace_file, sync_directory

REDACTION = governance.app.records[governance.Redaction].name


class Redactions:
    """What of the passed redactions is done here; the file at `path` lists the leaves that are gone."""

    def __init__(self, machine: Machine, path: Path) -> None:
        self._machine = machine
        self._path = path
        self._lock = threading.Lock()
        self._done = _read(path)

    def mark(self) -> list[Removal]:
        """Put the markers in place, in one write; returns what is then to be purged."""
        return mark(self._machine, self._done)

    def purge(self, made: Sequence[Removal]) -> None:
        """Leave nothing of the former bytes on the disk, and note that; may run beside other writes."""
        if not made:
            return
        with self._lock:
            self._machine.store.purge(_spans(made))
            self._done |= {each.leaf for each in made}
            replace_file(self._path, msgspec.json.encode(sorted(self._done)))


def mark(machine: Machine, done: Set[int] = frozenset()) -> list[Removal]:
    """Put the markers of all redactions on record in place, but for leaves that are done; which these are."""
    made = [
        _removal(machine, leaf)
        for leaf in _decided(machine)
        if leaf not in done or machine.redacted(leaf) is None
    ]
    markers = {key: marker for each in made for key, marker in each.changes}
    changes = [(key, marker) for key, marker in markers.items() if machine.store.get(key) != marker]
    if changes:
        machine.store.write(changes)
    return made


def _spans(made: Sequence[Removal]) -> list[tuple[bytes, bytes]]:
    """First and last key of each run: one leaf, or the versions of one record."""
    keys = sorted(key for each in made for key, _ in each.changes)
    runs = [[*run] for _, run in groupby(keys, lambda key: key if key[:1] == LEAVES else key[:-8])]
    return [(run[0], run[-1]) for run in runs]


def settle(machine: Crossing, written: Iterable[str]) -> None:
    """Count as founded what redactions among these addresses, now on record, put in place elsewhere."""
    for address in written:
        type, _, id = address.partition("/")
        if machine.markers and type == REDACTION:
            machine.settle([key for key, _ in _removal(machine, int(id)).changes])


def settle_open(machine: Crossing) -> None:
    """The same for all that is on record, when the node starts: it may have ended right after a decision."""
    leaves = sorted(set(machine.markers.values()))
    addresses = [f"{REDACTION}/{leaf}" for leaf in leaves]
    settle(machine, [each for each in addresses if machine.store.get(record_key(each)) is not None])


def undecided(machine: Machine) -> int | None:
    """The first leaf that was taken over without its text, and of which no redaction is on record."""
    return min(machine.markers.values(), default=None) if isinstance(machine, Crossing) else None


class Crossed:
    """The file `crossing` of a home: what is open while redacted leaves are taken over; absent otherwise."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / "crossing"

    def read(self) -> Standing:
        """What is open; nothing where there is no file."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Standing)
        except FileNotFoundError:
            return Standing()
        except msgspec.MsgspecError as error:
            raise Fault(f"{self._path} is damaged: {error}; begin this node anew") from error

    def write(self, standing: Standing) -> None:
        """Keep it, durably."""
        if standing == Standing():
            self._path.unlink(missing_ok=True)
            sync_directory(self._path.parent)
        else:
            replace_file(self._path, msgspec.json.encode(standing))


def crossing(
    store: Store, rules: Rules, genesis: bytes, directory: Path, point: Callable[[int], None]
) -> Crossing:
    """The machine in a home that can take over redacted leaves, where it stood when the node ended."""
    crossed = Crossed(directory)
    made = Crossing(store, rules, genesis, crossed.read(), crossed.write, point=point)
    settle_open(made)
    return made


def replaced(machine: Machine, block: BlockRecord) -> list[Version]:
    """The earlier versions of records that lost their free text by the redactions of a block."""
    found = []
    for address, _ in block.written:
        type, _, id = address.partition("/")
        if type == REDACTION:
            for key, marker in _removal(machine, int(id)).changes:
                if key[:1] == VERSIONS and marker is not None:
                    found.append(_version(machine, key, marker))
    return found


def effects_of(machine: Machine, block: BlockRecord, index: int) -> Effects:
    """What this store keeps of the statement at `index`, which stands in `block`."""
    found = {}
    for address, version in block.written:
        entry = machine.store.get(version_key(address, version)) or machine.store.get(record_key(address))
        if entry is None:
            raise Fault(f"the store has lost version {version} of {address}; run `dongting audit`")
        if decode_entry(entry).leaf == index:
            found[address] = entry
    redacted = machine.redacted(index)
    return Effects(None if redacted is None else redacted.data, found)


def _version(machine: Machine, key: bytes, marker: bytes) -> Version:
    type, _, id = key[1:-9].decode("ascii").partition("/")
    return version_of(machine, type, id, marker)


def version_of(machine: Machine, type: str, id: str, data: bytes) -> Version:
    """The record version in a stored entry."""
    entry = decode_entry(data)
    made = machine.block_of(entry.leaf) if entry.leaf >= 0 else machine.block(0)
    return Version(type, id, entry.version, entry.leaf, made.height, made.time, bytes(entry.body))


def _decided(machine: Machine) -> Iterator[int]:
    """The leaves of which a redaction is on record."""
    for key, _ in machine.store.scan(RECORDS + f"{REDACTION}/".encode()):
        yield int(key.rpartition(b"/")[2])


def _removal(machine: Machine, leaf: int) -> Removal:
    """What the redaction of a leaf puts in place; a Fault when it is not what the founders' decision saw."""
    entry = machine.store.get(record_key(f"{REDACTION}/{leaf}"))
    if entry is None:
        raise Fault(f"the store has lost the redaction of leaf {leaf}; run `dongting audit`")
    decision = decode_entry(entry)
    said = msgspec.json.decode(decision.body, type=governance.Redaction)
    block = machine.block_of(leaf)
    made = removal(machine.store.get, machine.rules, machine.profile, block, leaf, decision.leaf)
    if made.digest != said.kept:
        raise Fault(
            f"what is stored of leaf {leaf} is not what was redacted: run `dongting audit`, "
            "which names what was changed"
        )
    return made


def _read(path: Path) -> set[int]:
    try:
        return set(msgspec.json.decode(path.read_bytes(), type=list[int]))
    except (FileNotFoundError, msgspec.MsgspecError):
        return set()  # then it is done once more
