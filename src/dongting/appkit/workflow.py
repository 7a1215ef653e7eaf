"""Workflows as data: the states of a record, who acts next, and by when.

To-do lists, reminders, forms and diagrams follow from one declaration. Time alone changes no state:
whether a deadline has passed is `overdue`, a pure function of record and time (kernel rule 5).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dongting.errors import Code, Refused

WRONG_STATE = Code(
    "appkit", 2, "wrong-state",
    "{record} is {state}; {action} is possible only from {allowed}.",
    "{record} 当前状态为 {state}；只有在 {allowed} 状态下才能执行 {action}。",
    status=409,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class State:
    """One state: the field of the record that names who acts next, and the field that holds the deadline."""

    en: str
    zh: str
    next: str | None = None
    due: str | None = None
    final: bool = False


@dataclass(frozen=True, slots=True)
class Workflow:
    """States by name, and for each action (`app/action` without the app) from which states to which."""

    states: Mapping[str, State]
    moves: Mapping[str, tuple[tuple[str, ...], str]]
    field: str = field(default="state")

    def __post_init__(self) -> None:
        for action, (sources, target) in self.moves.items():
            for name in (*sources, target):
                assert name in self.states, f"{action} moves through the undeclared state {name}"

    def move(self, record: Any, action: str, label: str) -> str:
        """The state after `action`; refuses when the record's present state does not allow it."""
        sources, target = self.moves[action]
        state = getattr(record, self.field)
        if state not in sources:
            raise Refused(WRONG_STATE, record=label, state=state, action=action, allowed=", ".join(sources))
        return target

    def waits_for(self, record: Any) -> str | None:
        """The organisation that must act next, if any."""
        name = self.states[getattr(record, self.field)].next
        return getattr(record, name) if name else None

    def due(self, record: Any) -> int | None:
        """The deadline of the present state in seconds since 1970, if it has one."""
        name = self.states[getattr(record, self.field)].due
        return getattr(record, name) if name else None

    def overdue(self, record: Any, time: int) -> bool:
        """Whether the deadline of the present state has passed at `time`."""
        due = self.due(record)
        return due is not None and time >= due
