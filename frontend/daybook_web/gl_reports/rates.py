"""What the page of rates shows: those used, a pair's by day, and those entered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import ClassVar

from daybook.money import currencies_in_use
from daybook_web.gl_reports.address import RATES, SOURCES, Address
from daybook_web.gl_reports.frame import Frame, days_words
from daybook_web.gl_reports.rate_results import (
    DayRate,
    GlRatesPage,
    ManualRate,
    Rate,
    UsedRate,
)
from daybook_web.journals.chips import Chip
from daybook_web.kit.forms import Choice as Option
from daybook_web.kit.forms import Problem
from daybook_web.kit.links import Pager
from daybook_web.kit.rendering import View

NO_RATE = "NO_RATE"
"""The code of a refresh that failed since a rate is missing."""


@dataclass(frozen=True, slots=True)
class RateRow:
    """A rate: `published` is empty where it is of the very day."""

    pair: str
    day: date
    value: str
    published: date | None
    source: str
    lines: str = ""


@dataclass(frozen=True, slots=True)
class PairView:
    """A pair's rates by day; `missing` are the days that have none."""

    words: str
    rows: Sequence[RateRow]
    missing: Sequence[date]


@dataclass(frozen=True, slots=True)
class TypedRate:
    """A rate as it was typed into the form."""

    currency: str = ""
    day: str = ""
    rate: str = ""
    reason: str = ""

    @classmethod
    def of(cls, form: Mapping[str, str]) -> "TypedRate":
        """The fields of a form that was sent."""
        return cls(*(form.get(field.name, "") for field in fields(cls)))


@dataclass(frozen=True, slots=True)
class RatesView(View):
    """The page of rates; `saved` tells what a form did."""

    page: ClassVar[str] = "gl_reports/rates.html"

    title: str
    frame: Frame
    currencies: Sequence[Option]
    sources: Sequence[Option]
    manual: Sequence[ManualRate]
    manual_more: int
    lacking: Sequence[str]
    typed: TypedRate
    problems: Sequence[Problem]
    saved: str
    rows: Sequence[RateRow] = ()
    pager: Pager | None = None
    file_url: str = ""
    pair: PairView | None = None


@dataclass(frozen=True, slots=True)
class RatesForm:
    """What became of the page's form: what was typed, and its problems."""

    typed: TypedRate = TypedRate()
    problems: Sequence[Problem] = ()
    saved: str = ""


def rates_view(
    address: Address, frame: Frame, found: GlRatesPage, form: RatesForm
) -> RatesView:
    """The page of an address, with the rates that it finds."""
    used, manual = found.gl_rates_used, found.manual_rates
    failures = [
        (connection.name, connection.refresh.failure)
        for connection in found.gl_connections
        if connection.refresh is not None
    ]
    return RatesView(
        title=frame.title,
        frame=frame,
        currencies=[
            Option(code, f"{code}, {name}")
            for code, name in currencies_in_use().items()
        ],
        sources=[Option(name, text) for name, text in SOURCES.items()],
        manual=manual.nodes,
        manual_more=manual.total_count - len(manual.nodes),
        lacking=[
            f"{name}: {failure.message}"
            for name, failure in failures
            if failure is not None and failure.code == NO_RATE
        ],
        typed=form.typed,
        problems=form.problems,
        saved=form.saved,
        rows=[_used(its) for its in used.nodes] if used is not None else (),
        pager=Pager.of(used.page_info, address.url) if used is not None else None,
        file_url=address.with_values().at_path(f"{RATES}.csv").url(),
        pair=None if found.fx_rates is None else _pair(address, found.fx_rates),
    )


def _used(its: UsedRate) -> RateRow:
    rate = its.rate
    return RateRow(
        pair=f"1 {rate.base} in {rate.reporting}",
        day=rate.day,
        value=rate.value,
        published=rate.published_on if rate.published_on != rate.day else None,
        source=source_words(rate),
        lines=its.lines,
    )


def source_words(rate: Rate) -> str:
    """Where a rate comes from: `ECB, refresh 3`."""
    return _words(rate.source, rate.rates_refresh)


def _words(source: str | None, refresh: str | None) -> str:
    if source is None:
        return "–"
    words = SOURCES[source]
    if source == "MANUAL":
        return words
    return f"{words}, refresh {refresh}" if refresh else f"{words}, came with Daybook"


def _pair(address: Address, rates: Sequence[DayRate]) -> PairView:
    """The rates of the days of an address, which has both ends."""
    first, last = map(date.fromisoformat, (address["from"], address["to"]))
    pair = f"1 {address['of']} in {address['in']}"
    known = {rate.day for rate in rates}
    days = (first + timedelta(at) for at in range((last - first).days + 1))
    return PairView(
        words=f"{pair}, {days_words(address)}",
        rows=[
            RateRow(
                pair=pair,
                day=rate.day,
                value=rate.value,
                published=rate.published_on if rate.published_on != rate.day else None,
                source=_words(
                    rate.source,
                    max(
                        (its.refresh for its in rate.euro_rates if its.refresh),
                        default=None,
                    ),
                ),
            )
            for rate in reversed(rates)
        ],
        missing=[day for day in days if day not in known],
    )


def rate_chips(address: Address) -> list[Chip]:
    """The filters that are set, each with the page without it."""
    found = []
    if address["from"] or address["to"]:
        url = address.url(from_="", to="", of="", in_="")
        found.append(Chip("Days", days_words(address), url))
    if address["currency"]:
        found.append(Chip("From", address["currency"], address.url(currency="")))
    if address["source"]:
        words = SOURCES[address["source"]]
        found.append(Chip("Source", words, address.url(source="")))
    if address["refresh"]:
        words = address["refresh"]
        found.append(Chip("As of refresh", words, address.url(refresh="")))
    return found
