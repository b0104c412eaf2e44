"""Domain rule 6, REVERSAL: what a credit takes, and what its parent's days become."""

from functools import partial
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.calendar import Day, parse_day
from daybook.ledger.rules import Movement, Role
from daybook.recognition.allocation import Strategy
from daybook.recognition.plans import effective_day, plan_of, rebuild, reverse
from daybook.recognition.rules import Method, Terms, Timing, recognize, with_amount
from daybook_factories import terms, usd
from daybook_oracle import CreditedModel, balances_by_day, net_of, sum_of
from daybook_strategies import many, near
from daybook_strategies import terms as any_terms

BILLED, UNBILLED, DEFERRED, RECOGNIZED = Role
JANUARY, OCTOBER = parse_day("2025-01-01"), parse_day("2025-10-01")


class Credited(NamedTuple):
    """A schedule after credits: its own movements, and those of the credits."""

    parent: list[Movement]
    own: list[Movement]


def credited(
    its_terms: Terms, accounting_date: Day, *credits_taken: tuple[int, Day]
) -> Credited:
    """Take credits one after the other, all of them recorded with their schedule."""
    plan = plan_of(its_terms, accounting_date)
    own = []
    for amount, day in credits_taken:
        own += reverse(plan, amount, effective_day(day, accounting_date, None))
    return Credited(plan.movements, own)


def rebuilt(
    its_terms: Terms, accounting_date: Day, *credits_taken: tuple[int, Day]
) -> Credited:
    """Take credits by REBUILD, one after the other."""
    plan = plan_of(its_terms, accounting_date)
    own, left = [], its_terms.amount
    for amount, day in credits_taken:
        left -= amount
        net_terms = with_amount(its_terms, left)
        effective = effective_day(day, accounting_date, None)
        own += rebuild(
            plan, amount, effective, partial(plan_of, net_terms, accounting_date)
        )
    return Credited(plan.movements, own)


def test_a_credit_takes_deferred_first_then_recognized() -> None:
    # 12,000 for 2025, 1 October: 9,000.00 recognized, 3,000.00 deferred.
    parent, own = credited(terms("12,000.00"), JANUARY, (usd("5,000.00"), OCTOBER))

    assert net_of(own) == {
        (OCTOBER, BILLED, DEFERRED): -usd("3,000.00"),
        (OCTOBER, BILLED, RECOGNIZED): -usd("2,000.00"),
    }
    assert max(one.last_day for one in parent) == OCTOBER - 1


def test_what_is_left_is_allocated_anew() -> None:
    parent, own = credited(terms("12,000.00"), JANUARY, (usd("2,000.00"), OCTOBER))

    assert net_of(own) == {(OCTOBER, BILLED, DEFERRED): -usd("2,000.00")}
    amounts = [one.amount for one in parent if one.first_day >= OCTOBER]
    assert amounts == [usd("333.33"), usd("333.33"), usd("333.34")]


def test_what_is_left_keeps_the_lines_own_strategy() -> None:
    # 10.00 a day; half of the 92 days' 920.00 is credited.
    its_terms = terms("3,650.00", strategy=Strategy.EXACT_DAYS)

    parent, own = credited(its_terms, JANUARY, (usd("460.00"), OCTOBER))

    assert net_of(own) == {(OCTOBER, BILLED, DEFERRED): -usd("460.00")}
    left = [one.amount for one in parent if one.first_day >= OCTOBER]
    assert left == [usd("155.00"), usd("150.00"), usd("155.00")]


def test_in_arrears_after_billing_all_is_taken_from_recognized() -> None:
    # 600.00 billed 1 February, 200.00 credited 10 February.
    february = parse_day("2025-02-01")
    its_terms = terms(
        "600.00", ("2025-01-01", "2025-01-31"), accounting_date="2025-02-01"
    )

    parent, own = credited(
        its_terms, february, (usd("200.00"), parse_day("2025-02-10"))
    )

    balances = balances_by_day(sum_of([net_of(parent), net_of(own)]))
    assert balances[max(balances)] == {
        BILLED: usd("400.00"),
        UNBILLED: 0,
        DEFERRED: 0,
        RECOGNIZED: usd("400.00"),
    }


def test_after_the_service_end_all_is_taken_from_recognized() -> None:
    day = parse_day("2026-02-01")

    parent, own = credited(terms("1,200.00"), JANUARY, (usd("50.00"), day))

    assert net_of(own) == {(day, BILLED, RECOGNIZED): -usd("50.00")}
    assert net_of(parent) == net_of(recognize(terms("1,200.00"), JANUARY))


def test_a_future_point_in_time_is_reduced() -> None:
    point = parse_day("2025-12-01")
    its_terms = terms(
        "500.00", None, method=Method.POINT_IN_TIME, recognized_on="2025-12-01"
    )

    parent, own = credited(its_terms, JANUARY, (usd("200.00"), OCTOBER))

    assert net_of(own) == {(OCTOBER, BILLED, DEFERRED): -usd("200.00")}
    assert net_of(parent)[point, DEFERRED, RECOGNIZED] == usd("300.00")


