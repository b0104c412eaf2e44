"""The bytes of files for Xero, QuickBooks and NetSuite, by the rules' examples."""

import pytest

from daybook.calendar import Day, parse_day
from daybook.exports.file_spec import FileSpec
from daybook.exports.formats import Format
from daybook.exports.formats.contract import FileFacts
from daybook.exports.formats.netsuite import NETSUITE
from daybook.exports.formats.quickbooks import QUICKBOOKS
from daybook.exports.formats.xero import XERO, signed_text
from daybook.exports.mapping.forms import DateForm, Preset
from daybook.exports.mapping.rules import TargetLine
from daybook.exports.reading.units import daily_entries
from daybook.exports.rules import (
    ExportGroup,
    ExportLine,
    Granularity,
    Groups,
    JournalSlice,
)
from daybook.exports.writing.splitting import PartCutter, part_limits
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role
from daybook.reports.journals.filters import JournalFilter
from daybook_files import exported, file_of
from daybook_netsuite_checker import check_netsuite
from daybook_quickbooks_checker import check_quickbooks
from daybook_strict_csv import CheckedJournal
from daybook_xero_checker import check_xero

JUNE, OCTOBER = parse_day("2025-06-30"), parse_day("2025-10-31")
DOLLARS = Pin(1, 1, "USD", 2, 1, JUNE)
ISO = FileFacts("USD", 2)

# Code, type, tax rate and two tracking pairs.
XERO_DEFERRED = TargetLine(
    ("2400", "Current Liability", "Tax Exempt", "Region", "North", "", ""),
    is_debit_normal=False,
)
XERO_SALES = TargetLine(
    ("200", "Sales", "20% (VAT on Income)", "Region", "", "Product", "Plan, Pro"),
    is_debit_normal=False,
)
XERO_ACCRUED = TargetLine(
    ("610", "Current Asset", "Tax Exempt", *[""] * 4), is_debit_normal=True
)
# Account, type, name, class and location.
QUICKBOOKS_UNBILLED = TargetLine(
    ("Assets:Unbilled", "Accounts receivable (A/R)", 'The "Acme", Ltd', "", "")
)
QUICKBOOKS_SALES = TargetLine(("Sales", "", "", "Pro", "Paris"))
# Account, subsidiary, department, class, location and name.
NETSUITE_DEFERRED = TargetLine(("2400 Deferred", "Daybook : UK", "", "", "", "Acme"))
NETSUITE_SALES = TargetLine(("4000 Sales", "Daybook : UK", "Ops", "Pro", "Paris", ""))


def entry(  # noqa: PLR0913  (a test names only what it is about)
    debit: TargetLine | None,
    credit: TargetLine | None,
    amount: int = 9000,
    *,
    key: str = "7",
    day: Day = JUNE,
    customer: str = "Acme",
) -> ExportGroup:
    """An entry of a debit of Deferred and a credit of Recognized."""
    sides = (
        (True, Role.DEFERRED, "Deferred", amount, debit),
        (False, Role.RECOGNIZED, "Recognized", amount, credit),
    )
    lines = [ExportLine(*side) for side in sides]
    return ExportGroup(
        key, day, "Recognized", lines, product_name="Plan", customer_name=customer
    )


def test_a_file_for_xero_by_normal_balance() -> None:
    facts = FileFacts("USD", 2)
    units = Groups(
        [
            entry(XERO_DEFERRED, XERO_SALES),
            entry(XERO_ACCRUED, XERO_SALES, 290, key="8", customer='"A", Ltd'),
        ]
    )

    file = file_of(XERO, facts, units)

    assert file == (
        b"*Narration,*Date,Description,*AccountCode,*TaxRate,*Amount,"
        b"TrackingName1,TrackingOption1,TrackingName2,TrackingOption2\r\n"
        b"7 Acme: Plan,2025-06-30,Recognized,2400,,-90,Region,North,,\r\n"
        b'7 Acme: Plan,2025-06-30,Recognized,200,,90,Product,"Plan, Pro",,\r\n'
        b'"8 ""A"", Ltd: Plan",2025-06-30,Recognized,610,,2.9,,,,\r\n'
        b'"8 ""A"", Ltd: Plan",2025-06-30,Recognized,200,,2.9,Product,"Plan, Pro",,'
        b"\r\n"
    )
    types = {"2400": "Current Liability", "200": "Sales", "610": "Current Asset"}
    assert check_xero(file, types, is_vendor=False, dates="yyyy-mm-dd")


