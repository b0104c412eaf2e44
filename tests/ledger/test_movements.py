"""What a movement's days are, and that no arithmetic on it changes one of them."""

from collections.abc import Iterable

from hypothesis import example, given
from hypothesis import strategies as st

from daybook.calendar import Day, last_day_of, month_of, parse_day
from daybook.ledger.rules import (
    Movement,
    Role,
    amount_between,
    cut,
    movements_of_days,
    net_by_day,
    shares,
    signed_movement,
)
from daybook_factories import usd
from daybook_strategies import days, many, movements

DEFERRAL = (Role.DEFERRED, Role.RECOGNIZED)
MAY = (parse_day("2025-05-01"), parse_day("2025-05-31"))


def is_valid(one: Movement) -> bool:
    return (
        one.debit is not one.credit
        and one.amount > 0
        and one.daily >= 0
        and one.daily * (one.days - 1) <= one.amount
        and one.first_day <= one.last_day
        and month_of(one.first_day) == month_of(one.last_day)
    )


def by_day(several: Iterable[Movement | None]) -> dict[Day, int]:
    net = net_by_day([one for one in several if one], *DEFERRAL)
    return {day: amount for day, amount in net.items() if amount}


def test_90_in_may_is_thirty_days_of_2_90_and_one_of_3_00() -> None:
    may = Movement(*DEFERRAL, usd("90.00"), usd("2.90"), *MAY)

    amounts = [amount for _, amount in shares(may)]

    assert amounts == [usd("2.90")] * 30 + [usd("3.00")]


def test_a_day_without_a_share_has_no_entry() -> None:
    january = parse_day("2025-01-01"), parse_day("2025-01-31")

    entries = list(shares(Movement(*DEFERRAL, usd("0.20"), 0, *january)))

    assert entries == [(january[1], usd("0.20"))]


def test_the_days_after_a_cut_are_those_that_there_were() -> None:
    # Rule 4: 90.00 in January, locked through the 15th.
    first, last = parse_day("2025-01-01"), parse_day("2025-01-31")
    january = Movement(*DEFERRAL, usd("90.00"), usd("2.90"), first, last)

    before, after = cut(january, first, first + 14), cut(january, first + 15, last)

    assert before is not None
    assert before.amount == usd("43.50")
    assert after is not None
    amounts = [amount for _, amount in shares(after)]
    assert amounts == [usd("2.90")] * 15 + [usd("3.00")]


def test_a_negative_amount_exchanges_the_accounts() -> None:
    made = signed_movement(*DEFERRAL, -usd("90.00"), -usd("2.90"), *MAY)

    assert made == Movement(
        Role.RECOGNIZED, Role.DEFERRED, usd("90.00"), usd("2.90"), *MAY
    )
    assert signed_movement(*DEFERRAL, 0, 0, *MAY) is None


@many
@given(movements())
def test_entries_sum_to_the_amount(one: Movement) -> None:
    entries = list(shares(one))

    assert is_valid(one)
    assert sum(amount for _, amount in entries) == one.amount
    assert all(amount > 0 for _, amount in entries)
    assert [day for day, _ in entries] == sorted({day for day, _ in entries})


@many
@given(movements(), days, days)
def test_an_amount_between_two_days_is_the_sum_of_its_entries(
    one: Movement, start: Day, end: Day
) -> None:
    among = [amount for day, amount in shares(one) if start <= day <= end]

    assert amount_between(one, start, end) == sum(among)


@many
@given(movements(), st.data())
def test_cutting_changes_no_other_day(one: Movement, data: st.DataObject) -> None:
    start = data.draw(st.integers(one.first_day - 2, one.last_day + 2))
    end = data.draw(st.integers(one.first_day - 2, one.last_day + 2))

    piece = cut(one, start, end)
    rest = [cut(one, one.first_day, start - 1), cut(one, end + 1, one.last_day)]

    entries = dict(shares(piece)) if piece else {}
    kept = {day: amount for day, amount in shares(one) if start <= day <= end}
    assert entries == kept
    assert piece is None or is_valid(piece)
    if start <= end:
        assert by_day([piece, *rest]) == by_day([one])


@many
@given(st.lists(movements(), max_size=6))
def test_days_become_movements_that_give_exactly_these_days(
    several: list[Movement],
) -> None:
    net = net_by_day(several, *DEFERRAL)

    made = movements_of_days(net, *DEFERRAL)

    assert all(is_valid(one) for one in made)
    assert by_day(made) == by_day(several)


@many
@given(st.dictionaries(st.integers(20_000, 20_070), st.integers(-2, 2)))
@example({20_000: 1, 20_001: 1, 20_002: -1, 20_003: 0, 20_004: 1})
def test_any_days_become_the_fewest_movements(net: dict[Day, int]) -> None:
    made = movements_of_days(net, *DEFERRAL)

    assert all(is_valid(one) for one in made)
    assert by_day(made) == {day: amount for day, amount in net.items() if amount}
    assert len(made) == fewest({day: amount for day, amount in net.items() if amount})


def fewest(net: dict[Day, int]) -> int:
    """The least number of movements without empty days, by trying every cut."""
    ends: dict[Day, int] = {}
    found = sorted(net)
    for at, last in enumerate(found):
        best = len(net)
        for start in range(at + 1):
            run = found[start : at + 1]
            if is_one_movement(run, net):
                best = min(best, 1 + (ends[found[start - 1]] if start else 0))
        ends[last] = best
    return ends[found[-1]] if found else 0


def is_one_movement(run: list[Day], net: dict[Day, int]) -> bool:
    return (
        run[-1] - run[0] == len(run) - 1
        and run[-1] <= last_day_of(month_of(run[0]))
        and len({net[day] for day in run[:-1]}) <= 1
        and len({net[day] > 0 for day in run}) == 1
    )
