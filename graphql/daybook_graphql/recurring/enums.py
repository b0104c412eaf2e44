"""The closed sets of values of recurrences."""

from enum import Enum

import strawberry

from daybook.adjustments.recurring.rules import (
    RecurrenceStatus as StoredStatus,
)
from daybook.adjustments.recurring.rules import (
    RecurrenceStepKind as StoredStep,
)

value = strawberry.enum_value


@strawberry.enum(description="What has become of a recurring manual journal.")
class RecurrenceStatus(Enum):
    DRAFT = value(
        StoredStatus.DRAFT,
        description="Being written, or changed after it was active: no journals are"
        " made.",
    )
    SUBMITTED = value(
        StoredStatus.SUBMITTED,
        description="Frozen, until another person decides about it: no journals are"
        " made.",
    )
    REJECTED = value(
        StoredStatus.REJECTED,
        description="Not approved: it can be changed and submitted again.",
    )
    ACTIVE = value(
        StoredStatus.ACTIVE, description="Its journals are made on their dates."
    )
    ENDED = value(
        StoredStatus.ENDED, description="Over, for good; what it made stays as it is."
    )


@strawberry.enum(
    description="What somebody did with a recurring manual journal. Expect more values:"
    " they are only ever added."
)
class RecurrenceStepKind(Enum):
    SAVED = value(StoredStep.SAVED, description="A version was saved.")
    SUBMITTED = value(StoredStep.SUBMITTED, description="It was submitted.")
    WITHDRAWN = value(
        StoredStep.WITHDRAWN, description="The submission was taken back."
    )
    APPROVED = value(
        StoredStep.APPROVED,
        description="Another person approved it, and with it the journals that this"
        " version makes.",
    )
    REJECTED = value(StoredStep.REJECTED, description="Another person rejected it.")
    ACTIVATED = value(
        StoredStep.ACTIVATED,
        description="It became active without approval, since four eyes was off. Once"
        " that is on, its journals wait for an approval each.",
    )
    ENDED = value(StoredStep.ENDED, description="It was ended.")


@strawberry.enum(description="What a caller may do with a recurring manual journal.")
class RecurrenceAction(Enum):
    EDIT = value(
        "EDIT",
        description="Save a new version, which stops an active one until it is active"
        " again.",
    )
    SUBMIT = value("SUBMIT", description="Submit it: it is active, or awaits approval.")
    WITHDRAW = value("WITHDRAW", description="Take the submission back.")
    APPROVE = value("APPROVE", description="Approve it, and the journals it makes.")
    REJECT = value("REJECT", description="Reject it.")
    END = value("END", description="End it for good.")
