"""The parts of the page of a lock: balances, what waits, an example. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from daybook.adjustments.recurring.rules import label as recurrence_label
from daybook.adjustments.rules import label
from daybook.calendar import (
    FIRST_DAY,
    LAST_DAY,
    Day,
    Month,
    date_of,
    day_of,
    day_text,
    day_words,
    first_day_of,
    last_day_of,
    month_of,
    range_words,
)
from daybook.money import amount_text, decimals_of, divide_half_up
from daybook.recognition.allocation import Strategy, allocate
from daybook_web.closing.lock_results import (
    LockLedger,
    LockPage,
    OpenMilestone,
    WaitingJournal,
    WaitingRecurrence,
)
from daybook_web.journals.query import ReportQuery
from daybook_web.kit.formats import (
    MANUAL_STATUSES,
    count,
    day,
    grouped,
    money,
    month_name,
)
from daybook_web.kit.links import document_url
from daybook_web.kit.recognized_by_hand import MilestoneRecognition, summed
from daybook_web.kit.results import AccountTotal, Money
from daybook_web.reports.frame import document_words

EXAMPLE_TOTAL = 12_000
"""The total of the example's invoice, in whole units of the currency."""


@dataclass(frozen=True, slots=True)
class BalanceRow:
    """What stands on an account before and after some days, and what they add."""

    name: str
    before: str
    change: str
    after: str


@dataclass(frozen=True, slots=True)
class Balances:
    """The days that open or close, and what they add to each account.

    `before` is the day before them; empty where they begin with the calendar.
    """

    before: str
    days: str
    after: str
    journals: str
    journals_url: str
    posted: str
    control_total: str
    rows: Sequence[BalanceRow]

    @classmethod
    def of(
        cls, found: LockPage, ledger: LockLedger, days: tuple[Day, Day], today: Day
    ) -> "Balances":
        """The balances around the days."""
        assert found.ledger is not None, "the change was asked for"
        change = found.ledger.lock_change
        first, last = days
        has_before = first > FIRST_DAY
        report = ReportQuery().with_values(
            currency=ledger.currency, **{"from": day_text(first), "to": day_text(last)}
        )
        debits = sum(total.debit.minor for total in change.totals)
        return cls(
            before=day_words(first - 1) if has_before else "",
            days=range_words(*days)
            if has_before
            else f"All days through {day_words(last)}",
            after=day_words(last),
            journals=count(change.journal_count, "journal", "journals"),
            journals_url=report.url(),
            posted="all posted" if last <= today else "scheduled in part",
            control_total=grouped(amount_text(debits, ledger.currency)),
            rows=_rows(found, ledger),
        )


def _rows(found: LockPage, ledger: LockLedger) -> list[BalanceRow]:
    assert found.ledger is not None, "the change was asked for"
    before = _gains(found.before.totals if found.before else ())
    change = _gains(found.ledger.lock_change.totals)
    after = _gains(found.after.totals if found.after else ())

    def shown(gains: dict[str, int], role: str) -> str:
        return grouped(amount_text(gains.get(role, 0), ledger.currency))

    return [
        BalanceRow(
            account.name,
            shown(before, account.role),
            shown(change, account.role),
            shown(after, account.role),
        )
        for account in ledger.accounts
    ]


def _gains(totals: Sequence[AccountTotal]) -> dict[str, int]:
    """What each account gained on its normal side, in minor units."""
    return {total.account.role: total.gain.minor for total in totals}


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """What waits, and what becomes of it after the lock.

    `recognized` is what manual journals recognized of a milestone: the amount, in words
    `open`, is then what they left of its `whole`.
    """

    label: str
    url: str
    narrative: str
    details: str
    amount: str
    after: str
    open: str = ""
    whole: str = ""
    twice: str = ""
    recognized: Sequence[MilestoneRecognition] = ()


@dataclass(frozen=True, slots=True)
class Waiting:
    """What doesn't post yet and may belong to days that close.

    Manual journals that are dated in them, recurring ones that begin by their end, and
    open milestones of documents that are dated in them.
    """

    words: str
    rows: Sequence[WaitingRow]
    more: int

    @classmethod
    def of(cls, found: LockPage, ledger: LockLedger, opens: Day) -> "Waiting":
        """What waits before a lock after which a day is the first open one."""
        journals, milestones = found.manual_journals, found.open_milestones
        recurring = found.recurring_manual_journals
        assert journals is not None, "what waits was asked for"
        assert recurring is not None, "what waits was asked for"
        assert milestones is not None, "what waits was asked for"
        its_counts = [
            _counted(
                count(journals.total_count, "manual journal", "manual journals"),
                journals.total_count,
                [journal.debits for journal in journals.nodes],
                ledger.currency,
            )
        ]
        if recurring.total_count:
            its_counts.append(
                _counted(
                    count(
                        recurring.total_count, "recurring journal", "recurring journals"
                    ),
                    recurring.total_count,
                    [recurrence.debits for recurrence in recurring.nodes],
                    ledger.currency,
                )
            )
        if milestones.total_count:
            its_counts.append(
                _counted(
                    count(milestones.total_count, "open milestone", "open milestones"),
                    milestones.total_count,
                    [its.milestone.open_amount for its in milestones.nodes],
                    ledger.currency,
                )
            )
        rows = [_waiting_row(journal, ledger, opens) for journal in journals.nodes]
        rows += [_recurring_row(recurrence, opens) for recurrence in recurring.nodes]
        rows += [_milestone_row(its, opens) for its in milestones.nodes]
        every = journals.total_count + recurring.total_count + milestones.total_count
        return cls("; ".join(its_counts), rows, every - len(rows))


