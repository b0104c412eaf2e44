"""The figures of the waterfall, from movements summed by their days. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from daybook.calendar import Day, Month, month_of
from daybook.ledger.rules import Role
from daybook.reports.spans import CREDITED, DEBITED, Span

_DEFERRED, _RECOGNIZED = int(Role.DEFERRED), int(Role.RECOGNIZED)


class WaterfallFigures(NamedTuple):
    """Nets up to a day, and what is scheduled after it, in minor units.

    `months` is what leaves Deferred to Recognized in each later month that has any.
    `taken_back` goes back to Billed or Unbilled after the day, less what Deferred still
    gets from them. remaining = the sum of months + unscheduled + taken_back.
    """

    booked: int
    unbilled: int
    recognized: int
    remaining: int
    taken_back: int
    months: Mapping[Month, int]
    unscheduled: int


@dataclass(slots=True)
class WaterfallSum:
    """Adds up spans of movements, posted up to `on` or scheduled after it."""

    on: Day
    debits: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    """Debits less credits by account, up to the day."""
    taken_back: int = 0
    months: dict[Month, int] = field(default_factory=lambda: defaultdict(int))
    unscheduled: int = 0
    """Deferred after the last scheduled entry."""

    def add(self, span: Span) -> None:
        """Add the selected sides of a span."""
        posted = span.until(self.on)
        later = span.amount - posted
        if span.side != CREDITED:
            self.debits[span.debit] += posted
            if span.debit == _DEFERRED:
                self.unscheduled -= span.amount
                self._add_later(span, span.credit, -later)
        if span.side != DEBITED:
            self.debits[span.credit] -= posted
            if span.credit == _DEFERRED:
                self.unscheduled += span.amount
                self._add_later(span, span.debit, later)

    def _add_later(self, span: Span, other: int, change: int) -> None:
        """Add a later change of Deferred against another account."""
        if other == _RECOGNIZED:
            self.months[month_of(span.first_day)] -= change
        else:
            self.taken_back -= change

    def figures(self) -> WaterfallFigures:
        """What was added."""
        months = {month: left for month, left in sorted(self.months.items()) if left}
        return WaterfallFigures(
            booked=self.debits[Role.BILLED],
            unbilled=self.debits[Role.UNBILLED],
            recognized=-self.debits[_RECOGNIZED],
            remaining=-self.debits[_DEFERRED],
            taken_back=self.taken_back,
            months=months,
            unscheduled=self.unscheduled,
        )


def figures_of(spans: Iterable[Span], on: Day) -> WaterfallFigures:
    """The figures of spans on a day."""
    sums = WaterfallSum(on)
    for span in spans:
        sums.add(span)
    return sums.figures()


def added(figures: Iterable[WaterfallFigures]) -> WaterfallFigures:
    """The sum of figures of the same day."""
    months: dict[Month, int] = defaultdict(int)
    sums = [0] * 5
    unscheduled = 0
    for its in figures:
        sums = [total + figure for total, figure in zip(sums, its[:5], strict=True)]
        unscheduled += its.unscheduled
        for month, amount in its.months.items():
            months[month] += amount
    booked, unbilled, recognized, remaining, taken_back = sums
    left = {month: amount for month, amount in sorted(months.items()) if amount}
    return WaterfallFigures(
        booked, unbilled, recognized, remaining, taken_back, left, unscheduled
    )
