"""What the reports are asked: the ledger, two days, and whom they are about."""

from typing import Annotated, NamedTuple

import strawberry

from daybook.calendar import Day
from daybook.ledger.pins import Pin
from daybook.reports.revenue import EVERYTHING
from daybook.reports.revenue import RevenueFilter as Conditions
from daybook_graphql.context import Context
from daybook_graphql.journals.filters import JournalFilter, conditions_in
from daybook_graphql.kit.scalars import Date
from daybook_graphql.ledgers.queries import pin_of

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
    customer_id: strawberry.ID | None,
    product_id: strawberry.ID | None,
    document_id: strawberry.ID | None,
) -> Conditions:
    """The conditions of a filter's ids; raises INVALID_ID and NOT_FOUND."""
    ids = JournalFilter(
        customer_id=customer_id, product_id=product_id, document_id=document_id
    )
    found = await conditions_in(context, pin, ids)
    return Conditions(found.customer_id, found.product_id, found.document_id)
