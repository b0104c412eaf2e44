"""Domain rule 2: which accounts a schedule moves, day by day."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.calendar import Day, day_text, month_of, parse_day
from daybook.ledger.rules import Movement, Role
from daybook.recognition.rules import (
    Method,
    Terms,
    Timing,
    default_point,
    default_timing,
    recognize,
)
from daybook_factories import terms, usd
from daybook_oracle import balances_by_day, net_of, recognized_net
from daybook_strategies import many, near
from daybook_strategies import terms as any_terms

BILLED, UNBILLED, DEFERRED, RECOGNIZED = Role


def amounts(movements: list[Movement]) -> dict[tuple[Role, Role], int]:
    """What each pair of accounts moves in all."""
    total: dict[tuple[Role, Role], int] = {}
    for movement in movements:
        pair = (movement.debit, movement.credit)
        total[pair] = total.get(pair, 0) + movement.amount
    return total


def test_billed_in_advance_goes_through_deferred() -> None:
    made = recognize(terms("1200.00"), parse_day("2025-01-01"))

    assert amounts(made) == {
        (BILLED, DEFERRED): usd("1,200.00"),
        (DEFERRED, RECOGNIZED): usd("1,200.00"),
    }
    assert [one.amount for one in made[1:]] == [usd("100.00")] * 12


def test_billed_in_arrears_goes_through_unbilled() -> None:
    made = recognize(
        terms("600.00", ("2025-01-01", "2025-01-31"), accounting_date="2025-02-01"),
        parse_day("2025-02-01"),
    )

    assert amounts(made) == {
        (UNBILLED, RECOGNIZED): usd("600.00"),
        (BILLED, UNBILLED): usd("600.00"),
    }


def test_an_invoice_dated_inside_its_period_does_both() -> None:
    # The numbers of rule 2: 12,000.00 for 2025, a = 10 February.
    made = recognize(terms("12,000.00"), parse_day("2025-02-10"))

    assert amounts(made) == {
        (BILLED, UNBILLED): usd("1,321.39"),
        (BILLED, DEFERRED): usd("10,678.61"),
        (UNBILLED, RECOGNIZED): usd("1,321.39"),
        (DEFERRED, RECOGNIZED): usd("10,678.61"),
    }


def test_in_arrears_the_accounting_date_counts_as_before_it() -> None:
    a = parse_day("2025-02-10")

    made = recognize(terms("12,000.00", timing=Timing.IN_ARREARS), a)

    assert amounts(made)[UNBILLED, RECOGNIZED] == usd("1,321.39") + usd("35.71")
    assert net_of(made)[a, UNBILLED, RECOGNIZED] == usd("35.71")
    assert (a, DEFERRED, RECOGNIZED) not in net_of(made)


@pytest.mark.parametrize(
    ("point", "expected"),
    [
        (
            "2025-03-09",
            {(BILLED, UNBILLED): "2025-03-10", (UNBILLED, RECOGNIZED): "2025-03-09"},
        ),
        ("2025-03-10", {(BILLED, RECOGNIZED): "2025-03-10"}),
        (
            "2025-03-11",
            {(BILLED, DEFERRED): "2025-03-10", (DEFERRED, RECOGNIZED): "2025-03-11"},
        ),
    ],
)
@pytest.mark.parametrize("timing", Timing)
def test_a_point_in_time_before_on_and_after_the_accounting_date(
    point: str, expected: dict[tuple[Role, Role], str], timing: Timing
) -> None:
    its_terms = terms(
        "50.00", None, method=Method.POINT_IN_TIME, timing=timing, recognized_on=point
    )

    made = recognize(its_terms, parse_day("2025-03-10"))

    assert {
        (one.debit, one.credit): day_text(one.first_day) for one in made
    } == expected
    assert {one.amount for one in made} == {usd("50.00")}


def test_a_negative_line_alone_mirrors_a_positive_one() -> None:
    # Rule 2: Dr Deferred, Cr Billed, then Dr Recognized, Cr Deferred by day.
    made = recognize(terms("-1200.00"), parse_day("2025-01-01"))

    assert amounts(made) == {
        (DEFERRED, BILLED): usd("1,200.00"),
        (RECOGNIZED, DEFERRED): usd("1,200.00"),
    }


def test_a_line_of_nothing_moves_nothing() -> None:
    assert recognize(terms("0.00"), parse_day("2025-01-01")) == []
    point = terms("0.00", None, method=Method.POINT_IN_TIME)
    assert recognize(point, parse_day("2025-01-01")) == []


@pytest.mark.parametrize(
    ("method", "last", "accounting_date", "timing"),
    [
        (Method.STRAIGHT_LINE, "2025-01-31", "2025-01-01", Timing.IN_ADVANCE),
        (Method.STRAIGHT_LINE, "2025-01-31", "2025-01-31", Timing.IN_ADVANCE),
        (Method.STRAIGHT_LINE, "2025-01-31", "2025-02-01", Timing.IN_ARREARS),
        (Method.POINT_IN_TIME, None, "2025-02-01", Timing.IN_ADVANCE),
        (Method.USAGE, "2025-01-31", "2025-01-01", Timing.IN_ARREARS),
    ],
)
def test_the_timing_of_a_line_that_does_not_say(
    method: Method, last: str | None, accounting_date: str, timing: Timing
) -> None:
    last_day = last and parse_day(last)

    assert (
        default_timing(method, last_day or None, parse_day(accounting_date)) is timing
    )


def test_the_day_of_a_point_in_time_that_does_not_say() -> None:
    first, last, a = 20_000, 20_030, 20_010

    assert default_point(Timing.IN_ADVANCE, first, last, a) == first
    assert default_point(Timing.IN_ARREARS, first, last, a) == last
    assert default_point(Timing.IN_ADVANCE, None, None, a) == a
    assert default_point(Timing.IN_ARREARS, None, None, a) == a


@st.composite
def billed_terms(draw: st.DrawFn) -> tuple[Terms, Day]:
    """Terms of any kind, and an accounting date in or around their period."""
    its_terms = draw(any_terms())
    return its_terms, draw(near(*its_terms.service_period))


@many
@given(billed_terms())
def test_every_day_is_on_its_side_of_the_accounting_date(
    billed: tuple[Terms, Day],
) -> None:
    made = recognize(*billed)

    assert net_of(made) == recognized_net(*billed)


@many
@given(billed_terms())
def test_all_is_billed_and_recognized_in_the_end(billed: tuple[Terms, Day]) -> None:
    its_terms, accounting_date = billed
    balances = balances_by_day(net_of(recognize(its_terms, accounting_date)))

    if not its_terms.amount:
        assert balances == {}
        return
    assert balances[max(balances)] == {
        BILLED: its_terms.amount,
        UNBILLED: 0,
        DEFERRED: 0,
        RECOGNIZED: its_terms.amount,
    }


@many
@given(billed_terms())
def test_no_account_ever_changes_sign(billed: tuple[Terms, Day]) -> None:
    its_terms, accounting_date = billed
    sign = 1 if its_terms.amount > 0 else -1

    by_day = balances_by_day(net_of(recognize(its_terms, accounting_date)))

    for day, balances in by_day.items():
        for role, balance in balances.items():
            assert balance * sign >= 0, (day_text(day), role)
        # Which is stronger: Deferred only after the billing, Unbilled only before it.
        assert day >= accounting_date or not balances[DEFERRED]
        assert day < accounting_date or not balances[UNBILLED]


@many
@given(billed_terms())
def test_movements_are_few_and_valid(billed: tuple[Terms, Day]) -> None:
    its_terms, accounting_date = billed
    made = recognize(its_terms, accounting_date)
    first, last = its_terms.service_period

    assert len(made) <= 2 + month_of(last) - month_of(first) + 2
    for one in made:
        assert one.amount > 0
        assert 0 <= one.daily * (one.days - 1) <= one.amount
        assert month_of(one.first_day) == month_of(one.last_day)
        is_billed_leg = BILLED in {one.debit, one.credit}
        assert not is_billed_leg or one.first_day == one.last_day == accounting_date
