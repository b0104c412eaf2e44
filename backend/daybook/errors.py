"""What Daybook tells a caller who sent something that it can't take.

    Problem      one broken rule: code, message, where
    Rejected     everything that is wrong with what was sent; nothing was taken
    Notice       what a sender should look at, though it was taken
    did_you_mean the name that a misspelt one is nearest to

An assertion is our own bug, `Rejected` is the caller's input, and anything else is
left to crash, so that the edge logs it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from enum import StrEnum

NEAR = 0.8
"""How alike two names are, at the least, for one to be meant by the other."""
_COMPARED_MAX = 100


class ProblemCode(StrEnum):
    """Which rule was broken. Codes are only ever added: clients switch on them."""

    UNREADABLE = "UNREADABLE"
    """The file, or a line of it, isn't in the format that was expected."""
    TOO_LARGE = "TOO_LARGE"
    """A limit on size or number was passed."""
    MISSING = "MISSING"
    """A field that a rule needs isn't there."""
    UNKNOWN_FIELD = "UNKNOWN_FIELD"
    """A field that this kind of document doesn't have."""
    INVALID_VALUE = "INVALID_VALUE"
    """The value has the wrong type, or isn't one of those allowed."""
    INVALID_AMOUNT = "INVALID_AMOUNT"
    """Not a decimal string, or more decimals than the currency has."""
    INVALID_DATE = "INVALID_DATE"
    """Not a calendar date YYYY-MM-DD between 2000 and 2099."""
    INVALID_PERIOD = "INVALID_PERIOD"
    """A period that ends before it starts, or has one end only."""
    UNKNOWN_CURRENCY = "UNKNOWN_CURRENCY"
    """Not an ISO 4217 code of a currency in use."""
    DUPLICATE = "DUPLICATE"
    """The same id twice where it must be unique."""
    UNKNOWN_DOCUMENT = "UNKNOWN_DOCUMENT"
    """A document or line that is named but isn't there."""
    CREDIT_TOO_LARGE = "CREDIT_TOO_LARGE"
    """A credit of more than its invoice line has left."""
    MISMATCH = "MISMATCH"
    """Two values that must agree don't (currency, customer)."""
    CHANGED = "CHANGED"
    """A change of what a revision may not change."""
    VOID = "VOID"
    """A document that is void: nothing can be done with it any more."""
    IN_USE = "IN_USE"
    """Other documents stand on it; void those first."""
    GRANT_EXCEEDED = "GRANT_EXCEEDED"
    """A burn-down of more than its credit grant has left."""
    UNSUPPORTED = "UNSUPPORTED"
    """Known to the format, but not taken by this version."""
    NOT_FOUND = "NOT_FOUND"
    """No such object, or not yours."""
    UNCONFIRMED = "UNCONFIRMED"
    """Unusual enough to need a confirmation, which it lacks."""
    KEY_USED = "KEY_USED"
    """An idempotency key that came with another request before."""
    LAST_ADMIN = "LAST_ADMIN"
    """An organisation keeps somebody who may administer it."""
    NOT_HELD = "NOT_HELD"
    """A permission to be handed on by who doesn't have it."""
    CLOCK = "CLOCK"
    """The program's clock doesn't fit what was recorded: it can't be right."""
    UPLOAD_SPENT = "UPLOAD_SPENT"
    """An upload that was imported before."""
    INVALID_CURSOR = "INVALID_CURSOR"
    """A page cursor that this query didn't hand out."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken rule.

    `path` leads to the value from the document's root (`lines.0.amount` as a tuple),
    `line` is the line in the file, counted from 1, where the input was a file.
    """

    code: ProblemCode
    message: str
    path: tuple[str, ...] = ()
    line: int | None = None

    def __str__(self) -> str:
        """The problem as one line: where, code, what to do."""
        return _in_a_line(self)


class NoticeCode(StrEnum):
    """What a notice is about. Codes are only ever added."""

    NUMBER_IN_USE = "NUMBER_IN_USE"
    """A document's number is that of another document of its kind, too."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What a sender should look at; the place is told as a problem's is."""

    code: NoticeCode
    message: str
    path: tuple[str, ...] = ()
    line: int | None = None

    def __str__(self) -> str:
        """The notice as one line: where, what, code."""
        return self.in_a_line()

    def in_a_line(self, outcome: str = "the document was taken") -> str:
        """The same, with what became of the document.

        A field of the document itself is named by the message alone.
        """
        is_named = len(self.path) == 1 and self.message.startswith(f"{self.path[0]} ")
        path = () if is_named else self.path
        message = f"{self.message}; {outcome}"
        return _in_a_line(replace(self, message=message, path=path))


def _in_a_line(one: Problem | Notice) -> str:
    where = f"line {one.line}: " if one.line is not None else ""
    if one.message.startswith("column "):
        where = where.replace(":", ",")
    path = f"{'.'.join(one.path)}: " if one.path else ""
    return f"{where}{path}{one.message} [{one.code}]"


class Rejected(Exception):
    """The input breaks rules: all of them are listed, and nothing was taken.

    `total` counts the problems, also those beyond the number that is kept.
    """

    def __init__(self, problems: Sequence[Problem], total: int | None = None) -> None:
        assert problems, "a rejection names at least one problem"
        super().__init__("; ".join(str(problem) for problem in problems[:3]))
        self.problems = tuple(problems)
        self.total = len(problems) if total is None else total


def check_all(*checks: Callable[[], object]) -> None:
    """Make all checks; raises Rejected with the problems of every one that fails."""
    problems: list[Problem] = []
    for check in checks:
        try:
            check()
        except Rejected as rejected:
            problems += rejected.problems
    if problems:
        raise Rejected(problems)


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """`; did you mean service_from?`, or nothing where no known name is near.

    Case, spaces and punctuation don't count: `serviceFrom` is `service_from`. The same
    letters in another order are near, too.
    """
    by_letters = {_letters(one): one for one in known}
    wanted = _letters(given[:_COMPARED_MAX])
    near = get_close_matches(wanted, by_letters, n=1, cutoff=NEAR)
    near += [one for one in by_letters if sorted(one) == sorted(wanted)]
    return f"; did you mean {by_letters[near[0]]}?" if near else ""


def _letters(name: str) -> str:
    return "".join(one for one in name.casefold() if one.isalnum())
