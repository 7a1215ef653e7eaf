"""Signing and encryption keys: added, rotated, revoked, recovered (COSE_Key, RFC 9052; RFC 9679).

A signing key serves one organisation once: its record stays for ever, also when it is revoked, so that
an old signature still finds its key. Whoever registers a key proves that it holds the private half.
An organisation never takes its own last key away; only the founders can replace all of them.
"""

from typing import Annotated, Literal

import msgspec

from dongting.appkit.app import COLLECTIVE, Record
from dongting.appkit.context import Context, find
from dongting.appkit.fields import Base64, Instant, OrganisationId, says
from dongting.apps.membership.codes import (
    KEY_EXISTS,
    KEY_REVOKED,
    KEYS_APART,
    LAST_KEY,
    NO_POSSESSION,
    NOT_ITS_KEY,
    NOT_ITSELF,
    NOTHING_CHANGES,
    TOO_MANY_KEYS,
)
from dongting.apps.membership.declaration import app
from dongting.apps.membership.organisations import Organisation, Thumbprint
from dongting.errors import require
from dongting.wire import possession
from dongting.wire.keys import PublicKey, from_base64, public_key, to_base64
from dongting.wire.profile import profile_named
from dongting.wire.sealing import sealing_key

MAX_KEYS = 16  # in use at once, for one organisation

#: Why a key is no longer used; `recovered` when the founders replaced it.
Reason = Literal["compromised", "rotated", "retired", "recovered"]


@app.record(("Signing key", "签名密钥"), indexed=("owner",), parties=("owner",))
class SigningKey(Record, frozen=True):
    """A registered signing key; statements from `revoked` on are refused, earlier ones stand."""

    id: Annotated[Thumbprint, says("Thumbprint", "指纹")]
    owner: Annotated[OrganisationId, says("Owner", "所有者")]
    key: Annotated[Base64, says("COSE key", "COSE 公钥")]
    added: Annotated[Instant, says("Added", "登记时间")]
    revoked: Annotated[Instant | None, says("Revoked", "撤销时间")] = None
    reason: Annotated[Reason | None, says("Reason", "撤销原因")] = None


class NewKey(Record, frozen=True):
    """A new signing key and the proof of possession (`dongting.wire.possession`), both base64url."""

    key: Annotated[Base64, says("COSE key", "COSE 公钥")]
    possession: Annotated[Base64, says("Proof of possession", "持有证明")]


#: The first or the replaced keys of an organisation.
NewKeys = Annotated[tuple[NewKey, ...], msgspec.Meta(min_length=1, max_length=MAX_KEYS)]


class AddKey(Record, frozen=True):
    organisation: Annotated[OrganisationId, says("Organisation", "组织")]
    key: Annotated[NewKey, says("New key", "新密钥")]


class RotateKey(Record, frozen=True):
    organisation: Annotated[OrganisationId, says("Organisation", "组织")]
    replaces: Annotated[Thumbprint, says("Key to replace", "被替换的密钥")]
    key: Annotated[NewKey, says("New key", "新密钥")]


class RevokeKey(Record, frozen=True):
    key: Annotated[Thumbprint, says("Key to revoke", "要撤销的密钥")]
    reason: Annotated[Literal["compromised", "retired"], says("Reason", "原因")]


class RecoverKeys(Record, frozen=True):
    organisation: Annotated[OrganisationId, says("Organisation", "组织")]
    keys: Annotated[NewKeys, says("New keys", "新密钥")]
    encryption_key: Annotated[Base64 | None, says("New encryption key", "新加密公钥")] = None


class SetEncryptionKey(Record, frozen=True):
    organisation: Annotated[OrganisationId, says("Organisation", "组织")]
    key: Annotated[Base64, says("New encryption key", "新加密公钥")]


def check_possession(ctx: Context, organisation: str, new: NewKey) -> PublicKey:
    """The public key in these arguments; refuses a weak one and one whose holder proves nothing."""
    key, profile = public_key(from_base64(new.key)), profile_named(ctx.profile)
    held = possession.proven(key, profile, ctx.network, organisation, from_base64(new.possession))
    require(held, NO_POSSESSION, key=key.thumbprint(profile).hex(), organisation=organisation)
    return key


def register_key(ctx: Context, organisation: str, key: PublicKey, encryption_key: str) -> str:
    """Put a signing key on record; its thumbprint. Refuses one that was ever registered."""
    cose = key.cose()
    id = key.thumbprint(profile_named(ctx.profile)).hex()
    require(ctx.get(SigningKey, id) is None, KEY_EXISTS, key=id)
    require(cose != from_base64(encryption_key), KEYS_APART, key=id)
    ctx.put(SigningKey(id=id, owner=organisation, key=to_base64(cose), added=ctx.time))
    return id


def check_encryption_key(ctx: Context, key: str) -> None:
    """Refuse a key that the network's profile does not seal to, a weak one, and one that signs."""
    profile = profile_named(ctx.profile)
    id = sealing_key(from_base64(key), profile).thumbprint(profile).hex()
    require(ctx.get(SigningKey, id) is None, KEYS_APART, key=id)


