"""What governance needs to know of organisations; another application supplies it."""

from typing import Protocol


class Founders(Protocol):
    """Who decides, and who may be given a duty."""

    def founders(self) -> tuple[str, ...]:
        """The founders in good standing, at most 50, always in the same order."""
        ...

    def in_good_standing(self, id: str) -> bool:
        """Whether the organisation is a member that is neither suspended nor expelled nor succeeded."""
        ...

    def signs(self, thumbprint: str) -> bool:
        """Whether a key with this thumbprint was ever registered to sign statements."""
        ...
