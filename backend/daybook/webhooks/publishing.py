"""Turns events into deliveries: each event once for every endpoint that receives it.

Events of exports are read from `outgoing_events`, changes of ledgers and locks from the
audit trail. Each cursor moves in the transaction that adds the deliveries.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from secrets import token_hex
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.audit.models import AuditedRecording
from daybook.calendar import day_text
from daybook.configuration.lock_history import RecordedLock, locks_between
from daybook.db.engine import Database, WriteSession
from daybook.db.failures import log_failure, outage_of
from daybook.events.commands import take_cursor
from daybook.events.models import Cursor, OutgoingEvent
from daybook.events.queries import events_after, unread_events
from daybook.events.rules import EventKind
from daybook.exports.models import ExportJob
from daybook.ledger.models import Ledger, Organisation
from daybook.webhooks.deliveries import Message, add_delivery
from daybook.webhooks.models import WebhookEndpoint
from daybook.webhooks.queries import all_endpoints
from daybook.webhooks.rules import Events, MessageKind

EXPORTS, TRAIL = "webhooks", "webhooks of the trail"
"""The consumers of outgoing events, and of the audit trail."""
EVENTS_AT_ONCE = 500

_KINDS = {
    EventKind.EXPORT_READY: MessageKind.EXPORT_READY,
    EventKind.EXPORT_FAILED: MessageKind.EXPORT_FAILED,
}


class Change(NamedTuple):
    """A ledger's recordings that weren't published yet, and the locks among them."""

    currency: str
    first: int
    last: int
    locks: Sequence[RecordedLock]


async def publish(database: Database, *, now: datetime) -> None:
    """Add deliveries of everything that happened since the last time.

    Endpoints are read after the ends of what is published: one that was created before
    something happened receives it. An organisation whose events can't be read, by a
    bug of ours, holds up no other.
    """
    async with database.runtime.reads() as session:
        last_events = await unread_events(session, EXPORTS)
    async with database.reads() as session:
        ends = await _ends_of_trails(session)
        endpoints: dict[int, list[WebhookEndpoint]] = defaultdict(list)
        for endpoint in await all_endpoints(session):
            endpoints[endpoint.organisation_id].append(endpoint)
    for organisation_id, last in last_events.items():
        enabled = _enabled(endpoints[organisation_id])
        with _failures_logged(organisation_id):
            await _publish_exports(database, organisation_id, last, enabled, now)
    for organisation_id, end in ends.items():
        if organisation_id not in endpoints:
            continue
        enabled = _enabled(endpoints[organisation_id])
        with _failures_logged(organisation_id):
            await _publish_trail(database, organisation_id, end, enabled, now)


@contextmanager
def _failures_logged(organisation_id: int) -> Iterator[None]:
    """Log our own bugs; outages are all organisations'."""
    try:
        yield
    except Exception as failed:
        if outage_of(failed) is not None:
            raise
        what = f"events of organisation {organisation_id} were not published"
        log_failure(failed, what)


async def begin_reading(database: Database, organisation_id: int) -> None:
    """Start reading an organisation's trail at its end, unless it is being read."""
    end = await _end_of_trail(database, organisation_id)
    async with database.runtime.writes() as session:
        await take_cursor(session, TRAIL, organisation_id, start=end)


def _enabled(endpoints: Iterable[WebhookEndpoint]) -> list[WebhookEndpoint]:
    return [endpoint for endpoint in endpoints if endpoint.enabled_at is not None]


async def _publish_exports(
    database: Database,
    organisation_id: int,
    last: int,
    endpoints: Sequence[WebhookEndpoint],
    now: datetime,
) -> None:
    """Publish the events after the cursor, up to the `last`."""
    async with database.runtime.writes() as session:
        cursor = await take_cursor(session, EXPORTS, organisation_id)
        events = await events_after(
            session, organisation_id, cursor.position, EVENTS_AT_ONCE
        )
        for event in events:
            if event.number > last:
                break
            cursor.position = event.number
            kind = _KINDS.get(EventKind(event.kind))
            if kind is None or not endpoints:
                continue
            data = await _export_data(session, event)
            message = Message(f"msg_{event.id}", kind, event.made_at, data)
            await _add(session, organisation_id, endpoints, message, now)


