"""The types of the journal report. Items are plain values: no item awaits anything."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NamedTuple

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession
from strawberry.types.lazy_type import LazyType

from daybook.calendar import first_day_of
from daybook.ledger.pins import Pin
from daybook.ledger.rules import AccountPair
from daybook.ledger.rules import SourceKind as StoredKind
from daybook.reports.journals.filters import JournalType as StoredType
from daybook.reports.journals.journal_sums import PairSums
from daybook.reports.journals.marks import marks_of
from daybook.reports.journals.narratives import (
    JournalSubject,
    journal_narrative,
)
from daybook.reports.journals.queries import JournalMovementDetails, ListedJournal
from daybook_graphql.context import Info
from daybook_graphql.documents.enums import KINDS, SourceKind
from daybook_graphql.documents.types import Source
from daybook_graphql.journals.days import JournalDays, days_shown
from daybook_graphql.journals.entries import Entry, entries_of
from daybook_graphql.journals.enums import (
    JournalMark,
    JournalOrder,
    JournalType,
    PostingState,
)
from daybook_graphql.journals.filters import JournalFilter
from daybook_graphql.journals.gains import AccountGains, account_gains
from daybook_graphql.journals.histories import JournalRecording, recordings_shown
from daybook_graphql.journals.loaders import (
    fully_recognized,
    has_movements,
    journal_movements,
    recordings,
    superseded_movements,
    told_sums,
)
from daybook_graphql.journals.movements import Movement, movements_shown
from daybook_graphql.journals.told_sums import ToldSum, sum_shown
from daybook_graphql.kit.connections import RECORDING, PageInfo, PinnedConnection
from daybook_graphql.kit.ids import IdText
from daybook_graphql.kit.late import LateFunction
from daybook_graphql.kit.money import DateRangeInput, Money, money
from daybook_graphql.kit.node import Node
from daybook_graphql.kit.paging import (
    After,
    Before,
    First,
    Last,
    PageArguments,
    cursor_of,
)
from daybook_graphql.kit.scalars import BigInt, Date, DateTime
from daybook_graphql.ledgers.accounts import AccountTotal, AsOf
from daybook_graphql.ledgers.types import Ledger, ledger_of
from daybook_graphql.parties.enums import RecognitionMethod, method_or_none
from daybook_graphql.parties.types import (
    Customer,
    Product,
    customer_of,
    product_of,
)

posted_files: LateFunction[
    [AsyncSession, Pin, Sequence[int]], Mapping[int, "PostedFiles"]
] = LateFunction()
"""The posted files of journals by number, implemented in `exports/records.py`."""

adjustments_of_journal: LateFunction[[Info, Pin, int], list[Any]] = LateFunction()
"""The manual journals that adjust a journal, implemented in `adjustments`."""

manual_of_document: LateFunction[[Info, Pin, int], Any] = LateFunction()
"""The manual journal that posted a document, implemented in `adjustments`."""

audit_records_of_journal: LateFunction[[Info, Pin, int], list[Any]] = LateFunction()
"""The audit records of a journal's recordings, implemented in `audit`."""

neighbours_of: LateFunction[
    [Info, "Journal", JournalFilter | None, JournalOrder], "JournalNeighbours"
] = LateFunction()
"""The journals beside one in a list, implemented in `neighbours.py`."""

MANUAL_JOURNAL: LazyType[str, str] = LazyType(
    "ManualJournal", "daybook_graphql.adjustments.types"
)
AUDIT_RECORD: LazyType[str, str] = LazyType(
    "AuditRecord", "daybook_graphql.audit.types"
)
EXPORT_RECORD: LazyType[str, str] = LazyType(
    "ExportRecord", "daybook_graphql.exports.records"
)


class PostedFiles(NamedTuple):
    """The posted files with entries of a journal, as the schema shows them.

    `is_partial` says whether they lack some of it.
    """

    files: list[Any]
    is_partial: bool


