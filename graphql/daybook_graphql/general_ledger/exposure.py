"""The query `glExposure`: what is open in other currencies, and what that gained."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, NamedTuple

import strawberry

from daybook.calendar import Day, first_day_of
from daybook.gl.dataset.lines import Part
from daybook.gl.dataset.sums import (
    Exposure,
    MonthGain,
    exposure_on,
    gains_by_month,
)
from daybook_graphql.context import Context, Info
from daybook_graphql.general_ledger.enums import GlExposureKind
from daybook_graphql.general_ledger.profit import (
    CONNECTIONS,
    check_period,
    financial_year,
)
from daybook_graphql.general_ledger.states import (
    CURRENCY,
    DATA_TIME,
    REFRESH,
    STATE,
    State,
    ask,
    currency_or_none,
    names_of,
    numbers_of,
    state_at,
)
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

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

argument = strawberry.argument
field = strawberry.field


@strawberry.type(
    description="What a connection has open in a currency, and what the period gained"
    " by its rates. `open` is in the currency, other amounts are in the connection's"
    " base currency."
)
class GlCurrencyExposure:
    connection_number: int = field(description="The connection's number.")
    connection_name: str = field(description="The connection's name.")
    base_currency: CurrencyCode = field(description="The connection's base currency.")
    currency: CurrencyCode = field(description="The currency that is open.")
    open: Decimal = field(
        description="Receivables less payables of open invoices and bills."
    )
    valuation: Decimal = field(description="The same at the ECB's rate of the day.")
    unrealised: Decimal = field(
        description="What changes of rates gained on what was open, less what was"
        " turned where it was paid."
    )
    realised: Decimal = field(description="What payments gained.")
    revaluation: Decimal = field(
        description="What changes of rates gained on bank balances."
    )
    documents: int = field(description="How many invoices and bills are open.")


@strawberry.type(description="What changes of rates gained in a month.")
class GlMonthGain:
    month: Date = field(description="The month, by its first day.")
    kind: GlExposureKind = field(description="What was booked.")
    amount: Decimal = field(
        description="The gain in the reporting currency; a loss is negative."
    )


@strawberry.type(description="What is open in other currencies on a day.")
class GlExposure:
    on: Date = field(description="The day.")
    first: Date = field(
        name="from", description="The first day of the period that gains are of."
    )
    refresh: BigInt | None = field(description=STATE)
    data_current_as_of: DateTime | None = field(description=DATA_TIME)
    reporting_currency: CurrencyCode | None = field(description=CURRENCY)
    by_currency: list[GlCurrencyExposure] = field(
        description="Each currency of each connection, by currency."
    )
    by_month: list[GlMonthGain] = field(
        description="The gains of all currencies by month and kind; none while"
        " connections are valued in several reporting currencies."
    )


@strawberry.type
class GlExposureQueries:
    @strawberry.field(
        description="What is open in other currencies on a day, and what the period up"
        " to it gained. Without a day it is of the one of the refresh, and without"
        " `from` the period begins with the main connection's financial year.",
        metadata=needs(READ),
    )
    async def gl_exposure(
        self,
        info: Info,
        on: Annotated[Date | None, argument(description="Which day.")] = None,
        start: Annotated[
            Date | None,
            argument(name="from", description="The first day of the period of gains."),
        ] = None,
        connection_ids: Annotated[
            list[strawberry.ID] | None, argument(description=CONNECTIONS)
        ] = None,
        refresh: Annotated[BigInt | None, argument(description=REFRESH)] = None,
    ) -> GlExposure:
        context = info.context
        numbers = numbers_of(connection_ids, "connectionIds")
        state = await state_at(context, refresh, numbers)
        last: Day = on if on is not None else await _day_of(context, state)
        first: Day | None = start
        if first is None:
            first, _ = await financial_year(context, last)
        check_period(first, last)
        found = await _read(context, state, first, last)
        return GlExposure(
            on=Date(last),
            first=Date(first),
            refresh=None if state is None else BigInt(state.refresh),
            data_current_as_of=moment_or_none(state and state.data_time),
            reporting_currency=currency_or_none(state and state.reporting_currency),
            by_currency=_by_currency(state, found.exposures),
            by_month=_by_month(state, found.gains),
        )


class _Read(NamedTuple):
    exposures: Sequence[Exposure] = ()
    gains: Sequence[MonthGain] = ()


async def _day_of(context: Context, state: State | None) -> Day:
    """The day of the refresh: nothing is known after it."""
    if state is None or state.part is None:
        return await context.today()
    return max(segment.today for segment in state.part.segments)


async def _read(context: Context, state: State | None, first: Day, last: Day) -> _Read:
    if state is None or state.part is None:
        return _Read()

    def work(cursor: "DuckDBPyConnection", parts: Sequence[Part]) -> _Read:
        return _Read(
            exposure_on(cursor, parts, last, first),
            gains_by_month(cursor, parts, first, last),
        )

    return await ask(context, state.part, work)


def _by_currency(
    state: State | None, exposures: Sequence[Exposure]
) -> list[GlCurrencyExposure]:
    if state is None or state.part is None:
        return []
    names = names_of(state.part)
    return [
        GlCurrencyExposure(
            connection_number=its.connection,
            connection_name=names[its.connection],
            base_currency=CurrencyCode(its.base_currency),
            currency=CurrencyCode(its.currency),
            open=exact_text(its.open_amount, its.currency),
            valuation=exact_text(its.valuation, its.base_currency),
            unrealised=exact_text(its.unrealised, its.base_currency),
            realised=exact_text(its.realised, its.base_currency),
            revaluation=exact_text(its.revaluation, its.base_currency),
            documents=its.documents,
        )
        for its in exposures
    ]


def _by_month(state: State | None, gains: Sequence[MonthGain]) -> list[GlMonthGain]:
    currency = state and state.reporting_currency
    if currency is None:
        return []
    return [
        GlMonthGain(
            month=Date(first_day_of(gain.month)),
            kind=GlExposureKind(gain.kind),
            amount=exact_text(gain.amount, currency),
        )
        for gain in gains
    ]
