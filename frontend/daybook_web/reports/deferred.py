"""What the page of the deferred revenue report shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from daybook_web.kit.formats import days, method
from daybook_web.kit.links import Pager
from daybook_web.kit.rendering import View
from daybook_web.reports.address import Address
from daybook_web.reports.frame import (
    Figure,
    Frame,
    Stat,
    document_words,
    pager_of,
    through,
)
from daybook_web.reports.journal_links import MANUAL, Journals, journal_url
from daybook_web.reports.results import DeferredFamily, DeferredListing, DeferredRow
from daybook_web.reports.results import Figures as FoundFigures

BILLED, UNBILLED, DEFERRED, RECOGNIZED = "BILLED", "UNBILLED", "DEFERRED", "RECOGNIZED"


@dataclass(frozen=True, slots=True)
class DeferredFigures:
    """The figures of a row, each with its journals."""

    booked: Figure
    unbilled: Figure
    recognized: Figure
    balance: Figure
    remaining: Figure


@dataclass(frozen=True, slots=True)
class DeferredLine:
    """A row of the table: of a family's sum, of one of its rows, or of both."""

    style: str
    customer: str
    product: str
    document: str
    document_url: str
    badge: str
    method: str
    period: str
    figures: DeferredFigures


@dataclass(frozen=True, slots=True)
class DeferredBody:
    """The table, and its sums where they are loaded."""

    pager: Pager | None
    totals_url: str
    lines: Sequence[DeferredLine]
    totals: DeferredFigures | None
    others: DeferredFigures | None
    """What manual journals come to that don't touch Deferred; None for nothing."""
    others_url: str
    stats: Sequence[Stat]
    is_open_only: bool
    other_url: str


@dataclass(frozen=True, slots=True)
class DeferredRevenueView(View):
    """The deferred revenue report."""

    page: ClassVar[str] = "reports/deferred_revenue.html"
    fragments: ClassVar[tuple[str, ...]] = ("reports/_deferred_revenue_sums.html",)

    title: str
    frame: Frame
    body: DeferredBody | None = None


def deferred_body(
    address: Address, listing: DeferredListing, sums: DeferredListing | None
) -> DeferredBody:
    """The families of a page, and the report's sums."""
    lines: list[DeferredLine] = []
    for edge in listing.edges:
        lines += _family_lines(address, edge.node)
    totals = None
    if sums is not None and sums.totals is not None:
        totals = _linked(sums.totals, _urls(Journals.of(address)))
    others = None if sums is None else sums.other_manual_journals
    is_open_only = bool(address["open_only"])
    return DeferredBody(
        pager=pager_of(address, listing.page_info),
        totals_url=address.totals_url() if sums is None else "",
        lines=lines,
        totals=totals,
        others=None if others is None or _is_nothing(others) else _plain(others),
        others_url=Journals.of(address).narrowed(type=MANUAL).until(),
        stats=_stats(address, totals),
        is_open_only=is_open_only,
        other_url=address.url(open_only="" if is_open_only else "yes"),
    )


def _stats(address: Address, totals: DeferredFigures | None) -> list[Stat]:
    if totals is None:
        return []
    moved = totals.balance.amount.minor - totals.remaining.amount.minor
    balance_words = "By service date"
    if moved:
        balance_words += ": a lock moved the difference to Remaining"
    return [
        Stat("Booked", totals.booked, through(address)),
        Stat("Recognized", totals.recognized, through(address)),
        Stat("Balance", totals.balance, balance_words),
        Stat("Remaining", totals.remaining, "Deferred in the journals"),
    ]


def _is_nothing(figures: FoundFigures) -> bool:
    amounts = (figures.booked, figures.unbilled, figures.recognized, figures.remaining)
    return not any(amount.minor for amount in amounts)


def _family_lines(address: Address, family: DeferredFamily) -> list[DeferredLine]:
    """A family's sum with its rows below, or its only row."""
    if len(family.rows) == 1:
        return [_line(address, family.rows[0], "single")]
    first = family.rows[0]
    total = DeferredLine(
        style="family",
        customer=_customer(first),
        product="",
        document="",
        document_url="",
        badge="",
        method="",
        period="",
        figures=_plain(family.total),
    )
    return [total, *(_line(address, row, "part") for row in family.rows)]


def _line(address: Address, row: DeferredRow, style: str) -> DeferredLine:
    words, url = "", ""
    if row.document is not None:
        words = document_words(row.document)
        named = row.document.kind, row.document.external_id
        url = Journals.of(address).of_document(*named).until()
    elif row.journal is not None:
        words = f"Journal {row.journal.number}"
        url = journal_url(address, row.journal.number)
    return DeferredLine(
        style=style,
        customer=_customer(row),
        product=row.product.name if row.product else "",
        document=words,
        document_url=url,
        badge="Manual" if row.is_manual else "",
        method=method(row.method) if row.method else "",
        period=days(row.service_from, row.service_to) if row.service_from else "",
        figures=_row_figures(address, row),
    )


def _customer(row: DeferredRow) -> str:
    return row.customer.name if row.customer else "No customer"


def _row_figures(address: Address, row: DeferredRow) -> DeferredFigures:
    """A row's figures with the journals of its document and product."""
    if row.document is None:
        url = journal_url(address, row.journal.number) if row.journal else ""
        return _linked(row.figures, dict.fromkeys(_ACCOUNTS, url))
    named = row.document.kind, row.document.external_id
    journals = Journals.of(address).of_document(*named)
    if row.product is not None:
        journals = journals.narrowed(product=row.product.external_id)
    return _linked(row.figures, _urls(journals))


def _urls(journals: Journals) -> dict[str, str]:
    return {account: journals.until(account) for account in _ACCOUNTS}


_ACCOUNTS = (BILLED, UNBILLED, DEFERRED, RECOGNIZED)


def _linked(figures: FoundFigures, urls: dict[str, str]) -> DeferredFigures:
    # By service date, what a lock moved counts on other days than in the journals.
    is_unmoved = figures.balance.minor == figures.remaining.minor
    return DeferredFigures(
        booked=Figure(figures.booked, urls[BILLED]),
        unbilled=Figure(figures.unbilled, urls[UNBILLED]),
        recognized=Figure(figures.recognized, urls[RECOGNIZED]),
        balance=Figure(figures.balance, urls[DEFERRED] if is_unmoved else ""),
        remaining=Figure(figures.remaining, urls[DEFERRED]),
    )


def _plain(figures: FoundFigures) -> DeferredFigures:
    """Figures that no filter of journals selects: the rows below have the links."""
    return _linked(figures, dict.fromkeys(_ACCOUNTS, ""))
