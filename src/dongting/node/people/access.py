"""What a person may do: permissions, the roles that hold them, and the person who acts.

One table says which role may do what. A permission counts for the organisation acted for and no other.
"""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from dongting.appkit.fields import Text

Role = Literal["administrator", "data-officer", "requester", "auditor", "developer"]

READ = "read"
PUBLISH = "publish"
APPROVE = "approve"
REQUEST = "request"
ADMINISTER = "administer"
AUDIT = "audit"
DEVELOP = "develop"
PERMISSIONS: Mapping[str, Text] = {
    READ: Text(en="see what the organisation sees", zh="查看本组织可见的内容"),
    PUBLISH: Text(en="publish and deliver", zh="发布与交付"),
    APPROVE: Text(en="approve, decide and vote", zh="审批、决定与表决"),
    REQUEST: Text(en="request and receive", zh="申请与接收"),
    ADMINISTER: Text(en="manage people and settings", zh="管理人员与设置"),
    AUDIT: Text(en="read the audit log", zh="查看审计日志"),
    DEVELOP: Text(en="manage keys and interfaces", zh="管理密钥与接口"),
}

#: The one table of who may do what.
ROLES: Mapping[Role, frozenset[str]] = {
    "administrator": frozenset({READ, ADMINISTER, AUDIT}),
    "data-officer": frozenset({READ, PUBLISH, APPROVE}),
    "requester": frozenset({READ, REQUEST}),
    "auditor": frozenset({READ, AUDIT}),
    "developer": frozenset({READ, DEVELOP}),
}
ROLE_TITLES: Mapping[Role, Text] = {
    "administrator": Text(en="administrator", zh="管理员"),
    "data-officer": Text(en="data officer", zh="数据专员"),
    "requester": Text(en="requester", zh="申请人"),
    "auditor": Text(en="auditor", zh="审计员"),
    "developer": Text(en="developer", zh="开发者"),
}
#: Whoever sets an organisation up holds everything; it can be shared out afterwards.
FIRST: tuple[Role, ...] = ("administrator", "data-officer", "requester", "developer")


class Actor(Struct, frozen=True):
    """Who acts: `organisation` is the one acted for now (None: a member of none), `organisations` are
    those that the person may switch to. `scopes` narrow what an API key may do; None: all that the roles
    allow.
    """

    person: str
    name: str
    organisation: str | None
    roles: frozenset[str]
    organisations: tuple[str, ...]
    scopes: frozenset[str] | None = None

    def may(self, permission: str) -> bool:
        """Whether the person may do this for the organisation acted for now."""
        held = any(permission in ROLES.get(role, frozenset()) for role in self.roles)  # type: ignore[call-overload]
        return held and (self.scopes is None or permission in self.scopes)
