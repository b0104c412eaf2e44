"""Domain rule 2, "Its invoice": laws of what an invoice's lines do to the accruals."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from daybook.calendar import Day, parse_day
from daybook.ledger.rules import Movement, Role, shares
from daybook.recognition.accruals import Accrual, bill
from daybook.recognition.ranges import Range, union, without
from daybook.recognition.rules import Classification, Terms, Timing, net_of
from daybook_factories import terms, usd
from daybook_strategies import many
from daybook_strategies import terms as any_terms

JANUARY = ("2025-01-01", "2025-01-31")
FIRST, LAST = map(parse_day, JANUARY)

days = st.integers(FIRST - 20, LAST + 20)
ranges = st.lists(
    st.builds(lambda first, more: (first, first + more), days, st.integers(0, 30))
)


def accrual(price: str = "600.00") -> Accrual:
    its_terms = terms(price, JANUARY, timing=Timing.IN_ARREARS)
    accruing = replace(its_terms, classification=Classification.ACCRUAL, months=1)
    return Accrual.of(accruing)


def days_in(some: list[Range]) -> set[Day]:
    return {day for first, last in some for day in range(first, last + 1)}


@many
@given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=5), st.integers(0, 2000))
def test_lines_bill_what_was_accrued_and_their_amounts_in_all(
    at_once: list[int], accrued: int
) -> None:
    its_shares = bill(at_once, accrued)

    unbilled = [one for one, _ in its_shares]
    assert min(unbilled) >= 0
    assert sum(unbilled) == min(max(sum(at_once), 0), accrued)
    assert sum(one + more for one, more in its_shares) == sum(at_once)
    if min(at_once) >= 0:
        assert [one + more for one, more in its_shares] == at_once
    if sum(at_once) >= 0:
        assert all(more >= 0 for _, more in its_shares)


def test_what_the_rules_say_of_one_month() -> None:
    # 620 against 600, 580, 0, and 600 - 100.
    assert bill([usd("620.00")], usd("600.00")) == [(usd("600.00"), usd("20.00"))]
    assert bill([usd("580.00")], usd("600.00")) == [(usd("580.00"), 0)]
    assert bill([0], usd("600.00")) == [(0, 0)]
    assert bill([usd("600.00"), -usd("100.00")], usd("600.00")) == [
        (usd("500.00"), 0),
        (0, 0),
    ]
    assert bill([-usd("100.00")], usd("600.00")) == [(0, -usd("100.00"))]


@st.composite
def invoices(draw: st.DrawFn) -> list[Terms]:
    """Lines around January, of any method, sign and timing."""
    lines = []
    for its_terms in draw(st.lists(any_terms(), min_size=1, max_size=4)):
        first = draw(days)
        last = first + draw(st.integers(0, 45))
        point = its_terms.recognized_on and draw(days)
        lines.append(
            replace(its_terms, first_day=first, last_day=last, recognized_on=point)
        )
    return lines


@many
@given(st.lists(invoices(), min_size=1, max_size=3), st.data())
def test_invoices_leave_unbilled_what_no_invoice_met(
    its_invoices: list[list[Terms]], data: st.DataObject
) -> None:
    plan, before = accrual(), accrual()
    met: list[Range] = []
    posted: list[Movement] = []
    for lines in its_invoices:
        a = data.draw(days)
        covered = [one for its_terms in lines for one in plan.covered_by(its_terms)]
        plans = plan.meet(lines, a, without(covered, met))
        met = union([*met, *covered])
        for one, its_terms in zip(plans, lines, strict=True):
            assert one.terms is its_terms
        movements = [movement for its in plans for movement in its.movements]
        billed = -net_of(movements, Role.BILLED)
        assert billed == sum(line.amount for line in lines)
        assert net_of(movements, Role.DEFERRED) == 0
        posted += movements

    unmet = days_in(without([(FIRST, LAST)], met))
    standing = sum(
        amount for one in before.days for day, amount in shares(one) if day in unmet
    )
    assert -net_of([*plan.days, *posted], Role.UNBILLED) == standing


@many
@given(ranges, ranges)
def test_ranges_are_sets_of_days(some: list[Range], others: list[Range]) -> None:
    joined, left = union(some), without(some, others)

    assert days_in(joined) == days_in(some)
    assert days_in(left) == days_in(some) - days_in(others)
    for found in (joined, left):
        assert found == sorted(found)
        assert sum(last - first + 1 for first, last in found) == len(days_in(found))
