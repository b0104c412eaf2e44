"""The mutations that make, change and test webhooks, and send messages again."""

from typing import Annotated

import strawberry

from daybook.clock import real_now
from daybook.errors import Rejected
from daybook.webhooks.commands import (
    Author,
    EndpointPatch,
    create_endpoint,
    delete_endpoint,
    known_endpoint,
    replay_deliveries,
    replay_delivery,
    rotate_secret,
    update_endpoint,
)
from daybook.webhooks.queries import delivery_of as stored_delivery
from daybook.webhooks.queries import endpoint_of
from daybook.webhooks.rules import Events
from daybook.webhooks.sending import Sender
from daybook_graphql.context import Context, Info
from daybook_graphql.kit.ids import expect
from daybook_graphql.kit.permissions import ADMINISTER, needs
from daybook_graphql.kit.user_errors import UserError, errors_of
from daybook_graphql.webhooks.enums import WebhookEvent
from daybook_graphql.webhooks.ids import WebhookDeliveryId, WebhookId
from daybook_graphql.webhooks.inputs import (
    CreateWebhookInput,
    CreateWebhookPayload,
    ReplayWebhookDeliveriesInput,
    ReplayWebhookDeliveriesPayload,
    ReplayWebhookDeliveryInput,
    RotateWebhookSecretInput,
    RotateWebhookSecretPayload,
    UpdateWebhookInput,
    WebhookDeliveryPayload,
    WebhookInput,
    WebhookPayload,
)
from daybook_graphql.webhooks.types import (
    Webhook,
    WebhookDelivery,
    delivery_of,
    webhook_of,
)

argument = strawberry.argument


