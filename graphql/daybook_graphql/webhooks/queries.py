"""The query `webhooks`, and webhooks and deliveries by their ids."""

from collections.abc import Sequence

import strawberry

from daybook.webhooks.queries import (
    count_endpoints,
    deliveries_by_number,
    endpoints_by_number,
    find_endpoints,
)
from daybook_graphql.context import Info
from daybook_graphql.execution.node_readers import Found, NodeKind, NodeReader
from daybook_graphql.execution.selected import Selected
from daybook_graphql.kit.connections import Connection, connection_of
from daybook_graphql.kit.paging import After, Before, First, Last, page_request
from daybook_graphql.kit.permissions import ADMINISTER, needs
from daybook_graphql.webhooks.ids import WebhookDeliveryId, WebhookId
from daybook_graphql.webhooks.types import Webhook, delivery_of, webhook_of


@strawberry.type
class WebhookQueries:
    @strawberry.field(
        description="The organisation's webhooks, oldest first.",
        metadata=needs(ADMINISTER),
    )
    async def webhooks(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Webhook]:
        request = page_request(1, first=first, after=after, last=last, before=before)
        organisation_id = info.context.organisation_id
        async with info.context.database.reads() as session:
            page = await find_endpoints(session, organisation_id, request)
            total = 0
            if "totalCount" in Selected.of(info):
                total = await count_endpoints(session, organisation_id)
        nodes = [webhook_of(row) for row in page.items]
        return connection_of(page, nodes, lambda row: (row.number,), total)


async def _read_webhooks(reader: NodeReader, ids: Sequence[WebhookId]) -> Found:
    numbers = {id_.number for id_ in ids}
    async with reader.reads() as session:
        rows = await endpoints_by_number(session, reader.organisation_id, numbers)
    return {WebhookId(row.number): webhook_of(row) for row in rows}


async def _read_deliveries(
    reader: NodeReader, ids: Sequence[WebhookDeliveryId]
) -> Found:
    numbers = {id_.number for id_ in ids}
    async with reader.context.database.runtime.reads() as session:
        rows = await deliveries_by_number(session, reader.organisation_id, numbers)
    return {WebhookDeliveryId(row.number): delivery_of(row) for row in rows}


NODES = (
    NodeKind(WebhookId, _read_webhooks, ADMINISTER),
    NodeKind(WebhookDeliveryId, _read_deliveries, ADMINISTER),
)
