"""Movements in another currency: whose rate they take, and what they come to."""

from collections import Counter
from dataclasses import replace
from fractions import Fraction

import pytest

from daybook.calendar import parse_day
from daybook.db.engine import Database
from daybook.exports.conversion.exchange import Exchange
from daybook.exports.conversion.reading import Conversion
from daybook.exports.file_spec import FileSpec
from daybook.exports.reading.rows import stream_movements
from daybook.exports.rules import ExportMovement
from daybook.ledger.rules import Movement, Role, SourceKind
from daybook.money import decimal_text
from daybook.recognition.rules import Method, Timing
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.group_keys import Granularity
from daybook_factories import (
    billing_schedule,
    burn_down_line,
    credit_note,
    credited_line,
    invoice,
    line,
    lock,
    pin,
    prepayment_line,
    record,
    revise,
    terms,
    usage_line,
)
from daybook_manual import Moved, record_manual

pytestmark = pytest.mark.anyio

TODAY = "2026-03-31"
B, U, D, R = Role
RATE = Fraction(9213, 10_000)
FEBRUARY = ("2025-02-01", "2025-02-28")
# The ECB: 1 EUR was 1.0393 USD on 31 January 2025, 1.0815 on 31 March.
IN_JANUARY, IN_MARCH = Fraction(10_000, 10_393), Fraction(10_000, 10_815)

POINT, MARCH = Method.POINT_IN_TIME, parse_day("2025-03-31")

Line = tuple[Role, Role, str]


async def movements(
    database: Database,
    currency: str = "EUR",
    wanted: JournalFilter | None = None,
    *,
    source: str = "USD",
    rate: Fraction | None = None,
) -> list[ExportMovement]:
    """An export in a currency; `rate` is that of 1 January 2025, if it is given."""
    at = await pin(database, source, TODAY)
    async with database.reads() as session:
        conversion = await Conversion.of(session, at, currency)
    if rate is not None:
        conversion.exchanges[parse_day("2025-01-01")] = Exchange.at(rate, 2, 2)
    spec = FileSpec(at, wanted or JournalFilter(), Granularity.DAILY)
    slices = stream_movements(database, spec, conversion)
    return [movement async for found in slices for movement in found.movements]


def euros(found: list[ExportMovement]) -> list[Line]:
    """Accounts and amounts, in the order of the export."""
    return [(row.debit, row.credit, decimal_text(row.amount, 2)) for row in found]


def at(rate: Fraction, amount: int) -> str:
    """An amount of dollars and cents at a rate."""
    return decimal_text(Exchange.at(rate, 2, 2).of(amount), 2)


@pytest.mark.either_database
async def test_the_total_is_converted_once_and_allocated_anew(
    database: Database,
) -> None:
    await record(database, invoice("inv_1", line(its_terms=terms("1000.00"))))

    found = await movements(database, rate=RATE)

    # Each month by itself would be 76.77, and December 76.81: 0.02 would be left.
    months = [*[(D, R, "76.78")] * 11, (D, R, "76.72")]
    assert euros(found) == [(B, D, "921.30"), *months]
    assert (found[1].daily, found[1].last_share) == (2_48, 2_38)


@pytest.mark.either_database
async def test_a_credit_takes_what_is_left_and_the_rest_is_allocated_anew(
    database: Database,
) -> None:
    await record(database, invoice("inv_1", line(its_terms=terms("1000.00"))))
    note = credit_note("cn_1", credited_line("100.00"))
    await record(database, note, on="2025-09-30")

    found = await movements(database, rate=RATE)

    assert euros(found) == [
        *[(B, D, "921.30"), *[(D, R, "76.78")] * 9],
        *[(D, R, "46.05")] * 3,
        (D, B, "92.13"),
    ]


