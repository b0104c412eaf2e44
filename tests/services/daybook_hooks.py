"""Webhooks for tests: settings that allow this machine, endpoints, and deliveries."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from daybook.clock import real_now
from daybook.db.engine import Database
from daybook.documents.commands import import_documents
from daybook.settings import Settings
from daybook.webhooks.commands import Author, CreatedEndpoint, create_endpoint
from daybook.webhooks.deliveries import claim
from daybook.webhooks.models import WebhookAttempt, WebhookDelivery
from daybook.webhooks.publishing import publish
from daybook.webhooks.queries import waiting_endpoints
from daybook.webhooks.rules import Events
from daybook.webhooks.sending import Sender
from daybook_factories import ORGANISATION, invoice
from daybook_people import EMAIL
from daybook_site import SECRET

ALL = Events.EXPORT_READY | Events.EXPORT_FAILED
ALL |= Events.LEDGER_CHANGED | Events.LOCK_CHANGED


def hook_settings(**values: Any) -> Settings:
    """Settings whose webhooks may call this machine."""
    chosen: dict[str, Any] = {
        "webhooks_allow": ("127.0.0.1",),
        "secret": SECRET,
    }
    return Settings(**{**chosen, **values})


def author(now: datetime | None = None, organisation_id: int = ORGANISATION) -> Author:
    """An admin of the organisation."""
    return Author(organisation_id, EMAIL, now or real_now())


async def an_endpoint(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    url: str,
    *,
    events: Events = ALL,
    settings: Settings | None = None,
    key: str | None = None,
    now: datetime | None = None,
) -> CreatedEndpoint:
    """Create an endpoint."""
    return await create_endpoint(
        database,
        settings or hook_settings(),
        author(now),
        url=url,
        description="A test",
        events=events,
        idempotency_key=key,
    )


async def change_ledger(
    database: Database, number: int, now: datetime | None = None
) -> None:
    """Record another invoice, at present."""
    await import_documents(
        database,
        ORGANISATION,
        [invoice(f"inv_{number}")],
        now=now or real_now(),
        reason="test",
        made_by=None,
    )


async def deliver(
    database: Database,
    settings: Settings | None = None,
    now: Callable[[], datetime] = real_now,
) -> int:
    """Publish what happened and attempt all that is due; return how many attempts."""
    sender = Sender(database, settings or hook_settings(), now)
    await publish(database, now=now())
    async with database.runtime.reads() as session:
        waiting = await waiting_endpoints(session, now())
    made = 0
    for key in waiting:
        while claimed := await claim(database.runtime, *key, now=now()):
            await sender.attempt(claimed)
            made += 1
    return made


async def deliveries(database: Database) -> list[WebhookDelivery]:
    """All deliveries, in the order of their numbers."""
    async with database.runtime.reads() as session:
        order = select(WebhookDelivery).order_by(WebhookDelivery.number)
        return list(await session.scalars(order))


async def attempts(database: Database) -> list[WebhookAttempt]:
    """All attempts, in their order."""
    async with database.runtime.reads() as session:
        order = (WebhookAttempt.delivery, WebhookAttempt.number)
        return list(await session.scalars(select(WebhookAttempt).order_by(*order)))


class Moving:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.present = real_now()

    def __call__(self) -> datetime:
        """The present of the test."""
        return self.present

    def move(self, by: timedelta) -> None:
        """Let time pass."""
        self.present += by
