"""What a change of a lock opens or closes, and what the change requires. Pure.

A later date closes the days up to it. A change that opens days moves the lock back: an
earlier date or none, and every change between a date for the whole ledger and a lock by
each document's accounting date, unless nothing was locked before.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import NamedTuple

from daybook.calendar import (
    FIRST_DAY,
    Day,
    Month,
    day_text,
    first_day_of,
    last_day_of,
    month_text,
)
from daybook.configuration.rules import REASON_MAX, check_text
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.ledger.rules import (
    AccountPair,
    LedgerSettings,
    LockMethod,
    Role,
    net_change,
)
from daybook.money import amount_text, grouped_text


class Lock(NamedTuple):
    """A ledger's lock: its method, and the last locked day if it is one for all."""

    method: LockMethod = LockMethod.CUSTOM_DATE
    through: Day | None = None

    def details(self) -> dict[str, object]:
        """The lock as the audit trail stores it."""
        day = self.through
        return {
            "lockMethod": self.method.name,
            "lockedThrough": None if day is None else day_text(day),
        }


def lock_of(settings: LedgerSettings) -> Lock:
    """The lock that a ledger's settings have."""
    return Lock(settings.lock_method, settings.locked_through)


class Effect(StrEnum):
    """What a change does to the days between the old lock and the new one."""

    CLOSES = "CLOSES"
    OPENS = "OPENS"
    NOTHING = "NOTHING"


class MonthShare(NamedTuple):
    """The journals with entries on those days of a month that open or close.

    `pairs` has the amounts between accounts on these days, in minor units.
    """

    month: Month
    journals: int
    pairs: Mapping[AccountPair, int]


class LockChange(NamedTuple):
    """A change of a lock, and the days that it opens or closes.

    `months` are the months with entries on these days; `month_ends` is the last day of
    the present month, past which a lock needs a confirmation.
    """

    before: Lock
    after: Lock
    month_ends: Day
    months: tuple[MonthShare, ...] = ()

    @property
    def effect(self) -> Effect:
        """Whether the change closes days, opens days or does nothing."""
        if self.before == self.after:
            return Effect.NOTHING
        old, new = self.before.through, self.after.through
        if old == new:  # neither has a date: unlocked, or by accounting date
            is_closing = self.after.method is LockMethod.ACCOUNTING_DATE
        else:
            is_closing = old is None or (new is not None and new > old)
        return Effect.CLOSES if is_closing else Effect.OPENS

    @property
    def days(self) -> tuple[Day, Day] | None:
        """The first and the last day that open or close for every document, if any.

        `FIRST_DAY` means all days up to the last.
        """
        old, new = self.before.through, self.after.through
        if old == new:
            return None
        first = FIRST_DAY if old is None or new is None else min(old, new) + 1
        return first, max(day for day in (old, new) if day is not None)

    @property
    def needs_confirmation(self) -> bool:
        """Whether it locks days past the end of the present month."""
        through = self.after.through
        is_change = self.effect is not Effect.NOTHING
        return is_change and through is not None and through > self.month_ends

    @property
    def needs_reason(self) -> bool:
        """Whether it opens a day, for any document."""
        if self.effect is Effect.NOTHING:
            return False
        return (
            self.effect is Effect.OPENS
            or self.before.method is LockMethod.ACCOUNTING_DATE
        )

    @property
    def journals(self) -> int:
        """How many journals have entries on the days; each belongs to one month."""
        return sum(share.journals for share in self.months)

    @property
    def pairs(self) -> dict[AccountPair, int]:
        """The amounts between accounts on the days."""
        pairs: dict[AccountPair, int] = defaultdict(int)
        for share in self.months:
            for pair, amount in share.pairs.items():
                pairs[pair] += amount
        return dict(pairs)

    def share_days(self, month: Month) -> tuple[Day, Day]:
        """The days of a month that open or close."""
        assert self.days is not None, "a month has a share of days"
        first, last = self.days
        return max(first, first_day_of(month)), min(last, last_day_of(month))

    def details(self, currency: str) -> dict[str, object]:
        """What opened or closed, as the audit trail stores it."""
        if self.days is None:
            return {}
        first, last = self.days
        amounts = [
            {
                "debit": debit.name,
                "credit": credit.name,
                "amount": amount_text(amount, currency),
            }
            for (debit, credit), amount in sorted(self.pairs.items())
        ]
        name = "closed" if self.effect is Effect.CLOSES else "opened"
        return {
            name: {
                "from": None if first == FIRST_DAY else day_text(first),
                "to": day_text(last),
                "journals": self.journals,
                "amounts": amounts,
            }
        }


def check_reason(reason: str | None) -> None:
    """Raise Rejected for an invalid reason; None is valid."""
    check_text((reason or "").strip(), REASON_MAX, "reason")


def check_change(
    change: LockChange, reason: str | None, currency: str, *, is_confirmed: bool
) -> None:
    """Raise Rejected if a change lacks the confirmation or reason that it needs."""
    problems: list[Problem] = []
    through = change.after.through
    if change.needs_confirmation and not is_confirmed:
        assert through is not None, "only a date lies past the end of a month"
        message = (
            f"{day_text(through)} is past the end of the present month"
            f" ({day_text(change.month_ends)}), and a lock that late must be confirmed"
        )
        code = ProblemCode.UNCONFIRMED
        problems.append(Problem(code, message, ("confirmFuture",)))
    if change.needs_reason and reason is None:
        message = "moving the lock back needs a reason"
        problems.append(Problem(ProblemCode.MISSING, message, ("reason",)))
    if problems:
        would = change_words(change, currency, "would close", "would open")
        first = problems[0]
        problems[0] = replace(first, message=f"this {would}; {first.message}")
        raise Rejected(problems)


def change_words(change: LockChange, currency: str, closes: str, opens: str) -> str:
    """What a change does, in one line; `closes` and `opens` are the verbs.

    `closed 2025-05-01 … 2025-05-31: 5 journals in 1 month; Recognized 101.92`.
    """
    if change.effect is Effect.NOTHING:
        return f"{closes} and {opens} nothing"
    verb = closes if change.effect is Effect.CLOSES else opens
    if change.days is None:
        return f"{verb} for each document the days before its accounting date"
    words = f"{verb} {days_words(*change.days)}: {_figures(change, currency)}"
    if change.before.method is LockMethod.ACCOUNTING_DATE:
        words += f", and {opens} the days after for documents that are dated later"
    if change.after.method is LockMethod.ACCOUNTING_DATE:
        words += f", and {closes} for each document the days before its accounting date"
    return words


def days_words(first: Day, last: Day) -> str:
    """A range of days: `2025-05-01 … 2025-05-31`."""
    if first == FIRST_DAY:
        return f"all days through {day_text(last)}"
    return day_text(last) if first == last else f"{day_text(first)} … {day_text(last)}"


def _figures(change: LockChange, currency: str) -> str:
    """How many journals, in which months, and the accounts' net change."""
    if not change.months:
        return "no journals"
    first, last = (month_text(change.months[index].month) for index in (0, -1))
    months = f"in {first}" if first == last else f"in {first} … {last}"
    noun = "journal" if change.journals == 1 else "journals"
    pairs = change.pairs
    nets = [(role, net_change(pairs, role)) for role in Role]
    changes = ", ".join(
        f"{role.name.capitalize()} {grouped_text(net, currency)}"
        for role, net in nets
        if net
    )
    amounts = changes or "every account nets to zero"
    return f"{change.journals:,} {noun} {months} ({amounts})"
