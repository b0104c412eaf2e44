"""Movements that were changed behind the program's back, in tie-out and verification.

`tamper` writes as somebody who switched the database's own guards off.
"""

import pytest

from daybook.calendar import month_in_words, parse_month
from daybook.closing.rules import FindingKind
from daybook.closing.tie_out import TieOut
from daybook.db.engine import Database
from daybook.ledger.rules import Role
from daybook.reports.audit import verify
from daybook.reports.revenue import Tie
from daybook_closing import findings_of, tied
from daybook_factories import (
    ORGANISATION,
    credit_note,
    credited_line,
    invoice,
    line,
    record,
    usd,
)
from daybook_manual import Moved, record_manual
from daybook_trail import tamper

pytestmark = pytest.mark.anyio

# ruff: noqa: S608  (what is edited is listed below)


SEATS = invoice("inv_4", line(product="prod_2"), customer="cus_4")
RECLASSIFIED = Moved(
    *(Role.RECOGNIZED, Role.RECOGNIZED, "240.00", "2025-03-15", "prod_1", "prod_2")
)


@pytest.fixture
async def ledger(database: Database) -> Database:
    """Three invoices of 1,200.00 for 2025, of which one is credited in October."""
    invoices = [
        invoice(f"inv_{number}", customer=f"cus_{number}") for number in range(1, 4)
    ]
    await record(database, *invoices)
    credit = credit_note("cn_1", credited_line("120.00"), customer="cus_1")
    await record(database, credit, on="2025-10-01")
    return database


def movements_ties(found: TieOut) -> list[Tie]:
    """The ties of all movements."""
    return [tie for tie in found.ties if tie.name.startswith("movements_")]


MOVEMENT = (
    "WHERE (ledger_id, journal, seq) = (SELECT m.ledger_id, m.journal, m.seq"
    " FROM movements m JOIN journals j ON j.ledger_id = m.ledger_id"
    " AND j.number = m.journal WHERE j.customer_id = 2 AND j.month = {month}"
    " AND m.debit_role = {debit} ORDER BY m.journal, m.seq LIMIT 1)"
)


def its_movement(month: str, debit: Role = Role.DEFERRED) -> str:
    """The second customer's first movement of a month with a debit account."""
    return MOVEMENT.format(month=parse_month(month), debit=int(debit))


async def test_nothing_is_found_in_a_ledger_that_nobody_touched(
    ledger: Database,
) -> None:
    found = await tied(ledger)

    assert found.findings == ()
    assert {tie.name for tie in found.ties} == {
        *("movements_are_month_totals", "movements_are_span_totals"),
        "movements_are_credited_totals",
        *(f"{role.name.lower()}_is_reported" for role in Role),
    }
    assert found.holds


async def test_what_moves_between_products_counts_once_in_each_tie(
    ledger: Database,
) -> None:
    """A reclassification has a total for each product, and is one movement."""
    before = movements_ties(await tied(ledger))[0].left
    await record(ledger, SEATS, on="2025-10-31")
    await record_manual(ledger, "mj_1", RECLASSIFIED, on="2025-10-31")

    found = await tied(ledger)

    ties = movements_ties(found)
    sums = {(tie.left, tie.right) for tie in ties}
    assert sums == {(before + usd("2400.00") + usd("240.00"),) * 2}
    assert len(ties) == 3
    assert found.holds


@pytest.mark.parametrize(
    ("product", "broken"),
    [
        ("prod_1", "movements_are_span_totals"),
        ("prod_2", "movements_are_credited_totals"),
    ],
)
async def test_a_total_of_one_side_that_was_edited_shows(
    ledger: Database, product: str, broken: str
) -> None:
    await record(ledger, SEATS, on="2025-10-31")
    await record_manual(ledger, "mj_1", RECLASSIFIED, on="2025-10-31")
    await tamper(
        ledger,
        "UPDATE span_totals SET amount = amount + 5 WHERE side <> 0 AND product_id ="
        f" (SELECT id FROM products WHERE external_id = '{product}')",
    )

    found = await tied(ledger)

    differing = [(tie.name, tie.difference) for tie in found.ties if tie.difference]
    assert differing == [(broken, -5)]
    assert not found.holds


