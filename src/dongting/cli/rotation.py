"""Rotating a key: made in the keystore, registered on the ledger, then put to use.

The three steps can stop anywhere; repeating finds how far it came and goes on.
"""

from typing import Any

from dongting.cli.session import Session
from dongting.node.keystore import Entry, Keystore
from dongting.sdk.client import Client
from dongting.sdk.members import ORGANISATION
from dongting.wire.keys import to_base64
from dongting.wire.possession import prove


def rotate(told: Session, purpose: str, now: int) -> Entry:
    """Rotate the organisation's key of this purpose; the entry now in use."""
    name = f"{told.organisation}/{purpose}"
    client = told.client()
    keystore = told.keystore(told.organisation)
    with client:
        waiting = [e for e in keystore.entries() if (e.name, e.stage) == (name, "next")]
        following = waiting[0] if waiting else keystore.rotate(name, now)
        if not _registered(client, following):
            action, arguments = _registration(client, keystore, following)
            client.act(action, f"{ORGANISATION}/{told.organisation}", arguments)
    return keystore.promote(name)


def _registered(client: Client, entry: Entry) -> bool:
    record = client.members.organisation(entry.organisation).record
    if entry.purpose == "encryption":
        return bool(record["encryption_key"] == entry.public)
    return entry.key().thumbprint(client.profile).hex() in record["signing_keys"]


def _registration(client: Client, keystore: Keystore, entry: Entry) -> tuple[str, dict[str, Any]]:
    """The action that puts the next key on record, signed by the current one."""
    if entry.purpose == "encryption":
        arguments = {"organisation": entry.organisation, "key": entry.public}
        return "membership/set-encryption-key", arguments
    profile, network = client.profile, client.network.id
    following = keystore.signing_key(entry.name, "next")
    proof = to_base64(prove(following, profile, network, entry.organisation))
    replaced = keystore.public_key(entry.name).thumbprint(profile).hex()
    new = {"key": entry.public, "possession": proof}
    return "membership/rotate-key", {"organisation": entry.organisation, "replaces": replaced, "key": new}
