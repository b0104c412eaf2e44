"""The checklist of a month's close, and what it names: types, and reading it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.adjustments.queries import manual_by_number
from daybook.adjustments.recurring.queries import recurrences_by_number
from daybook.calendar import Month, first_day_of
from daybook.closing.checklist import close_checklist
from daybook.closing.checks import close_checks
from daybook.closing.rules import CloseCheckKind as StoredCheck
from daybook.closing.rules import CloseCheckRow as StoredRow
from daybook.closing.rules import CloseStep as StoredStep
from daybook.closing.rules import MonthFile as StoredFile
from daybook.closing.steps.imports import MonthImports, imports_by
from daybook.ledger.pins import Pin
from daybook.ledger.queries import end_of_pin
from daybook_graphql.adjustments.types import ManualJournal, manual_journal_of
from daybook_graphql.closing.enums import (
    CloseCheckKind,
    CloseStepKind,
    CloseStepState,
)
from daybook_graphql.context import Context, Info, loader
from daybook_graphql.documents.types import Source
from daybook_graphql.execution.selected import Selected
from daybook_graphql.exports.ids import ExportJobId, ExportRecordId
from daybook_graphql.journals.types import Journal
from daybook_graphql.kit.ids import encode
from daybook_graphql.kit.money import Money, money
from daybook_graphql.kit.scalars import BigInt, Date
from daybook_graphql.ledgers.types import checklist_of_month
from daybook_graphql.mapping.gaps import MappingGap, gap_of
from daybook_graphql.parties.types import Customer, Product
from daybook_graphql.recurring.types import RecurringManualJournal, recurrence_of
from daybook_graphql.reports.references import Named, Names, read_named

field = strawberry.field


@strawberry.type(description="A file with entries of a month.")
class MonthFile:
    number: BigInt = field(description="The number of its record.")
    record_id: strawberry.ID = field(description="The record's id.")
    job_id: strawberry.ID | None = field(
        description="The export that made it; null for a file of `daybook export`."
    )


@strawberry.type(description="A step of a month's close.")
class CloseStep:
    kind: CloseStepKind = field(description="Which step.")
    state: CloseStepState = field(description="Whether it is done.")
    words: str = field(description="What is the case, for people.")
    count: int = field(description="How many there are of what it counts.")
    mapping_gaps: list[MappingGap] = field(
        description="The first 50 accounts that the step MAPPING counts."
    )
    ready_file: MonthFile | None = field(
        description="At the step EXPORT, a file with all of the month's entries that is"
        " made and not posted yet, for a target that lacks them."
    )
    doubled_file: MonthFile | None = field(
        description="At the step EXPORT, the newest posted file with entries of the"
        " month that another posted file has, too."
    )


@strawberry.type(description="Something to look at before a month is closed.")
class CloseCheckRow:
    message: str = field(description="What is the case, and what to do, for people.")
    customer: Customer | None = field(description="Whose, if it is one customer's.")
    product: Product | None = field(description="Of which product, if it is one's.")
    document: Source | None = field(description="Of which document, if it is one's.")
    journal: Journal | None = field(description="In which journal, if it is in one.")
    manual_journal: ManualJournal | None = field(
        description="Which manual journal, if it is one."
    )
    recurring_manual_journal: RecurringManualJournal | None = field(
        description="Which recurring manual journal, if it is one."
    )
    amount: Money | None = field(description="How much.")
    is_due: bool = field(
        description="Whether there is something to do. Otherwise it only tells what"
        " happened."
    )


@strawberry.type(description="One check of a month's close, and what it found.")
class CloseCheck:
    kind: CloseCheckKind = field(description="What is checked.")
    count: int = field(description="How many it found.")
    due_count: int = field(
        description="How many of them there is something to do about."
    )
    rows: list[CloseCheckRow] = field(description="The first 50 of them.")


@strawberry.type(description="What is done, and still to be done, to close a month.")
class CloseChecklist:
    month: Date = field(description="The month's first day.")
    pin: strawberry.Private[Pin]
    stored_month: strawberry.Private[Month]

    @field(description="The steps, in order.")
    async def steps(self, info: Info) -> list[CloseStep]:
        pin, month = self.pin, self.stored_month
        async with info.context.database.pinned_reads() as session:
            until = await end_of_pin(session, pin)
        imports = await month_imports(info.context).load((until, month))
        async with info.context.database.reads() as session:
            steps = await close_checklist(session, pin, month, imports)
        return [_step_of(step, self.pin.currency) for step in steps]

    @field(description="The checks, also those that found nothing.")
    async def checks(
        self,
        info: Info,
        kinds: Annotated[
            list[CloseCheckKind] | None,
            strawberry.argument(
                description="Only these: what isn't asked for isn't looked for. All"
                " where it is absent."
            ),
        ] = None,
    ) -> list[CloseCheck]:
        wanted = tuple(StoredCheck)
        if kinds is not None:
            wanted = tuple(StoredCheck[kind.name] for kind in kinds)
        return await _checks(info, self.pin, self.stored_month, wanted)


@loader()
async def month_imports(
    context: Context, keys: list[tuple[datetime | None, Month]]
) -> Sequence[MonthImports]:
    """The imports of all ledgers by a moment, for a month: their steps share them."""
    async with context.database.reads() as session:
        return [
            await imports_by(session, context.organisation_id, until, month)
            for until, month in keys
        ]


def checklist_of(pin: Pin, month: Month) -> CloseChecklist:
    """The checklist of a month."""
    first = Date(first_day_of(month))
    return CloseChecklist(month=first, pin=pin, stored_month=month)


@checklist_of_month.implemented
async def _checklist_of_month(pin: Pin, month: Month) -> CloseChecklist:
    """The checklist of a month, as a ledger's own."""
    return checklist_of(pin, month)


