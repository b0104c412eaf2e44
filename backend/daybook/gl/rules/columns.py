"""The dataset's columns: their documented names in their documented order."""

from enum import StrEnum


class DatasetColumn(StrEnum):
    """A column of the dataset, by the name that users load it under."""

    ACCOUNT_CODE = "Account Code"
    ACCOUNT_NAME = "Account Name"
    ACCOUNT_TYPE = "Account Type"
    CONNECTION_NAME = "Connection Name"
    CONTACT_ID = "Contact ID"
    CONTACT_NAME = "Contact Name"
    CREATED = "Created"
    CREDIT = "Credit"
    CURRENT_AS_OF = "Data current as of"
    DEBIT = "Debit"
    DESCRIPTION = "Description"
    GROSS = "Gross Amount"
    GROSS_RC = "Gross Amount (RC)"
    JOURNAL_CURRENCY = "Journal Currency"
    JOURNAL_DATE = "Journal Date"
    JOURNAL_NUMBER = "Journal Number"
    JOURNAL_TYPE = "Journal Type"
    NET = "Net Amount"
    NET_RC = "Net Amount (RC)"
    REFERENCE = "Reference"
    REPORTING_CURRENCY = "Reporting Currency"
    REPORTING_RATE = "Reporting Currency Rate"
    SOURCE_ID = "Source ID"
    SOURCE_TABLE = "Source Table"
    SOURCE_TYPE = "Source Type"
    TAX = "Tax Amount"
    TAX_RC = "Tax Amount (RC)"
    TAX_TYPE = "Tax Type"
    TRACKING_CATEGORY_0 = "Tracking Category 0"
    TRACKING_CATEGORY_1 = "Tracking Category 1"
    TRACKING_OPTION_0 = "Tracking Option 0"
    TRACKING_OPTION_1 = "Tracking Option 1"


RENDERER = 2
"""The version of the rules that make the dataset: raise it with their results."""

AMOUNTS = frozenset(
    {
        DatasetColumn.CREDIT,
        DatasetColumn.DEBIT,
        DatasetColumn.GROSS,
        DatasetColumn.GROSS_RC,
        DatasetColumn.NET,
        DatasetColumn.NET_RC,
        DatasetColumn.REPORTING_RATE,
        DatasetColumn.TAX,
        DatasetColumn.TAX_RC,
    }
)
"""The columns of decimals; the journal's number is an integer, others are texts."""
TEXTS = frozenset(DatasetColumn) - AMOUNTS - {DatasetColumn.JOURNAL_NUMBER}
