"""Queries of the journal report."""

from typing import Annotated

import strawberry

from daybook.reports.queries import get_journal
from daybook_graphql.context import Info
from daybook_graphql.ids import JournalId, expect
from daybook_graphql.journals.filters import JournalFilter, conditions_of
from daybook_graphql.journals.loading import entry_page, journal_page, journals_of
from daybook_graphql.journals.types import EntryConnection, Journal, JournalConnection
from daybook_graphql.ledgers.queries import LedgerIdArgument, pin_of
from daybook_graphql.paging import After, Before, First, Last, PageArguments
from daybook_graphql.selected import Selected

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
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> JournalConnection:
        page = PageArguments(first=first, after=after, last=last, before=before)
        pin = await pin_of(info.context, ledger_id)
        conditions = await conditions_of(info, pin, filter)
        return await journal_page(info, pin, conditions, page)

    @strawberry.field(description="One journal; null if there is no such.")
    async def journal(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")],
    ) -> Journal | None:
        wanted = expect(id, JournalId, "id")
        pin = (await info.context.pins()).get(wanted.currency)
        if pin is None:
            return None
        async with info.context.database.reads() as session:
            row = await get_journal(session, pin, wanted.number)
            if row is None:
                return None
            return (await journals_of(session, pin, [row], Selected.of(info)))[0]

    @strawberry.field(
        description="Daily entries, by journal number, movement and date: what exports"
        " write, page by page."
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
        pin = await pin_of(info.context, ledger_id)
        conditions = await conditions_of(info, pin, filter)
        return await entry_page(info, pin, conditions, page)
