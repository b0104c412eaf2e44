"""The types of the journal report. Items are plain values: nothing awaits per item."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Annotated

import strawberry

from daybook.calendar import first_day_of
from daybook.ledger.pins import Pin
from daybook.ledger.rules import AccountPair
from daybook.ledger.rules import SourceKind as StoredKind
from daybook.reports.journals.filters import JournalType as StoredType
from daybook.reports.journals.narratives import (
    JournalSubject,
    journal_narrative,
)
from daybook.reports.journals.queries import JournalMovementDetails, ListedJournal
from daybook_graphql.context import Info
from daybook_graphql.documents.enums import KINDS, SourceKind
from daybook_graphql.documents.types import (
    Customer,
    Product,
    Source,
    customer_or_none,
    product_of,
)
from daybook_graphql.journals.enums import EntryStatus, JournalType
from daybook_graphql.kit.money import DateRangeInput, Money, money
from daybook_graphql.kit.node import Node
from daybook_graphql.kit.paging import (
    After,
    Before,
    First,
    Last,
    PageArguments,
    PageInfo,
    cursor_of,
)
from daybook_graphql.kit.scalars import BigInt, Date, DateTime
from daybook_graphql.ledgers.accounts import AccountTotal, AsOf, LedgerAccount
from daybook_graphql.ledgers.types import Ledger, ledger_of
from daybook_graphql.parties.enums import RecognitionMethod, method_or_none


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
    posted_on: Date | None = strawberry.field(
        description="Where a lock moved it, the first open day then, on which it is"
        " posted."
    )
    service_from: Date | None = strawberry.field(
        description="First service day that it is for, where a lock moved it; else the"
        " first day of the service that the whole line is for."
    )
    service_to: Date | None = strawberry.field(
        description="Last service day that it is for, where a lock moved it; else the"
        " last day of the service that the whole line is for."
    )
    locked_through: Date | None = strawberry.field(
        description="The lock that moved it, if one did."
    )
    method: RecognitionMethod | None = strawberry.field(
        description="When it is earned; null in manual journals."
    )
    recorded_at: DateTime = strawberry.field(description="When it was recorded.")
    superseded_at: DateTime | None = strawberry.field(
        description="When a later recording took its place, if that is known by then."
    )
    narrative: str = strawberry.field(description="Why it moves, in one line.")
    pin: strawberry.Private[Pin]
    place: strawberry.Private[tuple[int, int]]

    @strawberry.field(
        description="How the amount came about: total, strategy, days, the month's"
        " share, credit notes, locks."
    )
    async def explanation(self, info: Info) -> str:
        return await info.context.journals.explanations.load((self.pin, self.place))


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


@strawberry.type(description="A page of entries, by journal number, date and movement.")
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
    row: strawberry.Private[ListedJournal]
    pin: strawberry.Private[Pin]
    details: strawberry.Private[Sequence[JournalMovementDetails]]
    """Its movements, where something is selected that is made of them."""

    @strawberry.field(description="Gap-free within the ledger, and never used again.")
    def number(self) -> BigInt:
        return BigInt(self.row.number)

    @strawberry.field(description="First day of the posting month.")
    def month(self) -> Date:
        return Date(first_day_of(self.row.month))

    @strawberry.field(description="Who made it.")
    def type(self) -> JournalType:
        is_manual = self.row.source == StoredKind.STANDALONE
        return JournalType(StoredType.MANUAL if is_manual else StoredType.SYSTEM)

    @strawberry.field(description="What kind of document made it.")
    def source(self) -> SourceKind:
        return KINDS[self.row.source]

    document: Source | None = strawberry.field(description="The document that made it.")

    @strawberry.field(description="Who is invoiced.")
    def customer(self) -> Customer | None:
        row = self.row
        names = row.customer_name, row.customer_legal_name
        return customer_or_none(row.customer_external_id, *names)

    @strawberry.field(description="What is sold.")
    def product(self) -> Product | None:
        row = self.row
        if row.product_external_id is None:
            return None
        return product_of(
            row.product_external_id, row.product_name or "", row.product_category
        )

    @strawberry.field(
        description="The method of all its movements; null where they differ."
    )
    def method(self) -> RecognitionMethod | None:
        methods = {one.method for one in self.details}
        return method_or_none(methods.pop()) if len(methods) == 1 else None

    @strawberry.field(description="What it does, in one sentence.")
    def narrative(self) -> str:
        row = self.row
        subject = JournalSubject(
            *(row.product_name or "", row.customer_name or ""),
            *(row.month, row.document_number),
        )
        pairs: dict[AccountPair, int] = defaultdict(int)
        for one in self.details:
            pairs[one.movement.debit, one.movement.credit] += one.movement.amount
        return journal_narrative(subject, pairs, self.pin.currency)

    @strawberry.field(description="The ledger that it stands in.")
    def ledger(self) -> Ledger:
        return ledger_of(self.pin)

    @strawberry.field(
        description="The debits of all its movements, which equal the credits."
    )
    async def total(self, info: Info, as_of: AsOf = None) -> Money:
        pin = await info.context.pin_at(self.pin, as_of)
        details = await info.context.journals.movements.load((pin, self.row.number))
        return money(sum(one.movement.amount for one in details), pin.currency)

    @strawberry.field(description="All its movements that are in force.")
    async def movements(self, info: Info, as_of: AsOf = None) -> list[Movement]:
        # Imported here: loading makes journals, and a journal loads its movements.
        from daybook_graphql.journals.loading import movements_shown  # noqa: PLC0415

        pin = await info.context.pin_at(self.pin, as_of)
        details = await info.context.journals.movements.load((pin, self.row.number))
        return await movements_shown(info.context, pin, details)

    @strawberry.field(
        description="Whether all that its lines deferred or accrued is recognized and"
        " billed on a day, and nothing is scheduled. Manual journals never are."
    )
    async def fully_recognized(
        self,
        info: Info,
        on: Annotated[
            Date | None,
            strawberry.argument(
                description="The day; the as-of day or today where it is absent."
            ),
        ] = None,
        as_of: AsOf = None,
    ) -> bool:
        pin = await info.context.pin_at(self.pin, as_of)
        key = (pin, pin.today if on is None else on, self.row.number)
        return await info.context.journals.recognized.load(key)

    @strawberry.field(
        description="How many of its movements later recordings took the place of."
    )
    async def superseded_count(self, info: Info) -> int:
        key = (self.pin, self.row.number)
        found = await info.context.journals.superseded.load(key)
        return found.movements if found else 0

    @strawberry.field(
        description="When the last of these was superseded; null if there are none."
    )
    async def superseded_at(self, info: Info) -> DateTime | None:
        key = (self.pin, self.row.number)
        found = await info.context.journals.superseded.load(key)
        if found is None:
            return None
        loader = info.context.journals.recordings
        return DateTime((await loader.load((self.pin, found.last_in))).recorded_at)

    @strawberry.field(
        description="The last as-of day that shows these in force; null if there are"
        " none."
    )
    async def superseded_after(self, info: Info) -> Date | None:
        moment = await self.superseded_at(info)
        if moment is None:
            return None
        return Date(await info.context.day_of(moment) - 1)

    @strawberry.field(description="Its daily entries, by date and movement.")
    async def entries(
        self,
        info: Info,
        posted: Annotated[
            DateRangeInput | None,
            strawberry.argument(description="Only entries dated in this range."),
        ] = None,
        as_of: AsOf = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> EntryConnection:
        # Imported here: loading makes journals, and a journal loads its entries.
        from daybook_graphql.journals.loading import entries_of  # noqa: PLC0415

        page = PageArguments(first=first, after=after, last=last, before=before)
        pin = await info.context.pin_at(self.pin, as_of)
        return await entries_of(info, pin, self.row, posted, page)


@strawberry.type(
    description="A journal in a list, with its amounts on the days that the list's"
    " filter selects."
)
class JournalEdge:
    @strawberry.field(description="Where it stands in the list.")
    def cursor(self) -> str:
        return cursor_of((self.node.row.number,))

    node: Journal = strawberry.field(description="The journal.")

    @strawberry.field(description="Posted and scheduled together.")
    def total(self) -> Money:
        return money(_read(self.node.row.amount), self.node.pin.currency)

    @strawberry.field(description="Dated up to the filter's `on`.")
    def posted(self) -> Money:
        return money(_read(self.node.row.posted), self.node.pin.currency)

    @strawberry.field(description="Dated after the filter's `on`.")
    def scheduled(self) -> Money:
        row = self.node.row
        scheduled = _read(row.amount) - _read(row.posted)
        return money(scheduled, self.node.pin.currency)


def _read(amount: int | None) -> int:
    assert amount is not None, "amounts that are selected are read"
    return amount


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


@strawberry.type(description="What went from one account to another.")
class PairTotal:
    debit: LedgerAccount = strawberry.field(description="Where the amount goes.")
    credit: LedgerAccount = strawberry.field(description="Where it comes from.")
    amount: Money = strawberry.field(description="How much.")


@strawberry.type(
    description="All journals of one month or day that share a customer, a product or a"
    " document, or nothing else. It has a key and no number."
)
class JournalGroup:
    key: str = strawberry.field(
        description="Stable text: `2025-10/cus_1`, by day `2025-10-03/cus_1/prod_2`, a"
        " document as `invoice:inv_1`. A slash in an id is written `%2F`."
    )
    period: Date = strawberry.field(description="The day, or the month's first day.")
    customer: Customer | None = strawberry.field(
        description="The customer, if it is grouped by."
    )
    product: Product | None = strawberry.field(
        description="The product, if it is grouped by."
    )
    document: Source | None = strawberry.field(
        description="The document, if it is grouped by."
    )
    total: Money = strawberry.field(description="Posted and scheduled together.")
    posted: Money = strawberry.field(description="Dated up to the filter's `on`.")
    scheduled: Money = strawberry.field(description="Dated after the filter's `on`.")
    pairs: list[PairTotal] = strawberry.field(
        description="What moved, by the two accounts."
    )
    totals: list[AccountTotal] = strawberry.field(
        description="What the accounts receive and give."
    )
    narrative: str = strawberry.field(description="What it does, in one sentence.")


@strawberry.type(description="A journal group in a list.")
class JournalGroupEdge:
    cursor: str = strawberry.field(description="Where it stands in the list.")
    node: JournalGroup = strawberry.field(description="The group.")


@strawberry.type(description="A page of journal groups, by key.")
class JournalGroupConnection:
    edges: list[JournalGroupEdge] = strawberry.field(description="The page's groups.")
    nodes: list[JournalGroup] = strawberry.field(
        description="The same without cursors."
    )
    page_info: PageInfo = strawberry.field(description="Whether there is more.")
    total_count: int = strawberry.field(description="How many there are in all.")
    totals: list[AccountTotal] = strawberry.field(
        description="What the accounts receive and give in all groups."
    )
