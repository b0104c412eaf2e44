"""Every column of every file stands in the docs, and the files have the lines shown."""

import csv
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import openpyxl
import pyarrow.parquet
import pytest

from daybook.exports.formats import FORMATS
from daybook.report_files.options import OPTIONS
from daybook.reports.journals.sheets import journals_sheet
from daybook_terminal import INVOICE, Terminal, prepared
from daybook_worked_month import DOCS

EXPORTS = (DOCS / "exports.md").read_text("utf-8")
REPORTS = (DOCS / "reports.md").read_text("utf-8")
SHOWN = re.compile(r"^```(?:csv|beancount) (\S+)\n(.+?)^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`]+)`")
MARCH = ("--from", "2025-03-01", "--to", "2025-03-31")
MONTHLY = ("--granularity", "monthly")
SCHEDULED = "--include-scheduled"
GENERIC = "CSV, XLSX, Parquet"
"""The heading of the generic columns."""
ACCOUNTS = {
    "BILLED": ("200", "Sales", "Sales"),
    "UNBILLED": ("610", "Accrued Income", "Current Asset"),
    "DEFERRED": ("840", "Deferred Income", "Current Liability"),
    "RECOGNIZED": ("260", "Revenue", "Revenue"),
}
FILES: Mapping[str, tuple[str, ...]] = {
    "daily": ("--format", "sequence"),
    "monthly": ("--format", "sequence", *MONTHLY),
    "groups": ("--format", "sequence", *MONTHLY, "--group-by", "customer"),
    "xero": ("--format", "xero"),
    "xero-normal-balance": ("--format", "xero", "--preset", "normal-balance"),
    "quickbooks": ("--format", "quickbooks"),
    "netsuite": ("--format", "netsuite"),
    "beancount": ("--format", "beancount"),
}
"""The files of the page, by the names of the lines that it shows."""


def sell_a_year(terminal: Terminal) -> None:
    """Record the invoice of the page, and map the accounts of all systems."""
    (line,) = INVOICE["lines"]
    product = {"id": "prod_1", "name": "Platform", "category": "SaaS"}
    sold = INVOICE | {
        "number": "INV-001",
        "customer": {"id": "cus_1", "name": "Acme", "legal_name": "Acme Ltd"},
        "lines": [line | {"product": product}],
    }
    terminal.says("import", terminal.write("invoices.jsonl", sold))


def enable_systems(terminal: Terminal) -> None:
    for role, (code, name, kind) in ACCOUNTS.items():
        account = f"account={code} {name}"
        tracking = ("tracking_name_1=Team", "tracking_option_1={product.category}")
        for system, *fields in (
            ("XERO", f"code={code}", f"type={kind}", "tax_rate=Tax Exempt", *tracking),
            ("QUICKBOOKS", account, "class={product.category}"),
            ("NETSUITE", account, "subsidiary=US", "name={customer.name}"),
        ):
            terminal.says("mapping", "set", role, *fields, "--integration", system)
    for system, *options in (
        ("XERO", "--preset", "vendor"),
        ("QUICKBOOKS",),
        ("NETSUITE", "--base-currency", "USD"),
    ):
        terminal.says("mapping", "enable", "--integration", system, *options)


def with_systems(terminal: Terminal) -> None:
    sell_a_year(terminal)
    enable_systems(terminal)


def exported(terminal: Terminal, name: str, *options: str) -> Path:
    ended = terminal.run("export", *options, *MARCH, "-o", name)
    assert ended.returncode == 0, ended.stderr
    return terminal.folder / name


def table_under(text: str, heading: str) -> Iterator[list[str]]:
    """The rows of the first table below a heading, as cells."""
    below = text.split(f"\n### {heading}\n", 1)[1]
    started = False
    for row in below.splitlines():
        if row.startswith("|"):
            started = True
            yield [cell.strip() for cell in row.strip("|").split("|")]
        elif started:
            return


def columns_under(text: str, heading: str, at: int = 0) -> list[str]:
    """The columns that a table explains, in its order."""
    _, _, *rows = table_under(text, heading)
    return [name for row in rows for name in CODE.findall(row[at])]


