"""From a draft to one statement by two people: one signs it off, another reads the same and confirms it.

Until then nothing is sealed to others. What was signed off is kept encrypted to the organisation itself, as
it was shown and as it will be signed; on confirmation it is drafted again from the ledger, must be the same.
"""

from typing import Any

import msgspec
from msgspec import Struct

from dongting.appkit.fields import Text
from dongting.errors import Refused, require
from dongting.node.completing import complete
from dongting.node.drafting import ACTIONS, Draft, draft_of, prepare, sign
from dongting.node.people.access import Actor
from dongting.node.people.accounts import Accounts
from dongting.node.people.codes import NOT_ALLOWED
from dongting.node.people.sign_off_codes import NEEDS_SECOND, OTHERWISE_NOW
from dongting.node.people.sign_offs import SignOff
from dongting.node.warrants import may, permissions
from dongting.node.words import Preview, Words
from dongting.sdk.client import Client
from dongting.sdk.statements import Done
from dongting.wire import jcs
from dongting.wire.keys import from_base64, to_base64
from dongting.wire.statement import decode


class Content(Struct, frozen=True):
    """What was signed off: exactly what will be signed, the contents of its parts, and how it was shown."""

    arguments: dict[str, Any]
    parts: dict[str, dict[str, Any]]
    salts: dict[str, str]
    en: Preview
    zh: Preview


def two_needed(accounts: Accounts, client: Client, draft: Draft) -> bool:
    """Whether the organisation has two people sign this."""
    return accounts.two_people.needed(client.organisation or "", draft.action.name, draft.arguments)


def sign_or_wait(
    accounts: Accounts, client: Client, draft: Draft, actor: Actor | None, author: Text | None = None
) -> Done | str:
    """Sign a prepared draft; the id of its sign-off where a second person has to confirm it first.

    `author` is what people call the organisation, its id where that is not known.
    """
    organisation = client.organisation or ""
    if not two_needed(accounts, client, draft):
        return sign(client, draft)
    if actor is None:
        raise Refused(NEEDS_SECOND, organisation=organisation, action=draft.action.name)
    for step in (*draft.keeps, *draft.after):
        step()
    zone, named = client.network.genesis.zone, author or Text(en=organisation, zh=organisation)
    content = Content(
        draft.arguments, draft.parts, {name: to_base64(salt) for name, salt in draft.salts.items()},
        Words("en", zone).preview(draft, named.best("en")),
        Words("zh", zone).preview(draft, named.best("zh")),
    )  # fmt: skip
    return accounts.sign_offs.begin(
        actor, organisation, draft.action.name, draft.subject, jcs.encode(draft.arguments),
        draft.fingerprint, client.parts.sealed(msgspec.json.encode(content)),
    )  # fmt: skip


def content_of(accounts: Accounts, client: Client, id: str) -> Content:
    """What was signed off under an id, for the organisation's own people."""
    sealed = accounts.sign_offs.sealed(client.organisation or "", id)
    return msgspec.json.decode(client.parts.opened(sealed), type=Content)


def confirm(accounts: Accounts, client: Client, actor: Actor, id: str, seen: str) -> Done:
    """The second person confirms what was `seen` (its fingerprint); it is signed and sent, once.

    Where the answer was lost after the signature, the same statement is followed up.
    """
    organisation, offs = client.organisation or "", accounts.sign_offs
    found = offs.one(organisation, id)
    _require_may(actor, found)
    require(seen == found.fingerprint, OTHERWISE_NOW)
    if found.state != "signed":
        draft = _again(client, found, content_of(accounts, client, id))
        require(draft.fingerprint == found.fingerprint, OTHERWISE_NOW)
        offs.confirm(actor, organisation, id)
        try:
            for step in draft.before:
                step()
            client.statements.sign(draft.action.name, draft.subject, draft.arguments)
        except BaseException:
            offs.released(organisation, id)
            raise
    return _sent(accounts, client, id)


def reject(accounts: Accounts, actor: Actor, organisation: str, id: str, reason: str) -> None:
    """A second person who could confirm it says no."""
    _require_may(actor, accounts.sign_offs.one(organisation, id))
    accounts.sign_offs.reject(actor, organisation, id, reason)


def may_decide(actor: Actor, found: SignOff) -> bool:
    """Whether this person can confirm or reject it now."""
    return found.state in ("waiting", "signed") and actor.person != found.first and may(
        actor, ACTIONS[found.action]
    )  # fmt: skip


def _require_may(actor: Actor, found: SignOff) -> None:
    action = ACTIONS[found.action]
    require(may(actor, action), NOT_ALLOWED, permission=" / ".join(sorted(permissions(action))))


def _again(client: Client, found: SignOff, content: Content) -> Draft:
    """The draft as the ledger stands now; what was signed off stays as it was."""
    draft = draft_of(found.action, content.arguments, content.parts)
    draft.whole = True
    draft.salts.update({name: from_base64(salt) for name, salt in content.salts.items()})
    complete(client, draft)
    prepare(client, draft)
    return draft


def _sent(accounts: Accounts, client: Client, id: str) -> Done:
    organisation, offs = client.organisation or "", accounts.sign_offs
    data = offs.data(organisation, id)
    assert data is not None
    statement = decode(data, client.profile)
    fate = client.statements.fate(statement.leaf.hex(), statement.issuer, statement.nonce.hex())
    try:
        if fate.state == "accepted" and fate.index is not None:
            done = Done(fate.id, fate.index, fate.height or 0, fate.time or 0, data)
        else:
            done = client.send(data)
    except Refused as refused:
        if refused.code.status < 500:
            offs.settled(organisation, id, None, str(refused.code))
        raise
    offs.settled(organisation, id, done.index)
    return done
