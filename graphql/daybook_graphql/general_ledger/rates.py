"""The queries `fxRates` and `manualRates`, and the mutations of manual rates."""

from typing import Annotated

import strawberry

from daybook.errors import Rejected
from daybook.fx.daily import DayRate, daily_rates
from daybook.fx.entered import (
    count_manual_rates,
    find_manual_rates,
    manual_rate_entered,
)
from daybook.fx.entering import RateDay, enter_rate, withdraw_rate
from daybook_graphql.context import Context, Info
from daybook_graphql.execution.selected import Selected
from daybook_graphql.general_ledger.rate_types import (
    AddManualRateInput,
    FxRate,
    ManualRate,
    ManualRatePayload,
    WithdrawManualRateInput,
    WithdrawManualRatePayload,
    fx_rate_of,
    manual_rate_of,
)
from daybook_graphql.kit.connections import Connection, connection_of
from daybook_graphql.kit.errors import ErrorCode, failure
from daybook_graphql.kit.money import DateRangeInput, checked
from daybook_graphql.kit.paging import After, Before, First, Last, page_request
from daybook_graphql.kit.permissions import CLOSE, READ, needs
from daybook_graphql.kit.scalars import CurrencyCode
from daybook_graphql.kit.user_errors import errors_of

DAYS_MAX = 366
"""Of how many days rates are told at a time: a year's."""
argument = strawberry.argument


@strawberry.type
class RateQueries:
    @strawberry.field(
        description="Rates of a pair of currencies by day, those that the organisation"
        " entered among them. A day without a rate has the last one of the seven days"
        " before, and a day in the future the latest; days that have none are left"
        f" out. At most {DAYS_MAX} days at a time.",
        metadata=needs(READ),
    )
    async def fx_rates(
        self,
        info: Info,
        source: Annotated[
            CurrencyCode, argument(name="from", description="From this currency.")
        ],
        target: Annotated[
            CurrencyCode, argument(name="to", description="To this currency.")
        ],
        days: Annotated[DateRangeInput, argument(description="Which days, both ends.")],
    ) -> list[FxRate]:
        return [
            fx_rate_of(rate)
            for rate in await _rates(info.context, source, target, days)
        ]

    @strawberry.field(
        description="The rates that the organisation entered and didn't withdraw, those"
        " that were entered last first.",
        metadata=needs(READ),
    )
    async def manual_rates(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[ManualRate]:
        request = page_request(1, first=first, after=after, last=last, before=before)
        organisation_id = info.context.organisation_id
        async with info.context.database.reads() as session:
            page = await find_manual_rates(session, organisation_id, request)
            total = 0
            if "totalCount" in Selected.of(info):
                total = await count_manual_rates(session, organisation_id)
        nodes = [manual_rate_of(row) for row in page.items]
        return connection_of(page, nodes, lambda row: (row.number,), total)


@strawberry.type
class RateMutations:
    @strawberry.mutation(
        description="Enter how many units of a currency a euro was worth on a day. It"
        " takes the place of one that was entered before; the same again changes"
        " nothing. Where the ECB has a rate of the day, that stands, and none can be"
        " entered.",
        metadata=needs(CLOSE),
    )
    async def add_manual_rate(
        self,
        info: Info,
        input: Annotated[AddManualRateInput, argument(description="Which rate.")],
    ) -> ManualRatePayload:
        context = info.context
        try:
            await enter_rate(
                context.database,
                context.organisation_id,
                RateDay(input.currency, input.day),
                input.rate,
                reason=input.reason,
                today=await context.today(),
                now=context.now,
                made_by=context.made_by,
            )
        except Rejected as rejected:
            return ManualRatePayload(
                rate=None, user_errors=errors_of(rejected.problems)
            )
        async with context.database.reads() as session:
            row = await manual_rate_entered(
                session, context.organisation_id, input.currency, input.day
            )
        rate = None if row is None else manual_rate_of(row)
        return ManualRatePayload(rate=rate, user_errors=[])

    @strawberry.mutation(
        description="Withdraw a rate that the organisation entered. The audit trail"
        " keeps it.",
        metadata=needs(CLOSE),
    )
    async def withdraw_manual_rate(
        self,
        info: Info,
        input: Annotated[WithdrawManualRateInput, argument(description="Which rate.")],
    ) -> WithdrawManualRatePayload:
        context = info.context
        try:
            await withdraw_rate(
                context.database,
                context.organisation_id,
                RateDay(input.currency, input.day),
                reason=input.reason,
                now=context.now,
                made_by=context.made_by,
            )
        except Rejected as rejected:
            errors = errors_of(rejected.problems)
            return WithdrawManualRatePayload(user_errors=errors)
        return WithdrawManualRatePayload(user_errors=[])


async def _rates(
    context: Context, source: str, target: str, days: DateRangeInput
) -> list[DayRate]:
    start, end = checked(days, "days")
    if start is None or end is None:
        message = "days: give both ends"
        raise failure(ErrorCode.INVALID_PERIOD, message, "days")
    if end - start >= DAYS_MAX:
        message = f"days: at most {DAYS_MAX} at a time, not {end - start + 1:,}"
        raise failure(ErrorCode.TOO_LARGE, message, "days")
    present = await context.today()
    async with context.database.reads() as session:
        return await daily_rates(
            session,
            context.organisation_id,
            source,
            target,
            range(start, end + 1),
            today=present,
        )
