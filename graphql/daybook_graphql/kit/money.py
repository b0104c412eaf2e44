"""Amounts and ranges of dates, as the schema shows and takes them."""

from decimal import Decimal as Exact
from functools import lru_cache

import strawberry

from daybook.calendar import Day, day_text
from daybook.money import amount_text, decimals_of
from daybook_graphql.kit.errors import ErrorCode, failure
from daybook_graphql.kit.scalars import CurrencyCode, Date, Decimal


@strawberry.type(description="An exact amount of a currency.")
class Money:
    amount: Decimal = strawberry.field(
        description="With exactly the currency's decimals; negative with a minus sign."
    )
    currency: CurrencyCode = strawberry.field(description="Of which currency.")


AMOUNTS_MAX = 4_096
"""How many amounts are kept: a page of a list has hundreds, many of them the same."""


@lru_cache(AMOUNTS_MAX)
def money(minor: int, currency: str) -> Money:
    """Minor units as the schema shows them; nobody may change what is returned."""
    return Money(
        amount=Decimal(amount_text(minor, currency)), currency=CurrencyCode(currency)
    )


def exact_text(amount: Exact, currency: str) -> Decimal:
    """An exact amount with its currency's decimals, of which it has no more."""
    return Decimal(f"{amount:.{decimals_of(currency)}f}")


@strawberry.input(description="Days from one to another. An absent end is open.")
class DateRangeInput:
    start: Date | None = strawberry.field(
        name="from", default=None, description="The first day, included."
    )
    end: Date | None = strawberry.field(
        name="to", default=None, description="The last day, included."
    )


def checked(days: DateRangeInput, argument: str) -> tuple[Day | None, Day | None]:
    """Both ends of a range; raises INVALID_PERIOD if it ends before it starts."""
    if days.start is not None and days.end is not None and days.start > days.end:
        message = (
            f"{argument}: the range ends on {day_text(days.end)}, before it starts on"
            f" {day_text(days.start)}"
        )
        raise failure(ErrorCode.INVALID_PERIOD, message, argument)
    return days.start, days.end
