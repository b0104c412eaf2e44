"""Outgoing events: numbers without gaps, cursors, and what is removed in time."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from daybook.db.engine import Database
from daybook.events.commands import remove_old_events, take_cursor, write_event
from daybook.events.models import OutgoingEvent
from daybook.events.queries import events_after, unread_events
from daybook.events.rules import KEPT, EventKind, NewEvent
from daybook.jobs.commands import rename_requester
from daybook_factories import ORGANISATION
from daybook_jobs import NOW

pytestmark = pytest.mark.anyio

OTHER = ORGANISATION + 1
READY = EventKind.EXPORT_READY


async def write(
    database: Database, subject: int, organisation_id: int = ORGANISATION
) -> None:
    """Write an event in a transaction of its own."""
    async with database.runtime.writes() as session:
        event = NewEvent(organisation_id, READY, str(subject), NOW, "Ada")
        await write_event(session, event)


async def numbers(
    database: Database, organisation_id: int, after: int = 0
) -> list[int]:
    """The numbers of an organisation's events after one."""
    async with database.runtime.reads() as session:
        events = await events_after(session, organisation_id, after, 100)
        return [event.number for event in events]


async def read_to(database: Database, consumer: str, position: int) -> None:
    """Move a consumer's cursor."""
    async with database.runtime.writes() as session:
        cursor = await take_cursor(session, consumer, ORGANISATION)
        cursor.position = position


async def waiting(database: Database, consumer: str) -> list[int]:
    """The organisations with events that a consumer hasn't read."""
    async with database.runtime.reads() as session:
        return list(await unread_events(session, consumer))


async def test_simultaneous_events_are_numbered_without_gaps(
    database: Database,
) -> None:
    writes = [
        write(database, subject, organisation_id)
        for subject in range(10)
        for organisation_id in (ORGANISATION, OTHER)
    ]
    await asyncio.gather(*writes)

    expected = list(range(1, 11))
    assert await numbers(database, ORGANISATION) == expected
    assert await numbers(database, OTHER) == expected
    assert await numbers(database, OTHER, after=8) == [9, 10]


async def test_each_consumer_has_its_own_cursor(database: Database) -> None:
    await write(database, 1)
    await write(database, 2)
    await write(database, 1, OTHER)

    await read_to(database, "mail", 1)
    assert await waiting(database, "mail") == [ORGANISATION, OTHER]
    await read_to(database, "mail", 2)

    assert await waiting(database, "mail") == [OTHER]
    assert await waiting(database, "webhooks") == [ORGANISATION, OTHER]


async def test_a_cursor_starts_where_it_is_made(database: Database) -> None:
    async with database.runtime.writes() as session:
        made = await take_cursor(session, "recordings", ORGANISATION, start=7)
        assert made.position == 7
    async with database.runtime.writes() as session:
        found = await take_cursor(session, "recordings", ORGANISATION, start=9)
        assert found.position == 7


async def test_consumers_in_two_processes_read_an_event_once(
    database: Database,
) -> None:
    await write(database, 1)
    read: list[int] = []

    async def consume() -> None:
        async with database.runtime.writes() as session:
            cursor = await take_cursor(session, "mail", ORGANISATION)
            events = await events_after(session, ORGANISATION, cursor.position, 100)
            for event in events:
                read.append(event.number)
                cursor.position = event.number

    await asyncio.gather(*(consume() for _ in range(4)))

    assert read == [1]


async def test_old_events_are_removed_once_all_have_read_them(
    database: Database,
) -> None:
    for subject in range(1, 5):
        await write(database, subject)
    await read_to(database, "mail", 4)
    await read_to(database, "webhooks", 2)

    await remove_old_events(database.runtime, now=NOW + KEPT)
    assert await numbers(database, ORGANISATION) == [1, 2, 3, 4]
    later = NOW + KEPT + timedelta(seconds=1)
    await remove_old_events(database.runtime, now=later)
    assert await numbers(database, ORGANISATION) == [3, 4]
    await read_to(database, "webhooks", 4)
    await remove_old_events(database.runtime, now=later)

    # The last one stays, so that the next number is free.
    assert await numbers(database, ORGANISATION) == [4]
    await write(database, 5)
    assert await numbers(database, ORGANISATION) == [4, 5]


async def test_the_names_of_erased_persons_are_replaced(database: Database) -> None:
    await write(database, 1)

    await rename_requester(database.runtime, ORGANISATION, "Ada", "erased person 1")

    async with database.runtime.reads() as session:
        event = (await session.scalars(select(OutgoingEvent))).one()
    assert event.requested_by == "erased person 1"
