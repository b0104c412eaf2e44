"""The query `glProfitAndLoss`: income and expenses by account, month and type."""

from collections.abc import Sequence
from itertools import groupby
from typing import Annotated

import strawberry

from daybook.calendar import Day, day_text, first_day_of, month_of
from daybook.connections.queries import find_connections, settings_of
from daybook.connections.rules import DECEMBER
from daybook.gl.dataset.filters import LineFilter
from daybook.gl.dataset.sums import ProfitCell, profit_and_loss
from daybook.gl.rules.chart import AccountClass
from daybook_graphql.context import Context, Info
from daybook_graphql.general_ledger.enums import GlAccountClass, GlJournalType
from daybook_graphql.general_ledger.line_types import type_of
from daybook_graphql.general_ledger.states import (
    CURRENCY,
    DATA_TIME,
    REFRESH,
    STATE,
    ask,
    currency_or_none,
    numbers_of,
    state_at,
)
from daybook_graphql.kit.errors import ErrorCode, failure
from daybook_graphql.kit.money import exact_text
from daybook_graphql.kit.permissions import READ, needs
from daybook_graphql.kit.scalars import (
    BigInt,
    CurrencyCode,
    Date,
    DateTime,
    Decimal,
    moment_or_none,
)

MONTHS_MAX = 36
"""Of how many months sums are told at a time."""
CONNECTIONS = "Of these connections alone."
argument = strawberry.argument
field = strawberry.field


@strawberry.type(description="What an account comes to in a month.")
class GlProfitAmount:
    month: Date = field(description="The month, by its first day.")
    type: GlJournalType = field(description="The journals that it comes from.")
    amount: Decimal = field(
        description="Credit less debit in the reporting currency: income is positive,"
        " expenses are negative."
    )


@strawberry.type(description="An account of the profit and loss.")
class GlProfitAccount:
    account_class: GlAccountClass = field(description="`REVENUE` or `EXPENSE`.")
    code: str = field(description="Its code; blank if it has none.")
    name: str = field(description="Its name.")
    connection_numbers: list[int] = field(
        description="The connections that have it, by their numbers. Where a code means"
        " something else in another connection, that is an account of its own."
    )
    amounts: list[GlProfitAmount] = field(
        description="What it comes to, by month and type; those of nothing are left"
        " out."
    )


@strawberry.type(description="Income and expenses of a period.")
class GlProfitAndLoss:
    first: Date = field(name="from", description="The first day of the period.")
    last: Date = field(name="to", description="The last day of the period.")
    refresh: BigInt | None = field(description=STATE)
    data_current_as_of: DateTime | None = field(description=DATA_TIME)
    reporting_currency: CurrencyCode | None = field(description=CURRENCY)
    accounts: list[GlProfitAccount] = field(
        description="Income, then expenses, by code and name; none while connections"
        " are valued in several currencies."
    )


@strawberry.type
class GlProfitQueries:
    @strawberry.field(
        description="Income and expenses by account, month and type of journals, in the"
        f" reporting currency, of up to {MONTHS_MAX} months. Without days it is of the"
        " main connection's present financial year.",
        metadata=needs(READ),
    )
    async def gl_profit_and_loss(
        self,
        info: Info,
        start: Annotated[
            Date | None, argument(name="from", description="The first day.")
        ] = None,
        end: Annotated[
            Date | None, argument(name="to", description="The last day.")
        ] = None,
        connection_ids: Annotated[
            list[strawberry.ID] | None, argument(description=CONNECTIONS)
        ] = None,
        refresh: Annotated[BigInt | None, argument(description=REFRESH)] = None,
    ) -> GlProfitAndLoss:
        context = info.context
        first, last = await _period(context, start, end)
        numbers = numbers_of(connection_ids, "connectionIds")
        state = await state_at(context, refresh, numbers)
        currency = None if state is None else state.reporting_currency
        cells: list[ProfitCell] = []
        if state is not None and state.part is not None and currency is not None:
            line_filter = LineFilter(first=first, last=last)
            cells = await ask(
                context,
                state.part,
                lambda cursor, parts: profit_and_loss(cursor, parts, line_filter),
            )
        return GlProfitAndLoss(
            first=Date(first),
            last=Date(last),
            refresh=None if state is None else BigInt(state.refresh),
            data_current_as_of=moment_or_none(state and state.data_time),
            reporting_currency=currency_or_none(currency),
            accounts=_accounts(cells, currency or ""),
        )


async def financial_year(context: Context, day: Day) -> tuple[Day, Day]:
    """The main connection's financial year that a day belongs to."""
    async with context.database.reads() as session:
        rows = await find_connections(session, context.organisation_id)
    year_end = settings_of(rows[0]).year_end if rows else DECEMBER
    return year_end.year_of(day)


async def _period(
    context: Context, start: Day | None, end: Day | None
) -> tuple[Day, Day]:
    """The days that are asked for; raises INVALID_PERIOD or TOO_LARGE."""
    if start is None and end is None:
        return await financial_year(context, await context.today())
    if start is None or end is None:
        message = "from and to make a period together: give both, or neither"
        raise failure(ErrorCode.INVALID_PERIOD, message, "from" if end else "to")
    check_period(start, end)
    return start, end


def check_period(start: Day, end: Day) -> None:
    """Raise INVALID_PERIOD if it ends before it starts, TOO_LARGE if it is too long."""
    if start > end:
        message = (
            f"the period ends on {day_text(end)}, before it starts on {day_text(start)}"
        )
        raise failure(ErrorCode.INVALID_PERIOD, message, "to")
    months = month_of(end) - month_of(start) + 1
    if months > MONTHS_MAX:
        message = f"at most {MONTHS_MAX} months at a time, not {months:,}"
        raise failure(ErrorCode.TOO_LARGE, message, "from")


def _accounts(cells: Sequence[ProfitCell], currency: str) -> list[GlProfitAccount]:
    found = []
    for (class_, code, name), group in groupby(cells, lambda cell: cell[:3]):
        its = [*group]
        numbers = {number for cell in its for number in cell.connections}
        found.append(
            GlProfitAccount(
                account_class=GlAccountClass(AccountClass(class_)),
                code=code,
                name=name,
                connection_numbers=sorted(numbers),
                amounts=[
                    GlProfitAmount(
                        month=Date(first_day_of(cell.month)),
                        type=type_of(cell.type),
                        amount=exact_text(cell.amount, currency),
                    )
                    for cell in its
                ],
            )
        )
    return found
