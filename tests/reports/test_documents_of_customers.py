"""One customer's documents are found by their index, however many others there are."""

import pytest
from sqlalchemy import text

from daybook.db.engine import Database
from daybook.paging import PageRequest
from daybook.reports.documents import (
    DocumentFilter,
    count_documents,
    find_documents,
)
from daybook_counted import counted
from daybook_factories import invoice, pin, record

pytestmark = pytest.mark.anyio

OF_ONE = DocumentFilter(customer="cus_7")


async def test_a_customer_s_documents_are_found_by_their_index(
    database: Database,
) -> None:
    if not database.is_sqlite:
        pytest.skip("so small a ledger is scanned on PostgreSQL")
    sold = [
        invoice(f"inv_{number}", customer=f"cus_{number % 40}") for number in range(120)
    ]
    await record(database, *sold)
    async with database.writes() as session:
        await session.execute(text("ANALYZE documents"))
    at = await pin(database)

    with counted(database) as seen:
        async with database.reads() as session:
            found = await find_documents(session, at, OF_ONE, PageRequest(50))
            assert await count_documents(session, at, OF_ONE) == len(found.items) == 3
        listed = [statement for statement in seen if "FROM documents" in statement]
    async with database.reads() as session:
        for statement in listed:
            rows = await session.execute(text(f"EXPLAIN QUERY PLAN {statement}"))
            plan = " / ".join(row[-1] for row in rows)
            assert "ix_documents_ledger_id_customer_id" in plan, plan
    assert len(listed) == 2
