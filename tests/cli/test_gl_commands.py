"""`daybook gl` in a terminal: connections, their dataset, and what comes in."""

import csv
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import duckdb
import pytest
from openpyxl import load_workbook

from daybook.gl.rules.columns import DatasetColumn
from daybook_gl import LEDGER, MAPPING
from daybook_gl_imports import account, journal
from daybook_terminal import INVOICE, Terminal


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal in an empty folder."""
    return Terminal(tmp_path)


def refused(terminal: Terminal, *arguments: str) -> str:
    ended = terminal.run("gl", *arguments)
    assert (ended.returncode, ended.stdout) == (2, ""), ended
    return ended.stderr


def test_connections_from_the_first_to_the_last(terminal: Terminal) -> None:
    def gl(*arguments: str) -> str:
        return terminal.says("gl", *arguments)

    assert gl("dataset") == (
        "Reporting currency: none yet\nMain connection:    none yet\n"
    )
    takes_eur = ("add", "Inc", "--currency", "USD", "--takes", "EUR")
    assert "there is no ledger yet: import documents first" in refused(
        terminal, "connection", *takes_eur
    )
    terminal.says("import", terminal.write("sold.jsonl", INVOICE))
    assert "there is no EUR ledger, only USD" in refused(
        terminal, "connection", *takes_eur
    )
    in_eur = {**INVOICE, "id": "inv_2", "number": "INV-2", "currency": "EUR"}
    terminal.says("import", terminal.write("sold_too.jsonl", in_eur))
    uk = gl("connection", "add", "Northwind UK", "--currency", "GBP")
    assert uk == "Connection Northwind UK is added.\n"
    gl(
        *("connection", "add", "Northwind Inc", "--currency", "USD"),
        *("--year-end", "02-29", "--takes", "USD", "--takes", "EUR"),
    )
    change = ("connection", "update", "northwind inc", "--period-lock", "2025-03-31")
    more = ("--account", "tax=820-id", "--count-forecasts", "--budget", "b-1")
    assert gl(*change, *more) == "Connection northwind inc is changed.\n"
    assert gl(*change, *more) == "Connection northwind inc is as before.\n"

    listed = gl("connection", "list")
    assert re.search(r"Northwind UK +GBP +yes +12-31 +\n", listed)
    assert re.search(
        r"Northwind Inc +USD +02-29 +2025-03-31 +EUR, USD +b-1 +yes +tax 820-id",
        listed,
    )
    assert gl("dataset", "--currency", "EUR", "--main", "Northwind Inc") == (
        "Reporting currency: EUR\nMain connection:    Northwind Inc\n"
    )
    assert gl("dataset", "--currency", "NONE").startswith("Reporting currency: USD\n")
    gl(
        *("connection", "update", "Northwind Inc", "--period-lock", "none"),
        *("--takes", "NONE", "--account", "tax=", "--budget", "NONE"),
        *("--rename", "Northwind"),
    )
    listed = gl("connection", "list")
    assert re.search(r"Northwind +USD +yes +02-29 +yes +\n", listed)
    gl("connection", "remove", "Northwind UK")
    assert gl("connection", "remove", "Northwind").endswith("is removed.\n")
    assert "Northwind" not in gl("connection", "list")
    trail = terminal.says("audit", "list")
    assert "Added connection 1, Northwind UK in GBP, the main one" in trail
    assert "Main connection: Northwind UK → Northwind Inc" in trail
    assert "The audit trail holds" in terminal.says("audit", "verify")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("add", "uk", "--currency", "GBP"), "there is a connection 'uk' already"),
        (("add", "Inc", "--currency", "usd"), "'usd' is not the ISO 4217 code"),
        (
            ("add", "Inc", "--currency", "USD", "--year-end", "31-12"),
            "--year-end '31-12' is not a day MM-DD, such as 03-31",
        ),
        (("update", "UKK"), "there is no connection 'UKK'; did you mean UK?"),
        (("update", "UK", "--account", "tax"), "--account 'tax' is not ROLE=ID"),
        (
            ("update", "UK", "--account", "taxes=1"),
            "--account 'taxes' is not one of receivable, payable, tax,",
        ),
        (("update", "UK", "--year-lock", "2025"), "'2025' is not a date YYYY-MM-DD"),
        (("remove", "Inc"), "there is no connection 'Inc'"),
    ],
)
def test_what_is_wrong_is_said(
    terminal: Terminal, arguments: tuple[str, ...], words: str
) -> None:
    terminal.says("gl", "connection", "add", "UK", "--currency", "GBP")

    assert words in refused(terminal, "connection", *arguments)
    assert "no connection 'Inc'" in refused(terminal, "dataset", "--main", "Inc")


def write(terminal: Terminal, name: str, **page: Any) -> str:
    """A page of JSON in the terminal's folder."""
    (terminal.folder / name).write_text(json.dumps(page))
    return name


