"""Every action is for somebody: the table of permissions knows them all and names none that is not there."""

from dongting.node import warrants
from dongting.node.drafting import ACTIONS
from dongting.node.people.access import PERMISSIONS, Actor


def actor(*roles: str, scopes: frozenset[str] | None = None) -> Actor:
    return Actor("p", "P", "env-bureau", frozenset(roles), ("env-bureau",), scopes)


def test_every_action_needs_a_permission_that_exists() -> None:
    for action in ACTIONS.values():
        assert warrants.permissions(action)
        assert warrants.permissions(action) <= set(PERMISSIONS)


def test_the_tables_name_actions_and_fields_that_exist() -> None:
    named = {*warrants._ACTIONS, *warrants._SIDES, *warrants.BEGINS}
    assert named <= set(ACTIONS)
    for name in warrants._SIDES:
        assert warrants._SIDES[name] in ACTIONS[name].about.struct.__struct_fields__


def test_roles_and_scopes_narrow_what_a_person_may_do() -> None:
    publish, request, agree = (ACTIONS[n] for n in ("catalogue/publish", "sharing/request", "sharing/agree"))
    assert warrants.may(actor("data-officer"), publish)
    assert warrants.may(actor("data-officer"), agree)
    assert not warrants.may(actor("data-officer"), request)
    assert warrants.may(actor("requester"), request)
    assert not warrants.may(actor("auditor"), publish)
    assert not warrants.may(actor("data-officer", scopes=frozenset({"read"})), publish)
