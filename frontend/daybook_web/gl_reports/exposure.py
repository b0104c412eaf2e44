"""What the page of currency exposure shows."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar

from daybook.calendar import (
    date_of,
    day_of,
    day_text,
    first_day_of,
    last_day_of,
    month_of,
)
from daybook.money import decimals_of
from daybook_web.gl_reports.address import LINES, RATES, Address
from daybook_web.gl_reports.frame import CARRIED, Frame
from daybook_web.gl_reports.results import CurrencyExposure, ExposureReport
from daybook_web.kit.formats import days, month_of_year
from daybook_web.kit.rendering import View
from daybook_web.kit.results import Money
from daybook_web.reports.bars import BarChart, bar_chart
from daybook_web.reports.frame import Figure

UNREALISED = ("UNREALISED", "REVERSAL")
GAINS = (*UNREALISED, "REALISED", "REVALUATION")
SHOWN_DAYS = 31
"""Of how many days the rates of a currency are shown."""
CHARTED = 18
"""Of how many months a chart still has bars with names."""


@dataclass(frozen=True, slots=True)
class ExposureRow:
    """A currency of a connection, its gains with the lines that book them."""

    currency: str
    connection: str
    base: str
    open: Money
    valuation: Figure
    documents: int
    unrealised: Figure
    realised: Figure
    revaluation: Figure


@dataclass(frozen=True, slots=True)
class ExposureView(View):
    """The page of exposure; without rows if nothing was open and nothing gained."""

    page: ClassVar[str] = "gl_reports/exposure.html"

    title: str
    frame: Frame
    first: str = ""
    last: str = ""
    period: str = ""
    currency: str = ""
    chart: BarChart | None = None
    rows: Sequence[ExposureRow] = ()


def exposure_view(
    address: Address, frame: Frame, report: ExposureReport | None
) -> ExposureView:
    """The page of an address, with what its report says."""
    if report is None or report.refresh is None:
        return ExposureView(frame.title, frame)
    kept = {name: address.all(name) for name in CARRIED}
    lines = Address(LINES, kept).with_values(
        from_=report.first.isoformat(), to=report.last.isoformat()
    )
    return ExposureView(
        title=frame.title,
        frame=frame,
        first=report.first.isoformat(),
        last=report.last.isoformat(),
        period=days(report.first, report.last),
        currency=report.reporting_currency or "",
        chart=_chart(lines, report),
        rows=[_row(lines, its, report.last) for its in report.by_currency],
    )


def _row(lines: Address, its: CurrencyExposure, on: date) -> ExposureRow:
    rates = lines.at_path(RATES).url(
        of=its.currency,
        in_=its.base_currency,
        from_=(on - timedelta(SHOWN_DAYS - 1)).isoformat(),
        to=on.isoformat(),
    )

    def gained(amount: str, *gains: str) -> Figure:
        url = lines.url(
            connection=str(its.connection_number),
            gain=gains,
            document_currency=its.currency,
        )
        return Figure(Money(amount), url)

    return ExposureRow(
        currency=its.currency,
        connection=its.connection_name,
        base=its.base_currency,
        open=Money(its.open),
        valuation=Figure(Money(its.valuation), rates),
        documents=its.documents,
        unrealised=gained(its.unrealised, *UNREALISED),
        realised=gained(its.realised, "REALISED"),
        revaluation=gained(its.revaluation, "REVALUATION"),
    )


def _chart(lines: Address, report: ExposureReport) -> BarChart | None:
    """The gains of each month; none where there are more than names fit."""
    first, last = day_of(report.first), day_of(report.last)
    months = range(month_of(first), month_of(last) + 1)
    if report.reporting_currency is None or len(months) > CHARTED:
        return None
    sums: dict[int, int] = defaultdict(int)
    for gain in report.by_month:
        sums[month_of(day_of(gain.month))] += Money(gain.amount).minor
    decimals = decimals_of(report.reporting_currency)
    named = [
        (month_of_year(date_of(first_day_of(its))), Money.of(sums[its], decimals))
        for its in months
    ]
    urls = [
        lines.url(
            gain=GAINS,
            from_=day_text(max(first, first_day_of(its))),
            to=day_text(min(last, last_day_of(its))),
        )
        for its in months
    ]
    return bar_chart(named, urls, [False] * len(named))
