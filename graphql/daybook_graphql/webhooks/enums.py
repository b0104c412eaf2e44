"""Kinds of events and states of deliveries, as the schema names them."""

from enum import Enum

import strawberry

from daybook.webhooks.rules import DeliveryState, Events

value = strawberry.enum_value


@strawberry.enum(
    description="The events that a webhook may receive. Expect more values."
)
class WebhookEvent(Enum):
    EXPORT_READY = value(
        Events.EXPORT_READY, description="`export.ready`: an export's file is there."
    )
    EXPORT_FAILED = value(
        Events.EXPORT_FAILED,
        description="`export.failed`: an export ended without one.",
    )
    LEDGER_CHANGED = value(
        Events.LEDGER_CHANGED,
        description="`ledger.changed`: a ledger has other recordings than before.",
    )
    LOCK_CHANGED = value(
        Events.LOCK_CHANGED, description="`lock.changed`: days were locked or opened."
    )


@strawberry.enum(description="What became of a message to a webhook.")
class WebhookDeliveryState(Enum):
    PENDING = value(DeliveryState.PENDING, description="An attempt is due, or will be.")
    DELIVERED = value(DeliveryState.DELIVERED, description="The webhook accepted it.")
    FAILED = value(
        DeliveryState.FAILED, description="All attempts failed; it may be sent again."
    )
