"""The deferred revenue report: its types, and pages of it."""

import strawberry

from daybook.ledger.rules import SourceKind as StoredKind
from daybook.reports.deferred.queries import (
    DeferredFamily as StoredFamily,
)
from daybook.reports.deferred.queries import (
    DeferredRow as StoredRow,
)
from daybook.reports.deferred.queries import (
    deferred_sums,
    deferred_ties,
    deferred_totals,
    find_deferred,
)
from daybook_graphql.context import Info
from daybook_graphql.documents.enums import KINDS, SourceKind
from daybook_graphql.documents.types import Source
from daybook_graphql.execution.selected import Selected
from daybook_graphql.journals.types import Journal
from daybook_graphql.kit.connections import Edge, PageInfo, edges_of, listed, page_info
from daybook_graphql.kit.paging import PageArguments, page_request
from daybook_graphql.kit.scalars import Date, date_or_none
from daybook_graphql.parties.enums import RecognitionMethod, method_or_none
from daybook_graphql.parties.types import Customer, Product
from daybook_graphql.reports.figures import RevenueFigures, Tie, figures_of, ties_of
from daybook_graphql.reports.filters import Asked
from daybook_graphql.reports.references import Named, Names, read_named

field = strawberry.field


@strawberry.type(
    description="A line through all its revisions, or what a manual journal moves for a"
    " customer and a product."
)
class DeferredRow:
    customer: Customer | None = field(
        description="Who is invoiced; null in a manual journal without one."
    )
    product: Product | None = field(
        description="What is sold; null in a manual journal without one."
    )
    source: SourceKind = field(description="What kind of document it is of.")
    document: Source | None = field(
        description="The document; null for a manual journal."
    )
    journal: Journal | None = field(description="One of its journals, the first.")
    is_credit: bool = field(description="Whether it credits another line.")
    is_manual: bool = field(description="Whether it is of a manual journal.")
    method: RecognitionMethod | None = field(
        description="When it is earned; null in manual journals."
    )
    service_from: Date | None = field(
        description="First day of the service period, where there is one."
    )
    service_to: Date | None = field(
        description="Last day of the service period, where there is one."
    )
    figures: RevenueFigures = field(description="What was posted of it.")


@listed(
    "A family",
    "families",
    page="A page of the deferred revenue report: families by number, then manual"
    " journals.",
)
@strawberry.type(
    description="Rows that belong together: a line with the credits on it, with the"
    " burn-downs of its grant, or with the invoices of its billing schedule. A manual"
    " journal is a family of its own."
)
class DeferredFamily:
    rows: list[DeferredRow] = field(
        description="Its rows: what was sold first, then what was credited."
    )
    total: RevenueFigures = field(description="What its rows sum to.")


@strawberry.type
class DeferredFamilyConnection:
    edges: list[Edge[DeferredFamily]]
    nodes: list[DeferredFamily] = field(description="The same without cursors.")
    page_info: PageInfo = field(description="Whether there is more.")
    asked: strawberry.Private[Asked]

    @field(
        description="What all rows of the selection sum to with the other manual"
        " journals, on every page of it and whatever `openOnly` leaves out."
    )
    async def totals(self, info: Info) -> RevenueFigures:
        async with info.context.database.pinned_reads() as session:
            totals = await deferred_totals(session, *self.asked)
        return figures_of(totals, self.asked.pin.currency)

    @field(
        description="What manual journals come to that don't touch Deferred: they are"
        " in `totals`, so that these are the ledger's, and in no family."
    )
    async def other_manual_journals(self, info: Info) -> RevenueFigures:
        async with info.context.database.pinned_reads() as session:
            sums = await deferred_sums(session, *self.asked)
        return figures_of(sums.other, self.asked.pin.currency)

    @field(description="What the totals have to agree with.")
    async def ties(self, info: Info) -> list[Tie]:
        async with info.context.database.pinned_reads() as session:
            ties = await deferred_ties(session, *self.asked)
        return ties_of(ties, self.asked.pin.currency)


async def deferred_page(
    info: Info, asked: Asked, page: PageArguments, *, open_only: bool
) -> DeferredFamilyConnection:
    """A page of families, with what is selected of it."""
    request = page_request(2, **page)
    pin = asked.pin
    selected = Selected.of(info)
    families = selected.below("nodes") | selected.below("edges").below("node")
    async with info.context.database.pinned_reads() as session:
        found = await find_deferred(session, *asked, request, open_only=open_only)
        rows = [row for family in found.items for row in family.rows]
        named = await read_named(
            *(info.context, session, pin, families.below("rows")),
            [
                Names(row.customer_id, row.product_id, row.document.id, row.journal)
                for row in rows
            ],
            [row.document for row in rows],
        )
    nodes = [_family_of(family, named, pin.currency) for family in found.items]
    edges = edges_of(found, nodes, lambda family: family.key)
    return DeferredFamilyConnection(
        edges=edges,
        nodes=nodes,
        page_info=page_info(found, [edge.cursor for edge in edges]),
        asked=asked,
    )


def _family_of(family: StoredFamily, named: Named, currency: str) -> DeferredFamily:
    return DeferredFamily(
        rows=[_row_of(row, named, currency) for row in family.rows],
        total=figures_of(family.total, currency),
    )


def _row_of(row: StoredRow, named: Named, currency: str) -> DeferredRow:
    return DeferredRow(
        customer=named.customers.get(row.customer_id),
        product=named.products.get(row.product_id),
        source=KINDS[row.source],
        document=named.documents.get(row.document.id),
        journal=named.journals.get(row.journal),
        is_credit=row.is_credit,
        is_manual=row.source == StoredKind.STANDALONE,
        method=method_or_none(row.method),
        service_from=date_or_none(row.service_from),
        service_to=date_or_none(row.service_to),
        figures=figures_of(row.figures, currency),
    )
