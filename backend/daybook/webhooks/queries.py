"""Reading endpoints of webhooks, their deliveries and attempts."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.db.keyset import count_rows, one_page
from daybook.db.lists import scalars_in_lists
from daybook.paging import Page, PageRequest
from daybook.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from daybook.webhooks.rules import DeliveryState


async def endpoint_of(
    session: AsyncSession, organisation_id: int, number: int
) -> WebhookEndpoint | None:
    """An organisation's endpoint; None if there is none, or it was deleted."""
    found = await session.get(WebhookEndpoint, (organisation_id, number))
    return None if found is None or found.deleted_at is not None else found


async def find_endpoints(
    session: AsyncSession, organisation_id: int, request: PageRequest
) -> Page[WebhookEndpoint]:
    """A page of an organisation's endpoints, oldest first."""
    statement = select(WebhookEndpoint).where(
        WebhookEndpoint.organisation_id == organisation_id,
        WebhookEndpoint.deleted_at.is_(None),
    )
    page = one_page(statement, WebhookEndpoint.number, request)
    return Page.of(list(await session.scalars(page)), request)


async def endpoints_by_number(
    session: AsyncSession, organisation_id: int, numbers: Collection[int]
) -> list[WebhookEndpoint]:
    """The endpoints of an organisation with one of these numbers."""
    statement = select(WebhookEndpoint).where(
        WebhookEndpoint.organisation_id == organisation_id,
        WebhookEndpoint.deleted_at.is_(None),
        WebhookEndpoint.number.in_(numbers),
    )
    return list(await session.scalars(statement))


async def count_endpoints(session: AsyncSession, organisation_id: int) -> int:
    """How many endpoints an organisation has."""
    return await count_rows(
        session,
        WebhookEndpoint,
        WebhookEndpoint.organisation_id == organisation_id,
        WebhookEndpoint.deleted_at.is_(None),
    )


async def all_endpoints(session: AsyncSession) -> list[WebhookEndpoint]:
    """The endpoints of all organisations, disabled ones too."""
    statement = (
        select(WebhookEndpoint)
        .where(WebhookEndpoint.deleted_at.is_(None))
        .order_by(WebhookEndpoint.organisation_id, WebhookEndpoint.number)
    )
    return list(await session.scalars(statement))


async def delivery_of(
    session: AsyncSession, organisation_id: int, number: int
) -> WebhookDelivery | None:
    """An organisation's delivery, or None."""
    return await session.get(WebhookDelivery, (organisation_id, number))


async def find_deliveries(
    session: AsyncSession, organisation_id: int, endpoint: int, request: PageRequest
) -> Page[WebhookDelivery]:
    """A page of an endpoint's deliveries, newest first."""
    statement = select(WebhookDelivery).where(
        WebhookDelivery.organisation_id == organisation_id,
        WebhookDelivery.endpoint == endpoint,
    )
    page = one_page(statement, WebhookDelivery.number, request, is_descending=True)
    return Page.of(list(await session.scalars(page)), request)


async def count_deliveries(
    session: AsyncSession, organisation_id: int, endpoint: int
) -> int:
    """How many deliveries of an endpoint are kept."""
    return await count_rows(
        session,
        WebhookDelivery,
        WebhookDelivery.organisation_id == organisation_id,
        WebhookDelivery.endpoint == endpoint,
    )


async def deliveries_by_number(
    session: AsyncSession, organisation_id: int, numbers: Iterable[int]
) -> list[WebhookDelivery]:
    """The deliveries of an organisation with one of these numbers."""
    statement = select(WebhookDelivery).where(
        WebhookDelivery.organisation_id == organisation_id
    )
    return await scalars_in_lists(
        session, statement, WebhookDelivery.number.in_, numbers
    )


async def attempts_of(
    session: AsyncSession, organisation_id: int, deliveries: Iterable[int]
) -> list[WebhookAttempt]:
    """The attempts of some deliveries of an organisation, oldest first."""
    statement = (
        select(WebhookAttempt)
        .where(WebhookAttempt.organisation_id == organisation_id)
        .order_by(WebhookAttempt.delivery, WebhookAttempt.number)
    )
    return await scalars_in_lists(
        session, statement, WebhookAttempt.delivery.in_, deliveries
    )


async def failing_since(
    session: AsyncSession, organisation_id: int, endpoint: int, enabled_at: datetime
) -> datetime | None:
    """When an endpoint's attempts began to fail; None if the last one succeeded."""
    is_its = (
        WebhookAttempt.organisation_id == organisation_id,
        WebhookAttempt.endpoint == endpoint,
        WebhookAttempt.made_at >= enabled_at,
    )
    moment = WebhookAttempt.made_at
    last_success = await session.scalar(
        select(func.max(moment)).where(*is_its, WebhookAttempt.is_success)
    )
    failures = select(func.min(moment)).where(*is_its, ~WebhookAttempt.is_success)
    if last_success is not None:
        failures = failures.where(moment > last_success)
    return await session.scalar(failures)


async def waiting_endpoints(
    session: AsyncSession, now: datetime
) -> Sequence[tuple[int, int]]:
    """Endpoints with deliveries that are due: organisation and number, oldest first."""
    due = func.min(WebhookDelivery.next_attempt_at)
    statement = (
        select(WebhookDelivery.organisation_id, WebhookDelivery.endpoint)
        .where(
            WebhookDelivery.state == int(DeliveryState.PENDING),
            WebhookDelivery.next_attempt_at <= now,
        )
        .group_by(WebhookDelivery.organisation_id, WebhookDelivery.endpoint)
        .order_by(due)
    )
    return [(row[0], row[1]) for row in await session.execute(statement)]
