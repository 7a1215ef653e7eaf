"""Which language a reader prefers: Accept-Language (RFC 9110, section 12.5.4), Chinese or English.

An unreadable field means no preference, never an error: language decides no outcome.
"""

import re

from dongting.errors import Language

_RANGE = re.compile(
    r"([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)(?:\s*;\s*q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?"
)


def preferred(field: str | None, default: Language = "en") -> Language:
    """`zh` or `en`: the one with the higher weight, the first named of equals, else the default."""
    weights: dict[Language, float] = {}
    for part in (field or "")[:400].split(","):
        match = _RANGE.fullmatch(part.strip())
        if match is None:
            continue
        primary = match[1].lower().partition("-")[0]
        weight = float(match[2] or 1)
        if primary == "zh":
            weights["zh"] = max(weights.get("zh", 0), weight)
        elif primary == "en":
            weights["en"] = max(weights.get("en", 0), weight)
    best = max(weights.values(), default=0)
    return next((language for language, weight in weights.items() if weight == best > 0), default)
