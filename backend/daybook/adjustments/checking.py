"""What a manual journal must meet, saved or posted; every problem is named. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from daybook.adjustments.rules import (
    DESCRIPTION_MAX,
    LINES_MAX,
    NARRATIVE_MAX,
    AdjustmentMode,
    EnteredJournal,
    EnteredLine,
)
from daybook.adjustments.versions import Party, Version, VersionLine
from daybook.calendar import FIRST_DAY, LAST_DAY, Day, day_text
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.ledger.rules import stored_role
from daybook.money import AMOUNT_MAX, amount_text


def storing_problems(entered: EnteredJournal) -> list[Problem]:
    """Everything that can't be saved, not even in a draft.

    A draft may be incomplete, without a narrative or lines, and needn't balance.
    """
    problems = [
        *_of_characters(entered.narrative, NARRATIVE_MAX, ("narrative",)),
        *_of_days(entered),
        *_of_adjusted(entered),
    ]
    count = len(entered.lines)
    if count > LINES_MAX:
        message = (
            f"a journal has at most {LINES_MAX} lines, not {count:,}: write several"
        )
        problems.append(Problem(ProblemCode.TOO_LARGE, message, ("lines",)))
    for index, line in enumerate(entered.lines):
        problems += _of_line(line, index)
    return problems


def posting_problems(version: Version) -> list[Problem]:
    """Everything that a saved version lacks to be posted, in itself."""
    lines = [line for line in version.lines if not line.is_mirror]
    problems = [*_of_narrative(version.narrative), *_of_number_of_lines(version, lines)]
    if len(lines) > 1:
        problems += [*_of_sides(version, lines), *_of_balance(version, lines)]
    problems += _of_total(version, lines)
    return problems


def check_complete(version: Version) -> None:
    """Raise Rejected for a version that can't be posted, with all its problems."""
    problems = posting_problems(version)
    if problems:
        raise Rejected(problems)


def checked_reason(reason: str) -> str:
    """A reason as it is stored; raises Rejected if it is empty or invalid."""
    reason = reason.strip()
    problems = list(_of_text(reason, NARRATIVE_MAX, "reason"))
    if problems:
        raise Rejected(problems)
    return reason


def _of_text(text: str, longest: int, field: str) -> Iterator[Problem]:
    if not text.strip():
        yield Problem(ProblemCode.MISSING, f"a {field} is needed", (field,))
    else:
        yield from _of_characters(text, longest, (field,))


def _of_narrative(narrative: str) -> Iterator[Problem]:
    yield from _of_text(narrative, NARRATIVE_MAX, "narrative")


def _of_characters(text: str, longest: int, path: tuple[str, ...]) -> Iterator[Problem]:
    field = path[-1]
    if len(text) > longest:
        message = f"a {field} has at most {longest} characters, not {len(text)}"
        yield Problem(ProblemCode.TOO_LARGE, message, path)
    if not text.isprintable():
        message = f"a {field} is one line of printable characters"
        yield Problem(ProblemCode.INVALID_VALUE, message, path)


def _of_days(entered: EnteredJournal) -> Iterator[Problem]:
    for day, field in ((entered.day, "date"), (entered.reverses_on, "reversesOn")):
        if day is not None and not FIRST_DAY <= day <= LAST_DAY:
            message = "a date is between 2000-01-01 and 2099-12-31"
            yield Problem(ProblemCode.INVALID_DATE, message, (field,))
            return
    reverses_on = entered.reverses_on
    if reverses_on is not None and reverses_on <= entered.day:
        message = (
            f"the reversal on {day_text(reverses_on)} isn't after"
            f" {day_text(entered.day)}: give a later day"
        )
        yield Problem(ProblemCode.INVALID_DATE, message, ("reversesOn",))


def _of_adjusted(entered: EnteredJournal) -> Iterator[Problem]:
    if entered.adjusts is not None and entered.mode is None:
        message = "say how the journal is adjusted: REVERSE, REPLACE or DIFFERENCE"
        yield Problem(ProblemCode.MISSING, message, ("mode",))
    if entered.adjusts is None and entered.mode is not None:
        message = f"{entered.mode.name} needs the number of the journal it adjusts"
        yield Problem(ProblemCode.MISSING, message, ("adjusts",))