@pytest.mark.parametrize(
    ("debit", "month", "account"),
    [
        (Role.DEFERRED, "2025-03", "Dr Deferred, Cr Recognized"),
        (Role.BILLED, "2025-01", "Dr Billed, Cr Deferred"),
    ],
    ids=["recognized", "billed"],
)
async def test_an_amount_that_was_edited_is_located_by_its_journal(
    ledger: Database, debit: Role, month: str, account: str
) -> None:
    await tamper(
        ledger, f"UPDATE movements SET amount = amount + 1 {its_movement(month, debit)}"
    )

    found = await tied(ledger)

    (finding,) = findings_of(found, FindingKind.ROLLUP)
    assert (finding.role, finding.month, finding.amount) == (
        *(debit, parse_month(month), 1),
    )
    assert finding.customer_id == 2
    assert finding.document_id == 2
    words = month_in_words(parse_month(month))
    assert f"{words}, {account}: movements sum to" in finding.message
    assert "(recording 1)" in finding.message
    assert not found.holds
    assert (await verify(ledger, ORGANISATION)).mismatch is not None


async def test_a_movement_that_was_deleted_shows(ledger: Database) -> None:
    await tamper(ledger, f"DELETE FROM movements {its_movement('2025-03')}")

    found = await tied(ledger)

    (finding,) = findings_of(found, FindingKind.ROLLUP)
    assert "movements sum to 200.00, but 300.00 was recorded" in finding.message
    assert "journals in question: " in finding.message
    assert (await verify(ledger, ORGANISATION)).mismatch is not None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("daily = daily - 1", "movements of 1–31 Mar 2025 sum to 9.68 a day, but 9.69"),
        ("first_day = first_day + 1", "movements of 1–31 Mar 2025 sum to 200.00"),
    ],
    ids=["daily", "days"],
)
async def test_days_that_were_edited_show(
    ledger: Database, change: str, words: str
) -> None:
    await tamper(ledger, f"UPDATE movements SET {change} {its_movement('2025-03')}")

    found = await tied(ledger)

    findings = findings_of(found, FindingKind.ROLLUP)
    assert any(words in finding.message for finding in findings)
    if len(findings) > 1:
        (located,) = [its for its in findings if its.journal is not None]
        assert located.customer_id == 2
    assert (await verify(ledger, ORGANISATION)).mismatch is not None


async def test_a_row_that_was_moved_accuses_no_other_journal(
    database: Database,
) -> None:
    """What is left of the month's total adds up, so nothing is said against it."""
    await record(database, invoice(), invoice("inv_2", customer="cus_2"))
    await tamper(
        database,
        f"UPDATE movements SET debit_role = {int(Role.UNBILLED)}"
        f" {its_movement('2025-03')}",
    )

    found = await tied(database)

    moved, left = sorted(
        findings_of(found, FindingKind.ROLLUP), key=lambda finding: finding.role or 0
    )
    assert moved.customer_id == 2
    assert "no longer add up" in moved.message
    assert left.journal is None
    assert "journals in question: 5, unless a row is gone" in left.message


async def test_a_total_that_was_edited_shows(ledger: Database) -> None:
    await tamper(
        ledger,
        "UPDATE month_totals SET change = change + 5 WHERE debit_role = 3"
        f" AND month = {parse_month('2025-03')}",
    )

    found = await tied(ledger)

    (finding,) = findings_of(found, FindingKind.ROLLUP)
    assert "movements sum to 300.00, but 300.05 was recorded" in finding.message
    assert (await verify(ledger, ORGANISATION)).mismatch is not None
