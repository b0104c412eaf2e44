"""The roll-forward of Deferred or Unbilled: its types, and reading it."""

from collections.abc import Sequence

import strawberry

from daybook.calendar import FIRST_DAY, Day, Month, day_text, first_day_of, month_of
from daybook.ledger.rules import Role
from daybook.reports.rollforward.queries import (
    Maturity,
    maturity,
    recognized_from_opening,
    roll_forward,
    roll_forward_ties,
)
from daybook.reports.rollforward.queries import RollForwardMonth as StoredMonth
from daybook.reports.rollforward.rules import Column
from daybook_graphql.context import Info
from daybook_graphql.journals.enums import RollForwardColumn
from daybook_graphql.kit.errors import ErrorCode, failure
from daybook_graphql.kit.money import Money, money
from daybook_graphql.kit.scalars import Date
from daybook_graphql.ledgers.accounts import LedgerAccount, accounts_at
from daybook_graphql.ledgers.enums import AccountRole
from daybook_graphql.reports.figures import Tie, ties_of
from daybook_graphql.reports.filters import Asked

field = strawberry.field


@strawberry.type(description="What changed an account for one reason.")
class RollForwardAmount:
    column: RollForwardColumn = field(description="The reason.")
    amount: Money = field(
        description="How much the account grew by it on its normal side."
    )


@strawberry.type(description="How an account came from its opening to its closing.")
class RollForwardMonth:
    month: Date = field(
        description="The month's first day; in the total, that of the first month."
    )
    opening: Money = field(
        description="What stood on the account's normal side the day before."
    )
    amounts: list[RollForwardAmount] = field(
        description="What changed it: the same columns in every month, those that have"
        " an amount in any of them. `opening` and all amounts sum to `closing`."
    )
    closing: Money = field(
        description="What stood on the account's normal side at the end of the month,"
        " or of the report's day."
    )


@strawberry.type(
    description="When Deferred will be earned: ASC 606-10-50-13 asks for it."
)
class DeferredMaturity:
    within_twelve_months: Money = field(
        description="What leaves Deferred for Recognized in the twelve months after the"
        " report's day."
    )
    later: Money = field(description="What does so after these twelve months.")
    unscheduled: Money = field(
        description="What stands on Deferred after its last scheduled entry."
    )
    taken_back_later: Money = field(
        description="What goes from Deferred back to Billed or Unbilled after the"
        " report's day: later credit notes and voids, less what later invoices bring;"
        " negative if these bring more."
    )
    total: Money = field(
        description="All four: what stands on Deferred on the report's day."
    )


@strawberry.type(description="An account's months, from opening to closing.")
class RollForward:
    account: LedgerAccount = field(description="Which account.")
    months: list[RollForwardMonth] = field(
        description="Month by month; the last may end with the report's day."
    )
    total: RollForwardMonth = field(description="The whole period as one.")
    role: strawberry.Private[Role]
    first: strawberry.Private[Month]
    asked: strawberry.Private[Asked]

    @field(
        description="Revenue of the period that stood on Deferred when it opened: ASC"
        " 606-10-50-8 asks for it."
    )
    async def recognized_from_opening(self, info: Info) -> Money:
        pin, on, conditions = self.asked
        opening = first_day_of(self.first)
        async with info.context.database.pinned_reads() as session:
            amount = await recognized_from_opening(
                session, pin, opening, on, conditions
            )
        return money(amount, pin.currency)

    @field(description="When Deferred, as it closes, will be earned.")
    async def maturity(self, info: Info) -> DeferredMaturity:
        async with info.context.database.pinned_reads() as session:
            due = await maturity(session, *self.asked)
        return _maturity_of(due, self.asked.pin.currency)

    @field(description="What the figures have to agree with.")
    async def ties(self, info: Info) -> list[Tie]:
        pin, on, conditions = self.asked
        period = self.role, self.first, on
        async with info.context.database.pinned_reads() as session:
            ties = await roll_forward_ties(session, pin, *period, conditions)
        return ties_of(ties, pin.currency)


async def roll_forward_of(
    info: Info, asked: Asked, account: AccountRole, start: Day | None
) -> RollForward:
    """An account's months, and the whole period."""
    role = Role[account.name]
    _check_account(role)
    first = _first_month(start, asked.on)
    pin, on, conditions = asked
    async with info.context.database.pinned_reads() as session:
        months = await roll_forward(session, pin, role, first, on, conditions)
    accounts = await accounts_at(info.context, pin)
    total = _total_of(months)
    columns = [
        column
        for column in Column
        if any(month.columns.get(column) for month in months)
    ]
    return RollForward(
        account=accounts[role],
        months=[_month_of(month, columns, pin.currency) for month in months],
        total=_month_of(total, columns, pin.currency),
        role=role,
        first=first,
        asked=asked,
    )


def _check_account(role: Role) -> None:
    """Raise INVALID_VALUE for an account without a roll-forward."""
    if role not in {Role.DEFERRED, Role.UNBILLED}:
        message = (
            f"account: {role.name} has no roll-forward, which is of DEFERRED or"
            " UNBILLED"
        )
        raise failure(ErrorCode.INVALID_VALUE, message, "account")


def _first_month(start: Day | None, on: Day) -> Month:
    """The first month; raises INVALID_PERIOD and TOO_LARGE."""
    last = month_of(on)
    if start is None:
        return max(last - MONTHS_DEFAULT + 1, month_of(FIRST_DAY))
    if start > on:
        message = (
            f"from: the period starts on {day_text(start)}, after it ends on"
            f" {day_text(on)}"
        )
        raise failure(ErrorCode.INVALID_PERIOD, message, "from")
    first = month_of(start)
    if last - first >= MONTHS_MAX:
        message = (
            f"from: a roll-forward has {MONTHS_MAX} months at the most, these are"
            f" {last - first + 1}"
        )
        raise failure(ErrorCode.TOO_LARGE, message, "from")
    return first


MONTHS_DEFAULT = 12
MONTHS_MAX = 120


def _total_of(months: Sequence[StoredMonth]) -> StoredMonth:
    """The whole period as one month: the first."""
    return StoredMonth(
        months[0].month,
        months[0].opening,
        {
            column: sum(month.columns.get(column, 0) for month in months)
            for column in Column
        },
        months[-1].closing,
    )


def _month_of(
    month: StoredMonth, columns: Sequence[Column], currency: str
) -> RollForwardMonth:
    return RollForwardMonth(
        month=Date(first_day_of(month.month)),
        opening=money(month.opening, currency),
        amounts=[
            RollForwardAmount(
                column=RollForwardColumn(column),
                amount=money(month.columns.get(column, 0), currency),
            )
            for column in columns
        ],
        closing=money(month.closing, currency),
    )


def _maturity_of(due: Maturity, currency: str) -> DeferredMaturity:
    return DeferredMaturity(
        within_twelve_months=money(due.within_year, currency),
        later=money(due.later, currency),
        unscheduled=money(due.unscheduled, currency),
        taken_back_later=money(due.taken_back, currency),
        total=money(sum(due), currency),
    )
