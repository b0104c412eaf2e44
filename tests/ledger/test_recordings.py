"""Recordings: one for each import and ledger, and their times never decrease."""

import pytest
from sqlalchemy import select

from daybook.calendar import parse_day
from daybook.db.engine import Database
from daybook.ledger.models import JournalMovement, Recording
from daybook_factories import accept, credit_note, invoice, noon, record
from daybook_stored import posted

pytestmark = pytest.mark.anyio


async def test_an_import_makes_one_recording_in_each_of_its_ledgers(
    database: Database,
) -> None:
    await record(database, invoice("a"), invoice("b", currency="EUR"), on="2025-01-01")
    await record(database, invoice("c"), invoice("d"), on="2025-02-01")

    async with database.reads() as session:
        rows = await session.scalars(
            select(Recording).order_by(Recording.ledger_id, Recording.number)
        )
        found = [(row.ledger_id, row.number, row.recorded_at) for row in rows]
    january, february = noon(parse_day("2025-01-01")), noon(parse_day("2025-02-01"))
    assert found == [(1, 1, january), (2, 1, january), (2, 2, february)]


async def test_times_never_decrease_though_the_clock_runs_backwards(
    database: Database,
) -> None:
    for number, day in enumerate(["2025-03-01", "2025-01-01", "2025-04-01"]):
        await accept(database, on=day)
        await record(database, invoice(f"inv_{number}"), on=day)

    async with database.reads() as session:
        rows = await session.scalars(select(Recording).order_by(Recording.number))
        times = [row.recorded_at for row in rows]
    assert times == [
        noon(parse_day(day)) for day in ("2025-03-01", "2025-03-01", "2025-04-01")
    ]


async def test_what_was_posted_stays_though_the_clock_runs_backwards(
    database: Database,
) -> None:
    # By the first recording's time November is posted: the credit note appends a
    # difference to it, though its own clock says that November lies ahead.
    await record(database, invoice(), on="2025-12-01")
    before = await posted(database)
    await accept(database, on="2025-10-01")

    await record(database, credit_note(), on="2025-10-01")

    async with database.reads() as session:
        superseded = await session.scalars(
            select(JournalMovement.last_day).where(
                JournalMovement.superseded_in.is_not(None)
            )
        )
        assert list(superseded) == [parse_day("2025-12-31")]
    assert await posted(database) != before
