"""Daily entries: their type, and pages of them from movements."""

import strawberry

from daybook.calendar import FIRST_DAY, LAST_DAY, Day
from daybook.ledger.pins import Pin
from daybook.ledger.rules import amount_between
from daybook.paging import Page, PageRequest
from daybook.reports.journals.entries import Entry as StoredEntry
from daybook.reports.journals.entries import (
    count_entries,
    count_within,
    find_entries,
    page_of_entries,
)
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.queries import JournalMovementDetails, ListedJournal
from daybook_graphql.context import Context, Info
from daybook_graphql.execution.selected import Selected
from daybook_graphql.journals.enums import EntryStatus
from daybook_graphql.journals.ids import EntryId
from daybook_graphql.journals.loaders import journal_movements
from daybook_graphql.kit.connections import (
    PinnedConnection,
    listed,
    pinned_connection_of,
)
from daybook_graphql.kit.money import DateRangeInput, Money, checked, money
from daybook_graphql.kit.node import Node
from daybook_graphql.kit.paging import PageArguments, no_cursor, page_request
from daybook_graphql.kit.scalars import BigInt, Date
from daybook_graphql.ledgers.accounts import Accounts, LedgerAccount, accounts_at


@listed(
    "An entry",
    "entries",
    page="A page of entries, by journal number, date and movement.",
)
@strawberry.type(
    description="One day of one movement: a debit line and a credit line, equal and"
    " opposite. Entries are computed from movements, not stored."
)
class Entry(Node):
    journal_number: BigInt = strawberry.field(description="The number of its journal.")
    date: Date = strawberry.field(description="The posting date.")
    status: EntryStatus = strawberry.field(
        description="Whether the date has come, by the filter's `on` or today."
    )
    debit: LedgerAccount = strawberry.field(description="Where the amount goes.")
    credit: LedgerAccount = strawberry.field(description="Where it comes from.")
    amount: Money = strawberry.field(description="The day's share, more than zero.")
    narrative: str = strawberry.field(description="Why it moves, in one line.")


async def entry_page(
    info: Info, pin: Pin, journal_filter: JournalFilter, page: PageArguments
) -> PinnedConnection[Entry]:
    """A page of daily entries, and their number."""
    request = _page_request(page)
    count = 0
    async with info.context.database.pinned_reads() as session:
        found = await find_entries(session, pin, journal_filter, request)
        if "totalCount" in Selected.of(info):
            count = await count_entries(session, pin, journal_filter)
    return await _connection(info.context, pin, found, count)


async def entries_of(
    info: Info,
    pin: Pin,
    row: ListedJournal,
    posted: DateRangeInput | None,
    page: PageArguments,
) -> PinnedConnection[Entry]:
    """A page of one journal's entries, from its movements."""
    start, end = (None, None) if posted is None else checked(posted, "posted")
    journal_filter = JournalFilter(posted_from=start, posted_to=end)
    request = _page_request(page)
    details = await journal_movements(info.context).load((pin, row.number))
    found = page_of_entries(pin, journal_filter, details, request)
    count = 0
    if "totalCount" in Selected.of(info):
        count = count_within(pin, journal_filter, details)
    return await _connection(info.context, pin, found, count)


def _page_request(page: PageArguments) -> PageRequest:
    """The requested page of entries, keyed by journal number, day and movement.

    Cursors of earlier versions, whose second part is the movement and no day, are
    refused.
    """
    request = page_request(3, **page)
    if request.key is not None and not FIRST_DAY <= request.key[1] <= LAST_DAY:
        raise no_cursor("before" if request.is_backward else "after")
    return request


async def _connection(
    context: Context, pin: Pin, found: Page[StoredEntry], count: int
) -> PinnedConnection[Entry]:
    accounts = await accounts_at(context, pin)
    nodes = [entry_of(accounts, pin.currency, entry) for entry in found.items]
    return pinned_connection_of(
        found, nodes, lambda entry: entry.key, count, pin.recording
    )


def entry_of(accounts: Accounts, currency: str, entry: StoredEntry) -> Entry:
    """A computed entry as the schema shows it."""
    return Entry(
        node_id=EntryId(currency, entry.journal, entry.seq, entry.day),
        journal_number=BigInt(entry.journal),
        date=Date(entry.day),
        status=EntryStatus.POSTED if entry.is_posted else EntryStatus.SCHEDULED,
        debit=accounts[entry.debit],
        credit=accounts[entry.credit],
        amount=money(entry.amount, currency),
        narrative=entry.narrative,
    )


def entry_on(pin: Pin, details: JournalMovementDetails, day: Day) -> StoredEntry | None:
    """A movement's entry on a day; None on days without a share."""
    movement = details.movement
    amount = amount_between(movement, day, day)
    if not amount:
        return None
    return StoredEntry(
        journal=details.journal,
        seq=details.seq,
        day=day,
        debit=movement.debit,
        credit=movement.credit,
        amount=amount,
        narrative=details.narrative,
        is_posted=day <= pin.today,
    )