async def _export_data(
    session: WriteSession, event: OutgoingEvent
) -> Mapping[str, object]:
    data: dict[str, object] = {
        "organisation": event.organisation_id,
        "export": int(event.subject),
    }
    key = (event.organisation_id, int(event.subject))
    job = await session.get(ExportJob, key)
    if job is None:
        return data
    data |= {"currency": job.currency, "recording": job.recording}
    if event.kind == EventKind.EXPORT_FAILED:
        return {**data, "failure": job.failure_code}
    sha256 = job.file_sha256
    return {**data, "sha256": None if sha256 is None else sha256.hex()}


async def _publish_trail(
    database: Database,
    organisation_id: int,
    end: int,
    endpoints: Sequence[WebhookEndpoint],
    now: datetime,
) -> None:
    """Publish the recordings from the cursor to the end; none if the store lost it."""
    async with database.runtime.reads() as session:
        known = await session.get(Cursor, (TRAIL, organisation_id))
    position = end if known is None else known.position
    if end < position:
        # Another process has published more, unless the ledger was restored.
        end = await _end_of_trail(database, organisation_id)
        if end >= position:
            return
    if known is not None and position == end:
        return
    changes = []
    if endpoints and position < end:
        changes = await _changes(database, organisation_id, position, end)
    async with database.runtime.writes() as session:
        cursor = await take_cursor(session, TRAIL, organisation_id, start=end)
        if cursor.position != position:
            return  # another process has published them
        cursor.position = end
        for change in changes:
            for message in _messages(organisation_id, change, now):
                await _add(session, organisation_id, endpoints, message, now)


async def _end_of_trail(database: Database, organisation_id: int) -> int:
    async with database.reads() as session:
        statement = select(Organisation.audit_records)
        end = await session.scalar(statement.where(Organisation.id == organisation_id))
        return end or 0


async def _ends_of_trails(session: AsyncSession) -> dict[int, int]:
    """The number of the last audit record of each organisation."""
    columns = (Organisation.id, Organisation.audit_records)
    found = await session.execute(select(*columns).order_by(Organisation.id))
    return dict(found.all())


async def _changes(
    database: Database, organisation_id: int, after: int, through: int
) -> list[Change]:
    """The recordings that some records of the trail cover, by ledger."""
    record, recording = AuditedRecording.record, AuditedRecording.recording
    statement = (
        select(Ledger.id, Ledger.currency, func.min(recording), func.max(recording))
        .join(AuditedRecording, AuditedRecording.ledger_id == Ledger.id)
        .where(
            Ledger.organisation_id == organisation_id,
            record > after,
            record <= through,
        )
        .group_by(Ledger.id, Ledger.currency)
        .order_by(Ledger.currency)
    )
    changes = []
    async with database.reads() as session:
        for ledger_id, currency, first, last in await session.execute(statement):
            locks = await locks_between(session, ledger_id, first, last)
            changes.append(Change(currency, first, last, locks))
    return changes


def _messages(organisation_id: int, change: Change, now: datetime) -> Iterable[Message]:
    its = {"organisation": organisation_id, "currency": change.currency}
    yield Message(
        f"msg_{token_hex(16)}",
        MessageKind.LEDGER_CHANGED,
        now,
        {**its, "fromRecording": change.first, "toRecording": change.last},
    )
    for recorded in change.locks:
        through = recorded.lock.through
        yield Message(
            f"msg_{token_hex(16)}",
            MessageKind.LOCK_CHANGED,
            recorded.recorded_at,
            {
                **its,
                "recording": recorded.recording,
                "lockMethod": recorded.lock.method.name,
                "lockedThrough": None if through is None else day_text(through),
            },
        )


async def _add(
    session: WriteSession,
    organisation_id: int,
    endpoints: Sequence[WebhookEndpoint],
    message: Message,
    now: datetime,
) -> None:
    for endpoint in endpoints:
        if Events(int(message.kind)) in Events(endpoint.events):
            number = endpoint.number
            await add_delivery(session, organisation_id, number, message, now=now)