def itself(ctx: Context, organisation: str) -> Organisation:
    """The author's own organisation; refuses to act on another's."""
    require(ctx.author == organisation, NOT_ITSELF, organisation=organisation)
    return find(ctx, Organisation, organisation)


@app.action(
    ("Add a signing key", "登记签名密钥"), about=Organisation, subject="organisation",
    says=(
        "{organisation} registered a further signing key of its own.",
        "{organisation} 为自己登记了一个新的签名密钥。",
    ),
)  # fmt: skip
def add_key(ctx: Context, new: AddKey) -> None:
    """Register a further signing key of the author, proven by a signature with that key."""
    owner = itself(ctx, new.organisation)
    require(len(owner.signing_keys) < MAX_KEYS, TOO_MANY_KEYS, limit=MAX_KEYS)
    key = check_possession(ctx, owner.id, new.key)
    id = register_key(ctx, owner.id, key, owner.encryption_key)
    ctx.put(msgspec.structs.replace(owner, signing_keys=(*owner.signing_keys, id)))


@app.action(
    ("Rotate a signing key", "轮换签名密钥"), about=Organisation, subject="organisation",
    says=(
        "{organisation} replaced its signing key {replaces} by a new one;"
        " from then on the old key signs nothing.",
        "{organisation} 以新密钥替换了签名密钥 {replaces}；旧密钥自此不再有效。",
    ),
)  # fmt: skip
def rotate_key(ctx: Context, change: RotateKey) -> None:
    """Replace one signing key of the author by a new one in a single step."""
    owner = itself(ctx, change.organisation)
    key = check_possession(ctx, owner.id, change.key)
    owner = _without(ctx, owner, change.replaces, "rotated")
    id = register_key(ctx, owner.id, key, owner.encryption_key)
    ctx.put(msgspec.structs.replace(owner, signing_keys=(*owner.signing_keys, id)))


@app.action(
    ("Revoke a signing key", "撤销签名密钥"), about=SigningKey, subject="key",
    says=(
        "{author} revoked its signing key {key} ({reason}); what the key signed before still stands.",
        "{author} 撤销了自己的签名密钥 {key}（{reason}）；此前以该密钥签署的内容依然有效。",
    ),
)  # fmt: skip
def revoke_key(ctx: Context, change: RevokeKey) -> None:
    """Take one of the author's own signing keys out of use; never its last one."""
    owner = _without(ctx, itself(ctx, ctx.author), change.key, change.reason)
    require(owner.signing_keys, LAST_KEY, key=change.key)
    ctx.put(owner)


@app.action(
    ("Recover keys", "恢复密钥"), about=Organisation, subject="organisation", by=COLLECTIVE,
    says=(
        "By resolution of the founders, all signing keys of {organisation} were replaced by new ones.",
        "经发起方决议，{organisation} 的全部签名密钥已更换为新密钥。",
    ),
)  # fmt: skip
def recover_keys(ctx: Context, change: RecoverKeys) -> None:
    """Replace all keys of an organisation that lost them, or lost control of them."""
    owner = find(ctx, Organisation, change.organisation)
    for old in owner.signing_keys:
        owner = _without(ctx, owner, old, "recovered")
    if change.encryption_key is not None:
        owner = msgspec.structs.replace(owner, encryption_key=change.encryption_key)
    ids = [
        register_key(ctx, owner.id, check_possession(ctx, owner.id, new), owner.encryption_key)
        for new in change.keys
    ]
    check_encryption_key(ctx, owner.encryption_key)
    ctx.put(msgspec.structs.replace(owner, signing_keys=tuple(ids)))


@app.action(
    ("Set the encryption key", "设定加密公钥"), about=Organisation, subject="organisation",
    says=(
        "{organisation} replaced the key to which others encrypt what they send to it.",
        "{organisation} 更换了他方向其加密传送所用的公钥。",
    ),
)  # fmt: skip
def set_encryption_key(ctx: Context, change: SetEncryptionKey) -> None:
    """Replace the encryption key; what is kept for the author is sealed again to the new one."""
    owner = itself(ctx, change.organisation)
    require(change.key != owner.encryption_key, NOTHING_CHANGES)
    check_encryption_key(ctx, change.key)
    ctx.put(msgspec.structs.replace(owner, encryption_key=change.key))


def _without(ctx: Context, owner: Organisation, id: str, reason: Reason) -> Organisation:
    key = find(ctx, SigningKey, id)
    require(key.owner == owner.id, NOT_ITS_KEY, key=id, issuer=owner.id)
    require(key.revoked is None, KEY_REVOKED, key=id)
    ctx.put(msgspec.structs.replace(key, revoked=ctx.time, reason=reason))
    kept = tuple(other for other in owner.signing_keys if other != id)
    return msgspec.structs.replace(owner, signing_keys=kept)