def test_pages_and_tables_come_in_once(terminal: Terminal) -> None:
    terminal.says("gl", "connection", "add", "UK", "--currency", "GBP")
    journals = write(
        terminal, "j.json", Journals=[journal(1, "10.00", "-10.00"), journal(2, "0")]
    )
    accounts = write(terminal, "a.json", Accounts=[account(0), account(1)])
    every = ("gl", "import", "all", journals, accounts)

    assert terminal.says(*every, "--dry-run") == (
        "accounts: 2 would be imported; 0 known already.\n"
        "journals: 2 would be imported, numbers 1 to 2; 0 known already.\n"
    )
    assert terminal.says(*every) == (
        "accounts: 2 imported; 0 known already.\n"
        "journals: 2 imported, numbers 1 to 2; 0 known already.\n"
    )
    assert terminal.says(*every) == (
        "accounts: nothing new, 2 known already.\n"
        "journals: nothing new, 2 known already.\n"
    )
    verified = terminal.says("audit", "verify")
    assert "2 inputs of the general ledger" in verified
    trail = terminal.says("audit", "list")
    assert "Imported 2 journals of UK, 1 to 2, from j.json" in trail
    (stored, _) = sorted((terminal.folder / "data").glob("*.gl-inputs/1/*"))
    stored.write_bytes(b"another")
    broken = terminal.run("audit", "verify")
    assert broken.returncode == 1
    assert "(import " in broken.stderr and "and the file was changed" in broken.stderr


def test_a_real_ledger_comes_in_by_its_mapping(terminal: Terminal) -> None:
    terminal.says("gl", "connection", "add", "Maple", "--currency", "CAD")
    with ZipFile(LEDGER) as archive:
        archive.extractall(terminal.folder)
        names = sorted(name for name in archive.namelist() if ".csv" in name)
    command = ("gl", "import", "all", *names, "--map", str(MAPPING))

    first = terminal.run(*command)
    assert first.stderr == (
        "Left out, since the mapping doesn't name them: xero_credit_note_data.csv,"
        " xero_tracking_category_has_option_data.csv,"
        " xero_tracking_category_option_data.csv\n"
    )
    assert (
        "journals: 1,685 imported, numbers 1 to 1685; 0 known already.\n"
        in first.stdout
    )
    again = terminal.run(*command).stdout
    assert "journals: nothing new, 1,685 known already.\n" in again
    assert "imported" not in again
    assert "of the general ledger" in terminal.says("audit", "verify")

    made = (
        r"Maple: ([\d,]+) lines in CAD, current as of 2025-06-15 12:00 UTC"
        r" \(refresh 1\)\.\n"
    )
    found = re.fullmatch(made, terminal.says("gl", "refresh"))
    assert found
    lines = found[1]
    assert "made again as refresh 2, with the same " + lines in terminal.says(
        "gl", "refresh", "--again", "1"
    )
    shown = terminal.says("gl", "status")
    assert re.search(rf"Maple +2025-06-15 12:00:00 +CAD +{lines} +4,033 +", shown), (
        shown
    )
    assert "2 parts of its dataset" in terminal.says("audit", "verify")
    trail = terminal.says("audit", "list")
    assert f"Made refresh 1 of Maple: {lines} lines in CAD, from imports up to" in trail
    assert "Made refresh 1 again as refresh 2 of Maple" in trail


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("journal", "j.json"), "KIND 'journal' is not one of journals, accounts,"),
        (("journals", "none.json"), "none.json can't be read: No such file"),
        (("all", "t.csv"), "t.csv: a CSV file doesn't say what it has: name its kind"),
        (("all", "x.json"), "x.json: this isn't a page of Xero's API"),
        (("all", "t.csv", "--map", "none.toml"), "none.toml can't be read"),
        (("all", "t.csv", "--map", "m.toml"), "m.toml names none of these files"),
        (("accounts", "a.csv", "--map", "m.toml"), "m.toml has no table [accounts]"),
        (("all", "a.csv", "--map", "x.json"), "x.json: the mapping isn't TOML"),
        (("accounts", "j.json"), "this is a page of Journals, and not of Accounts"),
        (("journals", "j.json", "--connection", "U"), "there is no connection 'U'"),
        (
            ("journals", "b.json"),
            "journals: journal 14 (j-14) sums to 0.01 and not to 0 [UNBALANCED]\n",
        ),
    ],
)
def test_what_can_t_be_imported_is_said(
    terminal: Terminal, arguments: tuple[str, ...], words: str
) -> None:
    terminal.says("gl", "connection", "add", "UK", "--currency", "GBP")
    write(terminal, "j.json", Journals=[journal(1, "1", "-1")])
    write(terminal, "b.json", Journals=[journal(14, "1.50", "-1.49")])
    write(terminal, "x.json", Nothing=[])
    (terminal.folder / "t.csv").write_text("a,b\n")
    (terminal.folder / "m.toml").write_text('[contacts]\nfiles = {header = "c.csv"}\n')
    (terminal.folder / "a.csv").write_text("a,b\n")

    assert words in refused(terminal, "import", *arguments)