async def _checks(
    info: Info, pin: Pin, month: Month, kinds: Collection[StoredCheck]
) -> list[CloseCheck]:
    """Checks of a month, with what their rows name."""
    selected = Selected.of(info).below("rows")
    async with info.context.database.reads() as session:
        checks = await close_checks(session, pin, month, kinds)
        rows = [row for check in checks for row in check.rows]
        named = await read_named(
            *(info.context, session, pin, selected),
            [
                Names(row.customer_id, row.product_id, row.document_id, row.journal)
                for row in rows
            ],
        )
        manual = await _manual(session, pin, selected, rows)
        recurring = await _recurring(session, pin, selected, rows)
    return [
        CloseCheck(
            kind=CloseCheckKind(check.kind),
            count=check.count,
            due_count=check.due,
            rows=[
                _row_of(row, named, manual, recurring, pin.currency)
                for row in check.rows
            ],
        )
        for check in checks
    ]


async def _manual(
    session: AsyncSession, pin: Pin, selected: Selected, rows: Iterable[StoredRow]
) -> dict[int | None, ManualJournal]:
    """The manual journals that rows name, if they are selected."""
    if "manualJournal" not in selected:
        return {}
    numbers = {row.manual_journal for row in rows if row.manual_journal is not None}
    found = await manual_by_number(session, pin.organisation_id, numbers)
    return {row.number: manual_journal_of(row) for row in found}


async def _recurring(
    session: AsyncSession, pin: Pin, selected: Selected, rows: Iterable[StoredRow]
) -> dict[int | None, RecurringManualJournal]:
    """The recurring manual journals that rows name, if they are selected."""
    if "recurringManualJournal" not in selected:
        return {}
    numbers = {row.recurrence for row in rows if row.recurrence is not None}
    found = await recurrences_by_number(session, pin.organisation_id, numbers)
    return {row.number: recurrence_of(row) for row in found}


def _step_of(step: StoredStep, currency: str) -> CloseStep:
    return CloseStep(
        kind=CloseStepKind(step.kind),
        state=CloseStepState(step.state),
        words=step.words,
        count=step.count,
        mapping_gaps=[
            gap_of(gap.integration, gap.missing, currency) for gap in step.gaps
        ],
        ready_file=_file_of(step.file),
        doubled_file=_file_of(step.doubled),
    )


def _file_of(file: StoredFile | None) -> MonthFile | None:
    if file is None:
        return None
    return MonthFile(
        number=BigInt(file.record),
        record_id=encode(ExportRecordId(file.record)),
        job_id=None if file.job is None else encode(ExportJobId(file.job)),
    )


def _row_of(
    row: StoredRow,
    named: Named,
    manual: Mapping[int | None, ManualJournal],
    recurring: Mapping[int | None, RecurringManualJournal],
    currency: str,
) -> CloseCheckRow:
    return CloseCheckRow(
        message=row.message,
        customer=named.customers.get(row.customer_id),
        product=named.products.get(row.product_id),
        document=named.documents.get(row.document_id),
        journal=named.journals.get(row.journal),
        manual_journal=manual.get(row.manual_journal),
        recurring_manual_journal=recurring.get(row.recurrence),
        amount=None if row.amount is None else money(row.amount, currency),
        is_due=row.is_due,
    )
