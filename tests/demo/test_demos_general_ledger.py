"""The demo's general ledger: two organisations in Xero, something on each page."""

import json
from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from daybook.calendar import day_text, parse_day
from daybook.db.engine import Database
from daybook.demo.commands import fill
from daybook.demo.general_ledger.books import Books
from daybook.demo.general_ledger.organisations import (
    LONDON,
    NEW_YORK,
    ORGANISATIONS,
    Organisation,
    begin_books,
    bill_subscribers,
    documents_of,
)
from daybook.demo.general_ledger.rates import later_rates
from daybook.demo.general_ledger.returned import billed_by_month, read_posted
from daybook.fx.rules import LOOK_BACK_DAYS
from daybook.fx.shipped import shipped_days
from daybook.gl.kinds import Kind
from daybook.gl.matching.reconciling import reconciliation_of
from daybook.gl.models import GlImport, GlSegment
from daybook.gl.rules.matching import MatchState
from daybook.gl.rules.notices import notices_of
from daybook.jobs.rules import JobStatus
from daybook.settings import Settings
from daybook_factories import pin
from daybook_filled import filled
from daybook_gl_company import connect_the_demo

pytestmark = pytest.mark.anyio

SETTINGS = Settings(now=datetime(2026, 3, 17, 9, tzinfo=UTC))
TODAY = parse_day("2026-03-17")
BOTH = pytest.mark.parametrize("its", ORGANISATIONS, ids=lambda its: its.currency)
XERO_CSV = b"""*Narration,*Date,Description,*AccountCode,*TaxRate,*Amount
GBP-1 Lumen,31 Jan 2026,Platform,1200,Tax Exempt,249
GBP-1 Lumen,31 Jan 2026,Platform,2400,Tax Exempt,-49
GBP-1 Lumen,31 Jan 2026,Platform,4000,Tax Exempt,-200
GBP-2 Stone,28 Feb 2026,Platform,2400,Tax Exempt,9.5
GBP-2 Stone,28 Feb 2026,Platform,4000,Tax Exempt,-9.5
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of that day, whose files are in a folder of their own."""
    folders = {name: tmp_path / name for name in ("gl_inputs", "gl_segments")}
    return SETTINGS.model_copy(update=folders)


@BOTH
def test_journals_are_numbered_without_gaps_and_sum_to_nothing(
    its: Organisation,
) -> None:
    found = documents_of(_books(its), its, TODAY)

    journals = found[Kind.JOURNALS]
    assert [journal["JournalNumber"] for journal in journals] == [
        *range(1, len(journals) + 1)
    ]
    for journal in journals:
        assert sum(Decimal(line["NetAmount"]) for line in journal["JournalLines"]) == 0
    days = [journal["JournalDate"] for journal in journals]
    assert days == sorted(days)
    assert days[0].startswith("2025-03")
    assert days[-1] <= day_text(TODAY)


@BOTH
def test_receivables_are_what_is_open_of_invoices(its: Organisation) -> None:
    found = documents_of(_books(its), its, TODAY)

    in_base = {
        invoice["InvoiceNumber"]: invoice
        for invoice in found[Kind.INVOICES]
        if invoice["Status"] == "AUTHORISED" and invoice["CurrencyCode"] == its.currency
    }
    assert in_base, "some is open"
    balances: dict[str, Decimal] = defaultdict(Decimal)
    for journal in found[Kind.JOURNALS]:
        if journal["Reference"] in in_base:
            for line in journal["JournalLines"]:
                balances[line["AccountCode"]] += Decimal(line["NetAmount"])
    open_amounts: dict[str, Decimal] = defaultdict(Decimal)
    for invoice in in_base.values():
        due = Decimal(invoice["Total"]) - Decimal(invoice.get("AmountPaid", "0"))
        is_sale = invoice["Type"] == "ACCREC"
        open_amounts["610" if is_sale else "800"] += due if is_sale else -due
    for code, amount in open_amounts.items():
        assert balances[code] == amount


