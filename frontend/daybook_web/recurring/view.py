"""What the list of recurring manual journals shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlencode

from daybook.adjustments.recurring.rules import label
from daybook_web.kit.formats import MANUAL_KINDS, count, day, money
from daybook_web.kit.links import Pager
from daybook_web.kit.rendering import View
from daybook_web.kit.times import moment
from daybook_web.recurring.results import (
    ListedRecurrence,
    RecurringManualJournalsPage,
)
from daybook_web.recurring.words import (
    PATH,
    STATUSES,
    STYLES,
    day_words,
    months_words,
)


@dataclass(frozen=True, slots=True)
class RecurrenceRow:
    """A recurring manual journal of the list."""

    label: str
    url: str
    narrative: str
    details: str
    schedule: str
    months: str
    next: str
    amount: str
    currency: str
    status: str
    style: str
    by: str
    at: str


@dataclass(frozen=True, slots=True)
class RecurrencesView(View):
    """The list."""

    page: ClassVar[str] = "recurring/recurrences.html"

    title: str
    status: str
    rows: Sequence[RecurrenceRow]
    pager: Pager | None

    @classmethod
    def of(cls, found: RecurringManualJournalsPage) -> "RecurrencesView":
        """A page of the list, newest first."""
        listing = found.recurring_manual_journals
        return cls(
            title="Recurring manual journals",
            status=count(
                listing.total_count,
                "recurring manual journal",
                "recurring manual journals",
            ),
            rows=[_row(recurrence) for recurrence in listing.nodes],
            pager=Pager.of(
                listing.page_info, lambda **page: f"{PATH}?{urlencode(page)}"
            ),
        )


def _row(recurrence: ListedRecurrence) -> RecurrenceRow:
    is_active = recurrence.status == "ACTIVE"
    return RecurrenceRow(
        label=label(recurrence.number),
        url=f"{PATH}/{recurrence.number}",
        narrative=recurrence.narrative or "No narrative yet",
        details=MANUAL_KINDS[recurrence.kind]
        + (" · reverses itself" if recurrence.reverses_next_month else ""),
        schedule=day_words(recurrence.day_of_month),
        months=months_words(recurrence.first_month, recurrence.until_month),
        next=day(recurrence.next_dates[0])
        if is_active and recurrence.next_dates
        else "—",
        amount=money(recurrence.debits),
        currency=recurrence.ledger.currency,
        status=STATUSES[recurrence.status],
        style=STYLES[recurrence.status],
        by=", ".join(recurrence.makers),
        at=moment(recurrence.created_at),
    )
