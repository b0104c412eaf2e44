"""The kinds of input, and the columns in which each is kept.

A kind is kept as rows of one width: a document with lines has a row for each of them
that repeats the document's own columns.
"""

from collections.abc import Mapping, Sequence
from enum import IntEnum, StrEnum
from typing import NamedTuple


class Kind(IntEnum):
    """What an import brings; stored by its number."""

    JOURNALS = 1
    ACCOUNTS = 2
    CONTACTS = 3
    INVOICES = 4
    CREDIT_NOTES = 5
    REPEATING_INVOICES = 6
    BUDGETS = 7
    TRACKING_CATEGORIES = 8
    BANK_TRANSACTIONS = 9
    PAYMENTS = 10
    MANUAL_JOURNALS = 11
    ORGANISATION = 12
    TAX_RATES = 13

    @property
    def words(self) -> str:
        """The kind in words: `bank transactions`."""
        return self.name.replace("_", " ").lower()


class Origin(IntEnum):
    """Where an import came from; stored by its number."""

    FILE = 1
    LIVE = 2


class Type(StrEnum):
    """What a column holds, in its text form and in storage."""

    TEXT = "TEXT"
    """Any text; blank where there is none."""
    INTEGER = "INTEGER"
    POSITION = "POSITION"
    """The position of a line in its document, from 0."""
    AMOUNT = "AMOUNT"
    """A decimal of as many places as the connection's base currency has."""
    DECIMAL = "DECIMAL"
    """A decimal of up to 4 places: an amount of a document in its own currency."""
    RATE = "RATE"
    """A decimal of up to 10 places."""
    DAY = "DAY"
    """`YYYY-MM-DD`."""
    MONTH = "MONTH"
    """`YYYY-MM`."""
    MOMENT = "MOMENT"
    """`YYYY-MM-DDTHH:MM:SS.mmm` in UTC."""
    LIST = "LIST"
    """A JSON list of lists of texts."""


class Column(NamedTuple):
    """A column of a kind, and the field of Xero's that it comes from.

    `field` leads from its level's object by dots; `level` is 0 for the document, 1 for
    its lines, 2 for what those hold. `items` are the fields of each object of a LIST.
    """

    name: str
    field: str
    type: Type = Type.TEXT
    level: int = 0
    is_required: bool = False
    items: Sequence[str] = ()
    heading: str = ""

    @property
    def header(self) -> str:
        """The column's header in a CSV file: `ContactName` for `Contact.Name`.

        A `heading` says it where the field's name is another column's, too.
        """
        if self.heading:
            return self.heading
        *parents, last = self.field.split(".")
        parent = parents[-1] if parents else ""
        return last if last.startswith(parent) else f"{parent}{last}"


class Form(NamedTuple):
    """A kind's columns, and where Xero's pages have its documents.

    `root` is the list of documents on a page, `levels` the lists in a document that
    make its rows: lines, and what those hold. Without `needs_lines` a document without
    any has one row. `name` is a document for people.
    """

    root: str
    name: str
    columns: Sequence[Column]
    levels: Sequence[str] = ()
    needs_lines: bool = False

    @property
    def id(self) -> Column:
        """The column that tells documents apart."""
        return self.columns[0]


TRACKING = ("TrackingCategoryID", "Name", "Option")
PAYMENT = ("PaymentID", "Date", "Amount", "CurrencyRate")


def _document(prefix: str, credits_: Column) -> Sequence[Column]:
    """The columns of invoices and of credit notes, whose fields begin differently."""
    return (
        Column("id", f"{prefix}ID", is_required=True),
        Column("type", "Type", is_required=True),
        Column("number", f"{prefix}Number"),
        *_CONTENT,
        Column("day", "Date", Type.DAY, is_required=True),
        Column("due_day", "DueDate", Type.DAY),
        Column("currency_rate", "CurrencyRate", Type.RATE),
        Column("paid", "AmountPaid", Type.DECIMAL),
        Column("paid_day", "FullyPaidOnDate", Type.DAY),
        Column("updated", "UpdatedDateUTC", Type.MOMENT),
        Column("payments", "Payments", Type.LIST, items=PAYMENT),
        credits_,
        *_LINES,
    )