NOT_POSTED = PostedFiles([], is_partial=False)


@strawberry.type(
    description="All movements of one document, product and posting month, under one"
    " number."
)
class Journal(Node):
    row: strawberry.Private[ListedJournal]
    pin: strawberry.Private[Pin]
    details: strawberry.Private[Sequence[JournalMovementDetails]]
    """Its movements, if a field that is made from them is selected."""
    posted: strawberry.Private[PostedFiles]
    """Its posted files, if a field about them is selected."""

    # By position: a dataclass takes names, and takes three times as long.
    def __init__(
        self,
        node_id: IdText,
        row: ListedJournal,
        pin: Pin,
        details: Sequence[JournalMovementDetails],
        posted: PostedFiles,
        document: Source | None,
    ) -> None:
        self.node_id = node_id
        self.row = row
        self.pin = pin
        self.details = details
        self.posted = posted
        self.document = document

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

    @strawberry.field(
        description="The number that people know its document by; of a manual journal"
        " its own, such as MJ-1."
    )
    def reference(self) -> str:
        return self.row.document_number

    @strawberry.field(description="Who is invoiced.")
    def customer(self) -> Customer | None:
        row = self.row
        external_id = row.customer_external_id
        if external_id is None:
            return None
        return customer_of(
            external_id, row.customer_name or "", row.customer_legal_name or ""
        )

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
        methods = {part.method for part in self.details}
        return method_or_none(methods.pop()) if len(methods) == 1 else None

    @strawberry.field(
        description="What it does, in one sentence; in a manual journal, the narrative"
        " that was entered."
    )
    def narrative(self) -> str:
        row = self.row
        entered = next((part.entered for part in self.details), None)
        subject = JournalSubject(
            *(row.product_name or "", row.customer_name or ""),
            *(row.month, row.document_number),
            "" if entered is None else entered.text,
            [part.occasion for part in self.details],
        )
        pairs: dict[AccountPair, int] = defaultdict(int)
        for part in self.details:
            movement = part.movement
            pairs[movement.debit, movement.credit] += movement.amount
        return journal_narrative(subject, pairs, self.pin.currency)

    @strawberry.field(description="The ledger that it stands in.")
    def ledger(self) -> Ledger:
        return ledger_of(self.pin)

    @strawberry.field(
        description="The debits of all its movements, which equal the credits."
    )
    async def total(self, info: Info, as_of: AsOf = None) -> Money:
        pin = await info.context.pin_at(self.pin, as_of)
        details = await journal_movements(info.context).load((pin, self.row.number))
        return money(sum(part.movement.amount for part in details), pin.currency)

    @strawberry.field(description="All its movements that are in force.")
    async def movements(self, info: Info, as_of: AsOf = None) -> list[Movement]:
        pin = await info.context.pin_at(self.pin, as_of)
        details = await journal_movements(info.context).load((pin, self.row.number))
        return await movements_shown(info.context, pin, details)

    @strawberry.field(
        description="What it comes to, as a sum with the figures that make it."
    )
    async def sum(self, info: Info, as_of: AsOf = None) -> ToldSum:
        pin = await info.context.pin_at(self.pin, as_of)
        told = await told_sums(info.context).load((pin, self.row.number))
        return sum_shown(told, pin.currency)

    @strawberry.field(
        description="It by days, at most a row for each day and reason: what a page"
        " shows where `entries` has all lines."
    )
    async def days(self, info: Info, as_of: AsOf = None) -> list[JournalDays]:
        pin = await info.context.pin_at(self.pin, as_of)
        details = await journal_movements(info.context).load((pin, self.row.number))
        return days_shown(pin, details)

    @strawberry.field(
        description="The recordings that changed it, the newest first, and how each"
        " left it."
    )
    async def recordings(self, info: Info) -> list[JournalRecording]:
        row = self.row
        return await recordings_shown(
            info.context, self.pin, row.number, row.document_id
        )

    @strawberry.field(
        description="The audit records of these recordings, the newest first. An"
        " import's covers all of the import.",
        graphql_type=list[AUDIT_RECORD],  # type: ignore[valid-type]  # resolved late
    )
    async def audit_records(self, info: Info) -> Any:
        return await audit_records_of_journal(info, self.pin, self.row.number)

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
        return await fully_recognized(info.context).load(key)

    @strawberry.field(
        description="How many of its movements later recordings took the place of."
    )
    async def superseded_count(self, info: Info) -> int:
        key = (self.pin, self.row.number)
        found = await superseded_movements(info.context).load(key)
        return found.movements if found else 0

    @strawberry.field(
        description="When the last of these was superseded; null if there are none."
    )
    async def superseded_at(self, info: Info) -> DateTime | None:
        key = (self.pin, self.row.number)
        found = await superseded_movements(info.context).load(key)
        if found is None:
            return None
        last = await recordings(info.context).load((self.pin, found.last_in))
        return DateTime(last.recorded_at)

    @strawberry.field(
        description="The last as-of day that shows these in force; null if there are"
        " none."
    )
    async def superseded_after(self, info: Info) -> Date | None:
        moment = await self.superseded_at(info)
        if moment is None:
            return None
        return Date(await info.context.day_of(moment) - 1)

    @strawberry.field(
        description="Whether all its movements were superseded, so that nothing is left"
        " of it: it has no amount and no entries. Only lists of what changed have"
        " such journals: their entries are to be deleted from any copy."
    )
    async def is_superseded(self, info: Info) -> bool:
        key = (self.pin, self.row.number)
        return not await has_movements(info.context).load(key)

    @strawberry.field(
        description="The files with entries of it that are posted now, by number, each"
        " as of its own recording: what changed since doesn't matter.",
        graphql_type=list[EXPORT_RECORD],  # type: ignore[valid-type]  # resolved late
    )
    def posted_in(self) -> Any:
        return self.posted.files

    @strawberry.field(
        description="Whether these files leave out days on which it has entries, those"
        " of one of their targets at least."
    )
    def posted_in_part(self) -> bool:
        return self.posted.is_partial

    @strawberry.field(
        description="The manual journals that adjust it, by number, whatever their"
        " state: as they are now.",
        graphql_type=list[MANUAL_JOURNAL],  # type: ignore[valid-type]  # resolved late
    )
    async def adjusted_by(self, info: Info) -> Any:
        return await adjustments_of_journal(info, self.pin, self.row.number)

    @strawberry.field(
        description="The manual journal that posted it, as it is now; null for those of"
        " documents.",
        graphql_type=MANUAL_JOURNAL | None,
    )
    async def manual_journal(self, info: Info) -> Any:
        if self.row.source != StoredKind.STANDALONE:
            return None
        return await manual_of_document(info, self.pin, self.row.document.id)

    @strawberry.field(
        description="The journals before and after it in a list, of the filter's as-of"
        " day where it has one, else as this one. It need not be in the list itself."
    )
    async def neighbours(
        self,
        info: Info,
        filter: Annotated[
            JournalFilter | None,
            strawberry.argument(description="The list's filter, if it has one."),
        ] = None,
        order_by: Annotated[
            JournalOrder, strawberry.argument(description="The order of the list.")
        ] = JournalOrder.NUMBER,
    ) -> "JournalNeighbours":
        return await neighbours_of(info, self, filter, order_by)

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
    ) -> PinnedConnection[Entry]:
        page = PageArguments(first=first, after=after, last=last, before=before)
        pin = await info.context.pin_at(self.pin, as_of)
        return await entries_of(info, pin, self.row, posted, page)


