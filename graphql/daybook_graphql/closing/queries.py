"""The queries of the close."""

from typing import Annotated

import strawberry

from daybook.calendar import month_of
from daybook.reports.open_milestones import Dated
from daybook_graphql.closing.balances import EnteredBalance, balance_page
from daybook_graphql.closing.checklist import CloseChecklist, checklist_of
from daybook_graphql.closing.milestones import OpenMilestone, milestone_page
from daybook_graphql.closing.tie_out import TieOut, tie_out_of
from daybook_graphql.context import Info
from daybook_graphql.kit.connections import Connection
from daybook_graphql.kit.money import DateRangeInput, checked
from daybook_graphql.kit.paging import After, Before, First, Last, PageArguments
from daybook_graphql.kit.permissions import READ, needs
from daybook_graphql.ledgers.accounts import AsOf
from daybook_graphql.ledgers.queries import LedgerIdArgument, pin_of
from daybook_graphql.ledgers.types import MonthArgument
from daybook_graphql.reports.filters import On


@strawberry.type
class ClosingQueries:
    @strawberry.field(
        description="The ledger beside the files that are posted, and these beside the"
        " balances of the general ledger.",
        metadata=needs(READ),
    )
    async def tie_out(
        self,
        info: Info,
        ledger_id: LedgerIdArgument,
        on: On = None,
        as_of: AsOf = None,
        with_movements: Annotated[  # noqa: FBT002  (callers name it)
            bool,
            strawberry.argument(
                description="Whether all movements are summed again, to find what was"
                " changed behind Daybook's back; in a large ledger that takes seconds."
            ),
        ] = True,
    ) -> TieOut:
        pin = await pin_of(info.context, ledger_id, as_of)
        day = pin.today if on is None else on
        return await tie_out_of(info, pin, day, with_movements=with_movements)

    @strawberry.field(
        description="All balances of the general ledger that were entered, also those"
        " that were replaced, newest first.",
        metadata=needs(READ),
    )
    async def entered_balances(
        self,
        info: Info,
        ledger_id: LedgerIdArgument,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[EnteredBalance]:
        page = PageArguments(first=first, after=after, last=last, before=before)
        pin = await pin_of(info.context, ledger_id)
        return await balance_page(info, pin, page)

    @strawberry.field(
        description="Milestones that aren't reached yet, of documents in force. Once"
        " days are locked, a completion on one of them posts on the first open day.",
        metadata=needs(READ),
    )
    async def open_milestones(
        self,
        info: Info,
        ledger_id: LedgerIdArgument,
        dated: Annotated[
            DateRangeInput | None,
            strawberry.argument(
                description="Only those of documents whose accounting date is in these"
                " days."
            ),
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[OpenMilestone]:
        page = PageArguments(first=first, after=after, last=last, before=before)
        days = Dated() if dated is None else Dated(*checked(dated, "dated"))
        pin = await pin_of(info.context, ledger_id)
        return await milestone_page(info, pin, days, page)

    @strawberry.field(
        description="What is done, and still to be done, to close a month, and what to"
        " look at before.",
        metadata=needs(READ),
    )
    async def close_checklist(
        self,
        info: Info,
        ledger_id: LedgerIdArgument,
        month: MonthArgument,
    ) -> CloseChecklist:
        pin = await pin_of(info.context, ledger_id)
        return checklist_of(pin, month_of(month))
