"""A registrar admits an organisation that this node is to host; founders propose it to each other.

Its keys are made in the node's keystore; its first administrator gets a link that works once.
"""

import asyncio
from typing import Any

import msgspec

from dongting.errors import Language, Refused, require
from dongting.node.agents import Agents
from dongting.node.drafting import Draft, draft_of, prepare, proposed, sign
from dongting.node.people.access import Actor
from dongting.node.people.accounts import Accounts
from dongting.node.people.applications import Application
from dongting.node.people.codes import CANNOT_ADMIT, NO_SUCH_APPLICATION
from dongting.sdk.client import Client
from dongting.store.views import Views


class Admitted(msgspec.Struct, frozen=True):
    """What was done: `admitted` at once, or `proposed` to the founders; the secret of the set-up link."""

    state: str
    secret: str


async def admit(
    accounts: Accounts, agents: Agents, views: Views, by: Actor | None, organisation: str,
    language: Language, id: str,
) -> Admitted:  # fmt: skip
    """Decide an application: `organisation` signs what admits the applicant."""
    found = await asyncio.to_thread(accounts.applications.one, id)
    if found.state != "waiting":
        raise Refused(NO_SUCH_APPLICATION)
    delegation, founder = await asyncio.to_thread(_standing, views, organisation, found)
    if delegation is None and not founder:
        raise Refused(CANNOT_ADMIT, organisation=organisation)
    made = await agents.make(found.applicant.organisation)
    keys = {
        "signing_keys": [{"key": made.signing, "possession": made.possession}],
        "encryption_key": made.encryption,
    }

    def work(client: Client) -> None:
        draft = _draft(found, keys, delegation)
        prepare(client, draft)
        sign(client, draft)

    await agents.run(organisation, language, work, by)
    state = "admitted" if delegation is not None else "proposed"
    await asyncio.to_thread(accounts.applications.decide, id, state, by, organisation)
    return Admitted(state, await asyncio.to_thread(accounts.staff.set_up_link, found.applicant.organisation))


async def require_decider(accounts: Accounts, views: Views, organisation: str) -> None:
    """Refuse who neither is founder or registrar nor runs the node."""
    mine = organisation == accounts.register.operator
    allowed = mine or await asyncio.to_thread(may_admit, views, organisation)
    require(allowed, CANNOT_ADMIT, organisation=organisation)


def may_admit(views: Views, organisation: str) -> bool:
    """Whether an organisation is registrar or founder at present."""
    row = views.get("membership.organisation", organisation)
    return row is not None and bool({"registrar", "founder"} & set(msgspec.json.decode(row.body)["roles"]))


def _draft(found: Application, keys: dict[str, Any], delegation: str | None) -> Draft:
    given = found.applicant
    names = {code: name for code, name in (("zh", given.name_zh), ("en", given.name_en)) if name}
    arguments: dict[str, Any] = {
        "id": given.organisation, "kind": given.kind, "name": names, "credit_code": given.credit_code, **keys,
    }  # fmt: skip
    if given.region:
        arguments["region"] = given.region
    if delegation is not None:
        return draft_of("membership/register", {**arguments, "delegation": delegation}, {})
    return proposed(draft_of("membership/admit", arguments, {}), f"admit-{found.id}", "")


def _standing(views: Views, organisation: str, found: Application) -> tuple[str | None, bool]:
    """The organisation's delegation that covers the applicant, if any, and whether it is a founder."""
    row = views.get("membership.organisation", organisation)
    roles = msgspec.json.decode(row.body)["roles"] if row is not None else []
    page = views.list("membership.delegation", {"state": "active"}, limit=100)
    for one in page.rows:
        body = msgspec.json.decode(one.body)
        kinds, areas = body.get("kinds") or [], body.get("regions") or []
        region = found.applicant.region
        inside = not areas or any(region.startswith(area.rstrip("0") or area) for area in areas if region)
        if body["registrar"] == organisation and (not kinds or found.applicant.kind in kinds) and inside:
            return str(body["id"]), "founder" in roles
    return None, "founder" in roles
