"""The places of the console: each page module declares its own, and the way in finds them.

A place has a page that shows it (GET), one that takes its form (POST), or both, and says who may come.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from dongting.errors import Fault, Refused
from dongting.http.codes import METHOD_NOT_ALLOWED, NOT_FOUND
from dongting.http.messages import Reply
from dongting.http.paths import match
from dongting.web.site import Site
from dongting.web.visits import Visit

Page = Callable[[Site, Visit], Awaitable[Reply]]

#: Whoever is signed in, whatever the roles.
SIGNED_IN = "signed-in"
FORM_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Place:
    """`{name}` in the path takes one segment, a last `{name...}` all that follow. `needs` is a permission
    (`dongting.node.people.access`), `SIGNED_IN`, or None for everybody. `most` bounds a form, in bytes.
    """

    path: str
    show: Page | None = None
    take: Page | None = None
    needs: str | None = None
    most: int = FORM_BYTES

    def page(self, method: str) -> Page:
        """The page for a method; refuses one that the place does not have."""
        found = {"GET": self.show, "HEAD": self.show, "POST": self.take}.get(method)
        if found is None:
            there = [*(["GET", "HEAD"] if self.show else []), *(["POST"] if self.take else [])]
            raise Refused(METHOD_NOT_ALLOWED, method=method[:20], allowed=", ".join(there))
        return found


class Places:
    """All places, found by their path; those without names in braces come first."""

    def __init__(self, places: Iterable[Place]) -> None:
        self._fixed: dict[str, Place] = {}
        self._named: list[tuple[list[str], Place]] = []
        for place in places:
            if "{" in place.path:
                self._named.append((place.path.split("/"), place))
            elif self._fixed.setdefault(place.path, place) is not place:
                raise Fault(f"two places at {place.path}")

    def find(self, path: str) -> tuple[Place, dict[str, str]]:
        """The place at a path, and what the path names."""
        if path in self._fixed:
            return self._fixed[path], {}
        parts = path.split("/")
        for pattern, place in self._named:
            named = match(pattern, parts)
            if named is not None:
                return place, named
        raise Refused(NOT_FOUND)
