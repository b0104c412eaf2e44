"""The mutations that enter balances of the general ledger."""

from collections.abc import Awaitable
from typing import Annotated

import strawberry

from daybook.closing.commands import enter_balances, import_balances
from daybook.closing.rules import BalanceEntry, EnteredBalances
from daybook.errors import Rejected
from daybook.ledger.rules import Role
from daybook_graphql.closing.balances import (
    EnterBalancesInput,
    EnterBalancesPayload,
    ImportBalancesInput,
)
from daybook_graphql.context import Info
from daybook_graphql.kit.ids import expect
from daybook_graphql.kit.permissions import CLOSE, needs
from daybook_graphql.kit.scalars import BigInt
from daybook_graphql.kit.user_errors import errors_of
from daybook_graphql.ledgers.ids import LedgerId

FIELDS = {"currency": "ledgerId"}
"""Input fields, by the domain's names for them."""

argument = strawberry.argument


@strawberry.type
class ClosingMutations:
    @strawberry.mutation(
        description="Enter balances of the general ledger, for the tie-out. A later one"
        " of the same account, day and label takes the place of the earlier.",
        metadata=needs(CLOSE),
    )
    async def enter_balances(
        self,
        info: Info,
        input: Annotated[EnterBalancesInput, argument(description="Which.")],
    ) -> EnterBalancesPayload:
        context = info.context
        entering = enter_balances(
            context.database,
            context.organisation_id,
            _currency(input.ledger_id),
            [
                BalanceEntry(
                    Role[balance.account.name],
                    balance.on,
                    balance.balance,
                    balance.label or "",
                )
                for balance in input.balances
            ],
            note=input.note or "",
            now=context.now,
            made_by=context.made_by,
        )
        return await _payload(entering)

    @strawberry.mutation(
        description="Enter the balances of a CSV file, all or none.",
        metadata=needs(CLOSE),
    )
    async def import_balances(
        self,
        info: Info,
        input: Annotated[ImportBalancesInput, argument(description="Which.")],
    ) -> EnterBalancesPayload:
        context = info.context
        importing = import_balances(
            context.database,
            context.organisation_id,
            _currency(input.ledger_id),
            input.csv,
            note=input.note or "",
            now=context.now,
            made_by=context.made_by,
        )
        return await _payload(importing)


async def _payload(entering: Awaitable[EnteredBalances]) -> EnterBalancesPayload:
    """The payload of what was entered, or what is wrong with it."""
    try:
        entered = await entering
    except Rejected as rejected:
        return EnterBalancesPayload(
            entered_count=0,
            unchanged_count=0,
            recording=None,
            user_errors=errors_of(rejected.problems, FIELDS),
        )
    recording = entered.recording
    return EnterBalancesPayload(
        entered_count=entered.entered,
        unchanged_count=entered.unchanged,
        recording=None if recording is None else BigInt(recording),
        user_errors=[],
    )


def _currency(ledger_id: str) -> str:
    return expect(ledger_id, LedgerId, "input.ledgerId").currency
