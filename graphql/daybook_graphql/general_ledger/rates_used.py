"""The query `glRatesUsed`: the rates that the dataset's lines are valued at."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from daybook.gl.dataset.sums import RateFilter, UsedRate, rates_used
from daybook.paging import Page, PageRequest
from daybook_graphql.context import Info
from daybook_graphql.general_ledger.enums import GlRateSource
from daybook_graphql.general_ledger.line_types import GlRate, rate_of
from daybook_graphql.general_ledger.profit import CONNECTIONS
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
from daybook_graphql.kit.connections import (
    Edge,
    PageInfo,
    edges_of,
    listed,
    page_info,
)
from daybook_graphql.kit.money import DateRangeInput, checked
from daybook_graphql.kit.paging import After, Before, First, Last, page_request
from daybook_graphql.kit.permissions import READ, needs
from daybook_graphql.kit.scalars import (
    BigInt,
    CurrencyCode,
    DateTime,
    moment_or_none,
)

argument = strawberry.argument
field = strawberry.field


@strawberry.input(
    description="Which rates: those that fulfil all of it. What is absent leaves out"
    " nothing."
)
class GlRateFilter:
    connection_ids: list[strawberry.ID] | None = field(
        default=None, description=CONNECTIONS
    )
    base_currency: CurrencyCode | None = field(
        default=None, description="From this base currency."
    )
    days: DateRangeInput | None = field(
        default=None, description="Asked for these days: those of the documents."
    )
    source: GlRateSource | None = field(default=None, description="From this source.")


@listed(
    "A rate",
    "rates",
    page="A page of rates that lines are valued at, the newest day first.",
)
@strawberry.type(description="A rate of the dataset, and the lines that it values.")
class GlUsedRate:
    rate: GlRate = field(
        description="The rate. Its `day` is that of the document, or else of the"
        " journal."
    )
    lines: BigInt = field(description="How many lines are valued at it.")


@strawberry.type
class GlUsedRateConnection:
    edges: list[Edge[GlUsedRate]]
    nodes: list[GlUsedRate] = field(description="The same without cursors.")
    page_info: PageInfo = field(description="Whether there is more.")
    total_count: int = field(description="How many there are in all.")
    refresh: BigInt | None = field(description=STATE)
    data_current_as_of: DateTime | None = field(description=DATA_TIME)
    reporting_currency: CurrencyCode | None = field(description=CURRENCY)


@strawberry.type
class GlRatesUsedQueries:
    @strawberry.field(
        description="The rates from base currencies to the reporting currency that the"
        " dataset's lines are valued at, each with its day, the day that it was"
        " published, and its source. Lines in the reporting currency need none.",
        metadata=needs(READ),
    )
    async def gl_rates_used(
        self,
        info: Info,
        filter: Annotated[
            GlRateFilter | None, argument(description="Which rates.")
        ] = None,
        refresh: Annotated[BigInt | None, argument(description=REFRESH)] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> GlUsedRateConnection:
        request = page_request(1, first=first, after=after, last=last, before=before)
        wanted = filter or GlRateFilter()
        rate_filter = _rate_filter_of(wanted)
        numbers = numbers_of(wanted.connection_ids, "filter.connectionIds")
        state = await state_at(info.context, refresh, numbers)
        found: list[UsedRate] = []
        if state is not None and state.part is not None:
            found = await ask(
                info.context,
                state.part,
                lambda cursor, parts: rates_used(cursor, parts, rate_filter),
            )
        page = _page(found, request)
        edges = edges_of(
            page, [_used(rate) for _, rate in page.items], lambda item: (item[0],)
        )
        return GlUsedRateConnection(
            edges=edges,
            nodes=[edge.node for edge in edges],
            page_info=page_info(page, [edge.cursor for edge in edges]),
            total_count=len(found),
            refresh=None if state is None else BigInt(state.refresh),
            data_current_as_of=moment_or_none(state and state.data_time),
            reporting_currency=currency_or_none(state and state.reporting_currency),
        )


def _rate_filter_of(given: GlRateFilter) -> RateFilter:
    """The domain's filter; raises INVALID_PERIOD."""
    first, last = checked(given.days or DateRangeInput(), "filter.days")
    source = given.source
    return RateFilter(
        base_currency=given.base_currency or "",
        first=first,
        last=last,
        is_manual=None if source is None else source is GlRateSource.MANUAL,
    )


def _page(
    rates: Sequence[UsedRate], request: PageRequest
) -> Page[tuple[int, UsedRate]]:
    """A page of rates with their places, which are the same in a state's every page."""
    numbered = [*enumerate(rates)]
    place = None if request.key is None else request.key[0]
    if request.is_backward:
        left = numbered[:place][::-1]
    else:
        left = numbered if place is None else numbered[place + 1 :]
    return Page.of(left[: request.size + 1], request)


def _used(rate: UsedRate) -> GlUsedRate:
    return GlUsedRate(
        rate=rate_of(
            rate.base_currency,
            rate.reporting_currency,
            rate.rate,
            rate.day,
            rate.published,
            rate.source,
        ),
        lines=BigInt(rate.lines),
    )
