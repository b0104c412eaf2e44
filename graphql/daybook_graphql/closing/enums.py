"""The closed sets of values of the close."""

from enum import Enum

import strawberry

from daybook.closing.rules import CloseCheckKind as StoredCheck
from daybook.closing.rules import CloseStepKind as StoredStep
from daybook.closing.rules import CloseStepState as StoredState
from daybook.closing.rules import FindingKind

value = strawberry.enum_value


@strawberry.enum(
    description="What is different between ledger, posted files and the general ledger."
    " Expect more values."
)
class TieOutFindingKind(Enum):
    NOT_EXPORTED = value(
        FindingKind.NOT_EXPORTED,
        description="Entries after the end of the last posted file: normal.",
    )
    CHANGED = value(
        FindingKind.CHANGED,
        description="A journal in a posted file that has other amounts now.",
    )
    DOUBLED = value(
        FindingKind.DOUBLED, description="Entries that two posted files have."
    )
    MISSING = value(
        FindingKind.MISSING,
        description="Entries on or before the end of a posted file that are in none.",
    )
    BALANCE = value(
        FindingKind.BALANCE,
        description="A balance of the general ledger that isn't what was posted.",
    )
    ROLLUP = value(
        FindingKind.ROLLUP,
        description="Movements that don't sum to the totals that their recordings kept:"
        " something was changed behind Daybook's back.",
    )


@strawberry.enum(description="A step of the monthly close. Expect more values.")
class CloseStepKind(Enum):
    IMPORTS = value(StoredStep.IMPORTS, description="All documents are imported.")
    PRODUCT_METHODS = value(
        StoredStep.PRODUCT_METHODS,
        description="Each product has a method of recognition.",
    )
    MAPPING = value(
        StoredStep.MAPPING,
        description="Accounts are mapped to those of the target system.",
    )
    MANUAL_JOURNALS = value(
        StoredStep.MANUAL_JOURNALS, description="No manual journal waits."
    )
    LOCK = value(StoredStep.LOCK, description="The month is locked.")
    EXPORT = value(
        StoredStep.EXPORT, description="The month's file is posted in the target."
    )
    TIE_OUT = value(StoredStep.TIE_OUT, description="Ledger and general ledger agree.")


@strawberry.enum(description="Whether a step of the close is done.")
class CloseStepState(Enum):
    DONE = value(StoredState.DONE, description="It is done.")
    DUE = value(StoredState.DUE, description="It is still to be done.")
    NOT_NEEDED = value(
        StoredState.NOT_NEEDED, description="There is nothing to do for it."
    )


@strawberry.enum(
    description="What may be wrong before a month is closed. Expect more values."
)
class CloseCheckKind(Enum):
    ENDED_WITH_DEFERRED = value(
        StoredCheck.ENDED_WITH_DEFERRED,
        description="The service has ended, and Deferred isn't empty.",
    )
    NO_ENTRY_THIS_MONTH = value(
        StoredCheck.NO_ENTRY_THIS_MONTH,
        description="The schedule is open, and has no entry this month.",
    )
    NO_PRODUCT_METHOD = value(
        StoredCheck.NO_PRODUCT_METHOD,
        description="A document of a product without a method of recognition.",
    )
    OTHER_PRODUCT_METHOD = value(
        StoredCheck.OTHER_PRODUCT_METHOD,
        description="A document that was recorded by the ledger's method before its"
        " product got another one; it keeps that until it is revised.",
    )
    CHANGED_AFTER_POSTING = value(
        StoredCheck.CHANGED_AFTER_POSTING,
        description="A journal that was changed after a posted file had it.",
    )
    AFTER_CLOSE = value(
        StoredCheck.AFTER_CLOSE,
        description="A recording that changed days that had been closed, or a manual"
        " journal of such a day whose reversal posts after it.",
    )
    WAITING_DRAFTS = value(
        StoredCheck.WAITING_DRAFTS,
        description="Manual journals that aren't posted yet.",
    )
