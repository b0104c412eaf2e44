"""A day has what happened until it ended as that was told then, wherever it is asked.

At first days end in UTC. A recording of half past eleven on 31 March, UTC, stays one of
March when the organisation moves to Tokyo, where April had begun; one of 1 March, 05:00
stays one of March in Honolulu, where it was February.
"""

from datetime import UTC, datetime

import pytest

from daybook.calendar import parse_day, parse_month
from daybook.closing.checks import after_close
from daybook.configuration.commands import set_lock, set_time_zone
from daybook.db.engine import Database
from daybook.documents.commands import import_documents
from daybook.ledger.queries import day_told, ends_of_days, pin_ledger
from daybook.ledger.rules import LockMethod
from daybook.paging import PageRequest
from daybook.reports.activity import find_activities
from daybook.reports.trail.filters import ActivityFilter, TrailFilter
from daybook.reports.trail.queries import find_records
from daybook_factories import ORGANISATION, invoice

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

MARCH = parse_day("2025-03-01"), parse_day("2025-03-31")
MOMENTS = {
    "inv_1": "2025-02-10T12:00",
    "inv_2": "2025-03-01T05:00",
    "inv_3": "2025-03-31T23:30",
    "inv_4": "2025-04-01T12:00",
}
"""When each invoice is recorded; the second and the third in March, by UTC."""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


async def record_all(database: Database) -> None:
    """Record the invoices; January and February are closed after the first one."""
    for id_, moment in MOMENTS.items():
        await import_documents(
            database, ORGANISATION, [invoice(id_)], now=at(moment), reason=id_
        )
        if id_ == "inv_1":
            await set_lock(
                *(database, ORGANISATION, "USD"),
                method=LockMethod.CUSTOM_DATE,
                locked_through=parse_day("2025-02-28"),
                is_confirmed=True,
                now=at("2025-02-28T12:00"),
                made_by="test",
            )


@pytest.mark.parametrize("zone", [None, "Asia/Tokyo", "Pacific/Honolulu"])
async def test_a_month_keeps_what_was_done_in_it(
    database: Database, zone: str | None
) -> None:
    await record_all(database)
    if zone is not None:
        moved = at("2025-04-05T12:00")
        await set_time_zone(database, ORGANISATION, zone, now=moved, made_by="test")
    since, until = MARCH
    async with database.reads() as session:
        trail = await find_records(
            session,
            ORGANISATION,
            PageRequest(50),
            TrailFilter(since=since, until=until),
        )
        log = await find_activities(
            session,
            ORGANISATION,
            PageRequest(50),
            ActivityFilter(since=since, until=until),
        )
        pin = await pin_ledger(session, ORGANISATION, 1, parse_day("2025-04-10"))
        assert pin is not None
        check = await after_close(session, pin, parse_month("2025-03"))
        ended = await ends_of_days(session, ORGANISATION)

    assert len(trail.items) == 2
    assert len(log.items) == 2
    # The amounts of all three are posted on 1 March, the first open day.
    assert check.count == 3
    told = [row.message for row in check.rows]
    assert ", 1 Mar 2025 (" in told[0]
    assert ", 31 Mar 2025 (" in told[1]
    assert ", 1 Apr 2025 (" in told[2]
    days = [day_told(at(moment), ended) for moment in MOMENTS.values()]
    assert days == [parse_day(moment[:10]) for moment in MOMENTS.values()]
