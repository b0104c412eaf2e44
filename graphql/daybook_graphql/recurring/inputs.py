"""What is entered of a recurrence, the mutations' other inputs, and their payload."""

import strawberry

from daybook.adjustments.recurring.rules import EnteredRecurrence, Schedule
from daybook.adjustments.rules import AdjustmentKind
from daybook.calendar import month_of
from daybook_graphql.adjustments.enums import ManualJournalKind
from daybook_graphql.adjustments.inputs import (
    ManualJournalLineInput,
    entered_customer,
    entered_lines,
    entered_product,
)
from daybook_graphql.kit.ids import expect
from daybook_graphql.kit.scalars import Date
from daybook_graphql.kit.user_errors import UserError
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.recurring.types import RecurringManualJournal

field = strawberry.field

RECURRENCE = "The recurring manual journal."
VERSION = (
    "The version that you saw; with another one in force nothing is done (`CONFLICT`)."
)


@strawberry.input(
    description="What a recurring manual journal holds. A draft may be incomplete:"
    " without lines, or not balanced yet. Wrong ids, months and amounts are refused."
)
class RecurringManualJournalInput:
    ledger_id: strawberry.ID = field(description="In which ledger.")
    kind: ManualJournalKind = field(description="Why its journals are written.")
    narrative: str = field(description="What they are for, in one line.")
    day_of_month: int = field(
        description="The day of the month, 1 to 31; in a shorter month the last day."
    )
    first_month: Date = field(
        description="Any day of the first month. Months that have passed are made, too."
    )
    until_month: Date | None = field(
        default=None,
        description="Any day of the last month, which has a journal, too; absent if it"
        " goes on.",
    )
    reverses_next_month: bool = field(
        default=False,
        description="Whether each journal takes itself back on the first day of the"
        " next month: an accrual.",
    )
    customer_id: strawberry.ID | None = field(
        default=None, description="The customer of lines that have none of their own."
    )
    product_id: strawberry.ID | None = field(
        default=None, description="The product of lines that have none of their own."
    )
    lines: list[ManualJournalLineInput] = field(
        default_factory=list,
        description="Debits and credits, which balance for each customer before it is"
        " submitted.",
    )


@strawberry.input(
    description="A new recurring manual journal, or a new version of one."
)
class SaveRecurringManualJournalInput:
    id: strawberry.ID | None = field(
        default=None, description="The one to change; absent for a new one."
    )
    version: int | None = field(
        default=None, description="The version that you saw; needed with an id."
    )
    recurrence: RecurringManualJournalInput = field(
        description="All that it holds from now on: what is absent is empty."
    )
    idempotency_key: str | None = field(
        default=None,
        description="Your own key of this request: sent again with the same content, it"
        " saves nothing again.",
    )


@strawberry.input(description="Which recurring manual journal, as you saw it.")
class RecurrenceVersionInput:
    id: strawberry.ID = field(description=RECURRENCE)
    version: int = field(description=VERSION)


@strawberry.input(description="Which recurring manual journal, as you saw it, and why.")
class RejectRecurrenceInput:
    id: strawberry.ID = field(description=RECURRENCE)
    version: int = field(description=VERSION)
    reason: str = field(
        description="Why, in one line: its authors read it, and the audit trail keeps"
        " it."
    )


@strawberry.input(description="Which recurring manual journal, as you saw it.")
class EndRecurrenceInput:
    id: strawberry.ID = field(description=RECURRENCE)
    version: int = field(description=VERSION)
    reason: str | None = field(
        default=None, description="Why, in one line, for the audit trail."
    )


@strawberry.type(description="What became of a recurring manual journal.")
class RecurringManualJournalPayload:
    recurring_manual_journal: RecurringManualJournal | None = field(
        description="It as it is now; null with any user error."
    )
    made: list[int] = field(
        description="The numbers of the manual journals that were made at once: of"
        " dates that have passed, once it is active."
    )
    user_errors: list[UserError] = field(
        description="What is wrong with the input; then nothing was changed."
    )


def entered_recurrence(
    given: RecurringManualJournalInput, argument: str
) -> EnteredRecurrence:
    """The input as the domain takes it; raises INVALID_ID, or Rejected for amounts.

    `argument` is the input's place, for errors of ids.
    """
    currency = expect(given.ledger_id, LedgerId, f"{argument}.ledgerId").currency
    until = given.until_month
    schedule = Schedule(
        given.day_of_month,
        month_of(given.first_month),
        None if until is None else month_of(until),
        given.reverses_next_month,
    )
    return EnteredRecurrence(
        currency,
        AdjustmentKind[given.kind.name],
        given.narrative,
        schedule,
        entered_lines(given.lines, currency, argument),
        entered_customer(given.customer_id, f"{argument}.customerId"),
        entered_product(given.product_id, f"{argument}.productId"),
    )
