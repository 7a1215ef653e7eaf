"""Problem Details for HTTP APIs (RFC 9457, July 2023): one error shape for people and programs.

Beside the members of section 3.1 a problem carries two extension members (section 3.2): `code`, the
refusal's `module/name`, and `number`, its integer within the module. Programs act on these; texts are
for people and may change.
"""

from dongting.standards.problem.details import (
    BAD_PROBLEM,
    MEDIA_TYPE,
    Problem,
    decode,
    encode,
    from_refused,
    from_status,
)

__all__ = [
    "BAD_PROBLEM",
    "MEDIA_TYPE",
    "Problem",
    "decode",
    "encode",
    "from_refused",
    "from_status",
]
