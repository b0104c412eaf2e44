"""What the page of the waterfall shows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar, Protocol

from daybook.calendar import Day, date_of, day_of, parse_day
from daybook_web.kit.formats import count, money, month_of_year, month_short, year
from daybook_web.kit.links import Pager
from daybook_web.kit.rendering import View
from daybook_web.kit.results import Money, MonthAmount
from daybook_web.reports.address import Address
from daybook_web.reports.bars import BarChart, bar_chart
from daybook_web.reports.frame import Figure, Frame, Stat, pager_of, through
from daybook_web.reports.journal_links import MANUAL, SYSTEM, Journals, end_of_month
from daybook_web.reports.results import (
    WaterfallCustomer,
    WaterfallFigures,
    WaterfallListing,
    WaterfallProduct,
)

MONTHS = 5
"""How many months the table has; later ones are summed, and all are in the files."""
CHARTED = 11
"""How many months the chart has, and a bar for those after them."""
TAKEN_BACK = "Taken back later"
"""What later credit notes and voids take from Deferred, less what invoices bring."""
UNSCHEDULED = "Unscheduled"
"""What stays on Deferred after the last scheduled entry."""


def after(month: date) -> str:
    """What is recognized in the months after the last one that is shown."""
    return f"After {month_of_year(month)}"


class DeferredParts(Protocol):
    """What becomes of Deferred: remaining = the sum of these."""

    @property
    def taken_back_later(self) -> Money:
        """What goes back to Billed or Unbilled, less what Deferred gets from them."""

    @property
    def months(self) -> Sequence[MonthAmount]:
        """What leaves Deferred for Recognized."""

    @property
    def unscheduled(self) -> Money:
        """What stays on Deferred."""


@dataclass(frozen=True, slots=True)
class WaterfallLine:
    """A customer, a product, or both where there is one product."""

    style: str
    name: str
    second: str
    booked: Figure
    unbilled: Figure
    recognized: Figure
    remaining: Figure
    taken_back: Figure
    months: Sequence[Figure]
    later: Figure
    unscheduled: Figure


@dataclass(frozen=True, slots=True)
class WaterfallBody:
    """The table, and its sums where they are loaded."""

    pager: Pager | None
    totals_url: str
    months: Sequence[date]
    later: str
    lines: Sequence[WaterfallLine]
    totals: WaterfallLine | None
    stats: Sequence[Stat]
    chart: BarChart | None
    is_apart: bool
    apart: WaterfallFigures | None
    other_url: str


@dataclass(frozen=True, slots=True)
class WaterfallView(View):
    """The waterfall."""

    page: ClassVar[str] = "reports/waterfall.html"
    fragments: ClassVar[tuple[str, ...]] = ("reports/_waterfall_sums.html",)

    title: str
    frame: Frame
    body: WaterfallBody | None = None


def waterfall_body(
    address: Address, listing: WaterfallListing, sums: WaterfallListing | None
) -> WaterfallBody:
    """The customers of a page, and the report's sums."""
    is_apart = bool(address["apart"])
    # No filter selects the journals of families that are apart.
    journals = None if is_apart else Journals.of_waterfall(address)
    rows = _Rows(journals, parse_day(address["on"]))
    lines: list[WaterfallLine] = []
    for edge in listing.edges:
        lines += _customer_lines(rows, edge.node)
    totals, stats, chart = None, list[Stat](), None
    if sums is not None and sums.totals is not None:
        name = f"All {count(sums.customer_count, 'customer', 'customers')}"
        totals = rows.line("sums", name, sums.totals)
        stats = _stats(address, totals, sums.apart)
        chart = _chart(rows, sums.totals)
    return WaterfallBody(
        pager=pager_of(address, listing.page_info),
        totals_url=address.totals_url() if sums is None else "",
        months=rows.months(),
        later=after(rows.months()[-1]),
        lines=lines,
        totals=totals,
        stats=stats,
        chart=chart,
        is_apart=is_apart,
        apart=sums.apart if sums is not None and not is_apart else None,
        other_url=address.url(apart="" if is_apart else "yes"),
    )


@dataclass(frozen=True, slots=True)
class _Rows:
    """Makes rows: each figure with the journals that add up to it, if any do.

    On journals that are narrowed to an account, its total is the figure, with the sign
    of what moves it.
    """

    journals: Journals | None
    on: Day

    def narrowed(self, **texts: str) -> "_Rows":
        """Rows of some of the journals."""
        journals = self.journals.narrowed(**texts) if self.journals else None
        return replace(self, journals=journals)

    def unlinked(self) -> "_Rows":
        """Rows whose journals no filter selects."""
        return replace(self, journals=None)

    def line(
        self, style: str, name: str, figures: WaterfallFigures, second: str = ""
    ) -> WaterfallLine:
        """A row of the table."""
        by_month = {each.month: each.amount for each in figures.months}
        decimals = figures.booked.decimals
        nothing = Money.of(0, decimals)
        shown = self.months()
        later = [each.amount.minor for each in figures.months if each.month > shown[-1]]
        after_shown = end_of_month(shown[-1]) + 1
        return WaterfallLine(
            style=style,
            name=name,
            second=second,
            booked=self._until(figures.booked, "BILLED"),
            unbilled=self._until(figures.unbilled, "UNBILLED"),
            recognized=self._until(figures.recognized, "RECOGNIZED"),
            remaining=self._until(figures.remaining, "DEFERRED"),
            taken_back=Figure(figures.taken_back_later, self.taken_back_url()),
            months=[
                self._month(by_month.get(month, nothing), month) for month in shown
            ],
            later=Figure(
                Money.of(sum(later), decimals), self.recognized_url(after_shown)
            ),
            unscheduled=Figure(figures.unscheduled, self.unscheduled_url()),
        )

    def months(self) -> list[date]:
        """The months of the table: the first ones with a day after the report's."""
        found = [date_of(self.on + 1).replace(day=1)]
        while len(found) < MONTHS:
            found.append(date_of(end_of_month(found[-1]) + 1))
        return found

    def month_url(self, month: date) -> str:
        """What leaves Deferred for Recognized in a month after the report's day."""
        return self.recognized_url(day_of(month), end_of_month(month))

    def recognized_url(self, first: Day, last: Day | None = None) -> str:
        """What leaves Deferred for Recognized on some days after the report's day."""
        if self.journals is None:
            return ""
        return self.journals.recognized(max(first, self.on + 1), last)

    def taken_back_url(self) -> str:
        """What goes back to Billed and Unbilled after the report's day."""
        return "" if self.journals is None else self.journals.taken_back(self.on + 1)

    def unscheduled_url(self) -> str:
        """What keeps something on Deferred."""
        return "" if self.journals is None else self.journals.unscheduled()

    def _until(self, amount: Money, account: str) -> Figure:
        if self.journals is None:
            return Figure(amount)
        return Figure(amount, self.journals.until(account))

    def _month(self, amount: Money, month: date) -> Figure:
        return Figure(amount, self.month_url(month))


