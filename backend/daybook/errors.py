"""Problems of a caller's input, and how they are reported.

    Problem       one broken rule: code, message, place
    Rejected      raised with all problems of an input; nothing was recorded
    Notice        something to look at in an input that was recorded
    did_you_mean  suggests the known name nearest to a misspelt one

An assertion is our own bug, `Rejected` is the caller's input, and anything else is
left to crash, so that the edge logs it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from enum import StrEnum

NEAR = 0.8
"""How similar two names must be for one to be suggested for the other."""
QUOTED_MAX = 60
"""How many characters of a refused value a message quotes."""
_COMPARED_MAX = 100


class ProblemCode(StrEnum):
    """Which rule was broken. Codes are only ever added: clients switch on them."""

    UNREADABLE = "UNREADABLE"
    """The file, or a line of it, isn't in the format that was expected."""
    TOO_LARGE = "TOO_LARGE"
    """A limit on size or number was exceeded."""
    MISSING = "MISSING"
    """A required field is missing."""
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
    """A reference to a document or line that doesn't exist."""
    CREDIT_TOO_LARGE = "CREDIT_TOO_LARGE"
    """A credit of more than its invoice line has left."""
    MISMATCH = "MISMATCH"
    """Two values that must agree don't (currency, customer)."""
    CHANGED = "CHANGED"
    """A change of something that a revision keeps: void it, and send it again."""
    VOID = "VOID"
    """A void document, which stays void: send it again under another id."""
    IN_USE = "IN_USE"
    """Other documents depend on it; void those first."""
    GRANT_EXCEEDED = "GRANT_EXCEEDED"
    """A burn-down of more than its credit grant has left."""
    UNSUPPORTED = "UNSUPPORTED"
    """Part of the format, but not supported by this version."""
    NOT_FOUND = "NOT_FOUND"
    """No such object, or not yours."""
    UNCONFIRMED = "UNCONFIRMED"
    """An unusual change that lacks its confirmation."""
    KEY_USED = "KEY_USED"
    """An idempotency key that was used for another request."""
    LAST_ADMIN = "LAST_ADMIN"
    """An organisation must keep a user who may administer it."""
    NOT_HELD = "NOT_HELD"
    """A permission that its granter doesn't have."""
    CLOCK = "CLOCK"
    """The program's clock contradicts the recordings, so it can't be right."""
    UPLOAD_SPENT = "UPLOAD_SPENT"
    """An upload that was imported before."""
    POSTED = "POSTED"
    """A file that is posted under another reference; undo that first."""
    NOT_POSTED = "NOT_POSTED"
    """A file that is not posted."""
    UNLOADABLE = "UNLOADABLE"
    """A file that its target would not take; the preflight says what stops it."""
    UNBALANCED = "UNBALANCED"
    """Debits and credits that differ, in all or of one customer."""
    LOCKED = "LOCKED"
    """A day that is locked; the message names the first open one."""
    CONFLICT = "CONFLICT"
    """What the caller saw has changed meanwhile: look at it again."""
    WRONG_STATUS = "WRONG_STATUS"
    """Not possible in its present status, such as changing what is posted."""
    OWN_WORK = "OWN_WORK"
    """A decision about what the same person wrote: another person decides."""
    APPROVAL_PENDING = "APPROVAL_PENDING"
    """Requested, and another person approves it before it happens."""
    INVALID_CURSOR = "INVALID_CURSOR"
    """A page cursor that didn't come from this query."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken rule.

    `path` leads from the document's root to the value (`lines.0.amount` as a tuple).
    `line` is the line in the file, counted from 1, if the input was a file. `value` is
    the refused value as the message quotes it, so that problems that differ in nothing
    else can be told together.
    """

    code: ProblemCode
    message: str
    path: tuple[str, ...] = ()
    line: int | None = None
    value: str | None = field(default=None, compare=False)

    def __str__(self) -> str:
        """The problem in one line: place, message, code."""
        return _in_a_line(self)


