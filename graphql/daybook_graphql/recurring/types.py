"""The type of recurring manual journals, and what one made."""

from itertools import islice
from typing import Annotated

import strawberry

from daybook.adjustments.queries import manual_by_number
from daybook.adjustments.recurring.made import count_instances, find_instances
from daybook.adjustments.recurring.queries import ListedRecurrence, RecurrenceMade
from daybook.adjustments.recurring.rules import RecurrenceStatus as Status
from daybook.adjustments.recurring.rules import RecurrenceStepKind as StoredStep
from daybook.adjustments.recurring.versions import RecurrenceVersion
from daybook.calendar import first_day_of
from daybook_graphql.adjustments.enums import ManualJournalKind
from daybook_graphql.adjustments.lines import (
    ManualJournalLine,
    customers_shown,
    lines_shown,
    product_shown,
)
from daybook_graphql.adjustments.types import (
    ManualJournal,
    ledger_pin,
    manual_journal_of,
)
from daybook_graphql.context import Info
from daybook_graphql.execution.selected import Selected
from daybook_graphql.kit.connections import Connection, connection_of, listed
from daybook_graphql.kit.errors import ErrorCode, failure
from daybook_graphql.kit.money import Money, money
from daybook_graphql.kit.node import Node
from daybook_graphql.kit.paging import After, Before, First, Last, page_request
from daybook_graphql.kit.scalars import Date, DateTime
from daybook_graphql.ledgers.types import Ledger, ledger_of
from daybook_graphql.parties.types import Customer, Product
from daybook_graphql.recurring.enums import (
    RecurrenceAction,
    RecurrenceStatus,
    RecurrenceStepKind,
)
from daybook_graphql.recurring.ids import RecurrenceId
from daybook_graphql.recurring.loaders import (
    RecurrenceKey,
    made_months,
    saved_versions,
    steps_taken,
)
from daybook_graphql.recurring.standing import actions_of, refusal_of

field = strawberry.field
WRITING = (StoredStep.SAVED, StoredStep.SUBMITTED)
"""The steps that make somebody an author."""
EXPLAINED = (StoredStep.REJECTED, StoredStep.ENDED)
"""The steps whose reasons a recurrence shows."""
DATES_MAX = 36

DatesFirst = Annotated[
    int, strawberry.argument(description=f"How many, at most {DATES_MAX}.")
]


@strawberry.type(description="What somebody did with a recurring manual journal.")
class RecurrenceStep:
    kind: RecurrenceStepKind = field(description="What.")
    at: DateTime = field(description="When.")
    by: str | None = field(description="Who, where that is known.")
    version: int = field(description="The version that it was about.")
    reason: str | None = field(description="Why, if that was said.")