def test_a_file_for_xero_by_its_own_rule() -> None:
    facts = FileFacts(
        *("USD", 2),
        preset=Preset.VENDOR,
        date_form=DateForm.DAY_NAMED_MONTH_YEAR,
    )
    units = Groups([entry(XERO_DEFERRED, XERO_SALES, 305)])

    file = file_of(XERO, facts, units)

    assert file == (
        b"*Narration,*Date,Description,*AccountCode,*TaxRate,*Amount,"
        b"TrackingName1,TrackingOption1,TrackingName2,TrackingOption2\r\n"
        b"7 Acme: Plan,30 Jun 2025,Recognized,2400,Tax Exempt,3.05,Region,North,,\r\n"
        b"7 Acme: Plan,30 Jun 2025,Recognized,200,20% (VAT on Income),-3.05,"
        b'Product,"Plan, Pro",,\r\n'
    )
    types = {"2400": "Current Liability", "200": "Sales"}
    assert check_xero(file, types, is_vendor=True, dates="dd mmm yyyy")


def test_a_file_for_quickbooks() -> None:
    facts = FileFacts("USD", 2, date_form=DateForm.MONTH_DAY_YEAR)
    unbilled = entry(QUICKBOOKS_UNBILLED, QUICKBOOKS_SALES)

    file = file_of(QUICKBOOKS, facts, Groups([unbilled]))

    assert file == (
        b"\xef\xbb\xbf*JournalNo,*JournalDate,*AccountName,*Debits,*Credits,"
        b"Description,Name,Currency,Location,Class\r\n"
        b'7,06/30/2025,Assets:Unbilled,90.00,,Recognized,"The ""Acme"", Ltd",USD,,\r\n'
        b"7,06/30/2025,Sales,,90.00,Recognized,,USD,Paris,Pro\r\n"
    )
    types = {"Assets:Unbilled": "Accounts receivable (A/R)", "Sales": ""}
    assert check_quickbooks(file, types, dates="mm/dd/yyyy")


def test_a_file_for_netsuite() -> None:
    facts = FileFacts(
        *("EUR", 2), date_form=DateForm.MONTH_DAY_YEAR, rate_of=lambda _day: "1.0851"
    )
    lines = entry(NETSUITE_DEFERRED, NETSUITE_SALES).lines
    twice = entry(NETSUITE_DEFERRED, NETSUITE_SALES)._replace(lines=[*lines, *lines])

    file = file_of(NETSUITE, facts, Groups([twice]))

    head = b"7,06/30/2025,Jun 2025,Daybook : UK,EUR,1.0851,7 Acme: Plan,"
    debit = b"2400 Deferred,90.00,,Recognized,Acme,,,\r\n"
    credit = b"4000 Sales,,90.00,Recognized,,Ops,Pro,Paris\r\n"
    assert file == (
        b"External ID,Date,Posting Period,Subsidiary,Currency,Exchange Rate,Memo,"
        b"Journal Entry - Line: Account,Journal Entry - Line: Debit,"
        b"Journal Entry - Line: Credit,Journal Entry - Line: Memo,"
        b"Journal Entry - Line: Name,Journal Entry - Line: Department,"
        b"Journal Entry - Line: Class,Journal Entry - Line: Location\r\n"
        + head
        + debit
        + head
        + debit
        + head
        + credit
        + head
        + credit
    )
    names = {"2400 Deferred", "4000 Sales"}
    assert check_netsuite(file, names, dates="mm/dd/yyyy")