class NoticeCode(StrEnum):
    """The kind of a notice. Codes are only ever added."""

    NUMBER_IN_USE = "NUMBER_IN_USE"
    """Another document of its kind has the document's number."""
    CREDIT_WITHOUT_INVOICE = "CREDIT_WITHOUT_INVOICE"
    """A credit note that names no invoice takes revenue at once."""
    SIMILAR_CUSTOMER = "SIMILAR_CUSTOMER"
    """A customer's id or name differs from another's only in case or spaces."""
    VOID_HERE = "VOID_HERE"
    """A document that is void here is sent again as it was before."""
    REPEATED_ROW = "REPEATED_ROW"
    """A document of a CSV file has the same row twice, and each counts."""
    FORMER_NAME = "FORMER_NAME"
    """A customer gets a name back that it had before."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that the sender should look at; `path` and `line` as in a problem.

    `value` is what the message is about, as it quotes it. `is_taken` is false for a
    document that is left as it is.
    """

    code: NoticeCode
    message: str
    path: tuple[str, ...] = ()
    line: int | None = None
    value: str = field(default="", compare=False)
    is_taken: bool = True

    def __str__(self) -> str:
        """The notice in one line: place, message, code."""
        return self.in_a_line()

    def in_a_line(self, outcome: str = "the document was recorded") -> str:
        """The notice in one line, with the outcome of a document that was taken.

        The path is left out if the message itself begins with the field.
        """
        is_named = len(self.path) == 1 and self.message.startswith(f"{self.path[0]} ")
        path = () if is_named else self.path
        message = f"{self.message}; {outcome}" if self.is_taken else self.message
        return _in_a_line(replace(self, message=message, path=path))


def _in_a_line(item: Problem | Notice) -> str:
    where = f"line {item.line}: " if item.line is not None else ""
    if item.message.startswith("column "):
        where = where.replace(":", ",")
    path = f"{'.'.join(item.path)}: " if item.path else ""
    return f"{where}{path}{item.message} [{item.code}]"


class Rejected(Exception):
    """The input breaks rules: all problems are listed, and nothing was recorded.

    `total` also counts problems beyond the number that is kept.
    """

    def __init__(self, problems: Sequence[Problem], total: int | None = None) -> None:
        assert problems, "a rejection names at least one problem"
        super().__init__("; ".join(str(problem) for problem in problems[:3]))
        self.problems = tuple(problems)
        self.total = len(problems) if total is None else total


def check_all(*checks: Callable[[], object]) -> None:
    """Run all checks; raises Rejected with the problems of all that fail."""
    problems: list[Problem] = []
    for check in checks:
        try:
            check()
        except Rejected as rejected:
            problems += rejected.problems
    if problems:
        raise Rejected(problems)


def quoted(value: object) -> str | None:
    """A value as messages quote it: `'GPB'`, `12.5`; None for a list, table or null.

    Long texts are cut.
    """
    if isinstance(value, str):
        is_long = len(value) > QUOTED_MAX
        return repr(value[:QUOTED_MAX] + "…" if is_long else value)
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)[:QUOTED_MAX] if isinstance(value, (int, float)) else None


def did_you_mean(text: str, known: Iterable[str]) -> str:
    """`; did you mean service_from?`, or empty if no known name is similar.

    Case, spaces and punctuation don't count: `serviceFrom` is `service_from`. The same
    letters in another order are similar, too.
    """
    by_letters = {_letters(name): name for name in known}
    letters_of_text = _letters(text[:_COMPARED_MAX])
    near = get_close_matches(letters_of_text, by_letters, n=1, cutoff=NEAR)
    near += [
        letters for letters in by_letters if sorted(letters) == sorted(letters_of_text)
    ]
    return f"; did you mean {by_letters[near[0]]}?" if near else ""


def _letters(name: str) -> str:
    return "".join(char for char in name.casefold() if char.isalnum())
