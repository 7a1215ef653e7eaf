"""The genesis document: what a network begins with; its hash is the network's id.

Canonical JSON (RFC 8785). It holds public facts only: founders with their keys, the profile, the log's
keys, how the founders decide, the calendar of working days, and the applications with their versions.
"""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from dongting.errors import Code, Refused, require
from dongting.wire import jcs
from dongting.wire.keys import from_base64, public_key
from dongting.wire.profile import Profile, ProfileName, profile_named
from dongting.wire.suites import ED25519

FORMAT = "dongting-genesis-1"

BAD_GENESIS = Code(
    "wire", 15, "bad-genesis",
    "The genesis document is not valid: {why}. Make it with `dongting network create`.",
    "创世文件无效：{why}。请用 `dongting network create` 生成。",
    status=400,
)  # fmt: skip

_Id = Annotated[str, Meta(pattern=r"^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$(?!\n)", max_length=64)]
#: Beyond any calendar, and small enough for five bytes of the replay window.
_Seconds = Annotated[int, Meta(ge=0, le=2**40)]
_Day = Annotated[str, Meta(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$(?!\n)")]
_Key = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]+$(?!\n)", max_length=400)]


class Founder(Struct, frozen=True, forbid_unknown_fields=True):
    """One founding organisation; keys are COSE_Key bytes in base64url without padding."""

    id: _Id
    kind: str
    name: dict[str, str]
    signing_keys: Annotated[list[_Key], Meta(min_length=1, max_length=8)]
    encryption_key: _Key
    credit_code: str | None = None
    region: str | None = None


class LogKey(Struct, frozen=True, forbid_unknown_fields=True):
    """An Ed25519 key that signs checkpoints, and the founder that answers for it.

    `consensus`, in a network that a consortium orders, is the Ed25519 key with which the same node votes.
    """

    owner: _Id
    key: _Key
    consensus: _Key | UnsetType = UNSET


class Quorum(Struct, frozen=True, forbid_unknown_fields=True):
    """How founders decide: by which majority, and in how many days."""

    votes: str = "majority"
    days: Annotated[int, Meta(ge=1, le=365)] = 7


class Calendar(Struct, frozen=True, forbid_unknown_fields=True):
    """Working days: weekend days (ISO 8601, Monday is 1), holidays, and weekend days that are worked."""

    weekend: tuple[Annotated[int, Meta(ge=1, le=7)], ...] = (6, 7)
    holidays: tuple[_Day, ...] = ()
    workdays: tuple[_Day, ...] = ()


class AppVersion(Struct, frozen=True, forbid_unknown_fields=True):
    """An application that the network begins with; `hash` is that of its source, 64 hexadecimal digits."""

    name: str
    version: Annotated[int, Meta(ge=1)]
    hash: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]


class Genesis(Struct, frozen=True, forbid_unknown_fields=True):
    """The document; `created` in seconds since 1970, `zone` a fixed offset such as `+08:00`."""

    format: str
    name: dict[str, str]
    profile: ProfileName
    domain: Annotated[str, Meta(pattern=r"^[a-z0-9.-]{1,120}$(?!\n)")]
    created: _Seconds
    founders: Annotated[list[Founder], Meta(min_length=1, max_length=50)]
    log_keys: Annotated[list[LogKey], Meta(min_length=1, max_length=50)]
    apps: list[AppVersion]
    zone: Annotated[str, Meta(pattern=r"^[+-](0[0-9]|1[0-4]):[0-5][0-9]$(?!\n)")] = "+08:00"
    supervisor: _Id | None = None
    quorum: Quorum = Quorum()
    calendar: Calendar = Calendar()
    parameters: dict[str, int] = {}

    def encode(self) -> bytes:
        """The one byte form."""
        return jcs.encode(self)

    def plain(self) -> dict[str, Any]:
        """The document as dictionaries, as applications take it."""
        return msgspec.to_builtins(self)  # type: ignore[no-any-return]


def decode(data: bytes) -> Genesis:
    """The document in these bytes; refuses another byte form, unknown fields, and what cannot be."""
    jcs.decode(data)
    try:
        genesis = msgspec.json.decode(data, type=Genesis)
    except msgspec.MsgspecError as error:
        raise Refused(BAD_GENESIS, why=str(error)) from None
    require(genesis.format == FORMAT, BAD_GENESIS, why=f"its format must be {FORMAT}")
    # A document with a default left out would be a second form with another hash.
    require(genesis.encode() == data, BAD_GENESIS, why="write every field, defaults too")
    ids = [founder.id for founder in genesis.founders]
    require(len(set(ids)) == len(ids), BAD_GENESIS, why="two founders have the same id")
    owners = {genesis.supervisor} - {None} | {key.owner for key in genesis.log_keys}
    require(owners <= set(ids), BAD_GENESIS, why="a log key's owner or the supervisor is not a founder")
    keys = [key for founder in genesis.founders for key in founder.signing_keys]
    voting = [key.consensus for key in genesis.log_keys if key.consensus is not UNSET]
    keys += [key.key for key in genesis.log_keys] + voting
    require(len(set(keys)) == len(keys), BAD_GENESIS, why="the same key stands in it twice")
    suites = {key: public_key(from_base64(key)).suite for key in keys}
    for key in genesis.log_keys:
        # Checkpoints are signed notes, which know Ed25519 alone; so does CometBFT as these networks run it.
        require(suites[key.key] is ED25519, BAD_GENESIS, why="a log key is not an Ed25519 key")
    votes = all(suites[key] is ED25519 for key in voting)
    require(
        votes and len(voting) in (0, len(genesis.log_keys)),
        BAD_GENESIS,
        why="all log keys need an Ed25519 consensus key, or none",
    )
    return genesis


def network_id(data: bytes, profile: Profile) -> str:
    """The id of the network that begins with these bytes: 64 hexadecimal digits."""
    return profile.hash(data).hex()


def origin(genesis: Genesis) -> str:
    """The origin line of the network's log (C2SP tlog-checkpoint): `<domain>/<short network id>`."""
    return f"{genesis.domain}/{network_id(genesis.encode(), profile_named(genesis.profile))[:16]}"
