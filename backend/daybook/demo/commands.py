"""Filling an empty database with the demo company, month by month."""

from datetime import UTC, datetime, time
from itertools import groupby
from zoneinfo import ZoneInfo

from daybook.calendar import Day, date_of, last_day_of, month_of, parse_day
from daybook.clock import now, today
from daybook.configuration.commands import set_lock
from daybook.db.engine import Database
from daybook.demo.closing import post_through
from daybook.demo.rules import demo_documents
from daybook.documents.commands import import_documents
from daybook.documents.reading import read_documents
from daybook.ledger.queries import choose_ledger, pin_ledger, time_zone_of
from daybook.ledger.rules import LockMethod
from daybook.settings import Settings

DEMO_DATABASE = "demo.db"
ORGANISATION_ID = 1
MADE_BY = "demo"
POSTED = "USD"
"""The ledger of which a file is posted."""

MONTHS_OPEN = 2
"""How many months stay open: the present one, and the one that is being closed."""


async def fill(database: Database, settings: Settings) -> str:
    """Record the demo's documents as if each month's had arrived at its end.

    Credit notes and revisions therefore change earlier recordings, as in real life.
    After each month, the books are locked through the month before the last. Returns a
    line that counts documents, journals and movements.
    """
    async with database.reads() as session:
        zone = await time_zone_of(session, ORGANISATION_ID)
    last_day = today(settings, zone)
    journals = movements = documents = 0
    for month, of_month in groupby(
        demo_documents(last_day),
        key=lambda document: month_of(parse_day(document["issued_on"])),
    ):
        reading = read_documents(list(of_month))
        day = min(last_day_of(month), last_day)
        moment = min(_evening_of(day, zone), now(settings))
        result = await import_documents(
            database,
            ORGANISATION_ID,
            reading.documents,
            now=moment,
            reason="demo",
            made_by=MADE_BY,
        )
        for currency in result.recordings:
            await set_lock(
                database,
                ORGANISATION_ID,
                currency,
                method=LockMethod.CUSTOM_DATE,
                locked_through=last_day_of(month - MONTHS_OPEN),
                now=moment,
                made_by=MADE_BY,
            )
        documents += len(reading.documents)
        journals += result.journals
        movements += result.movements
    await _post_what_is_closed(database, settings, zone)
    return f"{documents:,} documents, {journals:,} journals, {movements:,} movements."


async def _post_what_is_closed(
    database: Database, settings: Settings, zone: str
) -> None:
    """Post what is locked of one ledger as a file; the other has nothing posted."""
    the_day = today(settings, zone)
    async with database.reads() as session:
        ledger = await choose_ledger(session, ORGANISATION_ID, POSTED)
        pin = await pin_ledger(session, ORGANISATION_ID, ledger.id, the_day)
    assert pin is not None, "the ledger was just found"
    through = last_day_of(month_of(the_day) - MONTHS_OPEN)
    await post_through(database, pin, through, now=now(settings), made_by=MADE_BY)


def _evening_of(day: Day, zone: str) -> datetime:
    evening = datetime.combine(date_of(day), time(22), ZoneInfo(zone))
    return evening.astimezone(UTC)
