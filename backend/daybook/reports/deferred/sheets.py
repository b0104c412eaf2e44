"""The deferred revenue report for files: flat rows, in slices of families.

A statement sums movements by line and joins the names, so that a large file takes
little longer than the database's own copy of the same sums.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from operator import attrgetter

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day
from daybook.db.engine import Store
from daybook.ledger.pins import Pin
from daybook.ledger.rules import SourceKind
from daybook.paging import PageRequest
from daybook.recognition.rules import Method
from daybook.reports.deferred.families import SYSTEM
from daybook.reports.deferred.flat_lines import DeferredLine
from daybook.reports.deferred.flat_slices import flat_slices
from daybook.reports.deferred.loading import newest_lines
from daybook.reports.deferred.moved import moved_schedules
from daybook.reports.deferred.queries import DeferredFamily, find_deferred
from daybook.reports.deferred.report_rows import FamilyKey
from daybook.reports.deferred.totals import deferred_sums
from daybook.reports.former_names import as_named
from daybook.reports.journals.groups import products_by_number
from daybook.reports.paged_rows import paged_rows
from daybook.reports.revenue import EVERYTHING, Figures, RevenueFilter
from daybook.sheets.columns import Sheet, amount, boolean, date, integer, text

__all__ = ["DeferredLine"]

NUMBER_MAX = 2**62
"""Later than any family: the pages after it are manual journals."""
PAGE = 1_000
"""How many families are read at a time where they are read as pages are."""

_SOURCES = {int(kind): kind.name for kind in SourceKind}
_METHODS = {int(method): method.name for method in Method}


async def deferred_rows(
    database: Store,
    pin: Pin,
    on: Day,
    revenue_filter: RevenueFilter,
    *,
    open_only: bool = False,
) -> AsyncGenerator[Sequence[DeferredLine], None]:
    """The report's rows in its order, in slices.

    The last is that of the other manual journals, if they come to anything; it has
    nothing on Deferred, so that it isn't there with `open_only`.
    """
    after = None
    if await _is_flat(database, pin, on, revenue_filter):
        product_id = revenue_filter.product_id
        flat = _flat(database, pin, on, product_id, open_only=open_only)
        async with aclosing(flat) as slices:
            async for rows in slices:
                yield rows
        after = (SYSTEM, NUMBER_MAX)

    async def read(
        session: AsyncSession, its_pin: Pin, request: PageRequest
    ) -> tuple[list[DeferredLine], FamilyKey | None]:
        its = its_pin, on, revenue_filter, request
        page = await find_deferred(session, *its, open_only=open_only)
        lines = await _lines(session, its_pin, page.items)
        return lines, page.items[-1].key if page.has_next else None

    pages = paged_rows(database, pin, read, PageRequest(PAGE, after))
    async with aclosing(pages) as slices:
        async for lines in slices:
            if lines:
                yield lines
    if not open_only:
        async with database.reads() as session:
            sums = await deferred_sums(session, pin, on, revenue_filter)
        if sums.other != Figures():
            yield [DeferredLine.of_others(sums.other)]


async def _is_flat(
    database: Store, pin: Pin, on: Day, revenue_filter: RevenueFilter
) -> bool:
    """Whether all families are read at once, and not in pages.

    Pages are for what an index finds, and for balances with days that a lock moved.
    """
    if revenue_filter.is_narrow:
        return False
    async with database.reads() as session:
        moved = await session.scalar(moved_schedules(pin, on).limit(1))
    return moved is None


async def _flat(
    database: Store, pin: Pin, on: Day, product_id: int | None, *, open_only: bool
) -> AsyncGenerator[Sequence[DeferredLine], None]:
    # A family is open by all that it has, whatever the product.
    selected = None if open_only else product_id
    async with database.reads() as session:
        its_pin = await as_named(session, pin)
    async with aclosing(flat_slices(database, its_pin, on, selected)) as slices:
        async for found in slices:
            lines = found
            if families := found.revised_families:
                async with database.reads() as session:
                    newest = await newest_lines(session, pin, EVERYTHING, families)
                lines = found.with_terms({its.line: its for its in newest})
            if open_only:
                lines = lines.of_open_families(product_id)
            if lines:
                yield lines


async def _lines(
    session: AsyncSession, pin: Pin, families: Sequence[DeferredFamily]
) -> list[DeferredLine]:
    """The rows of families as a file has them."""
    rows = [row for family in families for row in family.rows]
    numbers = {row.product_id for row in rows if row.product_id is not None}
    products = await products_by_number(session, pin, numbers)
    lines = []
    for row in rows:
        product = None if row.product_id is None else products[row.product_id]
        document, figures = row.document, row.figures
        lines.append(
            DeferredLine(
                *(row.family, row.line, row.source),
                *(document.customer_external_id, document.customer_name),
                None if product is None else product.external_id,
                None if product is None else product.name,
                *(document.external_id, document.number),
                *(row.method, row.service_from, row.service_to),
                *(figures.booked, figures.unbilled, figures.recognized),
                *(figures.balance, figures.remaining),
            )
        )
    return lines


def deferred_sheet(pin: Pin) -> Sheet[DeferredLine]:
    """The report as a table."""
    currency = pin.currency
    return Sheet(
        "deferred_revenue",
        "Deferred revenue",
        (
            integer("family", "Family", attrgetter("family")),
            integer("schedule", "Schedule", attrgetter("schedule")),
            text("source", "Source", lambda row: _SOURCES[row.source]),
            boolean("is_credit", "Credit", lambda row: row.is_credit),
            boolean("is_manual", "Manual", lambda row: row.is_manual),
            text("customer_id", "Customer id", attrgetter("customer_id")),
            text("customer", "Customer", attrgetter("customer")),
            text("product_id", "Product id", attrgetter("product_id")),
            text("product", "Product", attrgetter("product")),
            text("document_id", "Document id", attrgetter("document_id")),
            text("document", "Document", attrgetter("document")),
            text("method", "Method", lambda row: _METHODS.get(row.method or 0)),
            date("service_from", "Service from", attrgetter("service_from")),
            date("service_to", "Service to", attrgetter("service_to")),
            amount("booked", "Booked", attrgetter("booked"), currency),
            amount("unbilled", "Unbilled", attrgetter("unbilled"), currency),
            amount("recognized", "Recognized", attrgetter("recognized"), currency),
            amount("balance", "Balance", attrgetter("balance"), currency),
            amount("remaining", "Remaining", attrgetter("remaining"), currency),
        ),
    )
