"""The type of manual journals."""

from typing import Any

import strawberry
from strawberry.types.lazy_type import LazyType

from daybook.adjustments.effects import effect_of
from daybook.adjustments.queries import ListedManual
from daybook.adjustments.rules import Status, StepKind
from daybook.adjustments.versions import Version
from daybook.ledger.pins import Pin
from daybook_graphql.adjustments.effects import ManualJournalEffect, effect_shown
from daybook_graphql.adjustments.enums import (
    AdjustmentMode,
    ManualJournalAction,
    ManualJournalKind,
    ManualJournalStatus,
)
from daybook_graphql.adjustments.ids import ManualJournalId
from daybook_graphql.adjustments.lines import (
    ManualJournalLine,
    ManualJournalStep,
    customers_shown,
    lines_shown,
    product_shown,
    step_shown,
)
from daybook_graphql.adjustments.loaders import (
    StateKey,
    documents_posted,
    reversal_requests,
    steps_taken,
    versions,
)
from daybook_graphql.adjustments.standing import actions_of, refusal_of_approval
from daybook_graphql.approvals.types import ChangeRequest, change_request_of
from daybook_graphql.context import Context, Info
from daybook_graphql.execution.selected import Selected
from daybook_graphql.journals.journal_loader import JournalKey, selected_journals
from daybook_graphql.journals.types import Journal
from daybook_graphql.kit.connections import listed
from daybook_graphql.kit.late import LateFunction
from daybook_graphql.kit.money import Money, money
from daybook_graphql.kit.node import Node
from daybook_graphql.kit.paging import After, Before, First, Last, PageArguments
from daybook_graphql.kit.scalars import Date, DateTime, date_or_none
from daybook_graphql.ledgers.recorded_locks import ATTACHMENT_CONNECTION, WithRemoved
from daybook_graphql.ledgers.types import Ledger, ledger_of
from daybook_graphql.parties.types import Customer, Product

recurrence_of_manual_journal: LateFunction[[Info, int], Any] = LateFunction()
"""The recurrence that made a manual journal, implemented in `recurring`."""
maker_of_manual_journal: LateFunction[[Info, int], str | None] = LateFunction()
"""The same in words, with the persons behind it."""

attachments_of_manual_journal: LateFunction[..., Any] = LateFunction()
"""A page of a manual journal's evidence, implemented in `evidence/queries.py`."""

RECURRENCE: LazyType[str, str] = LazyType(
    "RecurringManualJournal", "daybook_graphql.recurring.types"
)

field = strawberry.field
WRITING = (StepKind.DRAFT, StepKind.SUBMITTED)
"""The steps that make somebody an author."""
EXPLAINED = (StepKind.REJECTED, StepKind.DISCARDED, StepKind.REVERSED)
"""The steps whose reasons a journal shows."""


