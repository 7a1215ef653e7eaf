"""The rules with which a network begins, from its genesis document."""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from dongting.appkit.context import Context
from dongting.apps.governance.codes import BAD_GENESIS, UNKNOWN_PARAMETER
from dongting.apps.governance.declaration import app
from dongting.apps.governance.engine import ENGINE, EngineMembers, engine_member
from dongting.apps.governance.parameters import PARAMETERS, QUORUM, Parameter, Quorum, check_days, check_value
from dongting.apps.governance.versions import INSTALLATION, AppVersion, Installation
from dongting.apps.governance.workdays import CALENDAR, Calendar, check_calendar
from dongting.errors import Refused, require

R = TypeVar("R")


@app.begins
def begin(ctx: Context, genesis: Mapping[str, Any]) -> None:
    """Put quorum, parameters, calendar, log keys and application versions on record."""
    ctx.put(_typed(Quorum, {"id": QUORUM, **genesis["quorum"]}))
    check_days(genesis["quorum"]["days"])
    for name in genesis["parameters"]:
        require(name in PARAMETERS, UNKNOWN_PARAMETER, name=name[:40], known=", ".join(PARAMETERS))
    for name, bounds in PARAMETERS.items():
        value = genesis["parameters"].get(name, bounds.begin)
        check_value(name, value)
        ctx.put(_typed(Parameter, {"id": name, "value": value}))
    calendar = _typed(Calendar, {"id": CALENDAR, "zone": offset(genesis["zone"]), **genesis["calendar"]})
    check_calendar(calendar.weekend, calendar.holidays, calendar.workdays)
    ctx.put(calendar)
    members = tuple(
        engine_member(ctx, each["owner"], each["key"], 1, each.get("consensus"))
        for each in genesis["log_keys"]
    )
    ctx.put(EngineMembers(id=ENGINE, members=members, from_height=0))
    versions = tuple(
        AppVersion(app=each["name"], version=each["version"], hash=each["hash"], from_height=0)
        for each in genesis["apps"]
    )
    ctx.put(Installation(id=INSTALLATION, versions=versions))


def offset(zone: str) -> int:
    """The seconds by which a zone such as `+08:00` is ahead of UTC."""
    hours, minutes = int(zone[1:3]), int(zone[4:6])
    ahead = hours * 3600 + minutes * 60
    return -ahead if zone[0] == "-" else ahead


def _typed(record: type[R], fields: Mapping[str, Any]) -> R:
    try:
        return msgspec.convert(fields, record)
    except msgspec.ValidationError as error:
        raise Refused(BAD_GENESIS, why=str(error)) from None
