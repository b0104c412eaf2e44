"""Reports in the terminal and as files: tables, sums that agree, and refusals."""

import csv
import io
import shutil
import sqlite3
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from daybook_sheets import xlsx_rows
from daybook_terminal import INVOICE, Terminal

CREDIT: dict[str, Any] = {
    "type": "credit_note",
    "id": "cn_1",
    "number": "CN-1",
    "status": "FINAL",
    "currency": "USD",
    "customer": {"id": "cus_1", "name": "Acme"},
    "issued_on": "2025-10-01",
    "invoice_id": "inv_1",
    "lines": [{"id": "1", "invoice_line_id": "1", "amount": "200.00"}],
}
"""A sixth of what is left of the invoice on 1 October."""
LATER: dict[str, Any] = {
    **INVOICE,
    "id": "inv_2",
    "number": "INV-2",
    "customer": {"id": "cus_2", "name": "=Beta"},
}
SEPTEMBER = ("--on", "2025-09-30")
ACME = ("--customer", "cus_1")


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """Two customers with an invoice for 2025; Acme's is credited on 1 October.

    The tests only read it.
    """
    terminal = Terminal(tmp_path_factory.mktemp("reports"))
    for name, document in {"acme": INVOICE, "credit": CREDIT, "beta": LATER}.items():
        terminal.says("import", terminal.write(f"{name}.jsonl", document))
    return terminal


def lines_of(text: str) -> list[str]:
    """The lines of a table, with one space between words."""
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def test_deferred_revenue_has_rows_families_and_sums_that_agree(
    terminal: Terminal,
) -> None:
    september = terminal.says("deferred-revenue", *SEPTEMBER, *ACME)
    october = terminal.says("deferred-revenue", "--on", "2025-10-01", *ACME)

    assert "On 30 Sep 2025, in USD" in september
    told = lines_of(september)
    assert "Total 1,200.00 900.00 300.00 300.00" in told
    assert told[-6:] == [
        "1 family.",
        "Remaining 300.00 = Deferred in the journal report",
        "Booked 1,200.00 = Billed in the journal report",
        "Unbilled 0.00 = Unbilled in the journal report",
        "Recognized 900.00 = Recognized in the journal report",
        "Booked + unbilled = recognized + remaining: 1,200.00",
    ]
    told = lines_of(october)
    assert [line for line in told if line.startswith("Family")] == [
        "Family 1,000.00 901.08 98.92 98.92"
    ]
    assert any("CN-1" in line and "-200.00" in line for line in told)


def test_a_waterfall_shows_later_months_and_what_the_sums_leave_out(
    terminal: Terminal,
) -> None:
    table = terminal.says("waterfall", *SEPTEMBER, *ACME)
    apart = terminal.says("waterfall", "--on", "2025-12-31", "--apart")

    told = lines_of(table)
    assert told[1] == (
        "Customer Product Booked Recognized Remaining Taken back later Oct 2025"
        " Nov 2025 Dec 2025"
    )
    assert "Acme Platform 1,200.00 900.00 300.00 200.00 33.33 33.33 33.34" in told
    assert "Remaining 300.00 = later months + unscheduled + taken back later" in table
    assert "Acme Platform 1,000.00 1,000.00" in lines_of(apart)


def test_cohorts_are_a_table_of_the_waterfall(terminal: Terminal) -> None:
    table = terminal.says("waterfall", "--cohorts", *SEPTEMBER, *ACME)
    refused = terminal.run("waterfall", "--cohorts", "--apart")

    assert "2025-01 2025-01 … 2025-12 1,200.00 900.00 100.00 300.00" in lines_of(table)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "--apart goes without --cohorts" in refused.stderr


def test_a_roll_forward_goes_from_opening_to_closing(terminal: Terminal) -> None:
    months = ("--from", "2025-09", "--to", "2025-10")
    table = terminal.says("roll-forward", *months, *ACME)
    unbilled = terminal.says("roll-forward", "--account", "unbilled", *SEPTEMBER)

    assert [line for line in lines_of(table) if line.startswith("2025-")] == [
        "2025-09 400.00 -100.00 300.00",
        "2025-10 300.00 -33.33 -200.00 66.67",
    ]
    assert "Total 400.00 -133.33 -200.00 66.67" in lines_of(table)
    assert (
        "Due after 31 Oct 2025: within twelve months 66.67, later 0.00, not scheduled"
        " 0.00" in table
    )
    assert lines_of(unbilled)[1] == "Unbilled Opening Closing"
    assert "Due after" not in unbilled


