"""What is requested, and what becomes of a request."""

from enum import Enum

import strawberry

from daybook.four_eyes.rules import ChangeKind as StoredKind
from daybook.four_eyes.rules import Outcome

value = strawberry.enum_value

WAITING = 0
"""Stands for a request without an outcome."""


@strawberry.enum(
    description="What another person approves. Expect more values: they are only ever"
    " added."
)
class ChangeKind(Enum):
    FOUR_EYES_OFF = value(
        StoredKind.FOUR_EYES_OFF, description="Four eyes is turned off."
    )
    LOCK = value(StoredKind.LOCK, description="A ledger's lock opens days.")
    INTEGRATION = value(
        StoredKind.INTEGRATION,
        description="How files for an accounting system are made.",
    )
    MAPPINGS = value(
        StoredKind.MAPPINGS, description="Which accounts of a system are mapped to."
    )
    CHART = value(StoredKind.CHART, description="A system's chart of accounts.")
    REVERSE_JOURNAL = value(
        StoredKind.REVERSE_JOURNAL, description="A posted manual journal is undone."
    )


@strawberry.enum(description="What became of a requested change.")
class ChangeStatus(Enum):
    WAITING = value(WAITING, description="Another person has to decide.")
    APPROVED = value(Outcome.APPROVED, description="Approved, and made.")
    REJECTED = value(Outcome.REJECTED, description="Rejected: nothing was changed.")
    WITHDRAWN = value(
        Outcome.WITHDRAWN, description="Taken back by whoever requested it."
    )
