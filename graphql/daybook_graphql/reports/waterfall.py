"""The waterfall: its types, and pages of it."""

from collections.abc import Sequence

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day, Month, month_of
from daybook.ledger.pins import Pin
from daybook.reports.waterfall.queries import (
    WaterfallCustomer as StoredCustomer,
)
from daybook.reports.waterfall.queries import (
    WaterfallFigures as StoredFigures,
)
from daybook.reports.waterfall.queries import (
    count_customers,
    find_waterfall,
    waterfall_ties,
    waterfall_totals,
)
from daybook_graphql.context import Context, Info
from daybook_graphql.execution.selected import Selected
from daybook_graphql.kit.connections import Edge, PageInfo, edges_of, listed, page_info
from daybook_graphql.kit.money import Money, money
from daybook_graphql.kit.paging import PageArguments, page_request
from daybook_graphql.ledgers.types import MonthAmount, month_amount
from daybook_graphql.parties.types import Customer, Product
from daybook_graphql.reports.figures import Tie, ties_of
from daybook_graphql.reports.filters import Asked
from daybook_graphql.reports.references import Named, Names, read_named

field = strawberry.field


@strawberry.type(
    description="What was posted up to the report's day, and what becomes of Deferred"
    " after it: `remaining` = all `months` + `unscheduled` + `takenBackLater`."
)
class WaterfallFigures:
    booked: Money = field(
        description="Invoiced, less what was credited: debits less credits of Billed."
    )
    unbilled: Money = field(
        description="Earned and not yet invoiced: debits less credits of Unbilled."
    )
    recognized: Money = field(description="Earned: credits less debits of Recognized.")
    remaining: Money = field(
        description="What stands on Deferred: credits less debits."
    )
    taken_back_later: Money = field(
        description="What goes back from Deferred to Billed or Unbilled after the"
        " report's day: later credit notes and voids, less what later invoices bring."
    )
    months: list[MonthAmount] = field(
        description="What leaves Deferred for Recognized in each month after the"
        " report's day, months of nothing included: up to the last month in which any"
        " row of the page has something, and in sums up to their own. The first month"
        " begins on the day after the report's."
    )
    unscheduled: Money = field(
        description="What stands on Deferred after its last scheduled entry: open"
        " milestones, unused grants, manual balances."
    )


@strawberry.type(description="What a customer has of one product.")
class WaterfallProduct:
    product: Product | None = field(
        description="What is sold; null for the manual journals of a customer."
    )
    is_manual: bool = field(description="Whether it is the customer's manual journals.")
    figures: WaterfallFigures = field(description="Its figures.")


@listed(
    "A customer",
    "customers",
    page="A page of the waterfall: customers, in the order in which they were first"
    " recorded.",
    name="Waterfall",
    node="The customer's row.",
)
@strawberry.type(description="What a customer has, with products below.")
class WaterfallCustomer:
    customer: Customer | None = field(
        description="Who is invoiced; null in the last row, of manual journals without"
        " a customer."
    )
    figures: WaterfallFigures = field(description="What the products sum to.")
    products: list[WaterfallProduct] = field(
        description="By product; the customer's manual journals come last."
    )


@strawberry.type
class WaterfallConnection:
    edges: list[Edge[WaterfallCustomer]]
    nodes: list[WaterfallCustomer] = field(description="The same without cursors.")
    page_info: PageInfo = field(description="Whether there is more.")
    asked: strawberry.Private[Asked]
    lists_apart: strawberry.Private[bool]

    @field(description="What all rows of the selection sum to, on every page of it.")
    async def totals(self, info: Info) -> WaterfallFigures:
        return await _sums(info, self.asked, apart=self.lists_apart)

    @field(description="How many customers there are in all.")
    async def customer_count(self, info: Info) -> int:
        async with info.context.database.pinned_reads() as session:
            return await count_customers(session, *self.asked, apart=self.lists_apart)

    @field(
        description="What families with nothing on Deferred on the report's day sum to."
        " They are in no other figure; the argument `apart` lists them."
    )
    async def apart(self, info: Info) -> WaterfallFigures:
        return await _sums(info, self.asked, apart=True)

    @field(description="What the totals have to agree with.")
    async def ties(self, info: Info) -> list[Tie]:
        async with info.context.database.pinned_reads() as session:
            ties = await waterfall_ties(session, *self.asked)
        return ties_of(ties, self.asked.pin.currency)


async def waterfall_page(
    info: Info, asked: Asked, page: PageArguments, *, apart: bool
) -> WaterfallConnection:
    """A page of customers, with what is selected of it."""
    request = page_request(1, **page)
    pin = asked.pin
    selected = Selected.of(info)
    customers = selected.below("nodes") | selected.below("edges").below("node")
    async with info.context.database.pinned_reads() as session:
        found = await find_waterfall(session, *asked, request, apart=apart)
        named = await _named(info.context, session, pin, customers, found.items)
    columns = _columns(asked.on, *map(_last_month, found.items))
    nodes = [
        _customer_of(customer, named, columns, pin.currency) for customer in found.items
    ]
    edges = edges_of(found, nodes, lambda customer: (customer.customer_id or 0,))
    return WaterfallConnection(
        edges=edges,
        nodes=nodes,
        page_info=page_info(found, [edge.cursor for edge in edges]),
        asked=asked,
        lists_apart=apart,
    )


async def _named(
    context: Context,
    session: AsyncSession,
    pin: Pin,
    selected: Selected,
    rows: Sequence[StoredCustomer],
) -> Named:
    """The customers of rows and the products below them."""
    names = [Names(row.customer_id) for row in rows]
    names += [Names(None, its.product_id) for row in rows for its in row.products]
    both = selected | selected.below("products")
    return await read_named(context, session, pin, both, names)


async def _sums(info: Info, asked: Asked, *, apart: bool) -> WaterfallFigures:
    """What all rows sum to."""
    async with info.context.database.pinned_reads() as session:
        figures = await waterfall_totals(session, *asked, apart=apart)
    columns = _columns(asked.on, *figures.months)
    return _figures_of(figures, columns, asked.pin.currency)


def _columns(on: Day, *months: Month) -> Sequence[Month]:
    """All months after a day up to the last of some."""
    return range(month_of(on + 1), max(months, default=0) + 1)


def _last_month(row: StoredCustomer) -> Month:
    """The last month in which a row has something; 0 if it has nothing."""
    its = (row.figures, *(product.figures for product in row.products))
    return max((month for figures in its for month in figures.months), default=0)


def _customer_of(
    row: StoredCustomer, named: Named, columns: Sequence[Month], currency: str
) -> WaterfallCustomer:
    return WaterfallCustomer(
        customer=named.customers.get(row.customer_id),
        figures=_figures_of(row.figures, columns, currency),
        products=[
            WaterfallProduct(
                product=named.products.get(its.product_id),
                is_manual=its.is_manual,
                figures=_figures_of(its.figures, columns, currency),
            )
            for its in row.products
        ],
    )


def _figures_of(
    figures: StoredFigures, columns: Sequence[Month], currency: str
) -> WaterfallFigures:
    return WaterfallFigures(
        booked=money(figures.booked, currency),
        unbilled=money(figures.unbilled, currency),
        recognized=money(figures.recognized, currency),
        remaining=money(figures.remaining, currency),
        taken_back_later=money(figures.taken_back, currency),
        months=[
            month_amount(month, figures.months.get(month, 0), currency)
            for month in columns
        ],
        unscheduled=money(figures.unscheduled, currency),
    )
