"""Draft invoices, bills and credit notes as journals."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.gl.rules.chart import CLASSES, Account, Chart
from daybook.gl.rules.documents import Document, DocumentLine
from daybook.gl.rules.drafts import draft_lines
from daybook.gl.rules.journal_types import JournalType
from daybook_gl_rules import PAYABLE, RECEIVABLE, RENT, SALES, TAX, basis, day, nets

DRAFT = Document(
    id="d-1",
    type="ACCREC",
    number="INV-7",
    status="DRAFT",
    day=day("2026-10-05"),
    currency="GBP",
    total=115_00,
    total_tax=15_00,
    contact_id="c-1",
    contact_name="Tallow & Sons",
    lines=[DocumentLine(100_00, 15_00, "200", "Consulting", "OUTPUT2")],
)
IN_BASE = basis("2026-10-31")


def test_an_invoice_debits_what_is_owed() -> None:
    owed, sale, tax = draft_lines([DRAFT], IN_BASE)

    assert nets([owed, sale, tax]) == [
        (RECEIVABLE, -115_00),
        (SALES, 100_00),
        (TAX, 15_00),
    ]
    assert (sale.gross, sale.tax, sale.tax_type) == (115_00, 15_00, "OUTPUT2")
    assert (owed.gross, owed.tax, tax.gross, tax.tax) == (-115_00, 0, 15_00, 0)
    assert sale.description == "Consulting"
    assert {(line.type, line.day, line.reference) for line in (owed, sale, tax)} == {
        (JournalType.DRAFT_INVOICE, day("2026-10-05"), "INV-7")
    }
    assert (owed.source_id, owed.source_type) == ("d-1", "ACCREC")
    assert (owed.contact_id, owed.contact_name) == ("c-1", "Tallow & Sons")


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        ("ACCPAY", [(PAYABLE, 115_00), (RENT, -100_00), (TAX, -15_00)]),
        ("ACCRECCREDIT", [(RECEIVABLE, 115_00), (RENT, -100_00), (TAX, -15_00)]),
        ("ACCPAYCREDIT", [(PAYABLE, -115_00), (RENT, 100_00), (TAX, 15_00)]),
    ],
)
def test_bills_and_credit_notes_mirror_it(
    type_: str, expected: list[tuple[str, int]]
) -> None:
    lines = [DocumentLine(100_00, 15_00, "469")]
    assert nets([*draft_lines([replace(DRAFT, type=type_, lines=lines)], IN_BASE)]) == (
        expected
    )


@pytest.mark.parametrize("status", ["SUBMITTED", "AUTHORISED", "PAID", "VOIDED"])
def test_what_is_no_draft_makes_no_journal(status: str) -> None:
    assert [*draft_lines([replace(DRAFT, status=status)], IN_BASE)] == []


def test_inclusive_amounts_hold_their_tax() -> None:
    lines = [DocumentLine(115_00, 15_00, "200")]
    inclusive = replace(DRAFT, line_amounts="Inclusive", lines=lines)
    _, sale, _ = draft_lines([inclusive], IN_BASE)

    assert (sale.net, sale.gross, sale.tax) == (100_00, 115_00, 15_00)


@pytest.mark.parametrize("booked", [Fraction("1.25"), None])
def test_a_foreign_draft_is_at_xero_s_rate_or_else_at_the_ecb_s(
    booked: Fraction | None,
) -> None:
    foreign = replace(DRAFT, currency="USD", booked_rate=booked)
    rates = basis("2026-10-31", {"2026-10-02": "0.79"})
    expected = {
        Fraction("1.25"): [(RECEIVABLE, -92_00), (SALES, 80_00), (TAX, 12_00)],
        None: [(RECEIVABLE, -90_85), (SALES, 79_00), (TAX, 11_85)],
    }

    assert nets([*draft_lines([foreign], rates)]) == expected[booked]


def test_the_largest_line_takes_what_rounding_left() -> None:
    lines = [DocumentLine(33, 0, "200"), DocumentLine(34, 0, "200")]
    thirds = replace(
        DRAFT,
        currency="USD",
        total=67,
        total_tax=0,
        lines=lines,
        booked_rate=Fraction(2),
    )
    # 33.5 rounds up to 34; 16.5 to 17, and 17 gives 17: together 34.
    assert nets([*draft_lines([thirds], basis("2026-10-31"))]) == [
        (RECEIVABLE, -34),
        (SALES, 17),
        (SALES, 17),
    ]
    halves = replace(thirds, total=68, lines=[lines[0], DocumentLine(35, 0, "200")])
    # 34 is owed; 17 and 18 are one too many, which the larger one gives.
    assert nets([*draft_lines([halves], basis("2026-10-31"))]) == [
        (RECEIVABLE, -34),
        (SALES, 17),
        (SALES, 17),
    ]


def test_a_draft_without_lines_or_without_accounts_makes_none() -> None:
    no_tax = Chart(
        [Account("610", "610", "Accounts Receivable", "CURRENT", CLASSES["CURRENT"])]
    )

    assert [*draft_lines([replace(DRAFT, lines=[])], IN_BASE)] == []
    assert [*draft_lines([DRAFT], basis("2026-10-31", chart=no_tax))] == []
    assert [*draft_lines([DRAFT], basis("2026-10-31", chart=Chart([])))] == []


def test_an_unknown_account_keeps_its_code() -> None:
    unknown = replace(DRAFT, lines=[DocumentLine(100_00, 15_00, "999")])
    _, sale, _ = draft_lines([unknown], IN_BASE)

    assert (sale.account_id, sale.account_code) == ("", "999")


@given(
    st.lists(
        st.tuples(st.integers(-(10**6), 10**6), st.integers(0, 10**5)), min_size=1
    ),
    st.fractions(Fraction(1, 200), 200),
    st.sampled_from(["ACCREC", "ACCPAY", "ACCRECCREDIT", "ACCPAYCREDIT"]),
)
def test_a_journal_sums_to_zero(
    amounts: list[tuple[int, int]], rate: Fraction, type_: str
) -> None:
    lines = [DocumentLine(amount, tax, "200") for amount, tax in amounts]
    tax = sum(line.tax for line in lines)
    total = sum(line.amount for line in lines) + tax
    document = replace(
        DRAFT,
        type=type_,
        currency="JPY",
        total=total,
        total_tax=tax,
        lines=lines,
        booked_rate=rate,
    )
    made = [*draft_lines([document], basis("2026-10-31"))]

    assert sum(line.net for line in made) == 0
    assert all(line.gross == line.net + line.tax for line in made)
