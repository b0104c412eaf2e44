"""Queries of the journal report."""

from typing import Annotated

import strawberry

from daybook.reports.journals.queries import get_journal
from daybook_graphql.context import Info
from daybook_graphql.execution.selected import Selected
from daybook_graphql.journals.enums import Granularity, JournalGrouping, JournalOrder
from daybook_graphql.journals.filters import JournalFilter, pin_and_conditions
from daybook_graphql.journals.grouping import group_page
from daybook_graphql.journals.ids import JournalId
from daybook_graphql.journals.loading import entry_page, journal_page, journals_of
from daybook_graphql.journals.types import (
    EntryConnection,
    Journal,
    JournalConnection,
    JournalGroupConnection,
)
from daybook_graphql.kit.ids import expect
from daybook_graphql.kit.paging import After, Before, First, Last, PageArguments
from daybook_graphql.ledgers.accounts import AsOf
from daybook_graphql.ledgers.queries import LedgerIdArgument

Filter = Annotated[
    JournalFilter | None,
    strawberry.argument(description="What to select; everything where it is absent."),
]


@strawberry.type
class JournalQueries:
    @strawberry.field(
        description="The journal report: journals that have an amount on the selected"
        " days, by number. Posted and scheduled amounts are told apart on each edge."
    )
    async def journals(
        self,
        info: Info,
        ledger_id: LedgerIdArgument,
        filter: Filter = None,
        order_by: Annotated[
            JournalOrder,
            strawberry.argument(description="The order of the list."),
        ] = JournalOrder.NUMBER,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> JournalConnection:
        page = PageArguments(first=first, after=after, last=last, before=before)
        pin, conditions = await pin_and_conditions(info, ledger_id, filter)
        return await journal_page(info, pin, conditions, page, order_by)

    @strawberry.field(
        description="The report by any of customer, product and document, or none of"
        " them: journal groups of a month or a day, by key."
    )
    async def journal_groups(
        self,
        info: Info,
        ledger_id: LedgerIdArgument,
        by: Annotated[
            list[JournalGrouping],
            strawberry.argument(description="What to group by; nothing is allowed."),
        ],
        granularity: Annotated[
            Granularity, strawberry.argument(description="A group a month, or a day.")
        ],
        filter: Filter = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> JournalGroupConnection:
        page = PageArguments(first=first, after=after, last=last, before=before)
        pin, conditions = await pin_and_conditions(info, ledger_id, filter)
        return await group_page(info, pin, conditions, by, granularity, page)

    @strawberry.field(description="One journal; null if there is no such.")
    async def journal(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")],
        as_of: AsOf = None,
    ) -> Journal | None:
        wanted = expect(id, JournalId, "id")
        pin = (await info.context.pins(as_of)).get(wanted.currency)
        if pin is None:
            return None
        async with info.context.database.pinned_reads() as session:
            row = await get_journal(session, pin, wanted.number)
            if row is None:
                return None
            selected = Selected.of(info)
            made = await journals_of(info.context, session, pin, [row], selected)
            return made[0]

    @strawberry.field(
        description="Daily entries, by journal number, date and movement, page by page:"
        " those of a daily export, which writes each movement's days together."
    )
    async def entries(
        self,
        info: Info,
        ledger_id: LedgerIdArgument,
        filter: Filter = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> EntryConnection:
        page = PageArguments(first=first, after=after, last=last, before=before)
        pin, conditions = await pin_and_conditions(info, ledger_id, filter)
        return await entry_page(info, pin, conditions, page)