@pytest.mark.parametrize(
    ("minor", "decimals", "text"),
    [
        (9000, 2, "90"),
        (290, 2, "2.9"),
        (305, 2, "3.05"),
        (90, 0, "90"),
        (5, 2, "0.05"),
        (100_000, 2, "1000"),
    ],
)
def test_xeros_amounts_have_no_zeros_at_the_end(
    minor: int, decimals: int, text: str
) -> None:
    assert signed_text(minor, decimals, is_positive=True) == text
    assert signed_text(minor, decimals, is_positive=False) == f"-{text}"


@pytest.mark.parametrize(
    ("file_format", "target"),
    [(QUICKBOOKS, QUICKBOOKS_SALES), (NETSUITE, NETSUITE_SALES)],
    ids=["QUICKBOOKS", "NETSUITE"],
)
def test_amounts_have_exactly_the_currencys_decimals(
    file_format: Format, target: TargetLine
) -> None:
    yen = file_of(file_format, FileFacts("JPY", 0), Groups([entry(target, target, 90)]))
    dollars = file_of(
        file_format, FileFacts("USD", 2), Groups([entry(target, target, 90)])
    )

    assert b",90," in yen and b".90" not in yen
    assert b",0.90," in dollars


@pytest.mark.parametrize(
    ("file_format", "date_form", "text"),
    [
        (XERO, DateForm.ISO, b"2025-06-30"),
        (XERO, DateForm.DAY_NAMED_MONTH_YEAR, b"30 Jun 2025"),
        (XERO, DateForm.DAY_MONTH_YEAR, b"30/06/2025"),
        (QUICKBOOKS, DateForm.MONTH_DAY_YEAR, b"06/30/2025"),
        (QUICKBOOKS, DateForm.DAY_MONTH_YEAR, b"30/06/2025"),
        (NETSUITE, DateForm.MONTH_DAY_YEAR, b"06/30/2025"),
        (NETSUITE, DateForm.DAY_MONTH_YEAR_DOTS, b"30.06.2025"),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_dates_are_written_in_the_chosen_form(
    file_format: Format, date_form: DateForm, text: bytes
) -> None:
    targets = {XERO: XERO_SALES, QUICKBOOKS: QUICKBOOKS_SALES, NETSUITE: NETSUITE_SALES}
    target = targets[file_format]
    facts = FileFacts("USD", 2, date_form=date_form)

    file = file_of(file_format, facts, Groups([entry(target, target)]))

    rows = file.split(b"\r\n")[1:-1]
    assert [row.split(b",")[1] for row in rows] == [text, text]


def test_a_journals_day_is_an_entry_with_a_key_of_its_own() -> None:
    billed = exported(9000, 9000, (OCTOBER - 1, OCTOBER - 1))
    days = exported(580, 290, (OCTOBER - 1, OCTOBER))

    first, last = daily_entries(JournalSlice([billed, days], {}), "")

    assert (first.key, last.key) == ("7-20251030", "7-20251031")
    assert [line.is_debit for line in first.lines] == [True, False, True, False]
    assert [line.amount for line in first.lines] == [9000, 9000, 290, 290]
    assert [line.amount for line in last.lines] == [290, 290]
    (prefixed, _) = daily_entries(JournalSlice([days], {}), "USD-")
    assert prefixed.key == "USD-7-20251030"


def test_the_days_of_a_journal_come_in_order() -> None:
    late = exported(100, 100, (OCTOBER, OCTOBER))
    early = exported(580, 290, (OCTOBER - 2, OCTOBER - 1))

    entries = list(daily_entries(JournalSlice([late, early], {}), ""))

    assert [made.day for made in entries] == [OCTOBER - 2, OCTOBER - 1, OCTOBER]


def test_a_day_of_nothing_is_no_entry() -> None:
    twenty_cents = exported(20, 0, (OCTOBER - 30, OCTOBER))
    rounded_up = exported(4, 2, (OCTOBER - 2, OCTOBER))

    assert [
        made.day for made in daily_entries(JournalSlice([twenty_cents], {}), "")
    ] == [OCTOBER]
    days = [made.day for made in daily_entries(JournalSlice([rounded_up], {}), "")]
    assert days == [OCTOBER - 2, OCTOBER - 1]


def test_january_is_a_posting_period() -> None:
    january = entry(
        NETSUITE_DEFERRED, NETSUITE_SALES, day=parse_day("2026-01-31"), key="9"
    )

    file = file_of(NETSUITE, FileFacts("USD", 2), Groups([january]))

    assert file.count(b"\r\n9,2026-01-31,Jan 2026,Daybook : UK,USD,1,") == 2


@pytest.mark.parametrize(
    ("file_format", "target", "files"),
    [
        # 150, 499 and 12,500 journals a file.
        (XERO, XERO_SALES, 17),
        (QUICKBOOKS, QUICKBOOKS_SALES, 6),
        (NETSUITE, NETSUITE_SALES, 1),
    ],
    ids=["XERO", "QUICKBOOKS", "NETSUITE"],
)
def test_2500_journals_of_two_lines_are_the_fewest_files(
    file_format: Format, target: TargetLine, files: int
) -> None:
    spec = FileSpec(DOLLARS, JournalFilter(), Granularity.MONTHLY, None, file_format)
    cutter = PartCutter(part_limits(spec))
    parts: list[list[ExportGroup]] = []
    for number in range(1, 2_501):
        if cutter.begins_part(2):
            parts.append([])
        parts[-1].append(entry(target, target, key=str(number)))

    contents = [file_of(file_format, ISO, Groups(part)) for part in parts]

    assert len(contents) == files
    journals = [checked(file_format, content) for content in contents]
    assert sum(map(len, journals)) == 2_500


def checked(file_format: Format, content: bytes) -> list[CheckedJournal]:
    """The entries of a part, all of whose lines are of one account."""
    dates = "yyyy-mm-dd"
    if file_format is XERO:
        return check_xero(content, {"200": "Sales"}, is_vendor=False, dates=dates)
    if file_format is QUICKBOOKS:
        return check_quickbooks(content, {"Sales": ""}, dates=dates)
    return check_netsuite(content, {"4000 Sales"}, dates=dates)


def test_two_groups_never_share_a_narration() -> None:
    one = entry(XERO_DEFERRED, XERO_SALES, key="2025-06/a", customer="b c")
    other = entry(XERO_DEFERRED, XERO_SALES, key="2025-06/a b", customer="c")

    file = file_of(XERO, FileFacts("USD", 2), Groups([one, other]))

    types = {"2400": "Current Liability", "200": "Sales"}
    journals = check_xero(file, types, is_vendor=False, dates="yyyy-mm-dd")
    assert [journal.key for journal in journals] == [
        "2025-06/a b c: Plan",
        "2025-06/a%20b c: Plan",
    ]


def test_a_description_for_quickbooks_ends_where_it_reads_no_further() -> None:
    fits, long = "é" * 4_000, "é" * 4_001
    units = [
        entry(QUICKBOOKS_SALES, QUICKBOOKS_SALES)._replace(key=key, narrative=text)
        for key, text in (("7", fits), ("8", long))
    ]

    file = file_of(QUICKBOOKS, FileFacts("USD", 2), Groups(units))

    journals = check_quickbooks(file, {"Sales": ""}, dates="yyyy-mm-dd")
    texts = [journal.lines[0].cells["Description"] for journal in journals]
    assert texts == [fits, "é" * 3_999 + "…"]