@listed(
    "A recurring manual journal",
    "recurring manual journals",
    page="A page of recurring manual journals by number, newest first.",
)
@strawberry.type(
    description="A manual journal that is made each month, on its day. Whoever approves"
    " it approves the journals that this version makes. Saving another version stops"
    " it: no journal is made until that version is active. A journal of a locked date"
    " waits as a draft."
)
class RecurringManualJournal(Node):
    row: strawberry.Private[ListedRecurrence]

    number: int = field(
        description="Its number in the organisation: 3 is `R-3` to people."
    )
    status: RecurrenceStatus = field(description="What has become of it.")
    version: int = field(
        description="The version in force: what you name when you change or decide, so"
        " that nobody overwrites or approves what they haven't seen."
    )
    kind: ManualJournalKind = field(description="Why its journals are written.")
    narrative: str = field(description="What its journals are for, in one line.")
    day_of_month: int = field(
        description="The day of the month, 1 to 31; in a shorter month the last day."
    )
    first_month: Date = field(description="The first day of its first month.")
    until_month: Date | None = field(
        description="The first day of its last month, which has a journal, too; null if"
        " it goes on."
    )
    reverses_next_month: bool = field(
        description="Whether each journal takes itself back on the first day of the"
        " next month."
    )
    debits: Money = field(description="What the debits of one journal sum to.")
    created_at: DateTime = field(description="When its first version was saved.")
    updated_at: DateTime = field(description="When its last step was made.")

    @field(description="The ledger that its journals are in.")
    async def ledger(self, info: Info) -> Ledger:
        return ledger_of(await ledger_pin(info.context, self.row.currency))

    @field(description="The customer of lines that have none of their own.")
    async def customer(self, info: Info) -> Customer | None:
        template = (await self._version(info)).template
        return (await customers_shown(info.context, [template.customer]))[0]

    @field(description="The product of lines that have none of their own.")
    async def product(self, info: Info) -> Product | None:
        return product_shown((await self._version(info)).template.product)

    @field(description="The lines of each journal, in their order.")
    async def lines(self, info: Info) -> list[ManualJournalLine]:
        pin = await ledger_pin(info.context, self.row.currency)
        template = (await self._version(info)).template
        return await lines_shown(info.context, pin, template)

    @field(description="What the credits sum to; a draft may not balance yet.")
    async def credits(self, info: Info) -> Money:
        template = (await self._version(info)).template
        return money(template.credits, self.row.currency)

    @field(
        description="The dates of its next journals, missed ones first; while it isn't"
        " active, those that it would make. None once it has ended."
    )
    async def next_dates(self, info: Info, first: DatesFirst = 3) -> list[Date]:
        if not 0 <= first <= DATES_MAX:
            message = f"first: at most {DATES_MAX}, not {first}"
            raise failure(ErrorCode.TOO_LARGE, message, "first")
        if self.row.status is Status.ENDED:
            return []
        made = await made_months(info.context).load(self._key)
        schedule = self.row.schedule
        months = islice(schedule.months(made), first)
        return [Date(schedule.day_in(month)) for month in months]

    @field(
        description="The journals that it made, the newest month first, as they are"
        " now."
    )
    async def instances(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[ManualJournal]:
        context = info.context
        request = page_request(1, first=first, after=after, last=last, before=before)
        total = 0
        async with context.database.pinned_reads() as session:
            where = (session, context.organisation_id)
            page = await find_instances(*where, self.number, request)
            numbers = [instance.journal for instance in page.items]
            rows = {row.number: row for row in await manual_by_number(*where, numbers)}
            if "totalCount" in Selected.of(info):
                total = await count_instances(*where, self.number)
        nodes = [manual_journal_of(rows[number]) for number in numbers]
        return connection_of(page, nodes, lambda row: (row.month,), total)

    @field(description="What was done with it, oldest first.")
    async def steps(self, info: Info) -> list[RecurrenceStep]:
        steps = await steps_taken(info.context).load(self._key)
        return [_step(step) for step in steps]

    @field(
        description="Who saved or submitted it, whichever version: none of them"
        " approves it or what it makes, and nobody whose key did."
    )
    async def makers(self, info: Info) -> list[str]:
        steps = await steps_taken(info.context).load(self._key)
        names = [step.made_by for step in steps if step.kind in WRITING]
        return list(dict.fromkeys(name for name in names if name is not None))

    @field(
        description="Who approved the version in force; null if nobody did, also where"
        " it is active since four eyes was off."
    )
    async def approved_by(self, info: Info) -> str | None:
        steps = await steps_taken(info.context).load(self._key)
        is_its = (StoredStep.APPROVED, self.version)
        names = [step.made_by for step in steps if (step.kind, step.version) == is_its]
        return names[-1] if names else None

    @field(description="Why it was rejected or ended; null if it wasn't.")
    async def reason(self, info: Info) -> str | None:
        steps = await steps_taken(info.context).load(self._key)
        reasons = [step.reason for step in steps if step.kind in EXPLAINED]
        return reasons[-1] if reasons else None

    @field(description="What you may do with it now.")
    async def actions(self, info: Info) -> list[RecurrenceAction]:
        return await actions_of(info.context, self.row)

    @field(
        description="Why you can't decide about it although you have `APPROVE`: you"
        " wrote it. Null if you can, and for others."
    )
    async def refusal(self, info: Info) -> str | None:
        return await refusal_of(info.context, self.row)

    async def _version(self, info: Info) -> RecurrenceVersion:
        return await saved_versions(info.context).load(self.row.saved_in)

    @property
    def _key(self) -> RecurrenceKey:
        return RecurrenceKey(self.row.number, self.row.last_step)


def recurrence_of(row: ListedRecurrence) -> RecurringManualJournal:
    """A stored recurrence as the schema shows it."""
    schedule = row.schedule
    until = schedule.until_month
    return RecurringManualJournal(
        node_id=RecurrenceId(row.number),
        row=row,
        number=row.number,
        status=RecurrenceStatus(row.status),
        version=row.version,
        kind=ManualJournalKind(row.kind),
        narrative=row.narrative,
        day_of_month=schedule.day_of_month,
        first_month=Date(first_day_of(schedule.first_month)),
        until_month=None if until is None else Date(first_day_of(until)),
        reverses_next_month=schedule.reverses,
        debits=money(row.amount, row.currency),
        created_at=DateTime(row.created_at),
        updated_at=DateTime(row.changed_at),
    )


def _step(step: RecurrenceMade) -> RecurrenceStep:
    return RecurrenceStep(
        kind=RecurrenceStepKind(step.kind),
        at=DateTime(step.made_at),
        by=step.made_by,
        version=step.version,
        reason=step.reason,
    )
