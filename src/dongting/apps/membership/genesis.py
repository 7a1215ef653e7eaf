"""The first members: the founders, their keys and the supervisor that the genesis document names.

All members hold the same document, whose hash is the network's id; that agreement stands in for the
proofs of possession, which cannot name a network that has no id yet.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from dongting.appkit.context import Context
from dongting.apps.membership.codes import BAD_GENESIS
from dongting.apps.membership.declaration import app
from dongting.apps.membership.keys import check_encryption_key, register_key
from dongting.apps.membership.organisations import (
    OFFICES,
    Office,
    Offices,
    Organisation,
    claim_credit_code,
)
from dongting.errors import Refused
from dongting.standards import uscc
from dongting.wire.keys import from_base64, public_key


@app.begins
def begin(ctx: Context, genesis: Mapping[str, Any]) -> None:
    """Put the founders, their keys and the offices on record."""
    supervisor = genesis.get("supervisor")
    for founder in genesis["founders"]:
        roles: tuple[Office, ...] = ("founder",)
        if founder["id"] == supervisor:
            roles = ("founder", "supervisor")
        _found(ctx, founder, roles)
    ids = tuple(founder["id"] for founder in genesis["founders"])
    ctx.put(Offices(id=OFFICES, founders=ids, supervisor=supervisor))


def _found(ctx: Context, founder: Mapping[str, Any], roles: tuple[Office, ...]) -> None:
    """One founding organisation; a founder is a founder's peer, so it needs no vouch without a code."""
    id, credit_code, encryption_key = founder["id"], founder.get("credit_code"), founder["encryption_key"]
    if credit_code is not None:
        claim_credit_code(ctx, uscc.check(credit_code).code, id)
    keys = [
        register_key(ctx, id, public_key(from_base64(key)), encryption_key) for key in founder["signing_keys"]
    ]
    check_encryption_key(ctx, encryption_key)
    fields = {
        "id": id, "kind": founder["kind"], "name": founder["name"], "credit_code": credit_code, "vouch": None,
        "region": founder.get("region"), "parent": None, "standing": "active", "roles": roles,
        "signing_keys": keys, "encryption_key": encryption_key, "admitted": ctx.time,
    }  # fmt: skip
    try:
        organisation = msgspec.convert(fields, Organisation)
    except msgspec.ValidationError as error:
        raise Refused(BAD_GENESIS, why=f"the founder {id} is not valid: {error}") from None
    organisation.name.check("name")
    ctx.put(organisation)
