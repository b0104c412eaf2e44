"""The SQL view of daily entries: what the rules say of each movement in force."""

from typing import Any

import pytest
from sqlalchemy import select, text

from daybook.calendar import LAST_DAY, day_text, parse_day
from daybook.db.engine import Database
from daybook.ledger.models import JournalMovement
from daybook.ledger.queries import value_of
from daybook.ledger.rules import shares
from daybook.paging import PageRequest
from daybook.recognition.allocation import Strategy
from daybook.recognition.rules import Method, Timing
from daybook.reports.journals.entries import find_entries
from daybook.reports.journals.filters import JournalFilter
from daybook_factories import (
    credit_note,
    credited_line,
    invoice,
    line,
    pin,
    record,
    terms,
)
from daybook_stored import entries

pytestmark = pytest.mark.anyio

ODD = ("2025-01-17", "2025-05-03")


async def a_history(database: Database) -> None:
    """Every kind of document and movement, credits in time and late, two ledgers."""
    lines = [
        line(str(at), product=f"p{at}", its_terms=terms(amount, ODD, strategy=strategy))
        for at, strategy in enumerate(Strategy)
        for amount in [f"{at + 1}00.01"]
    ]
    tiny = line("tiny", its_terms=terms("0.07", ODD))
    minus = line("minus", its_terms=terms("-50.00", ODD))
    await record(database, invoice("inv_1", *lines, tiny, minus))
    arrears = terms("600.00", ODD, timing=Timing.IN_ARREARS)
    point = terms("9.99", None, method=Method.POINT_IN_TIME, recognized_on="2025-06-01")
    yen = terms("77", ODD, currency="JPY")
    await record(
        database,
        invoice(
            "inv_2",
            line("1", its_terms=arrears),
            line("2", its_terms=point),
            accounting_date="2025-03-03",
        ),
        invoice("inv_3", line(its_terms=yen), currency="JPY"),
    )
    in_time = credit_note(
        "cn_1", credited_line("20.00", "0"), accounting_date="2025-02-10"
    )
    late = credit_note(
        "cn_2", credited_line("20.00", "1"), accounting_date="2025-02-10"
    )
    await record(database, in_time, on="2025-02-01")
    await record(database, late, on="2025-03-20")
    alone = credit_note("cn_3", line(), invoice_id=None)
    await record(database, alone, on="2025-03-20")


async def test_the_view_gives_the_days_of_every_movement_in_force(
    database: Database,
) -> None:
    await a_history(database)

    async with database.reads() as session:
        rows = await session.scalars(
            select(JournalMovement)
            .where(JournalMovement.superseded_in.is_(None))
            .order_by(
                JournalMovement.ledger_id, JournalMovement.journal, JournalMovement.seq
            )
        )
        expected = [
            (row.ledger_id, row.journal, row.seq, day_text(day), amount)
            for row in rows
            for day, amount in shares(value_of(row))
        ]
        found = await session.execute(
            text(
                "SELECT ledger_id, journal_number, movement, entry_date, amount_minor"
                " FROM journal_entries ORDER BY 1, 2, 3, 4"
            )
        )
        assert [tuple(row) for row in found] == expected
    assert len(expected) > 500


async def test_the_view_and_the_report_list_the_same_entries(
    database: Database,
) -> None:
    await a_history(database)

    for currency in ("USD", "JPY"):
        at = await pin(database, currency)
        async with database.reads() as session:
            page = await find_entries(session, at, JournalFilter(), PageRequest(10_000))
        listed = [
            (
                *(item.journal, item.seq, day_text(item.day)),
                *(item.debit.name, item.credit.name, item.amount),
            )
            for item in page.items
        ]
        view = [row[:6] for row in await entries(database, currency)]
        # The view is read by movement here, the report goes by day.
        assert listed == sorted(view, key=lambda row: (row[0], row[2], row[1]))


async def test_the_view_names_what_people_look_for(database: Database) -> None:
    only = terms("5.00", None, method=Method.POINT_IN_TIME, recognized_on="2099-12-31")
    await record(database, invoice("inv_1", line(its_terms=only), customer="c"))

    async with database.reads() as session:
        rows = await session.execute(
            text("SELECT * FROM journal_entries WHERE debit_account = 'DEFERRED'")
        )
        (row,) = [dict(row) for row in rows.mappings()]

    assert parse_day("2099-12-31") == LAST_DAY
    expected: dict[str, Any] = {
        "organisation_id": 1,
        "currency": "USD",
        "decimals": 2,
        "ledger_id": 1,
        "journal_number": 2,
        "movement": 1,
        "entry_date": "2099-12-31",
        "debit_account": "DEFERRED",
        "credit_account": "RECOGNIZED",
        "amount_minor": 500,
        "source": "INVOICE",
        "method": "POINT_IN_TIME",
        "document_id": "inv_1",
        "document_number": "INV_1",
        "customer_id": "c",
        "customer_name": "Acme",
        "product_id": "prod_1",
        "product_name": "Platform",
        "schedule_id": 1,
        "recorded_in": 1,
        "service_from": None,
        "service_to": None,
        "locked_through": None,
        "debit_product_id": "prod_1",
        "credit_product_id": "prod_1",
    }
    assert row == expected
