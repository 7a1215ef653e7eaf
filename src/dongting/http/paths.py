"""Patterns of paths: `{name}` stands for one segment, `{name}.csv` for one that ends so, a last `{name...}`
for all that follow.
"""

from collections.abc import Sequence


def match(pattern: Sequence[str], parts: Sequence[str]) -> dict[str, str] | None:
    """What the path names, both cut at their slashes; None when it does not fit."""
    named: dict[str, str] = {}
    for place, want in enumerate(pattern):
        if want.endswith("...}"):
            return {**named, want[1:-4]: "/".join(parts[place:])} if len(parts) > place else None
        if place >= len(parts):
            return None
        if want.startswith("{"):
            name, _, end = want[1:].partition("}")
            if not parts[place].endswith(end):
                return None
            named[name] = parts[place].removesuffix(end)
        elif want != parts[place]:
            return None
    return named if len(parts) == len(pattern) else None