@pytest.mark.either_database
async def test_a_credit_that_is_recorded_late_comes_to_the_same_by_month(
    database: Database,
) -> None:
    await record(database, invoice("inv_1", line(its_terms=terms("1000.00"))))
    note = credit_note("cn_1", credited_line("100.00"))
    await record(database, note, on="2025-12-10")

    found = await movements(database, rate=RATE)

    recognized: Counter[int] = Counter()
    for row in found:
        recognized[row.month] += row.amount * ((row.credit is R) - (row.debit is R))
    assert [*recognized.values()] == [*[76_78] * 9, *[46_05] * 3]


@pytest.mark.either_database
async def test_what_a_lock_moved_is_the_sum_of_its_days(database: Database) -> None:
    await record(database, invoice("inv_0"))
    await lock(database, "2025-01-15")
    await record(database, invoice("inv_1", line(its_terms=terms("1000.00"))))

    found = await movements(database, rate=RATE)

    january = [row for row in found if row.document == "INV_1"][:3]
    # 15 days of 2.48 in one entry on the 16th; the others are what they would be.
    assert sorted(euros(january), key=lambda row: row[2]) == [
        (D, R, "37.20"),
        (D, R, "39.58"),
        (B, D, "921.30"),
    ]
    (rest,) = [row for row in january if row.amount == 39_58]
    assert (rest.daily, rest.last_share) == (2_48, 2_38)


@pytest.mark.either_database
async def test_equal_months_stay_equal(database: Database) -> None:
    await record(database, invoice())

    found = await movements(database, rate=RATE)

    assert euros(found) == [(B, D, "1105.56"), *[(D, R, "92.13")] * 12]


@pytest.mark.either_database
async def test_a_credit_takes_the_rate_of_its_invoice_else_its_own(
    database: Database,
) -> None:
    await record(
        database,
        invoice(
            "inv_1",
            line(its_terms=terms("100.00", FEBRUARY)),
            accounting_date="2025-01-31",
        ),
    )
    alone = credit_note(
        "cn_2",
        line(its_terms=terms("10.00", None, method=POINT, recognized_on="2025-03-31")),
        invoice_id=None,
    )
    await record(
        database,
        replace(credit_note("cn_1", credited_line("100.00")), accounting_date=MARCH),
        replace(alone, accounting_date=MARCH),
        on="2025-03-31",
    )

    found = await movements(database)

    assert euros(found) == [
        (B, D, at(IN_JANUARY, 100_00)),
        (D, R, at(IN_JANUARY, 100_00)),
        (R, B, at(IN_JANUARY, 100_00)),
        (R, B, at(IN_MARCH, 10_00)),
    ]


@pytest.mark.either_database
async def test_an_invoice_bills_accruals_at_the_rate_at_which_they_were_accrued(
    database: Database,
) -> None:
    accruing = billing_schedule(period=FEBRUARY)
    bill = invoice(
        "inv_1",
        line(its_terms=terms("620.00", FEBRUARY)),
        accounting_date="2025-03-31",
        billing_schedule_id="bs_1",
    )
    at_january = replace(accruing, accounting_date=parse_day("2025-01-31"))
    await record(database, at_january, bill)

    found = await movements(database)

    assert euros(found) == [
        (U, R, at(IN_JANUARY, 600_00)),
        (B, U, at(IN_JANUARY, 600_00)),
        (B, R, "19.25"),  # 596.56 in all, less 577.31: at the same rate
    ]


@pytest.mark.either_database
async def test_an_invoice_billed_in_advance_has_its_own_rate(
    database: Database,
) -> None:
    ahead = billing_schedule(period=FEBRUARY, timing=Timing.IN_ADVANCE)
    bill = invoice(
        "inv_1",
        line(its_terms=terms("600.00", ("2025-04-01", "2025-04-30"))),
        accounting_date="2025-03-31",
        billing_schedule_id="bs_1",
    )
    await record(database, ahead, bill)

    found = await movements(database)

    assert euros(found) == [
        (B, D, at(IN_MARCH, 600_00)),
        (D, R, at(IN_MARCH, 600_00)),
    ]


