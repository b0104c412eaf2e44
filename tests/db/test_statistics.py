"""The planner's statistics: written after a large write, on both databases."""

import pytest
from sqlalchemy import text

from daybook.db.bulk import refresh_statistics
from daybook.db.engine import Database
from daybook.ledger.models import Journal
from daybook_factories import invoice, record

pytestmark = pytest.mark.anyio

SQLITE = "SELECT count(*) FROM sqlite_stat1 WHERE tbl = 'journals'"
POSTGRESQL = "SELECT reltuples FROM pg_class WHERE relname = 'journals'"


async def test_the_planner_knows_how_many_rows_there_are(database: Database) -> None:
    await record(database, invoice())

    async with database.writes() as session:
        await refresh_statistics(session, [Journal])

    async with database.reads() as session:
        known = await session.scalar(text(SQLITE if database.is_sqlite else POSTGRESQL))
    indexes = 4
    assert known == (indexes if database.is_sqlite else 12)
