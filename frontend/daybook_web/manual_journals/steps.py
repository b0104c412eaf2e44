"""The steps of a manual journal, for people: those done, and those to come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from daybook_web.kit.times import moment
from daybook_web.manual_journals.results import Step

STEPS: Mapping[str, str] = {
    "SAVED": "Saved",
    "SUBMITTED": "Submitted",
    "WITHDRAWN": "Withdrawn",
    "APPROVED": "Approved",
    "REJECTED": "Rejected",
    "POSTED": "Posted",
    "DISCARDED": "Discarded",
    "REVERSED": "Reversed",
}
"""What people did, in words."""
DONE = {"POSTED", "DISCARDED", "REVERSED"}


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step: who took it, when and why; or one to come, which has none of these."""

    words: str
    by: str
    at: str
    reason: str
    is_done: bool


def step_rows(
    steps: Sequence[Step], status: str, *, needs_approval: bool, on: str
) -> list[StepRow]:
    """The steps that were taken, oldest first, and what is still to come."""
    taken = [
        StepRow(
            words=STEPS[step.kind]
            + (f" as version {step.version}" if step.kind == "SAVED" else ""),
            by=step.by or "",
            at=moment(step.at),
            reason=step.reason or "",
            is_done=True,
        )
        for step in steps
    ]
    to_come = [
        StepRow(words, "", "", "", is_done=False)
        for words in _next(status, on, needs_approval=needs_approval)
    ]
    return [*taken, *to_come]


def _next(status: str, on: str, *, needs_approval: bool) -> list[str]:
    if status in DONE:
        return []
    posted = f"Posted {on}, immutable" if on else "Posted, immutable"
    if status == "SUBMITTED":
        return ["Approved by another person", posted]
    saved = ["Saved as a draft"] if status == "" else []
    if needs_approval:
        return [*saved, "Submitted", "Approved by another person", posted]
    return [*saved, posted]
