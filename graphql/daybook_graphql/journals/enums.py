"""The closed sets of values of the journal report."""

from enum import Enum

import strawberry

from daybook.reports.journals.filters import JournalType as StoredType
from daybook.reports.journals.group_keys import Granularity as StoredGranularity
from daybook.reports.journals.group_keys import Grouping

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


@strawberry.enum(description="Whether figures are of days or of months.")
class Granularity(Enum):
    DAILY = value(StoredGranularity.DAILY, description="Of each day.")
    MONTHLY = value(StoredGranularity.MONTHLY, description="Of each calendar month.")


@strawberry.enum(description="Whether an entry's date has come.")
class EntryStatus(Enum):
    POSTED = value("POSTED", description="Dated up to the day that was asked for.")
    SCHEDULED = value("SCHEDULED", description="Dated later.")
