"""The closed sets of values of manual journals."""

from enum import Enum

import strawberry

from daybook.adjustments.rules import AdjustmentKind, Status, StepKind
from daybook.adjustments.rules import AdjustmentMode as StoredMode

value = strawberry.enum_value


@strawberry.enum(description="Why a manual journal is written.")
class ManualJournalKind(Enum):
    CORRECTION = value(
        AdjustmentKind.CORRECTION, description="It corrects what was posted wrong."
    )
    MANUAL_RECOGNITION = value(
        AdjustmentKind.MANUAL_RECOGNITION,
        description="It recognizes revenue that no schedule does.",
    )
    RECLASSIFICATION = value(
        AdjustmentKind.RECLASSIFICATION,
        description="It moves an amount to another account, product or customer.",
    )
    ONE_OFF = value(AdjustmentKind.ONE_OFF, description="Anything else, once.")


@strawberry.enum(description="What has become of a manual journal.")
class ManualJournalStatus(Enum):
    DRAFT = value(
        Status.DRAFT, description="Being written; also after it was withdrawn."
    )
    SUBMITTED = value(
        Status.SUBMITTED, description="Frozen, until another person decides about it."
    )
    POSTED = value(Status.POSTED, description="In the ledger; it never changes again.")
    REJECTED = value(
        Status.REJECTED,
        description="Not approved: it can be changed and submitted again.",
    )
    DISCARDED = value(Status.DISCARDED, description="Given up; nothing was posted.")
    REVERSED = value(
        Status.REVERSED, description="Posted, and undone by its mirror since."
    )


@strawberry.enum(description="What becomes of the journal that is adjusted.")
class AdjustmentMode(Enum):
    REVERSE = value(
        StoredMode.REVERSE, description="It is taken back; there are no other lines."
    )
    REPLACE = value(
        StoredMode.REPLACE, description="It is taken back, and the lines are posted."
    )
    DIFFERENCE = value(
        StoredMode.DIFFERENCE, description="It stays, and the lines are added to it."
    )


@strawberry.enum(
    description="What somebody did with a manual journal. Expect more values: they are"
    " only ever added."
)
class ManualJournalStepKind(Enum):
    SAVED = value(StepKind.DRAFT, description="A version was saved.")
    SUBMITTED = value(StepKind.SUBMITTED, description="It was submitted.")
    WITHDRAWN = value(StepKind.WITHDRAWN, description="The submission was taken back.")
    APPROVED = value(StepKind.APPROVED, description="Another person approved it.")
    REJECTED = value(StepKind.REJECTED, description="Another person rejected it.")
    POSTED = value(StepKind.POSTED, description="It was posted.")
    DISCARDED = value(StepKind.DISCARDED, description="It was given up.")
    REVERSED = value(StepKind.REVERSED, description="It was undone by its mirror.")


@strawberry.enum(description="What a caller may do with a manual journal.")
class ManualJournalAction(Enum):
    EDIT = value("EDIT", description="Save a new version.")
    SUBMIT = value("SUBMIT", description="Submit it: it is posted, or awaits approval.")
    WITHDRAW = value("WITHDRAW", description="Take the submission back.")
    APPROVE = value("APPROVE", description="Approve it, which posts it.")
    REJECT = value("REJECT", description="Reject it.")
    DISCARD = value("DISCARD", description="Give it up.")
    REVERSE = value("REVERSE", description="Undo it by its mirror.")
