"""Milestones that are still open: their type, and pages of them."""

from collections.abc import Sequence

import strawberry

from daybook.ledger.pins import Pin
from daybook.reports.open_milestones import (
    Dated,
    count_open_milestones,
    find_open_milestones,
)
from daybook.reports.open_milestones import OpenMilestone as StoredMilestone
from daybook.reports.recognized_by_hand import RecognizedPart, recognized_by_hand
from daybook_graphql.context import Info
from daybook_graphql.documents.milestones import milestone_of, needs_recognized
from daybook_graphql.documents.types import Milestone, Source
from daybook_graphql.execution.selected import Selected
from daybook_graphql.kit.connections import Connection, connection_of, listed
from daybook_graphql.kit.paging import PageArguments, page_request
from daybook_graphql.kit.scalars import Date
from daybook_graphql.parties.types import Customer, Product
from daybook_graphql.reports.references import Named, Names, read_named

field = strawberry.field


@listed(
    "An open milestone",
    "milestones",
    page="A page of open milestones, in the order in which they were recorded.",
)
@strawberry.type(
    description="A milestone that isn't reached yet: its amount waits on Deferred."
    " `completeMilestone` says when it was."
)
class OpenMilestone:
    milestone: Milestone = field(description="Which milestone.")
    line_id: str = field(description="The sender's own id of the line that has it.")
    dated: Date = field(description="The document's accounting date.")
    document: Source | None = field(description="The document that has the line.")
    customer: Customer | None = field(description="Whose document it is.")
    product: Product | None = field(description="What the line sells.")


async def milestone_page(
    info: Info, pin: Pin, dated: Dated, page: PageArguments
) -> Connection[OpenMilestone]:
    """A page of the open milestones of documents with some dates."""
    request, selected = page_request(2, **page), Selected.of(info)
    total, recognized = 0, {}
    below = selected.below("nodes") | selected.below("edges").below("node")
    async with info.context.database.pinned_reads() as session:
        found = await find_open_milestones(session, pin, dated, request)
        named = await read_named(
            *(info.context, session, pin),
            below,
            [
                Names(its.customer_id, its.product_id, its.document_id)
                for its in found.items
            ],
        )
        if needs_recognized(below.below("milestone")):
            customers = {its.customer_id for its in found.items}
            recognized = await recognized_by_hand(session, pin, customers)
        if "totalCount" in selected:
            total = await count_open_milestones(session, pin, dated)
    nodes = [
        _milestone_of(
            its,
            recognized.get((its.schedule_id, its.position), ()),
            *(named, pin.currency),
        )
        for its in found.items
    ]
    return connection_of(
        found, nodes, lambda its: (its.schedule_id, its.position), total
    )


def _milestone_of(
    its: StoredMilestone,
    recognized: Sequence[RecognizedPart],
    named: Named,
    currency: str,
) -> OpenMilestone:
    return OpenMilestone(
        milestone=milestone_of(
            external_id=its.external_id,
            name=its.name,
            amount=its.amount,
            completed_on=None,
            recognized=recognized,
            currency=currency,
        ),
        line_id=its.line,
        dated=Date(its.dated),
        document=named.documents.get(its.document_id),
        customer=named.customers.get(its.customer_id),
        product=named.products.get(its.product_id),
    )
