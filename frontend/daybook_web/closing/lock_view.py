"""What the page of a lock shows, made from the result of its operation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import ClassVar

from daybook.calendar import Day, date_of, day_of, day_words, first_day_of, month_of
from daybook_web.closing.lock_address import (
    BY_DATE,
    BY_DOCUMENT,
    AskedLock,
    lock_url,
)
from daybook_web.closing.lock_parts import Balances, MovedExample, Waiting
from daybook_web.closing.lock_posted import posted_words
from daybook_web.closing.lock_results import (
    LockLedger,
    LockPage,
    LockStep,
    RecordedLock,
)
from daybook_web.closing.view import close_url
from daybook_web.kit.formats import day, month, sentence
from daybook_web.kit.forms import Choice, Problem
from daybook_web.kit.links import Link
from daybook_web.kit.lock_review import LockChange, LockReview
from daybook_web.kit.rendering import View
from daybook_web.kit.tokens import token_of
from daybook_web.reports.other_methods import OtherMethods

METHODS = (
    Choice(BY_DATE, "One date for the ledger"),
    Choice(BY_DOCUMENT, "Each document's accounting date"),
)
HEADINGS: Mapping[str, str] = {
    "CLOSES": "What it closes",
    "OPENS": "What it opens",
    "NOTHING": "What it does",
}
"""The heading of the balances, by the effect of the change."""
DAILY = "DAILY_RATE_EVEN_MONTHS"
"""The strategy that the example is computed by."""


@dataclass(frozen=True, slots=True)
class StepsBefore:
    """The steps of the close before the lock: how many are done, and the others."""

    done: str
    heading: str
    due: Sequence[str]

    @classmethod
    def of(cls, steps: Sequence[LockStep]) -> "StepsBefore":
        """The steps before the lock, in words."""
        before = list(takewhile(lambda step: step.kind != "LOCK", steps))
        due = [sentence(step.words) for step in before if step.state == "DUE"]
        are = "step isn't done" if len(due) == 1 else "steps aren't done"
        return cls(
            done=f"{len(before) - len(due)} of {len(before)} before the lock",
            heading=f"{len(due)} {are}",
            due=due,
        )


@dataclass(frozen=True, slots=True)
class LockForm:
    """The form that makes a change, and what was typed into it.

    `reviewed` identifies what the page shows: the change and its figures.
    """

    reviewed: str
    button: str
    needs_confirmation: bool
    needs_reason: bool
    needs_approval: bool
    reason: str
    confirm_future: str


@dataclass(frozen=True, slots=True)
class LockView(View):
    """What a lock closes or opens, what waits before it, and the form that sets it.

    `locked_through` is the day that is shown, `through` what the field of the day has.
    """

    page: ClassVar[str] = "closing/lock.html"

    title: str
    status: str
    close: Link
    currency: str
    ledgers: Sequence[Link]
    method: str
    locked_through: str
    through: str
    methods: Sequence[Choice]
    news_url: str
    heading: str
    review: LockReview
    balances: Balances | None
    waiting: Waiting | None
    example: MovedExample | None
    first_open_day: str
    steps: StepsBefore
    others: OtherMethods | None
    posted: str
    form: LockForm | None
    next_lock: Link | None
    locks: Sequence[RecordedLock]
    problems: Sequence[Problem]

    @classmethod
    def of(  # noqa: PLR0913  (keyword-only, each a part of the page)
        cls,
        found: LockPage,
        ledger: LockLedger,
        asked: AskedLock,
        *,
        today: Day,
        recording: int,
        typed: Mapping[str, str],
        problems: Sequence[Problem] = (),
    ) -> "LockView":
        """The page of a lock; `typed` is what was typed into its forms.

        The page asks for recordings after the given one.
        """
        assert found.ledger is not None, "the change was asked for"
        assert found.close_checklist is not None, "the checklist was asked for"
        assert found.manual_journals is not None, "what waits was asked for"
        change, days = found.ledger.lock_change, asked.days(ledger)
        closed = _closed(asked, change, days)
        has_example = ledger.default_strategy == DAILY
        return cls(
            title=_title(asked, change),
            status=f"{_lock_words(ledger)} today",
            close=Link(
                f"Close {month(date_of(first_day_of(asked.month)))}",
                close_url(asked.currency, asked.month),
            ),
            currency=asked.currency,
            ledgers=[
                Link(its.currency, lock_url(its.currency, asked.month))
                for its in found.ledgers
            ],
            method=asked.method,
            locked_through=asked.through,
            through=typed.get("through", asked.through),
            methods=METHODS,
            news_url=asked.news_url(recording),
            heading=HEADINGS[change.effect],
            review=LockReview.of(change),
            balances=Balances.of(found, ledger, days, today) if days else None,
            waiting=None if closed is None else Waiting.of(found, ledger, closed + 1),
            example=MovedExample.of(asked.currency, closed)
            if closed is not None and has_example
            else None,
            first_open_day=_first_open_day(change),
            steps=StepsBefore.of(found.close_checklist.steps),
            others=OtherMethods.of(
                found.close_checklist, lock_url(asked.currency, asked.month)
            ),
            posted=posted_words(found.posted.nodes, days)
            if found.posted and days and change.effect == "OPENS"
            else "",
            form=_form(found, change, typed),
            next_lock=_next_lock(ledger, change),
            locks=ledger.locks.nodes,
            problems=problems,
        )


def _closed(
    asked: AskedLock, change: LockChange, days: tuple[Day, Day] | None
) -> Day | None:
    """The last day that closes for every document, if one does."""
    closes = change.effect == "CLOSES" and asked.method == BY_DATE
    return days[1] if closes and days else None


def _title(asked: AskedLock, change: LockChange) -> str:
    if change.effect == "NOTHING":
        return f"Lock of {asked.currency}"
    return _verb(change, asked.currency)


def _verb(change: LockChange, object_words: str = "") -> str:
    """What the change does, of what: `Lock USD through 31 Oct 2026`."""
    named = f" {object_words}" if object_words else ""
    through = change.after.locked_through
    if change.after.method == BY_DOCUMENT:
        return f"Lock{named} by each document's accounting date"
    if through is None:
        return f"Unlock{named or ' every day'}"
    if change.effect == "CLOSES":
        return f"Lock{named} through {day(through)}"
    its = f"the lock of {object_words}" if object_words else "the lock"
    return f"Move {its} back to {day(through)}"


def _lock_words(ledger: LockLedger) -> str:
    if ledger.lock_method == BY_DOCUMENT:
        return "Locked by each document's accounting date"
    if ledger.locked_through is None:
        return "No day is locked"
    return f"Locked through {day(ledger.locked_through)}"


def _first_open_day(change: LockChange) -> str:
    """The first open day once the change is made."""
    if change.after.method == BY_DOCUMENT:
        return "Each document's accounting date"
    through = change.after.locked_through
    if through is None:
        return "Every day is open"
    return day_words(day_of(through) + 1)


def _form(
    found: LockPage, change: LockChange, typed: Mapping[str, str]
) -> LockForm | None:
    """The form that makes the change; None if there is nothing to change."""
    if change.effect == "NOTHING":
        return None
    return LockForm(
        reviewed=token_of(change),
        button=_verb(change),
        needs_confirmation=change.needs_confirmation,
        needs_reason=change.needs_reason,
        needs_approval=change.needs_reason and found.four_eyes.is_on,
        reason=typed.get("reason", ""),
        confirm_future=typed.get("confirm_future", ""),
    )


def _next_lock(ledger: LockLedger, change: LockChange) -> Link | None:
    """The lock that comes after the present one, where nothing else was asked for."""
    if change.effect != "NOTHING" or ledger.first_open_day is None:
        return None
    opens = day_of(ledger.first_open_day)
    words = f"Lock {month(ledger.first_open_day)}"
    return Link(words, lock_url(ledger.currency, month_of(opens)))
