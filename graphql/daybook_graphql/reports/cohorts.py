"""The waterfall by the month of booking: its types, and reading it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import strawberry

from daybook.calendar import Month, first_day_of
from daybook.reports.waterfall.cohorts import Cohort as StoredCohort
from daybook.reports.waterfall.cohorts import cohort_ties, find_cohorts
from daybook_graphql.context import Info
from daybook_graphql.kit.money import Money, money
from daybook_graphql.kit.scalars import Date
from daybook_graphql.reports.figures import Tie, ties_of
from daybook_graphql.reports.filters import Asked

field = strawberry.field


@strawberry.type(description="What a cohort earns in one month.")
class CohortMonth:
    month: Date = field(description="The month's first day.")
    recognized: Money = field(
        description="What was recognized in it, up to the report's day."
    )
    scheduled: Money = field(
        description="What will be recognized in it after the report's day."
    )


@strawberry.type(description="All lines that were first billed in one month.")
class Cohort:
    month: Date | None = field(
        description="The month's first day; null for manual journals, and in the total."
    )
    booked: Money = field(
        description="What was invoiced of it up to the report's day, less credits."
    )
    unbilled: Money = field(description="What stands on Unbilled on the report's day.")
    recognized: Money = field(
        description="What was recognized of it up to the report's day."
    )
    remaining: Money = field(description="What stands on Deferred on the report's day.")
    unscheduled: Money = field(
        description="What of it stays on Deferred after its last scheduled entry, as"
        " in the waterfall: open milestones, unused grants, manual balances."
    )
    months: list[CohortMonth] = field(
        description="By month; months without an amount are left out."
    )


@strawberry.type(description="What was booked in each month, and when it is earned.")
class Cohorts:
    months: list[Date] = field(
        description="The first days of all months from the first to the last in which"
        " any cohort earns."
    )
    cohorts: list[Cohort] = field(
        description="By month; all manual journals come last, as one cohort."
    )
    total: Cohort = field(description="What all cohorts sum to.")
    asked: strawberry.Private[Asked]

    @field(description="What the total has to agree with.")
    async def ties(self, info: Info) -> list[Tie]:
        async with info.context.database.pinned_reads() as session:
            ties = await cohort_ties(session, *self.asked)
        return ties_of(ties, self.asked.pin.currency)


async def cohorts_of(info: Info, asked: Asked) -> Cohorts:
    """All cohorts, and what they sum to."""
    async with info.context.database.pinned_reads() as session:
        found = await find_cohorts(session, *asked)
    currency = asked.pin.currency
    total = StoredCohort(
        None,
        sum(cohort.booked for cohort in found),
        _sum(cohort.recognized for cohort in found),
        _sum(cohort.scheduled for cohort in found),
        sum(cohort.remaining for cohort in found),
        sum(cohort.unbilled for cohort in found),
        sum(cohort.unscheduled for cohort in found),
    )
    months = {*total.recognized, *total.scheduled}
    every = range(min(months), max(months) + 1) if months else ()
    return Cohorts(
        months=[Date(first_day_of(month)) for month in every],
        cohorts=[_cohort_of(cohort, currency) for cohort in found],
        total=_cohort_of(total, currency),
        asked=asked,
    )


def _sum(amounts: Iterable[Mapping[Month, int]]) -> dict[Month, int]:
    """The sums of amounts by month."""
    sums: dict[Month, int] = defaultdict(int)
    for by_month in amounts:
        for month, amount in by_month.items():
            sums[month] += amount
    return sums


def _cohort_of(cohort: StoredCohort, currency: str) -> Cohort:
    recognized, scheduled = cohort.recognized, cohort.scheduled
    return Cohort(
        month=None if cohort.month is None else Date(first_day_of(cohort.month)),
        booked=money(cohort.booked, currency),
        unbilled=money(cohort.unbilled, currency),
        recognized=money(sum(recognized.values()), currency),
        remaining=money(cohort.remaining, currency),
        unscheduled=money(cohort.unscheduled, currency),
        months=[
            CohortMonth(
                month=Date(first_day_of(month)),
                recognized=money(recognized.get(month, 0), currency),
                scheduled=money(scheduled.get(month, 0), currency),
            )
            for month in sorted({*recognized, *scheduled})
            if recognized.get(month) or scheduled.get(month)
        ],
    )