_CONTENT = (
    Column("reference", "Reference"),
    Column("status", "Status", is_required=True),
    Column("contact_id", "Contact.ContactID"),
    Column("contact_name", "Contact.Name"),
    Column("currency", "CurrencyCode", is_required=True),
    Column("line_amounts", "LineAmountTypes"),
    Column("sub_total", "SubTotal", Type.DECIMAL),
    Column("total_tax", "TotalTax", Type.DECIMAL),
    Column("total", "Total", Type.DECIMAL, is_required=True),
)
_LINES = (
    Column("position", "", Type.POSITION, 1),
    Column("description", "Description", level=1),
    Column("account_code", "AccountCode", level=1),
    Column("amount", "LineAmount", Type.DECIMAL, 1),
    Column("tax", "TaxAmount", Type.DECIMAL, 1),
    Column("tax_type", "TaxType", level=1),
    Column("tracking", "Tracking", Type.LIST, 1, items=TRACKING),
)

FORMS: Mapping[Kind, Form] = {
    Kind.JOURNALS: Form(
        "Journals",
        "journal",
        (
            Column("journal_id", "JournalID", is_required=True),
            Column("number", "JournalNumber", Type.INTEGER, is_required=True),
            Column("day", "JournalDate", Type.DAY, is_required=True),
            Column("created", "CreatedDateUTC", Type.MOMENT, is_required=True),
            Column("reference", "Reference"),
            Column("source_id", "SourceID"),
            Column("source_type", "SourceType"),
            Column("position", "", Type.POSITION, 1),
            Column("line_id", "JournalLineID", level=1, is_required=True),
            Column("account_id", "AccountID", level=1, is_required=True),
            Column("account_code", "AccountCode", level=1),
            Column("account_type", "AccountType", level=1),
            Column("account_name", "AccountName", level=1),
            Column("description", "Description", level=1),
            Column("net", "NetAmount", Type.AMOUNT, 1, is_required=True),
            Column("gross", "GrossAmount", Type.AMOUNT, 1),
            Column("tax", "TaxAmount", Type.AMOUNT, 1),
            Column("tax_type", "TaxType", level=1),
            Column("tax_name", "TaxName", level=1),
            Column("tracking", "TrackingCategories", Type.LIST, 1, items=TRACKING),
        ),
        ("JournalLines",),
        needs_lines=True,
    ),
    Kind.ACCOUNTS: Form(
        "Accounts",
        "account",
        (
            Column("account_id", "AccountID", is_required=True),
            Column("code", "Code"),
            Column("name", "Name", is_required=True),
            Column("type", "Type", is_required=True),
            Column("class", "Class"),
            Column("status", "Status"),
            Column("currency", "CurrencyCode"),
            Column("system_account", "SystemAccount"),
        ),
    ),
    Kind.CONTACTS: Form(
        "Contacts",
        "contact",
        (
            Column("contact_id", "ContactID", is_required=True),
            Column("name", "Name", is_required=True),
        ),
    ),
    Kind.INVOICES: Form(
        "Invoices",
        "invoice",
        _document(
            "Invoice",
            Column(
                "credits",
                "CreditNotes",
                Type.LIST,
                items=("CreditNoteID", "Date", "AppliedAmount"),
            ),
        ),
        ("LineItems",),
    ),
    Kind.CREDIT_NOTES: Form(
        "CreditNotes",
        "credit note",
        _document(
            "CreditNote",
            Column(
                "credits",
                "Allocations",
                Type.LIST,
                items=("Invoice.InvoiceID", "Date", "Amount"),
            ),
        ),
        ("LineItems",),
    ),
    Kind.REPEATING_INVOICES: Form(
        "RepeatingInvoices",
        "repeating invoice",
        (
            Column("id", "RepeatingInvoiceID", is_required=True),
            Column("type", "Type", is_required=True),
            *_CONTENT,
            Column("period", "Schedule.Period", Type.INTEGER, is_required=True),
            Column("unit", "Schedule.Unit", is_required=True),
            Column("start", "Schedule.StartDate", Type.DAY),
            Column("next", "Schedule.NextScheduledDate", Type.DAY),
            Column("ends", "Schedule.EndDate", Type.DAY),
            *_LINES,
        ),
        ("LineItems",),
    ),
    Kind.BUDGETS: Form(
        "Budgets",
        "budget",
        (
            Column("budget_id", "BudgetID", is_required=True),
            Column("type", "Type", is_required=True),
            Column("description", "Description"),
            Column("status", "Status"),
            Column("updated", "UpdatedDateUTC", Type.MOMENT),
            Column("tracking", "Tracking", Type.LIST, items=TRACKING),
            Column("account_id", "AccountID", level=1),
            Column("account_code", "AccountCode", level=1),
            Column("month", "Period", Type.MONTH, 2),
            Column("amount", "Amount", Type.AMOUNT, 2),
            Column("notes", "Notes", level=2),
        ),
        ("BudgetLines", "BudgetBalances"),
    ),
    Kind.TRACKING_CATEGORIES: Form(
        "TrackingCategories",
        "tracking category",
        (
            Column("category_id", "TrackingCategoryID", is_required=True),
            Column("name", "Name", is_required=True),
            Column("status", "Status"),
            Column("option_id", "TrackingOptionID", level=1),
            Column("option", "Name", level=1, heading="OptionName"),
            Column("option_status", "Status", level=1, heading="OptionStatus"),
        ),
        ("Options",),
    ),
    Kind.BANK_TRANSACTIONS: Form(
        "BankTransactions",
        "bank transaction",
        (
            Column("id", "BankTransactionID", is_required=True),
            Column("type", "Type"),
            Column("status", "Status"),
            Column("contact_id", "Contact.ContactID"),
            Column("contact_name", "Contact.Name"),
            Column("account_id", "BankAccount.AccountID"),
            Column("day", "Date", Type.DAY),
            Column("currency", "CurrencyCode"),
            Column("currency_rate", "CurrencyRate", Type.RATE),
            Column("total", "Total", Type.DECIMAL),
            Column("reference", "Reference"),
        ),
    ),
    Kind.PAYMENTS: Form(
        "Payments",
        "payment",
        (
            Column("id", "PaymentID", is_required=True),
            Column("batch_id", "BatchPaymentID"),
            Column("type", "PaymentType"),
            Column("status", "Status"),
            Column("day", "Date", Type.DAY, is_required=True),
            Column("amount", "Amount", Type.DECIMAL, is_required=True),
            Column("bank_amount", "BankAmount", Type.DECIMAL),
            Column("currency_rate", "CurrencyRate", Type.RATE),
            Column("account_id", "Account.AccountID"),
            Column("invoice_id", "Invoice.InvoiceID"),
            Column("invoice_type", "Invoice.Type"),
            Column("contact_id", "Invoice.Contact.ContactID"),
            Column("contact_name", "Invoice.Contact.Name"),
            Column("reference", "Reference"),
        ),
    ),
    Kind.MANUAL_JOURNALS: Form(
        "ManualJournals",
        "manual journal",
        (
            Column("id", "ManualJournalID", is_required=True),
            Column("narration", "Narration"),
            Column("status", "Status"),
            Column("day", "Date", Type.DAY),
            Column("updated", "UpdatedDateUTC", Type.MOMENT),
        ),
    ),
    Kind.ORGANISATION: Form(
        "Organisations",
        "organisation",
        (
            Column("id", "OrganisationID", is_required=True),
            Column("name", "Name"),
            Column("base_currency", "BaseCurrency"),
            Column("year_end_day", "FinancialYearEndDay", Type.INTEGER),
            Column("year_end_month", "FinancialYearEndMonth", Type.INTEGER),
            Column("period_lock", "PeriodLockDate", Type.DAY),
            Column("year_lock", "EndOfYearLockDate", Type.DAY),
            Column("time_zone", "Timezone"),
        ),
    ),
    Kind.TAX_RATES: Form(
        "TaxRates",
        "tax rate",
        (
            Column("type", "TaxType", is_required=True),
            Column("name", "Name", is_required=True),
            Column("rate", "EffectiveRate", Type.RATE),
        ),
    ),
}
