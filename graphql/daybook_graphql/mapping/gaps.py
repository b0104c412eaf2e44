"""Accounts that lines have and that aren't mapped, and reading those of a ledger."""

from collections.abc import Sequence
from typing import NamedTuple

import strawberry

from daybook.calendar import Month, first_day_of, last_day_of
from daybook.exports.mapping.forms import Integration
from daybook.exports.mapping.kept import kept_missing
from daybook.exports.mapping.rules import Missing
from daybook.ledger.pins import Pin
from daybook.reports.journals.filters import JournalFilter
from daybook_graphql.context import Context, loader
from daybook_graphql.kit.ids import encode
from daybook_graphql.kit.money import Money, money
from daybook_graphql.ledgers.enums import AccountRole
from daybook_graphql.mapping.enums import IntegrationKind
from daybook_graphql.parties.ids import ProductId

field = strawberry.field


@strawberry.type(description="An account that lines have and that isn't mapped.")
class MappingGap:
    integration: IntegrationKind = field(description="In which system.")
    role: AccountRole = field(description="Which account.")
    product_id: strawberry.ID | None = field(
        description="The product's id, where only some products' lines aren't mapped."
    )
    product_name: str | None = field(description="The product's name, if it has one.")
    category: str | None = field(description="The product's category, if it has one.")
    journals: int = field(description="How many journals have such lines.")
    amount: Money = field(
        description="What these lines come to, debits and credits together."
    )


class GapsKey(NamedTuple):
    """A system's gaps in a pinned ledger: of a month, or of all its lines."""

    pin: Pin
    integration: Integration
    month: Month | None


@loader()
async def mapping_gaps(
    context: Context, keys: list[GapsKey]
) -> Sequence[list[MappingGap]]:
    """The accounts of lines that aren't mapped in systems, by role and product."""
    async with context.database.pinned_reads() as session:
        found = []
        for pin, integration, month in keys:
            gaps = await kept_missing(session, pin, _lines_of(month), integration)
            found.append([gap_of(integration, gap, pin.currency) for gap in gaps])
        return found


def _lines_of(month: Month | None) -> JournalFilter:
    if month is None:
        return JournalFilter()
    return JournalFilter(posted_from=first_day_of(month), posted_to=last_day_of(month))


def gap_of(integration: Integration, gap: Missing, currency: str) -> MappingGap:
    """An account without a mapping as the schema shows it."""
    product_id = gap.product_id
    return MappingGap(
        integration=IntegrationKind(integration),
        role=AccountRole(gap.role),
        product_id=None if product_id is None else encode(ProductId(product_id)),
        product_name=gap.product_name,
        category=gap.category,
        journals=gap.journals,
        amount=money(gap.amount, currency),
    )
