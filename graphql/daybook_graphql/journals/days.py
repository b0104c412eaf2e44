"""A journal by days: equal days are one row."""

from collections.abc import Iterable

import strawberry

from daybook.ledger.pins import Pin
from daybook.reports.journals.days import runs_of_days
from daybook.reports.journals.queries import JournalMovementDetails
from daybook_graphql.journals.enums import EntryStatus
from daybook_graphql.journals.gains import AccountGains, account_gains
from daybook_graphql.kit.scalars import Date


@strawberry.type(
    description="Days of a journal on which the same amounts moved for the same reason."
)
class JournalDays:
    start: Date = strawberry.field(name="from", description="The first day.")
    end: Date = strawberry.field(name="to", description="The last day.")
    days: int = strawberry.field(description="How many they are.")
    what: str = strawberry.field(description="Why they have an amount, for people.")
    each: AccountGains = strawberry.field(description="What accounts gain on a day.")
    gains: AccountGains = strawberry.field(
        description="What accounts gain on all of them."
    )
    status: EntryStatus = strawberry.field(
        description="Whether their dates have come; they all have, or none has."
    )


def days_shown(
    pin: Pin, details: Iterable[JournalMovementDetails]
) -> list[JournalDays]:
    """A journal's days, posted through the pin's day."""
    parts = [(part.movement, part.occasion) for part in details]
    return [
        JournalDays(
            start=Date(run.first),
            end=Date(run.last),
            days=run.days,
            what=run.what,
            each=account_gains(run.each, pin.currency),
            gains=account_gains(run.pairs, pin.currency),
            status=EntryStatus.POSTED if run.is_posted else EntryStatus.SCHEDULED,
        )
        for run in runs_of_days(parts, pin.today)
    ]
