"""What a manual journal is, and which steps it takes (domain rule 9). Pure.

A journal is entered as `EnteredJournal`: with the sender's own ids of customers and
products. Each save makes a version of it. `MJ-7` is the seventh of its organisation,
whatever its ledger.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from daybook.calendar import Day
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.ledger.rules import Role

NARRATIVE_MAX = 500
"""The longest narrative or reason, in characters."""
DESCRIPTION_MAX = 200
"""The longest description of a line, in characters."""
LINES_MAX = 500
"""How many lines a journal has at most."""
_LABEL = re.compile(r"MJ-([1-9][0-9]{0,17})", re.ASCII)


class AdjustmentKind(IntEnum):
    """Why a manual journal is written; the number is stored."""

    CORRECTION = 1
    MANUAL_RECOGNITION = 2
    RECLASSIFICATION = 3
    ONE_OFF = 4


class AdjustmentMode(IntEnum):
    """What becomes of the journal that is adjusted; the number is stored.

    `REVERSE` posts its mirror, `REPLACE` its mirror and the entered lines, and
    `DIFFERENCE` the entered lines only.
    """

    REVERSE = 1
    REPLACE = 2
    DIFFERENCE = 3

    @property
    def has_mirror(self) -> bool:
        """Whether it takes the adjusted journal back."""
        return self is not AdjustmentMode.DIFFERENCE


class StepKind(IntEnum):
    """What somebody did with a manual journal; the number is stored.

    `DRAFT` saved a version.
    """

    DRAFT = 1
    SUBMITTED = 2
    WITHDRAWN = 3
    APPROVED = 4
    REJECTED = 5
    POSTED = 6
    DISCARDED = 7
    REVERSED = 8


class Status(IntEnum):
    """The state of a manual journal: its last step's number, but for a withdrawal."""

    DRAFT = 1
    SUBMITTED = 2
    REJECTED = 5
    POSTED = 6
    DISCARDED = 7
    REVERSED = 8

    @property
    def is_editable(self) -> bool:
        """Whether a new version may be saved."""
        return self is Status.DRAFT or self is Status.REJECTED

    @property
    def is_posted(self) -> bool:
        """Whether it has entries in its ledger, reversed or not."""
        return self is Status.POSTED or self is Status.REVERSED


class Part(IntEnum):
    """Which of a manual journal's postings a document is; the number is stored.

    `REVERSAL` takes an accrual back on its reversal date. An undo posts the mirrors of
    both.
    """

    ORIGINAL = 1
    REVERSAL = 2
    UNDO = 3
    UNDO_OF_REVERSAL = 4

    @property
    def is_mirror(self) -> bool:
        """Whether it posts the lines with debit and credit exchanged."""
        return self is Part.REVERSAL or self is Part.UNDO

    @property
    def undone_by(self) -> "Part":
        """The part that takes this one back."""
        return {
            Part.ORIGINAL: Part.UNDO,
            Part.REVERSAL: Part.UNDO_OF_REVERSAL,
        }[self]


PART_SUFFIXES: Mapping[Part, str] = {
    Part.ORIGINAL: "",
    Part.REVERSAL: "-REV",
    Part.UNDO: "-UNDO",
    Part.UNDO_OF_REVERSAL: "-REV-UNDO",
}


@dataclass(frozen=True, slots=True)
class EnteredLine:
    """A line as it is entered; `amount` is in minor units.

    Without a customer or a product it has the header's. The product decides which
    sub-account of the role it is, as everywhere.
    """

    role: Role
    is_debit: bool
    amount: int
    description: str = ""
    customer_id: str | None = None
    product_id: str | None = None


@dataclass(frozen=True, slots=True)
class EnteredJournal:
    """A manual journal as it is entered.

    `adjusts` is the number of the ledger's journal that it adjusts. `reverses_on` is
    the day on which an accrual reverses itself.
    """

    currency: str
    day: Day
    kind: AdjustmentKind
    narrative: str
    lines: tuple[EnteredLine, ...] = ()
    customer_id: str | None = None
    product_id: str | None = None
    adjusts: int | None = None
    mode: AdjustmentMode | None = None
    reverses_on: Day | None = None


def label(number: int) -> str:
    """What people call a manual journal: `MJ-7`."""
    return f"MJ-{number}"


def labelled_number(text: str) -> int | None:
    """The number of a manual journal by its label, `MJ-7`; None for other text."""
    found = _LABEL.fullmatch(text)
    return None if found is None else int(found[1])


def document_id(number: int, part: Part, position: int) -> str:
    """The id of a document that a manual journal posts; positions count from 1.

    There is one document for each customer: `MJ-7`, `MJ-7-2`, `MJ-7-REV`.
    """
    further = "" if position == 1 else f"-{position}"
    return f"{label(number)}{PART_SUFFIXES[part]}{further}"


def refused(code: ProblemCode, message: str, *path: str) -> Rejected:
    """A rejection with one problem."""
    return Rejected([Problem(code, message, path)])


def check_version(number: int, in_force: int, expected: int) -> None:
    """Raise Rejected where the caller saw another version than the one in force."""
    if in_force != expected:
        message = (
            f"{label(number)} was changed meanwhile: version {in_force} is in force,"
            f" and you saw version {expected}; look at it again"
        )
        raise refused(ProblemCode.CONFLICT, message, "version")


WAYS_ON: Mapping[Status, str] = {
    Status.DRAFT: "is a draft: submit it first",
    Status.SUBMITTED: "is submitted, which freezes it: withdraw it first",
    Status.REJECTED: "was rejected: submit it again first",
    Status.POSTED: "is posted, and posted journals never change: reverse it instead",
    Status.DISCARDED: "was discarded: write a new one",
    Status.REVERSED: "was reversed, which is final: write a new one",
}


def wrong_status(number: int, status: Status) -> Rejected:
    """A rejection of a step that the journal's status doesn't permit."""
    return refused(ProblemCode.WRONG_STATUS, f"{label(number)} {WAYS_ON[status]}")
