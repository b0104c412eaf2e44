"""Numbers that are stored mean the same for ever, also to those who read the tables."""

import pytest
from sqlalchemy import text

from daybook.db.engine import Database
from daybook.ledger.rules import Role, SourceKind
from daybook.recognition.allocation import Strategy
from daybook.recognition.rules import Method, Timing
from daybook_factories import credit_note, invoice, record

NUMBERS = {
    Role: "BILLED UNBILLED DEFERRED RECOGNIZED",
    SourceKind: "INVOICE BILLING_SCHEDULE CREDIT_NOTE STANDALONE",
    Method: "STRAIGHT_LINE USAGE POINT_IN_TIME MILESTONE",
    Timing: "IN_ADVANCE IN_ARREARS",
    Strategy: (
        "DAILY_RATE_EVEN_MONTHS CALENDAR_FRACTION EXACT_DAYS EVEN_PERIODS THIRTY_360"
    ),
}


@pytest.mark.parametrize("kind", NUMBERS)
def test_numbers_stay(
    kind: type[Role | SourceKind | Method | Timing | Strategy],
) -> None:
    names = NUMBERS[kind].split()

    found = {name: int(one) for name, one in kind.__members__.items()}

    assert found == {name: number for number, name in enumerate(names, start=1)}


@pytest.mark.anyio
async def test_the_view_has_names_for_numbers(database: Database) -> None:
    await record(database, invoice(), credit_note())

    async with database.reads() as session:
        rows = await session.execute(
            text(
                "SELECT DISTINCT source, method, debit_account, credit_account"
                " FROM journal_entries ORDER BY source, debit_account"
            )
        )
        found = [tuple(row) for row in rows]
    assert found == [
        ("CREDIT_NOTE", "POINT_IN_TIME", "DEFERRED", "BILLED"),
        ("INVOICE", "STRAIGHT_LINE", "BILLED", "DEFERRED"),
        ("INVOICE", "STRAIGHT_LINE", "DEFERRED", "RECOGNIZED"),
    ]
