"""The planner's statistics: written after a large write, on both databases."""

import pytest
from sqlalchemy import text

from daybook.db.engine import Database
from daybook.db.statistics import refresh_statistics
from daybook.ledger.models import Journal
from daybook_factories import invoice, record

pytestmark = pytest.mark.anyio

SQLITE = "SELECT max(CAST(stat AS INTEGER)) FROM sqlite_stat1 WHERE tbl = 'journals'"
POSTGRESQL = "SELECT reltuples FROM pg_class WHERE relname = 'journals'"


async def _known(database: Database) -> int:
    async with database.reads() as session:
        return int(
            await session.scalar(text(SQLITE if database.is_sqlite else POSTGRESQL))
        )


async def test_the_planner_knows_how_many_rows_there_are(database: Database) -> None:
    await record(database, invoice())

    async with database.writes() as session:
        await refresh_statistics(session, {Journal: 12})

    assert await _known(database) == 12


async def test_the_planner_is_told_again_once_a_table_has_doubled(
    database: Database,
) -> None:
    for number in range(3):
        await record(database, invoice(f"inv_{number}"))
        if number < 2:
            async with database.writes() as session:
                await refresh_statistics(session, {Journal: 12 + 11 * number})
    assert await _known(database) == 12

    async with database.writes() as session:
        await refresh_statistics(session, {Journal: 36})

    assert await _known(database) == 36


async def test_an_empty_table_is_not_worth_telling(database: Database) -> None:
    async with database.writes() as session:
        await refresh_statistics(session, {Journal: 0})
