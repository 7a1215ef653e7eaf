"""Governance: proposals and votes of the founders, and the rules, calendar and versions they agree on."""

from dongting.apps.governance import genesis, redaction
from dongting.apps.governance.declaration import app
from dongting.apps.governance.engine import (
    EngineMember,
    EngineMembers,
    RestoreNotice,
    engine_members,
    members_at,
)
from dongting.apps.governance.needs import Founders
from dongting.apps.governance.parameters import Parameter, Quorum
from dongting.apps.governance.proposals import Motive, Proposal, Vote
from dongting.apps.governance.redaction import Redaction
from dongting.apps.governance.supply import parameters, working_days
from dongting.apps.governance.versions import AppVersion, Installation, schedule, versions
from dongting.apps.governance.workdays import Calendar

__all__ = [
    "AppVersion",
    "Calendar",
    "EngineMember",
    "EngineMembers",
    "Founders",
    "Installation",
    "Motive",
    "Parameter",
    "Proposal",
    "Quorum",
    "Redaction",
    "RestoreNotice",
    "Vote",
    "app",
    "engine_members",
    "genesis",
    "members_at",
    "parameters",
    "redaction",
    "schedule",
    "versions",
    "working_days",
]