def test_what_was_billed_is_what_the_exports_wait_for() -> None:
    returned = read_posted([XERO_CSV], "GBP", TODAY)

    assert [(its.narration, its.lines) for its in returned] == [
        ("GBP-1 Lumen", [("1200", 249_00), ("2400", -49_00), ("4000", -200_00)]),
        ("GBP-2 Stone", [("2400", 9_50), ("4000", -9_50)]),
    ]
    january = (2026 - 1970) * 12
    assert billed_by_month(returned) == {january: 249_00}
    books = begin_books(LONDON, TODAY)
    bill_subscribers(books, billed_by_month(returned), TODAY)
    # February's isn't exported yet: January's stands.
    assert [
        (invoice["InvoiceNumber"], invoice["Total"], invoice["Status"])
        for invoice in books.invoices
        if invoice["InvoiceNumber"].startswith("SUB")
    ] == [("SUB-2026-01", "249.00", "PAID"), ("SUB-2026-02", "249.00", "PAID")]


def test_rates_go_on_weekly_where_the_shipped_ones_end() -> None:
    last = shipped_days()[-1]

    assert [*later_rates(last + LOOK_BACK_DAYS - 1)] == []
    found = [*later_rates(last + 3 * LOOK_BACK_DAYS + 2)]
    assert [(rate_day.currency, rate_day.day - last) for rate_day, _ in found] == [
        *(("GBP", 7), ("USD", 7), ("GBP", 14), ("USD", 14), ("GBP", 21), ("USD", 21))
    ]
    of_pounds = {rate for rate_day, rate in found if rate_day.currency == "GBP"}
    assert len(of_pounds) == 3
    # However late the demo is made, there are rates for a year, and no more.
    assert len([*later_rates(last + 5_000)]) == 120


async def test_every_page_has_something(database: Database, settings: Settings) -> None:
    recorded = await filled(database, fill, SETTINGS)

    jobs = await connect_the_demo(database, settings, recorded)

    assert [job.status for job in jobs] == [JobStatus.READY] * 2
    async with database.reads() as session:
        segments = [*await session.scalars(select(GlSegment))]
        imports = [*await session.scalars(select(GlImport))]
    for segment in segments:
        types = json.loads(segment.lines_by_type)
        assert {name for name, count in types.items() if count} == {
            *("ACTUAL", "DRAFT_INVOICE", "FORECAST_INVOICE"),
            *("FX_EXPOSURE", "FORECAST_BUDGET"),
        }
    assert len(imports) == 20
    notices = [notice for its in segments for notice in notices_of(its.notices)]
    assert [notice.kind for notice in notices] == ["CLASH"]


@BOTH
async def test_most_exports_came_back(
    its: Organisation, database: Database, settings: Settings
) -> None:
    recorded = await filled(database, fill, SETTINGS)
    await connect_the_demo(database, settings, recorded)

    at = await pin(database, its.currency, on=day_text(TODAY))
    found = await reconciliation_of(database, settings, at)

    assert found.connection_name == its.name
    counts = {total.state: total.journals for total in found.totals()}
    assert counts.pop(MatchState.MATCHED) > 1_000
    assert counts == {
        MatchState.MISSING: 1,
        MatchState.CHANGED: 1,
        MatchState.DOUBLED: 1,
    }
    (changed,) = [its for its in found.matches if its.state is MatchState.CHANGED]
    assert changed.difference.keys() == {"4000", "4100"}


def _books(its: Organisation) -> Books:
    books = begin_books(its, TODAY)
    bill_subscribers(books, {}, TODAY)
    return books


def test_both_have_the_same_books_for_the_same_day() -> None:
    for its in (LONDON, NEW_YORK):
        assert documents_of(_books(its), its, TODAY) == documents_of(
            _books(its), its, TODAY
        )
