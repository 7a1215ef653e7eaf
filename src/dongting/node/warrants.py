"""Which permission a person needs for which action, and on which side of a record its organisation stands.

The ledger judges organisations; this judges the people who act for one. One table, derived by application
where nothing else is said.
"""

from collections.abc import Mapping

from dongting.appkit.app import Action
from dongting.node.people.access import ADMINISTER, APPROVE, DEVELOP, PUBLISH, REQUEST, Actor

_APPS: Mapping[str, frozenset[str]] = {
    "catalogue": frozenset({PUBLISH}),
    "evidence": frozenset({PUBLISH, REQUEST}),
}
_KEYS = ("add-key", "rotate-key", "revoke-key", "set-encryption-key")
_ACTIONS: Mapping[str, frozenset[str]] = {
    **{f"membership/{name}": frozenset({DEVELOP}) for name in _KEYS},
    "membership/rename": frozenset({ADMINISTER}),
    "sharing/deliver": frozenset({PUBLISH, APPROVE}),
    "sharing/redeliver": frozenset({PUBLISH, APPROVE}),
    "sharing/correct": frozenset({PUBLISH, APPROVE}),
    "sharing/urge": frozenset({APPROVE}),
    "sharing/mediate": frozenset({APPROVE}),
}
_EITHER = frozenset({APPROVE, REQUEST})
#: The field of the record that names who may take a step; what is not here is for either party.
_SIDES: Mapping[str, str] = {
    **dict.fromkeys(
        ("sharing/offer", "sharing/agree", "sharing/deliver", "sharing/redeliver", "sharing/correct",
         "sharing/reject"), "provider",
    ),
    **dict.fromkeys(
        ("sharing/request", "sharing/counter", "sharing/accept", "sharing/request-delivery",
         "sharing/acknowledge", "sharing/dispute", "sharing/object-to", "sharing/attest-destruction"),
        "consumer",
    ),
    "catalogue/revise": "publisher", "catalogue/add-version": "publisher", "catalogue/erase": "publisher",
    "catalogue/withdraw": "publisher", "governance/withdraw": "proposer",
    "membership/withdraw-vouch": "voucher",
}  # fmt: skip


#: Actions whose record does not exist before.
BEGINS = frozenset({
    "catalogue/publish", "evidence/register", "sharing/request", "sharing/request-delivery",
    "sharing/object-to", "sharing/urge", "sharing/mediate", "governance/propose",
    "governance/record-restore", "membership/vouch",
    "membership/merge", "membership/split", "membership/succeed", "membership/delegate",
    "membership/register", "membership/admit", "governance/redact",
})  # fmt: skip


def side_of(action: Action) -> str | None:
    """The field of the action's record that names the organisation which may do it; None: any party."""
    return _SIDES.get(action.name)


def permissions(action: Action) -> frozenset[str]:
    """Any of these lets a person do it."""
    app = action.name.partition("/")[0]
    if action.name in _ACTIONS:
        return _ACTIONS[action.name]
    if app == "sharing":
        side = side_of(action)
        return _EITHER if side is None else frozenset({REQUEST if side == "consumer" else APPROVE})
    return _APPS.get(app, frozenset({APPROVE}))


def may(actor: Actor, action: Action) -> bool:
    """Whether the person may do it for the organisation acted for."""
    return any(actor.may(permission) for permission in permissions(action))
