"""The two ways in which things go wrong: `Refused` is expected, `Fault` is a broken invariant.

A refusal carries a stable code: a module and an integer, which are hashed, logged and documented,
and texts for people in English and Chinese, which are never hashed and say what to do next.
"""

from dataclasses import dataclass
from typing import Any, Literal

Language = Literal["en", "zh"]


@dataclass(frozen=True, slots=True)
class Code:
    """One reason to refuse, stable for ever.

    `module` and `number` identify it; `name` is the same for programs (kebab case); `en` and `zh`
    are format strings over the facts of the refusal; `status` is the HTTP status (RFC 9110) under
    which the API reports it.
    """

    module: str
    number: int
    name: str
    en: str
    zh: str
    status: int = 422

    def __str__(self) -> str:
        return f"{self.module}/{self.name}"


class Refused(Exception):
    """Input was not accepted and nothing changed; `code` says why, `facts` fill its text."""

    def __init__(self, code: Code, **facts: Any) -> None:
        super().__init__(code, facts)
        self.code = code
        self.facts = facts

    def __reduce__(self) -> tuple[Any, ...]:
        return _refused, (self.code, self.facts)

    def text(self, language: Language = "en") -> str:
        """The reason and what to do next, in the language of the reader."""
        template = self.code.zh if language == "zh" else self.code.en
        return template.format(**self.facts)

    def __str__(self) -> str:
        return f"{self.code}: {self.text()}"


def _refused(code: Code, facts: dict[str, Any]) -> Refused:
    return Refused(code, **facts)


class Fault(Exception):
    """An invariant does not hold: stop, because going on could make it worse."""


def require(condition: object, code: Code, **facts: Any) -> None:
    """Raise `Refused(code)` unless the condition holds."""
    if not condition:
        raise Refused(code, **facts)