def _counted(words: str, total: int, amounts: Sequence[Money], currency: str) -> str:
    """How many there are, with their sum where all of them are here."""
    if not amounts or total > len(amounts):
        return words
    together = sum(amount.minor for amount in amounts)
    return f"{words}, together {grouped(amount_text(together, currency))}"


def _waiting_row(journal: WaitingJournal, ledger: LockLedger, opens: Day) -> WaitingRow:
    status = MANUAL_STATUSES[journal.status]
    makers = ", ".join(journal.makers)
    return WaitingRow(
        label=label(journal.number),
        url=f"/manual-journals/{journal.number}",
        narrative=journal.narrative or "No narrative yet",
        details=f"{status}, dated {day(journal.date)}"
        + (f", by {makers}" if makers else ""),
        amount=money(journal.debits),
        after=_fate(journal, ledger, opens),
    )


def _recurring_row(recurrence: WaitingRecurrence, opens: Day) -> WaitingRow:
    after = "Nothing: it has no next journal"
    begins = ""
    if recurrence.next_dates:
        its_next = day(recurrence.next_dates[0])
        begins = f", from {its_next}"
        after = f"Nothing: its next journal is dated {its_next}"
        if day_of(recurrence.next_dates[0]) < opens:
            after = f"Approved later, its journal of {its_next} waits as a draft"
    makers = ", ".join(recurrence.makers)
    return WaitingRow(
        label=recurrence_label(recurrence.number),
        url=f"/manual-journals/recurring/{recurrence.number}",
        narrative=recurrence.narrative or "No narrative yet",
        details=f"{MANUAL_STATUSES[recurrence.status]}, monthly{begins}"
        + (f", by {makers}" if makers else ""),
        amount=money(recurrence.debits),
        after=after,
    )


def _milestone_row(its: OpenMilestone, opens: Day) -> WaitingRow:
    document, twice = its.document, summed(its.milestone.recognized_by)
    left = its.milestone.open_amount
    return WaitingRow(
        label=document_words(document),
        url=f"{document_url(document.id)}#milestones-heading",
        narrative=f"Milestone {its.milestone.name}",
        details=f"Open, dated {day(its.dated)}, {its.customer.name}",
        amount=money(left),
        open=money(left) if left.minor else "Nothing",
        after=f"Reached by {day_words(opens - 1)}, it posts on {day_words(opens)}",
        whole=money(its.milestone.amount),
        twice="" if twice is None else money(twice),
        recognized=its.milestone.recognized_by,
    )


def _fate(journal: WaitingJournal, ledger: LockLedger, opens: Day) -> str:
    """What becomes of a manual journal that is still dated in locked days."""
    through = ledger.locked_through
    offered = f"{day_words(opens)} is offered"
    if through is not None and journal.date <= through:
        return f"Refused already, its day is locked; {offered}"
    if journal.status == "SUBMITTED":
        return f"Its approval is refused; {offered}"
    return f"Refused while dated {day(journal.date)}; {offered}"


@dataclass(frozen=True, slots=True)
class MovedExample:
    """What a lock moves of an invoice that is recorded after it."""

    total: str
    period: str
    month: str
    share: str
    opens: str
    next_month: str
    daily: str

    @classmethod
    def of(cls, currency: str, last: Day) -> "MovedExample | None":
        """An invoice for the year from the month that a lock through a day closes.

        None where the lock ends within a month, or the calendar within the year.
        """
        month = month_of(last)
        first, end = first_day_of(month), last_day_of(month + 11)
        if last != last_day_of(month) or end > LAST_DAY:
            return None
        total = EXAMPLE_TOTAL * 10 ** decimals_of(currency)
        shares = allocate(total, first, end, Strategy.DAILY_RATE_EVEN_MONTHS)
        (_, locked), (following, its_share) = shares[:2]
        daily = divide_half_up(its_share, following.days)

        def shown(minor: int) -> str:
            return grouped(amount_text(minor, currency))

        return cls(
            total=shown(total),
            period=range_words(first, end),
            month=_name(month),
            share=shown(locked),
            opens=day_words(last + 1),
            next_month=_name(month + 1),
            daily=shown(daily),
        )


def _name(month: Month) -> str:
    return month_name(date_of(first_day_of(month)))
