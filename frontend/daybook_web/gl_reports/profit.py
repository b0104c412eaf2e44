"""What the page of profit and loss shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from daybook.calendar import (
    FIRST_DAY,
    LAST_DAY,
    date_of,
    day_of,
    day_text,
    first_day_of,
    last_day_of,
    month_of,
    range_words,
)
from daybook_web.gl_reports.address import Address
from daybook_web.gl_reports.frame import Frame
from daybook_web.gl_reports.profit_sums import (
    EXPENSES,
    GROUPS,
    INCOME,
    NET,
    ProfitSums,
)
from daybook_web.gl_reports.results import ProfitAccount, ProfitReport
from daybook_web.kit.formats import month_of_year, month_short, year
from daybook_web.kit.links import Link
from daybook_web.kit.rendering import View
from daybook_web.reports.bars import BarChart, bar_chart
from daybook_web.reports.frame import Choice, Figure, Stat, Stepper

CHARTED = 18
"""Of how many months a chart still has bars with names."""


@dataclass(frozen=True, slots=True)
class ProfitRow:
    """A row of a table: its figures, and their sum."""

    style: str
    name: str
    total: Figure
    figures: Sequence[Figure]


@dataclass(frozen=True, slots=True)
class ProfitView(View):
    """The page of profit and loss; without rows if there is nothing to tell."""

    page: ClassVar[str] = "gl_reports/profit.html"

    title: str
    frame: Frame
    period: Stepper | None = None
    first: str = ""
    last: str = ""
    currency: str = ""
    shown: Sequence[Choice] = ()
    stats: Sequence[Stat] = ()
    chart: BarChart | None = None
    groups: Sequence[str] = ()
    by_month: Sequence[ProfitRow] = ()
    months: Sequence[str] = ()
    rows: Sequence[ProfitRow] = ()


def profit_view(
    address: Address, frame: Frame, report: ProfitReport | None
) -> ProfitView:
    """The page of an address, with what its report says."""
    if report is None or report.refresh is None or not report.reporting_currency:
        return ProfitView(frame.title, frame)
    sums = ProfitSums.of(address, report)
    names = [month_of_year(date_of(first_day_of(its))) for its in sums.months]
    return ProfitView(
        title=frame.title,
        frame=frame,
        period=_stepper(address, report),
        first=report.first.isoformat(),
        last=report.last.isoformat(),
        currency=report.reporting_currency,
        shown=_shown(address),
        stats=[
            Stat("Income", sums.of_classes(INCOME)),
            Stat("Expenses", sums.of_classes(EXPENSES)),
            Stat("Net profit", sums.of_classes(*NET)),
        ],
        chart=_chart(sums),
        groups=[*GROUPS],
        by_month=_by_month(sums, names),
        months=names,
        rows=_rows(sums),
    )


def _shown(address: Address) -> list[Choice]:
    """All journals together, or those of one kind."""
    chosen = address.all("type")
    return [
        Choice("All", address.url(type=""), not chosen),
        *(
            Choice(text, address.url(type=types), chosen == [*types])
            for text, types in GROUPS.items()
        ),
    ]


def _stepper(address: Address, report: ProfitReport) -> Stepper:
    """The period, and as many months before and after it."""
    first, last = day_of(report.first), day_of(report.last)
    start, end = month_of(first), month_of(last)
    count = end - start + 1

    def step(by: int) -> Link | None:
        days = first_day_of(start + by), last_day_of(end + by)
        if not FIRST_DAY <= days[0] <= days[1] <= LAST_DAY:
            return None
        url = address.url(from_=day_text(days[0]), to=day_text(days[1]))
        return Link(range_words(*days), url)

    return Stepper(range_words(first, last), step(-count), step(count))


def _chart(sums: ProfitSums) -> BarChart | None:
    """The net profit of each month; none of so many that names would not fit."""
    if not 1 < len(sums.months) <= CHARTED:
        return None
    named, urls, are_to_come = [], [], []
    for place, month in enumerate(sums.months):
        figure = sums.of_classes(*NET, month=month)
        start = date_of(first_day_of(month))
        short = month_short(start)
        is_named = start.month == 1 or place == 0
        name = f"{short} {year(start)[2:]}" if is_named else short
        named.append((name, figure.amount))
        urls.append(figure.url)
        are_to_come.append(sums.has_forecast(month))
    return bar_chart(named, urls, are_to_come)


def _by_month(sums: ProfitSums, names: Sequence[str]) -> list[ProfitRow]:
    """The net profit of each month that has any, by where its journals come from."""
    rows = [
        ProfitRow(
            "",
            name,
            sums.of_classes(*NET, month=month, types=()),
            [
                sums.of_classes(*NET, month=month, types=types)
                for types in GROUPS.values()
            ],
        )
        for name, month in zip(names, sums.months, strict=True)
        if month in sums.filled
    ]
    whole = ProfitRow(
        "sums",
        "All months",
        sums.of_classes(*NET, types=()),
        [sums.of_classes(*NET, types=types) for types in GROUPS.values()],
    )
    return [whole, *rows]


def _rows(sums: ProfitSums) -> list[ProfitRow]:
    """Income and its accounts, expenses and theirs, and what is left."""
    rows = []
    for name, class_ in (("Income", INCOME), ("Expenses", EXPENSES)):
        its = [account for account in sums.accounts if account.account_class == class_]
        if its:
            rows.append(_sum_row("family", name, sums, class_))
            rows += [_account_row(sums, account) for account in its]
    return [*rows, _sum_row("sums", "Net profit", sums, *NET)] if rows else []


def _sum_row(style: str, name: str, sums: ProfitSums, *classes: str) -> ProfitRow:
    months = [sums.of_classes(*classes, month=month) for month in sums.months]
    return ProfitRow(style, name, sums.of_classes(*classes), months)


def _account_row(sums: ProfitSums, account: ProfitAccount) -> ProfitRow:
    name = f"{account.code} {account.name}".strip()
    months = [sums.of_account(account, month) for month in sums.months]
    return ProfitRow("part", name, sums.of_account(account), months)
