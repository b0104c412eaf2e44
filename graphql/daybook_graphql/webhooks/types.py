"""The types of webhooks, of what was sent to them, and of its attempts."""

import strawberry

from daybook.webhooks.models import WebhookAttempt as StoredAttempt
from daybook.webhooks.models import WebhookDelivery as StoredDelivery
from daybook.webhooks.models import WebhookEndpoint
from daybook.webhooks.queries import count_deliveries, find_deliveries
from daybook.webhooks.rules import DeliveryState, Events, MessageKind
from daybook_graphql.context import Info
from daybook_graphql.execution.selected import Selected
from daybook_graphql.kit.connections import Connection, connection_of, listed
from daybook_graphql.kit.node import Node
from daybook_graphql.kit.paging import After, Before, First, Last, page_request
from daybook_graphql.kit.scalars import DateTime, moment_or_none
from daybook_graphql.webhooks.enums import WebhookDeliveryState, WebhookEvent
from daybook_graphql.webhooks.ids import WebhookDeliveryId, WebhookId
from daybook_graphql.webhooks.loaders import attempts_by_delivery

field = strawberry.field


@strawberry.type(description="An attempt to deliver a message to a webhook.")
class WebhookAttempt:
    made_at: DateTime = field(description="When it began.")
    took_ms: int = field(description="How long it took, in milliseconds.")
    is_success: bool = field(description="Whether the webhook accepted the message.")
    status: int | None = field(
        description="The HTTP status of the answer, all that is kept of it; null"
        " without an answer."
    )
    failure: str | None = field(description="What went wrong, for people.")


@listed(
    "A delivery",
    "deliveries",
    page="A page of deliveries, newest first; ended ones are kept for 30 days.",
)
@strawberry.type(description="A message to a webhook, and what became of it.")
class WebhookDelivery(Node):
    number: int = field(description="Its number in the organisation.")
    message_id: str = field(
        description="The header `webhook-id`: the same at each attempt, and when it is"
        " sent again."
    )
    type: str = field(description="The message's type, such as `export.ready`.")
    body: str = field(description="The message as it is sent: JSON.")
    made_at: DateTime = field(description="When it was made.")
    state: WebhookDeliveryState = field(description="What became of it.")
    next_attempt_at: DateTime | None = field(
        description="When the next attempt is due; null once it has ended."
    )

    @field(description="All attempts, oldest first.")
    async def attempts(self, info: Info) -> list[WebhookAttempt]:
        found = await attempts_by_delivery(info.context).load(self.number)
        return [_attempt_of(attempt) for attempt in found]


@listed("A webhook", "webhooks", page="A page of webhooks, oldest first.")
@strawberry.type(
    description="An address that receives the organisation's events, signed by"
    " Standard Webhooks. Its secret is shown only when it is created."
)
class Webhook(Node):
    number: int = field(description="Its number in the organisation.")
    url: str = field(description="The address that messages are posted to.")
    description: str = field(description="What it is for.")
    events: list[WebhookEvent] = field(description="The events that it receives.")
    is_enabled: bool = field(description="Whether it receives events at present.")
    disabled_because: str | None = field(
        description="Why Daybook disabled it; null if it didn't."
    )
    secret_version: int = field(description="How many secrets it has had.")
    former_secret_until: DateTime | None = field(
        description="How long the former secret signs beside the present one."
    )
    created_at: DateTime = field(description="When it was made.")
    created_by: str | None = field(description="Who made it.")

    @field(description="What was sent to it, newest first.")
    async def deliveries(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[WebhookDelivery]:
        request = page_request(1, first=first, after=after, last=last, before=before)
        organisation_id, number = info.context.organisation_id, self.number
        async with info.context.database.runtime.reads() as session:
            page = await find_deliveries(session, organisation_id, number, request)
            total = 0
            if "totalCount" in Selected.of(info):
                total = await count_deliveries(session, organisation_id, number)
        nodes = [delivery_of(row) for row in page.items]
        return connection_of(page, nodes, lambda row: (row.number,), total)


def webhook_of(row: WebhookEndpoint) -> Webhook:
    """A stored endpoint as the schema shows it."""
    events = Events(row.events)
    return Webhook(
        node_id=WebhookId(row.number),
        number=row.number,
        url=row.url,
        description=row.description,
        events=[WebhookEvent(each) for each in Events if each in events],
        is_enabled=row.enabled_at is not None,
        disabled_because=row.disabled_because,
        secret_version=row.secret_version,
        former_secret_until=moment_or_none(row.former_until),
        created_at=DateTime(row.created_at),
        created_by=row.created_by,
    )


def delivery_of(row: StoredDelivery) -> WebhookDelivery:
    """A stored delivery as the schema shows it."""
    return WebhookDelivery(
        node_id=WebhookDeliveryId(row.number),
        number=row.number,
        message_id=row.message_id,
        type=MessageKind(row.kind).type,
        body=row.body,
        made_at=DateTime(row.made_at),
        state=WebhookDeliveryState(DeliveryState(row.state)),
        next_attempt_at=moment_or_none(row.next_attempt_at),
    )


def _attempt_of(row: StoredAttempt) -> WebhookAttempt:
    return WebhookAttempt(
        made_at=DateTime(row.made_at),
        took_ms=row.took_ms,
        is_success=row.is_success,
        status=row.status,
        failure=row.failure,
    )
