"""The types of the journal report. Items are plain values: nothing awaits per item."""

from typing import Annotated

import strawberry

from daybook.ledger.filters import Pin
from daybook.reports.queries import ListedJournal
from daybook_graphql.context import Info
from daybook_graphql.documents.types import Customer, Product, Source
from daybook_graphql.enums import EntryStatus, RecognitionMethod, SourceKind
from daybook_graphql.ledgers.types import Ledger, LedgerAccount
from daybook_graphql.money import DateRangeInput, Money
from daybook_graphql.node import Node
from daybook_graphql.paging import After, Before, First, Last, PageArguments, PageInfo
from daybook_graphql.scalars import BigInt, Date, DateTime


@strawberry.type(
    description="What is stored: within one month, an amount goes from one account to"
    " another, spread over days."
)
class Movement(Node):
    debit: LedgerAccount = strawberry.field(description="Where the amount goes.")
    credit: LedgerAccount = strawberry.field(description="Where it comes from.")
    amount: Money = strawberry.field(description="The whole of it, more than zero.")
    first_day: Date = strawberry.field(description="The first day that has a share.")
    last_day: Date = strawberry.field(
        description="The last day, which takes what rounding leaves."
    )
    service_from: Date | None = strawberry.field(
        description="First day of the service that the whole line is for."
    )
    service_to: Date | None = strawberry.field(
        description="Last day of the service that the whole line is for."
    )
    method: RecognitionMethod = strawberry.field(description="When it is earned.")
    recorded_at: DateTime = strawberry.field(description="When it was recorded.")
    narrative: str = strawberry.field(description="Why it moves, in one line.")


@strawberry.type(
    description="One day of one movement: a debit line and a credit line, equal and"
    " opposite. Entries are computed from movements, not stored."
)
class Entry(Node):
    date: Date = strawberry.field(description="The posting date.")
    status: EntryStatus = strawberry.field(
        description="Whether the date has come, by the filter's `on` or today."
    )
    debit: LedgerAccount = strawberry.field(description="Where the amount goes.")
    credit: LedgerAccount = strawberry.field(description="Where it comes from.")
    amount: Money = strawberry.field(description="The day's share, more than zero.")
    narrative: str = strawberry.field(description="Why it moves, in one line.")


@strawberry.type(description="An entry in a list.")
class EntryEdge:
    cursor: str = strawberry.field(description="Where it stands in the list.")
    node: Entry = strawberry.field(description="The entry.")


@strawberry.type(description="A page of entries, by journal number, movement and date.")
class EntryConnection:
    edges: list[EntryEdge] = strawberry.field(description="The page's entries.")
    nodes: list[Entry] = strawberry.field(description="The same without cursors.")
    page_info: PageInfo = strawberry.field(description="Whether there is more.")
    total_count: int = strawberry.field(description="How many there are in all.")


@strawberry.type(
    description="All movements of one document, product and posting month, under one"
    " number."
)
class Journal(Node):
    number: BigInt = strawberry.field(
        description="Gap-free within the ledger, and never used again."
    )
    month: Date = strawberry.field(description="First day of the posting month.")
    source: SourceKind = strawberry.field(description="What kind of document made it.")
    document: Source | None = strawberry.field(description="The document that made it.")
    customer: Customer | None = strawberry.field(description="Who is invoiced.")
    product: Product | None = strawberry.field(description="What is sold.")
    method: RecognitionMethod | None = strawberry.field(
        description="The method of all its movements; null where they differ."
    )
    narrative: str = strawberry.field(description="What it does, in one sentence.")
    total: Money = strawberry.field(
        description="The debits of all its movements, which equal the credits."
    )
    movements: list[Movement] = strawberry.field(
        description="All its movements that are in force."
    )
    ledger: Ledger = strawberry.field(description="The ledger that it stands in.")
    pin: strawberry.Private[Pin]
    row: strawberry.Private[ListedJournal]

    @strawberry.field(description="Its daily entries, by movement and date.")
    async def entries(
        self,
        info: Info,
        posted: Annotated[
            DateRangeInput | None,
            strawberry.argument(description="Only entries dated in this range."),
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> EntryConnection:
        # Imported here: loading makes journals, and a journal loads its entries.
        from daybook_graphql.journals.loading import entries_of  # noqa: PLC0415

        page = PageArguments(first=first, after=after, last=last, before=before)
        return await entries_of(info, self.pin, self.row, posted, page)


@strawberry.type(
    description="A journal in a list, with its amounts on the days that the list's"
    " filter selects."
)
class JournalEdge:
    cursor: str = strawberry.field(description="Where it stands in the list.")
    node: Journal = strawberry.field(description="The journal.")
    total: Money = strawberry.field(description="Posted and scheduled together.")
    posted: Money = strawberry.field(description="Dated up to the filter's `on`.")
    scheduled: Money = strawberry.field(description="Dated after the filter's `on`.")


@strawberry.type(description="What an account receives and gives.")
class AccountTotal:
    account: LedgerAccount = strawberry.field(description="The account.")
    debit: Money = strawberry.field(description="What it receives.")
    credit: Money = strawberry.field(description="What it gives.")


@strawberry.type(description="A page of journals, by number.")
class JournalConnection:
    edges: list[JournalEdge] = strawberry.field(description="The page's journals.")
    nodes: list[Journal] = strawberry.field(description="The same without cursors.")
    page_info: PageInfo = strawberry.field(description="Whether there is more.")
    total_count: int = strawberry.field(description="How many there are in all.")
    totals: list[AccountTotal] = strawberry.field(
        description="What the accounts receive and give on the selected days, in all"
        " journals and not only the page's. Accounts without either are left out."
    )
