"""Bank accounts in foreign currencies: what changes of rates do to balances."""

from hypothesis import given
from hypothesis import strategies as st

from daybook.gl.rules.journal_types import ExposureKind
from daybook.gl.rules.revaluation import Bank, Flow, revaluation_lines
from daybook_gl_rules import BANK, REVALUATION, basis, day, nets

RATES = {"2026-10-01": "0.80", "2026-10-02": "0.79", "2026-10-05": "0.81"}
ACCOUNT = Bank(
    BANK, "USD", [Flow(day("2026-10-01"), 1000_00), Flow(day("2026-10-05"), -400_00)]
)


def test_a_balance_gains_by_rates_and_not_by_its_flows() -> None:
    lines = [*revaluation_lines([ACCOUNT], basis("2026-10-31", RATES))]

    # 1,000 fall by 0.01; then they rise by 0.02, before 400 go out at the day's rate.
    assert nets(lines) == [
        (BANK, 10_00),
        (REVALUATION, -10_00),
        (BANK, -20_00),
        (REVALUATION, 20_00),
    ]
    assert {line.kind for line in lines} == {ExposureKind.REVALUATION}
    assert lines[-1].description == (
        "USD 600.00 at 0.81000000 (5 Oct 2026), before 0.79000000 (2 Oct 2026)"
    )


def test_an_account_in_base_or_without_flows_has_none() -> None:
    of = basis("2026-10-31", RATES)

    assert [*revaluation_lines([ACCOUNT._replace(currency="GBP")], of)] == []
    assert [*revaluation_lines([ACCOUNT._replace(flows=[])], of)] == []
    assert [*revaluation_lines([ACCOUNT._replace(account_id="unknown")], of)] == []


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(-(10**6), 10**6)), min_size=1)
)
def test_gains_are_the_last_value_less_what_flowed(
    flows: list[tuple[int, int]],
) -> None:
    start = day("2026-10-01")
    of = basis("2026-10-31", RATES)
    bank = Bank(BANK, "USD", [Flow(start + at, amount) for at, amount in flows])
    lines = [*revaluation_lines([bank], of)]
    by_day: dict[int, int] = {}
    for flow in bank.flows:
        by_day[flow.day] = by_day.get(flow.day, 0) + flow.amount
    brought = sum(
        of.value(amount, "USD", of.rate("USD", on)) for on, amount in by_day.items()
    )
    worth = of.value(sum(by_day.values()), "USD", of.rate("USD", of.today))

    gained = sum(line.net for line in lines if line.account_id == REVALUATION)
    assert gained == worth - brought
