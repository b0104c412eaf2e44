"""The inputs and payloads of the mutations of manual journals."""

import strawberry

from daybook_graphql.adjustments.inputs import ManualJournalInput
from daybook_graphql.adjustments.types import ManualJournal
from daybook_graphql.approvals.types import ChangeRequest
from daybook_graphql.kit.user_errors import UserError

field = strawberry.field

JOURNAL = "The journal."
VERSION = (
    "The version that you saw; with another one in force nothing is done (`CONFLICT`)."
)


@strawberry.input(
    description="A new draft, or a new version of a draft or rejected journal."
)
class SaveManualJournalInput:
    id: strawberry.ID | None = field(
        default=None, description="The journal to change; absent for a new one."
    )
    version: int | None = field(
        default=None, description="The version that you saw; needed with an id."
    )
    journal: ManualJournalInput = field(
        description="All that it holds from now on: what is absent is empty."
    )
    idempotency_key: str | None = field(
        default=None,
        description="Your own key of this request: sent again with the same content, it"
        " saves nothing again.",
    )


@strawberry.input(description="Which manual journal, as you saw it.")
class ManualJournalVersionInput:
    id: strawberry.ID = field(description=JOURNAL)
    version: int = field(description=VERSION)


@strawberry.input(description="Which manual journal, as you saw it, and why.")
class ManualJournalReasonInput:
    id: strawberry.ID = field(description=JOURNAL)
    version: int = field(description=VERSION)
    reason: str = field(
        description="Why, in one line: its authors read it, and the audit trail keeps"
        " it."
    )


@strawberry.type(description="What became of a manual journal.")
class ManualJournalPayload:
    manual_journal: ManualJournal | None = field(
        description="The journal as it is now; null with any user error."
    )
    user_errors: list[UserError] = field(
        description="What is wrong with the input; then nothing was changed."
    )


@strawberry.type(description="What became of the undoing of a manual journal.")
class ReverseManualJournalPayload:
    manual_journal: ManualJournal | None = field(
        description="The journal as it is now; null with any user error."
    )
    request: ChangeRequest | None = field(
        description="The request to undo it, if another person has to approve that;"
        " then there is the user error `APPROVAL_PENDING`."
    )
    user_errors: list[UserError] = field(
        description="What is wrong with the input; then nothing was changed."
    )
