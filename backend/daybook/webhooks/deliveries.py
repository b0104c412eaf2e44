"""Adding deliveries, claiming those that are due, ending attempts, and replaying.

Each function is a transaction of the runtime store, or part of one. An attempt is
leased: if its process is killed, another repeats it, with the same message id.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import uuid4

from sqlalchemy import (
    ColumnElement,
    Update,
    and_,
    delete,
    exists,
    or_,
    select,
    update,
)

from daybook.db.dialects import advisory_lock
from daybook.db.engine import Store, WriteSession
from daybook.db.keyset import count_rows, has_rows, has_successor, next_number
from daybook.webhooks.models import WebhookAttempt, WebhookDelivery
from daybook.webhooks.rules import (
    KEPT,
    SECONDS_MAX,
    DeliveryState,
    MessageKind,
    message_text,
    next_attempt,
)

NUMBERS_LOCK = 0x7768
"""The advisory lock for numbering an organisation's deliveries (PostgreSQL)."""
LEASE = timedelta(seconds=6 * SECONDS_MAX)
"""How long an attempt may take before another process repeats it."""
PENDING = int(DeliveryState.PENDING)


class Message(NamedTuple):
    """A message to one or more endpoints of an organisation."""

    id: str
    kind: MessageKind
    made_at: datetime
    data: Mapping[str, object]


class Claimed(NamedTuple):
    """A delivery whose attempt this worker alone makes."""

    organisation_id: int
    number: int
    endpoint: int
    worker: str
    message_id: str
    body: str


class Outcome(NamedTuple):
    """How an attempt ended: the status of the answer, or what went wrong, in words."""

    made_at: datetime
    took_ms: int
    status: int | None
    failure: str | None

    @property
    def is_success(self) -> bool:
        """Whether the endpoint accepted the message."""
        return self.failure is None


async def add_delivery(
    session: WriteSession,
    organisation_id: int,
    endpoint: int,
    message: Message,
    *,
    now: datetime,
) -> WebhookDelivery:
    """Add a delivery that is due at once, in the caller's transaction."""
    await advisory_lock(session, NUMBERS_LOCK, organisation_id)
    is_its = WebhookDelivery.organisation_id == organisation_id
    delivery = WebhookDelivery(
        organisation_id=organisation_id,
        number=await next_number(session, WebhookDelivery.number, is_its),
        endpoint=endpoint,
        message_id=message.id,
        kind=int(message.kind),
        body=message_text(message.kind, message.made_at, message.data),
        made_at=message.made_at,
        state=PENDING,
        failed_attempts=0,
        next_attempt_at=now,
    )
    session.add(delivery)
    await session.flush()
    return delivery


