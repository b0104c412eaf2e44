"""Queries of ledgers, and the look-up of the ledger that an argument names."""

from typing import Annotated

import strawberry

from daybook.calendar import Day
from daybook.ledger.pins import Pin
from daybook_graphql.context import Context, Info
from daybook_graphql.kit.errors import ErrorCode, failure
from daybook_graphql.kit.ids import expect
from daybook_graphql.kit.scalars import CurrencyCode
from daybook_graphql.ledgers.accounts import AsOf
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.ledgers.types import Ledger, ledger_of

LedgerIdArgument = Annotated[
    strawberry.ID, strawberry.argument(description="Which ledger.")
]


@strawberry.type
class LedgerQueries:
    @strawberry.field(description="The organisation's ledgers, by currency.")
    async def ledgers(self, info: Info, as_of: AsOf = None) -> list[Ledger]:
        return [ledger_of(pin) for pin in (await info.context.pins(as_of)).values()]

    @strawberry.field(
        description="One ledger, by its currency or its id; null if there is none."
    )
    async def ledger(
        self,
        info: Info,
        currency: Annotated[
            CurrencyCode | None, strawberry.argument(description="Its currency.")
        ] = None,
        id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Its id.")
        ] = None,
        as_of: AsOf = None,
    ) -> Ledger | None:
        if (currency is None) == (id is None):
            message = "ledger is found by its currency or its id: give one of the two"
            raise failure(ErrorCode.INVALID_VALUE, message, "id")
        if id is not None:
            wanted: str | None = expect(id, LedgerId, "id").currency
        else:
            wanted = currency
        pin = (await info.context.pins(as_of)).get(wanted or "")
        return None if pin is None else ledger_of(pin)


async def pin_of(context: Context, ledger_id: str, as_of: Day | None = None) -> Pin:
    """The pinned ledger that an argument names; raises INVALID_ID or NOT_FOUND."""
    currency = expect(ledger_id, LedgerId, "ledgerId").currency
    pin = (await context.pins(as_of)).get(currency)
    if pin is None:
        message = f"ledgerId: there is no {currency} ledger"
        raise failure(ErrorCode.NOT_FOUND, message, "ledgerId")
    return pin
