"""What the page of the waterfall's cohorts shows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from daybook.calendar import (
    Day,
    Month,
    date_of,
    day_of,
    first_day_of,
    last_day_of,
    month_of,
    parse_day,
)
from daybook_web.kit.formats import month_of_year
from daybook_web.kit.rendering import View
from daybook_web.kit.results import Money
from daybook_web.reports.address import Address
from daybook_web.reports.frame import Figure, Frame
from daybook_web.reports.journal_links import Journals
from daybook_web.reports.results import Cohort, Cohorts
from daybook_web.reports.waterfall import after

NEAR = 3
"""How many months there are on each side of the report's day; others are summed."""


@dataclass(frozen=True, slots=True)
class CohortLine:
    """What was booked in a month: recognized until now, and scheduled."""

    name: str
    booked: Figure
    unbilled: Figure
    recognized: Figure
    remaining: Figure
    earlier: Figure
    posted: Sequence[Figure]
    scheduled: Sequence[Figure]
    later: Figure
    unscheduled: Figure


@dataclass(frozen=True, slots=True)
class CohortsBody:
    """The table of cohorts by the months in which they are recognized."""

    posted: Sequence[str]
    scheduled: Sequence[str]
    later: str
    lines: Sequence[CohortLine]
    total: CohortLine


@dataclass(frozen=True, slots=True)
class CohortsView(View):
    """The waterfall by cohort."""

    page: ClassVar[str] = "reports/cohorts.html"

    title: str
    frame: Frame
    body: CohortsBody | None = None


def cohorts_body(address: Address, found: Cohorts) -> CohortsBody:
    """All cohorts, oldest first, and manual journals last."""
    on = parse_day(address["on"])
    posted = range(month_of(on) - NEAR + 1, month_of(on) + 1)
    scheduled = range(month_of(on + 1), month_of(on + 1) + NEAR)
    spans = _Spans(address, on, posted, scheduled)
    lines = [spans.line(cohort) for cohort in found.cohorts]
    return CohortsBody(
        posted=[_name(month) for month in posted],
        scheduled=[_name(month) for month in scheduled],
        later=after(date_of(first_day_of(scheduled[-1]))),
        lines=lines,
        total=spans.line(found.total, is_total=True),
    )


@dataclass(frozen=True, slots=True)
class _Spans:
    """The table's months: posted ones up to the day `on`, and scheduled ones after."""

    address: Address
    on: Day
    posted: range
    scheduled: range

    def line(self, cohort: Cohort, *, is_total: bool = False) -> CohortLine:
        """A cohort's row; the sum's figures are linked, which no cohort's can be."""
        recognized = {_month(its.month): its.recognized.minor for its in cohort.months}
        to_come = {_month(its.month): its.scheduled.minor for its in cohort.months}
        before, after = self.posted.start, self.scheduled.stop

        def figure(minor: int, account: str, *days: Day | None) -> Figure:
            amount = Money.of(minor, cohort.booked.decimals)
            return Figure(amount, self._url(account, *days) if is_total else "")

        if is_total:
            name = "All cohorts"
        else:
            name = _name(_month(cohort.month)) if cohort.month else "Manual journals"
        return CohortLine(
            name=name,
            booked=figure(cohort.booked.minor, "BILLED", None, self.on),
            unbilled=figure(cohort.unbilled.minor, "UNBILLED", None, self.on),
            recognized=figure(cohort.recognized.minor, "RECOGNIZED", None, self.on),
            remaining=figure(cohort.remaining.minor, "DEFERRED", None, self.on),
            earlier=figure(
                _sum(recognized, lambda month: month < before),
                "RECOGNIZED",
                None,
                first_day_of(before) - 1,
            ),
            posted=[
                figure(
                    recognized.get(month, 0),
                    "RECOGNIZED",
                    first_day_of(month),
                    min(last_day_of(month), self.on),
                )
                for month in self.posted
            ],
            scheduled=[
                figure(
                    to_come.get(month, 0),
                    "RECOGNIZED",
                    max(first_day_of(month), self.on + 1),
                    last_day_of(month),
                )
                for month in self.scheduled
            ],
            later=figure(
                _sum(to_come, lambda month: month >= after),
                "RECOGNIZED",
                first_day_of(after),
            ),
            unscheduled=Figure(
                cohort.unscheduled,
                Journals.of_waterfall(self.address).unscheduled() if is_total else "",
            ),
        )

    def _url(
        self, account: str, first: Day | None = None, last: Day | None = None
    ) -> str:
        return Journals.of(self.address).url(account, first=first, last=last)


def _sum(amounts: Mapping[Month, int], is_in: Callable[[Month], bool]) -> int:
    return sum(amount for month, amount in amounts.items() if is_in(month))


def _month(value: date) -> Month:
    return month_of(day_of(value))


def _name(month: Month) -> str:
    return month_of_year(date_of(first_day_of(month)))
