"""The types of ledgers, their accounts and monthly figures."""

from functools import lru_cache
from typing import Annotated

import strawberry

from daybook.calendar import Month, first_day_of, month_of
from daybook.ledger.filters import Pin
from daybook.ledger.rules import ACCOUNT_NAMES, Role
from daybook.reports.queries import recognized_by_month
from daybook_graphql.context import Info
from daybook_graphql.enums import AccountRole, Direction
from daybook_graphql.ids import AccountId, LedgerId, encode
from daybook_graphql.money import DateRangeInput, Money, checked, money
from daybook_graphql.node import Node
from daybook_graphql.scalars import CurrencyCode, Date


@strawberry.type(description="One of a ledger's four accounts.")
class LedgerAccount(Node):
    role: AccountRole = strawberry.field(description="Which of the four.")
    name: str = strawberry.field(description="Its name in reports.")
    normal_balance: Direction = strawberry.field(
        description="The side on which its balance stands."
    )


@strawberry.type(description="An amount of one calendar month.")
class MonthAmount:
    month: Date = strawberry.field(description="The month's first day.")
    amount: Money = strawberry.field(description="How much.")


@strawberry.type(description="The double-entry revenue subledger of one currency.")
class Ledger(Node):
    name: str = strawberry.field(description="Its name in lists.")
    currency: CurrencyCode = strawberry.field(
        description="The currency of all its amounts."
    )
    accounts: list[LedgerAccount] = strawberry.field(
        description="Billed, unbilled, deferred and recognized revenue, in this order."
    )
    pin: strawberry.Private[Pin]

    @strawberry.field(
        description="The first day of the first month that has journals, if any."
    )
    async def first_month(self, info: Info) -> Date | None:
        months = await info.context.months.load(self.pin)
        return None if months is None else Date(first_day_of(months[0]))

    @strawberry.field(
        description="The first day of the last month that has journals, if any."
    )
    async def last_month(self, info: Info) -> Date | None:
        months = await info.context.months.load(self.pin)
        return None if months is None else Date(first_day_of(months[1]))

    @strawberry.field(
        description="Recognized revenue of every month of a range: credits less debits."
    )
    async def recognized_by_month(
        self,
        info: Info,
        months: Annotated[
            DateRangeInput,
            strawberry.argument(
                description="Each month with a day in this range. An open end is the"
                " ledger's first or last month with journals."
            ),
        ],
    ) -> list[MonthAmount]:
        start, end = checked(months, "months")
        known = await info.context.months.load(self.pin)
        if known is None:
            return []
        first = known[0] if start is None else month_of(start)
        last = known[1] if end is None else month_of(end)
        async with info.context.database.reads() as session:
            amounts = await recognized_by_month(session, self.pin, first, last)
        return [
            _month_amount(month, amounts.get(month, 0), self.currency)
            for month in range(first, last + 1)
        ]


def ledger_of(pin: Pin) -> Ledger:
    """A pinned ledger as the schema shows it."""
    return Ledger(
        id=encode(LedgerId(pin.currency)),
        name=f"{pin.currency} ledger",
        currency=CurrencyCode(pin.currency),
        accounts=list(accounts_of(pin.currency).values()),
        pin=pin,
    )


@lru_cache(maxsize=256)
def accounts_of(currency: str) -> dict[Role, LedgerAccount]:
    """A ledger's accounts by their roles, in the order of reports."""
    return {
        role: LedgerAccount(
            id=encode(AccountId(currency, role)),
            role=AccountRole(role),
            name=name,
            normal_balance=(
                Direction.DEBIT if role.is_debit_normal else Direction.CREDIT
            ),
        )
        for role, name in ACCOUNT_NAMES.items()
    }


def _month_amount(month: Month, amount: int, currency: str) -> MonthAmount:
    return MonthAmount(month=Date(first_day_of(month)), amount=money(amount, currency))
