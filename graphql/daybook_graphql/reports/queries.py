"""The queries of the reports."""

from typing import Annotated

import strawberry

from daybook_graphql.context import Info
from daybook_graphql.kit.paging import After, Before, First, Last, PageArguments
from daybook_graphql.kit.permissions import READ, needs
from daybook_graphql.kit.scalars import Date
from daybook_graphql.ledgers.accounts import AsOf
from daybook_graphql.ledgers.enums import AccountRole
from daybook_graphql.ledgers.queries import LedgerIdArgument, pin_of
from daybook_graphql.reports.cohorts import Cohorts, cohorts_of
from daybook_graphql.reports.deferred import DeferredFamilyConnection, deferred_page
from daybook_graphql.reports.filters import Filter, On, asked_of
from daybook_graphql.reports.population import (
    PopulationConnection,
    PopulationFilter,
    population_conditions,
    population_page,
)
from daybook_graphql.reports.roll_forward import RollForward, roll_forward_of
from daybook_graphql.reports.waterfall import WaterfallConnection, waterfall_page

argument = strawberry.argument


@strawberry.type
class ReportQueries:
    @strawberry.field(
        description="The deferred revenue report: what was invoiced, recognized and is"
        " left of each line. Families come by number, manual journals after them.",
        metadata=needs(READ),
    )
    async def deferred_revenue(
        self,
        info: Info,
        ledger_id: LedgerIdArgument,
        on: On = None,
        as_of: AsOf = None,
        filter: Filter = None,
        open_only: Annotated[  # noqa: FBT002  (callers name it)
            bool,
            argument(
                description="Whether to leave out families with nothing on Deferred on"
                " the day."
            ),
        ] = False,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> DeferredFamilyConnection:
        page = PageArguments(first=first, after=after, last=last, before=before)
        asked = await asked_of(info.context, ledger_id, on, as_of, filter)
        return await deferred_page(info, asked, page, open_only=open_only)

    @strawberry.field(
        description="The waterfall: when what is on Deferred will be recognized, by"
        " customer and product, month by month.",
        metadata=needs(READ),
    )
    async def waterfall(
        self,
        info: Info,
        ledger_id: LedgerIdArgument,
        on: On = None,
        as_of: AsOf = None,
        filter: Filter = None,
        apart: Annotated[  # noqa: FBT002  (callers name it)
            bool,
            argument(
                description="Whether to list only what has nothing on Deferred on the"
                " day, which is in no row otherwise."
            ),
        ] = False,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> WaterfallConnection:
        page = PageArguments(first=first, after=after, last=last, before=before)
        asked = await asked_of(info.context, ledger_id, on, as_of, filter)
        return await waterfall_page(info, asked, page, apart=apart)

    @strawberry.field(
        description="What was booked in each month, and when it is earned.",
        metadata=needs(READ),
    )
    async def cohorts(
        self,
        info: Info,
        ledger_id: LedgerIdArgument,
        on: On = None,
        as_of: AsOf = None,
        filter: Filter = None,
    ) -> Cohorts:
        asked = await asked_of(info.context, ledger_id, on, as_of, filter)
        return await cohorts_of(info, asked)

    @strawberry.field(
        description="The roll-forward of Deferred or Unbilled: how each month came from"
        " its opening to its closing.",
        metadata=needs(READ),
    )
    async def roll_forward(
        self,
        info: Info,
        ledger_id: LedgerIdArgument,
        account: Annotated[
            AccountRole, argument(description="`DEFERRED` or `UNBILLED`.")
        ] = AccountRole.DEFERRED,
        start: Annotated[
            Date | None,
            argument(
                name="from",
                description="A day of the first month, which is shown from its first"
                " day; twelve months where it is absent. There are 120 at the most.",
            ),
        ] = None,
        on: On = None,
        as_of: AsOf = None,
        filter: Filter = None,
    ) -> RollForward:
        asked = await asked_of(info.context, ledger_id, on, as_of, filter)
        return await roll_forward_of(info, asked, account, start)

    @strawberry.field(
        description="Every movement that was recorded, for auditors to test (AS 2401):"
        " who recorded it and when, and what is unusual about it.",
        metadata=needs(READ),
    )
    async def population(
        self,
        info: Info,
        ledger_id: LedgerIdArgument,
        as_of: AsOf = None,
        filter: Annotated[
            PopulationFilter | None,
            argument(description="What to select; everything where it is absent."),
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> PopulationConnection:
        page = PageArguments(first=first, after=after, last=last, before=before)
        pin = await pin_of(info.context, ledger_id, as_of)
        conditions = await population_conditions(info.context, pin, filter)
        return await population_page(info, pin, conditions, page)