@pytest.mark.either_database
async def test_a_burn_down_takes_the_rate_of_its_grant(database: Database) -> None:
    granted = invoice("inv_1", prepayment_line("60.00"), accounting_date="2025-01-31")
    used = usage_line("u", "100.00", FEBRUARY)
    burning = invoice(
        "inv_2", used, burn_down_line("60.00", used), accounting_date="2025-03-31"
    )
    await record(database, granted, burning)

    found = await movements(database)

    assert euros(found) == [
        (B, D, at(IN_JANUARY, 60_00)),
        (U, R, at(IN_MARCH, 40_00)),
        (D, R, at(IN_JANUARY, 60_00)),
        (B, U, at(IN_MARCH, 40_00)),
    ]


@pytest.mark.either_database
async def test_a_revision_changes_no_rate(database: Database) -> None:
    sold = invoice(
        "inv_1",
        line(its_terms=terms("90.00", FEBRUARY)),
        accounting_date="2025-01-31",
    )
    await record(database, sold, on="2025-01-31")
    later = revise(sold, *sold.lines, accounting_date="2025-03-31")
    await record(database, later, on="2025-04-01")

    found = await movements(database)

    assert {row.amount for row in found if B in {row.debit, row.credit}} == {
        Exchange.at(IN_JANUARY, 2, 2).of(90_00)
    }


@pytest.mark.either_database
async def test_a_manual_journal_has_its_own_rate_and_its_sides_keep_their_products(
    database: Database,
) -> None:
    await record(database, invoice("inv_1", line(), line("2", product="p2")))
    between = Moved(R, R, "10.00", "2025-03-31", "prod_1", "p2")
    taken_over = Moved(D, R, "20.00", "2025-03-31")
    await record_manual(database, "mj_1", between, taken_over)
    wanted = JournalFilter(sources=(SourceKind.STANDALONE,))

    found = await movements(database, wanted=wanted)

    assert euros(found) == [
        (R, R, at(IN_MARCH, 10_00)),
        (D, R, at(IN_MARCH, 20_00)),
    ]


@pytest.mark.either_database
async def test_what_rounds_to_nothing_makes_no_line(database: Database) -> None:
    january = ("2025-01-01", "2025-01-31")
    lines = (
        line("1", its_terms=terms("0.50", january, currency="HUF")),
        line("2", product="p2", its_terms=terms("500.00", january, currency="HUF")),
    )
    await record(database, invoice("inv_1", *lines, currency="HUF"))

    found = await movements(database, source="HUF")

    # The ECB: 1 EUR was 411.35 HUF on 31 December 2024.
    assert euros(found) == [(B, D, "1.22"), (D, R, "1.22")]


@pytest.mark.either_database
async def test_shares_that_have_no_movement_go_to_the_last_one(
    database: Database,
) -> None:
    await record(database, invoice("inv_1", line(its_terms=terms("0.05"))))

    found = await movements(database, "KRW")

    # 74 won would be 6 a month; in dollars, December has all of the five cents.
    assert [(row.debit, row.credit, row.amount) for row in found] == [
        (B, D, 74),
        (D, R, 74),
    ]


@pytest.mark.either_database
async def test_an_amount_may_be_on_more_days_than_in_the_ledger_s_currency(
    database: Database,
) -> None:
    little = terms("0.20", ("2025-01-01", "2025-01-31"))
    await record(database, invoice("inv_1", line(its_terms=little)))
    half = JournalFilter(
        posted_from=parse_day("2025-01-02"), posted_to=parse_day("2025-01-15")
    )

    (found,) = await movements(database, "JPY", half)

    # 31 yen; in dollars, 20 cents on the last day.
    assert (found.daily, found.amount) == (1, 14)
    assert Movement(D, R, 14, 1, *found[8:10]).days == 14
