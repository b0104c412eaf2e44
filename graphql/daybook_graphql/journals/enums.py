"""The closed sets of values of the journal report."""

from enum import Enum

import strawberry

from daybook.reports.journals.filters import JournalType as StoredType
from daybook.reports.journals.group_keys import Granularity as StoredGranularity
from daybook.reports.journals.group_keys import Grouping, GroupsOf
from daybook.reports.rollforward.rules import Column

value = strawberry.enum_value


@strawberry.enum(description="The order of a list of journals. Expect more values.")
class JournalOrder(Enum):
    NUMBER = value("NUMBER", description="By number: the first made comes first.")
    NUMBER_DESC = value(
        "NUMBER_DESC", description="By number: the last made comes first."
    )


@strawberry.enum(description="Who made a journal.")
class JournalType(Enum):
    SYSTEM = value(StoredType.SYSTEM, description="Daybook, from a document.")
    MANUAL = value(StoredType.MANUAL, description="A person: source `STANDALONE`.")


@strawberry.enum(description="What journals are grouped by, beside month or day.")
class JournalGrouping(Enum):
    CUSTOMER = value(Grouping.CUSTOMER, description="By customer.")
    PRODUCT = value(Grouping.PRODUCT, description="By product.")
    DOCUMENT = value(Grouping.DOCUMENT, description="By document.")


@strawberry.enum(
    description="Whether figures are of days, of months, or of all days together."
)
class Granularity(Enum):
    DAILY = value(StoredGranularity.DAILY, description="Of each day.")
    MONTHLY = value(StoredGranularity.MONTHLY, description="Of each calendar month.")
    TOTAL = value(
        GroupsOf.TOTAL,
        description="Of all selected days together; for `journalGroups` alone.",
    )


@strawberry.enum(description="Whether an entry's date has come.")
class EntryStatus(Enum):
    POSTED = value("POSTED", description="Dated up to the day that was asked for.")
    SCHEDULED = value("SCHEDULED", description="Dated later.")


@strawberry.enum(
    description="Why Deferred or Unbilled changed: the columns of its roll-forward. The"
    " first reason of manual, void, revision and breakage decides, before the accounts."
)
class RollForwardColumn(Enum):
    BILLED = value(Column.BILLED, description="Invoiced.")
    RECOGNIZED = value(Column.RECOGNIZED, description="Earned.")
    CREDIT_NOTES = value(Column.CREDIT_NOTES, description="Credited.")
    APPLIED = value(
        Column.APPLIED,
        description="Between Deferred and Unbilled: an invoice met what had been"
        " accrued, or a billing schedule went on accruing.",
    )
    MANUAL = value(Column.MANUAL, description="A manual journal.")
    VOIDS = value(Column.VOIDS, description="What a void took back.")
    REVISIONS = value(
        Column.REVISIONS,
        description="The difference that a revision made to what had been.",
    )
    BREAKAGE = value(
        Column.BREAKAGE, description="What was left of a credit grant when it expired."
    )