@listed(
    "A manual journal",
    "manual journals",
    page="A page of manual journals by number, newest first.",
)
@strawberry.type(
    description="A journal that somebody writes: a draft first, then submitted, and"
    " posted at once or when another person has approved it. What is posted never"
    " changes; it is undone by its mirror."
)
class ManualJournal(Node):
    row: strawberry.Private[ListedManual]

    number: int = field(
        description="Its number in the organisation: 7 is `MJ-7` to people, and in the"
        " numbers of the documents that it posts."
    )
    status: ManualJournalStatus = field(description="What has become of it.")
    version: int = field(
        description="The version in force: what you name when you change or decide, so"
        " that nobody overwrites or approves what they haven't seen."
    )
    kind: ManualJournalKind = field(description="Why it is written.")
    date: Date = field(description="The day on which it posts.")
    reverses_on: Date | None = field(
        description="The day on which it takes itself back; null if it doesn't."
    )
    narrative: str = field(description="What it is for, in one line.")
    mode: AdjustmentMode | None = field(
        description="What becomes of the journal that it adjusts; null if it adjusts"
        " none."
    )
    debits: Money = field(description="What its debits sum to.")
    created_at: DateTime = field(description="When its first version was saved.")
    updated_at: DateTime = field(description="When its last step was made.")

    @field(description="The ledger that it is in.")
    async def ledger(self, info: Info) -> Ledger:
        return ledger_of(await ledger_pin(info.context, self.row.currency))

    @field(description="The customer of lines that have none of their own.")
    async def customer(self, info: Info) -> Customer | None:
        version = await self._version(info)
        return (await customers_shown(info.context, [version.customer]))[0]

    @field(description="The product of lines that have none of their own.")
    async def product(self, info: Info) -> Product | None:
        return product_shown((await self._version(info)).product)

    @field(
        description="The journal that it adjusts; null if it adjusts none, and where"
        " nothing of that is in force any more."
    )
    async def adjusts(self, info: Info) -> Journal | None:
        if self.row.adjusts is None:
            return None
        pin = await ledger_pin(info.context, self.row.currency)
        key = JournalKey(pin, self.row.adjusts, Selected.of(info))
        return await selected_journals(info.context).load(key)

    @field(
        description="Its lines in their order. Those that take the adjusted journal"
        " back come first; they are derived when it is saved."
    )
    async def lines(self, info: Info) -> list[ManualJournalLine]:
        pin = await ledger_pin(info.context, self.row.currency)
        return await lines_shown(info.context, pin, await self._version(info))

    @field(description="What its credits sum to; a draft may not balance yet.")
    async def credits(self, info: Info) -> Money:
        version = await self._version(info)
        return money(version.credits, self.row.currency)

    @field(description="What was done with it, oldest first.")
    async def steps(self, info: Info) -> list[ManualJournalStep]:
        steps = await steps_taken(info.context).load(self._key)
        return [step_shown(step) for step in steps]

    @field(
        description="Who saved or submitted it, whichever version: none of them"
        " approves it, and nobody whose key did."
    )
    async def makers(self, info: Info) -> list[str]:
        steps = await steps_taken(info.context).load(self._key)
        names = [step.made_by for step in steps if step.kind in WRITING]
        return list(dict.fromkeys(name for name in names if name is not None))

    @field(description="Why it was rejected, discarded or reversed; null if it wasn't.")
    async def reason(self, info: Info) -> str | None:
        steps = await steps_taken(info.context).load(self._key)
        reasons = [step.reason for step in steps if step.kind in EXPLAINED]
        return reasons[-1] if reasons else None

    @field(description="What it posted, what takes it back included, in that order.")
    async def journals(self, info: Info) -> list[Journal]:
        documents = await documents_posted(info.context).load(self._key)
        pin = await ledger_pin(info.context, self.row.currency)
        selected = Selected.of(info)
        keys = [JournalKey(pin, document.journal, selected) for document in documents]
        found = await selected_journals(info.context).load_many(keys)
        return [journal for journal in found if journal is not None]

    @field(
        description="The request to undo it that waits for another person; null if"
        " there is none."
    )
    async def reversal_request(self, info: Info) -> ChangeRequest | None:
        if self.row.status is not Status.POSTED:
            return None
        found = await reversal_requests(info.context).load(self.number)
        return None if found is None else change_request_of(found)

    @field(description="What you may do with it now.")
    async def actions(self, info: Info) -> list[ManualJournalAction]:
        return await actions_of(info.context, self.row)

    @field(
        description="Why you can't approve it although you have `APPROVE`: you wrote"
        " it, or its date is locked. Null if you can, and for others."
    )
    async def refusal(self, info: Info) -> str | None:
        return await refusal_of_approval(info.context, self.row)

    @field(
        description="What posting it now would do to the accounts; of a posted one,"
        " what it did, with the balances of the moment when it was posted, also once"
        " it is reversed. Null while its lines can't be posted, and once it is"
        " discarded."
    )
    async def effect(self, info: Info) -> ManualJournalEffect | None:
        pin = await ledger_pin(info.context, self.row.currency)
        version = await self._version(info)
        if self.row.status is Status.DISCARDED or not version.is_balanced:
            return None
        is_posted, posted_in = self.row.status.is_posted, None
        if is_posted:
            steps = await steps_taken(info.context).load(self._key)
            posted_in = next(filter(None, (its.recording for its in steps)), None)
        async with info.context.database.pinned_reads() as session:
            found = await effect_of(
                session, info.context.organisation_id, version, posted_in
            )
        return await effect_shown(
            info.context, pin, version.day, found, is_posted=is_posted
        )

    @field(
        description="The recurring manual journal that made it; null for those that"
        " somebody wrote.",
        graphql_type=RECURRENCE | None,
    )
    async def recurrence(self, info: Info) -> Any:
        return await recurrence_of_manual_journal(info, self.number)

    @field(
        description="The recurrence that made it with the persons behind it, in words:"
        " `recurrence R-3 of ada@example.com, approved by bob@example.com`; null for"
        " those that somebody wrote."
    )
    async def recurrence_words(self, info: Info) -> str | None:
        return await maker_of_manual_journal(info, self.number)

    @field(
        description="Files that are kept as evidence of it, newest first, as they are"
        " now. They can be attached whatever its status is.",
        graphql_type=ATTACHMENT_CONNECTION,
    )
    async def attachments(
        self,
        info: Info,
        with_removed: WithRemoved = False,  # noqa: FBT002  (callers name it)
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        page = PageArguments(first=first, after=after, last=last, before=before)
        return await attachments_of_manual_journal(
            info, self.number, page, with_removed=with_removed
        )

    async def _version(self, info: Info) -> Version:
        return await versions(info.context).load(self.row.saved_in)

    @property
    def _key(self) -> StateKey:
        return StateKey(self.row.number, self.row.last_step)


async def ledger_pin(context: Context, currency: str) -> Pin:
    """The ledger of something that was read after the operation pinned its ledgers."""
    pins = await context.pins()
    if currency not in pins:
        pins = await context.pins_after_a_write()
    return pins[currency]


def manual_journal_of(row: ListedManual) -> ManualJournal:
    """A stored manual journal as the schema shows it."""
    return ManualJournal(
        node_id=ManualJournalId(row.number),
        row=row,
        number=row.number,
        status=ManualJournalStatus(row.status),
        version=row.version,
        kind=ManualJournalKind(row.kind),
        date=Date(row.day),
        reverses_on=date_or_none(row.reverses_on),
        narrative=row.narrative,
        mode=None if row.mode is None else AdjustmentMode(row.mode),
        debits=money(row.amount, row.currency),
        created_at=DateTime(row.created_at),
        updated_at=DateTime(row.changed_at),
    )
