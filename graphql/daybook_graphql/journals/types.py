"""The types of the journal report. Items are plain values: no item awaits anything."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Annotated, Any

import strawberry
from strawberry.types.lazy_type import LazyType

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
from daybook_graphql.documents.types import Source
from daybook_graphql.journals.entries import Entry, entries_of
from daybook_graphql.journals.enums import JournalType
from daybook_graphql.journals.loaders import (
    fully_recognized,
    has_movements,
    journal_movements,
    recordings,
    superseded_movements,
)
from daybook_graphql.journals.movements import Movement, movements_shown
from daybook_graphql.kit.connections import RECORDING, PageInfo, PinnedConnection
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
    customer_or_none,
    product_of,
)

posted_files: LateFunction[[Info, Pin, int], tuple[list[Any], bool]] = LateFunction()
"""The posted files of a journal, implemented in `exports/records.py`."""

adjustments_of_journal: LateFunction[[Info, Pin, int], list[Any]] = LateFunction()
"""The manual journals that adjust a journal, implemented in `adjustments`."""

manual_of_document: LateFunction[[Info, Pin, int], Any] = LateFunction()
"""The manual journal that posted a document, implemented in `adjustments`."""

MANUAL_JOURNAL: LazyType[str, str] = LazyType(
    "ManualJournal", "daybook_graphql.adjustments.types"
)
EXPORT_RECORD: LazyType[str, str] = LazyType(
    "ExportRecord", "daybook_graphql.exports.records"
)


@strawberry.type(
    description="All movements of one document, product and posting month, under one"
    " number."
)
class Journal(Node):
    row: strawberry.Private[ListedJournal]
    pin: strawberry.Private[Pin]
    details: strawberry.Private[Sequence[JournalMovementDetails]]
    """Its movements, if a field that is made from them is selected."""

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
    async def posted_in(self, info: Info) -> Any:
        files, _ = await posted_files(info, self.pin, self.row.number)
        return files

    @strawberry.field(
        description="Whether these files leave out days on which it has entries, those"
        " of one of their targets at least."
    )
    async def posted_in_part(self, info: Info) -> bool:
        _, is_partial = await posted_files(info, self.pin, self.row.number)
        return is_partial

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

    totals: list[AccountTotal] = strawberry.field(
        description="What the accounts receive and give on the selected days. Accounts"
        " without either are left out."
    )


def _read(amount: int | None) -> int:
    assert amount is not None, "amounts that are selected are read"
    return amount


@strawberry.type(description="A page of journals, by number.")
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
