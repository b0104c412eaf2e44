"""The inputs and payloads of the mutations that change webhooks."""

import strawberry

from daybook_graphql.kit.scalars import DateTime
from daybook_graphql.kit.user_errors import UserError
from daybook_graphql.webhooks.enums import WebhookEvent
from daybook_graphql.webhooks.types import Webhook, WebhookDelivery

ERRORS = "What is wrong with the input; then nothing was changed."
WHICH = "Which webhook."
SECRET = (
    "The secret that verifies the webhook's messages: `whsec_…`. It is returned only"
    " here, and null if the request is repeated."
)
field = strawberry.field


@strawberry.input(description="A webhook to create. It receives events from then on.")
class CreateWebhookInput:
    url: str = field(
        description="The address that messages are posted to: https, and on the public"
        " internet, unless an operator allows others."
    )
    events: list[WebhookEvent] = field(description="The events that it receives.")
    description: str = field(default="", description="What it is for: one line.")
    idempotency_key: str | None = field(
        default=None,
        description="A key of your own: the same key and input gives what was made the"
        " first time, and with another input an error.",
    )


@strawberry.input(description="What is changed of a webhook; what is absent stays.")
class UpdateWebhookInput:
    webhook_id: strawberry.ID = field(description=WHICH)
    url: str | None = field(default=None, description="Its address.")
    events: list[WebhookEvent] | None = field(
        default=None, description="The events that it receives."
    )
    description: str | None = field(default=None, description="What it is for.")
    is_enabled: bool | None = field(
        default=None,
        description="Whether it receives events. Events while it is disabled are never"
        " sent; messages that wait are sent once it is enabled again.",
    )


@strawberry.input(description="A webhook.")
class WebhookInput:
    webhook_id: strawberry.ID = field(description=WHICH)


@strawberry.input(description="A webhook whose secret is replaced.")
class RotateWebhookSecretInput:
    webhook_id: strawberry.ID = field(description=WHICH)
    secret_version: int = field(
        description="The version of the secret to replace: a repeated request replaces"
        " no other."
    )


@strawberry.input(description="A delivery to send again.")
class ReplayWebhookDeliveryInput:
    delivery_id: strawberry.ID = field(description="Which delivery.")


@strawberry.input(description="Deliveries to send again.")
class ReplayWebhookDeliveriesInput:
    webhook_id: strawberry.ID = field(description=WHICH)
    since: DateTime = field(description="All that were made at or after this moment.")


@strawberry.type(description="A webhook that was made.")
class CreateWebhookPayload:
    webhook: Webhook | None = field(description="The webhook; null with an error.")
    secret: str | None = field(description=SECRET)
    user_errors: list[UserError] = field(description=ERRORS)


@strawberry.type(description="A webhook that was changed.")
class WebhookPayload:
    webhook: Webhook | None = field(
        description="The webhook; null once it is deleted, and with an error."
    )
    user_errors: list[UserError] = field(description=ERRORS)


@strawberry.type(description="A webhook with another secret.")
class RotateWebhookSecretPayload:
    webhook: Webhook | None = field(description="The webhook; null with an error.")
    secret: str | None = field(description=SECRET)
    user_errors: list[UserError] = field(description=ERRORS)


@strawberry.type(description="A delivery that was made, or is sent again.")
class WebhookDeliveryPayload:
    delivery: WebhookDelivery | None = field(
        description="The delivery; null with an error."
    )
    user_errors: list[UserError] = field(description=ERRORS)


@strawberry.type(description="Deliveries that are sent again.")
class ReplayWebhookDeliveriesPayload:
    count: int = field(description="How many.")
    user_errors: list[UserError] = field(description=ERRORS)