async def claim(
    store: Store, organisation_id: int, endpoint: int, *, now: datetime
) -> Claimed | None:
    """Begin an attempt of the endpoint's delivery that is due longest, if one is."""
    is_due = and_(
        WebhookDelivery.organisation_id == organisation_id,
        WebhookDelivery.endpoint == endpoint,
        WebhookDelivery.next_attempt_at <= now,
        _is_free(),
    )
    async with store.reads() as session:
        if not await has_rows(session, is_due):
            return None
    async with store.writes() as session:
        delivery = await session.scalar(
            select(WebhookDelivery)
            .where(is_due)
            .order_by(WebhookDelivery.next_attempt_at, WebhookDelivery.number)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        return None if delivery is None else _lease(delivery)


async def claim_at_once(
    store: Store, organisation_id: int, endpoint: int, message: Message, now: datetime
) -> Claimed:
    """Add a delivery whose first attempt is under way already."""
    async with store.writes() as session:
        added = await add_delivery(session, organisation_id, endpoint, message, now=now)
        return _lease(added)


def _is_free() -> ColumnElement[bool]:
    clock = datetime.now(UTC)
    return and_(
        WebhookDelivery.state == PENDING,
        or_(WebhookDelivery.lease_until.is_(None), WebhookDelivery.lease_until < clock),
    )


def _lease(delivery: WebhookDelivery) -> Claimed:
    delivery.worker = uuid4().hex
    delivery.lease_until = datetime.now(UTC) + LEASE
    return Claimed(
        delivery.organisation_id,
        delivery.number,
        delivery.endpoint,
        delivery.worker,
        delivery.message_id,
        delivery.body,
    )


async def end_attempt(store: Store, claimed: Claimed, outcome: Outcome) -> None:
    """Record the outcome of an attempt, and when the next is due, if any.

    An attempt that another process took over changes nothing.
    """
    async with store.writes() as session:
        key = (claimed.organisation_id, claimed.number)
        delivery = await session.get(WebhookDelivery, key, with_for_update=True)
        if delivery is None or delivery.worker != claimed.worker:
            return
        number = await next_number(
            session,
            WebhookAttempt.number,
            WebhookAttempt.organisation_id == claimed.organisation_id,
            WebhookAttempt.delivery == claimed.number,
        )
        session.add(
            WebhookAttempt(
                organisation_id=claimed.organisation_id,
                delivery=claimed.number,
                number=number,
                endpoint=claimed.endpoint,
                made_at=outcome.made_at,
                took_ms=outcome.took_ms,
                is_success=outcome.is_success,
                status=outcome.status,
                failure=outcome.failure,
            )
        )
        delivery.worker = delivery.lease_until = delivery.next_attempt_at = None
        if outcome.is_success:
            delivery.state = int(DeliveryState.DELIVERED)
            return
        delivery.failed_attempts += 1
        if delivery.kind != MessageKind.TEST:
            delivery.next_attempt_at = next_attempt(
                delivery.failed_attempts, outcome.made_at
            )
        if delivery.next_attempt_at is None:
            delivery.state = int(DeliveryState.FAILED)


async def give_back(store: Store, claimed: Claimed) -> None:
    """End an attempt that was cancelled before it had an outcome; it is due again."""
    async with store.writes() as session:
        await session.execute(
            update(WebhookDelivery)
            .where(
                WebhookDelivery.organisation_id == claimed.organisation_id,
                WebhookDelivery.number == claimed.number,
                WebhookDelivery.worker == claimed.worker,
            )
            .values(worker=None, lease_until=None)
        )


async def replay(
    store: Store, organisation_id: int, number: int, *, now: datetime
) -> None:
    """Send a delivery again, with its message id; one that waits is due at once."""
    is_it = and_(
        WebhookDelivery.organisation_id == organisation_id,
        WebhookDelivery.number == number,
    )
    async with store.writes() as session:
        await session.execute(_again(is_it, now))


async def replay_since(
    store: Store,
    organisation_id: int,
    endpoint: int,
    since: datetime,
    *,
    now: datetime,
) -> int:
    """Send all of an endpoint's deliveries since a moment again; return how many."""
    are_they = and_(
        WebhookDelivery.organisation_id == organisation_id,
        WebhookDelivery.endpoint == endpoint,
        WebhookDelivery.made_at >= since,
        WebhookDelivery.kind != int(MessageKind.TEST),
    )
    async with store.writes() as session:
        count = await count_rows(session, WebhookDelivery, are_they)
        await session.execute(_again(are_they, now))
        return count


def _again(which: ColumnElement[bool], now: datetime) -> Update:
    return (
        update(WebhookDelivery)
        .where(which)
        .values(state=PENDING, failed_attempts=0, next_attempt_at=now)
        .execution_options(synchronize_session=False)
    )


async def drop_deliveries(store: Store, organisation_id: int, endpoint: int) -> None:
    """Mark deliveries that wait for a deleted endpoint as failed."""
    async with store.writes() as session:
        await session.execute(
            update(WebhookDelivery)
            .where(
                WebhookDelivery.organisation_id == organisation_id,
                WebhookDelivery.endpoint == endpoint,
                WebhookDelivery.state == PENDING,
            )
            .values(state=int(DeliveryState.FAILED), next_attempt_at=None)
        )


async def remove_old_deliveries(store: Store, *, now: datetime) -> None:
    """Remove ended deliveries after their time, with their attempts.

    An organisation's last delivery stays, since the next number follows from it.
    """
    is_old = and_(
        WebhookDelivery.made_at < now - KEPT,
        WebhookDelivery.state != PENDING,
        has_successor(WebhookDelivery),
    )
    async with store.reads() as session:
        if not await has_rows(session, is_old):
            return
    is_its = exists().where(
        WebhookDelivery.organisation_id == WebhookAttempt.organisation_id,
        WebhookDelivery.number == WebhookAttempt.delivery,
        is_old,
    )
    async with store.writes() as session:
        for statement in (
            delete(WebhookAttempt).where(is_its),
            delete(WebhookDelivery).where(is_old),
        ):
            await session.execute(
                statement, execution_options={"synchronize_session": False}
            )
