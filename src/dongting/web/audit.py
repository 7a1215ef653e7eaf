"""The audit log on a page and as a file, for auditors and administrators."""

import asyncio
from typing import Any

from dongting.http.messages import Reply
from dongting.node.people.access import AUDIT
from dongting.node.people.audit_log import PAGE
from dongting.web.places import Place
from dongting.web.site import Site
from dongting.web.texts import marked
from dongting.web.visits import Visit, address

#: What the kinds of lines are called.
KINDS = {
    "sign-in": marked("Signed in"),
    "sign-in-refused": marked("Sign-in refused"),
    "sign-out": marked("Signed out"),
    "refused": marked("Refused"),
    "signed": marked("Statement signed"),
    "two-people-changed": marked("Rule of two people changed"),
    "sign-off-begun": marked("Signed off by a first person"),
    "sign-off-confirmed": marked("Confirmed by a second person"),
    "sign-off-accepted": marked("In the ledger, by two people"),
    "sign-off-refused": marked("Signed by two people, refused by the ledger"),
    "sign-off-rejected": marked("Rejected by a second person"),
    "sign-off-withdrawn": marked("Sign-off withdrawn"),
    "sign-off-expired": marked("Sign-off ran out"),
    "person-joined": marked("Person joined"),
    "person-left": marked("Person left"),
    "roles-changed": marked("Roles changed"),
    "set-up-link-made": marked("Set-up link made"),
    "invitation-link-made": marked("Invitation made"),
    "reset-link-made": marked("Password link made"),
    "password-changed": marked("Password changed"),
    "password-refused": marked("Present password refused"),
    "password-reset": marked("Password set by a link"),
    "password-recovered": marked("Password set by a recovery code"),
    "recovery-refused": marked("Recovery code refused"),
    "recovery-codes-made": marked("Recovery codes made"),
    "api-key-made": marked("API key made"),
    "api-key-revoked": marked("API key revoked"),
    "passkey-added": marked("Passkey added"),
    "passkey-removed": marked("Passkey removed"),
    "passkey-refused": marked("Passkey refused"),
    "application-received": marked("Application received"),
    "application-admitted": marked("Application admitted"),
    "application-proposed": marked("Application proposed to the founders"),
    "application-declined": marked("Application declined"),
}
#: What the facts of a line are called.
FACTS = {
    "about": marked("about"), "added": marked("added"), "asked": marked("taken off by one"),
    "first": marked("first person"), "removed": marked("taken off"), "sign_off": marked("sign-off"),
    "action": marked("action"), "application": marked("application"),
    "by": marked("by means of"),
    "client": marked("from the address"), "code": marked("code"), "key": marked("key"),
    "leaf": marked("log entry"), "passkey": marked("passkey"), "statement": marked("statement"),
    "place": marked("at the address"), "roles": marked("roles"),
    "scopes": marked("scopes"), "subject": marked("record"),
}  # fmt: skip


async def audit_log(site: Site, visit: Visit) -> Reply:
    """GET /audit-log."""
    what, who, before = visit.asked("what"), visit.asked("person"), visit.asked("before")
    start = int(before) if before.isascii() and before.isdigit() and len(before) < 16 else None
    audit, organisation = site.accounts.audit, visit.organisation

    def read() -> dict[str, Any]:
        found = audit.lines(organisation, start, what, who, PAGE + 1)
        following = (
            {"what": what, "person": who, "before": str(found[PAGE - 1].index)} if found[PAGE:] else None
        )
        return {
            "lines": found[:PAGE],
            "more": following and address("/audit-log", following),
            "kinds": audit.kinds(organisation),
            "head": audit.head(),
        }

    return site.page(
        visit, "audit-log.html", section="desk", names=KINDS, told=FACTS, what=what,
        person=who, first=start is None,
        **await asyncio.to_thread(read),
    )  # fmt: skip


async def export(site: Site, visit: Visit) -> Reply:
    """GET /audit-log.json: all lines with their proof."""
    data = await asyncio.to_thread(site.accounts.audit.export, visit.organisation)
    saved = ("content-disposition", 'attachment; filename="audit-log.json"')
    return Reply(200, data, "application/json", [("cache-control", "no-store"), saved])


PLACES: tuple[Place, ...] = (
    Place("/audit-log", audit_log, needs=AUDIT),
    Place("/audit-log.json", export, needs=AUDIT),
)