def test_what_came_in_is_shown_with_what_is_missing(terminal: Terminal) -> None:
    terminal.says("gl", "connection", "add", "UK", "--currency", "GBP")
    terminal.says("gl", "connection", "add", "Inc", "--currency", "USD", "--main")
    first = write(terminal, "a.json", Journals=[journal(2, "0"), journal(5, "0")])
    when = {"DateTimeUTC": "2025-06-14T08:00:00"}
    second = write(terminal, "b.json", Journals=[journal(9, "0")], **when)
    chart = write(terminal, "c.json", Accounts=[account(0)])
    for page in (first, second):
        terminal.says("gl", "import", "journals", page, "--connection", "UK")
    terminal.says("gl", "import", "accounts", chart, "--connection", "Inc")

    assert terminal.says("gl", "status", "--csv").splitlines() == [
        "connection,kind,imports,documents,first,last,missing,data_time,imported_at",
        "Inc,accounts,1,1,,,,,2025-06-15T12:00:00Z",
        "UK,journals,2,3,2,9,5,2025-06-14T08:00:00Z,2025-06-15T12:00:00Z",
    ]
    shown = terminal.says("gl", "status")
    assert re.search(r"UK +journals +2 +3 +2 +9 +5 +2025-06-14 08:00", shown)


def test_one_of_several_connections_is_named(terminal: Terminal) -> None:
    page = write(terminal, "j.json", Journals=[journal(1, "1", "-1")])
    what = ("import", "journals", page)

    assert "there is no connection yet: `daybook gl connection add" in refused(
        terminal, *what
    )
    terminal.says("gl", "connection", "add", "UK", "--currency", "GBP")
    terminal.says("gl", "connection", "add", "Inc", "--currency", "USD")
    assert "name one with --connection (UK, Inc)" in refused(terminal, *what)
    assert "journals: 1 imported" in terminal.says("gl", *what, "--connection", "inc")


def test_a_dataset_that_can_t_be_made_says_why(terminal: Terminal) -> None:
    assert "there is no connection yet" in refused(terminal, "refresh")
    terminal.says("gl", "connection", "add", "UK", "--currency", "GBP")
    terminal.says("gl", "connection", "add", "Kenya", "--currency", "KES")
    assert "nothing came in yet" in refused(terminal, "refresh")
    assert "there is no dataset" not in terminal.says("gl", "status")
    accounts = write(terminal, "a.json", Accounts=[account(0), account(1)])
    journals = write(terminal, "j.json", Journals=[journal(1, "1", "-1")])
    terminal.says("gl", "import", "journals", journals, "--connection", "Kenya")
    assert "nothing came in of UK yet" in refused(
        terminal, "refresh", "--connection", "uk"
    )
    assert "There is no dataset yet" in terminal.says("gl", "status")
    assert "leave --connection out" in refused(
        terminal, "refresh", "--connection", "uk", "--again", "1"
    )
    assert "there is no refresh 1" in refused(terminal, "refresh", "--again", "1")

    terminal.says("gl", "import", "accounts", accounts, "--connection", "UK")
    ended = terminal.run("gl", "refresh")

    assert ended.returncode == 2
    assert "UK: 0 lines in GBP, current as of 2025-06-15 12:00 UTC" in ended.stdout
    assert "Kenya: refresh 2 failed: the ECB publishes no rate of 'KES'" in ended.stderr


