"""The oracle of the reports says what domain rule 8 says, number by number."""

from calendar import month_abbr
from collections import Counter

import pytest

from daybook.calendar import parse_day, parse_month
from daybook.db.engine import Database
from daybook.ledger.rules import Role
from daybook_adjusting import credit, debit, entered, submitted
from daybook_factories import (
    credit_note,
    credited_line,
    invoice,
    line,
    lock,
    milestone_line,
    prepayment_line,
    recognize_breakage,
    record,
    terms,
    usd,
    voided,
)
from daybook_revenue_oracle import Falls, Forward, Nets, Oracle

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

SOLD = invoice("inv_1", line(its_terms=terms("12000.00")))


async def read(database: Database) -> tuple[Oracle, int]:
    """The oracle of the only ledger, and its last recording."""
    oracle = await Oracle.of(database, 1)
    return oracle, oracle.stored.recordings


def months(**amounts: str) -> Counter[int]:
    """Amounts of months of 2025, by their names."""
    first = parse_month("2025-01")
    return Counter(
        {
            first + number - 1: usd(amounts[name.lower()])
            for number, name in enumerate(month_abbr)
            if name.lower() in amounts
        }
    )


async def test_a_credit_that_is_dated_later_is_taken_back_later(
    database: Database,
) -> None:
    note = credit_note("cn_1", credited_line("2000.00"))
    await record(database, SOLD, note)
    oracle, last = await read(database)

    before = oracle.waterfall_total(last, parse_day("2025-09-30"))
    after = oracle.waterfall_total(last, parse_day("2025-10-01"))

    assert before == Falls(
        booked=usd("12000.00"),
        recognized=usd("9000.00"),
        remaining=usd("3000.00"),
        taken_back_later=usd("2000.00"),
        months=months(oct="333.33", nov="333.33", dec="333.34"),
    )
    assert after.remaining == usd("989.25")
    assert after.taken_back_later == 0
    assert after.months == months(oct="322.58", nov="333.33", dec="333.34")


async def test_a_lock_parts_balance_from_remaining(database: Database) -> None:
    parts = ("design", "300.00", None), ("delivery", "600.00", None)
    await record(database, invoice("inv_1", milestone_line(*parts)))
    await lock(database, "2025-01-31", on="2025-02-01")
    reached = ("design", "300.00", "2025-01-20"), parts[1]
    await record(database, invoice("inv_1", milestone_line(*reached)), on="2025-02-05")
    oracle, last = await read(database)

    (nets,) = oracle.deferred(last, parse_day("2025-01-31")).values()
    (later,) = oracle.deferred(last, parse_day("2025-02-01")).values()

    assert nets == Nets(
        booked=usd("900.00"), balance=usd("600.00"), remaining=usd("900.00")
    )
    assert (later.balance, later.remaining) == (usd("600.00"), usd("600.00"))
    total = oracle.waterfall_total(last, parse_day("2025-02-01"))
    assert total.unscheduled == usd("600.00")


async def test_each_movement_is_in_the_column_of_its_cause(database: Database) -> None:
    year = invoice("inv_y", line(its_terms=terms("1200.00")), customer="cus_2")
    gone = invoice("inv_v", line(its_terms=terms("365.00")), customer="cus_3")
    await record(database, year, gone)
    await recognize_breakage(database)
    credits_ = prepayment_line("100.00", expires_on="2025-03-20")
    await record(database, invoice("inv_p", credits_))
    await record(
        database,
        invoice("inv_y", line(its_terms=terms("1800.00")), customer="cus_2"),
        on="2025-02-28",
    )
    await record(database, voided(gone), on="2025-03-31")
    manual = entered(
        debit(Role.RECOGNIZED, "5.00"), credit(Role.DEFERRED, "5.00"), day="2025-03-15"
    )
    await submitted(database, manual, on="2025-04-01")
    oracle, last = await read(database)

    found = oracle.roll_forward(
        last, Role.DEFERRED, parse_month("2025-01"), parse_day("2025-03-31")
    )

    assert found[parse_month("2025-01")] == Forward(
        opening=0,
        columns=columns(
            BILLED="1665.00", RECOGNIZED="-130.42", REVISIONS="550.00", VOIDS="-334.58"
        ),
        closing=usd("1750.00"),
    )
    march = found[parse_month("2025-03")]
    assert march.columns == columns(
        RECOGNIZED="-180.42", MANUAL="5.00", VOIDS="30.42", BREAKAGE="-100.00"
    )


def columns(**amounts: str) -> Counter[str]:
    """Amounts of columns."""
    return Counter({name: usd(amount) for name, amount in amounts.items()})


async def test_cohorts_are_by_the_month_of_billing(database: Database) -> None:
    sold = terms("31.00", ("2025-07-21", "2025-08-20"))
    july = invoice("inv_1", line(its_terms=sold), accounting_date="2025-07-14")
    await record(database, july)
    oracle, last = await read(database)

    (cohort,) = oracle.cohorts(last, parse_day("2025-07-31")).items()

    month, its = cohort
    assert month == parse_month("2025-07")
    assert (its.booked, its.remaining) == (usd("31.00"), usd("20.00"))
    assert its.recognized == months(jul="11.00")
    assert its.scheduled == months(aug="20.00")