def header_of(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return next(csv.reader(stream))


@pytest.mark.parametrize(
    ("name", "heading"),
    [
        ("daily", GENERIC),
        ("monthly", GENERIC),
        ("groups", GENERIC),
        ("xero", "Xero's columns"),
        ("quickbooks", "QuickBooks' columns"),
        ("netsuite", "NetSuite's columns"),
    ],
)
def test_every_column_of_a_csv_file_is_explained_in_its_order(
    tmp_path: Path, name: str, heading: str
) -> None:
    terminal = prepared(tmp_path, with_systems)

    columns = header_of(exported(terminal, f"{name}.csv", *FILES[name]))
    more = exported(terminal, f"{name}-more.csv", *FILES[name], SCHEDULED)

    explained = columns_under(EXPORTS, heading)
    assert header_of(more) == explained
    assert columns == [column for column in explained if column != "Status"]
    assert ("Status" in explained) == (heading == GENERIC)


@pytest.mark.parametrize("options", [(), MONTHLY, (*MONTHLY, "--group-by", "none")])
def test_every_column_of_parquet_and_xlsx_is_explained_in_its_order(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    terminal = prepared(tmp_path, with_systems)

    for left_out, scheduled in (({"Status", "status"}, ()), ({""}, (SCHEDULED,))):
        its = (*options, *scheduled)
        parquet = exported(terminal, "march.parquet", *its)
        book = openpyxl.load_workbook(exported(terminal, "march.xlsx", *its))

        (head, *_) = book.worksheets[0].iter_rows(values_only=True)
        titles, names = (
            [
                name
                for name in columns_under(EXPORTS, GENERIC, at)
                if name not in left_out
            ]
            for at in (0, 1)
        )
        assert list(head) == titles
        assert pyarrow.parquet.read_schema(parquet).names == names


def test_every_column_of_the_reports_list_is_explained_in_its_order() -> None:
    columns = journals_sheet("USD", has_scheduled=True).columns

    explained = columns_under(EXPORTS, "The report's list")
    assert [column.name for column in columns] == explained


def test_every_part_of_a_beancount_transaction_is_explained(tmp_path: Path) -> None:
    terminal = prepared(tmp_path, with_systems)

    text = exported(terminal, "march.beancount").read_text("utf-8")

    metadata = set(re.findall(r"^  ([a-z_]+): ", text, re.MULTILINE))
    _, _, *rows = table_under(EXPORTS, "What a Beancount transaction holds")
    assert metadata <= {name for row in rows for name in CODE.findall(row[0])}
    assert len(metadata) == 5


def test_every_format_has_its_table() -> None:
    headings = " ".join(re.findall(r"^### (.*)", EXPORTS, re.MULTILINE)).upper()

    for file_format in FORMATS:
        name = "CSV" if file_format.name == "SEQUENCE" else file_format.name
        assert name in headings


@pytest.mark.parametrize("name", FILES)
def test_the_lines_that_the_page_shows_are_in_the_files(
    tmp_path: Path, name: str
) -> None:
    # While Xero is enabled, the generic CSV would have its codes, too.
    is_generic = "sequence" in FILES[name]
    terminal = prepared(tmp_path, sell_a_year if is_generic else with_systems)
    (shown,) = [lines for its, lines in SHOWN.findall(EXPORTS) if its == name]

    path = exported(terminal, f"{name}.txt", *FILES[name])

    text = path.read_text("utf-8").replace("\r\n", "\n")
    assert shown in text
    assert len(SHOWN.findall(EXPORTS)) == len(FILES)


@pytest.mark.parametrize("name", OPTIONS)
def test_every_column_of_a_report_is_explained_in_its_order(
    tmp_path: Path, name: str
) -> None:
    terminal = prepared(tmp_path, sell_a_year)
    command = ("waterfall", "--cohorts") if name == "cohorts" else (name,)

    ended = terminal.run(*command, "-o", "report.csv")

    assert ended.returncode == 0, ended.stderr
    columns = header_of(terminal.folder / "report.csv")
    assert columns.pop() == "currency"
    months = [column for column in columns if re.fullmatch(r"\d{4}-\d\d", column)]
    assert bool(months) == (name == "waterfall")
    explained = columns_under(REPORTS, name)
    if months:
        explained.remove("2025-10")
        assert set(months).isdisjoint(explained)
    assert explained == [column for column in columns if column not in months]


def test_every_column_of_the_balances_is_explained(tmp_path: Path) -> None:
    terminal = prepared(tmp_path, sell_a_year)

    columns = terminal.says("balance", "list", "--csv").strip().split(",")

    assert columns == columns_under(REPORTS, "balance list")
