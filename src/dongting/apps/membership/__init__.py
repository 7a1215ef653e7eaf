"""Membership: organisations, their keys, standing and offices, and who admits them."""

from dongting.apps.membership import admission, genesis, standing, succession
from dongting.apps.membership.declaration import app
from dongting.apps.membership.delegation import Delegation
from dongting.apps.membership.directory import directory
from dongting.apps.membership.keys import SigningKey
from dongting.apps.membership.organisations import CreditCode, Offices, Organisation
from dongting.apps.membership.succession import Succession
from dongting.apps.membership.supply import Organisations, organisations
from dongting.apps.membership.vouching import Vouch

__all__ = [
    "CreditCode",
    "Delegation",
    "Offices",
    "Organisation",
    "Organisations",
    "SigningKey",
    "Succession",
    "Vouch",
    "admission",
    "app",
    "directory",
    "genesis",
    "organisations",
    "standing",
    "succession",
]