def test_the_journals_of_a_figure_have_the_amounts_that_are_of_it(
    terminal: Terminal,
) -> None:
    january = ("journals", "--month", "2025-01", *ACME, "--account", "DEFERRED")

    billed = terminal.says(*january, "--column", "BILLED")
    recognized = terminal.says(*january, "--column", "RECOGNIZED")

    # The journal has both: 1,200.00 are billed, of which January recognizes 100.00.
    (row,) = [line for line in lines_of(billed) if line.startswith("1 2025-01")]
    assert row.endswith("INVOICE Posted 1,200.00 1,200.00")
    (row,) = [line for line in lines_of(recognized) if line.startswith("1 2025-01")]
    assert row.endswith("INVOICE Posted -100.00 100.00")


def test_the_population_lists_entries_with_their_flags_and_counts(
    terminal: Terminal,
) -> None:
    october = ("--from", "2025-10-01", "--document", "inv_1")
    table = terminal.says("population", "--limit", "2", *october)
    weekend = terminal.says("population", "--flags", "weekend,superseded")
    nobody = terminal.says("population", "--author", "nobody")

    assert "The first 2 entries; --limit shows more, --format csv all." in table
    told = lines_of(table)
    assert [line for line in told if line.startswith("10.1 ")] == [
        (
            "10.1 2025-10-01 … 31 Deferred Recognized 100.00 INV-1 Acme command line"
            " 2025-06-15 12:00:00 Weekend, Superseded"
        )
    ]
    # 15 June 2025 is a Sunday, and three months of the invoice follow its credit.
    assert "Superseded 3 300.00" in told
    assert "All 6 400.00" in told
    assert "30 entries." in weekend
    assert "All 30 5,100.00" in lines_of(weekend)
    assert "0 entries." in nobody
    assert "Debits of entries in force" in nobody


FILES = {
    "deferred-revenue": "deferred-revenue-USD-2025-09-30",
    "waterfall": "waterfall-USD-2025-09-30",
    "roll-forward": "roll-forward-USD-deferred-2024-10-to-2025-09-30",
}


@pytest.mark.parametrize("report", FILES)
def test_a_file_is_the_same_table_in_each_format(
    terminal: Terminal, report: str
) -> None:
    folder = terminal.folder / "files"
    folder.mkdir(exist_ok=True)
    stem = FILES[report]

    printed = terminal.run(report, *SEPTEMBER, "--format", "csv")
    for name in ("csv", "xlsx", "parquet"):
        made = terminal.run(report, *SEPTEMBER, "-o", "files/", "--format", name)
        assert (made.returncode, made.stdout) == (0, ""), made.stderr
        assert " = " in made.stderr  # what agrees is beside the file

    text = (folder / f"{stem}.csv").read_text()
    assert printed.stdout == text.replace("\r\n", "\n")
    header, *rows = csv.reader(io.StringIO(text))
    table = pyarrow.parquet.read_table(folder / f"{stem}.parquet")
    assert table.column_names == header
    stored = [[*row.values()] for row in table.to_pylist()]
    assert [[*map(spelled, row)] for row in stored] == [
        [cell.removeprefix("'") for cell in row] for row in rows
    ]
    sheet = xlsx_rows((folder / f"{stem}.xlsx").read_bytes())
    assert len(sheet[0]) == len(header)
    for shown, row in zip(sheet[1:], rows, strict=True):
        assert [number(cell) for cell in shown] == [number(cell) for cell in row]


def spelled(value: Any) -> str:
    """A value of Parquet as CSV has it."""
    if value is None or isinstance(value, bool):
        return "" if value is None else str(value).lower()
    return value.isoformat() if isinstance(value, datetime) else str(value)


def number(cell: Any) -> Any:
    """A cell of either file as a number where it is one, else as text."""
    if cell is None or isinstance(cell, bool):
        return "" if cell is None else str(cell).lower()
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    try:
        return round(Decimal(str(cell)), 2)
    except ArithmeticError:
        return str(cell)


