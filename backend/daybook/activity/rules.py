"""The contents of a line of the activity log. Pure."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import IntEnum
from time import perf_counter
from typing import NamedTuple


class ActivityKind(IntEnum):
    """What ran; the number is stored."""

    IMPORT = 1
    VOID = 2
    MILESTONE = 3
    LOCK = 4
    SETTINGS = 5
    EXPORT = 6
    POSTING = 7
    VERIFICATION = 8
    EVIDENCE = 9
    ADJUSTMENT = 10
    WEBHOOK = 11
    GL_IMPORT = 12
    GL_REFRESH = 13
    GL_SYNC = 14


@dataclass(frozen=True, slots=True)
class Started:
    """When a run began; create it at that moment."""

    at: datetime
    ticks: float = field(default_factory=perf_counter, compare=False)

    def milliseconds(self) -> int:
        """How long it has been running."""
        return round((perf_counter() - self.ticks) * 1000)

    def recorded(self, at: datetime | None) -> "Started":
        """The same run, begun at the time of its recordings if it made any."""
        return self if at is None else replace(self, at=at)


class Run(NamedTuple):
    """The recordings that a run made in a ledger, from the first to the last."""

    ledger_id: int
    first_recording: int
    last_recording: int


def storable(text: str) -> str:
    """A text as both databases can store it: PostgreSQL's has no NUL."""
    clean = text.replace("\x00", "\N{REPLACEMENT CHARACTER}")
    # No database takes half a surrogate pair.
    return clean.encode(errors="replace").decode()


class RunCounts(NamedTuple):
    """How much a run added."""

    documents: int = 0
    journals: int = 0
    movements: int = 0
