"""Days end in the organisation's time zone, and a day that was over stays over."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from daybook.calendar import parse_day
from daybook.configuration.commands import set_time_zone
from daybook.db.engine import Database
from daybook.documents.commands import import_documents
from daybook.errors import Rejected
from daybook.ledger.queries import pin_ledger
from daybook_factories import ORGANISATION, invoice

pytestmark = pytest.mark.anyio

TODAY = parse_day("2025-06-15")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


async def record_at(database: Database, id_: str, moment: str) -> None:
    await import_documents(
        database,
        ORGANISATION,
        [invoice(id_)],
        now=at(moment),
        reason="test",
    )


async def move(database: Database, time_zone: str, moment: str) -> bool:
    return await set_time_zone(
        database, ORGANISATION, time_zone, now=at(moment), made_by=None
    )


async def known_by(database: Database, day: str) -> int:
    """The recording that a report as of a day is made from."""
    async with database.reads() as session:
        pin = await pin_ledger(session, ORGANISATION, 1, TODAY, parse_day(day))
    assert pin is not None
    return pin.recording


async def test_a_day_ends_in_the_time_zone_of_its_time(database: Database) -> None:
    await record_at(database, "inv_1", "2025-03-10T12:00")
    await record_at(database, "inv_2", "2025-03-10T23:30")
    assert await known_by(database, "2025-03-10") == 2

    # In Tokyo the 10th was over at 15:00 UTC, but nobody knew then.
    await move(database, "Asia/Tokyo", "2025-03-12T12:00")
    await record_at(database, "inv_3", "2025-03-14T16:00")
    assert await known_by(database, "2025-03-10") == 2
    assert await known_by(database, "2025-03-14") == 2
    assert await known_by(database, "2025-03-15") == 3

    # In Honolulu the 14th lasts until 10:00 UTC of the 15th, and was over in Tokyo.
    await move(database, "Pacific/Honolulu", "2025-03-15T00:00")
    await record_at(database, "inv_4", "2025-03-16T09:00")
    assert await known_by(database, "2025-03-10") == 2
    assert await known_by(database, "2025-03-14") == 2
    assert await known_by(database, "2025-03-15") == 4


async def test_a_time_zone_that_held_for_no_time_closed_no_day(
    database: Database,
) -> None:
    await record_at(database, "inv_1", "2025-03-10T23:30")
    moment = "2025-03-12T12:00"

    for time_zone in ("Asia/Tokyo", "Pacific/Honolulu", "Europe/Berlin"):
        assert await move(database, time_zone, moment)

    assert await known_by(database, "2025-03-10") == 1
    assert await known_by(database, "2025-03-09") == 0


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM former_time_zones",
        "UPDATE former_time_zones SET time_zone = time_zone",
    ],
)
async def test_what_was_a_time_zone_stays_so(database: Database, change: str) -> None:
    await move(database, "Asia/Tokyo", "2025-03-12T12:00")

    with pytest.raises(DBAPIError, match="rows"):
        async with database.writes() as session:
            await session.execute(text(change))


@pytest.mark.parametrize("name", ["Factory", "localtime", "Europe/Nowhere"])
async def test_a_time_zone_is_a_place(database: Database, name: str) -> None:
    with pytest.raises(Rejected):
        await move(database, name, "2025-03-12T12:00")
