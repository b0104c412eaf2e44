"""FX exposure: what changes of rates do to open invoices, day by day."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.calendar import Day, date_of
from daybook.fx.rules import Rates
from daybook.fx.shipped import shipped_days, shipped_series
from daybook.gl.rules.basis import Basis
from daybook.gl.rules.chart import Chart
from daybook.gl.rules.documents import Document, Payment
from daybook.gl.rules.exposure import Position, exposure_lines
from daybook.gl.rules.journal_types import ExposureKind
from daybook.gl.rules.lines import SyntheticLine
from daybook_gl_rules import (
    CHART,
    PAYABLE,
    REALISED,
    RECEIVABLE,
    UNREALISED,
    basis,
    day,
)

RATES = {
    "2026-10-01": "0.80",
    "2026-10-02": "0.79",
    "2026-10-05": "0.81",
    "2026-10-06": "0.82",
}
INVOICE = Document(
    id="i-1",
    type="ACCREC",
    number="INV-1",
    status="AUTHORISED",
    day=day("2026-10-01"),
    currency="USD",
    total=1000_00,
)
ALL = basis("2026-10-31", RATES)


def never(_: Payment) -> bool:
    return False


def rows(
    document: Document, of: Basis = ALL, is_booked: Callable[[Payment], bool] = never
) -> list[SyntheticLine]:
    made = exposure_lines([document], of, is_booked)
    return [row for row in made if isinstance(row, SyntheticLine)]


def gains(lines: Sequence[SyntheticLine]) -> list[tuple[str, str, int]]:
    """The gains of rows, by kind and day."""
    return [
        (line.kind.name if line.kind else "", f"{date_of(line.day):%m-%d}", line.net)
        for line in lines
        if line.account_id in {REALISED, UNREALISED}
    ]


def paid(amount: int, on: str, id_: str = "p-1") -> Payment:
    return Payment(id_, day(on), amount)


def test_the_example_of_the_specification() -> None:
    invoice = replace(INVOICE, payments=[paid(1000_00, "2026-10-06")])
    lines = rows(invoice)

    assert gains(lines) == [
        ("UNREALISED", "10-02", -10_00),
        ("UNREALISED", "10-05", 20_00),
        ("REVERSAL", "10-06", -10_00),
        ("REALISED", "10-06", 20_00),
    ]
    assert sum(gain for *_, gain in gains(lines)) == 20_00
    assert [line.account_id for line in lines] == [
        *[RECEIVABLE, UNREALISED] * 3,
        RECEIVABLE,
        REALISED,
    ]
    assert all(
        debit.net == -credit.net
        for debit, credit in zip(lines[::2], lines[1::2], strict=True)
    )
    assert lines[0].description == (
        "USD 1,000.00 at 0.79000000 (2 Oct 2026), before 0.80000000 (1 Oct 2026);"
        " invoice 0.80000000 (1 Oct 2026)"
    )
    assert (lines[0].source_id, lines[0].source_type) == ("i-1", "ACCREC")
    assert (lines[-1].source_id, lines[-1].source_type) == ("p-1", "ACCRECPAYMENT")
    assert {line.rate_day for line in lines} == {day("2026-10-01")}


def test_a_payable_is_mirrored() -> None:
    bill = replace(INVOICE, type="ACCPAY", payments=[paid(1000_00, "2026-10-06")])
    lines = rows(bill)

    assert gains(lines) == [
        ("UNREALISED", "10-02", 10_00),
        ("UNREALISED", "10-05", -20_00),
        ("REVERSAL", "10-06", 10_00),
        ("REALISED", "10-06", -20_00),
    ]
    assert {line.account_id for line in lines} == {PAYABLE, UNREALISED, REALISED}


def test_a_part_payment_reverses_and_realises_its_part_only() -> None:
    until = basis("2026-10-05", RATES)
    part = replace(INVOICE, payments=[paid(400_00, "2026-10-05")])

    assert gains(rows(part, until)) == [
        ("UNREALISED", "10-02", -10_00),
        ("UNREALISED", "10-05", 12_00),
        ("REVERSAL", "10-05", 4_00),
        ("REALISED", "10-05", 4_00),
    ]


def test_what_xero_booked_itself_is_reversed_and_not_realised() -> None:
    invoice = replace(INVOICE, payments=[paid(1000_00, "2026-10-06")])
    lines = rows(invoice, is_booked=lambda payment: payment.id == "p-1")

    assert [kind for kind, *_ in gains(lines)] == ["UNREALISED"] * 2 + ["REVERSAL"]


def test_a_day_without_a_new_rate_makes_no_row() -> None:
    lines = rows(INVOICE)

    assert [on for _, on, _ in gains(lines)] == ["10-02", "10-05", "10-06"]


def test_a_credit_reduces_what_is_open_and_realises_nothing() -> None:
    credited = replace(INVOICE, credits=[paid(1000_00, "2026-10-05")])

    assert gains(rows(credited)) == [
        ("UNREALISED", "10-02", -10_00),
        ("REVERSAL", "10-05", 10_00),
    ]


def test_a_payment_on_the_day_or_before_leaves_nothing_open() -> None:
    for on in ("2026-09-28", "2026-10-01"):
        assert rows(replace(INVOICE, payments=[paid(1000_00, on)])) == []


@pytest.mark.parametrize("status", ["DRAFT", "SUBMITTED", "VOIDED", "DELETED"])
def test_only_what_is_or_was_owed_is_exposed(status: str) -> None:
    assert rows(replace(INVOICE, status=status)) == []


def test_a_document_in_base_and_a_chart_without_gains_make_none() -> None:
    assert rows(replace(INVOICE, currency="GBP")) == []
    assert rows(INVOICE, basis("2026-10-31", RATES, chart=Chart([]))) == []


def test_a_booked_rate_stands_in_the_description() -> None:
    booked = replace(INVOICE, booked_rate=Fraction("1.25"))

    assert rows(booked)[0].description.endswith("; booked 0.80000000")


def test_by_the_ecb_s_rates() -> None:
    today = day("2019-12-31")
    series = {code: shipped_series(code) for code in ("USD", "GBP")}
    rates = Rates(
        series, today, shipped_days()[-1], shipped_days()[-1], frozenset(series)
    )

    def new_rates(currency: str, first: Day, last: Day) -> list[Day]:
        return [known for known in series[currency].days if first <= known <= last]

    by_ecb = Basis(
        CHART,
        "GBP",
        today,
        lambda currency, on: rates.rate(currency, "GBP", on).value,
        new_rates,
    )
    invoice = replace(
        INVOICE, day=day("2019-10-30"), payments=[paid(1000_00, "2019-11-04")]
    )

    assert gains(rows(invoice, by_ecb)) == [
        ("UNREALISED", "10-31", -3_94),
        ("UNREALISED", "11-01", -9),
        ("REVERSAL", "11-04", 4_03),
        ("REALISED", "11-04", -2_11),
    ]


RANDOM_RATES = st.lists(
    st.tuples(st.integers(0, 60), st.fractions(Fraction(1, 3), 3)),
    min_size=1,
    max_size=30,
    unique_by=lambda known: known[0],
)
PARTS = st.lists(st.tuples(st.integers(-2, 70), st.integers(1, 40_000)), max_size=6)


@given(
    RANDOM_RATES,
    PARTS,
    PARTS,
    st.sampled_from(["ACCREC", "ACCPAY", "ACCRECCREDIT", "ACCPAYCREDIT"]),
    st.tuples(st.integers(-3, 80), st.integers(-3, 80)),
)
def test_any_range_sums_to_closing_less_opening(
    rates: list[tuple[int, Fraction]],
    payments: list[tuple[int, int]],
    credits_: list[tuple[int, int]],
    type_: str,
    ends: tuple[int, int],
) -> None:
    start = day("2026-01-01")
    by_day = {start - 3: Fraction(1), **{start + at: rate for at, rate in rates}}
    days = sorted(by_day)
    of = Basis(
        CHART,
        "GBP",
        start + 60,
        lambda _, on: by_day[max(known for known in days if known <= on)],
        lambda _, first, last: [known for known in days if first <= known <= last],
    )
    parts = [
        [Payment(f"{at}", start + on, amount) for at, (on, amount) in enumerate(found)]
        for found in (payments, credits_)
    ]
    document = replace(
        INVOICE, type=type_, day=start, payments=parts[0], credits=parts[1]
    )
    made = [*exposure_lines([document], of, never)]
    positions = [row for row in made if isinstance(row, Position)]
    first, last = start + min(ends), start + max(ends)
    moved = sum(
        row.net
        for row in made
        if isinstance(row, SyntheticLine)
        and row.account_id == UNREALISED
        and row.kind is not ExposureKind.REALISED
        and first <= row.day <= last
    )

    def gain_on(on: Day) -> int:
        return next((its.gain for its in reversed(positions) if its.day <= on), 0)

    assert moved == gain_on(last) - gain_on(first - 1)
    for position in positions:
        rate = of.rate("USD", position.day)
        assert position.valuation == of.value(position.open_amount, "USD", rate)
