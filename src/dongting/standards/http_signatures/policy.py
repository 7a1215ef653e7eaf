"""What a verifier demands of a signature beyond that it verifies (RFC 9421, sections 3.2.1 and 7.2.1)."""

from dataclasses import dataclass

from dongting.errors import require
from dongting.standards.http_signatures.base import SignatureInput
from dongting.standards.http_signatures.refusals import (
    BAD_ALGORITHM,
    DATED_AHEAD,
    EXPIRED,
    MISSING_PARAMETER,
    NOT_COVERED,
    TOO_OLD,
)


@dataclass(frozen=True, slots=True)
class Policy:
    """Demands on a signature: covered components, parameters, age, algorithms; times in seconds.

    `with_content` is covered besides `components` where the message has content. `parameters` are
    required besides `created`. `algorithms` limits the parameter `alg` where it is given; the algorithm
    itself follows from the key (section 3.3.7), so that `alg` can never change how a key is used.
    """

    components: tuple[str, ...] = ("@method", "@authority", "@path", "@query")
    with_content: tuple[str, ...] = ("content-digest",)
    parameters: tuple[str, ...] = ("keyid",)
    max_age: int = 300
    max_ahead: int = 30
    algorithms: frozenset[str] | None = None

    def check(self, covered: SignatureInput, now: int, content: bool) -> None:
        """Refuse a signature that covers too little, lacks a parameter, or is too old at `now`."""
        for component in self.components + (self.with_content if content else ()):
            require(component in covered.components, NOT_COVERED, component=component)
        for parameter in ("created", *self.parameters):
            require(covered.get(parameter) is not None, MISSING_PARAMETER, parameter=parameter)
        algorithm = covered.text("alg")
        if self.algorithms is not None and algorithm is not None:
            accepted = ", ".join(sorted(self.algorithms))
            require(algorithm in self.algorithms, BAD_ALGORITHM, algorithm=algorithm[:60], accepted=accepted)
        self._check_time(covered, now)

    def _check_time(self, covered: SignatureInput, now: int) -> None:
        age = now - (covered.integer("created") or 0)
        require(age <= self.max_age, TOO_OLD, age=age, limit=self.max_age)
        require(age >= -self.max_ahead, DATED_AHEAD, ahead=-age)
        expires = covered.integer("expires")
        require(expires is None or now < expires, EXPIRED)
