"""The checkers of files for accounting systems: each rule that is broken is found."""

import pytest

from daybook_netsuite_checker import HEADER as NETSUITE_HEADER
from daybook_netsuite_checker import MAX_LINES, check_netsuite
from daybook_quickbooks_checker import HEADER as QUICKBOOKS_HEADER
from daybook_quickbooks_checker import check_quickbooks
from daybook_strict_csv import Broken, CheckedJournal, rows_of
from daybook_xero_checker import HEADER as XERO_HEADER
from daybook_xero_checker import check_xero

XERO = f"""{XERO_HEADER}
7 Acme,2025-06-30,Text,2400,,-90,Region,North,,
7 Acme,2025-06-30,Text,200,,90,,,,
7 Acme,2025-07-31,Text,610,,2.9,,,,
7 Acme,2025-07-31,"A ""b"", c",200,,2.9,,,,
"""
XERO_VENDOR = f"""{XERO_HEADER}
7 Acme,30 Jun 2025,Text,2400,Tax Exempt,3.05,Region,North,,
7 Acme,30 Jun 2025,Text,200,Tax Exempt,-3.05,,,,
"""
QUICKBOOKS = f"""\ufeff{QUICKBOOKS_HEADER}
7-20250630,06/30/2025,Assets:Unbilled,90.00,,Text,Acme,USD,,Class
7-20250630,06/30/2025,Sales,,90.00,Text,,USD,,
8,06/30/2025,Sales,0.10,,Text,,USD,,
8,06/30/2025,Sales,,0.10,Text,,USD,,
"""
NETSUITE = f"""{NETSUITE_HEADER}
7,06/30/2025,Jun 2025,Sub,EUR,1.0851,Memo,Deferred,90.00,,Text,,,,
7,06/30/2025,Jun 2025,Sub,EUR,1.0851,Memo,Deferred,10.00,,Text,,,,
7,06/30/2025,Jun 2025,Sub,EUR,1.0851,Memo,Sales,,100.00,Text,,,,
8,01/31/2026,Jan 2026,Sub,EUR,1,Memo,Sales,90.00,,Text,,,,
8,01/31/2026,Jan 2026,Sub,EUR,1,Memo,Sales,,90.00,Text,,,,
"""
TYPES = {"2400": "Current Liability", "200": "Sales", "610": "Current Asset"}
TYPES |= {"1": "Bank", "12345678901": "Sales"}


def content_of(text: str) -> bytes:
    """The text as a file, whose lines end with CRLF."""
    return text.replace("\n", "\r\n").encode()


def by_normal_balance(content: bytes) -> list[CheckedJournal]:
    return check_xero(content, TYPES, is_vendor=False, dates="yyyy-mm-dd")


def by_xeros_rule(content: bytes) -> list[CheckedJournal]:
    return check_xero(content, TYPES, is_vendor=True, dates="dd mmm yyyy")


def for_quickbooks(content: bytes) -> list[CheckedJournal]:
    types = {"Assets:Unbilled": "Accounts receivable (A/R)", "Sales": "", "A:": ""}
    return check_quickbooks(content, types, dates="mm/dd/yyyy")


def for_netsuite(content: bytes) -> list[CheckedJournal]:
    return check_netsuite(content, {"Deferred", "Sales"}, dates="mm/dd/yyyy")


SYSTEMS = {
    "xero": (XERO, by_normal_balance),
    "vendor": (XERO_VENDOR, by_xeros_rule),
    "quickbooks": (QUICKBOOKS, for_quickbooks),
    "netsuite": (NETSUITE, for_netsuite),
}
AMOUNTS = {
    # What lessens a liability is a debit, what increases Sales a credit.
    "xero": [9000, -9000, 290, -290],
    "vendor": [305, -305],
    "quickbooks": [9000, -9000, 10, -10],
    "netsuite": [9000, 1000, -10000, 9000, -9000],
}


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_good_file_is_accepted(system: str) -> None:
    text, check = SYSTEMS[system]

    journals = check(content_of(text))

    amounts = [line.amount for journal in journals for line in journal.lines]
    assert amounts == AMOUNTS[system]
    assert journals[0].day.isoformat() == "2025-06-30"