def _of_line(line: EnteredLine, index: int) -> Iterator[Problem]:
    path = ("lines", str(index))
    if line.amount <= 0:
        message = "an amount is above zero; its side says debit or credit"
        yield Problem(ProblemCode.INVALID_AMOUNT, message, (*path, "amount"))
    if line.amount > AMOUNT_MAX:
        message = "the amount is too large"
        yield Problem(ProblemCode.INVALID_AMOUNT, message, (*path, "amount"))
    yield from _of_characters(line.description, DESCRIPTION_MAX, (*path, "description"))


def _of_number_of_lines(
    version: Version, lines: Sequence[VersionLine]
) -> Iterator[Problem]:
    if version.mode is AdjustmentMode.REVERSE:
        if lines:
            message = (
                "REVERSE has no lines of its own: it posts the journal's mirror; choose"
                " REPLACE to add lines"
            )
            yield Problem(ProblemCode.INVALID_VALUE, message, ("lines",))
    elif len(lines) < 2:
        message = "a journal has two lines or more"
        yield Problem(ProblemCode.MISSING, message, ("lines",))


def _of_sides(version: Version, lines: Sequence[VersionLine]) -> Iterator[Problem]:
    """A debit and a credit of the same account net to nothing."""
    sides: dict[tuple[Any, ...], bool] = {}
    for index, line in enumerate(lines):
        key = line.role, version.product_of(line), version.customer_of(line)
        if sides.setdefault(key, line.is_debit) is not line.is_debit:
            account = stored_role(line.role)
            message = (
                f"{account} of the same product and customer is debited and credited,"
                " which nets to nothing: enter the difference, on one side"
            )
            path = ("lines", str(index))
            yield Problem(ProblemCode.INVALID_VALUE, message, path)


def _of_balance(version: Version, lines: Sequence[VersionLine]) -> Iterator[Problem]:
    """Debits are credits, of each customer: a journal has a customer."""
    nets = _nets(lines, version.customer_of)
    if total := sum(nets.values()):
        side = "debits" if total > 0 else "credits"
        difference = amount_text(abs(total), version.currency)
        message = f"{side} are {difference} more: the lines must balance"
        yield Problem(ProblemCode.UNBALANCED, message, ("lines",))
        return
    for customer, net in nets.items():
        if net:
            whose = "no customer" if customer is None else f"customer {customer.id}"
            side = "debits" if net > 0 else "credits"
            difference = amount_text(abs(net), version.currency)
            message = (
                f"{side} of {whose} are {difference} more: debits and credits balance"
                " for each customer"
            )
            yield Problem(ProblemCode.UNBALANCED, message, ("lines",))


def _of_total(version: Version, lines: Sequence[VersionLine]) -> Iterator[Problem]:
    """A side adds up to what a single amount may be, as a document does.

    Reports add journals in the database, whose integers end somewhere.
    """
    largest = max(
        sum(line.amount for line in lines if line.is_debit is is_debit)
        for is_debit in (True, False)
    )
    if largest > AMOUNT_MAX:
        message = (
            f"the lines add up to {amount_text(largest, version.currency)}, and a"
            f" journal to {amount_text(AMOUNT_MAX, version.currency)} at most: write"
            " several"
        )
        yield Problem(ProblemCode.INVALID_AMOUNT, message, ("lines",))


def _nets(
    lines: Sequence[VersionLine], by: Callable[[VersionLine], Party | None]
) -> dict[Party | None, int]:
    nets: dict[Party | None, int] = defaultdict(int)
    for line in lines:
        nets[by(line)] += line.amount if line.is_debit else -line.amount
    return nets


def open_day_problem(
    day: Day, first_open: Day | None, currency: str, field: str = "date"
) -> Problem | None:
    """The problem of a locked day, which names the first open one; None if open."""
    if first_open is None or day >= first_open:
        return None
    message = (
        f"{day_text(day)} is locked: the first open day of the {currency} ledger is"
        f" {day_text(first_open)}"
    )
    return Problem(ProblemCode.LOCKED, message, (field,))
