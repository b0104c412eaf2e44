"""Queries of the journal report; journals, movements and entries by their ids."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from daybook.reports.journals.queries import (
    get_journal,
    journals_by_number,
    movements_of,
    recorded_movements,
)
from daybook_graphql.context import Info
from daybook_graphql.execution.node_readers import Found, NodeKind, NodeReader
from daybook_graphql.execution.selected import Selected
from daybook_graphql.journals.entries import Entry, entry_of, entry_on, entry_page
from daybook_graphql.journals.enums import Granularity, JournalGrouping, JournalOrder
from daybook_graphql.journals.filters import JournalFilter, pin_and_conditions
from daybook_graphql.journals.groups import JournalGroupConnection, group_page
from daybook_graphql.journals.ids import EntryId, JournalId, MovementId
from daybook_graphql.journals.journal_pages import journal_page, journals_of
from daybook_graphql.journals.movements import movements_shown
from daybook_graphql.journals.types import Journal, JournalConnection
from daybook_graphql.kit.connections import PinnedConnection
from daybook_graphql.kit.ids import encode, expect
from daybook_graphql.kit.paging import After, Before, First, Last, PageArguments
from daybook_graphql.kit.permissions import READ, needs
from daybook_graphql.ledgers.accounts import AsOf, accounts_at
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.ledgers.queries import AsOfRecording, LedgerIdArgument, pin_of

Filter = Annotated[
    JournalFilter | None,
    strawberry.argument(description="What to select; everything where it is absent."),
]


@strawberry.type
class JournalQueries:
    @strawberry.field(
        description="The journal report: journals that have an amount on the selected"
        " days, by number. Posted and scheduled amounts are told apart on each edge.",
        metadata=needs(READ),
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
        as_of_recording: AsOfRecording = None,
    ) -> JournalConnection:
        page = PageArguments(first=first, after=after, last=last, before=before)
        pin, journal_filter = await pin_and_conditions(
            info, ledger_id, filter, as_of_recording
        )
        return await journal_page(info, pin, journal_filter, page, order_by)

    @strawberry.field(
        description="The report by any of customer, product and document, or none of"
        " them: journal groups of a month, a day, or all selected days, by key.",
        metadata=needs(READ),
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
            Granularity,
            strawberry.argument(description="A group a month, a day, or in all."),
        ],
        filter: Filter = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> JournalGroupConnection:
        page = PageArguments(first=first, after=after, last=last, before=before)
        pin, journal_filter = await pin_and_conditions(info, ledger_id, filter)
        return await group_page(info, pin, journal_filter, by, granularity, page)

    @strawberry.field(
        description="One journal, also if all of it was superseded; null if there is no"
        " such.",
        metadata=needs(READ),
    )
    async def journal(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")],
        as_of: AsOf = None,
        as_of_recording: AsOfRecording = None,
    ) -> Journal | None:
        journal_id = expect(id, JournalId, "id")
        if journal_id.currency not in await info.context.pins(as_of):
            return None
        ledger_id = encode(LedgerId(journal_id.currency))
        pin = await pin_of(info.context, ledger_id, as_of, as_of_recording)
        async with info.context.database.pinned_reads() as session:
            row = await get_journal(session, pin, journal_id.number)
            if row is None:
                return None
            selected = Selected.of(info)
            (journal,) = await journals_of(info.context, session, pin, [row], selected)
            return journal

    @strawberry.field(
        description="Daily entries, by journal number, date and movement, page by page:"
        " those of a daily export, which writes each movement's days together.",
        metadata=needs(READ),
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
        as_of_recording: AsOfRecording = None,
    ) -> PinnedConnection[Entry]:
        page = PageArguments(first=first, after=after, last=last, before=before)
        pin, journal_filter = await pin_and_conditions(
            info, ledger_id, filter, as_of_recording
        )
        return await entry_page(info, pin, journal_filter, page)


async def _read_journals(reader: NodeReader, ids: Sequence[JournalId]) -> Found:
    found: Found = {}
    for pin, of_ledger in reader.by_ledger(ids):
        numbers = {id_.number for id_ in of_ledger}
        async with reader.reads() as session:
            rows = await journals_by_number(session, pin, numbers)
            journals = await journals_of(
                reader.context, session, pin, rows, reader.selected
            )
        for row, journal in zip(rows, journals, strict=True):
            found[JournalId(pin.currency, row.number)] = journal
    return found


async def _read_movements(reader: NodeReader, ids: Sequence[MovementId]) -> Found:
    found: Found = {}
    for pin, of_ledger in reader.by_ledger(ids):
        numbers = {id_.number for id_ in of_ledger}
        async with reader.reads() as session:
            recorded = await recorded_movements(session, pin, numbers)
        by_place = {(details.journal, details.seq): details for details in recorded}
        known = [id_ for id_ in of_ledger if (id_.number, id_.seq) in by_place]
        details = [by_place[id_.number, id_.seq] for id_ in known]
        movements = await movements_shown(reader.context, pin, details)
        found |= dict(zip(known, movements, strict=True))
    return found


async def _read_entries(reader: NodeReader, ids: Sequence[EntryId]) -> Found:
    found: Found = {}
    for pin, of_ledger in reader.by_ledger(ids):
        numbers = {id_.number for id_ in of_ledger}
        async with reader.reads() as session:
            movements = await movements_of(session, pin, numbers)
        by_place = {
            (details.journal, details.seq): details
            for of_journal in movements.values()
            for details in of_journal
        }
        accounts = await accounts_at(reader.context, pin)
        for id_ in of_ledger:
            details = by_place.get((id_.number, id_.seq))
            entry = None if details is None else entry_on(pin, details, id_.day)
            if entry is not None:
                found[id_] = entry_of(accounts, pin.currency, entry)
    return found


NODES = (
    NodeKind(JournalId, _read_journals),
    NodeKind(MovementId, _read_movements),
    NodeKind(EntryId, _read_entries),
)