@pytest.mark.parametrize("point", ["2025-01-01", "2025-09-30"])
def test_a_past_point_in_time_is_taken_from_recognized(point: str) -> None:
    its_terms = terms("500.00", None, method=Method.POINT_IN_TIME, recognized_on=point)

    _, own = credited(its_terms, JANUARY, (usd("200.00"), OCTOBER))

    assert net_of(own) == {(OCTOBER, BILLED, RECOGNIZED): -usd("200.00")}


def test_a_credit_takes_effect_on_its_parents_accounting_date_at_the_earliest() -> None:
    parent, own = credited(
        terms("1,200.00"), OCTOBER, (usd("100.00"), parse_day("2025-03-01"))
    )

    assert {one.first_day for one in own} == {OCTOBER}
    assert {one.first_day for one in parent if BILLED in one} == {OCTOBER}


def test_the_accounting_date_in_arrears_is_no_remaining_day() -> None:
    # Day a went through Unbilled: what is left goes to the days after it.
    its_terms = terms("310.00", ("2025-01-01", "2025-01-31"), timing=Timing.IN_ARREARS)
    a = parse_day("2025-01-16")

    parent, own = credited(its_terms, a, (usd("75.00"), a))

    assert net_of(own) == {(a, BILLED, DEFERRED): -usd("75.00")}
    net = net_of(parent)
    assert net[a, UNBILLED, RECOGNIZED] == usd("10.00")
    assert (a, DEFERRED, RECOGNIZED) not in net
    assert net[a + 1, DEFERRED, RECOGNIZED] == usd("5.00")


def test_crediting_nothing_changes_nothing() -> None:
    parent, own = credited(terms("100.01"), JANUARY, (0, OCTOBER))

    assert own == []
    assert parent == recognize(terms("100.01"), JANUARY)


@st.composite
def credited_terms(
    draw: st.DrawFn,
) -> tuple[Terms, Day, list[tuple[int, Day]]]:
    """Positive terms, their accounting date, and credits of up to their amount."""
    amounts = st.integers(1, 300) | st.integers(1, 10**9)
    its_terms = draw(any_terms(amounts))
    days = near(*its_terms.service_period)
    a, left = draw(days), its_terms.amount
    credits_taken = []
    for _ in range(draw(st.integers(1, 4))):
        amount = draw(st.integers(0, left) | st.just(left))
        credits_taken.append((amount, draw(days | st.just(a))))
        left -= amount
    return its_terms, a, credits_taken


@many
@given(credited_terms())
def test_credits_are_those_of_the_rule(
    case: tuple[Terms, Day, list[tuple[int, Day]]],
) -> None:
    its_terms, a, credits_taken = case
    model = CreditedModel(its_terms, a)
    own = sum_of([model.credit(*one) for one in credits_taken])

    made = credited(its_terms, a, *credits_taken)

    assert net_of(made.own) == own
    assert net_of(made.parent) == model.net


@many
@given(credited_terms())
def test_credits_in_any_order_leave_deferred_on_its_side(
    case: tuple[Terms, Day, list[tuple[int, Day]]],
) -> None:
    its_terms, a, credits_taken = case
    parent, own = credited(its_terms, a, *credits_taken)
    left = its_terms.amount - sum(amount for amount, _ in credits_taken)

    balances = balances_by_day(sum_of([net_of(parent), net_of(own)]))

    assert all(balance[DEFERRED] >= 0 for balance in balances.values())
    assert all(balance[UNBILLED] >= 0 for balance in balances.values())
    assert all(balance[BILLED] >= 0 for balance in balances.values())
    if balances:
        assert balances[max(balances)] == {
            BILLED: left,
            UNBILLED: 0,
            DEFERRED: 0,
            RECOGNIZED: left,
        }


def test_a_rebuilt_schedule_is_as_if_it_had_been_sold_net() -> None:
    # Rule 6: 12,000.00 for 2025, 2,000.00 credited 1 October.
    parent, own = rebuilt(terms("12,000.00"), JANUARY, (usd("2,000.00"), OCTOBER))

    assert net_of(own) == {
        (OCTOBER, BILLED, RECOGNIZED): -usd("1,500.03"),
        (OCTOBER, BILLED, DEFERRED): -usd("499.97"),
    }
    amounts = [one.amount for one in parent if one.first_day >= OCTOBER]
    assert amounts == [usd("833.33"), usd("833.33"), usd("833.37")]
    balances = balances_by_day(sum_of([net_of(parent), net_of(own)]))
    assert balances[max(balances)][DEFERRED] == 0


@many
@given(credited_terms())
def test_rebuilding_ends_with_the_net_recognized(
    case: tuple[Terms, Day, list[tuple[int, Day]]],
) -> None:
    its_terms, a, credits_taken = case
    parent, own = rebuilt(its_terms, a, *credits_taken)
    left = its_terms.amount - sum(amount for amount, _ in credits_taken)

    balances = balances_by_day(sum_of([net_of(parent), net_of(own)]))

    if balances:
        assert balances[max(balances)] == {
            BILLED: left,
            UNBILLED: 0,
            DEFERRED: 0,
            RECOGNIZED: left,
        }
