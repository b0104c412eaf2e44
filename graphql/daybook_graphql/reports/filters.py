"""What the reports are asked: the ledger, two days, and whom they are about."""

from typing import Annotated, NamedTuple

import strawberry

from daybook.calendar import Day
from daybook.errors import Rejected
from daybook.ledger.pins import Pin
from daybook.reports.journals.filters import Purpose, Selection
from daybook.reports.journals.selection import resolve
from daybook.reports.revenue import EVERYTHING
from daybook.reports.revenue import RevenueFilter as Conditions
from daybook_graphql.context import Context
from daybook_graphql.documents.ids import expect_document, kind_of
from daybook_graphql.journals.filters import placed
from daybook_graphql.kit.errors import refusal
from daybook_graphql.kit.ids import expect
from daybook_graphql.kit.scalars import Date
from daybook_graphql.ledgers.queries import pin_of
from daybook_graphql.parties.ids import CustomerId, ProductId

On = Annotated[
    Date | None,
    strawberry.argument(
        description="What was posted up to and including this day; the as-of day, or"
        " today if that is earlier, where it is absent."
    ),
]


@strawberry.input(
    description="What to select. Absent fields do not narrow; present ones all apply."
)
class RevenueFilter:
    customer_id: strawberry.ID | None = strawberry.field(
        default=None, description="Only this customer's."
    )
    product_id: strawberry.ID | None = strawberry.field(
        default=None, description="Only this product's."
    )
    document_id: strawberry.ID | None = strawberry.field(
        default=None, description="Only what came from this document."
    )


Filter = Annotated[
    RevenueFilter | None,
    strawberry.argument(description="What to select; everything where it is absent."),
]


class Asked(NamedTuple):
    """A report's pinned ledger, its day, and its conditions by Daybook's numbers."""

    pin: Pin
    on: Day
    conditions: Conditions


async def asked_of(
    context: Context,
    ledger_id: str,
    on: Day | None,
    as_of: Day | None,
    given: RevenueFilter | None,
) -> Asked:
    """What a report is asked; raises errors that name the arguments."""
    pin = await pin_of(context, ledger_id, as_of)
    conditions = EVERYTHING
    if given is not None:
        conditions = await conditions_of(
            context, pin, given.customer_id, given.product_id, given.document_id
        )
    return Asked(pin, pin.today if on is None else on, conditions)


async def conditions_of(
    context: Context,
    pin: Pin,
    customer_id: str | None,
    product_id: str | None,
    document_id: str | None,
) -> Conditions:
    """The conditions of a filter's ids; raises INVALID_ID and NOT_FOUND."""
    customer = product = document = None
    if customer_id is not None:
        customer = expect(customer_id, CustomerId, "filter.customerId").external_id
    if product_id is not None:
        product = expect(product_id, ProductId, "filter.productId").external_id
    if document_id is not None:
        its = expect_document(document_id, "filter.documentId")
        document = kind_of(its), its.external_id
    selection = Selection(customer=customer, product=product, document=document)
    async with context.database.pinned_reads() as session:
        try:
            found = await resolve(session, pin, selection, Purpose.REPORT)
        except Rejected as rejected:
            raise refusal(placed(rejected.problems), ("filter",)) from None
    return Conditions(found.customer_id, found.product_id, found.document_id)
