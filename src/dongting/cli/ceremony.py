"""The genesis ceremony: founders begin a network that a consortium orders, and nobody holds another's keys.

    seat        what each founder offers from its own machine: who it is, its public keys, where to dial it
    draft       all seats joined into one genesis document
    signature   of each founder, made where its keys are, after all compared the document's hash

The hash of the document is the network's id, so whoever compares it cannot be given another document.
Where validators are dialled stands beside the document: it says nothing about whom to believe, and each
operator may change it in the settings.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from dongting.cli.founding import attempt, document, founder_of
from dongting.cli.session import NO_KEYS, Session
from dongting.engines.cometbft.directory import make_keys
from dongting.errors import Code, Refused, require
from dongting.node.keystore import Keystore
from dongting.node.signing import new_keys
from dongting.wire import genesis as documents
from dongting.wire.genesis import Founder, Genesis, LogKey
from dongting.wire.keys import from_base64, public_key, to_base64
from dongting.wire.possession import prove, proven
from dongting.wire.profile import Profile, ProfileName, profile_named

BAD_PAPER = Code(
    "cli", 41, "bad-paper",
    "{path} is not the {what} of a genesis ceremony: {why}.",
    "{path} 不是创世仪式中的{what}：{why}。",
)  # fmt: skip
PROFILES_DIFFER = Code(
    "cli", 42, "profiles-differ",
    "The seats were made for different profiles: {profiles}. All founders must run `dongting node init` with "
    "the same --profile.",
    "各席位的密码配置不一致：{profiles}。所有发起方须以相同的 --profile 运行 `dongting node init`。",
)  # fmt: skip
OTHER_SEAT = Code(
    "cli", 43, "other-seat",
    "The draft does not hold what {organisation} offered from {home}: {what}. Do not sign; ask who made it.",
    "草案与 {organisation} 在 {home} 提交的内容不符：{what}。请勿签署，并向起草方查询。",
    status=409,
)  # fmt: skip
NOT_ALL_SIGNED = Code(
    "cli", 44, "not-all-signed",
    "These founders have not signed this document, or not with the keys in it: {missing}.",
    "以下发起方尚未签署该文件，或签署密钥与文件不符：{missing}。",
    status=409,
)  # fmt: skip

_SEAT, _DRAFT, _SIGNATURE = "dongting-seat-1", "dongting-draft-1", "dongting-signature-1"


class Seat(Struct, frozen=True, forbid_unknown_fields=True):
    """What a founder offers; `peer` is `id@host:port` of its CometBFT."""

    format: str
    profile: ProfileName
    founder: Founder
    log_key: LogKey
    peer: str


class Draft(Struct, frozen=True, forbid_unknown_fields=True):
    """The document to be signed, and where each founder's CometBFT is dialled, by organisation."""

    format: str
    genesis: Genesis
    peers: dict[str, str]

    @property
    def data(self) -> bytes:
        """The bytes of the genesis document."""
        return self.genesis.encode()

    @property
    def profile(self) -> Profile:
        """The network's profile."""
        return profile_named(self.genesis.profile)

    @property
    def network(self) -> str:
        """The network's id: what is compared aloud."""
        return documents.network_id(self.data, self.profile)

    @property
    def spoken(self) -> list[str]:
        """The id in four lines of four groups, as people read it to each other."""
        groups = [self.network[n : n + 4] for n in range(0, 64, 4)]
        return [" ".join(groups[n : n + 4]) for n in range(0, 16, 4)]


class Signature(Struct, frozen=True, forbid_unknown_fields=True):
    """A founder's yes to a network's id: proofs of possession of its signing key and of its log key."""

    format: str
    organisation: str
    network: str
    signing: str
    log: str


Paper = TypeVar("Paper", Seat, Draft, Signature)
_WORDS: Mapping[type[Struct], tuple[str, str]] = {
    Seat: ("seat", _SEAT), Draft: ("draft", _DRAFT), Signature: ("signature", _SIGNATURE),
}  # fmt: skip


def read(path: Path, kind: type[Paper]) -> Paper:
    """The paper in this file; refuses another kind, unknown fields, and a genesis that cannot be."""
    what, format = _WORDS[kind]
    try:
        found = msgspec.json.decode(path.read_bytes(), type=kind)
    except msgspec.MsgspecError as error:
        raise Refused(BAD_PAPER, path=path, what=what, why=str(error)) from None
    require(found.format == format, BAD_PAPER, path=path, what=what, why=f"its format must be {format}")
    if isinstance(found, Draft):
        documents.decode(found.data)
    return found


