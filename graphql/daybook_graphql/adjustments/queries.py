"""Queries of manual journals: lists, one of them, counts, and by their ids."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from daybook.access.rules import Permission
from daybook.adjustments.queries import manual_by_number
from daybook.adjustments.rules import AdjustmentKind, Status
from daybook.four_eyes.queries import RequestFilter, count_requests
from daybook.numbers import is_number
from daybook.reports.manual_journals import (
    ManualFilter,
    count_by_status,
    count_manual,
    find_manual,
)
from daybook_graphql.adjustments.enums import ManualJournalKind, ManualJournalStatus
from daybook_graphql.adjustments.ids import ManualJournalId
from daybook_graphql.adjustments.types import ManualJournal, manual_journal_of
from daybook_graphql.context import Context, Info
from daybook_graphql.execution.node_readers import Found, NodeKind, NodeReader
from daybook_graphql.execution.selected import Selected
from daybook_graphql.journals.ids import JournalId
from daybook_graphql.kit.connections import Connection, connection_of
from daybook_graphql.kit.ids import expect
from daybook_graphql.kit.money import DateRangeInput, checked
from daybook_graphql.kit.paging import After, Before, First, Last, page_request
from daybook_graphql.kit.permissions import READ, needs
from daybook_graphql.kit.searching import search_text
from daybook_graphql.ledgers.queries import pin_of

field = strawberry.field
NOBODY = 0
"""No user has this number: nothing waits for them."""


@strawberry.input(description="Which manual journals. What is absent lets all pass.")
class ManualJournalFilter:
    status: list[ManualJournalStatus] | None = field(
        default=None, description="Only those in one of these states."
    )
    kind: ManualJournalKind | None = field(
        default=None, description="Only those of this kind."
    )
    ledger_id: strawberry.ID | None = field(
        default=None, description="Only those of this ledger."
    )
    waits_for_me: bool = field(
        default=False,
        description="Only those that you may approve or reject: submitted, and not your"
        " own work.",
    )
    made_by: str | None = field(
        default=None,
        description="Only those of which this person or key, as the audit trail names"
        " them, saved a version.",
    )
    adjusts_id: strawberry.ID | None = field(
        default=None, description="Only those that adjust this journal."
    )
    date: DateRangeInput | None = field(
        default=None, description="Only those dated in this range."
    )
    search: str | None = field(
        default=None, description="Part of a narrative, or a number such as `MJ-7`."
    )


@strawberry.type(description="How many manual journals and requests there are.")
class ManualJournalCounts:
    waiting_for_me: int = field(
        description="Submitted ones that you may approve or reject."
    )
    drafts: int = field(description="Drafts.")
    submitted: int = field(description="Submitted ones, whoever may decide.")
    posted: int = field(description="Posted ones, without those undone since.")
    rejected: int = field(description="Rejected ones.")
    changes_waiting_for_me: int = field(
        description="Requested changes that you may approve or reject."
    )


@strawberry.type
class AdjustmentQueries:
    @strawberry.field(
        description="Manual journals by number, newest first.", metadata=needs(READ)
    )
    async def manual_journals(
        self,
        info: Info,
        filter: Annotated[
            ManualJournalFilter | None, strawberry.argument(description="Which.")
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[ManualJournal]:
        context = info.context
        request = page_request(1, first=first, after=after, last=last, before=before)
        wanted = await _conditions(context, filter or ManualJournalFilter())
        # Journals that waited for pins would load their details one after another.
        await context.pins()
        total = 0
        async with context.database.pinned_reads() as session:
            where = (session, context.organisation_id, wanted)
            page = await find_manual(*where, request)
            if "totalCount" in Selected.of(info):
                total = await count_manual(*where)
        nodes = [manual_journal_of(row) for row in page.items]
        return connection_of(page, nodes, lambda row: (row.number,), total)

    @strawberry.field(
        description="One manual journal by its number; null if there is no such.",
        metadata=needs(READ),
    )
    async def manual_journal(
        self,
        info: Info,
        number: Annotated[int, strawberry.argument(description="7 for `MJ-7`.")],
    ) -> ManualJournal | None:
        return await manual_journal_numbered(info.context, number)

    @strawberry.field(
        description="How many there are, and how many wait for you.",
        metadata=needs(READ),
    )
    async def manual_journal_counts(self, info: Info) -> ManualJournalCounts:
        context = info.context
        person = _decider(context)
        async with context.database.pinned_reads() as session:
            where = (session, context.organisation_id)
            counts = await count_by_status(*where)
            waiting = changes = 0
            if person != NOBODY:
                its = ManualFilter(waiting_for=person)
                waiting = await count_manual(*where, its)
                changes = await count_requests(
                    *where, RequestFilter(waiting_for=person)
                )
        return ManualJournalCounts(
            waiting_for_me=waiting,
            drafts=counts.get(Status.DRAFT, 0),
            submitted=counts.get(Status.SUBMITTED, 0),
            posted=counts.get(Status.POSTED, 0),
            rejected=counts.get(Status.REJECTED, 0),
            changes_waiting_for_me=changes,
        )


async def manual_journal_numbered(
    context: Context, number: int
) -> ManualJournal | None:
    """A manual journal as it is now; None if there is no such."""
    if not is_number(number):
        return None
    async with context.database.pinned_reads() as session:
        rows = await manual_by_number(session, context.organisation_id, [number])
    return manual_journal_of(rows[0]) if rows else None


def _decider(context: Context) -> int:
    """The caller's user number if they may decide about other people's work."""
    caller = context.caller
    if caller.user_id is None or not caller.may(Permission.APPROVE):
        return NOBODY
    return caller.user_id


async def _conditions(context: Context, given: ManualJournalFilter) -> ManualFilter:
    """The domain's filter; raises INVALID_ID, NOT_FOUND, INVALID_PERIOD."""
    ledger_id, adjusts = None, None
    if given.ledger_id is not None:
        ledger_id = (await pin_of(context, given.ledger_id)).ledger_id
    if given.adjusts_id is not None:
        journal = expect(given.adjusts_id, JournalId, "filter.adjustsId")
        pin = (await context.pins()).get(journal.currency)
        if pin is None or ledger_id not in {None, pin.ledger_id}:
            return NOTHING
        ledger_id, adjusts = pin.ledger_id, journal.number
    first, last = (None, None)
    if given.date is not None:
        first, last = checked(given.date, "filter.date")
    if given.status == [] or (given.waits_for_me and _decider(context) == NOBODY):
        return NOTHING
    return ManualFilter(
        statuses=[Status[status.name] for status in given.status or ()],
        kinds=() if given.kind is None else [AdjustmentKind[given.kind.name]],
        ledger_id=ledger_id,
        author=given.made_by,
        adjusts=adjusts,
        waiting_for=_decider(context) if given.waits_for_me else None,
        text=search_text(given.search, "filter.search"),
        first=first,
        last=last,
    )


NOTHING = ManualFilter(ledger_id=0)
"""Lets nothing pass: no ledger has this number."""


async def _read_manual(reader: NodeReader, ids: Sequence[ManualJournalId]) -> Found:
    numbers = [id_.number for id_ in ids]
    async with reader.reads() as session:
        rows = await manual_by_number(session, reader.organisation_id, numbers)
    return {ManualJournalId(row.number): manual_journal_of(row) for row in rows}


NODES = (NodeKind(ManualJournalId, _read_manual),)
