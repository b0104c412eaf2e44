"""Lists of manual journals by who saved them."""

import pytest

from daybook.db.engine import Database
from daybook.paging import PageRequest
from daybook.reports.manual_journals import ManualFilter, count_manual, find_manual
from daybook_adjusting import ADA, BOB, drafted, entered, submitted
from daybook_factories import ORGANISATION, invoice, record

pytestmark = pytest.mark.anyio


async def numbers_of(database: Database, author: str) -> list[int]:
    wanted = ManualFilter(author=author)
    async with database.reads() as session:
        page = await find_manual(session, ORGANISATION, wanted, PageRequest(10))
        assert await count_manual(session, ORGANISATION, wanted) == len(page.items)
    return [row.number for row in page.items]


async def test_whoever_saved_a_version_is_an_author(database: Database) -> None:
    await record(database, invoice(), on="2025-01-02")
    await drafted(database, entered(), by=ADA)
    await submitted(database, entered(), by=BOB)
    await drafted(database, entered(), by=ADA)
    changed = entered(narrative="Billed twice, and paid once")
    await drafted(database, changed, by=BOB, number=1, version=1)

    assert await numbers_of(database, ADA) == [3, 1]
    assert await numbers_of(database, BOB) == [2, 1]
    assert await numbers_of(database, "ada") == []
