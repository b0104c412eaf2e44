"""Hypothesis strategies for the values that the rules work with."""

from datetime import date

from hypothesis import settings
from hypothesis import strategies as st

from daybook.calendar import Day, day_of, first_day_of, last_day_of, month_of
from daybook.ledger.rules import Movement, Role
from daybook.recognition.allocation import Strategy
from daybook.recognition.rules import Method, Terms, Timing
from daybook_services.faults import examples

many = settings(max_examples=examples(100))
"""Enough examples for a pure rule."""

# Four years, one of them a leap year: every length of a month, and few enough days
# that dates meet each other often.
FIRST, LAST = day_of(date(2023, 1, 1)), day_of(date(2026, 12, 31))

days = st.integers(FIRST, LAST)
# Small totals are those whose shares round to nothing, or against their sign.
totals = st.integers(-300, 300) | st.integers(-(10**12), 10**12)
allocation_strategies = st.sampled_from(Strategy)


@st.composite
def periods(draw: st.DrawFn, lengths: tuple[int, int] = (1, 800)) -> tuple[Day, Day]:
    """Service periods of all lengths, from and to any day; often of whole months."""
    first = draw(days)
    last = first + draw(st.integers(*lengths)) - 1
    if draw(st.booleans()):
        first = first_day_of(month_of(first))
    if draw(st.booleans()):
        last = last_day_of(month_of(last))
    return first, last


@st.composite
def terms(draw: st.DrawFn, amounts: st.SearchStrategy[int] = totals) -> Terms:
    """Terms of every method that is taken, with whatever amount."""
    period = draw(periods((1, 150)))
    method = draw(st.sampled_from([Method.STRAIGHT_LINE, Method.POINT_IN_TIME]))
    is_point = method is Method.POINT_IN_TIME
    return Terms(
        draw(amounts),
        method,
        draw(st.sampled_from(Timing)),
        draw(allocation_strategies),
        *period,
        recognized_on=draw(near(*period)) if is_point else None,
    )


def near(first: Day, last: Day) -> st.SearchStrategy[Day]:
    """Days in, on the edges of, and around a period."""
    edges = [first - 1, first, first + 1, last - 1, last, last + 1]
    return st.sampled_from(edges) | st.integers(first - 60, last + 60)


@st.composite
def movements(
    draw: st.DrawFn,
    pair: tuple[Role, Role] = (Role.DEFERRED, Role.RECOGNIZED),
) -> Movement:
    """Valid movements of a pair of accounts, in either direction."""
    first = draw(days)
    last = draw(st.integers(first, last_day_of(month_of(first))))
    daily = draw(st.integers(0, 10_000))
    least = max(1, daily * (last - first))
    amount = draw(st.integers(least, least + 20_000))
    if first == last:
        daily = amount
    debit, credit = draw(st.permutations(pair))
    return Movement(debit, credit, amount, daily, first, last)
