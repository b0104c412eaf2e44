"""Budgets as placeholders until the actuals come."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.calendar import parse_month
from daybook.gl.rules.budgets import budget_lines
from daybook.gl.rules.documents import Budget, BudgetAmount
from daybook.gl.rules.journal_types import JournalType
from daybook_gl_rules import RENT, SALES, basis, day

OCTOBER = parse_month("2026-10")
BUDGET = Budget("b-1", "Overall budget", [BudgetAmount(SALES, "200", OCTOBER, 3100_00)])
TODAY = basis("2026-10-15")


@pytest.mark.parametrize(
    ("actual", "rows"),
    [
        (0, 31),
        (700_00, 31),
        (774_99, 31),
        (775_00, 0),
        (3100_00, 0),
        (-800_00, 31),
    ],
)
def test_a_budget_stands_until_a_quarter_is_actual(actual: int, rows: int) -> None:
    lines = [*budget_lines(BUDGET, {(SALES, OCTOBER): actual}, TODAY)]

    assert [line.net for line in lines] == [100_00] * rows
    assert all(line.type is JournalType.FORECAST_BUDGET for line in lines)


def test_its_rows_are_single_ones_by_day() -> None:
    lines = [*budget_lines(BUDGET, {}, TODAY)]

    assert [line.day for line in lines] == [
        *range(day("2026-10-01"), day("2026-11-01"))
    ]
    assert {(line.account_id, line.source_id, line.description) for line in lines} == {
        (SALES, "b-1", "Overall budget")
    }


def test_an_expense_is_negative_and_its_actuals_are_too() -> None:
    rent = replace(BUDGET, amounts=[BudgetAmount("", "469", OCTOBER, 3100_00)])

    assert {line.net for line in budget_lines(rent, {}, TODAY)} == {-100_00}
    assert [*budget_lines(rent, {(RENT, OCTOBER): -775_00}, TODAY)] == []
    assert len([*budget_lines(rent, {(RENT, OCTOBER): 800_00}, TODAY)]) == 31


def test_past_months_zero_budgets_and_unknown_accounts_have_none() -> None:
    amounts = [
        BudgetAmount(SALES, "200", OCTOBER - 1, 3100_00),
        BudgetAmount(SALES, "200", OCTOBER, 0),
        BudgetAmount("unknown", "999", OCTOBER, 3100_00),
    ]

    assert [*budget_lines(replace(BUDGET, amounts=amounts), {}, TODAY)] == []


@given(st.integers(-(10**8), 10**8), st.integers(0, 40))
def test_a_month_s_rows_sum_to_its_budget(amount: int, later: int) -> None:
    planned = BudgetAmount(SALES, "200", OCTOBER + later, amount)
    lines = [*budget_lines(replace(BUDGET, amounts=[planned]), {}, TODAY)]

    assert sum(line.net for line in lines) == amount
