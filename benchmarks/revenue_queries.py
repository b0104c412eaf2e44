"""`python -m benchmarks.revenue_queries URL RUNS`: reports of deferred revenue, timed.

Prints the milliseconds of each in the median, as JSON. Sums that were read once are
kept in memory, so each time is of another day; of what takes long, the first time is
the only one.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from statistics import median
from typing import Any, NamedTuple

from sqlalchemy import make_url, select

from benchmarks.invoices import PRODUCTS
from daybook.access.rules import Caller, Permission
from daybook.calendar import Day, day_text, month_of, parse_day
from daybook.db.engine import Database, ReadSession
from daybook.ledger.models import Customer, Ledger, Product
from daybook.ledger.pins import Pin
from daybook.ledger.queries import pin_ledger
from daybook.ledger.rules import Role
from daybook.paging import PageRequest
from daybook.reports.deferred.queries import deferred_ties, deferred_totals
from daybook.reports.revenue import RevenueFilter
from daybook.reports.rollforward.queries import roll_forward
from daybook.reports.waterfall.queries import find_waterfall, waterfall_totals
from daybook.settings import Settings
from daybook_graphql.context import Context
from daybook_graphql.execution.operations import Operations
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.schema import schema

ON = "2026-01-14"
"""In mid-month, when all invoices are billed and nearly all are being recognized."""
SIZE = 50
WEIGHTS = (50, 5, 15, 15, 15)
"""How often each of `PRODUCTS` is sold."""
HALF, TWENTIETH = PRODUCTS[0][0], PRODUCTS[1][0]
CUSTOMER = "cus_0007"

PAGE = "deferred revenue, a page with totals and ties"
FIRST_TOTALS = "waterfall, its totals for the first time"
TIES_OF_HALF = "deferred revenue, ties of a product with 50 %"

ONCE = frozenset({FIRST_TOTALS, TIES_OF_HALF})
Work = Callable[[ReadSession, Pin, Day], Awaitable[Any]]


class Filters(NamedTuple):
    """What totals are narrowed to."""

    customer: RevenueFilter
    half: RevenueFilter
    twentieth: RevenueFilter


def main() -> None:
    """Print what was measured."""
    url, runs = sys.argv[1], int(sys.argv[2])
    print(json.dumps(asyncio.run(_measure(Database(make_url(url)), runs))))


async def _measure(database: Database, runs: int) -> dict[str, float]:
    on = parse_day(ON)
    async with database.reads() as session:
        ledger_id = await session.scalar(select(Ledger.id))
        assert ledger_id is not None, "invoices were imported"
        pin = await pin_ledger(session, 1, ledger_id, on)
        assert pin is not None, "invoices were imported"
        filters = await _filters(session)
    measured = {PAGE: median([await _page(database, on - n) for n in range(runs)])}
    for name, work in _works(filters).items():
        times = []
        for number in range(1 if name in ONCE else runs):
            start = time.perf_counter()
            async with database.reads() as session:
                await work(session, pin, on - number)
            times.append(1_000 * (time.perf_counter() - start))
        measured[name] = median(times)
    await database.close()
    return measured


async def _filters(session: ReadSession) -> Filters:
    customer = await session.scalar(
        select(Customer.id).where(Customer.external_id == CUSTOMER)
    )
    products = await session.execute(select(Product.external_id, Product.id))
    by_own_id = dict(products.tuples().all())
    return Filters(
        RevenueFilter(customer_id=customer),
        RevenueFilter(product_id=by_own_id[HALF]),
        RevenueFilter(product_id=by_own_id[TWENTIETH]),
    )


def _works(filters: Filters) -> dict[str, Work]:
    """What is read at the pin, by its name."""
    every = RevenueFilter()

    def totals(narrowed: RevenueFilter) -> Work:
        return lambda session, pin, on: deferred_totals(session, pin, on, narrowed)

    def months(narrowed: RevenueFilter) -> Work:
        return lambda session, pin, on: roll_forward(
            session, pin, Role.DEFERRED, month_of(on) - 11, on, narrowed
        )

    async def ties(session: ReadSession, pin: Pin, on: Day) -> None:
        for tie in await deferred_ties(session, pin, on, filters.half):
            assert tie.difference == 0, tie.words

    return {
        "deferred revenue, totals of a customer": totals(filters.customer),
        "deferred revenue, totals of a product with 5 %": totals(filters.twentieth),
        "deferred revenue, totals of a product with 50 %": totals(filters.half),
        "roll-forward of a year": months(every),
        "roll-forward of a year, of a product with 50 %": months(filters.half),
        "waterfall, a page": lambda session, pin, on: find_waterfall(
            session, pin, on, every, PageRequest(SIZE)
        ),
        TIES_OF_HALF: ties,
        FIRST_TOTALS: lambda session, pin, on: waterfall_totals(
            session, pin, on, every
        ),
    }


async def _page(database: Database, on: Day) -> float:
    """The milliseconds of a page, as integrators get it by its named operation."""
    settings = Settings.model_validate({"now": f"{ON}T12:00:00Z"})
    context = Context(database, settings, Caller(1, "bench", Permission.READ))
    variables = {
        "ledgerId": encode(LedgerId("USD")),
        "on": day_text(on),
        "first": SIZE,
    }
    start = time.perf_counter()
    data = await Operations(schema).run("DeferredRevenue", variables, context)
    milliseconds = 1_000 * (time.perf_counter() - start)
    report = data["deferredRevenue"]
    assert len(report["edges"]) == SIZE, "there is more than a page"
    assert all(tie["holds"] for tie in report["ties"])
    return milliseconds


if __name__ == "__main__":
    main()