def write(path: Path, paper: Seat | Draft | Signature) -> None:
    """Write a paper so that people can read it, too."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(paper), indent=2) + b"\n")


@dataclass(frozen=True, slots=True)
class Place:
    """A founder's own home in the ceremony."""

    told: Session
    organisation: str

    @property
    def _nodes(self) -> Path:
        return self.told.config.path(self.told.config.keystore.path)

    def offer(self, profile: Profile, who: str, dialled: str, now: int) -> Seat:
        """Make the keys that are missing, and the seat that names their public halves.

        `who` is told as to `network create`, `dialled` is host:port of this node's CometBFT, `now` in
        seconds since 1970.
        """
        told, id = self.told, self.organisation
        told.prepare()
        own = told.keystore_path(id)
        if not own.exists():
            new_keys(Keystore.create(own, told.passphrase(id, new=True)), id, profile, now)
        if not self._nodes.exists():
            Keystore.create(self._nodes, told.passphrase("node", new=True)).add(id, "log", "Ed25519", now)
        founder = founder_of(who if who.startswith("id=") else f"id={id},{who}", Keystore.open(own))
        log_key, node = self._validator()
        return Seat(_SEAT, profile.name, founder, log_key, f"{node}@{dialled}")

    def sign(self, draft: Draft) -> Signature:
        """Sign a draft; refuses one whose keys for this founder are not those that are here."""
        told, id, profile = self.told, self.organisation, draft.profile
        self.check(draft)
        own, nodes = told.keystore(id), Keystore.open(self._nodes)
        nodes.unlock(told.passphrase("node"))
        signing, log = own.signing_key(f"{id}/signing"), nodes.signing_key(f"{id}/log")
        proofs = [to_base64(prove(key, profile, draft.network, id)) for key in (signing, log)]
        return Signature(_SIGNATURE, id, draft.network, *proofs)

    def check(self, draft: Draft) -> None:
        """Refuse a draft in which this founder has other keys than its own."""
        told, id = self.told, self.organisation
        founder = next((each for each in draft.genesis.founders if each.id == id), None)
        log_key = next((each for each in draft.genesis.log_keys if each.owner == id), None)

        def same(what: str, held: bool) -> None:
            require(held, OTHER_SEAT, organisation=id, home=told.home, what=what)

        same("no such founder", founder is not None)
        assert founder is not None
        there = told.keystore_path(id).exists() and self._nodes.exists()
        require(there, NO_KEYS, organisation=id, home=told.home)
        entries = Keystore.open(told.keystore_path(id)).entries()
        held = {entry.public for entry in entries if entry.stage == "current"}
        same("its keys", {*founder.signing_keys, founder.encryption_key} <= held)
        own, node = self._validator()
        same("its log key or consensus key", log_key == own)
        same("its node's id", draft.peers.get(id, "").partition("@")[0] == node)

    def _validator(self) -> tuple[LogKey, str]:
        """This node's log key with its consensus key, and the id of its CometBFT."""
        consensus, node = make_keys(self.told.home / "cometbft")
        public = Keystore.open(self._nodes).public_key(f"{self.organisation}/log")
        return LogKey(self.organisation, to_base64(public.cose()), consensus), node


def joined(seats: Sequence[Seat], given: Mapping[str, Any], now: int, home: Path) -> Draft:
    """The draft of these seats; `given` as `network create` takes it, `home` for a trial of the document."""
    profiles = sorted({seat.profile for seat in seats})
    require(len(profiles) == 1, PROFILES_DIFFER, profiles=", ".join(profiles))
    profile = profile_named(profiles[0])
    founders = [seat.founder for seat in seats]
    made = document(profile, now, given, founders, [seat.log_key for seat in seats])
    documents.decode(made.encode())
    attempt(home, profile, made.encode())
    return Draft(_DRAFT, made, {seat.founder.id: seat.peer for seat in seats})


def signed_by_all(draft: Draft, signatures: Sequence[Signature]) -> None:
    """Refuse to begin before every founder signed this very document with its own keys in it."""
    by = {each.organisation: each for each in signatures}
    logs = {each.owner: each.key for each in draft.genesis.log_keys}
    missing = [
        founder.id
        for founder in draft.genesis.founders
        if not _holds(draft, founder, logs.get(founder.id), by.get(founder.id))
    ]
    require(not missing, NOT_ALL_SIGNED, missing=", ".join(missing))


def _holds(draft: Draft, founder: Founder, log: str | None, given: Signature | None) -> bool:
    if given is None or given.network != draft.network or log is None:
        return False
    for key, proof in ((founder.signing_keys[0], given.signing), (log, given.log)):
        held = public_key(from_base64(key))
        if not proven(held, draft.profile, draft.network, founder.id, from_base64(proof)):
            return False
    return True