@pytest.mark.parametrize(
    ("system", "old", "new", "rule"),
    [
        ("xero", "*TaxRate", "TaxRate", "the header is"),
        ("xero", ",North,,", ",North,", "9 cells below 10 names"),
        ("xero", ",-90,", ",-90.00,", "its zeros stripped"),
        ("xero", ",2.9,", ",2.90,", "its zeros stripped"),
        ("xero", ",2.9,", ',"2,9",', "its zeros stripped"),
        ("xero", ",2.9,", ",0,", "its zeros stripped"),
        ("xero", ",2.9,", ",2.905,", "its zeros stripped"),
        ("xero", ",-90,", ",90,", "debits equal credits"),
        ("xero", "Region,North", "Region,", "both cells of tracking 1"),
        ("xero", "North,,", "North,Region,South", "a tracking category once"),
        ("xero", "North,", f"{'n' * 101},", "tracking of 101 characters"),
        ("xero", ",610,", ",611,", "is mapped"),
        ("xero", ",610,", ",12345678901,", "a code of 11 characters"),
        ("xero", ",610,", ",1,", "Bank takes no journals"),
        ("xero", "2025-07-31", "31 Jul 2025", "is written as yyyy-mm-dd"),
        ("xero", "2025-07-31", "2025-06-31", "is a day"),
        ("xero", "2025-07-31,Text", "2025-08-31,Text", "has one line only"),
        ("xero", ",,90,", ",Tax,90,", "*TaxRate is blank"),
        ("vendor", "Tax Exempt,3", ",3", "can't be posted"),
        ("vendor", "-3.05", "3.05", "debits equal credits"),
        ("vendor", "30 Jun", "30 jun", "is written as dd mmm yyyy"),
        ("quickbooks", "\ufeff", "", "byte order mark"),
        ("quickbooks", "\ufeff", "\ufeff\ufeff", "byte order mark"),
        ("quickbooks", ",,90.00", ",90.00,90.00", "exactly one of"),
        ("quickbooks", ",,90.00", ",,", "exactly one of"),
        ("quickbooks", ",90.00,,", ",90.00,0.00,", "exactly one of"),
        ("quickbooks", ",,0.10", ",0.00,", "never 0"),
        ("quickbooks", ",,0.10", ",,.10", "a number with 2 decimals"),
        ("quickbooks", ",,0.10", ",,0.1", "a number with 2 decimals"),
        ("quickbooks", ",,90.00", ",,-90.00", "a number with 2 decimals"),
        ("quickbooks", ",,90.00", ",,90.01", "debits equal credits"),
        ("quickbooks", "Acme", "", "Name is needed"),
        ("quickbooks", "7-20250630", "7-20250630-of-22-chars", "is longer"),
        ("quickbooks", "\n8,06/30/2025,Sales,,", "\n8,07/01/2025,Sales,,", "the same"),
        ("quickbooks", "Text,Acme", f"{'t' * 4001},Acme", "Description is longer"),
        ("quickbooks", ",Sales,0", ",A:,0", "Parent:Sub"),
        ("quickbooks", "USD", "BHD", "two decimals at most"),
        ("quickbooks", "USD,,Class", f"USD,,{'c' * 101}", "Class is longer"),
        ("netsuite", "1.0851,Memo,Sales", "1.0852,Memo,Sales", "Exchange Rate is the"),
        ("netsuite", "Sub,EUR,1,Memo,Sales,90", ",EUR,1,Memo,Sales,90", "Subsidiary"),
        ("netsuite", ",1,", ",,", "Exchange Rate is a number"),
        ("netsuite", ",1,", ",0.00,", "Exchange Rate is above 0"),
        ("netsuite", "Jan 2026", "Feb 2026", "the period of 2026-01-31"),
        ("netsuite", "90.00,,", "12345678901.00,,", "has more digits"),
        ("netsuite", ",,90.00", ",0.00,90.00", "exactly one of"),
        ("netsuite", "Deferred,10.00,", "Deferred,,10.00", "debits equal credits"),
        ("netsuite", "\n8,01", "\n,01", "External ID is needed"),
    ],
)
def test_a_broken_rule_is_named(system: str, old: str, new: str, rule: str) -> None:
    text, check = SYSTEMS[system]
    assert old in text

    with pytest.raises(Broken, match=rule.replace("*", r"\*")):
        check(content_of(text.replace(old, new)))


def test_credits_before_debits_are_found() -> None:
    *above, debit, credit = NETSUITE.removesuffix("\n").split("\n")

    with pytest.raises(Broken, match="debits come before credits"):
        for_netsuite(content_of("\n".join([*above, credit, debit, ""])))


def test_an_entry_in_two_places_is_found() -> None:
    head, *rows = XERO.removesuffix("\n").split("\n")

    with pytest.raises(Broken, match="stands in two places"):
        by_normal_balance(content_of("\n".join([head, *rows, *rows[:2], ""])))


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2\n",
        "a,b\r\n1,2",
        "a,b\r\n1,",
        "a,b\r\n1,2\n\r\n",
        'a,b\r\n1,2"\r\n',
        'a,b\r\n1,"2" \r\n',
        'a,b\r\n1,"2\r\n',
        "a,b\r\n1,\r2\r\n",
        "a,b\r\n1,2\r\n\r\n",
        "a,b\r\n1,\0\r\n",
        "",
    ],
    ids=repr,
)
def test_what_is_not_strict_csv_is_found(text: str) -> None:
    with pytest.raises(Broken):
        rows_of(text.encode(), "a,b")


def test_bytes_of_another_encoding_are_found() -> None:
    with pytest.raises(Broken, match="UTF-8"):
        rows_of("a,b\r\n1,é\r\n".encode("latin-1"), "a,b")


def test_parts_have_limits_that_streams_have_not() -> None:
    text, check = SYSTEMS["xero"]
    head, *rows = text.removesuffix("\n").split("\n")
    pairs = [
        row.replace("7 Acme", f"{number} Acme")
        for number in range(151)
        for row in rows[:2]
    ]
    fits, more = (
        content_of("\n".join([head, *pairs[:last], ""])) for last in (300, 302)
    )

    assert len(check(fits)) == 150
    with pytest.raises(AssertionError, match="302 lines in a file for Xero"):
        check(more)
    options = {"is_vendor": False, "dates": "yyyy-mm-dd", "is_part": False}
    assert len(check_xero(more, TYPES, **options)) == 151  # type: ignore[arg-type]  # by name


def test_an_entry_of_netsuite_has_a_limit() -> None:
    head, debit, *_, credit = NETSUITE.removesuffix("\n").split("\n")[:4]
    whole = credit.replace("100.00", f"{MAX_LINES * 90}.00")

    with pytest.raises(Broken, match="10001 lines of one entry"):
        for_netsuite(content_of("\n".join([head, *[debit] * MAX_LINES, whole, ""])))
