"""What a change of the lock would do, for people, before it is made."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from daybook_web.kit.formats import count, day, days, money, month
from daybook_web.kit.results import AccountTotal, Result

ROLES = ("BILLED", "UNBILLED", "DEFERRED", "RECOGNIZED")
VERBS = {"CLOSES": "Close", "OPENS": "Open", "NOTHING": "Save the lock"}


@dataclass(frozen=True, slots=True)
class LockSetting(Result):
    """How a ledger is locked, or would be."""

    method: str
    locked_through: date | None


@dataclass(frozen=True, slots=True)
class MonthChange(Result):
    """The days of a month that open or close, and what is posted on them."""

    month: date
    first_day: date
    last_day: date
    journal_count: int
    totals: tuple[AccountTotal, ...]


@dataclass(frozen=True, slots=True)
class LockChange(Result):
    """What a change of the lock would open or close."""

    effect: str
    before: LockSetting
    after: LockSetting
    first_day: date | None
    last_day: date | None
    journal_count: int
    totals: tuple[AccountTotal, ...]
    months: tuple[MonthChange, ...]
    needs_confirmation: bool
    needs_reason: bool


@dataclass(frozen=True, slots=True)
class ChangingLedger(Result):
    """The ledger whose lock would change."""

    lock_change: LockChange


@dataclass(frozen=True, slots=True)
class MonthRow:
    """The days of a month that open or close, and each account's net change on them."""

    name: str
    days: str
    journals: int
    nets: Sequence[str]


@dataclass(frozen=True, slots=True)
class LockReview:
    """What a change would open or close, shown before it is made.

    `key` identifies the reviewed change: it names the old and the new lock.
    """

    key: str
    words: str
    notes: Sequence[str]
    months: Sequence[MonthRow]
    total: MonthRow
    button: str
    needs_confirmation: bool
    needs_reason: bool

    @classmethod
    def of(cls, change: LockChange) -> "LockReview":
        """A change of a lock for people."""
        total = _nets(change.totals)
        is_whole = change.last_day is None
        return cls(
            key=f"{_key(change.before)}/{_key(change.after)}",
            words=_review_words(change),
            notes=_notes(change),
            months=[
                MonthRow(
                    name=month(share.month),
                    days=days(share.first_day, share.last_day),
                    journals=share.journal_count,
                    nets=_nets(share.totals),
                )
                for share in change.months
            ],
            total=MonthRow("In all", "", change.journal_count, total),
            button=VERBS[change.effect] + ("" if is_whole else " these days"),
            needs_confirmation=change.needs_confirmation,
            needs_reason=change.needs_reason,
        )


def _key(lock: LockSetting) -> str:
    return f"{lock.method} {lock.locked_through or ''}"


def _review_words(change: LockChange) -> str:
    if change.effect == "NOTHING":
        return "The lock is set so already: there is nothing to change."
    verb = "closes" if change.effect == "CLOSES" else "opens"
    if change.last_day is None:
        return f"This {verb} for each document the days before its accounting date."
    changed_days = _days_words(change.first_day, change.last_day)
    figures = count(change.journal_count, "journal has", "journals have")
    return f"This {verb} {changed_days}. {figures} entries on these days."


def _notes(change: LockChange) -> list[str]:
    """What else it does where one of the locks is by accounting date."""
    if change.last_day is None:
        return []
    notes = []
    if change.before.method == "ACCOUNTING_DATE":
        notes.append("It opens the days after for documents that are dated later.")
    if change.after.method == "ACCOUNTING_DATE":
        notes.append(
            "It closes for each document the days before its accounting date instead."
        )
    return notes


def _days_words(first: date | None, last: date) -> str:
    return f"all days through {day(last)}" if first is None else days(first, last)


def _nets(totals: Iterable[AccountTotal]) -> list[str]:
    """What each account gained on its normal side, in the order of accounts."""
    by_role = {total.account.role: total for total in totals}
    return [money(by_role[role].gain) if role in by_role else "" for role in ROLES]
