"""Queries of recurring manual journals: lists, one of them, and by their ids."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from daybook.access.rules import Permission
from daybook.adjustments.recurring.queries import (
    RecurrenceFilter,
    count_recurrences,
    find_recurrences,
    recurrences_by_number,
)
from daybook.adjustments.recurring.rules import RecurrenceStatus as StoredStatus
from daybook.calendar import month_of
from daybook.numbers import is_number
from daybook_graphql.context import Context, Info
from daybook_graphql.execution.node_readers import Found, NodeKind, NodeReader
from daybook_graphql.execution.selected import Selected
from daybook_graphql.kit.connections import Connection, connection_of
from daybook_graphql.kit.paging import After, Before, First, Last, page_request
from daybook_graphql.kit.permissions import READ, needs
from daybook_graphql.kit.scalars import Date
from daybook_graphql.ledgers.queries import pin_of
from daybook_graphql.recurring.enums import RecurrenceStatus
from daybook_graphql.recurring.ids import RecurrenceId
from daybook_graphql.recurring.types import RecurringManualJournal, recurrence_of

field = strawberry.field
NOTHING = RecurrenceFilter(ledger_id=0)
"""Lets nothing pass: no ledger has this number."""


@strawberry.input(
    description="Which recurring manual journals. What is absent lets all pass."
)
class RecurringManualJournalFilter:
    status: list[RecurrenceStatus] | None = field(
        default=None, description="Only those in one of these states."
    )
    ledger_id: strawberry.ID | None = field(
        default=None, description="Only those of this ledger."
    )
    begun_by: Date | None = field(
        default=None,
        description="Only those whose first month isn't after the month of this day.",
    )
    waits_for_me: bool = field(
        default=False,
        description="Only those that you may approve or reject: submitted, and not your"
        " own work.",
    )


@strawberry.type(description="How many recurring manual journals there are.")
class RecurringManualJournalCounts:
    waiting_for_me: int = field(
        description="Submitted ones that you may approve or reject."
    )
    active: int = field(description="Active ones.")


@strawberry.type
class RecurrenceQueries:
    @strawberry.field(
        description="Recurring manual journals by number, newest first.",
        metadata=needs(READ),
    )
    async def recurring_manual_journals(
        self,
        info: Info,
        filter: Annotated[
            RecurringManualJournalFilter | None,
            strawberry.argument(description="Which."),
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[RecurringManualJournal]:
        context = info.context
        request = page_request(1, first=first, after=after, last=last, before=before)
        passing = await _conditions(context, filter or RecurringManualJournalFilter())
        total = 0
        async with context.database.pinned_reads() as session:
            where = (session, context.organisation_id, passing)
            page = await find_recurrences(*where, request)
            if "totalCount" in Selected.of(info):
                total = await count_recurrences(*where)
        nodes = [recurrence_of(row) for row in page.items]
        return connection_of(page, nodes, lambda row: (row.number,), total)

    @strawberry.field(
        description="One recurring manual journal by its number; null if there is"
        " none.",
        metadata=needs(READ),
    )
    async def recurring_manual_journal(
        self,
        info: Info,
        number: Annotated[int, strawberry.argument(description="3 for `R-3`.")],
    ) -> RecurringManualJournal | None:
        return await recurrence_numbered(info.context, number)

    @strawberry.field(
        description="How many are active, and how many wait for you.",
        metadata=needs(READ),
    )
    async def recurring_manual_journal_counts(
        self, info: Info
    ) -> RecurringManualJournalCounts:
        context = info.context
        user_id = decider(context)
        waiting = 0
        async with context.database.pinned_reads() as session:
            where = (session, context.organisation_id)
            active = await count_recurrences(
                *where, RecurrenceFilter([StoredStatus.ACTIVE])
            )
            if user_id is not None:
                its = RecurrenceFilter(waiting_for=user_id)
                waiting = await count_recurrences(*where, its)
        return RecurringManualJournalCounts(waiting_for_me=waiting, active=active)


async def recurrence_numbered(
    context: Context, number: int
) -> RecurringManualJournal | None:
    """A recurrence as it is now; None if there is no such."""
    if not is_number(number):
        return None
    async with context.database.pinned_reads() as session:
        rows = await recurrences_by_number(session, context.organisation_id, [number])
    return recurrence_of(rows[0]) if rows else None


def decider(context: Context) -> int | None:
    """The caller's user number if they may decide about other people's work."""
    caller = context.caller
    return caller.user_id if caller.may(Permission.APPROVE) else None


async def _conditions(
    context: Context, given: RecurringManualJournalFilter
) -> RecurrenceFilter:
    """The domain's filter; raises INVALID_ID and NOT_FOUND."""
    ledger_id = None
    if given.ledger_id is not None:
        ledger_id = (await pin_of(context, given.ledger_id)).ledger_id
    user_id = decider(context) if given.waits_for_me else None
    if given.status == [] or (given.waits_for_me and user_id is None):
        return NOTHING
    statuses = [StoredStatus[status.name] for status in given.status or ()]
    begun_by = None if given.begun_by is None else month_of(given.begun_by)
    return RecurrenceFilter(statuses, ledger_id, user_id, begun_by)


async def _read_recurrences(reader: NodeReader, ids: Sequence[RecurrenceId]) -> Found:
    numbers = [id_.number for id_ in ids]
    async with reader.reads() as session:
        rows = await recurrences_by_number(session, reader.organisation_id, numbers)
    return {RecurrenceId(row.number): recurrence_of(row) for row in rows}


NODES = (NodeKind(RecurrenceId, _read_recurrences),)
