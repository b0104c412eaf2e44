"""The closed sets of values of the journal report."""

from enum import Enum

import strawberry

from daybook.reports.journals.filters import JournalType as StoredType
from daybook.reports.journals.group_keys import Granularity as StoredGranularity
from daybook.reports.journals.group_keys import Grouping, GroupsOf
from daybook.reports.journals.journal_sums import PostingState as StoredState
from daybook.reports.journals.marks import JournalMark as StoredMark
from daybook.reports.journals.sorting import SortColumn
from daybook.reports.rollforward.rules import Column

value = strawberry.enum_value


@strawberry.enum(
    description="The order of a list of journals; equal ones are by number. Names are"
    " compared without the case of a to z. Expect more values."
)
class JournalOrder(Enum):
    NUMBER = value("NUMBER", description="By number: the first made comes first.")
    NUMBER_DESC = value(
        "NUMBER_DESC", description="By number: the last made comes first."
    )
    CUSTOMER = value(
        "CUSTOMER",
        description="By the customer's name; journals without one come first.",
    )
    CUSTOMER_DESC = value("CUSTOMER_DESC", description="The same backwards.")
    DOCUMENT = value("DOCUMENT", description="By the document's number.")
    DOCUMENT_DESC = value("DOCUMENT_DESC", description="The same backwards.")
    BILLED = value("BILLED", description="By what Billed gains on the selected days.")
    BILLED_DESC = value("BILLED_DESC", description="The same backwards.")
    UNBILLED = value("UNBILLED", description="By what Unbilled gains.")
    UNBILLED_DESC = value("UNBILLED_DESC", description="The same backwards.")
    DEFERRED = value("DEFERRED", description="By what Deferred gains.")
    DEFERRED_DESC = value("DEFERRED_DESC", description="The same backwards.")
    RECOGNIZED = value("RECOGNIZED", description="By what Recognized gains.")
    RECOGNIZED_DESC = value("RECOGNIZED_DESC", description="The same backwards.")

    @property
    def column(self) -> SortColumn | None:
        """What it sorts by; None for the number."""
        name = self.name.removesuffix("_DESC")
        return None if name == "NUMBER" else SortColumn(name)

    @property
    def is_descending(self) -> bool:
        """Whether the largest comes first."""
        return self.name.endswith("_DESC")


@strawberry.enum(description="Whether what is selected is posted, or scheduled.")
class PostingState(Enum):
    POSTED = value(
        StoredState.POSTED, description="Dated up to the day that was asked for."
    )
    SCHEDULED = value(StoredState.SCHEDULED, description="Dated later.")
    PARTLY = value(
        StoredState.PARTLY, description="Some of it is posted, the rest scheduled."
    )
    NOTHING = value(
        StoredState.NOTHING,
        description="There is no amount, as in a journal of which nothing is left.",
    )


@strawberry.enum(
    description="Why a journal deserves a second look. Expect more values."
)
class JournalMark(Enum):
    MOVED = value(StoredMark.MOVED, description="A period lock moved some of it.")
    CREDIT_NOTE = value(
        StoredMark.CREDIT_NOTE, description="It comes from a credit note."
    )
    REVISED = value(
        StoredMark.REVISED, description="Its document was revised, and not voided."
    )
    VOIDED = value(StoredMark.VOIDED, description="Its document was voided.")
    PARTLY_SCHEDULED = value(
        StoredMark.PARTLY_SCHEDULED,
        description="On the selected days some of it is posted, the rest scheduled.",
    )
    MANUAL = value(StoredMark.MANUAL, description="A person entered it.")


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
