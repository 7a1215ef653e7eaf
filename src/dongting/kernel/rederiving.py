"""The machine of an audit: executes what is stored whole, and takes from the store what was redacted.

The effects of a redacted statement are its versions as the store holds them: markers with the hash of each
value, which the state root of its block commits to. A later statement that copies blanked text writes
blanked text; where its stored versions are markers of just that, their hashes count. Where a statement read
blanked text and came out otherwise, its stored effects are taken, too: the state root holds them.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from dongting.appkit.blanking import blank, places
from dongting.errors import Refused, require
from dongting.kernel.context import Execution, Frame, State, Versioned
from dongting.kernel.entries import (
    block_key,
    decode_entry,
    encode_entry,
    leaf_key,
    record_key,
    version_key,
)
from dongting.kernel.findings import STORED_WRONG
from dongting.kernel.machine import Block, Machine, Written
from dongting.kernel.redaction import Removal, block_at, block_of, removal
from dongting.kernel.replay import Place
from dongting.kernel.rules import Rules
from dongting.kernel.store import Change, Store
from dongting.wire.state import KEY_DOMAIN, VALUE_DOMAIN
from dongting.wire.statement import Statement

_encode_record = msgspec.json.Encoder(order="sorted").encode


class Watched(Execution):
    """Notes in `looked` whether a statement read a record whose free text is blanked."""

    def __init__(
        self, state: State, frame: Frame, block: dict[str, Versioned],
        changes: Callable[[], Sequence[Change]], blanked: set[str],
    ) -> None:  # fmt: skip
        super().__init__(state, frame, block, changes)
        self._blanked = blanked
        self.looked = False

    def _find(self, record: type[Any], address: str) -> Versioned:
        self.looked = self.looked or address in self._blanked
        return super()._find(record, address)

    def version_of(self, record: type[Any], address: str) -> int:
        """The number of the present version; 0 when there is none."""
        return super()._find(record, address)[1]

    def take(self, address: str, record: Any, version: int) -> None:
        """Write a version as the store under audit holds it."""
        self._writes[address] = (record, version)


class Rederiving(Machine):
    """Derives a ledger again on an empty store, with `stored`, the store under audit, at its side.

    `blanked` are the records whose present version is a marker; `markers` all that were met, with the leaf
    that each is of. `taken` are the entries of statements that could not be derived, by their index, and
    `diverged` counts those of them that are whole.
    """

    def __init__(
        self, scratch: Store, rules: Rules, genesis: bytes, stored: Store,
        *, point: Callable[[int], None] = lambda _: None,
    ) -> None:  # fmt: skip
        self._stored = stored
        self._of_height: tuple[int, dict[int, dict[str, bytes]]] = (0, {})
        self.blanked: set[str] = set()
        self.markers: dict[bytes, int] = {}
        self.taken: dict[int, list[bytes]] = {}
        self.diverged = 0
        super().__init__(scratch, rules, genesis, point=point)

    def _execution(self, frame: Frame, block: Block) -> Execution:
        return Watched(self._state, frame, block.records, lambda: self._settle(block), self.blanked)

    def _effects(
        self,
        block: Block,
        work: Execution,
        statement: Statement,
        arguments: Any,
        before: Place | None,
        index: int,
    ) -> None:
        redacted = not statement.payload
        if not redacted and not self.blanked:
            super()._effects(block, work, statement, arguments, before, index)
            return
        assert isinstance(work, Watched)
        stored = self._effects_of(index)
        if redacted:
            self._admit(work, statement, before)
            self.markers[leaf_key(index)] = index
        else:
            derived = self._derived(work, statement, arguments, before, index)
            agreed = derived is not None and self._agree(derived, stored)
            if agreed or not work.looked:
                block.removals += work.removals
            if agreed:
                work.undo()
                self._take(block, work, stored, index)
                return
            if not work.looked:
                block.pending.append((index, work.finish()))  # the comparison tells the difference
                return
            self.diverged += 1
        self.taken[index] = [*stored.values()]
        work.undo()
        self._take(block, work, stored, index)

    def founded(self, index: int) -> Removal | None:
        """What the redaction of a leaf put in place, if a statement that was taken as stored decided it."""
        block = block_of(self.store.get, self.head.height, index)
        for decided, entries in self.taken.items():
            if decided > index:
                made = removal(self.store.get, self.rules, self.profile, block, index, decided)
                if any(made.digest.encode() in entry for entry in entries):
                    return made
        return None

    def _derived(
        self,
        work: Watched,
        statement: Statement,
        arguments: Any,
        before: Place | None,
        index: int,
    ) -> dict[str, bytes] | None:
        """The entries that a statement writes; None when it read blanked text and refused."""
        principal, verb = self._admit(work, statement, before)
        work.looked = False
        try:
            self._perform(work, statement, arguments, principal, verb)
        except Refused:
            if not work.looked:
                raise
            return None
        writes = work.writes.items()
        return {address: encode_entry(_encode_record(body), index, n) for address, (body, n) in writes}

    def _effects_of(self, index: int) -> Mapping[str, bytes]:
        """The entries that the store under audit holds of a statement, by address."""
        height = self.head.height + 1
        if self._of_height[0] != height:
            found: dict[int, dict[str, bytes]] = {}
            if self._stored.get(block_key(height)) is not None:
                for address, version in block_at(self._stored.get, height).written:
                    entry = self._version(address, version)
                    if entry is not None:
                        found.setdefault(decode_entry(entry).leaf, {})[address] = entry
            self._of_height = height, found
        return self._of_height[1].get(index, {})

    def _version(self, address: str, version: int) -> bytes | None:
        get = self._stored.get
        entry = get(version_key(address, version)) or get(record_key(address))
        try:
            return entry if entry is not None and decode_entry(entry).version == version else None
        except (msgspec.MsgspecError, ValueError):
            return None

    def _agree(self, derived: Mapping[str, bytes], stored: Mapping[str, bytes]) -> bool:
        return derived.keys() == stored.keys() and all(
            self._same(address, entry, stored[address]) for address, entry in derived.items()
        )

    def _same(self, address: str, derived: bytes, stored: bytes) -> bool:
        found = decode_entry(stored)
        if found.hash is None:
            return derived == stored
        where = places(self.rules.by_name[address.partition("/")[0]].declared.struct)
        made = decode_entry(derived)
        body = blank(msgspec.json.decode(made.body), where)
        return made.version == found.version and _encode_record(body) == bytes(found.body)

    def _take(self, block: Block, work: Watched, entries: Mapping[str, bytes], index: int) -> None:
        """Add what the store holds to the block."""
        self._settle(block)
        for address, entry in entries.items():
            typed = self.rules.by_name.get(address.partition("/")[0])
            require(typed is not None, STORED_WRONG, address=address, why="its type is not known")
            assert typed is not None
            try:
                found, record = decode_entry(entry), typed.decode(entry).body
                value = self.profile.hash(VALUE_DOMAIN + entry)
                value = bytes.fromhex(found.hash) if found.hash is not None else value
            except (msgspec.MsgspecError, ValueError) as error:
                raise Refused(STORED_WRONG, address=address, why=str(error)) from None
            present = work.version_of(typed.declared.struct, address)
            follows = found.version == present + 1 and len(value) == 32
            require(follows, STORED_WRONG, address=address, why=f"it follows version {present}")
            work.take(address, record, found.version)
            key = record_key(address)
            self._keep(block, Written(address, found.version, index, bytes(found.body)), key, entry)
            block.hashes[self.profile.hash(KEY_DOMAIN + key[1:])] = value
            if found.hash is None:
                self.blanked.discard(address)
            else:
                self.blanked.add(address)
                self.markers[version_key(address, found.version)] = index
        work.finish()