@strawberry.type(description="The journals beside one in a list.")
class JournalNeighbours:
    previous: Journal | None = strawberry.field(
        description="The one before it; null if it is the first."
    )
    next: Journal | None = strawberry.field(
        description="The one after it; null if it is the last."
    )
    total_count: int = strawberry.field(description="How many the list has.")


@strawberry.type(
    description="A journal in a list, with its amounts on the days that the list's"
    " filter selects."
)
class JournalEdge:
    @strawberry.field(description="Where it stands in the list.")
    def cursor(self) -> str:
        return cursor_of(self.key)

    # Made of these where a field is selected: a page has a hundred edges.
    key: strawberry.Private[Sequence[int | str]]
    sums: strawberry.Private[PairSums]
    """What it moves; nothing unless a field that needs it is selected."""
    is_moved: strawberry.Private[bool]
    """Whether a lock moved any of it; False unless `marks` is selected."""
    node: Journal = strawberry.field(description="The journal.")

    @strawberry.field(description="Posted and scheduled together.")
    def total(self) -> Money:
        return money(self._amount, self.node.pin.currency)

    @strawberry.field(description="Dated up to the filter's `on`.")
    def posted(self) -> Money:
        return money(self._posted, self.node.pin.currency)

    @strawberry.field(description="Dated after the filter's `on`.")
    def scheduled(self) -> Money:
        return money(self._amount - self._posted, self.node.pin.currency)

    totals: list[AccountTotal] = strawberry.field(
        description="What the accounts receive and give on the selected days. Accounts"
        " without either are left out."
    )

    def __init__(
        self,
        key: Sequence[int | str],
        node: Journal,
        sums: PairSums,
        totals: list[AccountTotal],
        is_moved: bool,  # noqa: FBT001  (a name would take as long as all the rest)
    ) -> None:
        self.key = key
        self.node = node
        self.sums = sums
        self.totals = totals
        self.is_moved = is_moved

    @strawberry.field(description="What each account gains on the selected days.")
    def gains(self) -> AccountGains:
        return account_gains(self.sums.pairs, self.node.pin.currency)

    @strawberry.field(
        description="What of these gains is dated after the filter's `on`."
    )
    def scheduled_gains(self) -> AccountGains:
        return account_gains(self.sums.scheduled, self.node.pin.currency)

    @strawberry.field(
        description="Whether what is selected is posted, by the filter's `on`."
    )
    def state(self) -> PostingState:
        return PostingState(self.sums.state)

    @strawberry.field(
        description="Why it deserves a second look, in the order of the enum; most"
        " journals have none."
    )
    def marks(self) -> list[JournalMark]:
        marks = marks_of(self.node.row, self.sums.state, is_moved=self.is_moved)
        return [JournalMark(mark) for mark in marks]

    @property
    def _amount(self) -> int:
        in_row = self.node.row.amount
        return sum(self.sums.pairs.values()) if in_row is None else in_row

    @property
    def _posted(self) -> int:
        in_row = self.node.row.posted
        return sum(self.sums.posted.values()) if in_row is None else in_row


@strawberry.type(description="A page of journals, in the requested order.")
class JournalConnection:
    edges: list[JournalEdge] = strawberry.field(description="The page's journals.")
    nodes: list[Journal] = strawberry.field(description="The same without cursors.")
    page_info: PageInfo = strawberry.field(description="Whether there is more.")
    total_count: int = strawberry.field(description="How many there are in all.")
    recording: BigInt = strawberry.field(description=RECORDING)
    totals: list[AccountTotal] = strawberry.field(
        description="What the accounts receive and give on the selected days, in all"
        " journals and not only the page's. Accounts without either are left out."
    )
    gains: AccountGains = strawberry.field(
        description="What each account gains on the selected days, in all journals."
    )
    scheduled_gains: AccountGains = strawberry.field(
        description="What of these gains is dated after the filter's `on`."
    )
    control_total: Money = strawberry.field(
        description="The debits of all selected movements, which equal the credits."
    )
