"""FORECAST BUDGET rows: a budget as a placeholder until the actuals come."""

from collections.abc import Iterator, Mapping

from daybook.calendar import Day, Month, first_day_of, last_day_of, month_of
from daybook.gl.rules.basis import Basis
from daybook.gl.rules.documents import Budget
from daybook.gl.rules.journal_types import JournalType
from daybook.gl.rules.lines import SyntheticLine
from daybook.recognition.allocation import daily_amount

SHARE = 4
"""A placeholder stands until the actuals are this part, a quarter, of the budget."""


def budget_lines(
    budget: Budget, actuals: Mapping[tuple[str, Month], int], basis: Basis
) -> Iterator[SyntheticLine]:
    """A row a day for each account's budget of the present and future months.

    `actuals` are sums of Net by account ID and month. Those in the budget's direction
    count: a refund of 800 leaves a budget of 3,100 as it is, actuals of 775 replace it.
    """
    for planned in budget.amounts:
        account = basis.chart.find(planned.account_id, planned.account_code)
        if account is None or planned.month < month_of(basis.today):
            continue
        is_credit = account.class_ is not None and account.class_.is_credit
        amount = planned.amount if is_credit else -planned.amount
        actual = actuals.get((account.id, planned.month), 0)
        if (actual if amount > 0 else -actual) * SHARE < abs(amount):
            for day, net in _daily(planned.month, amount):
                yield SyntheticLine(
                    type=JournalType.FORECAST_BUDGET,
                    day=day,
                    group=f"{budget.id} {account.id}",
                    account_id=account.id,
                    account_code=account.code,
                    net=net,
                    gross=net,
                    rate_day=day,
                    currency=basis.base,
                    description=budget.description,
                    source_id=budget.id,
                )


def _daily(month: Month, amount: int) -> Iterator[tuple[Day, int]]:
    """A month's budget by its days: the last one takes what rounding left."""
    first, last = first_day_of(month), last_day_of(month)
    daily = daily_amount(amount, last - first + 1)
    for day in range(first, last):
        yield day, daily
    yield last, amount - daily * (last - first)
