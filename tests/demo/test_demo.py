"""The demo company: believable, the same for the same day, and true to the rules."""

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select, text

from daybook.calendar import parse_day
from daybook.db.engine import Database
from daybook.demo.commands import fill
from daybook.demo.rules import CUSTOMERS, demo_documents, months_later, subscribers
from daybook.ledger.models import JournalMovement, Ledger
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.group_keys import Granularity
from daybook.reports.journals.groups import GroupedBy, count_groups
from daybook.settings import Settings
from daybook_factories import pin
from daybook_stored import dump_without_salts

pytestmark = pytest.mark.anyio

SETTINGS = Settings(now=datetime(2026, 3, 17, 9, tzinfo=UTC))


@pytest.fixture(scope="module")
async def summary(module_database: Database) -> str:
    """Fills the database that the tests share, and says what with."""
    return (await fill(module_database, SETTINGS)).summary


@pytest.fixture
def demo(module_database: Database, summary: str) -> Database:
    """The demo company's database, which tests only read."""
    assert summary
    return module_database


@pytest.mark.either_database
async def test_the_same_day_gives_the_same_rows(
    demo: Database, database: Database
) -> None:
    await fill(database, SETTINGS)

    assert await dump_without_salts(database) == await dump_without_salts(demo)


@pytest.mark.either_database
async def test_it_has_two_currencies_credit_notes_and_a_future(
    demo: Database, summary: str
) -> None:
    async with demo.reads() as session:
        currencies = await session.scalars(
            select(Ledger.currency).order_by(Ledger.currency)
        )
        superseded = await session.scalar(
            select(func.count()).where(JournalMovement.superseded_in.is_not(None))
        )
        last = await session.scalar(select(func.max(JournalMovement.last_day)))
        nets = await session.execute(
            text(
                "SELECT currency, debit_account, credit_account, SUM(amount_minor)"
                " FROM journal_entries GROUP BY 1, 2, 3"
            )
        )
        totals = {tuple(row[:3]): int(row[3]) for row in nets}
    assert currencies.all() == ["GBP", "USD"]
    assert superseded is not None
    assert superseded > 0
    assert last is not None
    assert last > parse_day("2026-12-01")
    assert "documents" in summary
    for currency in ("GBP", "USD"):
        deferred = (currency, "DEFERRED")
        into = sum(sum_ for (c, _, to), sum_ in totals.items() if (c, to) == deferred)
        out = sum(sum_ for (c, of, _), sum_ in totals.items() if (c, of) == deferred)
        # What prepayments and open milestones hold has no day yet.
        waiting = {"USD": 9_600_00 + 12_600_00 + 2_290_00, "GBP": 10_080_00 + 1_832_00}
        assert into - out == waiting[currency]
        assert out > 0, "what was deferred is recognized or credited one day"


async def test_a_filter_is_shared_with_everybody(demo: Database) -> None:
    async with demo.reads() as session:
        found = await session.execute(text("SELECT name, query FROM saved_filters"))

    assert found.all() == [("Moved by a lock", "shifted=yes")]


@pytest.mark.either_database
async def test_it_shows_a_lock_a_void_and_a_revision(demo: Database) -> None:
    async with demo.reads() as session:
        moved = await session.scalars(
            text(
                "SELECT DISTINCT document_number FROM journal_entries"
                " WHERE locked_through IS NOT NULL"
            )
        )
        voided = await session.scalars(
            text("SELECT external_id FROM documents WHERE status = 2 ORDER BY 1")
        )
        revised = await session.scalars(
            text(
                "SELECT external_id FROM documents WHERE status = 1"
                " AND revised_in IS NOT NULL ORDER BY 1"
            )
        )
    assert "INV-OLD-MILL" in set(moved)
    assert voided.all() == ["inv_mistake", "inv_mistaken_gbp", "inv_mistaken_usd"]
    assert revised.all() == [
        *("inv_old_mill", "inv_project", "inv_revised_gbp", "inv_revised_usd")
    ]


async def test_its_days_are_counted_at_once_without_any_date(
    demo: Database,
) -> None:
    usd = await pin(demo, on="2026-03-17")
    by_day = GroupedBy((), Granularity.DAILY)

    # Both databases once took long: they looked for movements on each day of a century.
    async with asyncio.timeout(20), demo.reads() as session:
        days = await count_groups(session, usd, JournalFilter(), by_day)

    assert days > 365


def test_its_documents_are_a_years_and_none_is_from_the_future() -> None:
    last_day = parse_day("2026-03-17")

    documents = demo_documents(last_day)

    days = [document["issued_on"] for document in documents]
    ids = [(document["type"], document["id"]) for document in documents]
    kinds = {document["type"] for document in documents}
    assert days == sorted(days)
    assert days[0].startswith("2025-03")
    assert days[-1] <= "2026-03-17"
    again = {its_id for its_id in ids if ids.count(its_id) > 1}
    assert again == {
        ("invoice", "inv_project"),
        ("invoice", "inv_old_mill"),
        ("invoice", "inv_mistake"),
    }
    assert len(ids) > 1_500
    assert kinds == {"invoice", "credit_note", "billing_schedule"}
    names = {subscriber.name for subscriber in subscribers(last_day)}
    assert len(names) == CUSTOMERS


def test_a_month_later_is_the_same_day_or_the_months_last() -> None:
    assert months_later(parse_day("2025-01-31"), 1) == parse_day("2025-02-28")
    assert months_later(parse_day("2025-03-15"), 12) == parse_day("2026-03-15")
