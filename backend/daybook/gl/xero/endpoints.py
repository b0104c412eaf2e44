"""Where Xero's API has the documents of each kind, and how it pages through them."""

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from daybook.gl.kinds import Kind


class Paging(Enum):
    """How an endpoint divides its documents."""

    OFFSET = "those after a journal's number; none at the end"
    PAGES = "by the number of a page, from 1; the answer says how many there are"
    WHOLE = "all in one answer"
    SINGLE = "a list without lines, and each with its lines by its ID"


class Endpoint(NamedTuple):
    """An endpoint's path below the API's address, and its fixed parameters."""

    path: str
    paging: Paging
    parameters: Mapping[str, str] = {}
    takes_since: bool = False
    """Whether it leaves out what wasn't modified after a moment, if it is asked to."""


ENDPOINTS: Mapping[Kind, Endpoint] = {
    Kind.ORGANISATION: Endpoint("Organisation", Paging.WHOLE),
    Kind.ACCOUNTS: Endpoint("Accounts", Paging.WHOLE, takes_since=True),
    Kind.TRACKING_CATEGORIES: Endpoint(
        "TrackingCategories", Paging.WHOLE, {"includeArchived": "true"}
    ),
    Kind.TAX_RATES: Endpoint("TaxRates", Paging.WHOLE),
    Kind.CONTACTS: Endpoint(
        "Contacts", Paging.PAGES, {"includeArchived": "true"}, takes_since=True
    ),
    Kind.INVOICES: Endpoint("Invoices", Paging.PAGES, takes_since=True),
    Kind.CREDIT_NOTES: Endpoint("CreditNotes", Paging.PAGES, takes_since=True),
    Kind.REPEATING_INVOICES: Endpoint("RepeatingInvoices", Paging.WHOLE),
    Kind.BANK_TRANSACTIONS: Endpoint(
        "BankTransactions", Paging.PAGES, takes_since=True
    ),
    Kind.PAYMENTS: Endpoint("Payments", Paging.PAGES, takes_since=True),
    Kind.MANUAL_JOURNALS: Endpoint("ManualJournals", Paging.PAGES, takes_since=True),
    Kind.BUDGETS: Endpoint("Budgets", Paging.SINGLE),
    Kind.JOURNALS: Endpoint("Journals", Paging.OFFSET),
}
"""In the order in which a sync asks for them: journals name what comes before."""
