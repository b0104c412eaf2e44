"""What formats, states and selections of exports are called. Pure."""

from collections.abc import Mapping
from urllib.parse import parse_qs

from daybook.calendar import parse_day, range_words
from daybook.exports.mapping.forms import DateForm
from daybook.reports.journals.filters import FILTERS
from daybook_web.journals.chips import value_words
from daybook_web.journals.parameters import DAYS
from daybook_web.kit.formats import MINUS
from daybook_web.kit.forms import Choice

FORMAT_NAMES: Mapping[str, tuple[str, str]] = {
    "SEQUENCE": ("Generic CSV", "Any ledger, warehouse"),
    "XERO": ("Xero", "Manual journals, CSV"),
    "QUICKBOOKS": ("QuickBooks Online", "Journal entries, CSV"),
    "NETSUITE": ("NetSuite", "Journal entries, CSV"),
    "XLSX": ("XLSX", "Spreadsheet"),
    "PARQUET": ("Parquet", "DuckDB, BigQuery"),
    "BEANCOUNT": ("Beancount", "Plain text"),
}
"""What formats are called, and what they are for."""
STATES: Mapping[str, str] = {
    "QUEUED": "Waiting",
    "RUNNING": "Making",
    "READY": "Ready",
    "FAILED": "Failed",
    "CANCELLED": "Cancelled",
    "EXPIRED": "No longer kept",
}
"""Where an export stands."""
PRESETS: Mapping[str, str] = {
    "NORMAL_BALANCE": "By normal balance",
    "VENDOR": f"As Xero publishes it: debits +, credits {MINUS}",
}
"""How amounts for Xero are signed."""
OPENINGS: Mapping[str, str] = {
    "USED": "Those in the file, at its first date",
    "ALL": "All of the ledger, before all dates",
    "NONE": "None: it is loaded with another file",
}
"""Which accounts a file for Beancount opens."""


def format_title(name: str | None) -> str:
    """What a format is called; None is one that only another version knows."""
    if name is None:
        return "Unknown format"
    return FORMAT_NAMES.get(name, (name, ""))[0]


def file_title(
    currency: str, filters: str | None, format_name: str | None, granularity: str
) -> str:
    """What a file is of, such as `USD 1–31 Oct 2025, Xero, by month`."""
    days = days_words(filters)
    lines = "by day" if granularity == "DAILY" else "by month"
    ledger = f"{currency} {days}" if days else currency
    return f"{ledger}, {format_title(format_name)}, {lines}"


def days_words(filters: str | None) -> str:
    """The days that were asked for; empty where filters are not known.

    >>> days_words("from=2025-10-01&to=2025-10-31&customer=cus_1")
    '1–31 Oct 2025'
    >>> days_words("customer=cus_1")
    'all days'
    """
    if filters is None:
        return ""
    given = parse_qs(filters)
    first, last = (given.get(name, [""])[-1] for name in DAYS)
    if first and last:
        return range_words(parse_day(first), parse_day(last))
    if first or last:
        day = parse_day(first or last)
        return f"{'from' if first else 'until'} {range_words(day, day)}"
    return "all days"


def month_of_days(filters: str | None) -> str:
    """The month of the last day that was asked for; empty where there is none.

    >>> month_of_days("from=2025-10-01&to=2025-10-31&customer=cus_1")
    '2025-10'
    >>> month_of_days("customer=cus_1")
    ''
    """
    _, last = DAYS
    return parse_qs(filters or "").get(last, [""])[-1][:7]


def filter_words(filters: str | None) -> list[Choice]:
    """The other filters that were asked for: each with its name and its values.

    >>> filter_words("from=2025-10-01&to=2025-10-31&customer=cus_1")
    [Choice(value='Customer', text='cus_1')]
    """
    given = parse_qs(filters or "")
    found = []
    for declared in FILTERS:
        texts = [] if declared.name in DAYS else given.get(declared.name, [])
        words = [value_words(declared, text, {}) for text in texts]
        if words:
            found.append(Choice(declared.chip or declared.label, ", ".join(words)))
    return found


def date_form_words(name: str) -> str:
    """A form of dates, by an example."""
    return DateForm[name].text(parse_day("2026-06-30"))
