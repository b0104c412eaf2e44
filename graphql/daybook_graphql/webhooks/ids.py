"""The ids of webhooks and of their deliveries."""

from typing import NamedTuple

from daybook.numbers import read_number
from daybook_graphql.kit.ids import node_id


@node_id("Webhook", read_number)
class WebhookId(NamedTuple):
    """A webhook, by its number in the organisation."""

    number: int

    def __str__(self) -> str:
        return f"Webhook:{self.number}"


@node_id("WebhookDelivery", read_number)
class WebhookDeliveryId(NamedTuple):
    """A delivery, by its number in the organisation."""

    number: int

    def __str__(self) -> str:
        return f"WebhookDelivery:{self.number}"