def test_a_populations_file_has_every_entry_and_its_flags(terminal: Terminal) -> None:
    terminal.run("population", "-o", "all.parquet")
    terminal.run("population", "-o", "all.csv", "--flags", "SUPERSEDED")

    every = pyarrow.parquet.read_table(terminal.folder / "all.parquet").to_pylist()
    assert len(every) == 30
    in_force = [row["amount"] for row in every if not row["is_superseded"]]
    assert sum(in_force) == Decimal("4800.00")
    with (terminal.folder / "all.csv").open(newline="") as file:
        rows = [*csv.DictReader(file)]
    assert [row["is_superseded"] for row in rows] == ["true"] * 3
    assert [row["superseded_in"] for row in rows] == ["2"] * 3
    assert {row["author"] for row in rows} == {"command line"}


def test_a_file_that_was_named_by_its_contents_is_not_replaced(
    terminal: Terminal,
) -> None:
    first = terminal.run("deferred-revenue", *SEPTEMBER, "-o", ".")
    second = terminal.run("deferred-revenue", *SEPTEMBER, "-o", ".")
    again = terminal.run("deferred-revenue", *SEPTEMBER, "-o", "mine.xlsx")
    over = terminal.run("deferred-revenue", *SEPTEMBER, "-o", "mine.xlsx")

    assert [ended.returncode for ended in (first, second, again, over)] == [0, 2, 0, 0]
    assert "exists already: remove it, or name a file with -o FILE" in second.stderr
    assert (terminal.folder / "mine.xlsx").read_bytes().startswith(b"PK")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("deferred-revenue", "--on", "x", "--customer", ""),
            "--customer: nothing is given: leave the option out, or give a value",
        ),
        (
            ("deferred-revenue", "--on", "2025", "--as-of", "tomorrow"),
            "2099; --as-of: 'tomorrow' is not a date: write it as 2025-10-31",
        ),
        (
            ("waterfall", "--customer", "nobody", "--document", "CREDIT_NOTE:cn_2"),
            "'nobody'; --document: there is no credit note 'cn_2' in the USD ledger",
        ),
        (
            ("roll-forward", "--from", "2025-09", "--from", "2025-10"),
            "--from: give one of '2025-09' and '2025-10'",
        ),
        (
            ("roll-forward", "--account", "BILLED"),
            "--account: 'BILLED' is not a rolled-forward account: it is one of",
        ),
        (
            ("population", "--flags", "MANUEL"),
            "SELDOM_PAIR, SUPERSEDED; did you mean MANUAL?",
        ),
        (
            ("deferred-revenue", "--format", "xls"),
            "'xls' is not a format of files: it is one of csv, xlsx, parquet; did you",
        ),
        (
            ("deferred-revenue", "--currency", "EUR"),
            "there is no ledger in 'EUR': there are USD",
        ),
        (("deferred-revenue", "-o", "no/ne/"), "there is no folder no: make it"),
    ],
)
def test_what_is_refused_is_told_with_its_option(
    terminal: Terminal, arguments: tuple[str, ...], message: str
) -> None:
    ended = terminal.run(*arguments)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert message in ended.stderr


def test_as_of_a_day_before_the_import_there_is_nothing(terminal: Terminal) -> None:
    table = terminal.says("deferred-revenue", "--as-of", "2025-06-14")
    forward = terminal.says("roll-forward", "--as-of", "2025-06-14")

    assert "0 families." in table
    assert "Remaining 0.00 = Deferred in the journal report" in table
    assert "On 14 Jun 2025, in USD" in forward


def test_a_sum_that_differs_is_told_and_is_the_exit_status(
    terminal: Terminal, tmp_path: Path
) -> None:
    shutil.copytree(terminal.folder / "data", tmp_path / "data")
    terminal = Terminal(tmp_path)
    with sqlite3.connect(terminal.folder / "data" / "daybook.db") as connection:
        names = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall()
        for (name,) in names:
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(
            "UPDATE movements SET amount = amount + 1"
            " WHERE journal = 2 AND seq = 1 AND ledger_id = 1"
        )
    connection.close()

    ended = terminal.run("waterfall", *SEPTEMBER)
    entries = terminal.run("population", "-o", "all.csv")

    assert (ended.returncode, entries.returncode) == (1, 1)
    assert (
        "DIFFERENCE -0.01: Remaining 599.99, Deferred in the journal report 600.00"
        in (ended.stdout)
    )
    assert "DIFFERENCE 0.01: Debits of entries in force" in entries.stderr
    assert (terminal.folder / "all.csv").exists()
