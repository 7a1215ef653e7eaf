"""The state while a block executes: layers of writes over the store, and the Context that actions see.

A statement's writes join the block's only when its action returned; a refusal leaves no trace.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from dongting.appkit.app import COLLECTIVE
from dongting.appkit.authority import Principal
from dongting.appkit.blanking import blank, places
from dongting.errors import Code, Fault, Refused
from dongting.kernel import codes
from dongting.kernel.entries import leaf_key, record_key
from dongting.kernel.redaction import Removal, block_of, is_statement, removal
from dongting.kernel.rules import Rules, Typed, Verb
from dongting.kernel.store import Change, Store
from dongting.wire.profile import profile_named

R = TypeVar("R")
P = TypeVar("P")

#: A record and its version; version 0 stands for "there is none".
Versioned = tuple[Any, int]
_NONE: Versioned = (None, 0)
_CACHE_SIZE = 40_000
_encode_record = msgspec.json.Encoder(order="sorted").encode


class State:
    """The committed state with a bounded cache of decoded records."""

    def __init__(self, store: Store, rules: Rules) -> None:
        self.store = store
        self.rules = rules
        self.cache: dict[str, Versioned] = {}

    def read(self, struct: type[Any], address: str) -> Versioned:
        """The present record at an address and its version."""
        cached = self.cache.get(address)
        if cached is not None:
            return cached
        data = self.store.get(record_key(address))
        return _NONE if data is None else self._decoded(self.rules.records[struct], address, data)

    def absent(self, addresses: Sequence[str]) -> list[str]:
        """Those of the addresses at which there is no record; the others are at hand from here on."""
        unknown = [address for address in addresses if address not in self.cache]
        absent = []
        stored = self.store.get_many([record_key(address) for address in unknown]) if unknown else ()
        for address, data in zip(unknown, stored, strict=True):
            if data is None:
                absent.append(address)
            elif (typed := self.rules.by_name.get(address.partition("/")[0])) is not None:
                self._decoded(typed, address, data)
        return absent

    def _decoded(self, typed: Typed, address: str, data: bytes) -> Versioned:
        try:
            entry = typed.decode(data)
        except msgspec.MsgspecError as error:
            raise Fault(f"the stored record {address} is damaged: {error}; run `dongting audit`") from error
        found = entry.body, entry.version
        self.remember({address: found})
        return found

    def remember(self, records: Mapping[str, Versioned]) -> None:
        """Keep committed records at hand."""
        if len(self.cache) >= _CACHE_SIZE:
            self.cache.clear()
        self.cache.update(records)


class Frame:
    """Facts that hold for a whole block."""

    __slots__ = ("height", "network", "profile", "time", "versions")

    def __init__(
        self, network: str, profile: str, height: int, time: int, versions: Mapping[str, int]
    ) -> None:
        self.network = network
        self.profile = profile
        self.height = height
        self.time = time
        self.versions = versions


class Execution:
    """One statement at work over the block's writes so far, of which `changes` tells how they are stored."""

    def __init__(
        self,
        state: State,
        frame: Frame,
        block: dict[str, Versioned],
        changes: Callable[[], Sequence[Change]] = tuple,
    ) -> None:
        self._state = state
        self._frame = frame
        self._block = block
        self._changes = changes
        self._records = state.rules.records
        self._seen = dict(block)  # as the block stands: what was read or written, and what there is not
        self._writes: dict[str, Versioned] = {}
        self._principal = Principal("", frozenset(), frozenset())
        self._admitted: dict[tuple[str, bytes, str], tuple[Principal, Verb]] = {}
        self._told: Execution | None = None  # through which the signers' records were read
        self._app = ""
        self.removals: list[Removal] = []
        self.time = frame.time
        self.height = frame.height
        self.network = frame.network
        self.profile = frame.profile

    time: int
    height: int
    network: str
    profile: str

    @property
    def version(self) -> int:
        return self._frame.versions.get(self._app, 1)

    def runs(self, app: str) -> bool:
        """Whether the network runs this application at this height."""
        return app in self._frame.versions

    @property
    def author(self) -> str:
        return self._principal.id

    @property
    def roles(self) -> frozenset[str]:
        return self._principal.roles

    def acts_for(self, organisation: str) -> bool:
        return organisation in self._principal.acts_for

    def expect(self, addresses: Sequence[str]) -> None:
        """Look at once at the records that statements name: most ask whether theirs is new."""
        self._seen.update(dict.fromkeys(self._state.absent(addresses), _NONE))

    def admit(self, issuer: str, kid: bytes, action: str) -> tuple[Principal, Verb]:
        """Who signed a statement and what it does; refuses an unknown key or action and a missing role.

        Remembered until a record is written that told of a signer.
        """
        admitted = self._admitted.get((issuer, kid, action))
        if admitted is None:
            admitted = self._signer(issuer, kid), self._verb(action)
            check_role(admitted[1], admitted[0])
            self._admitted[issuer, kid, action] = admitted
        return admitted

    def _signer(self, issuer: str, kid: bytes) -> Principal:
        if self._told is None:
            self._told = Execution(self._state, self._frame, self._block)
        return self._state.rules.authority(self._told).signer(issuer, kid.hex())

    def _verb(self, action: str) -> Verb:
        """The action, if the network runs its application at this height (kernel rule 11)."""
        verb = self._state.rules.actions.get(action)
        if verb is None or not self.runs(verb.app.name):
            raise Refused(codes.UNKNOWN_ACTION, action=action)
        return verb

    def get(self, record: type[R], id: str) -> R | None:
        found: R | None = self._find(record, self._records[record].prefix + id)[0]
        return found

    def _find(self, record: type[Any], address: str) -> Versioned:
        found = self._writes.get(address) or self._seen.get(address)
        if found is None:
            found = self._seen[address] = self._state.read(record, address)
        return found

    def put(self, record: Any) -> None:
        typed = self._records[type(record)]
        if typed.app.name != self._app:
            raise Fault(
                f"{self._app} must not write {typed.declared.name}, which belongs to {typed.app.name}"
            )
        address = typed.prefix + getattr(record, typed.declared.key)
        written = self._writes.get(address)
        if written is not None:
            self._writes[address] = (record, written[1])  # one statement makes one version
        else:
            self._writes[address] = (record, self._find(type(record), address)[1] + 1)

    def blank(self, leaf: int) -> str:
        if COLLECTIVE not in self.roles:
            raise Fault(f"{self._app} redacts a statement without a decision of the founders")
        store, pending = self._state.store, dict(self._changes())
        if not is_statement(store.get(leaf_key(leaf))):
            raise Refused(codes.NOT_REDACTABLE, index=leaf)

        def read(key: bytes) -> bytes | None:
            return pending.get(key) or store.get(key)

        block = block_of(store.get, self.height - 1, leaf)
        made = removal(read, self._state.rules, profile_named(self.profile), block, leaf, None)
        for address in made.present:
            self._blank_record(address)
        self.removals.append(made)
        return made.digest

    def _blank_record(self, address: str) -> None:
        """Write the next version of a record, without its free text."""
        struct = self._state.rules.by_name[address.partition("/")[0]].declared.struct
        written = self._writes.get(address)
        record, version = written or self._find(struct, address)
        body = blank(msgspec.json.decode(_encode_record(record)), places(struct))
        blanked = msgspec.json.decode(_encode_record(body), type=struct)
        self._writes[address] = (blanked, version if written else version + 1)

    def supplied(self, protocol: type[P]) -> P:
        factory = self._state.rules.supplies[protocol]
        supply: P = factory(self)
        return supply

    def attempt(self, action: str, arguments: bytes) -> Code | None:
        verb = self._state.rules.actions.get(action)
        if verb is None or not self.runs(verb.app.name):
            return codes.UNKNOWN_ACTION
        if COLLECTIVE not in verb.declared.by:
            return codes.NOT_COLLECTIVE
        saved = dict(self._writes), self._principal, self._app, list(self.removals)
        self._principal = Principal("governance", frozenset([COLLECTIVE]), frozenset())
        try:
            self.run(verb, decode_arguments(verb, arguments))
        except Refused as refusal:
            self._writes, self.removals = saved[0], saved[3]
            return refusal.code
        finally:
            self._principal, self._app = saved[1], saved[2]
        return None

    def run(self, verb: Verb, arguments: Any) -> None:
        """Run one action inside its application.

        What an application does not foresee depends on the state and the statement alone, so every node
        refuses it alike: no statement may stop a network. What depends on the machine does stop it.
        """
        self._app = verb.app.name
        try:
            verb.declared.run(self, arguments)
        except (Refused, Fault, OSError, MemoryError, RecursionError):
            raise
        except Exception as error:
            why = type(error).__name__
            raise Refused(codes.APPLICATION_FAILED, action=verb.declared.name, why=why) from error

    def begin(self, principal: Principal) -> None:
        """Start the next statement with no writes of its own."""
        self._principal = principal
        self._writes = {}
        self.removals = []

    def undo(self) -> None:
        """Drop what a refused statement wrote, before anything else is read."""
        self._writes = {}
        self.removals = []

    def enter(self, app: str) -> None:
        """Write as this application (while genesis is built)."""
        self._app = app

    @property
    def writes(self) -> Mapping[str, Versioned]:
        """What the statement has written so far."""
        return self._writes

    def finish(self) -> dict[str, Versioned]:
        """Hand the statement's writes to the block."""
        writes = self._writes
        self._block.update(writes)
        self._seen.update(writes)
        if self._told is not None and not self._told._seen.keys().isdisjoint(writes):
            self._told, self._admitted = None, {}
        return writes


def decode_arguments(verb: Verb, payload: bytes) -> Any:
    """The typed arguments of an action; refuses unknown, missing and mistyped ones."""
    try:
        return verb.arguments(payload)
    except msgspec.MsgspecError as error:
        raise Refused(codes.MALFORMED_ARGUMENTS, action=verb.declared.name, why=str(error)) from None


def check_role(verb: Verb, principal: Principal) -> None:
    """Refuse an author who holds none of the roles that the action asks for."""
    if verb.declared.by.isdisjoint(principal.roles):
        raise Refused(
            codes.WRONG_ROLE,
            action=verb.declared.name,
            author=principal.id,
            needed=", ".join(sorted(verb.declared.by)),
            held=", ".join(sorted(principal.roles)) or "-",
        )
