"""What the page of the roll-forward shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from daybook.calendar import (
    Day,
    day_of,
    last_day_of,
    month_of,
    parse_day,
)
from daybook_web.kit.formats import month as month_words
from daybook_web.kit.rendering import View
from daybook_web.kit.results import Money
from daybook_web.reports.address import Address
from daybook_web.reports.bars import BarChart, bridge
from daybook_web.reports.frame import Figure, Frame, Stat
from daybook_web.reports.journal_links import Journals, end_of_month
from daybook_web.reports.results import RollForward, RollForwardMonth
from daybook_web.reports.waterfall import taken_back, unscheduled

COLUMNS: Mapping[str, str] = {
    "BILLED": "Billed",
    "RECOGNIZED": "Recognized",
    "CREDIT_NOTES": "Credit notes",
    "APPLIED": "Applied",
    "MANUAL": "Manual",
    "VOIDS": "Voids",
    "REVISIONS": "Revisions",
    "BREAKAGE": "Breakage",
}
"""What the columns are called, in their order."""
YEAR = 12
"""How many months *Due within 12 months* has."""


@dataclass(frozen=True, slots=True)
class RollForwardLine:
    """A month, or all of them."""

    name: str
    opening: Figure
    steps: Sequence[Figure]
    closing: Figure


@dataclass(frozen=True, slots=True)
class RollForwardBody:
    """The months with those columns that have something."""

    account: str
    columns: Sequence[str]
    lines: Sequence[RollForwardLine]
    total: RollForwardLine
    stats: Sequence[Stat]
    chart: BarChart | None


@dataclass(frozen=True, slots=True)
class RollForwardView(View):
    """The roll-forward of Deferred or Unbilled."""

    page: ClassVar[str] = "reports/roll_forward.html"

    title: str
    frame: Frame
    body: RollForwardBody | None = None


def roll_forward_body(address: Address, found: RollForward) -> RollForwardBody:
    """The months, oldest first, under the sum of all."""
    on = parse_day(address["on"])
    columns = _columns(found)
    rows = _Rows(Journals.of(address), address["account"], columns)
    total = rows.line("All months", found.total, on)
    return RollForwardBody(
        account=found.account.name,
        columns=[COLUMNS[column] for column in columns],
        lines=[_month_line(rows, month, on) for month in found.months],
        total=total,
        stats=_stats(address, found) if address["account"] == "DEFERRED" else (),
        chart=_chart(total, columns),
    )


def _columns(found: RollForward) -> list[str]:
    """The columns that have something in any month, and those that always show."""
    used = {
        amount.column
        for month in found.months
        for amount in month.amounts
        if amount.amount.minor
    }
    return [column for column in COLUMNS if column in used | {"BILLED", "RECOGNIZED"}]


@dataclass(frozen=True, slots=True)
class _Rows:
    """Makes the rows of an account: each figure with its journals."""

    journals: Journals
    account: str
    columns: Sequence[str]

    def line(self, name: str, month: RollForwardMonth, end: Day) -> RollForwardLine:
        """What is from the month's first day up to the day `end`."""
        start = day_of(month.month)
        amounts = {each.column: each.amount for each in month.amounts}
        nothing = Money.of(0, month.opening.decimals)
        account = self.account
        return RollForwardLine(
            name=name,
            opening=Figure(month.opening, self.journals.url(account, last=start - 1)),
            steps=[
                Figure(
                    amounts.get(column, nothing),
                    self.journals.url(account, column=column, first=start, last=end),
                )
                for column in self.columns
            ],
            closing=Figure(month.closing, self.journals.url(account, last=end)),
        )


def _month_line(rows: _Rows, month: RollForwardMonth, on: Day) -> RollForwardLine:
    end = end_of_month(month.month)
    name = month_words(month.month)
    return rows.line(name if end <= on else f"{name}, in part", month, min(end, on))


def _stats(address: Address, found: RollForward) -> list[Stat]:
    """When the closing balance is due, each part with its journals.

    What was recognized from the opening balance is no sum of whole journals.
    """
    due, on = found.maturity, parse_day(address["on"])
    year_end = last_day_of(month_of(on + 1) + YEAR - 1)
    journals = Journals.of_waterfall(address)

    stats = [
        Stat(
            "Recognized from opening",
            Figure(found.recognized_from_opening),
            "Was deferred before these months",
        ),
        Stat(
            "Due within 12 months",
            Figure(due.within_twelve_months, journals.recognized(on + 1, year_end)),
            "Of the closing balance",
        ),
        Stat(
            "Due after 12 months",
            Figure(due.later, journals.recognized(year_end + 1)),
            "Of the closing balance",
        ),
        unscheduled(Figure(due.unscheduled, journals.unscheduled())),
    ]
    if due.taken_back_later.minor:
        later = Figure(due.taken_back_later, journals.taken_back(on + 1))
        stats.append(taken_back(later))
    return stats


def _chart(total: RollForwardLine, columns: Sequence[str]) -> BarChart | None:
    named = [
        (COLUMNS[column], figure)
        for column, figure in zip(columns, total.steps, strict=True)
        if figure.amount.minor
    ]
    return bridge(
        total.opening.amount,
        [(name, figure.amount) for name, figure in named],
        total.closing.amount,
        [
            total.opening.url,
            *(figure.url for _, figure in named),
            total.closing.url,
        ],
    )