def unscheduled(figure: Figure) -> Stat:
    """What stays on Deferred."""
    return Stat(UNSCHEDULED, figure, "Open milestones, grants")


def taken_back(figure: Figure) -> Stat:
    """What goes back from Deferred after the day; less than zero if it gets more."""
    if figure.amount.minor < 0:
        return Stat(TAKEN_BACK, figure, "Later invoices bring more")
    return Stat(TAKEN_BACK, figure, "Credit notes, voids after it")


def _stats(
    address: Address, totals: WaterfallLine, apart: WaterfallFigures | None
) -> list[Stat]:
    """Booked + unbilled = recognized + remaining, and what of it has no month.

    As many whatever they come to, so that nothing below moves when they are loaded.
    """
    if apart is None or address["apart"]:
        booked, recognized = "", ""
    else:
        booked, recognized = _without(apart.booked), _without(apart.recognized)
    return [
        Stat("Booked", totals.booked, booked or "Invoiced, less credits"),
        Stat("Unbilled", totals.unbilled, "Earned, not yet invoiced"),
        Stat("Recognized", totals.recognized, recognized or through(address)),
        Stat("Remaining", totals.remaining, "Deferred in the journals"),
        unscheduled(totals.unscheduled),
        taken_back(totals.taken_back),
    ]


def _without(apart: Money) -> str:
    """What a figure leaves out; empty if that is nothing."""
    return f"Without {money(apart)} apart" if apart.minor else ""


def months_chart(address: Address, parts: DeferredParts) -> BarChart | None:
    """What becomes of Deferred after an address's day, as a chart of bars.

    Each bar is a link to its journals. None if nothing stands on Deferred.
    """
    rows = _Rows(Journals.of_waterfall(address), parse_day(address["on"]))
    return _chart(rows, parts)


def _chart(rows: _Rows, parts: DeferredParts) -> BarChart | None:
    """What leaves Deferred month by month, is taken back, and has no month.

    The bars sum to what remains.
    """
    months = parts.months
    shown, rest = months[:CHARTED], months[CHARTED:]
    named = [
        (_bar_name(each.month, place), each.amount) for place, each in enumerate(shown)
    ]
    urls = [rows.month_url(each.month) for each in shown]
    if rest:
        minor = sum(each.amount.minor for each in rest)
        named.append((after(shown[-1].month), Money.of(minor, rest[0].amount.decimals)))
        urls.append(rows.recognized_url(day_of(rest[0].month)))
    if parts.taken_back_later.minor:
        named.append((TAKEN_BACK, parts.taken_back_later))
        urls.append(rows.taken_back_url())
    if parts.unscheduled.minor:
        named.append((UNSCHEDULED, parts.unscheduled))
        urls.append(rows.unscheduled_url())
    return bar_chart(named, urls)


def _bar_name(month: date, place: int) -> str:
    short = month_short(month)
    return f"{short} {year(month)[2:]}" if month.month == 1 or place == 0 else short


def _customer_lines(rows: _Rows, customer: WaterfallCustomer) -> list[WaterfallLine]:
    """A customer with their products below, or their only product."""
    name = customer.customer.name if customer.customer else "No customer"
    if customer.customer is None:
        # No filter selects journals without a customer.
        rows = rows.unlinked()
    else:
        rows = rows.narrowed(customer=customer.customer.external_id)
    if len(customer.products) == 1:
        (product,) = customer.products
        own = rows.narrowed(**_narrow(product))
        return [own.line("single", name, product.figures, _product_name(product))]
    return [
        rows.line("family", name, customer.figures),
        *(
            rows.narrowed(**_narrow(product)).line(
                "part", _product_name(product), product.figures
            )
            for product in customer.products
        ),
    ]


def _product_name(product: WaterfallProduct) -> str:
    if product.is_manual:
        return "Manual journals"
    return product.product.name if product.product else "No product"


def _narrow(product: WaterfallProduct) -> dict[str, str]:
    """The journals' filters of a product's row."""
    if product.is_manual:
        return {"type": MANUAL}
    if product.product is None:
        return {"type": SYSTEM}
    return {"type": SYSTEM, "product": product.product.external_id}