@strawberry.type
class WebhookMutations:
    @strawberry.mutation(
        description="Create a webhook: an address that receives events from now on. Its"
        " secret is shown only here.",
        metadata=needs(ADMINISTER),
    )
    async def create_webhook(
        self,
        info: Info,
        input: Annotated[CreateWebhookInput, argument(description="Which.")],
    ) -> CreateWebhookPayload:
        context = info.context
        try:
            created = await create_endpoint(
                context.database,
                context.settings,
                _author(context),
                url=input.url,
                description=input.description,
                events=_events(input.events),
                idempotency_key=input.idempotency_key,
            )
        except Rejected as rejected:
            return CreateWebhookPayload(
                webhook=None, secret=None, user_errors=_errors(rejected)
            )
        webhook = await _webhook(context, created.number)
        return CreateWebhookPayload(
            webhook=webhook, secret=created.secret, user_errors=[]
        )

    @strawberry.mutation(
        description="Change a webhook, or enable or disable it.",
        metadata=needs(ADMINISTER),
    )
    async def update_webhook(
        self,
        info: Info,
        input: Annotated[UpdateWebhookInput, argument(description="What to change.")],
    ) -> WebhookPayload:
        context, number = info.context, _number(input.webhook_id)
        patch = EndpointPatch(
            input.url,
            input.description,
            None if input.events is None else _events(input.events),
            input.is_enabled,
        )
        try:
            author = _author(context)
            await update_endpoint(
                context.database, context.settings, author, number, patch
            )
        except Rejected as rejected:
            return WebhookPayload(webhook=None, user_errors=_errors(rejected))
        return WebhookPayload(webhook=await _webhook(context, number), user_errors=[])

    @strawberry.mutation(
        description="Delete a webhook and its secret. What waits for it is not sent.",
        metadata=needs(ADMINISTER),
    )
    async def delete_webhook(
        self, info: Info, input: Annotated[WebhookInput, argument(description="Which.")]
    ) -> WebhookPayload:
        context, number = info.context, _number(input.webhook_id)
        try:
            await delete_endpoint(context.database, _author(context), number)
        except Rejected as rejected:
            return WebhookPayload(webhook=None, user_errors=_errors(rejected))
        return WebhookPayload(webhook=None, user_errors=[])

    @strawberry.mutation(
        description="Give a webhook another secret. For 24 hours the former one signs"
        " too, so that receivers have time to change over.",
        metadata=needs(ADMINISTER),
    )
    async def rotate_webhook_secret(
        self,
        info: Info,
        input: Annotated[RotateWebhookSecretInput, argument(description="Which.")],
    ) -> RotateWebhookSecretPayload:
        context, number = info.context, _number(input.webhook_id)
        try:
            secret = await rotate_secret(
                context.database,
                context.settings,
                _author(context),
                number,
                version=input.secret_version,
            )
        except Rejected as rejected:
            return RotateWebhookSecretPayload(
                webhook=None, secret=None, user_errors=_errors(rejected)
            )
        webhook = await _webhook(context, number)
        return RotateWebhookSecretPayload(
            webhook=webhook, secret=secret, user_errors=[]
        )

    @strawberry.mutation(
        description="Send a webhook a message of the type `webhook.test`, and wait for"
        " its answer, for ten seconds at most. It is not tried again.",
        metadata=needs(ADMINISTER),
    )
    async def test_webhook(
        self, info: Info, input: Annotated[WebhookInput, argument(description="Which.")]
    ) -> WebhookDeliveryPayload:
        context, number = info.context, _number(input.webhook_id)
        try:
            await known_endpoint(context.database, context.organisation_id, number)
        except Rejected as rejected:
            return WebhookDeliveryPayload(delivery=None, user_errors=_errors(rejected))
        sender = Sender(context.database, context.settings)
        made = await sender.test(context.organisation_id, number)
        delivery = await _delivery(context, made)
        return WebhookDeliveryPayload(delivery=delivery, user_errors=[])

    @strawberry.mutation(
        description="Send a message again, whatever became of it, under its id.",
        metadata=needs(ADMINISTER),
    )
    async def replay_webhook_delivery(
        self,
        info: Info,
        input: Annotated[ReplayWebhookDeliveryInput, argument(description="Which.")],
    ) -> WebhookDeliveryPayload:
        context = info.context
        number = expect(input.delivery_id, WebhookDeliveryId, "input.deliveryId").number
        try:
            await replay_delivery(context.database, _author(context), number)
        except Rejected as rejected:
            errors = errors_of(rejected.problems, {"id": "deliveryId"})
            return WebhookDeliveryPayload(delivery=None, user_errors=errors)
        delivery = await _delivery(context, number)
        return WebhookDeliveryPayload(delivery=delivery, user_errors=[])

    @strawberry.mutation(
        description="Send all messages since a moment to a webhook again, under their"
        " ids. Messages are kept for 30 days.",
        metadata=needs(ADMINISTER),
    )
    async def replay_webhook_deliveries(
        self,
        info: Info,
        input: Annotated[ReplayWebhookDeliveriesInput, argument(description="Which.")],
    ) -> ReplayWebhookDeliveriesPayload:
        context, number = info.context, _number(input.webhook_id)
        try:
            count = await replay_deliveries(
                context.database, _author(context), number, input.since
            )
        except Rejected as rejected:
            return ReplayWebhookDeliveriesPayload(
                count=0, user_errors=_errors(rejected)
            )
        return ReplayWebhookDeliveriesPayload(count=count, user_errors=[])


def _author(context: Context) -> Author:
    return Author(context.organisation_id, context.made_by, real_now())


def _number(webhook_id: strawberry.ID) -> int:
    return expect(webhook_id, WebhookId, "input.webhookId").number


def _events(chosen: list[WebhookEvent]) -> Events:
    events = Events(0)
    for event in chosen:
        events |= Events[event.name]
    return events


def _errors(rejected: Rejected) -> list[UserError]:
    return errors_of(rejected.problems, {"id": "webhookId"})


async def _webhook(context: Context, number: int) -> Webhook | None:
    async with context.database.pinned_reads() as session:
        row = await endpoint_of(session, context.organisation_id, number)
    return None if row is None else webhook_of(row)


async def _delivery(context: Context, number: int) -> WebhookDelivery | None:
    async with context.database.runtime.reads() as session:
        row = await stored_delivery(session, context.organisation_id, number)
    return None if row is None else delivery_of(row)