def test_lines_are_shown_and_written_to_files(terminal: Terminal) -> None:
    assert "there is no dataset yet: `daybook gl refresh`" in refused(terminal, "lines")
    for name, currency in (("Northwind UK", "GBP"), ("Nihon", "JPY")):
        terminal.says("gl", "connection", "add", name, "--currency", currency)
    of_uk = write(
        terminal,
        "a.json",
        Journals=[
            journal(1, "1234.50", "-1234.50", Reference="[red] rent"),
            journal(2, "2", "-2", JournalDate="2025-10-31"),
        ],
    )
    of_nihon = write(terminal, "b.json", Journals=[journal(1, "500", "-500")])
    chart = write(terminal, "c.json", Accounts=[account(0, Code="090")])
    uk = ("--connection", "northwind uk")
    terminal.says("gl", "import", "journals", of_uk, *uk)
    terminal.says("gl", "import", "accounts", chart, *uk)
    terminal.says("gl", "import", "journals", of_nihon, "--connection", "Nihon")
    terminal.says("gl", "refresh")

    shown = terminal.says("gl", "lines", "--limit", "1", *uk)
    assert re.search(r"Northwind UK +2025-09-30 +ACTUAL +1 +090 +Account 0", shown)
    assert "1 of 4 lines are shown.\n" in shown
    assert shown.endswith("4 lines: net 0.00 GBP (actual 0.00)\n")
    of_bank = terminal.says("gl", "lines", "--account", "090", "--search", "RENT")
    assert of_bank.endswith("1 line: net -1,234.50 GBP (actual -1,234.50)\n")
    assert "0 lines" in terminal.says("gl", "lines", "--type", "fx-exposure")

    every = ("gl", "export", "-o", "lines.csv")
    assert terminal.says(*every) == (
        "6 lines written to lines.csv (as of refresh 2).\n"
    )
    with (terminal.folder / "lines.csv").open(newline="") as file:
        rows = [*csv.DictReader(file)]
    assert [row["Net Amount"] for row in rows] == [
        *("-1234.50", "1234.50", "-2.00", "2.00", "-500", "500")
    ]
    assert [*rows[0]] == [*DatasetColumn]
    assert terminal.says(*every, "--from", "2025-10-01", "--to", "2025-10-31") == (
        "2 lines written to lines.csv (as of refresh 2).\n"
    )
    parquet = ("-o", "lines.parquet", "--format", "parquet", "--connection", "Nihon")
    terminal.says("gl", "export", *parquet)
    path = terminal.folder / "lines.parquet"
    assert duckdb.execute(
        f'SELECT "Connection Name", "Net Amount" FROM \'{path}\''  # noqa: S608
    ).fetchall() == [("Nihon", Decimal(-500)), ("Nihon", Decimal(500))]

    terminal.says("gl", "export", "-o", "lines.xlsx", "--format", "xlsx")
    book = load_workbook(terminal.folder / "lines.xlsx", read_only=True)
    header, *lines = book["Journals"].values
    assert header == (*DatasetColumn,) and len(lines) == 6

    assert "has no connection 'Nihonn'; did you mean Nihon?" in refused(
        terminal, "lines", "--connection", "Nihonn"
    )
    assert "there is no refresh 9" in refused(terminal, "lines", "--refresh", "9")
    assert "--type 'actuals' is not one of actual" in refused(
        terminal, "lines", "--type", "actuals"
    )
    assert "'2025' is not a date" in refused(terminal, "lines", "--to", "2025")
    assert "--format 'ods' is not one of csv, parquet, xlsx" in refused(
        terminal, "export", "-o", "x", "--format", "ods"
    )
