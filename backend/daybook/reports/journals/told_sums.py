"""A journal's amount as the sum that one would write on paper. Pure.

Each line is what one cause brought, with the figures that make it: 550.00, which are
6,600.00 ÷ 12, less 400.00 for days that a lock moved, are 150.00.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from daybook.calendar import month_of
from daybook.ledger.rules import AccountPair, Movement, Role, net_change
from daybook.recognition.rules import Method
from daybook.reports.journals.explanations import NOT_SPREAD, Facts, shares_of
from daybook.reports.journals.narratives import Story, phrase
from daybook.reports.journals.share_words import netted_text, share_words

LINES_MAX = 12
"""A longer sum is told by its largest lines, and by one of all the others."""


class Addend(NamedTuple):
    """A movement of a journal, with what explains it.

    `line` is the first schedule of its document's line. Manual journals have neither
    that nor `facts`, and are told by their narrative.
    """

    movement: Movement
    recorded_in: int
    narrative: str
    line: int | None = None
    facts: Facts | None = None


class SumLine(NamedTuple):
    """What one cause brought, in minor units, and the last recording of it."""

    amount: int
    words: str
    recording: int


class ToldSum(NamedTuple):
    """What an account gained, on its normal side: the lines sum to the result."""

    account: Role
    result: int
    lines: Sequence[SumLine]


def told_sum(parts: Sequence[Addend]) -> ToldSum:
    """The sum of a journal's movements: in Recognized, where they change it.

    Else the sum is that of Deferred, Billed or Unbilled, the first that changes; and
    of the first that has a movement where all of them were taken back.
    """
    account = _told_account([part.movement for part in parts])
    by_line: dict[int | None, list[Addend]] = defaultdict(list)
    for part in parts:
        if _gain(part, account) or account in _accounts(part):
            by_line[part.line].append(part)
    lines: list[SumLine] = []
    for of_line in by_line.values():
        lines += _lines_of(of_line, account)
    lines.sort(key=lambda line: line.recording)
    result = sum(line.amount for line in lines)
    return ToldSum(account, result, _at_most(lines))


def _told_account(movements: Iterable[Movement]) -> Role:
    pairs: dict[AccountPair, int] = defaultdict(int)
    for movement in movements:
        pairs[movement.debit, movement.credit] += movement.amount
    for role in _TOLD:
        if net_change(pairs, role):
            return role
    touched = {role for pair in pairs for role in pair}
    return next((role for role in _TOLD if role in touched), Role.RECOGNIZED)


_TOLD = (Role.RECOGNIZED, Role.DEFERRED, Role.BILLED, Role.UNBILLED)


def _accounts(part: Addend) -> set[Role]:
    return {part.movement.debit, part.movement.credit}


def _gain(part: Addend, account: Role) -> int:
    """What a movement brings an account."""
    movement = part.movement
    pairs: Mapping[AccountPair, int] = {
        (movement.debit, movement.credit): movement.amount
    }
    return net_change(pairs, account)


def _lines_of(parts: list[Addend], account: Role) -> list[SumLine]:
    """The lines of one line of the document: the month's share, then all else.

    Where a revision changed some of the month's days and not others, they are told
    together as long as they come to the month's share by the last terms.
    """
    own = [part for part in parts if _is_of_the_month(part)]
    amount = sum(_gain(part, account) for part in own)
    last = max(
        own, key=lambda part: (part.recorded_in, part.movement.last_day), default=None
    )
    if account is Role.RECOGNIZED and last is not None and last.facts is not None:
        words = _month_words(last.facts, amount)
        if words:
            told = SumLine(amount, words, last.recorded_in)
            rest = [part for part in parts if not _is_of_the_month(part)]
            return [told, *_by_cause(rest, account)]
    return _by_cause(parts, account)


def _is_of_the_month(part: Addend) -> bool:
    """Whether it is of the month's own days, and not moved here by a lock."""
    return (
        part.facts is not None
        and part.facts.moved is None
        and Role.RECOGNIZED in _accounts(part)
    )


def _month_words(facts: Facts, amount: int) -> str:
    """How a month's share came about, if this is its amount; else nothing."""
    if facts.terms.method is not Method.STRAIGHT_LINE or facts.story in _UNSHARED:
        return ""
    month = month_of(facts.movement.first_day)
    shares = shares_of(facts)
    for number, (part, share) in enumerate(shares):
        if month_of(part.first_day) == month and share == amount:
            return share_words(facts, [each for each, _ in shares], number, share)
    return ""


_UNSHARED = {*NOT_SPREAD, Story.CREDIT, Story.REBUILT_CREDIT}


def _by_cause(parts: Iterable[Addend], account: Role) -> list[SumLine]:
    """A line for all that one recording did for one reason."""
    by_cause: dict[tuple[object, ...], list[Addend]] = defaultdict(list)
    for part in parts:
        movement, facts = part.movement, part.facts
        why: object = part.narrative
        if facts is not None:
            why = (movement.debit, movement.credit, facts.change, facts.moved)
        by_cause[part.recorded_in, why].append(part)
    lines = []
    for alike in by_cause.values():
        amount = sum(_gain(part, account) for part in alike)
        words = _cause_words(alike)
        lines.append(SumLine(amount, words, alike[0].recorded_in))
    return lines


def _cause_words(parts: Sequence[Addend]) -> str:
    """`recognized over 1–31 Oct 2025, as revised`, of movements that are alike."""
    facts = parts[0].facts
    if facts is None:
        return parts[0].narrative
    movement = parts[0].movement
    first = min(part.movement.first_day for part in parts)
    last = max(part.movement.last_day for part in parts)
    words = phrase(
        *(movement.debit, movement.credit, first, last),
        *(facts.story, facts.change, facts.moved, facts.milestone),
    )
    words = words[0].lower() + words[1:]
    total = sum(part.movement.amount for part in parts)
    return f"{words}{_netting(facts, total)}"


def _netting(facts: Facts, amount: int) -> str:
    """`: 1,200.00 + 80.00`, where an amount is all that the document's lines net."""
    if amount != facts.terms.amount or facts.moved is not None:
        return ""
    netted = netted_text(facts)
    return f": {netted}" if netted else ""


def _at_most(lines: list[SumLine]) -> list[SumLine]:
    """The lines, the smallest of them as one if there are too many."""
    if len(lines) <= LINES_MAX:
        return lines
    by_size = sorted(lines, key=lambda line: -abs(line.amount))
    others = by_size[LINES_MAX - 1 :]
    kept = set(map(id, by_size[: LINES_MAX - 1]))
    rest = SumLine(
        sum(line.amount for line in others),
        f"{len(others)} smaller ones, each told by its movement",
        max(line.recording for line in others),
    )
    return [*(line for line in lines if id(line) in kept), rest]
