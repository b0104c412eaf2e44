"""The query `integrations`."""

import strawberry

from daybook_graphql.context import Info
from daybook_graphql.kit.permissions import READ, needs
from daybook_graphql.ledgers.accounts import AsOf
from daybook_graphql.ledgers.queries import LedgerIdArgument, pin_of
from daybook_graphql.mapping.loaders import integration_settings
from daybook_graphql.mapping.types import Integration, integration_of


@strawberry.type
class MappingQueries:
    @strawberry.field(
        description="All systems that files can be made for, and how they are made for"
        " a ledger.",
        metadata=needs(READ),
    )
    async def integrations(
        self, info: Info, ledger_id: LedgerIdArgument, as_of: AsOf = None
    ) -> list[Integration]:
        pin = await pin_of(info.context, ledger_id, as_of)
        found = await integration_settings(info.context).load(pin)
        return [
            integration_of(integration, settings, pin)
            for integration, settings in found.items()
        ]
